"""Sessions as an operator ends them: on record."""

from django.db import transaction

from firmtrack.accounts.acting import record
from firmtrack.accounts.models import User
from firmtrack.accounts.sessions import end_all_sessions, end_session, end_sessions_of
from firmtrack.store.acts import ActKind


def end_one(session_id: int) -> int:
    """End a session, and return 1. Raises UnknownSession."""
    with transaction.atomic():
        ended = end_session(session_id)
        record(None, ended.party, ActKind.SESSION_ENDED, ended.email, ended.browser)
    return 1


def end_of(user: User) -> int:
    """End a person's sessions, and return how many there were."""
    with transaction.atomic():
        count = end_sessions_of(user)
        record(None, user.party.name, ActKind.SESSION_ENDED, user.email, f"all: {count}")
    return count


def end_all() -> int:
    """End everybody's sessions, and return how many there were."""
    with transaction.atomic():
        count = end_all_sessions()
        record(None, None, ActKind.SESSION_ENDED, "everybody", f"all: {count}")
    return count

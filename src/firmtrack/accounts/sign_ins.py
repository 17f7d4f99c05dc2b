"""The record of who signed in and out, who failed to, and what they signed in with."""

from django.db import connection, transaction

from firmtrack.accounts.acting import record
from firmtrack.accounts.models import User
from firmtrack.store.acts import Act, ActKind, record_act

NOBODY_KNOWN = "nobody known"
"""How the audit names who is no account: what they typed may be a password."""


def record_attempt(
    email: str, kind: ActKind, detail: str, *, party: str | None = None
) -> User | None:
    """Record what somebody tried who said they were ``email``; return who that is, if anybody.

    ``party`` is whose it is where the account is nobody's.
    """
    user = User.objects.select_related("party").filter(email=email.strip().lower()).first()
    if user is not None:
        actor, party = user.email, user.party.name
    else:
        actor = NOBODY_KNOWN
    act = Act(actor=actor, party=party, kind=kind, subject=actor, detail=detail)
    with transaction.atomic(), connection.cursor() as cursor:
        record_act(cursor, act)
    return user


def record_own(user: User, kind: ActKind, detail: str = "") -> None:
    """Record what a person did to their own account, in Django's transaction."""
    record(user, user.party.name, kind, user.email, detail)

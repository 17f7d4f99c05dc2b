"""Who acts upon accounts, and the record of it."""

import os
from contextlib import suppress
from getpass import getuser

from django.db import connection

from firmtrack.accounts.models import User
from firmtrack.store.acts import Act, ActKind, record_act


def actor_name(by: User | None) -> str:
    """Return how the audit names who acts: by e-mail address, or as an operator of this machine."""
    return operator_name() if by is None else by.email


def operator_name() -> str:
    """Return how the audit names whoever runs a command: ``operator (ada)``."""
    name = str(os.getuid())
    # A container may run as a user that the system has no name for.
    with suppress(KeyError, OSError):
        name = getuser()
    return f"operator ({name})"


def record(
    by: User | None, party: str | None, kind: ActKind, subject: str, detail: str = ""
) -> None:
    """Record an act in Django's transaction, in which it is done."""
    act = Act(actor=actor_name(by), party=party, kind=kind, subject=subject, detail=detail)
    with connection.cursor() as cursor:
        record_act(cursor, act)

"""Who acts upon accounts, whether they still may, and the record of it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from getpass import getuser

from django.db import connection, transaction

from firmtrack.accounts.kinds import Role
from firmtrack.accounts.models import Party, User
from firmtrack.accounts.permissions import Permission, may
from firmtrack.errors import FirmtrackError
from firmtrack.store.acts import OPERATOR, Act, ActKind, record_act
from firmtrack.store.database import pool


class NoLongerAllowed(FirmtrackError):
    """Whoever asks may not do this any more: their own role was changed meanwhile."""


@contextmanager
def changing(party: Party, by: User | None, permission: Permission) -> Iterator[None]:
    """Change what is the party's in a transaction, one after the other.

    So two administrators never take each other's role at the same time. ``by`` is who acts, None
    for an operator. Raises NoLongerAllowed.
    """
    with transaction.atomic():
        # Not FOR UPDATE, which would hold up whoever else adds something to the party.
        Party.objects.select_for_update(no_key=True).get(pk=party.pk)
        if by is not None:
            now = User.objects.filter(pk=by.pk, party=party, is_active=True).first()
            if now is None or not may(Role(now.role), permission):
                raise NoLongerAllowed
        yield


def actor_name(by: User | None) -> str:
    """Return how the audit names who acts: by email address, or as an operator of this machine."""
    return operator_name() if by is None else by.email


def operator_name() -> str:
    """Return how the audit names whoever runs a command: ``operator (ada)``."""
    name = str(os.getuid())
    # A container may run as a user that the system has no name for.
    with suppress(KeyError, OSError):
        name = getuser()
    return f"{OPERATOR} ({name})"


def record(
    by: User | None, party: str | None, kind: ActKind, subject: str, detail: str = ""
) -> None:
    """Record an act in Django's transaction, in which it is done."""
    act = Act(actor=actor_name(by), party=party, kind=kind, subject=subject, detail=detail)
    with connection.cursor() as cursor:
        record_act(cursor, act)


def record_operator_act(kind: ActKind, subject: str, detail: str = "") -> None:
    """Record what a command did that is no party's own, in a transaction of its own."""
    act = Act(actor=operator_name(), party=None, kind=kind, subject=subject, detail=detail)
    with pool().connection() as at:
        record_act(at, act)

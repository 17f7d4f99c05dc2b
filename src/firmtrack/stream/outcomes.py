"""What became of messages that came by the stream, for whoever handed them in; and who works."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from psycopg.rows import class_row

from firmtrack.intake.receive import Outcome, OutcomeKind
from firmtrack.store.database import pool, reading_pool
from firmtrack.store.months import keep_months
from firmtrack.store.statements import statements_in

KEPT_FOR = timedelta(days=30)
"""So long it is told what became of what was not recorded."""

_FORGOTTEN_AFTER = timedelta(days=1)
_statement = statements_in("firmtrack.stream")


class KeptOutcome(NamedTuple):
    """What became of a message that a party handed in.

    ``kind`` is of what was ignored; the reason of what was quarantined, or refused for want of room
    in quarantine, and ``quarantine_id`` of the former alone.
    """

    message_id: UUID
    submitter: str
    outcome: OutcomeKind
    kind: str | None = None
    reason_code: str | None = None
    reason: str | None = None
    quarantine_id: int | None = None

    @classmethod
    def of(
        cls, message_id: UUID | None, submitter: str | None, outcome: Outcome, kind: str | None
    ) -> "KeptOutcome":
        """Return the outcome of what this party was told to be this message."""
        assert message_id is not None
        assert submitter is not None
        return cls(
            message_id,
            submitter,
            outcome.outcome,
            kind,
            outcome.reason_code,
            outcome.reason,
            outcome.quarantine_id,
        )


class WorkerSign(NamedTuple):
    """A worker's sign of life: who it is, and what it last saw left in the stream."""

    worker_id: UUID
    waiting: int = 0
    unacknowledged: int = 0


class _Found(NamedTuple):
    outcome: str
    kind: str | None
    reason_code: str | None
    reason: str | None
    quarantine_id: int | None


def keep(outcomes: Sequence[KeptOutcome]) -> None:
    """Keep the outcomes; of one message and party the last counts."""
    latest = {(each.message_id, each.submitter): each for each in outcomes}
    rows = [latest[key] for key in sorted(latest)]  # all writers in one locking order
    with pool().connection() as connection, connection.cursor() as cursor:
        cursor.execute(_statement("keep_outcomes"), tuple(map(list, zip(*rows, strict=True))))


def find(message_id: UUID, submitter: str) -> KeptOutcome | None:
    """Return what became of the message that this party handed in, None if that is not known."""
    with (
        reading_pool().connection() as connection,
        connection.cursor(row_factory=class_row(_Found)) as cursor,
    ):
        found = cursor.execute(
            _statement("find_outcome"), {"message_id": message_id, "submitter": submitter}
        ).fetchone()
    if found is None:
        return None
    return KeptOutcome(
        message_id,
        submitter,
        OutcomeKind(found.outcome),
        found.kind,
        found.reason_code,
        found.reason,
        found.quarantine_id,
    )


def give_sign(sign: WorkerSign) -> None:
    """Note that the worker runs."""
    with pool().connection() as connection:
        connection.execute(_statement("give_sign"), sign)


def tidy() -> None:
    """Forget what is old, and have months to record in."""
    with pool().connection() as connection:
        connection.execute(_statement("forget_workers"), (_FORGOTTEN_AFTER,))
        connection.execute(_statement("forget_outcomes"), (KEPT_FOR,))
        keep_months(connection)


def leave(sign: WorkerSign) -> None:
    """Note that the worker runs no more."""
    with pool().connection() as connection:
        connection.execute(_statement("leave"), (sign.worker_id,))

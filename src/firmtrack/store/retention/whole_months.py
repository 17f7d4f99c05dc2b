"""Whole months of a table that go at once: of records that nothing else needs."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import psycopg
from psycopg import Connection, sql
from psycopg.rows import TupleRow

from firmtrack.errors import FirmtrackError
from firmtrack.store.locks import AdvisoryKey, take
from firmtrack.store.months import MonthlyTable, kept_until, month_of, months_of

_LOCK_MILLISECONDS = 100
"""Whoever asks for a row while a lock is waited for waits as long, too."""

_PAUSE_SECONDS = 0.5
_PATIENCE_SECONDS = 120.0

_SIZE = "SELECT pg_total_relation_size(%s::regclass)"
_COUNT = sql.SQL("SELECT count(*) FROM {}")
_DETACH = sql.SQL("ALTER TABLE {parent} DETACH PARTITION {part}")
_DROP = sql.SQL("DROP TABLE {part}")
_CREATE_KEPT = sql.SQL("CREATE TABLE {part} (LIKE {parent} INCLUDING ALL)")
_ATTACH_KEPT = sql.SQL(
    "ALTER TABLE {parent} ATTACH PARTITION {part} FOR VALUES FROM (MINVALUE) TO ({end})"
)


class TableInUse(FirmtrackError):
    """A table was in use for too long: run prune again."""

    def __init__(self, table: str) -> None:
        super().__init__(
            f"{table} was in use for over {_PATIENCE_SECONDS:.0f} seconds without a pause. What "
            "was done so far stays done; to run it again does the rest."
        )


class MonthsGone(NamedTuple):
    """What went: the months' beginnings, how many rows with those that were older, their octets."""

    months: tuple[datetime, ...]
    rows: int
    octets: int


def drop_months(
    connection: Connection[TupleRow],
    table: MonthlyTable,
    before: datetime,
    note: Callable[[Connection[TupleRow]], None],
    *,
    is_rehearsal: bool,
) -> MonthsGone:
    """Drop all that is older than a month's beginning; of a rehearsal, say what would go.

    Readers and writers wait for a moment at most. ``note`` is called in the transaction in which it
    goes. The connection is in autocommit. Raises TableInUse.
    """
    until = month_of(before)
    months = [month for month in months_of(connection, table) if month < until]
    parts = [table.kept, *map(table.part_of, months)]
    rows = sum(_number(connection, _COUNT.format(sql.Identifier(part))) for part in parts)
    octets = sum(_number(connection, _SIZE, part) for part in parts)
    if not rows:
        return MonthsGone((), 0, 0)
    gone = MonthsGone(tuple(month.begins_at for month in months), rows, octets)
    if not is_rehearsal:
        in_a_moment(connection, table.name, lambda: _drop(connection, table, parts, before, note))
    return gone


def in_a_moment(connection: Connection[TupleRow], table: str, work: Callable[[], None]) -> None:
    """Do a short work in a transaction that waits for locks so briefly that nobody notices.

    Where somebody is in the way, it is tried again after a pause. Raises TableInUse.
    """
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            with connection.transaction():
                connection.execute(f"SET LOCAL lock_timeout = {_LOCK_MILLISECONDS}")
                work()
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            if time.monotonic() > until:
                raise TableInUse(table) from None
            # To wait in the queue for the lock would be told when it is free, and would hold up
            # all who come after: so we leave it, and let them pass.
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def _drop(
    connection: Connection[TupleRow],
    table: MonthlyTable,
    parts: list[str],
    before: datetime,
    note: Callable[[Connection[TupleRow]], None],
) -> None:
    take(connection, AdvisoryKey.MONTHS)
    parent = sql.Identifier(table.name)
    # Months that were made meanwhile are later ones.
    end = max(before, kept_until(connection, table))
    for part in map(sql.Identifier, parts):
        connection.execute(_DETACH.format(parent=parent, part=part))
        connection.execute(_DROP.format(part=part))
    kept = sql.Identifier(table.kept)
    connection.execute(_CREATE_KEPT.format(parent=parent, part=kept))
    connection.execute(_ATTACH_KEPT.format(parent=parent, part=kept, end=sql.Literal(end)))
    note(connection)


def _number(connection: Connection[TupleRow], query: str | sql.Composed, *given: object) -> int:
    row = connection.execute(query, given).fetchone()
    assert row is not None
    return int(row[0])

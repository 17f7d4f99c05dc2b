"""The last moment by which all that it shows is settled.

A fact counts from when the transaction began that recorded it. So a transaction that is still open
may yet add to what was known at a moment after its beginning, and what is answered of that moment
could be contradicted. Such a moment is moved back.
"""

import time
from datetime import datetime, timedelta
from typing import NamedTuple

from psycopg.rows import class_row

from firmtrack.store import statement
from firmtrack.store.database import WRITING, pool

_TICK = timedelta(microseconds=1)
_SEEN_WITHIN = timedelta(milliseconds=20)
"""A transaction that has begun stands in the server's activity a little later."""


def settled(moment: datetime) -> datetime:
    """Return the moment, or the last one before it of which nothing will be recorded any more.

    That is just before the oldest open transaction of a writer began, and never after now by the
    database's clock. An aware time in UTC.
    """
    now, oldest_at = _activity()
    if moment > now - _SEEN_WITHIN:
        time.sleep(_SEEN_WITHIN.total_seconds())
        oldest_at = _activity().oldest_at
    if oldest_at is not None and oldest_at <= min(moment, now):
        return oldest_at - _TICK
    return min(moment, now)


def settled_by_now() -> datetime:
    """Return the last moment that is settled already, as ``settled`` would; nobody waits for it."""
    now, oldest_at = _activity()
    return min(now - _SEEN_WITHIN, now if oldest_at is None else oldest_at - _TICK)


class _Activity(NamedTuple):
    """Now by the database's clock, and when the oldest open writer's transaction began."""

    now: datetime
    oldest_at: datetime | None


def _activity() -> _Activity:
    with (
        # Of the server that is written to: only there are its writers seen.
        pool().connection() as connection,
        connection.cursor(row_factory=class_row(_Activity)) as cursor,
    ):
        cursor.execute(statement("writing_activity"), {"writing": WRITING}, prepare=True)
        found = cursor.fetchone()
    assert found is not None
    return found

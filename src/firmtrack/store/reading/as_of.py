"""The last moment by which all that it shows is settled.

A fact counts from when the transaction began that recorded it. So a transaction that is still open
may yet add to what was known at a moment after its beginning, and what is told of that moment could
be contradicted. Such a moment is moved back.
"""

import time
from datetime import datetime, timedelta

from firmtrack.store.database import WRITING, pool
from firmtrack.store.reading import statement

_TICK = timedelta(microseconds=1)
_SEEN_WITHIN = timedelta(milliseconds=20)
"""A transaction that has begun stands in the server's activity a little later."""


def settled(moment: datetime) -> datetime:
    """Return the moment, or the last one before it of which nothing will be recorded any more.

    That is just before the oldest open transaction of a writer began, and never after now by the
    database's clock. An aware time in UTC.
    """
    now, oldest = _activity()
    if moment > now - _SEEN_WITHIN:
        time.sleep(_SEEN_WITHIN.total_seconds())
        _, oldest = _activity()
    if oldest is not None and oldest <= min(moment, now):
        return oldest - _TICK
    return min(moment, now)


def _activity() -> tuple[datetime, datetime | None]:
    """Return now by the database's clock, and when the oldest open writer's transaction began."""
    with pool().connection() as connection:
        row = connection.execute(
            statement("writing_activity"), {"writing": WRITING}, prepare=True
        ).fetchone()
    assert row is not None
    now, oldest = row
    return now, oldest

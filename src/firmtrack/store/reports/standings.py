"""Counting how requests stand, for lists of them: not believed of what has changed since.

Whoever changes how an update stands marks its request in the same transaction. A request that is
marked is counted when it is read; all others are read as they were counted (docs/decisions/040).
"""

import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from psycopg import Connection, DatabaseError
from psycopg.rows import TupleRow, scalar_row

from firmtrack.store.database import SERVER_FAILURES
from firmtrack.store.locks import Turn, TurnTaken
from firmtrack.store.reports import statement
from firmtrack.store.reports.last_counts import CountedFigures, last_count, note_count
from firmtrack.store.reports.snapshots import counting_snapshot

_QUICK_SECONDS = 0.25
_LONGEST_AGE = timedelta(minutes=1)

_log = logging.getLogger(__name__)


def count_due(connection: Connection[TupleRow], seconds: float | None = None) -> bool:
    """Count the requests that have changed, the newest first; return whether none is left.

    ``seconds`` is when to stop; None counts all and waits for its turn, else False comes at once if
    another process is counting. A request that cannot be counted keeps its mark and is passed over.
    """
    until = None if seconds is None else time.monotonic() + seconds
    at_once, below = 1, None
    while until is None or time.monotonic() < until:
        started = time.monotonic()
        chosen = _chosen(connection, below, at_once)
        if not chosen:
            _note_if_old(connection)
            return True
        try:
            _count_all_that_can_be(connection, chosen, waits=seconds is None)
        except TurnTaken:
            return False
        below = min(chosen)
        is_quick = time.monotonic() - started < _QUICK_SECONDS
        at_once = at_once * 2 if is_quick else max(1, at_once // 2)
    return False


def _chosen(connection: Connection[TupleRow], below: int | None, limit: int) -> list[int]:
    with connection.cursor(row_factory=scalar_row) as cursor:
        asked = {"below": below, "limit": limit}
        return cursor.execute(statement("standing_choose"), asked).fetchall()


def _count_all_that_can_be(
    connection: Connection[TupleRow], request_keys: Sequence[int], *, waits: bool
) -> None:
    try:
        _count(connection, request_keys, waits=waits)
    except SERVER_FAILURES:  # the database's trouble, not the request's
        raise
    except DatabaseError:
        if len(request_keys) > 1:
            for request_key in request_keys:
                _count_all_that_can_be(connection, [request_key], waits=waits)
            return
        _log.warning(
            "Standings: request %d could not be counted, and is passed over.",
            request_keys[0],
            exc_info=True,
        )


def _count(connection: Connection[TupleRow], request_keys: Sequence[int], *, waits: bool) -> None:
    """Count requests anew, each whole, in one snapshot: what changes meanwhile keeps its marks."""
    with counting_snapshot(connection, Turn.STANDINGS, waits=waits):
        moment = _moment(connection)
        asked = {"request_keys": list(request_keys), "moment": moment}
        connection.execute(statement("standing_keep"), asked, prepare=False)
        note_count(connection, CountedFigures.STANDINGS, moment)


def _note_if_old(connection: Connection[TupleRow]) -> None:
    """Keep that all is counted, if that was last kept some time ago."""
    last = last_count(connection, CountedFigures.STANDINGS)
    if last.at is None or last.read_at - last.at > _LONGEST_AGE:
        note_count(connection, CountedFigures.STANDINGS, last.read_at)


def _moment(connection: Connection[TupleRow]) -> datetime:
    with connection.cursor(row_factory=scalar_row) as cursor:
        asked = {"figures": CountedFigures.STANDINGS}
        moment = cursor.execute(statement("standing_moment"), asked).fetchone()
    assert isinstance(moment, datetime)
    return moment

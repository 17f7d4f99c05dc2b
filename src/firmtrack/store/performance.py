"""Delivery performance: figures rolled up by request, kept fresh, and read by who may see them.

Whoever writes only marks what it touched as stale; one counter at a time takes marks and counts the
requests anew, each whole, in one snapshot (docs/decisions/010).
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from psycopg import Connection, Cursor, sql
from psycopg.rows import TupleRow

from firmtrack.domain.durations import SCALE
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.viewer import Viewer
from firmtrack.store import dwell
from firmtrack.store.database import pool
from firmtrack.store.numbers import request_parts, to_bigint
from firmtrack.store.performance_answers import (
    PerformanceAnswer,
    PerformanceFilter,
    performance_answer,
)
from firmtrack.store.side_parts import side_part
from firmtrack.store.sql import statement

COUNTING_LOCK = 0x4650434F
"""Key of the advisory lock of whoever counts."""

_READ_SECONDS = 1.0
"""How long a read counts before it answers; the request that it is at is finished."""

_FORGET = sql.SQL("DELETE FROM {} WHERE request_key = ANY (%(request_keys)s)")
_QUICK_SECONDS = 0.25
_DEVICES_AT_ONCE = 100_000
_DWELL_AGE = timedelta(minutes=10)


def mark_stale(cursor: Cursor[TupleRow], named: Iterable[RequestId]) -> None:
    """Mark what the staged batch says something of, as part of its transaction.

    ``named`` are all requests that its messages name.
    """
    parts = [request_parts(request_id) for request_id in named]
    columns = [[part[column] for part in parts] for column in range(3)]
    cursor.execute(statement("performance_mark_stale"), columns)


def delivery_performance(viewer: Viewer, wanted: PerformanceFilter) -> PerformanceAnswer:
    """Return the figures of the viewer's own requests that are wanted; DCC's staff see all.

    Counts what is stale first, for about a second, unless someone else is counting; how many of
    these requests still wait stands in the answer.
    """
    side_part("delivery performance, counted anew", lambda: refresh(seconds=_READ_SECONDS))
    asked = {
        "sees_all": viewer.sees_all,
        "user_ids": [to_bigint(user_id) for user_id in viewer.user_ids],
        "supplier": None if wanted.supplier is None else to_bigint(wanted.supplier),
        "first_at": wanted.first_at,
        "end_at": wanted.end_at,
    }
    with pool().connection() as connection, _snapshot(connection):
        counts = connection.execute(statement("performance_read_counts"), asked).fetchall()
        durations = connection.execute(statement("performance_read_durations"), asked).fetchall()
        waiting = connection.execute(statement("performance_count_waiting"), asked).fetchone()
    assert waiting is not None
    return performance_answer(counts, durations, waiting[0])


def refresh(*, seconds: float | None = None) -> bool:
    """Count anew what is stale, and return whether nothing is left.

    ``seconds`` is when to stop, after the request that is being counted; None counts all. False at
    once if another process is counting, unless there is no such limit: then it waits for its turn.
    """
    until = None if seconds is None else time.monotonic() + seconds
    with pool().connection() as connection, _counting(connection, waits=until is None) as is_ours:
        if not is_ours:
            return False
        requests_at_once = 1
        while until is None or time.monotonic() < until:
            started = time.monotonic()
            if not _count_some(connection, requests_at_once):
                dwell.refresh(connection, older_than=_DWELL_AGE if seconds else timedelta(0))
                return True
            is_quick = time.monotonic() - started < _QUICK_SECONDS
            requests_at_once = requests_at_once * 2 if is_quick else max(1, requests_at_once // 2)
    return False


def rebuild() -> None:
    """Forget every figure and count all requests anew."""
    with (
        pool().connection() as connection,
        _counting(connection, waits=True),
        connection.transaction(),
    ):
        connection.execute(
            "TRUNCATE performance_count, performance_duration, performance_dwell, usual_dwell"
        )
        connection.execute("INSERT INTO stale_request SELECT request_key FROM request")
    refresh()


def _count_some(connection: Connection[TupleRow], limit: int) -> bool:
    """Count up to ``limit`` stale requests anew, and return whether there was anything to do.

    All in one snapshot: what others commit meanwhile has its marks, which are not taken yet.
    """
    with _snapshot(connection), connection.cursor() as cursor:
        cursor.execute(statement("performance_take_devices"), {"limit": _DEVICES_AT_ONCE})
        devices = cursor.fetchone()
        cursor.execute(statement("performance_take_requests"), {"limit": limit})
        counted = {"request_keys": [key for (key,) in cursor], "scale": list(SCALE)}
        if counted["request_keys"]:
            for table in ("performance_count", "performance_duration", "performance_dwell"):
                cursor.execute(_FORGET.format(sql.Identifier(table)), counted)
            for name in ("add_segments", "count", "time"):
                cursor.execute(statement(f"performance_{name}"), counted)
        return bool(counted["request_keys"]) or devices != (0,)


@contextmanager
def _snapshot(connection: Connection[TupleRow]) -> Iterator[None]:
    """Open a transaction whose statements all see the same moment, and each other."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


@contextmanager
def _counting(connection: Connection[TupleRow], *, waits: bool) -> Iterator[bool]:
    """Yield whether this process is the one that counts until the block ends.

    The lock belongs to the connection, since a transaction that waited for it would see the moment
    at which it began to wait. It ends with the connection if the process is killed.
    """
    take = "pg_advisory_lock" if waits else "pg_try_advisory_lock"
    taken = connection.execute(f"SELECT {take}(%s)", (COUNTING_LOCK,)).fetchone()
    is_ours = waits or taken == (True,)
    try:
        yield is_ours
    finally:
        if is_ours:
            connection.execute("SELECT pg_advisory_unlock(%s)", (COUNTING_LOCK,))

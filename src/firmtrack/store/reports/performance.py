"""Delivery performance: figures rolled up by request, kept fresh, and read by who may see them.

Whoever writes only marks what it touched as stale; one counter at a time takes marks and counts the
requests anew, each whole, in one snapshot (docs/decisions/010).
"""

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from psycopg import Connection, Cursor, DatabaseError, OperationalError, sql
from psycopg.rows import TupleRow

from firmtrack.answers.performance import PerformanceAnswer, PerformanceFilter
from firmtrack.answers.side_parts import side_part
from firmtrack.domain.durations import SCALE
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.pace import FEWEST_AT_HUB
from firmtrack.domain.viewer import Viewer
from firmtrack.store.database import pool
from firmtrack.store.locks import AdvisoryKey, held
from firmtrack.store.numbers import request_id_of, request_parts, to_bigint
from firmtrack.store.reading.seeing import asked_by
from firmtrack.store.reports import learning, statement
from firmtrack.store.reports.figures import performance_answer

_READ_SECONDS = 1.0
"""How long a read counts before it answers; the request that it is at is finished."""

_FORGET = sql.SQL("DELETE FROM {} WHERE request_key = ANY (%(request_keys)s)")
_QUICK_SECONDS = 0.25
_DEVICES_AT_ONCE = 100_000
_LEARNT_AGE = timedelta(minutes=10)
_TABLES = (
    "performance_count", "performance_duration", "stay", "stay_in_progress", "cohort",
    "stay_at_hub", "hub_stay",
)  # fmt: skip

_log = logging.getLogger(__name__)


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
    asked = asked_by(viewer) | {
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


def refresh(*, seconds: float | None = None, now: datetime | None = None) -> bool:
    """Count anew what is stale, and return whether nothing is left.

    ``seconds`` is when to stop, after the request that is being counted; None counts all. False at
    once if another process is counting, unless there is no such limit: then it waits for its turn.
    A request that cannot be counted is passed over: ``firmtrack check`` names it. ``now`` is until
    when what still waits has waited, if not until now.
    """
    until = None if seconds is None else time.monotonic() + seconds
    with (
        pool().connection() as connection,
        held(connection, AdvisoryKey.COUNTING, waits=until is None) as is_ours,
    ):
        if not is_ours:
            return False
        requests_at_once = 1
        while until is None or time.monotonic() < until:
            started = time.monotonic()
            if not _count_some(connection, requests_at_once):
                older_than = _LEARNT_AGE if seconds else timedelta(0)
                learning.refresh(connection, older_than=older_than, now=now or datetime.now(UTC))
                return True
            is_quick = time.monotonic() - started < _QUICK_SECONDS
            requests_at_once = requests_at_once * 2 if is_quick else max(1, requests_at_once // 2)
    return False


def rebuild() -> None:
    """Forget every figure and count all requests anew."""
    with (
        pool().connection() as connection,
        held(connection, AdvisoryKey.COUNTING),
        connection.transaction(),
    ):
        for table in (*_TABLES, "wait_limit", "wait_estimate", "uncounted_request"):
            connection.execute(sql.SQL("TRUNCATE {}").format(sql.Identifier(table)))
        connection.execute("INSERT INTO stale_request SELECT request_key FROM request")
    refresh()


def uncounted_requests() -> Sequence[tuple[RequestId, str]]:
    """Return the requests that could not be counted when they last changed, and why."""
    with pool().connection() as connection:
        rows = connection.execute(
            "SELECT originator, target, counter, error FROM uncounted_request"
            " JOIN request USING (request_key) ORDER BY request_key"
        ).fetchall()
    return [(request_id_of(*parts), error) for *parts, error in rows]


def _count_some(connection: Connection[TupleRow], limit: int) -> bool:
    """Count up to ``limit`` stale requests anew, and return whether there was anything to do.

    All in one snapshot: what others commit meanwhile has its marks, which are not taken yet.
    """
    with _snapshot(connection), connection.cursor() as cursor:
        cursor.execute(statement("performance_take_devices"), {"limit": _DEVICES_AT_ONCE})
        devices = cursor.fetchone()
        cursor.execute(statement("performance_take_requests"), {"limit": limit})
        request_keys = [key for (key,) in cursor]
        if request_keys:
            try:
                _count(connection, request_keys)
            except OperationalError:  # the database's trouble, not the request's
                raise
            except DatabaseError:
                for request_key in request_keys:
                    _count_or_pass_over(connection, request_key)
        return bool(request_keys) or devices != (0,)


def _count(connection: Connection[TupleRow], request_keys: Sequence[int]) -> None:
    """Count requests anew, each whole; nothing is changed if that cannot be done."""
    counted = {
        "request_keys": request_keys,
        "scale": list(SCALE),
        "longest_seconds": SCALE[-1],
        "fewest_at_hub": FEWEST_AT_HUB,
    }
    with connection.transaction(), connection.cursor() as cursor:
        for table in (*_TABLES, "uncounted_request"):
            cursor.execute(_FORGET.format(sql.Identifier(table)), counted)
        for name in (
            "performance_add_segments",
            "performance_count",
            "performance_time",
        ):
            cursor.execute(statement(name), counted)
        cursor.execute(statement("waits_follow"), counted)


def _count_or_pass_over(connection: Connection[TupleRow], request_key: int) -> None:
    try:
        _count(connection, [request_key])
    except OperationalError:
        raise
    except DatabaseError as error:
        _log.warning(
            "Request %d could not be counted, and is passed over.", request_key, exc_info=True
        )
        connection.execute(
            "INSERT INTO uncounted_request (request_key, error) VALUES (%s, %s)"
            " ON CONFLICT (request_key) DO UPDATE"
            " SET error = excluded.error, tried_at = excluded.tried_at",
            (request_key, str(error).split("\n")[0]),
        )


@contextmanager
def _snapshot(connection: Connection[TupleRow]) -> Iterator[None]:
    """Open a transaction whose statements all see the same moment, and each other."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield

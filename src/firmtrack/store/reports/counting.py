"""Counting delivery performance anew: one counter at a time, each request whole, in one snapshot.

Whoever writes only marks what it touched as stale (docs/decisions/010).
"""

import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from psycopg import Connection, DatabaseError, sql
from psycopg.rows import TupleRow, scalar_row

from firmtrack.domain.durations import SCALE
from firmtrack.domain.pace import FEWEST_AT_HUB
from firmtrack.store.database import SERVER_FAILURES
from firmtrack.store.locks import Turn, TurnTaken, take_turn
from firmtrack.store.reports import learning, statement
from firmtrack.store.reports.last_counts import CountedFigures, last_count, note_count
from firmtrack.store.reports.snapshots import counting_snapshot
from firmtrack.store.settling import settled

_FORGET = sql.SQL("DELETE FROM {} WHERE request_key = ANY (%(request_keys)s)")
_QUICK_SECONDS = 0.25
_DEVICES_AT_ONCE = 100_000
_LEARNT_AGE = timedelta(minutes=10)
_LONGEST_AGE = timedelta(minutes=1)
_TABLES = (
    "performance_count", "performance_duration", "stay", "stay_in_progress", "cohort",
    "stay_at_hub", "hub_stay",
)  # fmt: skip

_log = logging.getLogger(__name__)


class Round:
    """One count of all that had changed when it began, in as many goes as it takes.

    It is as of the last moment before whoever was still recording then, of which it may hold
    nothing. The newest requests come first, and each once: those that change all the time do not
    keep others waiting. A request that cannot be counted is passed over: ``firmtrack check`` names
    it. ``now`` is until when what still waits has waited, if not until the end of the count.
    """

    def __init__(self, *, now: datetime | None = None) -> None:
        self._now = now
        self._began_at: datetime | None = None
        self._last_taken: int | None = None
        self._at_once = 1

    def go_on(self, connection: Connection[TupleRow], seconds: float | None = None) -> bool:
        """Count on, over any connection, and return whether the round has ended.

        ``seconds`` is when to stop, after the request that is being counted; None counts all. False
        at once if another process is counting, unless there is no such limit: then it waits for its
        turn. Each go begins with the devices that have moved, so that a read finds few of them.
        """
        try:
            return self._go_on(connection, seconds)
        except TurnTaken:
            return False

    def _go_on(self, connection: Connection[TupleRow], seconds: float | None) -> bool:
        waits = seconds is None
        if self._began_at is None:
            self._began_at = settled(last_count(connection, CountedFigures.PERFORMANCE).read_at)
        has_devices = _take_devices(connection)
        until = None if seconds is None else time.monotonic() + seconds
        while until is None or time.monotonic() < until:
            if has_devices:
                has_devices = _take_devices(connection)
            elif not self._count_some(connection, waits=waits):
                self._end(connection, self._began_at, waits=waits)
                return True
        return False

    def _count_some(self, connection: Connection[TupleRow], *, waits: bool) -> bool:
        """Count some requests anew, in one snapshot; return whether there were any.

        What others commit meanwhile has its marks, which are not taken yet.
        """
        started = time.monotonic()
        asked = {"limit": self._at_once, "below": self._last_taken}
        with counting_snapshot(connection, Turn.COUNTING, waits=waits):
            with connection.cursor(row_factory=scalar_row) as cursor:
                cursor.execute(statement("performance_take_requests"), asked)
                request_keys: list[int] = cursor.fetchall()
            if request_keys:
                _count_all_that_can_be(connection, request_keys)
        if request_keys:
            self._last_taken = min(request_keys)
        is_quick = time.monotonic() - started < _QUICK_SECONDS
        self._at_once = self._at_once * 2 if is_quick else max(1, self._at_once // 2)
        return bool(request_keys)

    def _end(self, connection: Connection[TupleRow], began_at: datetime, *, waits: bool) -> None:
        """Keep that all that was recorded by the beginning is counted, and learn from it."""
        note_count(connection, CountedFigures.PERFORMANCE, began_at)
        now = self._now or datetime.now(UTC)
        older_than = timedelta(0) if waits else _LEARNT_AGE
        learning.refresh(connection, older_than=older_than, now=now, waits=waits)


class Rounds:
    """One round after the other, in short goes, for as long as a process lives.

    A round is kept from one go to the next, however long they are apart: if each go began anew with
    the newest requests, it might never come to the oldest, nor ever to an end.
    """

    def __init__(self) -> None:
        self._round: Round | None = None

    def go_on(self, connection: Connection[TupleRow], seconds: float) -> None:
        """Count for so long if anything has changed; after a failure, with a new round."""
        under_way, self._round = self._round, None
        if under_way is None and _is_due(connection):
            under_way = Round()
        if under_way is not None and not under_way.go_on(connection, seconds):
            self._round = under_way


def _is_due(connection: Connection[TupleRow]) -> bool:
    """Return whether something waits to be counted, or has not been looked for lately."""
    with connection.cursor(row_factory=scalar_row) as cursor:
        asked = {"longest_age": _LONGEST_AGE}
        return bool(cursor.execute(statement("performance_is_due"), asked).fetchone())


def forget(connection: Connection[TupleRow]) -> None:
    """Forget every figure, and mark all requests as stale."""
    with connection.transaction():
        take_turn(connection, Turn.COUNTING, waits=True)
        for table in (*_TABLES, "wait_limit", "wait_estimate", "uncounted_request"):
            connection.execute(sql.SQL("TRUNCATE {}").format(sql.Identifier(table)))
        connection.execute("INSERT INTO stale_request SELECT request_key FROM request")


def _take_devices(connection: Connection[TupleRow]) -> bool:
    """Turn stale devices into stale requests; return whether there may be more.

    In the middle of a round too: those of newer requests than it has come to wait for the next.
    """
    with connection.cursor(row_factory=scalar_row) as cursor:
        asked = {"limit": _DEVICES_AT_ONCE}
        taken = cursor.execute(statement("performance_take_devices"), asked).fetchone()
    return bool(taken == _DEVICES_AT_ONCE)


def _count_all_that_can_be(connection: Connection[TupleRow], request_keys: Sequence[int]) -> None:
    try:
        _count(connection, request_keys)
    except SERVER_FAILURES:  # the database's trouble, not the request's
        raise
    except DatabaseError:
        for request_key in request_keys:
            _count_or_pass_over(connection, request_key)


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
        cursor.execute("INSERT INTO cause_due SELECT unnest(%(request_keys)s::bigint[])", counted)


def _count_or_pass_over(connection: Connection[TupleRow], request_key: int) -> None:
    try:
        _count(connection, [request_key])
    except SERVER_FAILURES:
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

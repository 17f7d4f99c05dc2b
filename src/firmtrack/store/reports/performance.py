"""Delivery performance: figures rolled up by request, read by who may see them.

A read only reads: figures are counted in the background, by a server's upkeep or by
``firmtrack performance``, and the answer says how old they are (docs/decisions/010, 023).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from psycopg import Connection
from psycopg.rows import TupleRow, class_row

from firmtrack.answers.performance import PerformanceAnswer, PerformanceFilter
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.viewer import Viewer
from firmtrack.store.database import pool, reading_pool
from firmtrack.store.numbers import request_id_of, to_bigint
from firmtrack.store.reading.seeing import asked_by
from firmtrack.store.replica import look_up
from firmtrack.store.reports import cause_counting, rows_of, standings
from firmtrack.store.reports.counting import Round, forget
from firmtrack.store.reports.figures import CountRow, TimingRow, WaitingRow, performance_answer
from firmtrack.store.reports.last_counts import CountedFigures, last_count
from firmtrack.store.reports.snapshots import snapshot

DEVICES_LOOKED_AT = 20_000
"""Of so many devices that have moved a read finds the requests: each costs one look at an index."""


@look_up
def delivery_performance(
    connection: Connection[TupleRow], viewer: Viewer, wanted: PerformanceFilter
) -> PerformanceAnswer:
    """Return the figures of the viewer's own requests that are wanted; DCC's staff see all.

    As they were last counted: how many of these requests have changed since stands in the answer,
    and whether it is at least so many: where more than DEVICES_LOOKED_AT devices have moved.
    """
    asked = asked_by(viewer) | {
        "supplier": None if wanted.supplier is None else to_bigint(wanted.supplier),
        "first_at": wanted.first_at,
        "end_at": wanted.end_at,
        "devices": DEVICES_LOOKED_AT,
    }
    with snapshot(connection):
        counts = rows_of(connection, CountRow, "performance_read_counts", asked)
        timings = rows_of(connection, TimingRow, "performance_read_durations", asked)
        (waiting,) = rows_of(connection, WaitingRow, "performance_count_waiting", asked)
        counted = last_count(connection, CountedFigures.PERFORMANCE)
    return performance_answer(counts, timings, waiting=waiting, counted=counted)


def refresh(*, seconds: float | None = None, now: datetime | None = None) -> bool:
    """Count anew what has changed, and return whether that is done: one round of the counting.

    ``seconds`` and ``now`` are those of firmtrack.store.reports.counting.Round.
    """
    with pool().connection() as connection:
        is_done = Round(now=now).go_on(connection, seconds)
        are_causes = cause_counting.count_due(connection, seconds, now=now)
        return standings.count_due(connection, seconds) and are_causes and is_done


def rebuild() -> None:
    """Forget every figure and count all requests anew."""
    with pool().connection() as connection:
        forget(connection)
        Round().go_on(connection)
        cause_counting.count_due(connection)
        standings.count_due(connection)


class _Uncounted(NamedTuple):
    originator: int
    target: int
    counter: int
    error: str


def uncounted_requests() -> Sequence[tuple[RequestId, str]]:
    """Return the requests that could not be counted when they last changed, and why."""
    with (
        reading_pool().connection() as connection,
        connection.cursor(row_factory=class_row(_Uncounted)) as cursor,
    ):
        cursor.execute(
            "SELECT originator, target, counter, error FROM uncounted_request"
            " JOIN request USING (request_key) ORDER BY request_key"
        )
        return [
            (request_id_of(row.originator, row.target, row.counter), row.error) for row in cursor
        ]

"""Every read of the store; its first argument is the viewer, who sees only what is theirs.

``as_of`` asks for what was known at a moment, by the time of recording; None is now. ``now`` is
until when a distribution has waited, if not until that moment.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.answers.requests import (
    DistributionFilter,
    DistributionPage,
    PaceCounts,
    RequestAnswer,
)
from firmtrack.domain.facts import MessageKind
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.pace import Pace
from firmtrack.domain.stages import Stage, Status, status_at
from firmtrack.domain.viewer import Viewer
from firmtrack.store.database import pool
from firmtrack.store.numbers import KIND_NUMBERS, eui_of, request_parts, to_bigint
from firmtrack.store.reading import csv_copy, statement
from firmtrack.store.reading.filtering import asked_by_pace, asked_for, condition, pace_count
from firmtrack.store.reading.past import known_at
from firmtrack.store.reading.rows import distribution_answer, request_answer


@contextmanager
def _connection(about: Eui64 | RequestId, as_of: datetime | None) -> Iterator[Connection[TupleRow]]:
    if as_of is None:
        with pool().connection() as connection:
            yield connection
    else:
        with known_at(as_of, about) as connection:
            yield connection


def _moment(now: datetime | None, as_of: datetime | None) -> datetime:
    return now or as_of or datetime.now(UTC)


def find_request(
    viewer: Viewer, request_id: RequestId, *, as_of: datetime | None = None
) -> RequestAnswer | None:
    """Return the request, None if it is unknown or someone else's."""
    if not viewer.may_see(request_id):
        return None
    originator, target, counter = request_parts(request_id)
    with _connection(request_id, as_of) as connection:
        row = connection.execute(
            statement("find_request"),
            {
                "originator": originator,
                "target": target,
                "counter": counter,
                "response_kind": KIND_NUMBERS[MessageKind.UPDATE_FIRMWARE_RESPONSE],
            },
        ).fetchone()
        if row is None:
            return None
        counts = connection.execute(statement("count_distributions"), row[:1]).fetchall()
    return request_answer(viewer, request_id, row, counts)


def list_distributions(
    viewer: Viewer,
    request_id: RequestId,
    wanted: DistributionFilter,
    *,
    limit: int,
    after: Eui64 | None = None,
    as_of: datetime | None = None,
    now: datetime | None = None,
) -> DistributionPage:
    """Return up to ``limit`` of the request's distributions whose Device ID is above ``after``.

    Under ``as_of`` a pace is that of the past, measured by what is usual today. Empty if the
    request is unknown or someone else's.
    """
    if not viewer.may_see(request_id):
        return DistributionPage(items=(), last_device_id=None)
    with _connection(request_id, as_of) as connection:
        rows = connection.execute(
            statement("list_distributions").decode().format(condition=condition(wanted)).encode(),
            asked_for(viewer, request_id, wanted, _moment(now, as_of))
            | {"after": None if after is None else to_bigint(after), "limit": limit + 1},
            prepare=None if wanted.pace is None else False,
        ).fetchall()
    items = tuple(
        distribution_answer(viewer, request_id, eui_of(row[0]), row[1:]) for row in rows[:limit]
    )
    return DistributionPage(
        items=items, last_device_id=items[-1].device_id if len(rows) > limit else None
    )


def count_paces(
    viewer: Viewer,
    request_id: RequestId,
    *,
    as_of: datetime | None = None,
    now: datetime | None = None,
) -> PaceCounts:
    """Return how many of the request's distributions in progress wait at which stage and pace.

    Those that there is nothing to compare with are not counted. Empty if the request is unknown or
    someone else's.
    """
    if not viewer.may_see(request_id):
        return {}
    with _connection(request_id, as_of) as connection:
        rows = connection.execute(
            pace_count().encode(),
            asked_by_pace(viewer, request_id, _moment(now, as_of)),
            prepare=False,
        ).fetchall()
    return {
        (status_at(Stage(stage), is_bad=False), Pace(pace)): count for stage, pace, count in rows
    }


def count_wanted(
    viewer: Viewer, found: RequestAnswer, wanted: DistributionFilter, *, as_of: datetime | None
) -> int:
    """Return how many of the found request's distributions are wanted."""
    paces = {} if wanted.pace is None else count_paces(viewer, found.request_id, as_of=as_of)
    return found.count_of(wanted, paces)


def copy_distributions(
    viewer: Viewer,
    request_id: RequestId,
    wanted: DistributionFilter,
    *,
    status_names: Mapping[Status, str],
    reason_texts: Mapping[str, str],
    misfit_texts: Mapping[tuple[Status, str], str],
    as_of: datetime | None = None,
    now: datetime | None = None,
) -> Iterator[bytes]:
    """Yield the CSV rows of the request's distributions, in blocks, by Device ID ascending.

    Nothing if the request is unknown or someone else's. The columns are those of
    firmtrack.presentation.csv, without the header.
    """
    if viewer.may_see(request_id):
        asked = asked_for(viewer, request_id, wanted, _moment(now, as_of))
        asked |= csv_copy.asked_in(request_id, status_names, reason_texts, misfit_texts)
        with _connection(request_id, as_of) as connection:
            yield from csv_copy.blocks(connection, csv_copy.query(wanted).encode(), asked)

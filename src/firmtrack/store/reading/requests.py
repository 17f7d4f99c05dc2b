"""What is read of requests; the first argument is the viewer, who sees only what is theirs.

``as_of`` asks for what was known at a moment, by the time of recording; None is now. ``now`` is
until when a distribution has waited, if not until that moment.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import json
from psycopg import Connection, Cursor
from psycopg.rows import DictRow, TupleRow, dict_row

from firmtrack.answers.requests import (
    DistributionAnswer,
    DistributionFilter,
    DistributionPage,
    FailureCounts,
    NoLongerKept,
    PaceCounts,
    RequestAnswer,
    largest_first,
)
from firmtrack.domain.disclosure import start_of_day
from firmtrack.domain.facts import ImageFacts, MessageKind
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.pace import Pace
from firmtrack.domain.seeing import incidents_of_request, is_anothers
from firmtrack.domain.stages import (
    CompletionStatus,
    Stage,
    Status,
    Variant,
    completion_of,
    status_at,
)
from firmtrack.domain.viewer import Viewer
from firmtrack.store.numbers import KIND_NUMBERS, eui_of, request_parts, to_bigint
from firmtrack.store.reading import csv_copy, statement
from firmtrack.store.reading.filtering import asked_by_pace, asked_for, condition, pace_count
from firmtrack.store.reading.incidents import incidents_in
from firmtrack.store.reading.known import as_known, asked_of
from firmtrack.store.replica import look_up, look_up_rows

_NEXT_DEVICES = "c.device_id = ANY (ARRAY(SELECT device_id FROM asked_device))"
_LOOKED_AT = "{known}SELECT count(*) AS devices, {last}(device_id) AS last FROM asked_device"
_LARGER = 4


@look_up
def find_request(
    connection: Connection[TupleRow],
    viewer: Viewer,
    request_id: RequestId,
    *,
    as_of: datetime | None = None,
) -> RequestAnswer | None:
    """Return the request, None if it is unknown or someone else's."""
    if not viewer.may_see(request_id):
        return None
    with connection.cursor(row_factory=dict_row) as cursor:
        asked = asked_of(cursor, request_id, as_of, devices=0)
        cursor.execute(
            as_known(statement("find_request").decode(), as_of).encode(),
            asked | {"response_kind": KIND_NUMBERS[MessageKind.UPDATE_FIRMWARE_RESPONSE]},
            prepare=None if as_of is None else False,
        )
        row = cursor.fetchone()
        if row is None:
            return None
        cursor.execute(
            as_known(statement("count_distributions").decode(), as_of).encode(),
            asked | {"devices": None},
            prepare=None if as_of is None else False,
        )
        return _request_answer(viewer, request_id, row, cursor.fetchall())


@look_up
def recorded_at(
    connection: Connection[TupleRow], viewer: Viewer, request_id: RequestId
) -> datetime | None:
    """Return when Firmtrack first learnt of the request, None if it is unknown or another's."""
    if not viewer.may_see(request_id):
        return None
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(statement("request_recorded"), _asked(request_id)).fetchone()
    return None if row is None else row["recorded_at"]


@look_up
def list_distributions(
    connection: Connection[TupleRow],
    viewer: Viewer,
    request_id: RequestId,
    wanted: DistributionFilter,
    *,
    limit: int,
    after: Eui64 | None = None,
    before: Eui64 | None = None,
    as_of: datetime | None = None,
    now: datetime | None = None,
) -> DistributionPage:
    """Return up to ``limit`` of the request's distributions whose Device ID is above ``after``.

    With ``before``, which is asked for instead, those just below it; where they are not enough for
    ``limit``, the first ones of all. Under ``as_of`` a pace is that of the past, measured by what
    is usual today. Empty if the request is unknown or someone else's.
    """
    if not viewer.may_see(request_id):
        return DistributionPage(items=(), last_device_id=None)
    place = after if before is None else before
    with connection.cursor(row_factory=dict_row) as cursor:
        asked = {
            **asked_for(viewer, wanted, _moment(now, as_of)),
            **asked_of(cursor, request_id, as_of),
            "after": None if place is None else to_bigint(place),
            "limit": limit + 1,
        }
        # The pace of the past is told of all together.
        is_whole = as_of is None or wanted.pace is not None
        listed = _listed if is_whole else _listed_by_portions
        rows = listed(cursor, wanted, asked, as_of, is_backwards=before is not None)
        if before is not None and len(rows) <= limit:
            # The beginning: a whole page of it, which may go on beyond where one came from.
            before, asked = None, asked | {"after": None}
            rows = listed(cursor, wanted, asked, as_of, is_backwards=False)
    items = tuple(_distribution_answer(viewer, request_id, row) for row in rows[:limit])
    if before is not None:
        return DistributionPage(
            items=items[::-1], last_device_id=items[0].device_id, has_earlier=True
        )
    return DistributionPage(
        items=items,
        last_device_id=items[-1].device_id if len(rows) > limit else None,
        has_earlier=asked["after"] is not None,
    )


@look_up_rows
def stream_distributions(
    connection: Connection[TupleRow],
    viewer: Viewer,
    request_id: RequestId,
    wanted: DistributionFilter,
    *,
    as_of: datetime | None = None,
    now: datetime | None = None,
) -> Iterator[DistributionAnswer]:
    """Yield all wanted distributions of the request, by Device ID ascending, as of one moment.

    They are read as they are asked for. Nothing if the request is unknown or someone else's.
    """
    if not viewer.may_see(request_id):
        return
    query = as_known(
        statement("list_distributions").decode(), as_of, condition=condition(wanted, as_of)
    )
    asked = asked_for(viewer, wanted, _moment(now, as_of)) | {"limit": None}
    with connection.cursor(row_factory=dict_row) as cursor:
        asked |= asked_of(cursor, request_id, as_of)
        for row in cursor.stream(query.encode(), asked):
            yield _distribution_answer(viewer, request_id, row)


@look_up
def count_paces(
    connection: Connection[TupleRow],
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
    with connection.cursor(row_factory=dict_row) as cursor:
        asked = asked_by_pace(viewer, _moment(now, as_of)) | asked_of(cursor, request_id, as_of)
        rows = cursor.execute(pace_count(as_of).encode(), asked, prepare=False).fetchall()
    return {
        (status_at(Stage(row["stage"]), is_bad=False), Pace(row["pace"])): row["count"]
        for row in rows
    }


def count_wanted(
    viewer: Viewer, found: RequestAnswer, wanted: DistributionFilter, *, as_of: datetime | None
) -> int:
    """Return how many of the found request's distributions are wanted."""
    paces = {} if wanted.pace is None else count_paces(viewer, found.request_id, as_of=as_of)
    return found.count_of(wanted, paces)


@look_up_rows
def copy_distributions(
    connection: Connection[TupleRow],
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
        query = csv_copy.query(wanted, as_of)
        asked = asked_for(viewer, wanted, _moment(now, as_of))
        asked |= csv_copy.asked_in(request_id, status_names, reason_texts, misfit_texts)
        asked |= asked_of(connection, request_id, as_of)
        yield from csv_copy.blocks(connection, query.encode(), asked)


def _listed(
    cursor: Cursor[DictRow],
    wanted: DistributionFilter,
    asked: Mapping[str, Any],
    as_of: datetime | None,
    *,
    is_backwards: bool,
) -> list[DictRow]:
    wanted_rows = condition(
        wanted, as_of, is_continued=asked["after"] is not None, is_backwards=is_backwards
    )
    query = as_known(
        statement("list_distributions").decode(),
        as_of,
        is_backwards=is_backwards,
        condition=wanted_rows,
    )
    return cursor.execute(
        query.encode(),
        asked,
        prepare=None if as_of is None and wanted.pace is None else False,
    ).fetchall()


def _listed_by_portions(
    cursor: Cursor[DictRow],
    wanted: DistributionFilter,
    asked: Mapping[str, Any],
    as_of: datetime | None,
    *,
    is_backwards: bool,
) -> list[DictRow]:
    """Return the rows of a page of the past: no more devices are folded than it takes to fill it.

    Where few fit a filter, each portion is larger than the one before, so that all of them together
    cost little more than all at once.
    """
    is_filtered = wanted != DistributionFilter()
    query = as_known(
        statement("list_distributions").decode(),
        as_of,
        is_backwards=is_backwards,
        condition=f"{_NEXT_DEVICES} AND {condition(wanted, as_of)}",
    )
    looked_at_last = as_known(
        _LOOKED_AT, as_of, is_backwards=is_backwards, last="min" if is_backwards else "max"
    )
    rows: list[DictRow] = []
    after, devices = asked["after"], asked["limit"]
    while True:
        portion = {
            **asked,
            "devices": devices,
            "after": after,
            "limit": asked["limit"] - len(rows),
        }
        rows += cursor.execute(query.encode(), portion, prepare=False).fetchall()
        if not is_filtered or len(rows) == asked["limit"]:
            return rows
        looked_at = cursor.execute(looked_at_last.encode(), portion, prepare=False).fetchone()
        assert looked_at is not None
        if looked_at["devices"] < devices:
            return rows
        after, devices = looked_at["last"], devices * _LARGER


def _moment(now: datetime | None, as_of: datetime | None) -> datetime:
    return now or as_of or datetime.now(UTC)


def _asked(request_id: RequestId) -> dict[str, object]:
    originator, target, counter = request_parts(request_id)
    return {"originator": originator, "target": target, "counter": counter}


def _request_answer(
    viewer: Viewer, request_id: RequestId, row: DictRow, counts: Sequence[DictRow]
) -> RequestAnswer:
    variant = None if row["variant"] is None else Variant(row["variant"])
    status_counts, failure_counts = _counts_of(counts)
    completion_counts = Counter[CompletionStatus]()
    for status, count in status_counts.items():
        completion_counts[completion_of(status, variant)] += count
    return RequestAnswer(
        request_id=request_id,
        variant=variant,
        firmware_version=row["firmware_version"],
        image=(
            None
            if row["image"] is None
            else ImageFacts(manufacturer_image_hash=row["image_hash"], **row["image"])
        ),
        submitted_at=row["submitted_at"],
        response_code=row["response_code"],
        answered_at=row["answered_at"],
        statement_count=row["statement_count"],
        device_count=sum(status_counts.values()),
        completion_counts=dict(completion_counts),
        status_counts=status_counts,
        failure_counts=failure_counts,
        no_longer_kept=_no_longer_kept(row),
        incidents=incidents_of_request(viewer, incidents_in(row["incidents"])),
    )


def _no_longer_kept(row: DictRow) -> NoLongerKept | None:
    if row["gone_counts"] is None:
        return None
    counts = json.decode(row["gone_counts"], type=dict[CompletionStatus, int])
    in_order = {each: counts[each] for each in CompletionStatus if each in counts}
    return NoLongerKept(before=row["gone_before"], completion_counts=in_order)


def _counts_of(rows: Sequence[DictRow]) -> tuple[Mapping[Status, int], FailureCounts]:
    """Return how many distributions have which status, and how many failed for which reason."""
    by_status = Counter[Status]()
    failures: dict[tuple[Status, str | None], int] = {}
    for row in rows:
        status = status_at(Stage(row["stage"]), is_bad=row["failed"])
        by_status[status] += row["count"]
        if status.is_bad:
            failures[status, row["reason"]] = row["count"]
    in_order = sorted(by_status.items(), key=lambda each: (each[0].stage, each[0].is_bad))
    return dict(in_order), largest_first(failures)


def _distribution_answer(viewer: Viewer, request_id: RequestId, row: DictRow) -> DistributionAnswer:
    addressee = None if row["addressee"] is None else eui_of(row["addressee"])
    is_others = is_anothers(viewer, addressee)
    return DistributionAnswer(
        request_id=request_id,
        variant=None if row["variant"] is None else Variant(row["variant"]),
        device_id=eui_of(row["device_id"]),
        firmware_version=row["firmware_version"],
        image_hash=row["image_hash"],
        submitted_at=row["submitted_at"],
        status=status_at(Stage(row["stage"]), is_bad=row["failed"]),
        reason=row["reason"],
        updated_at=start_of_day(row["occurred_at"]) if is_others else row["occurred_at"],
        is_anothers_event=is_others,
    )

"""The viewer's requests, newest first, and how each stands now.

What has not changed since it was counted is read, what has is counted: the figures are exact, and
what a page costs grows with neither all requests nor all devices (docs/decisions/040).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow, dict_row

from firmtrack.answers.request_lists import (
    ListedRequest,
    RequestFilter,
    RequestList,
    RequestPlace,
    RequestState,
)
from firmtrack.answers.requests import largest_first
from firmtrack.domain.identifiers import FirmwareVersion, comparable_version
from firmtrack.domain.stages import CompletionStatus, Stage, Variant, status_at
from firmtrack.domain.viewer import Viewer
from firmtrack.store.numbers import request_id_of, request_parts
from firmtrack.store.reading.seeing import asked_by, filled
from firmtrack.store.replica import look_up
from firmtrack.store.reports import statement

_AT = "coalesce(r.submitted_at, r.recorded_at)"
# Of a request all events of which were withdrawn nothing is known.
_KNOWN = """
    (
        r.message_id IS NOT NULL
        OR r.step_message_id IS NOT NULL
        OR r.named_at IS NOT NULL
    )
"""
_COLUMNS = f"""
    r.request_key, r.originator, r.target, r.counter, r.variant, r.firmware_version,
    {_AT} AS submitted_at
"""
_OF_ALL = f"""
    SELECT {_COLUMNS}
    FROM request AS r
    WHERE {{{{sees_every:r.originator}}}} AND {{conditions}}
    ORDER BY {{order}}
    LIMIT %(limit)s
"""  # noqa: S608 - of our own texts alone
# User by User, so that each is read by the index of its requests in their order.
_OF_SOME = f"""
    SELECT r.*
    FROM {{{{each_own:own}}}}
    CROSS JOIN LATERAL (
        SELECT {_COLUMNS}
        FROM request AS r
        WHERE r.originator = own.user_id AND {{conditions}}
        ORDER BY {{order}}
        LIMIT %(limit)s
    ) AS r
"""  # noqa: S608 - of our own texts alone
_ENDED = f"""
    SELECT {_COLUMNS}, s.ended_at
    FROM request_standing AS s
    JOIN request AS r USING (request_key)
    WHERE {{sees:s.originator}} AND s.ended_at > %(since)s AND s.ended_at <= %(until)s
    ORDER BY s.ended_at DESC, r.request_key DESC
    LIMIT %(limit)s
"""  # noqa: S608 - of our own texts alone
_LARGER = 4
_COMPLETIONS = {
    CompletionStatus.SUCCESSFUL: "successful",
    CompletionStatus.IN_PROGRESS: "in_progress",
    CompletionStatus.FAILED: "failed",
}


_IS_IN_STATE: Mapping[RequestState, Callable[[DictRow], bool]] = {
    RequestState.UNDER_WAY: lambda row: row["in_progress"] > 0,
    RequestState.ENDED: lambda row: row["has_devices"] and row["in_progress"] == 0,
    RequestState.WITH_FAILURES: lambda row: row["failed"] > 0,
    RequestState.WITH_STALLED_DEVICES: lambda row: row["stalled"] > 0,
}
# Of a request that has no devices.
_NONE = {
    **dict.fromkeys(("successful", "in_progress", "failed", "stalled"), 0),
    **dict.fromkeys(("failure_stages", "failure_reasons", "failure_counts")),
}


@look_up
def list_requests(
    connection: Connection[Any],
    viewer: Viewer,
    wanted: RequestFilter,
    *,
    limit: int,
    below: RequestPlace | None = None,
    above: RequestPlace | None = None,
) -> RequestList:
    """Return up to ``limit`` of the viewer's wanted requests, newest first; DCC's staff see all.

    Those next ``below`` a place, or next ``above`` it, or the newest. Whose they are is not told
    here.
    """
    goes_up = above is not None
    place = above if goes_up else below
    found = _found(connection, viewer, wanted, limit + 1, place, goes_up=goes_up)
    has_any = bool(found) or _has_any(connection, viewer)
    goes_on = len(found) > limit
    items = found[:limit]
    if goes_up:
        items.reverse()
    return RequestList(
        items=items,
        has_older=goes_up or goes_on,
        has_newer=goes_on if goes_up else below is not None,
        has_any=has_any,
    )


def ended_between(
    connection: Connection[Any], viewer: Viewer, since: datetime, until: datetime, *, limit: int
) -> list[ListedRequest]:
    """Return the requests found to have ended after ``since`` and by ``until``, the latest first.

    Up to ``limit``, without those that are under way again.
    """
    query = _statement(filled(_ENDED), "r.ended_at DESC, r.request_key DESC")
    asked = {**asked_by(viewer), "since": since, "until": until, "limit": limit}
    rows = _standing(connection, query, asked)
    return [_listed(row) for row in rows if _IS_IN_STATE[RequestState.ENDED](row)]


def _has_any(connection: Connection[Any], viewer: Viewer) -> bool:
    return bool(_found(connection, viewer, RequestFilter(), 1, None, goes_up=False))


def _found(
    connection: Connection[Any],
    viewer: Viewer,
    wanted: RequestFilter,
    limit: int,
    place: RequestPlace | None,
    *,
    goes_up: bool,
) -> list[ListedRequest]:
    """Return the wanted requests from a place on, in the direction that is asked for.

    Where few stand as is wanted, each portion is larger than the one before.
    """
    found: list[ListedRequest] = []
    portion = limit
    while True:
        query = _query(
            sees_all=viewer.sees_all,
            goes_up=goes_up,
            since=wanted.first_at is not None,
            until=wanted.end_at is not None,
            version=wanted.firmware_version is not None,
            continued=place is not None,
        )
        asked = {**asked_by(viewer), **_asked(wanted, place), "limit": portion}
        rows = _standing(connection, query, asked)
        found += [
            _listed(row) for row in rows if wanted.state is None or _IS_IN_STATE[wanted.state](row)
        ]
        if wanted.state is None or len(found) >= limit or len(rows) < portion:
            return found[:limit]
        place = _listed(rows[-1]).place
        portion *= _LARGER


def _standing(
    connection: Connection[Any], query: bytes, asked: Mapping[str, object]
) -> list[DictRow]:
    """Return the rows of ``request_list``, those counted now of which no count holds."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query, asked, prepare=False).fetchall()
        due = [row["request_key"] for row in rows if row["successful"] is None]
        counts = {}
        if due:
            cursor.execute(statement("standing_counts"), {"request_keys": due}, prepare=False)
            counts = {row["request_key"]: row for row in cursor}
    for row in rows:
        row["has_devices"] = row["successful"] is not None or row["request_key"] in counts
        if row["successful"] is None:
            row.update(counts.get(row["request_key"], _NONE))
    return rows


def _asked(wanted: RequestFilter, place: RequestPlace | None) -> Mapping[str, object]:
    asked: dict[str, object] = {
        "since": wanted.first_at,
        "until": wanted.end_at,
        "version": None
        if wanted.firmware_version is None
        else comparable_version(wanted.firmware_version),
    }
    if place is not None:
        originator, target, counter = request_parts(place.request_id)
        asked |= {
            "place_at": place.submitted_at,
            "place_originator": originator,
            "place_target": target,
            "place_counter": counter,
        }
    return asked


# So many texts as there are kinds of filter: none holds what is asked for.
@cache
def _query(
    *, sees_all: bool, goes_up: bool, since: bool, until: bool, version: bool, continued: bool
) -> bytes:
    comparison, direction = (">", "ASC") if goes_up else ("<", "DESC")
    conditions = [_KNOWN]
    if since:
        conditions.append(f"{_AT} >= %(since)s")
    if until:
        conditions.append(f"{_AT} < %(until)s")
    if version:
        conditions.append("comparable_version(r.firmware_version) = %(version)s")
    if continued:
        conditions.append(f"{_AT} {comparison}= %(place_at)s")
        conditions.append(
            f"({_AT}, r.originator, r.target, r.counter) {comparison} (%(place_at)s,"
            " %(place_originator)s::bigint, %(place_target)s::bigint, %(place_counter)s::bigint)"
        )
    columns = ("originator", "target", "counter")
    candidates = (_OF_ALL if sees_all else _OF_SOME).format(
        conditions=" AND ".join(conditions),
        order=", ".join(f"{each} {direction}" for each in (_AT, *(f"r.{it}" for it in columns))),
    )
    return _statement(
        filled(candidates),
        ", ".join(f"r.{each} {direction}" for each in ("submitted_at", *columns)),
    )


def _statement(candidates: str, order: str) -> bytes:
    """Return the statement that tells how some requests stand, in an order of its rows ``r``."""
    text = statement("request_list").decode()
    return text.format(candidates=candidates, order=order).encode()


def _listed(row: DictRow) -> ListedRequest:
    counts = {each: row[column] for each, column in _COMPLETIONS.items() if row[column]}
    failures = zip(
        row["failure_stages"] or (),
        row["failure_reasons"] or (),
        row["failure_counts"] or (),
        strict=True,
    )
    failure_counts = {
        (status_at(Stage(stage), is_bad=True), reason): count for stage, reason, count in failures
    }
    version = row["firmware_version"]
    return ListedRequest(
        request_id=request_id_of(row["originator"], row["target"], row["counter"]),
        variant=None if row["variant"] is None else Variant(row["variant"]),
        firmware_version=None if version is None else FirmwareVersion(version),
        submitted_at=row["submitted_at"],
        completion_counts=counts,
        stalled_count=row["stalled"],
        failure_counts=largest_first(failure_counts),
    )

"""The viewer's requests, newest first, and how each stands now.

What has not changed since it was counted is read, what has is counted: the figures are exact, and
what a page costs grows with neither all requests nor all devices (docs/decisions/040).
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow, dict_row

from firmtrack.answers.request_lists import (
    FailureCount,
    ListedRequest,
    RequestFilter,
    RequestList,
    RequestPlace,
)
from firmtrack.domain.identifiers import FirmwareVersion, comparable_version
from firmtrack.domain.stages import CompletionStatus, Stage, Variant, status_at
from firmtrack.domain.viewer import Viewer
from firmtrack.store.database import reading_pool
from firmtrack.store.numbers import request_id_of, request_parts
from firmtrack.store.reading.seeing import asked_by, filled
from firmtrack.store.reports import statement
from firmtrack.store.reports.standings import counts_of

_AT = "coalesce(r.submitted_at, r.recorded_at)"
# Of a request all events of which were withdrawn nothing is known.
_KNOWN = """
    (
        r.message_id IS NOT NULL
        OR r.step_message_id IS NOT NULL
        OR EXISTS (SELECT FROM distribution AS d WHERE d.request_key = r.request_key)
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
_LARGER = 4
_COMPLETIONS = {
    CompletionStatus.SUCCESSFUL: "successful",
    CompletionStatus.IN_PROGRESS: "in_progress",
    CompletionStatus.FAILED: "failed",
}


def list_requests(
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
    with reading_pool().connection() as connection:
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
            since=wanted.since is not None,
            until=wanted.until is not None,
            version=wanted.firmware_version is not None,
            continued=place is not None,
        )
        asked = {**asked_by(viewer), **_asked(wanted, place), "limit": portion}
        with connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(query, asked, prepare=False).fetchall()
        found += [_listed(row) for row in rows if row["is_wanted"]]
        if wanted.state is None or len(found) >= limit or not rows or rows[-1]["place"] < portion:
            return found[:limit]
        place = _listed(rows[-1]).place
        portion *= _LARGER


def _asked(wanted: RequestFilter, place: RequestPlace | None) -> Mapping[str, object]:
    asked: dict[str, object] = {
        "since": wanted.since,
        "until": wanted.until,
        "version": None
        if wanted.firmware_version is None
        else comparable_version(wanted.firmware_version),
        "state": None if wanted.state is None else str(wanted.state),
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
    text = statement("request_list").decode().format(
        candidates=filled(candidates),
        order=", ".join(f"r.{each} {direction}" for each in ("submitted_at", *columns)),
        counts=counts_of("ARRAY(SELECT request_key FROM due)"),
    )
    return text.encode()


def _listed(row: DictRow) -> ListedRequest:
    counts = {each: row[column] for each, column in _COMPLETIONS.items() if row[column]}
    failures = zip(
        row["failure_stages"] or (),
        row["failure_reasons"] or (),
        row["failure_counts"] or (),
        strict=True,
    )
    version = row["firmware_version"]
    return ListedRequest(
        request_id=request_id_of(row["originator"], row["target"], row["counter"]),
        variant=None if row["variant"] is None else Variant(row["variant"]),
        firmware_version=None if version is None else FirmwareVersion(version),
        submitted_at=row["submitted_at"],
        completion_counts=counts,
        stalled_count=row["stalled"],
        failures=[
            FailureCount(status_at(Stage(stage), is_bad=True), reason, count)
            for stage, reason, count in failures
        ],
    )



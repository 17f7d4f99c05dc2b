"""The look-ups: a Service Request, its distributions, a device, its inventory."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Router

from firmtrack.accounts.viewers import viewer_of_token
from firmtrack.answers.requests import DistributionFilter
from firmtrack.answers.side_parts import UNTOLD, side_part
from firmtrack.api.authentication import ReadToken, holder_of
from firmtrack.api.cursors import cursor_after
from firmtrack.api.parameters import (
    After,
    AsOf,
    DeviceId,
    Limit,
    ServiceRequestId,
    WantedCompletion,
    WantedPace,
    WantedStatus,
    refuse_unknown_parameters,
)
from firmtrack.api.problems import Problem, ProblemFound
from firmtrack.api.responses import CSV, JSON, describe, json_response, reference_to
from firmtrack.diagnosis.as_json import diagnosed_device
from firmtrack.presentation import documents
from firmtrack.presentation.csv import distributions_csv
from firmtrack.presentation.moments import past_moment
from firmtrack.presentation.peers import Peers, peers
from firmtrack.store.audit import record_lookup
from firmtrack.store.reading import queries, requests
from firmtrack.store.reports import peers as store_peers

_Told = TypeVar("_Told")

router = Router(auth=ReadToken(), tags=["Look-ups"])

_AS_OF = frozenset({"as_of"})
_FILTERS = _AS_OF | {"completion_status", "current_status", "pace"}


def _described(media_type: str, schema: dict[str, Any], *more: int) -> dict[str, Any]:
    return {"responses": describe(media_type, schema, {400, 401, 403, 404, 405, 500, *more})}


@router.get(
    "/service-requests/{service_request_id}",
    summary="Find a Service Request",
    openapi_extra=_described(JSON, reference_to(documents.ServiceRequest)),
)
def find_service_request(
    request: HttpRequest, service_request_id: ServiceRequestId, as_of: AsOf = None
) -> HttpResponse:
    """Return what was asked, DCC's answer, and how many distributions have which status."""
    refuse_unknown_parameters(request, _AS_OF)
    viewer, past = viewer_of_token(holder_of(request)), _past(as_of)
    found = requests.find_request(viewer, service_request_id, as_of=past)
    rows = 0 if found is None else 1
    record_lookup(viewer, "service_request", str(service_request_id), rows, as_of=past)
    if found is None:
        raise ProblemFound(Problem.NOT_FOUND)
    return json_response(documents.service_request(found))


@router.get(
    "/service-requests/{service_request_id}/distributions",
    summary="List a Service Request's distributions",
    openapi_extra=_described(JSON, reference_to(documents.DistributionList), 503),
)
def list_distributions(
    request: HttpRequest,
    service_request_id: ServiceRequestId,
    completion_status: WantedCompletion = None,
    current_status: WantedStatus = None,
    pace: WantedPace = None,
    limit: Limit = 100,
    cursor: After = None,
    as_of: AsOf = None,
) -> HttpResponse:
    """Return the current status of its devices, by Device ID ascending, a page at a time.

    Follow `next_cursor` until it is null, with the same filters and the same `as_of`.
    """
    refuse_unknown_parameters(request, _FILTERS | {"limit", "cursor"})
    viewer, past = viewer_of_token(holder_of(request)), _past(as_of)
    wanted = DistributionFilter(completion=completion_status, status=current_status, pace=pace)
    page = _by_pace(
        wanted,
        lambda: requests.list_distributions(
            viewer, service_request_id, wanted, limit=limit, after=cursor, as_of=past
        ),
    )
    record_lookup(viewer, "distributions", str(service_request_id), len(page.items), as_of=past)
    # An empty page is all that a request answers whose distributions fit no filter, too.
    if not page.items and requests.find_request(viewer, service_request_id, as_of=past) is None:
        raise ProblemFound(Problem.NOT_FOUND)
    following = None if page.last_device_id is None else cursor_after(page.last_device_id)
    return json_response(documents.distribution_list(page, following))


@router.get(
    "/service-requests/{service_request_id}/distributions.csv",
    summary="Download a Service Request's distributions",
    openapi_extra=_described(CSV, {"type": "string"}, 503),
)
def download_distributions(
    request: HttpRequest,
    service_request_id: ServiceRequestId,
    completion_status: WantedCompletion = None,
    current_status: WantedStatus = None,
    pace: WantedPace = None,
    as_of: AsOf = None,
) -> StreamingHttpResponse:
    """Return all of its distributions as CSV (RFC 4180, UTF-8), by Device ID ascending, one a row.

    Columns: Service Request ID, Firmware Version, Device ID, Current Status, Current Status
    Reason, Current Status Update Time and Date.
    """
    refuse_unknown_parameters(request, _FILTERS)
    viewer, past = viewer_of_token(holder_of(request)), _past(as_of)
    wanted = DistributionFilter(completion=completion_status, status=current_status, pace=pace)
    found = requests.find_request(viewer, service_request_id, as_of=past)
    # Before the first row leaves: a download that breaks off was a look-up all the same.
    rows = (
        0
        if found is None
        else _by_pace(wanted, lambda: requests.count_wanted(viewer, found, wanted, as_of=past))
    )
    record_lookup(viewer, "distributions_csv", str(service_request_id), rows, as_of=past)
    if found is None:
        raise ProblemFound(Problem.NOT_FOUND)
    name = str(service_request_id).replace(":", "_")
    return StreamingHttpResponse(
        distributions_csv(viewer, service_request_id, wanted, as_of=past),
        content_type="text/csv; charset=utf-8; header=present",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


@router.get(
    "/devices/{device_id}",
    summary="Find a device",
    openapi_extra=_described(JSON, reference_to(documents.Device)),
)
def find_device(request: HttpRequest, device_id: DeviceId, as_of: AsOf = None) -> HttpResponse:
    """Return the device's distributions that you may see, newest first: history and diagnosis."""
    refuse_unknown_parameters(request, _AS_OF)
    viewer, past = viewer_of_token(holder_of(request)), _past(as_of)
    found = queries.find_device(viewer, device_id, as_of=past)
    if found is None:
        raise ProblemFound(Problem.NOT_FOUND)
    return json_response(diagnosed_device(found, now=past or datetime.now(UTC)))


@router.get(
    "/devices/{device_id}/peers",
    summary="Compare a device with others",
    openapi_extra=_described(JSON, reference_to(Peers)),
)
def find_peers(request: HttpRequest, device_id: DeviceId) -> HttpResponse:
    """Return how others fare that have something in common with the device's newest update.

    Counts only. Of other parties they are shown in a crowd: at least 100 updates, by at least 5
    Users, none of whom has more than half of them.
    """
    refuse_unknown_parameters(request, frozenset())
    viewer = viewer_of_token(holder_of(request))
    found = store_peers.find_peers(viewer, device_id)
    record_lookup(viewer, "peers", str(device_id), 0 if found is None else len(found.groups))
    if found is None:
        raise ProblemFound(Problem.NOT_FOUND)
    return json_response(peers(found))


@router.get(
    "/inventory/{device_id}",
    summary="Read a device's inventory",
    openapi_extra=_described(JSON, reference_to(documents.DeviceInventory)),
)
def find_inventory(request: HttpRequest, device_id: DeviceId, as_of: AsOf = None) -> HttpResponse:
    """Return what runs on the device, its update in progress, and where each fact comes from."""
    refuse_unknown_parameters(request, _AS_OF)
    viewer = viewer_of_token(holder_of(request))
    found = queries.find_inventory(viewer, device_id, as_of=_past(as_of))
    if found is None:
        raise ProblemFound(Problem.NOT_FOUND)
    return json_response(documents.device_inventory(found))


def _by_pace(wanted: DistributionFilter, tell: Callable[[], _Told]) -> _Told:
    """Return what ``tell`` returns. Raises ProblemFound if a pace is wanted and cannot be told."""
    if wanted.pace is None:
        return tell()
    told = side_part("distributions by pace", tell)
    if told is UNTOLD:
        raise ProblemFound(Problem.UNTOLD)
    return told


def _past(as_of: datetime | None) -> datetime | None:
    return past_moment(as_of, datetime.now(UTC))

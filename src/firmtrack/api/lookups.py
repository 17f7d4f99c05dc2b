"""The look-ups: a Service Request, its distributions, a device, its inventory."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from msgspec import Struct
from ninja import Router

from firmtrack.accounts.viewers import viewer_of_token
from firmtrack.answers.requests import DistributionFilter, DistributionPage, RequestAnswer
from firmtrack.answers.side_parts import UNTOLD, Untold
from firmtrack.api.authentication import ReadToken, holder_of
from firmtrack.api.conditional import Conditional
from firmtrack.api.cursors import cursor_after
from firmtrack.api.missing import device_not_found, inventory_not_found, request_not_found
from firmtrack.api.parameters import (
    After,
    AsOf,
    Below,
    DeviceId,
    Limit,
    OfServiceRequest,
    ServiceRequestId,
    WantedCompletion,
    WantedPace,
    WantedReason,
    WantedStatus,
    refuse_unknown_parameters,
)
from firmtrack.api.problems import Problem, ProblemFound
from firmtrack.api.responses import (
    AS_OF_HEADER,
    CSV,
    JSON,
    KEPT_FROM_HEADER,
    VERSION_HEADERS,
    XLSX,
    conditional,
    describe,
    json_response,
    moment_header,
    reference_to,
)
from firmtrack.diagnosis.requests import summary_of
from firmtrack.domain.identifiers import RequestId
from firmtrack.lookups import device as device_lookup
from firmtrack.lookups import inventory as inventory_lookup
from firmtrack.lookups import request as request_lookup
from firmtrack.lookups.as_of import Settled, past_of
from firmtrack.presentation import documents
from firmtrack.presentation.files import FileFormat
from firmtrack.presentation.peers import Peers, peers

_Found = TypeVar("_Found")

router = Router(auth=ReadToken(), tags=["Look-ups"])

_AS_OF = frozenset({"as_of"})
_FILTERS = _AS_OF | {"completion_status", "current_status", "pace", "reason"}

_MEDIA_TYPES = {FileFormat.CSV: f"{CSV}; charset=utf-8; header=present", FileFormat.XLSX: XLSX}


def _described(
    media_type: str,
    schema: dict[str, Any],
    *more: int,
    headers: tuple[str, ...] = (AS_OF_HEADER, KEPT_FROM_HEADER),
) -> dict[str, Any]:
    problems = {400, 401, 403, 404, 405, 500, *more}
    return {"responses": describe(media_type, schema, problems, *headers)}


def _described_conditional(schema: dict[str, Any], *more: int) -> dict[str, Any]:
    described = _described(
        JSON, schema, *more, headers=(AS_OF_HEADER, KEPT_FROM_HEADER, *VERSION_HEADERS)
    )
    return conditional(described, AS_OF_HEADER, KEPT_FROM_HEADER)


@router.get(
    "/service-requests/{service_request_id}",
    summary="Find a Service Request",
    openapi_extra=_described_conditional(reference_to(documents.ServiceRequest)),
)
def find_service_request(
    request: HttpRequest, service_request_id: ServiceRequestId, as_of: AsOf = None
) -> HttpResponse:
    """Return what was asked, DCC's answer, and how many distributions have which status."""
    refuse_unknown_parameters(request, _AS_OF)
    viewer, past = viewer_of_token(holder_of(request)), _past(as_of)
    answer = Conditional(request, viewer, past, _service_request)
    found = request_lookup.find_request(
        viewer, service_request_id, as_of=past, is_held=answer.is_held
    )
    return answer.response_of(
        _required(found, lambda: request_not_found(viewer, service_request_id, past))
    )


@router.get(
    "/service-requests/{service_request_id}/distributions",
    summary="List a Service Request's distributions",
    openapi_extra=_described_conditional(reference_to(documents.DistributionList), 503),
)
def list_distributions(
    request: HttpRequest,
    service_request_id: ServiceRequestId,
    completion_status: WantedCompletion = None,
    current_status: WantedStatus = None,
    pace: WantedPace = None,
    reason: WantedReason = None,
    limit: Limit = 100,
    cursor: After = None,
    as_of: AsOf = None,
) -> HttpResponse:
    """Return the current status of its devices, by Device ID ascending, a page at a time.

    Follow `next_cursor` until it is null, with the same filters. Of the past go on with the moment
    of the first answer, as its header `Firmtrack-As-Of` has it, so that all are of one moment.
    """
    refuse_unknown_parameters(request, _FILTERS | {"limit", "cursor"})
    viewer, past = viewer_of_token(holder_of(request)), _past(as_of)
    wanted = DistributionFilter(
        completion=completion_status, status=current_status, pace=pace, reason=reason
    )
    answer = Conditional(request, viewer, past, _distribution_list)
    page = request_lookup.list_distributions(
        viewer,
        service_request_id,
        wanted,
        limit=limit,
        after=cursor,
        as_of=past,
        is_held=answer.is_held,
    )
    return answer.response_of(
        _required(page, lambda: request_not_found(viewer, service_request_id, past))
    )


@router.get(
    "/service-requests/{service_request_id}/distributions.csv",
    summary="Download a Service Request's distributions",
    openapi_extra=_described(
        CSV,
        {"type": "string"},
        503,
        headers=(AS_OF_HEADER, KEPT_FROM_HEADER, "Content-Disposition"),
    ),
)
def download_distributions(
    request: HttpRequest,
    service_request_id: ServiceRequestId,
    completion_status: WantedCompletion = None,
    current_status: WantedStatus = None,
    pace: WantedPace = None,
    reason: WantedReason = None,
    as_of: AsOf = None,
) -> StreamingHttpResponse:
    """Return all of its distributions as CSV (RFC 4180, UTF-8), by Device ID ascending, one a row.

    Columns: Service Request ID, Firmware Version, Device ID, Current Status, Current Status
    Reason, Current Status Update Time and Date.
    """
    wanted = DistributionFilter(
        completion=completion_status, status=current_status, pace=pace, reason=reason
    )
    return _file(request, service_request_id, wanted, FileFormat.CSV, as_of)


@router.get(
    "/service-requests/{service_request_id}/distributions.xlsx",
    summary="Download a Service Request's distributions as a spreadsheet",
    openapi_extra=_described(
        XLSX,
        {"type": "string", "format": "binary"},
        503,
        headers=(AS_OF_HEADER, KEPT_FROM_HEADER, "Content-Disposition"),
    ),
)
def download_distributions_xlsx(
    request: HttpRequest,
    service_request_id: ServiceRequestId,
    completion_status: WantedCompletion = None,
    current_status: WantedStatus = None,
    pace: WantedPace = None,
    reason: WantedReason = None,
    as_of: AsOf = None,
) -> StreamingHttpResponse:
    """Return all of its distributions as a workbook (Office Open XML), by Device ID ascending.

    The columns of the CSV, then Reason Code and Completion Status. IDs, versions and codes are
    texts, times are times, in UTC.
    """
    wanted = DistributionFilter(
        completion=completion_status, status=current_status, pace=pace, reason=reason
    )
    return _file(request, service_request_id, wanted, FileFormat.XLSX, as_of)


@router.get(
    "/devices/{device_id}",
    summary="Find a device",
    openapi_extra=_described_conditional(reference_to(documents.Device)),
)
def find_device(request: HttpRequest, device_id: DeviceId, as_of: AsOf = None) -> HttpResponse:
    """Return the device's distributions that you may see, newest first: history and diagnosis."""
    refuse_unknown_parameters(request, _AS_OF)
    viewer, past = viewer_of_token(holder_of(request)), _past(as_of)
    answer = Conditional(request, viewer, past, _device)
    found = device_lookup.find_device(viewer, device_id, as_of=past, is_held=answer.is_held)
    shown = _required(found, lambda: device_not_found(viewer, device_id, past))
    return answer.response_of(shown)


@router.get(
    "/devices/{device_id}/events",
    summary="List a device's events",
    openapi_extra=_described(JSON, reference_to(documents.EventList)),
)
def list_events(
    request: HttpRequest,
    device_id: DeviceId,
    service_request_id: OfServiceRequest = None,
    limit: Limit = 100,
    cursor: Below = None,
    as_of: AsOf = None,
) -> HttpResponse:
    """Return the events of the device's distribution in a request, furthest stage first.

    Without service_request_id, those that were sent to you and belong to no request that you may
    see. Repeats that follow each other are one. Follow `next_cursor`, or the `events_next_cursor`
    of the device, until it is null, with the same `as_of`: each answer goes on where the one before
    it ended, whatever is recorded meanwhile. A cursor whose event has been taken back is refused.
    """
    refuse_unknown_parameters(request, _AS_OF | {"service_request_id", "limit", "cursor"})
    viewer = viewer_of_token(holder_of(request))
    past = _past(as_of)
    try:
        found = device_lookup.list_events(
            viewer, device_id, service_request_id, limit=limit, below=cursor, as_of=past
        )
    except device_lookup.PlaceGone as error:
        raise ProblemFound.in_parameter("query", "cursor", str(error)) from None
    if found is None:
        raise device_not_found(viewer, device_id, past)
    return _json(documents.event_list(found.entries, found.next_mark, found.response_ids), past)


@router.get(
    "/devices/{device_id}/peers",
    summary="Compare a device with others",
    openapi_extra=_described(JSON, reference_to(Peers), headers=()),
)
def find_peers(request: HttpRequest, device_id: DeviceId) -> HttpResponse:
    """Return how others fare that have something in common with the device's newest update.

    Counts only. Of other parties they are shown in a crowd: at least 100 updates, by at least 5
    Users, none of whom has more than half of them.
    """
    refuse_unknown_parameters(request, frozenset())
    viewer = viewer_of_token(holder_of(request))
    found = device_lookup.compare_device(viewer, device_id)
    if found is None:
        raise ProblemFound(Problem.NOT_FOUND)
    return json_response(peers(found))


@router.get(
    "/inventory/{device_id}",
    summary="Read a device's inventory",
    openapi_extra=_described_conditional(reference_to(documents.DeviceInventory)),
)
def find_inventory(request: HttpRequest, device_id: DeviceId, as_of: AsOf = None) -> HttpResponse:
    """Return what runs on the device, its update in progress, and where each fact comes from."""
    refuse_unknown_parameters(request, _AS_OF)
    viewer, past = viewer_of_token(holder_of(request)), _past(as_of)
    answer = Conditional(request, viewer, past, _device_inventory)
    found = inventory_lookup.find_inventory(viewer, device_id, as_of=past, is_held=answer.is_held)
    return answer.response_of(
        _required(found, lambda: inventory_not_found(viewer, device_id, past))
    )


def _service_request(found: RequestAnswer) -> documents.ServiceRequest:
    return documents.service_request(found, summary_of(found))


def _distribution_list(page: DistributionPage) -> documents.DistributionList:
    following = None if page.last_device_id is None else cursor_after(page.last_device_id)
    return documents.distribution_list(page, following)


def _device(found: device_lookup.FoundDevice) -> documents.Device:
    return documents.device(found.device, found.diagnoses, found.response_ids, found.voice)


def _device_inventory(found: inventory_lookup.FoundInventory) -> documents.DeviceInventory:
    return documents.device_inventory(found.inventory, found.voice)


def _file(
    request: HttpRequest,
    request_id: RequestId,
    wanted: DistributionFilter,
    file_format: FileFormat,
    as_of: datetime | None,
) -> StreamingHttpResponse:
    """Return the request's wanted distributions as a file. Raises ProblemFound."""
    refuse_unknown_parameters(request, _FILTERS)
    viewer, past = viewer_of_token(holder_of(request)), _past(as_of)
    file = _required(
        request_lookup.download_distributions(
            viewer, request_id, wanted, file_format=file_format, as_of=past
        ),
        lambda: request_not_found(viewer, request_id, past),
    )
    name = str(request_id).replace(":", "_")
    return StreamingHttpResponse(
        file.blocks,
        content_type=_MEDIA_TYPES[file_format],
        headers={
            "Content-Disposition": f'attachment; filename="{name}.{file_format}"',
            **moment_header(past),
        },
    )


def _required(found: _Found | Untold | None, not_found: Callable[[], ProblemFound]) -> _Found:
    """Return what was found. Raises ProblemFound if nothing was, or it cannot be told now."""
    if found is None:
        raise not_found()
    if found is UNTOLD:
        raise ProblemFound(Problem.UNTOLD)
    return found


def _past(as_of: datetime | None) -> Settled | None:
    past = past_of(as_of)
    return None if past is None else past.moment


def _json(answer: Struct, past: Settled | None) -> HttpResponse:
    """Return the answer, and of which past moment it tells: the one asked for, or moved back."""
    response = json_response(answer)
    for name, value in moment_header(past).items():
        response.headers[name] = value
    return response

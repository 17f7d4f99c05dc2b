"""The list of the caller's Service Requests."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from firmtrack.accounts.viewers import viewer_of_token
from firmtrack.answers.request_lists import RequestFilter
from firmtrack.api.authentication import ReadToken, holder_of
from firmtrack.api.parameters import (
    AfterRequest,
    Limit,
    SubmittedFrom,
    SubmittedTo,
    WantedState,
    WantedVersion,
    refuse_unknown_parameters,
)
from firmtrack.api.responses import JSON, describe, json_response, reference_to
from firmtrack.lookups import request_list
from firmtrack.presentation import documents
from firmtrack.presentation.request_lists import mark_of

router = Router(auth=ReadToken(), tags=["Look-ups"])

_PARAMETERS = frozenset(
    {"submitted_from", "submitted_to", "firmware_version", "state", "limit", "cursor"}
)


@router.get(
    "/service-requests",
    summary="List Service Requests",
    openapi_extra={
        "responses": describe(
            JSON, reference_to(documents.ServiceRequestList), {400, 401, 403, 405, 500}
        )
    },
)
def list_service_requests(
    request: HttpRequest,
    submitted_from: SubmittedFrom = None,
    submitted_to: SubmittedTo = None,
    firmware_version: WantedVersion = None,
    state: WantedState = None,
    limit: Limit = 100,
    cursor: AfterRequest = None,
) -> HttpResponse:
    """Return your Update Firmware requests, newest first, and how each stands now.

    DCC's staff read those of all suppliers. Follow `next_cursor` until it is null, with the same
    filters: requests that come meanwhile move no page. The list is of the present alone.
    """
    refuse_unknown_parameters(request, _PARAMETERS)
    wanted = RequestFilter(
        submitted_from=submitted_from,
        submitted_to=submitted_to,
        firmware_version=firmware_version,
        state=state,
    )
    found = request_list.list_requests(
        viewer_of_token(holder_of(request)), wanted, limit=limit, below=cursor
    )
    following = mark_of(found.items[-1].place) if found.has_older else None
    return json_response(documents.service_request_list(found, following))

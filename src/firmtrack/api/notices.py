"""The proof of delivery: what was sent to whom about what, each try with its answer."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import WithJsonSchema

from firmtrack.accounts.viewers import viewer_of_token
from firmtrack.answers.notices import STATES
from firmtrack.api.authentication import ReadToken, holder_of
from firmtrack.api.cursors import cursor_before, read_place_cursor
from firmtrack.api.parameters import Limit, UnknownName, read_by, refuse_unknown_parameters
from firmtrack.api.responses import JSON, describe, json_response, reference_to
from firmtrack.lookups import notices as lookups
from firmtrack.presentation import documents

router = Router(auth=ReadToken(), tags=["Notices"])


def _state(text: str) -> str:
    if text not in STATES:
        raise UnknownName(list(STATES))
    return text


WantedState = Annotated[
    str | None,
    read_by(_state),
    WithJsonSchema(
        {"type": "string", "enum": list(STATES), "description": "Only notices in this state."}
    ),
]
Before = Annotated[
    int | None,
    read_by(read_place_cursor),
    WithJsonSchema(
        {"type": "string", "description": "The next_cursor of the answer to be continued."}
    ),
]


@router.get(
    "/notices",
    summary="List what your party was notified of",
    openapi_extra={
        "responses": describe(JSON, reference_to(documents.NoticeList), {400, 401, 403, 405, 500})
    },
)
def list_notices(
    request: HttpRequest, state: WantedState = None, limit: Limit = 100, cursor: Before = None
) -> HttpResponse:
    """Return your party's notices, newest first, each try with its answer."""
    refuse_unknown_parameters(request, frozenset({"state", "limit", "cursor"}))
    viewer = viewer_of_token(holder_of(request))
    page = lookups.list_notices(viewer, limit=limit, state=state, before=cursor)
    following = None if page.before is None else cursor_before(page.before)
    return json_response(documents.notice_list(page, following, lookups.notices_known_from()))


@router.get(
    "/endpoints",
    summary="List where your party is notified",
    openapi_extra={
        "responses": describe(JSON, reference_to(documents.EndpointList), {400, 401, 403, 405, 500})
    },
)
def list_endpoints(request: HttpRequest) -> HttpResponse:
    """Return your party's endpoints and how they fare; secrets are never shown again."""
    refuse_unknown_parameters(request, frozenset())
    viewer = viewer_of_token(holder_of(request))
    found = lookups.list_endpoints(viewer)
    return json_response(documents.endpoint_list(found))

"""A recorded message: what it says, and what is kept of it."""

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import WithJsonSchema

from firmtrack.accounts.viewers import viewer_of_token
from firmtrack.api.authentication import ReadToken, holder_of
from firmtrack.api.missing import message_not_found
from firmtrack.api.parameters import read_by, refuse_unknown_parameters
from firmtrack.api.problems import Problem, ProblemFound
from firmtrack.api.responses import JSON, describe, json_response, reference_to
from firmtrack.errors import FirmtrackError
from firmtrack.intake.envelopes import DUIS_MEDIA_TYPE
from firmtrack.intake.stage_reports import StageReport
from firmtrack.lookups import message as message_lookup
from firmtrack.presentation import documents

_NOT_THERE = "There is nothing here that you may see, or it is not kept any more."

router = Router(auth=ReadToken(), tags=["Look-ups"])


class MalformedMessageId(FirmtrackError):
    """must be a message's ID, a UUID."""


def _message_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise MalformedMessageId from None


MessageId = Annotated[
    UUID,
    read_by(_message_id),
    WithJsonSchema(
        {"type": "string", "format": "uuid", "description": "Firmtrack's number of a message."}
    ),
]


def _described(media_type: str, schema: dict[str, Any], *headers: str) -> dict[str, Any]:
    return {"responses": describe(media_type, schema, {400, 401, 403, 404, 405, 500}, *headers)}


def _as_kept() -> dict[str, Any]:
    described = _described(DUIS_MEDIA_TYPE, {"type": "string"}, "Content-Disposition")
    # A stage report, which is any JSON object that it was.
    described["responses"][200]["content"][JSON] = {"schema": reference_to(StageReport)}
    return described


@router.get(
    "/messages/{message_id}",
    summary="Find a message",
    openapi_extra=_described(JSON, reference_to(documents.Message)),
)
def find_message(request: HttpRequest, message_id: MessageId) -> HttpResponse:
    """Return what a message says, decoded, and the message itself without any firmware image.

    You see what you sent, what was sent to you, and stage reports about your own requests. Someone
    else's message is answered as one that does not exist.
    """
    refuse_unknown_parameters(request, frozenset())
    found = message_lookup.find_message(viewer_of_token(holder_of(request)), message_id)
    if found is None:
        raise message_not_found()
    return json_response(documents.message(found))


@router.get(
    "/messages/{message_id}/body",
    summary="Download a message",
    openapi_extra=_as_kept(),
)
def download_message(request: HttpRequest, message_id: MessageId) -> HttpResponse:
    """Return all that is kept of a message: its octets as they came, less any firmware image.

    A stage report is `application/json`.
    """
    refuse_unknown_parameters(request, frozenset())
    found = message_lookup.download_message(viewer_of_token(holder_of(request)), message_id)
    if found is None:
        raise ProblemFound(Problem.NOT_FOUND, _NOT_THERE)
    return HttpResponse(
        found.octets,
        content_type=found.media_type,
        headers={"Content-Disposition": f'attachment; filename="{message_id}.{found.ending}"'},
    )

"""Freshness: when anything last came from each source."""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from ninja import Router

from firmtrack.accounts.viewers import viewer_of_token
from firmtrack.api.authentication import ReadToken, holder_of
from firmtrack.api.parameters import refuse_unknown_parameters
from firmtrack.api.responses import JSON, describe, json_response, reference_to
from firmtrack.lookups import freshness as look_up
from firmtrack.presentation.freshness import Freshness, freshness

router = Router(auth=ReadToken(), tags=["Freshness"])


@router.get(
    "/freshness",
    summary="Read how fresh the data are",
    openapi_extra={"responses": describe(JSON, reference_to(Freshness), {400, 401, 403, 405, 500})},
)
def read_freshness(request: HttpRequest) -> HttpResponse:
    """Return when anything last came from each source, and whether that is unusual.

    What others than the caller sent is told in whole quarters of an hour, once they have ended, and
    only of sources through which at least five other Users send or are sent messages. It names
    nobody, so it is no look-up that is audited.
    """
    viewer = viewer_of_token(holder_of(request))
    refuse_unknown_parameters(request, frozenset())
    return json_response(freshness(look_up.freshness(viewer, datetime.now(UTC))))

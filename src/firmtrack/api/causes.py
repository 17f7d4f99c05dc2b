"""Causes: what the caller's failures, and its updates that stand still, have in common."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from firmtrack.accounts.viewers import viewer_of_token
from firmtrack.answers.causes import DEFAULT_DAYS, CausesQuestion
from firmtrack.api.authentication import ReadToken, holder_of
from firmtrack.api.missing import request_not_found
from firmtrack.api.parameters import (
    AsOf,
    OfServiceRequest,
    SinceDays,
    refuse_unknown_parameters,
)
from firmtrack.api.problems import ProblemFound
from firmtrack.api.responses import (
    AS_OF_HEADER,
    JSON,
    KEPT_FROM_HEADER,
    describe,
    json_response,
    moment_header,
    reference_to,
)
from firmtrack.domain.voice import voice_for
from firmtrack.lookups.as_of import past_of
from firmtrack.lookups.causes import PastTooLarge, find_causes, words_of
from firmtrack.presentation import documents

router = Router(auth=ReadToken(), tags=["Causes"])

_PARAMETERS = frozenset({"since", "service_request_id", "as_of"})


@router.get(
    "/causes",
    summary="List causes",
    openapi_extra={
        "responses": describe(
            JSON,
            reference_to(documents.CauseList),
            {400, 401, 403, 404, 405, 500},
            AS_OF_HEADER,
            KEPT_FROM_HEADER,
        )
    },
)
def list_causes(
    request: HttpRequest,
    since: SinceDays = DEFAULT_DAYS,
    service_request_id: OfServiceRequest = None,
    as_of: AsOf = None,
) -> HttpResponse:
    """Return what your failures, and your updates that stand still, have in common.

    With service_request_id: the causes that the updates of this request have, and its own counts.
    Compared are your own updates alone, as they were last counted; of a past moment they are
    counted then and there, which takes longer and is done for a bounded number of updates.
    """
    refuse_unknown_parameters(request, _PARAMETERS)
    viewer = viewer_of_token(holder_of(request))
    past = past_of(as_of)
    moment = None if past is None else past.moment
    question = CausesQuestion(days=since, request_id=service_request_id)
    try:
        found = find_causes(viewer, question, as_of=moment)
    except PastTooLarge as error:
        raise ProblemFound.in_parameter("query", "as_of", str(error)) from None
    if found is None:
        # Only a request is there or not: of all requests there is always an answer.
        assert service_request_id is not None
        raise request_not_found(viewer, service_request_id, moment)
    response = json_response(
        documents.cause_list(found, words_of(found, voice_for(viewer), moment))
    )
    for name, value in moment_header(moment).items():
        response.headers[name] = value
    return response

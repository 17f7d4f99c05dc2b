"""The pages of what was not found: no ID, an ID of the other kind, nothing known, nothing yet."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.lookups.first_known import FirstKnown
from firmtrack.presentation.search import SearchBy, TermProblem
from firmtrack.presentation.search_wording import (
    not_found_hint,
    other_kind_text,
    search_problem_text,
)
from firmtrack.web.as_of import PRESENT, Moment
from firmtrack.web.forms import SearchForm
from firmtrack.web.status import viewer_in

_SEARCHED_FOR = "searched_for"


def address_of(found_id: RequestId | Eui64) -> str:
    """Return the stable address of the result for an ID."""
    if isinstance(found_id, RequestId):
        return reverse("service-request", args=[str(found_id)])
    return reverse("device", args=[str(found_id)])


def lead_to_other(
    request: HttpRequest, found_id: RequestId | Eui64, asked: SearchBy
) -> HttpResponse:
    """Lead to the result of an ID of another kind than ``asked``, at the same moment."""
    query = {_SEARCHED_FOR: asked.value}
    if as_of := request.GET.get("as_of"):
        query["as_of"] = as_of
    return redirect(f"{address_of(found_id)}?{urlencode(query)}")


def searched_text(request: HttpRequest, found_id: RequestId | Eui64) -> str | None:
    """Return what to say where an ID of the other kind was searched for; None if it was not."""
    searched_for = request.GET.get(_SEARCHED_FOR)
    if searched_for not in set(SearchBy) or searched_for == _kind_of(found_id):
        return None
    return other_kind_text(found_id)


def no_id(request: HttpRequest, problem: TermProblem, text: str) -> HttpResponse:
    """Return the page of an address that names no ID of its kind, or lead to that of the other."""
    if problem.other_id is not None:
        return lead_to_other(request, problem.other_id, problem.search_by)
    context = {"problem": search_problem_text(problem)}
    return _page(request, problem.search_by, text, context)


def nothing_found(
    request: HttpRequest,
    found_id: RequestId | Eui64,
    moment: Moment = PRESENT,
    first_known: FirstKnown | None = None,
) -> HttpResponse:
    """Return the page of an ID of which nothing is known, or was not at a moment."""
    viewer = viewer_in(request)
    dcc_ids = {Eui64.parse(each) for each in settings.ENVIRONMENT.dcc_ids}
    context = {
        "first_known": first_known,
        "moment": moment,
        "searched_text": searched_text(request, found_id),
        "hint": not_found_hint(found_id, viewer.user_ids, dcc_ids),
    }
    return _page(request, _kind_of(found_id), str(found_id), context)


def _kind_of(found_id: RequestId | Eui64) -> SearchBy:
    is_request = isinstance(found_id, RequestId)
    return SearchBy.SERVICE_REQUEST_ID if is_request else SearchBy.DEVICE_ID


def _page(
    request: HttpRequest, search_by: SearchBy, term: str, context: Mapping[str, object]
) -> HttpResponse:
    form = SearchForm(initial={"search_by": search_by, "search_term": term})
    shown = {"search_by": search_by, "term": term, "form": form, "moment": PRESENT}
    return render(request, "firmtrack/not-found.html", {**shown, **context}, status=404)

"""Refreshes: the status part of a result page, asked for again and again while it is in progress.

As long as nothing changed the answer is 304, which costs little and is no look-up; a refresh that
shows something new is a look-up, and audited like the page. Without JavaScript nobody asks.
"""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import TypeAlias

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from firmtrack.answers.requests import DistributionFilter
from firmtrack.diagnosis.requests import summary_of
from firmtrack.lookups.device import refresh_device_page
from firmtrack.lookups.request import refresh_request_page
from firmtrack.presentation import wording
from firmtrack.presentation.search import TermProblem, read_device_id, read_service_request_id
from firmtrack.web import status
from firmtrack.web.as_of import PRESENT

_View: TypeAlias = Callable[..., HttpResponse]


def _for_whoever_is_signed_in(view: _View) -> _View:
    """Lead to the sign-in; a refresh is told to load its page again, which leads there."""

    @wraps(view)
    def guarded(request: HttpRequest, **asked: str) -> HttpResponse:
        if "HX-Request" in request.headers and not request.user.is_authenticated:
            return HttpResponse(status=HTTPStatus.UNAUTHORIZED, headers={"HX-Refresh": "true"})
        answer: HttpResponse = login_required(view)(request, **asked)
        return answer

    return guarded


@require_safe
@_for_whoever_is_signed_in
def device_status(request: HttpRequest, device_id: str) -> HttpResponse:
    """Return how a device's distributions stand, or that nothing changed."""
    eui = read_device_id(device_id)
    if isinstance(eui, TermProblem):
        raise Http404
    page = refresh_device_page(status.viewer_in(request), eui, _seen_version(request))
    if page is None:
        raise Http404
    if isinstance(page, str):
        return _unchanged(page)
    newest = page.found.device.distributions[0].distribution
    news = f"the Current Status is {wording.STATUS_NAMES[newest.status]}."
    context = status.device_status(request, page)
    return _news(request, "firmtrack/device-status.html", context, news, page.version)


@require_safe
@_for_whoever_is_signed_in
def service_request_status(request: HttpRequest, service_request_id: str) -> HttpResponse:
    """Return how many of a request's distributions have which status, or that nothing changed."""
    request_id = read_service_request_id(service_request_id)
    if isinstance(request_id, TermProblem):
        raise Http404
    viewer = status.viewer_in(request)
    found = refresh_request_page(viewer, request_id, _seen_version(request))
    if found is None:
        raise Http404
    if isinstance(found, str):
        return _unchanged(found)
    context = status.request_status(viewer, found, DistributionFilter())
    news = summary_of(found.request)
    part = "firmtrack/service-request-status.html"
    return _news(request, part, context, news, found.version)


def _seen_version(request: HttpRequest) -> str:
    """Return the version that the page has, by the entity tag that it was given."""
    return request.headers.get("If-None-Match", "").strip('"')


def _unchanged(version: str) -> HttpResponse:
    return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers={"ETag": f'"{version}"'})


def _news(
    request: HttpRequest, part: str, context: dict[str, object], news: str, version: str | None
) -> HttpResponse:
    shown = context | {"part": part, "news": news, "moment": PRESENT}
    answer = render(request, "firmtrack/live-answer.html", shown)
    answer.headers["ETag"] = f'"{version}"'
    return answer

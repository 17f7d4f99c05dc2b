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
from firmtrack.presentation import wording
from firmtrack.presentation.search import TermProblem, read_device_id, read_service_request_id
from firmtrack.store.audit import record_lookup
from firmtrack.store.reading import queries, requests
from firmtrack.store.reading.versions import device_version, request_version
from firmtrack.web import status
from firmtrack.web.moments import PRESENT

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
    viewer = status.viewer_in(request)
    version = device_version(viewer, eui)
    if version is not None and _has_seen(request, version):
        return _unchanged(version)
    found = queries.find_device(viewer, eui)
    if version is None or found is None:
        raise Http404
    newest = found.distributions[0].distribution
    news = f"the Current Status is {wording.STATUS_NAMES[newest.status]}."
    context = status.device_status(viewer, found, version, PRESENT)
    return _news(request, "firmtrack/device-status.html", context, news, version)


@require_safe
@_for_whoever_is_signed_in
def service_request_status(request: HttpRequest, service_request_id: str) -> HttpResponse:
    """Return how many of a request's distributions have which status, or that nothing changed."""
    request_id = read_service_request_id(service_request_id)
    if isinstance(request_id, TermProblem):
        raise Http404
    viewer = status.viewer_in(request)
    found = requests.find_request(viewer, request_id)
    version = None if found is None else request_version(viewer, found)
    if version is not None and _has_seen(request, version):
        return _unchanged(version)
    record_lookup(viewer, "service_request", str(request_id), 0 if found is None else 1)
    if found is None or version is None:
        raise Http404
    counts = (
        f"{found.completion_counts.get(completion, 0)} {name}"
        for completion, name in wording.COMPLETION_NAMES.items()
    )
    context = status.request_status(
        viewer, found, DistributionFilter(), PRESENT, status.paces_of(viewer, found, PRESENT)
    )
    part = "firmtrack/service-request-status.html"
    return _news(request, part, context, f"{', '.join(counts)}.", version)


def _has_seen(request: HttpRequest, version: str) -> bool:
    return request.headers.get("If-None-Match") == f'"{version}"'


def _unchanged(version: str) -> HttpResponse:
    return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers={"ETag": f'"{version}"'})


def _news(
    request: HttpRequest, part: str, context: dict[str, object], news: str, version: str
) -> HttpResponse:
    shown = context | {"part": part, "news": news, "moment": PRESENT}
    answer = render(request, "firmtrack/live-answer.html", shown)
    answer.headers["ETag"] = f'"{version}"'
    return answer

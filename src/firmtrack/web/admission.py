"""What a visitor is told before any page is looked for, or when a form is not taken."""

import logging
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import DisallowedHost
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from firmtrack.gateway.environ import PASSED_ON
from firmtrack.gateway.hosts import refusal_of
from firmtrack.gateway.proxies import UNDECLARED_PROXY, undeclared_proxy
from firmtrack.gateway.quotas import Counted, count_address, headers_of
from firmtrack.gateway.seldom import Seldom

_logger = logging.getLogger(__name__)
_told = Seldom()
_left = Seldom()
_LEFT_SECONDS = 24 * 60 * 60


def admission(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Return the middleware that refuses names which are not ours, and too many calls."""

    def middleware(request: HttpRequest) -> HttpResponse:
        try:
            request.get_host()
        except DisallowedHost:
            return _refuse_host(request)
        if request.META.get(PASSED_ON):
            _leave_word()
        counted = count_address(
            request.META.get("REMOTE_ADDR", ""), settings.ENVIRONMENT.calls_per_address
        )
        if counted is not None and not counted.standing.is_within:
            return _refuse_call(request, counted)
        return get_response(request)

    return middleware


def _leave_word() -> None:
    """Leave for ``firmtrack doctor`` who passes calls on and is not believed, now and then."""
    seen = undeclared_proxy()
    if seen is not None and _left.is_due(seen):
        # Without a database there is none to leave it in; the log has it in any case.
        with suppress(DatabaseError):
            cache.set(UNDECLARED_PROXY, seen, timeout=_LEFT_SECONDS)


def refuse_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return the page that says a form was not taken, as none of our own, by Django's checks."""
    del reason  # in Django's words, which speak of its settings
    origin = request.META.get("HTTP_ORIGIN") or request.META.get("HTTP_REFERER", "")
    is_by_https = _is_https(origin) and not request.is_secure()
    if is_by_https and _told.is_due("https"):
        _logger.warning(
            "A form of an https page was refused, since it came here by http. Name the proxy in "
            "front of Firmtrack in FIRMTRACK_TRUSTED_PROXIES, and have it set X-Forwarded-Proto."
        )
    context = {"is_by_https": is_by_https}
    return render(request, "403_csrf.html", context, status=HTTPStatus.FORBIDDEN)


def _refuse_host(request: HttpRequest) -> HttpResponse:
    context = {"refusal": refusal_of(request.META)}
    return render(request, "firmtrack/unknown-host.html", context, status=HTTPStatus.BAD_REQUEST)


def _refuse_call(request: HttpRequest, counted: Counted) -> HttpResponse:
    response = render(
        request,
        "firmtrack/too-many-pages.html",
        {"seconds": counted.standing.restored_seconds},
        status=HTTPStatus.TOO_MANY_REQUESTS,
    )
    for name, value in headers_of(counted).items():
        response.headers[name] = value
    return response


def _is_https(origin: str) -> bool:
    try:
        return urlsplit(origin).scheme == "https"
    except ValueError:
        return False

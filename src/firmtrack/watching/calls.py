"""Each call of the application: its ID, its line in the log, and its place in the figures."""

import logging
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from firmtrack.logs import calls
from firmtrack.logs.lines import ACCESS, told
from firmtrack.measures import MEASURES
from firmtrack.measures.table import CALL_SECONDS, CALLS

_API = "/api/"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_FAILED = 500
_log = logging.getLogger(ACCESS)


def watched(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Return the middleware: it comes first, so that it sees every answer."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        call = calls.begin(request.META.get("HTTP_X_REQUEST_ID"))
        response = get_response(request)
        response.headers["X-Request-ID"] = call.request_id
        seconds = time.perf_counter() - call.began_at
        surface = "api" if request.path_info.startswith(_API) else "pages"
        MEASURES.count(CALLS, surface, str(response.status_code))
        MEASURES.observe(CALL_SECONDS, surface, seconds=seconds)
        level = logging.ERROR if response.status_code == _FAILED else logging.INFO
        if _log.isEnabledFor(level):
            _tell(level, request, response, call, seconds)
        return response

    return middleware


def _tell(
    level: int,
    request: HttpRequest,
    response: HttpResponseBase,
    call: calls.Call,
    seconds: float,
) -> None:
    """Log the call by its route's name: what is looked for stands in its path."""
    match = request.resolver_match
    _log.log(
        level,
        "call",
        extra=told(
            method=request.method if request.method in _METHODS else "other",
            route="none" if match is None else match.view_name,
            status=response.status_code,
            ms=round(seconds * 1_000, 1),
            **call.facts,
        ),
    )

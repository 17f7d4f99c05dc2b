"""The API's short way through Django: past every middleware that it does not need.

An API call carries a bearer token: it has no session, no cookie, nothing that another site could
forge, and no page. Its look-ups are many, and Django's sessions, sign-in and CSRF checks would
cost each of them more than the look-up itself. So this middleware stands first, and answers what
is under ``/api/`` without calling the others. The pages go on as usual, and so does the API if
this middleware is taken away.
"""

from collections.abc import Callable
from http import HTTPStatus

from django.core.exceptions import DisallowedHost
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import resolve

from firmtrack.api.counting import count_address, counted_headers, is_counted, secret_of
from firmtrack.api.preferences import prefers_latest, tell_applied
from firmtrack.api.problems import Problem, ProblemFound, problem_response
from firmtrack.gateway.hosts import refusal_of
from firmtrack.store import replica

_PREFIX = "/api/"
_GET, _HEAD = "GET", "HEAD"


def api_shortcut(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Return the middleware: it answers the API's calls itself, and passes on all others."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(_PREFIX):
            return _answer(request)
        return get_response(request)

    return middleware


def _answer(request: HttpRequest) -> HttpResponseBase:
    asked = request.method
    if asked == _HEAD:  # answered as GET is; the web server leaves the body out
        request.method = _GET
    wants_latest = request.method == _GET and prefers_latest(request)
    replica.begin(may_read_there=request.method == _GET and not wants_latest)
    try:
        response = _counted(request)
    except ProblemFound as found:
        response = problem_response(found)
    request.method = asked
    if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allow = response.headers["Allow"].replace(_GET, f"{_GET}, {_HEAD}")
        refused = ProblemFound(Problem.METHOD_NOT_ALLOWED, headers={"Allow": allow})
        response = problem_response(refused)
    if isinstance(response, HttpResponse) and response.status_code != HTTPStatus.NOT_MODIFIED:
        response.headers["Content-Length"] = str(len(response.content))
    if wants_latest:
        tell_applied(response)
    for name, value in counted_headers(request).items():
        response.headers[name] = value
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Cache-Control", "no-store")  # what has a version says its own
    return response


def _counted(request: HttpRequest) -> HttpResponseBase:
    """Return the answer to a call that counts, by its token or its address. Raises ProblemFound."""
    _check_host(request)
    if secret_of(request) is None:
        count_address(request)
    response = _found(request)
    if not is_counted(request):  # a token was sent where none is asked for
        count_address(request)
    return response


def _check_host(request: HttpRequest) -> None:
    try:
        request.get_host()
    except DisallowedHost:
        raise ProblemFound(Problem.UNKNOWN_HOST, refusal_of(request.META)) from None


def _found(request: HttpRequest) -> HttpResponseBase:
    try:
        match = resolve(request.path_info)
        request.resolver_match = match
        response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
    except Http404:
        response = problem_response(ProblemFound(Problem.NOT_FOUND))
    return response

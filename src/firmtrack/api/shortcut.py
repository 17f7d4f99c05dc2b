"""The API's short way through Django: past every middleware that it does not need.

An API call carries a bearer token: it has no session, no cookie, nothing that another site could
forge, and no page. Its look-ups are many, and Django's sessions, sign-in and CSRF checks would
cost each of them more than the look-up itself. So this middleware stands first, and answers what
is under ``/api/`` without calling the others. The pages go on as usual, and so does the API if
this middleware is taken away.
"""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import resolve

from firmtrack.api.problems import Problem, ProblemFound, problem_response

_PREFIX = "/api/"
_NOT_ALLOWED = 405


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
    try:
        match = resolve(request.path_info)
        request.resolver_match = match
        response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
    except Http404:
        response = problem_response(ProblemFound(Problem.NOT_FOUND))
    if response.status_code == _NOT_ALLOWED:
        allow = {"Allow": response.headers["Allow"]}
        response = problem_response(ProblemFound(Problem.METHOD_NOT_ALLOWED, headers=allow))
    if isinstance(response, HttpResponse):
        response.headers["Content-Length"] = str(len(response.content))
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response

"""What ends a session that is not used: pages that refresh themselves do not use it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from firmtrack.accounts.sessions import note_activity
from firmtrack.web.account_adapter import address_of

_REFRESHES = frozenset({"device-status", "service-request-status"})


def session_limits(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Return the middleware: it notes that a session was used, once a minute."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if request.user.is_authenticated and not is_refresh(request):
            note_activity(request, address_of(request))
        return response

    return middleware


def is_refresh(request: HttpRequest) -> bool:
    """Return whether a page asks by itself, and not whoever looks at it."""
    match = request.resolver_match
    return "HX-Request" in request.headers and match is not None and match.url_name in _REFRESHES

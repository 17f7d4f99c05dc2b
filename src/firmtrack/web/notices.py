"""The page of notices: where a party is told, how that fares, what was sent, and every try."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from firmtrack.accounts.models import User
from firmtrack.accounts.viewers import viewer_of
from firmtrack.domain.viewer import Viewer
from firmtrack.notices import endpoints
from firmtrack.presentation.topics import TOPIC_NAMES
from firmtrack.store import notice_queries
from firmtrack.store.audit import record_lookup
from firmtrack.store.notice_answers import STATES

PAGE_LENGTH = 50
TRIES_SHOWN = 3
_NUMBER_DIGITS = 18
STATE_NAMES = {"waiting": "Waiting", "delivered": "Delivered", "dead": "Given up"}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def notices(request: HttpRequest) -> HttpResponse:
    """Return the party's endpoints and one page of its notices, newest first.

    A POST has a test notice sent to one of the endpoints, and leads back to the page.
    """
    viewer = _viewer_of(request)
    if request.method == "POST":
        _test(viewer, request.POST.get("endpoint_id", ""))
        return redirect("notices")
    state = request.GET.get("state") or None
    if state is not None and state not in STATES:
        raise BadRequest
    before = request.GET.get("before")
    page = notice_queries.list_notices(
        viewer,
        limit=PAGE_LENGTH,
        state=state,
        before=None if before is None else _number(before),
    )
    record_lookup(viewer, "notices", state or "", len(page.items))
    context = {
        "endpoints": notice_queries.list_endpoints(viewer),
        "page": page,
        "state": state,
        "state_names": STATE_NAMES,
        "topic_names": TOPIC_NAMES,
        "tries_shown": TRIES_SHOWN,
        "is_first_page": before is None,
        "sees_all": viewer.sees_all,
    }
    return render(request, "firmtrack/notices.html", context)


def _test(viewer: Viewer, endpoint_id: str) -> None:
    try:
        endpoints.test_endpoint(viewer, _number(endpoint_id))
    except endpoints.UnknownEndpoint:
        raise Http404 from None
    except endpoints.NotForTesting:
        raise BadRequest from None


def _viewer_of(request: HttpRequest) -> Viewer:
    assert isinstance(request.user, User), "the view asks for a signed-in person"
    return viewer_of(request.user)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > _NUMBER_DIGITS:
        raise BadRequest
    return int(text)

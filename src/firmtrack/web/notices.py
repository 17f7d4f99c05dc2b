"""The page of notices: where a party is notified, how that fares, what was sent, every try."""

from uuid import UUID

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from firmtrack.accounts.models import User
from firmtrack.accounts.permissions import Permission
from firmtrack.accounts.viewers import owner_of, viewer_of
from firmtrack.answers.notices import STATES
from firmtrack.lookups import notices as lookups
from firmtrack.notices import endpoints
from firmtrack.presentation.known_from import notices_text
from firmtrack.presentation.topics import topic_name
from firmtrack.web.news import leave_news, take_news
from firmtrack.web.permissions import needs, person_may, person_of

PAGE_LENGTH = 50
TRIES_SHOWN = 3
_NUMBER_DIGITS = 18
STATE_NAMES = {"waiting": "Waiting", "delivered": "Delivered", "dead": "Given up"}


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_NOTICES, to_look=False)
def notices(request: HttpRequest) -> HttpResponse:
    """Return the party's endpoints and one page of its notices, newest first.

    Everybody sees them. A POST, of whoever manages them, has notices sent again that were given up,
    one or ``all``, and leads back to the page.
    """
    person = person_of(request)
    if request.method == "POST":
        leave_news(request, _resend(person, request.POST.get("resend", "")))
        return redirect("notices")
    viewer = viewer_of(person)
    state = request.GET.get("state") or None
    if state is not None and state not in STATES:
        raise BadRequest
    before = request.GET.get("before")
    incident_id = _incident_id(request.GET.get("incident"))
    found = lookups.open_notices_page(
        viewer,
        owner_of(person),
        limit=PAGE_LENGTH,
        state=state,
        before=None if before is None else _number(before),
        incident_id=incident_id,
    )
    open_ids = {each.endpoint_id for each in found.own if each.disabled_at is None}
    context = {
        "endpoints": found.endpoints,
        "own_ids": {each.endpoint_id for each in found.own},
        "open_ids": open_ids,
        "are_held_up": found.are_held_up,
        "dead_count": sum(each.dead for each in found.own if each.endpoint_id in open_ids),
        "has_user_ids": person.party.user_ids.exists(),
        "news": take_news(request),
        "page": found.notices,
        "not_whole": None if found.kept_from is None else notices_text(found.kept_from),
        "state": state,
        "incident_id": incident_id,
        "state_names": STATE_NAMES,
        "topic_name": topic_name,
        "tries_shown": TRIES_SHOWN,
        "is_first_page": before is None,
        "may_manage": person_may(person, Permission.MANAGE_NOTICES),
        "sees_all": viewer.sees_all,
    }
    return render(request, "firmtrack/notices.html", context)


def _resend(person: User, which: str) -> str:
    """Have one or all of the party's own dead notices sent again, and return what to say of it."""
    try:
        notice_ids = None if which == "all" else [UUID(which)]
    except ValueError:
        raise BadRequest from None
    count = endpoints.resend(owner_of(person), notice_ids)
    match count:
        case 0:
            return "There is nothing to be sent again."
        case 1:
            return "One notice is to be sent again."
        case _:
            return f"{count:,} notices are to be sent again."


def _incident_id(text: str | None) -> UUID | None:
    try:
        return None if text is None else UUID(text)
    except ValueError:
        raise BadRequest from None


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > _NUMBER_DIGITS:
        raise BadRequest
    return int(text)

"""The page of notices: where a party is notified, how that fares, what was sent, every try."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from firmtrack.accounts.models import User
from firmtrack.accounts.viewers import owner_of, viewer_of
from firmtrack.answers.notices import STATES
from firmtrack.lookups import notices as lookups
from firmtrack.notices import endpoints
from firmtrack.notices.secrets import sealed, unsealed
from firmtrack.presentation.topics import topic_name

PAGE_LENGTH = 50
TRIES_SHOWN = 3
_NUMBER_DIGITS = 18
_NEWS_KEY = "notices_news"
STATE_NAMES = {"waiting": "Waiting", "delivered": "Delivered", "dead": "Given up"}


@dataclass(frozen=True, slots=True)
class News:
    """One sentence, and a new secret if one was made, which is shown this once."""

    sentence: str
    secret: str | None


def leave_news(request: HttpRequest, sentence: str, *, secret: str | None = None) -> None:
    """Keep news for the page that the person is led to; the session holds the secret encrypted."""
    kept = None if secret is None else sealed(secret).decode()
    request.session[_NEWS_KEY] = (sentence, kept)


def take_news(request: HttpRequest) -> News | None:
    """Return the news that wait and forget them, None if there are none or no one would see them.

    Raises SecretUnreadable.
    """
    kept = None if request.method == "HEAD" else request.session.pop(_NEWS_KEY, None)
    if kept is None:
        return None
    sentence, secret = kept
    return News(sentence, None if secret is None else unsealed(secret.encode()))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def notices(request: HttpRequest) -> HttpResponse:
    """Return the party's endpoints and one page of its notices, newest first.

    A POST has notices sent again that were given up, one or ``all``, and leads back to the page.
    """
    assert isinstance(request.user, User), "the view asks for a signed-in person"
    if request.method == "POST":
        leave_news(request, _resend(request.user, request.POST.get("resend", "")))
        return redirect("notices")
    viewer = viewer_of(request.user)
    state = request.GET.get("state") or None
    if state is not None and state not in STATES:
        raise BadRequest
    before = request.GET.get("before")
    found = lookups.open_notices_page(
        viewer,
        owner_of(request.user),
        limit=PAGE_LENGTH,
        state=state,
        before=None if before is None else _number(before),
    )
    open_ids = {each.endpoint_id for each in found.own if each.disabled_at is None}
    context = {
        "endpoints": found.endpoints,
        "own_ids": {each.endpoint_id for each in found.own},
        "open_ids": open_ids,
        "are_held_up": found.are_held_up,
        "dead_count": sum(each.dead for each in found.own if each.endpoint_id in open_ids),
        "has_user_ids": request.user.party.user_ids.exists(),
        "news": take_news(request),
        "page": found.notices,
        "state": state,
        "state_names": STATE_NAMES,
        "topic_name": topic_name,
        "tries_shown": TRIES_SHOWN,
        "is_first_page": before is None,
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


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > _NUMBER_DIGITS:
        raise BadRequest
    return int(text)

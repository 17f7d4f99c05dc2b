"""Watching: the part of a device’s, a request’s and a cause’s page, and the page of one’s own."""

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from firmtrack.accounts.viewers import viewer_of
from firmtrack.answers.devices import DeviceAnswer
from firmtrack.answers.requests import RequestAnswer
from firmtrack.answers.side_parts import UNTOLD, side_part
from firmtrack.answers.watches import Receiver, WatchAnswer, Watched
from firmtrack.diagnosis.causes import title_of
from firmtrack.domain.causes import CauseKey, MalformedCauseId
from firmtrack.domain.identifiers import Eui64, MalformedIdentifier, RequestId
from firmtrack.domain.stages import CompletionStatus
from firmtrack.lookups import watches as lookups
from firmtrack.notices.watch_mail import WATCH_MAIL
from firmtrack.notices.watches import (
    MOST_WATCHES,
    AlreadyEnded,
    NotSeen,
    TooManyWatches,
    UnknownWatch,
    UnknownWay,
    Watcher,
    end_watch,
    find_watch,
    kind_of,
    receivers_of,
)
from firmtrack.presentation.topics import WATCH_NEWS_NAMES
from firmtrack.web.as_of import Moment
from firmtrack.web.news import leave_news, take_news
from firmtrack.web.permissions import person_of

_BY_EMAIL = "email"
_NUMBER_DIGITS = 18
_NO_MORE = f"You watch {MOST_WATCHES} things, as many as you can: stop watching one of them."


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchOffer:
    """What a page offers of watching what it shows.

    ``current`` is the person's watch of it, None if there is none. ``has_ended``: there is nothing
    left to be told. ``email`` is their address, None where no mail is sent; ``receivers`` are the
    endpoints by which they may be told instead.
    """

    kind: str
    subject: str
    current: WatchAnswer | None
    has_ended: bool
    email: str | None
    receivers: tuple[Receiver, ...]


def watch_of_device(request: HttpRequest, found: DeviceAnswer, moment: Moment) -> dict[str, object]:
    """Return the context of ``watch.html`` on a device’s page; nothing of the past."""
    under_way = any(
        each.distribution.completion is CompletionStatus.IN_PROGRESS for each in found.distributions
    )
    if not found.distributions:  # there is nothing of it that could end
        return {"watch": None}
    return _context(request, found.device_id, moment, has_ended=not under_way)


def watch_of_request(
    request: HttpRequest, found: RequestAnswer, moment: Moment
) -> dict[str, object]:
    """Return the context of ``watch.html`` on a request’s page; nothing of the past."""
    under_way = found.completion_counts.get(CompletionStatus.IN_PROGRESS, 0)
    has_ended = found.device_count > 0 and not under_way
    return _context(request, found.request_id, moment, has_ended=has_ended)


def watch_of_cause(
    request: HttpRequest, key: CauseKey, moment: Moment, *, is_over: bool
) -> dict[str, object]:
    """Return the context of ``watch.html`` on a cause’s page; nothing of the past."""
    return _context(request, key, moment, has_ended=is_over)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def watching(request: HttpRequest) -> HttpResponse:
    """Return what the person watches.

    A POST begins to watch what ``watch`` and ``of`` name, told as ``by`` says, and leads to its
    page; or stops the watch that ``stop`` names, and leads to where it was sent from.
    """
    if request.method == "POST":
        return _stop(request) if "stop" in request.POST else _begin(request)
    context = {
        "watches": lookups.list_watches(_watcher(request)),
        "news": take_news(request),
        "most": MOST_WATCHES,
        "kind_of": kind_of,
        "title_of": title_of,
        "news_name": _news_name,
        "address_of": address_of_watched,
    }
    return render(request, "firmtrack/watching.html", context)


def address_of_watched(watched: Watched) -> str:
    """Return the page of what is watched."""
    if isinstance(watched, CauseKey):
        return reverse("cause", args=[watched.cause_id])
    name = "service-request" if isinstance(watched, RequestId) else "device"
    return reverse(name, args=[str(watched)])


def _context(
    request: HttpRequest, watched: Watched, moment: Moment, *, has_ended: bool
) -> dict[str, object]:
    if moment.past is not None or moment.errors:
        return {"watch": None}
    offer = side_part(
        "who watches", lambda: _offer(_watcher(request), watched, has_ended=has_ended)
    )
    return {"watch": None if offer is UNTOLD else offer, "watch_news_name": _news_name}


def _offer(watcher: Watcher, watched: Watched, *, has_ended: bool) -> WatchOffer:
    return WatchOffer(
        kind=kind_of(watched),
        subject=watched.cause_id if isinstance(watched, CauseKey) else str(watched),
        current=find_watch(watcher, watched),
        has_ended=has_ended,
        email=watcher.email if WATCH_MAIL.is_open else None,
        receivers=tuple(receivers_of(watcher.party_id)),
    )


def _begin(request: HttpRequest) -> HttpResponse:
    watched = _named(request.POST.get("watch", ""), request.POST.get("of", ""))
    try:
        lookups.set_watch(_watcher(request), watched, _way(request.POST.get("by", "")))
    except NotSeen:
        raise Http404 from None
    except TooManyWatches:
        leave_news(request, _NO_MORE)
        return redirect("watching")
    except UnknownWay:
        raise BadRequest("The page offers no such way any more.") from None
    except AlreadyEnded:
        pass  # while the page was open: it says so now
    return redirect(f"{address_of_watched(watched)}#watch")


def _stop(request: HttpRequest) -> HttpResponse:
    try:
        watched = end_watch(_watcher(request), _number(request.POST["stop"]))
    except UnknownWatch:
        raise Http404 from None
    if request.POST.get("from") == "list":
        leave_news(request, "You are no longer watching this.")
        return redirect("watching")
    return redirect(f"{address_of_watched(watched)}#watch")


def _watcher(request: HttpRequest) -> Watcher:
    person = person_of(request)
    return Watcher(
        person_id=person.pk,
        party_id=person.party_id,
        email=person.email,
        viewer=viewer_of(person),
    )


def _named(kind: str, text: str) -> Watched:
    """Return what a form names. Raises BadRequest if it is not what our forms send."""
    try:
        match kind:
            case "device":
                return Eui64.parse(text)
            case "service_request":
                return RequestId.parse(text)
            case "cause":
                return CauseKey.of_id(text)
            case _:
                raise BadRequest
    except (MalformedIdentifier, MalformedCauseId):
        raise BadRequest from None


def _way(text: str) -> int | None:
    return None if text == _BY_EMAIL else _number(text)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > _NUMBER_DIGITS:
        raise BadRequest
    return int(text)


def _news_name(news: str) -> str:
    """Return what was told, in a word; what only a newer Firmtrack tells, as it is."""
    names = {str(each): name for each, name in WATCH_NEWS_NAMES.items()}
    return names.get(news, news)

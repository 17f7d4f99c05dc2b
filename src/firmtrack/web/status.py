"""The part of a result page that tells how it stands, as the page and each refresh show it."""

from datetime import UTC, datetime

from django.http import HttpRequest
from django.urls import reverse

from firmtrack.accounts.viewers import viewer_of
from firmtrack.answers.requests import DistributionFilter, PaceCounts
from firmtrack.answers.side_parts import UNTOLD
from firmtrack.domain.pace import Pace
from firmtrack.domain.stages import CompletionStatus
from firmtrack.domain.viewer import Viewer
from firmtrack.lookups.device import DevicePage
from firmtrack.lookups.request import FoundRequest
from firmtrack.presentation.event_places import EVENTS_AT_ONCE, cursor_below
from firmtrack.presentation.times import near_day_text
from firmtrack.web.tickets import tickets_of_device
from firmtrack.web.timeline import timeline_of


def viewer_in(request: HttpRequest) -> Viewer:
    """Return who is signed in, as a viewer."""
    assert request.user.is_authenticated
    return viewer_of(request.user)


def device_status(request: HttpRequest, page: DevicePage) -> dict[str, object]:
    """Return how a device's distributions stand, for its template.

    ``live`` is the entity tag with which a refresh asks for news; None if there will be none: in
    the past, and when all is completed.
    """
    found = page.found
    now = found.as_of or datetime.now(UTC)
    under_way = any(
        each.distribution.completion is CompletionStatus.IN_PROGRESS
        for each in found.device.distributions
    )
    return {
        "found": found.device,
        "timelines": [
            (each, timeline_of(each), near_day_text(each.distribution.submitted_at, now))
            for each in found.device.distributions
        ],
        "diagnoses": found.diagnoses,
        "response_ids": found.response_ids,
        "supplier_names": page.supplier_names,
        "tickets": tickets_of_device(request, found, now),
        "notified": page.notified,
        "live": _live(page.version) if under_way else None,
        "cursor_below": cursor_below,
        "events_at_once": EVENTS_AT_ONCE,
    }


def request_status(found: FoundRequest, wanted: DistributionFilter) -> dict[str, object]:
    """Return how a request's distributions stand, for its template; ``live`` as for a device."""
    paces, request_id = found.paces, found.request.request_id
    return {
        "found": found.request,
        "wanted": wanted,
        "late": UNTOLD
        if paces is UNTOLD
        else {pace: _count_of(paces, pace) for pace in (Pace.SLOW, Pace.STALLED)},
        "is_compared": bool(paces),
        "slower": found.slower,
        "live": _live(found.version) if found.is_under_way else None,
        "live_address": reverse("service-request-status", args=[str(request_id)]),
    }


def _live(version: str | None) -> str | None:
    return None if version is None else f'"{version}"'


def _count_of(paces: PaceCounts, pace: Pace) -> int:
    return sum(count for (_, each), count in paces.items() if each is pace)

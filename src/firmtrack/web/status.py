"""The part of a result page that tells how it stands, as the page and each refresh show it."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from firmtrack.accounts.viewers import viewer_of
from firmtrack.answers.requests import NO_REASON, DistributionFilter, PaceCounts
from firmtrack.answers.side_parts import UNTOLD
from firmtrack.diagnosis.requests import Step, next_steps, summary_parts
from firmtrack.domain.pace import Pace
from firmtrack.domain.stages import CompletionStatus, Status
from firmtrack.domain.viewer import Viewer
from firmtrack.domain.voice import voice_for
from firmtrack.lookups.device import DevicePage
from firmtrack.lookups.known_from import missing_known_from
from firmtrack.lookups.request import FoundRequest
from firmtrack.presentation.event_places import EVENTS_AT_ONCE, cursor_below
from firmtrack.presentation.known_from import not_found_text
from firmtrack.presentation.times import near_day_text
from firmtrack.web.as_of import known_to
from firmtrack.web.tickets import tickets_of_device
from firmtrack.web.timeline import timeline_of

_MOST_SHOWN = 5
"""So many failures by status and reason stand on the page unfolded."""

_MOST_STEPS = 5
_MOST_CODES = 5


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
    now = found.as_of or known_to()
    under_way = any(
        each.distribution.completion is CompletionStatus.IN_PROGRESS
        for each in found.device.distributions
    )
    is_told = found.device.distributions or found.as_of  # of the past the page says it above
    kept_from = None if is_told else missing_known_from(None)
    return {
        "found": found.device,
        "not_found": None if kept_from is None else not_found_text(kept_from),
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


@dataclass(frozen=True, slots=True)
class Failure:
    """How many devices failed with this status for this reason, and the filter that shows them."""

    status: Status
    reason: str | None
    count: int

    @property
    def wanted(self) -> DistributionFilter:
        """What the table is filtered by to show them."""
        return DistributionFilter(status=self.status, reason=self.reason or NO_REASON)


@dataclass(frozen=True, slots=True)
class ShownStep:
    """What to do about so many failures; ``codes`` are their reason codes, if few.

    ``wanted`` shows the devices, None where no one filter does.
    """

    count: int
    codes: tuple[str, ...]
    advice: str
    wanted: DistributionFilter | None


def request_status(
    viewer: Viewer, found: FoundRequest, wanted: DistributionFilter
) -> dict[str, object]:
    """Return how a request's distributions stand, for its template; ``live`` as for a device."""
    paces, request = found.paces, found.request
    stalled = 0 if paces is UNTOLD else _count_of(paces, Pace.STALLED)
    failures = [
        Failure(status, reason, count) for (status, reason), count in request.failure_counts.items()
    ]
    # Nobody has to unfold a single one.
    shown = _MOST_SHOWN if len(failures) > _MOST_SHOWN + 1 else len(failures)
    steps = next_steps(request, voice_for(viewer))
    return {
        "found": request,
        "wanted": wanted,
        "filter_fields": filter_fields(wanted),
        "query_of": filter_query,
        "sentence": summary_parts(request, stalled=stalled),
        "failures": failures[:shown],
        "more_failures": failures[shown:],
        "steps": [_shown(step) for step in steps[:_MOST_STEPS]],
        "more_steps": len(steps) > _MOST_STEPS,
        "late": UNTOLD
        if paces is UNTOLD
        else {pace: _count_of(paces, pace) for pace in (Pace.SLOW, Pace.STALLED)},
        "is_compared": bool(paces),
        "slower": found.slower,
        "live": _live(found.version) if found.is_under_way else None,
        "live_address": reverse("service-request-status", args=[str(request.request_id)]),
    }


def filter_fields(wanted: DistributionFilter) -> list[tuple[str, str]]:
    """Return what of a request's distributions is wanted, as the fields of an address."""
    chosen = {
        "completion_status": wanted.completion,
        "current_status": wanted.status,
        "pace": wanted.pace,
        "reason": wanted.reason,
    }
    return [(name, value) for name, value in chosen.items() if value]


def filter_query(wanted: DistributionFilter, **more: str | int) -> str:
    """Return the query of an address that asks for the wanted distributions."""
    return urlencode([*filter_fields(wanted), *more.items()])


def _shown(step: Step) -> ShownStep:
    codes = tuple(dict.fromkeys(reason for _, reason in step.failures if reason is not None))
    wanted = None
    if len(step.failures) == 1:
        ((status, reason),) = step.failures
        wanted = Failure(status, reason, step.count).wanted
    return ShownStep(step.count, codes if len(codes) <= _MOST_CODES else (), step.advice, wanted)


def _live(version: str | None) -> str | None:
    return None if version is None else f'"{version}"'


def _count_of(paces: PaceCounts, pace: Pace) -> int:
    return sum(count for (_, each), count in paces.items() if each is pace)

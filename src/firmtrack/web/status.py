"""The part of a result page that tells how it stands, as the page and each refresh show it."""

from collections.abc import Sequence

from django.http import HttpRequest
from django.urls import reverse

from firmtrack.accounts.viewers import viewer_of
from firmtrack.answers.devices import DeviceAnswer
from firmtrack.answers.requests import DistributionFilter, PaceCounts, RequestAnswer
from firmtrack.answers.side_parts import UNTOLD, Untold, side_part
from firmtrack.diagnosis.reading import diagnoses
from firmtrack.diagnosis.requests import slower_stages
from firmtrack.domain.pace import Pace
from firmtrack.domain.stages import CompletionStatus
from firmtrack.domain.viewer import Viewer
from firmtrack.notices.queries import list_told
from firmtrack.store.reading import requests
from firmtrack.store.reading.versions import request_version
from firmtrack.web.moments import Moment
from firmtrack.web.timeline import timeline_of


def viewer_in(request: HttpRequest) -> Viewer:
    """Return who is signed in, as a viewer."""
    assert request.user.is_authenticated
    return viewer_of(request.user)


def device_status(
    viewer: Viewer, found: DeviceAnswer, version: str | None, moment: Moment
) -> dict[str, object]:
    """Return how a device's distributions stand, for its template.

    ``live`` is the entity tag with which a refresh asks for news; None if there will be none: in
    the past, and when all is completed.
    """
    under_way = any(
        each.distribution.completion is CompletionStatus.IN_PROGRESS for each in found.distributions
    )
    told = side_part("what parties were told", lambda: list_told(viewer, found, as_of=moment.past))
    return {
        "found": found,
        "timelines": [(each, timeline_of(each)) for each in found.distributions],
        "diagnoses": diagnoses(found, now=moment.now),
        "told": told,
        "live": f'"{version}"' if version is not None and under_way else None,
    }


def request_status(
    viewer: Viewer,
    found: RequestAnswer,
    wanted: DistributionFilter,
    moment: Moment,
    paces: PaceCounts | Untold,
) -> dict[str, object]:
    """Return how a request's distributions stand, for its template; ``live`` as for a device."""
    is_live = moment.past is None and is_under_way(found)
    return {
        "found": found,
        "wanted": wanted,
        "late": UNTOLD
        if paces is UNTOLD
        else {pace: _count_of(paces, pace) for pace in (Pace.SLOW, Pace.STALLED)},
        "is_compared": bool(paces),
        "slower": _slower(viewer, found, moment),
        "live": f'"{request_version(viewer, found)}"' if is_live else None,
        "live_address": reverse("service-request-status", args=[str(found.request_id)]),
    }


def paces_of(viewer: Viewer, found: RequestAnswer, moment: Moment) -> PaceCounts | Untold:
    """Return how many of the request's distributions wait how long; none if none is under way."""
    if not is_under_way(found):
        return {}
    return side_part(
        "paces", lambda: requests.count_paces(viewer, found.request_id, as_of=moment.past)
    )


def is_under_way(found: RequestAnswer) -> bool:
    """Return whether a distribution of the request is in progress."""
    return CompletionStatus.IN_PROGRESS in found.completion_counts


def _count_of(paces: PaceCounts, pace: Pace) -> int:
    return sum(count for (_, each), count in paces.items() if each is pace)


def _slower(viewer: Viewer, found: RequestAnswer, moment: Moment) -> Sequence[str]:
    """Return what is said of the request's own pace; nothing of a past moment."""
    if moment.past:
        return ()
    told = side_part("the request's pace", lambda: slower_stages(viewer, found))
    return () if told is UNTOLD else told

"""The one way from a device that was looked up to the diagnoses of its distributions."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from django.conf import settings

from firmtrack.answers.devices import DeviceAnswer
from firmtrack.answers.diagnoses import Diagnosis
from firmtrack.answers.side_parts import UNTOLD, side_part
from firmtrack.diagnosis.diagnose import diagnose
from firmtrack.diagnosis.gathering import situations, wait_keys
from firmtrack.diagnosis.situation import Situation
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.voice import Voice
from firmtrack.store.reports.waits import hub_silent_since, recent_waits


def diagnoses(
    answer: DeviceAnswer, *, now: datetime, voice: Voice = Voice.USER
) -> Mapping[RequestId, Diagnosis | None]:
    """Return the diagnosis of each of the device's distributions, in their order.

    None if the device is not tracked: what holds of updates that are does not hold of its own.
    ``answer`` is what the viewer may see, and a diagnosis tells nothing beyond it but what is usual
    (firmtrack.store.reports.waits), which is also today's if ``now`` is a moment of the past.
    ``voice`` is to whom they speak.
    """
    if answer.not_tracked_reason is not None:
        return dict.fromkeys(each.distribution.request_id for each in answer.distributions)
    waits = side_part("what is usual", lambda: recent_waits(wait_keys(answer)))
    gathered = situations(
        answer,
        now=now,
        waits=waits,
        slow_seconds=settings.ENVIRONMENT.slow_after_seconds,
        voice=voice,
    )
    return {each.distribution.request_id: diagnose(_with_hub(each)) for each in gathered}


def _with_hub(situation: Situation) -> Situation:
    """Look at the device's hub, if the wait is longer than those of all that wait there may be."""
    wait, distribution = situation.wait, situation.distribution
    limit = None if wait is None else wait.limits.hub_seconds
    if limit is None or situation.waited_seconds <= limit:
        return situation
    since = side_part(
        "the hub's silence",
        lambda: hub_silent_since(
            distribution.request_id, distribution.status.stage, distribution.device_id
        ),
    )
    return situation if since is UNTOLD else replace(situation, hub_since=since)

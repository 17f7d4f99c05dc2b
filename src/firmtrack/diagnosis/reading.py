"""The one way from a device that was looked up to the diagnoses of its distributions."""

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings

from firmtrack.diagnosis.diagnose import diagnose
from firmtrack.diagnosis.findings import Diagnosis
from firmtrack.diagnosis.gathering import dwell_keys, situations
from firmtrack.domain.identifiers import RequestId
from firmtrack.store.answers import DeviceAnswer
from firmtrack.store.dwell import recent_usual_dwell
from firmtrack.store.side_parts import side_part


def diagnoses(answer: DeviceAnswer, *, now: datetime) -> Mapping[RequestId, Diagnosis | None]:
    """Return the diagnosis of each of the device's distributions, in their order.

    None if the device is not tracked: what holds of updates that are does not hold of its own.
    ``answer`` is what the viewer may see, and a diagnosis tells nothing beyond it but what is usual
    (firmtrack.store.dwell), which is also today's if ``now`` is a moment of the past.
    """
    if answer.not_tracked_reason is not None:
        return dict.fromkeys(each.distribution.request_id for each in answer.distributions)
    usual = side_part("what is usual", lambda: recent_usual_dwell(dwell_keys(answer)))
    gathered = situations(
        answer, now=now, usual=usual, slow_seconds=settings.ENVIRONMENT.slow_after_seconds
    )
    return {each.distribution.request_id: diagnose(each) for each in gathered}

"""From what the queries answer of a device to the situations of its distributions: no reads."""

from collections.abc import Mapping
from datetime import datetime

from firmtrack.answers.devices import DeviceAnswer, DeviceDistribution
from firmtrack.answers.requests import DistributionAnswer
from firmtrack.answers.side_parts import UNTOLD, Untold
from firmtrack.diagnosis.situation import Situation
from firmtrack.domain.stages import CompletionStatus, Stage
from firmtrack.domain.voice import Voice
from firmtrack.store.reports.waits import KnownWait, WaitKey


def wait_keys(answer: DeviceAnswer) -> tuple[WaitKey, ...]:
    """Return of which waits ``situations`` needs what is known: one each of what is in progress."""
    keys = (_wait_key(answer, each.distribution) for each in answer.distributions)
    return tuple(dict.fromkeys(key for key in keys if key is not None))


def situations(
    answer: DeviceAnswer,
    *,
    now: datetime,
    waits: Mapping[WaitKey, KnownWait] | Untold,
    slow_seconds: float | None = None,
    voice: Voice = Voice.USER,
) -> tuple[Situation, ...]:
    """Return the situation of each of the device's distributions, in their order.

    ``waits`` is what firmtrack.store.reports.waits answers for ``wait_keys``; ``slow_seconds`` is
    what an operator calls slow where that says nothing, and nothing while the waits are not told;
    ``voice`` is to whom the diagnoses speak.
    """
    return tuple(
        _situation(
            answer,
            each,
            now=now,
            waits=waits,
            slow_seconds=slow_seconds,
            voice=voice,
        )
        for each in answer.distributions
    )


def _situation(
    answer: DeviceAnswer,
    found: DeviceDistribution,
    *,
    now: datetime,
    waits: Mapping[WaitKey, KnownWait] | Untold,
    slow_seconds: float | None,
    voice: Voice,
) -> Situation:
    key = _wait_key(answer, found.distribution)
    return Situation(
        distribution=found.distribution,
        history=found.history,
        now=now,
        image=found.image,
        device=answer.inventory,
        activations=found.activations,
        incidents=found.incidents,
        unattributed=answer.unattributed,
        other_updates=tuple(
            each.distribution for each in answer.distributions if each is not found
        ),
        is_foreign_update_open=any(
            each.completion is CompletionStatus.IN_PROGRESS for each in answer.others_updates
        ),
        flags=answer.flags,
        supplier_changed_at=answer.supplier_changed_at,
        is_supplier_change_anothers=answer.is_supplier_change_anothers,
        wait=None if key is None or waits is UNTOLD else waits.get(key),
        slow_seconds=None if waits is UNTOLD else slow_seconds,
        is_usual_known=waits is not UNTOLD,
        voice=voice,
    )


def _wait_key(answer: DeviceAnswer, distribution: DistributionAnswer) -> WaitKey | None:
    if distribution.completion is not CompletionStatus.IN_PROGRESS:
        return None
    # DCC answers a request as a whole: what a device is tells nothing of how long that takes.
    is_answered = distribution.status.stage > Stage.RECEIVED
    facts = answer.inventory if is_answered else None
    return WaitKey(
        request_id=distribution.request_id,
        stage=distribution.status.stage,
        device_type=None if facts is None else facts.device_type,
        csp_region=None if facts is None else facts.csp_region,
        manufacturer=None if facts is None else facts.manufacturer,
        model=None if facts is None else facts.model,
    )

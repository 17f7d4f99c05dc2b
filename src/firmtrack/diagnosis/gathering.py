"""From what the queries answer of a device to the situations of its distributions: no reads."""

from collections.abc import Mapping
from datetime import datetime

from firmtrack.diagnosis.situation import Situation
from firmtrack.domain.stages import CompletionStatus, Stage, Variant
from firmtrack.store.answers import DeviceAnswer, DeviceDistribution, DistributionAnswer
from firmtrack.store.dwell import DwellKey, UsualDwell
from firmtrack.store.side_parts import UNTOLD, Untold

# Which kind of request updates a type; for a request that only its alerts tell of.
_VARIANTS_OF_TYPES: Mapping[str | None, Variant] = {
    "ESME": Variant.UPDATE_FIRMWARE,
    "GSME": Variant.UPDATE_FIRMWARE,
    "HCALCS": Variant.UPDATE_FIRMWARE,
    "PPMID": Variant.UPDATE_PPMID_FIRMWARE,
}


def dwell_keys(answer: DeviceAnswer) -> tuple[DwellKey, ...]:
    """Return of which stays ``situations`` needs the usual: one each of what is in progress."""
    keys = (_dwell_key(answer, each.distribution) for each in answer.distributions)
    return tuple(dict.fromkeys(key for key in keys if key is not None))


def situations(
    answer: DeviceAnswer,
    *,
    now: datetime,
    usual: Mapping[DwellKey, UsualDwell] | Untold,
    slow_seconds: float | None = None,
) -> tuple[Situation, ...]:
    """Return the situation of each of the device's distributions, in their order.

    ``usual`` is what firmtrack.store.dwell answers for ``dwell_keys``; ``slow_seconds`` is what an
    operator calls slow where that says nothing, and nothing while the usual is not told.
    """
    return tuple(
        _situation(
            answer,
            each,
            now=now,
            usual=usual,
            slow_seconds=slow_seconds,
        )
        for each in answer.distributions
    )


def _situation(
    answer: DeviceAnswer,
    found: DeviceDistribution,
    *,
    now: datetime,
    usual: Mapping[DwellKey, UsualDwell] | Untold,
    slow_seconds: float | None,
) -> Situation:
    key = _dwell_key(answer, found.distribution)
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
        usual=None if key is None or usual is UNTOLD else usual.get(key),
        slow_seconds=None if usual is UNTOLD else slow_seconds,
        is_usual_told=usual is not UNTOLD,
    )


def _dwell_key(answer: DeviceAnswer, distribution: DistributionAnswer) -> DwellKey | None:
    if distribution.completion is not CompletionStatus.IN_PROGRESS:
        return None
    # DCC answers a request as a whole: what a device is tells nothing of how long that takes.
    is_answered = distribution.status.stage > Stage.RECEIVED
    facts = answer.inventory if is_answered else None
    device_type = None if facts is None else facts.device_type
    variant = distribution.variant or _VARIANTS_OF_TYPES.get(device_type)
    if variant is None:
        return None
    return DwellKey(
        variant=variant,
        stage=distribution.status.stage,
        device_type=device_type,
        csp_region=None if facts is None else facts.csp_region,
        manufacturer=None if facts is None else facts.manufacturer,
        model=None if facts is None else facts.model,
    )

"""Whether an update waits as others do: its pace, and the sentence that says what that rests on."""

from firmtrack.diagnosis.findings import UsualSeconds
from firmtrack.diagnosis.phrases import joined
from firmtrack.diagnosis.situation import Situation
from firmtrack.domain.pace import Pace, pace_of_wait
from firmtrack.presentation.times import limit_text
from firmtrack.store.dwell import UsualDwell
from firmtrack.store.side_parts import UNTOLD, Untold


def pace_of(situation: Situation) -> Pace | None:
    """Return how the wait compares with the usual; None if it is over or nothing says.

    It is over once the distribution has ended, or a later request has brought an image.
    """
    limit = _slow_seconds(situation)
    if situation.next_stage is None or situation.later_success is not None or limit is None:
        return None
    return pace_of_wait(situation.waited_seconds, limit)


def usual_seconds(situation: Situation) -> UsualSeconds | Untold | None:
    """Return how long the present step usually takes; None if it has ended or too few were seen."""
    if situation.next_stage is None:
        return None
    if not situation.is_usual_told:
        return UNTOLD
    usual = situation.usual
    if usual is None:
        return None
    return UsualSeconds(usual.p50_seconds, usual.p95_seconds)


def comparison(situation: Situation) -> str:
    """Return the sentences that compare the wait of a distribution in progress with the usual."""
    if not situation.is_usual_told:
        return "Whether that is usual could not be told now."
    pace = pace_of(situation)
    if pace is None:
        return (
            "Firmtrack has not seen enough updates pass this stage "
            "to say how long that usually takes."
        )
    usual = situation.usual
    if pace is Pace.STALLED:
        verdict = "It has stalled."
    elif pace is Pace.SLOW:
        verdict = f"That is slower than {'expected' if usual is None else 'usual'}."
    else:
        verdict = None
    return joined(verdict, _expectation(situation) if usual is None else _share(situation, usual))


def _slow_seconds(situation: Situation) -> float | None:
    usual = situation.usual
    return situation.slow_seconds if usual is None else usual.p95_seconds


def sample_text(situation: Situation, usual: UsualDwell) -> str:
    """Return the sentence that says what the usual was learnt from."""
    return (
        f"What is usual was learnt from {usual.shown_samples:,} or more finished stays at this "
        f"stage, of {_group(situation, usual)}: half took no longer than "
        f"{limit_text(usual.p50_seconds)}, 95 % no longer than {limit_text(usual.p95_seconds)}."
    )


def _share(situation: Situation, usual: UsualDwell) -> str:
    within = limit_text(usual.p95_seconds)
    return f"95 % of {_group(situation, usual)} pass this stage within {within}."


def _expectation(situation: Situation) -> str:
    limit = situation.slow_seconds
    assert limit is not None, "a pace has a measure"
    return (
        f"Firmtrack’s operator expects updates to pass this stage within {limit_text(limit)}; "
        "too few were seen to say what is usual."
    )


def _group(situation: Situation, usual: UsualDwell) -> str:
    """Return whose stays they were; a fact that the viewer may not see is not named."""
    device = situation.device
    if "model" in usual.group:
        updates = "updates to this model"
    elif "device_type" in usual.group:
        device_type = None if device is None else device.device_type
        updates = f"updates to devices of {f'type {device_type}' if device_type else 'this type'}"
    else:
        return "all updates"
    if "csp_region" not in usual.group:
        return updates
    region = None if device is None else device.csp_region
    return f"{updates} in {'this region' if region is None else f'region {region}'}"

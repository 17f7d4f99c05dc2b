"""Whether an update waits as others do: its pace, and the sentences that say what that rests on."""

from math import floor

from firmtrack.answers.diagnoses import UsualSeconds, Waits
from firmtrack.answers.side_parts import UNTOLD, Untold
from firmtrack.diagnosis.phrases import joined
from firmtrack.diagnosis.situation import Situation
from firmtrack.domain.pace import Pace, Stall, is_slow, pace_of_unknown, stall_of
from firmtrack.domain.waits import FEW_ARRIVE, Estimate, shown_count
from firmtrack.presentation.times import limit_text
from firmtrack.store.reports.waits import KnownWait

LONG_SECONDS = 4 * 24 * 60 * 60
"""After so long a wait that nothing is known of, it is said that DCC can be asked: between two and
four days can pass without a word though nothing is wrong."""

_NOT_KNOWN = "Firmtrack has not seen enough updates reach this stage to say whether that is usual."
_STALLS = {
    Stall.COHORT: (
        "It has stalled: nothing of this request that waits at this stage in its region has passed "
        "it for longer than the past allows."
    ),
    Stall.HUB: (
        "It has stalled: nothing of this request that waits behind its Communications Hub has "
        "moved for longer than the past allows."
    ),
    Stall.OPERATOR: "It has stalled.",
}


def pace_of(situation: Situation) -> Pace | None:
    """Return how the wait compares with the usual; None if it is over or nothing says.

    It is over once the distribution has ended, or a later request has brought an image.
    """
    if situation.next_stage is None or situation.later_success is not None:
        return None
    if situation.wait is None:
        limit = situation.slow_seconds
        return None if limit is None else pace_of_unknown(situation.waited_seconds, limit)
    if _stall_of(situation) is not None:
        return Pace.STALLED
    is_late = is_slow(situation.waited_seconds, situation.wait.limits)
    return Pace.SLOW if is_late else Pace.USUAL


def usual_seconds(situation: Situation) -> UsualSeconds | None:
    """Return how long the present step usually takes; None if it has ended or that is not known."""
    wait = situation.wait
    if situation.next_stage is None or wait is None:
        return None
    p50, p95 = wait.estimate.percentile(50), wait.estimate.percentile(95)
    return None if p50 is None or p95 is None else UsualSeconds(p50, p95)


def waits_of(situation: Situation) -> Waits | Untold | None:
    """Return what others' stays tell of the present step; None if it has ended or too few did."""
    if situation.next_stage is None:
        return None
    if not situation.is_usual_known:
        return UNTOLD
    wait = situation.wait
    if wait is None:
        return None
    stays = wait.estimate.stays
    arriving = wait.estimate.arriving_share(situation.waited_seconds)
    return Waits(
        reached_at_least=shown_count(stays.entered),
        passed_share=floor(100 * stays.passes / stays.entered) / 100,
        p50_seconds=wait.estimate.percentile(50),
        p95_seconds=wait.estimate.percentile(95),
        arrives_still_share=None if arriving is None else _whole(arriving) / 100,
        group=wait.group,
        text=_share(wait.estimate),
    )


def comparison(situation: Situation) -> str:
    """Return the sentences that compare the wait of a distribution in progress with the usual."""
    if not situation.is_usual_known:
        return "Whether that is usual could not be told now."
    pace, wait = pace_of(situation), situation.wait
    if pace is None:
        return _NOT_KNOWN
    if wait is None:
        sentence = {
            Pace.STALLED: _STALLS[Stall.OPERATOR],
            Pace.SLOW: "That is slower than expected.",
        }.get(pace)
        return joined(sentence, _expectation(situation))
    stall = _stall_of(situation)
    if stall is not None:
        sentence = _STALLS.get(stall) or _beyond_the_past(situation, wait.estimate)
    else:
        sentence = "That is slower than usual." if pace is Pace.SLOW else None
    return joined(sentence, _share(wait.estimate), _still(situation, wait.estimate))


def _stall_of(situation: Situation) -> Stall | None:
    wait = situation.wait
    assert wait is not None, "what is not known has no limits"
    return stall_of(situation.waited_seconds, situation.now, wait.limits, situation.hub_since)


def sample_text(situation: Situation, wait: KnownWait) -> str:
    """Return the sentence that says what the usual was learnt from."""
    count = shown_count(wait.estimate.stays.entered)
    percentiles = usual_seconds(situation)
    text = (
        f"What is usual was learnt from {count:,} or more stays at this stage, of "
        f"{_group(situation, wait)}, and not of this request alone; those that failed or still "
        "wait are counted."
    )
    if percentiles is None:
        return f"{text} Within how long 95% of all pass is not known yet, or not so many do."
    return (
        f"{text} Half of all passed within {limit_text(percentiles.p50)}, 95% within "
        f"{limit_text(percentiles.p95)}."
    )


def _share(estimate: Estimate) -> str:
    stays = estimate.stays
    share = floor(100 * stays.passes / stays.entered)
    passed = "all" if stays.passes == stays.entered else f"{share}%" if share else "fewer than 1%"
    half = estimate.seconds_of_passes(0.5)
    assert half is not None, "some passed"
    return (
        f"Of more than {_more_than(stays.entered):,} updates that reached this stage, {passed} "
        f"have passed it; half of these within {limit_text(half)}."
    )


def _still(situation: Situation, estimate: Estimate) -> str | None:
    waited = situation.waited_seconds
    arriving = estimate.arriving_share(waited)
    if arriving is None:
        return None
    if arriving <= 0:
        return "Of those that had waited this long, none still arrived."
    share = "fewer than 1%" if arriving < 0.01 else f"{_whole(arriving)}%"
    more = estimate.seconds_more(waited)
    half = "" if more is None else f", half of them within {limit_text(more)} more"
    return f"Of those that had waited this long, {share} still arrived{half}."


def _beyond_the_past(situation: Situation, estimate: Estimate) -> str:
    waited = situation.waited_seconds
    if waited > estimate.stays.longest_pass_seconds:
        why = "none of the updates that it is compared with waited this long and still arrived"
    else:
        arriving = estimate.arriving_share(waited)
        if arriving is not None and arriving < FEW_ARRIVE:
            why = "of those that waited this long, fewer than 1 in 20 still arrived"
        else:
            why = "it has waited longer than the past allows"
    return f"It has stalled: {why}."


def _whole(share: float) -> int:
    """Return a share in whole per cents; none and all only if it is exactly so."""
    percent = round(100 * share)
    return percent if share in (0, 1) else min(99, max(0, percent))


def _more_than(count: int) -> int:
    """Return the greatest power of ten that ``count`` is greater than."""
    return shown_count(count - 1)


def _expectation(situation: Situation) -> str:
    limit = situation.slow_seconds
    assert limit is not None, "a pace has a measure"
    return (
        f"Firmtrack’s operator expects updates to pass this stage within {limit_text(limit)}; "
        "too few were seen to say what is usual."
    )


def _group(situation: Situation, wait: KnownWait) -> str:
    """Return whose stays they were; a fact that the viewer may not see is not named."""
    device = situation.device
    if "model" in wait.group:
        updates = "updates to this model"
    elif "device_type" in wait.group:
        device_type = None if device is None else device.device_type
        updates = f"updates to devices of {f'type {device_type}' if device_type else 'this type'}"
    else:
        return "all updates"
    if "csp_region" not in wait.group:
        return updates
    region = None if device is None else device.csp_region
    return f"{updates} in {'this region' if region is None else f'region {region}'}"

"""From what others' stays tell, and how a cohort moves, to the limits of its updates' waits.

A cohort is the updates of one request that entered one stage in one region. What is usual for it is
learnt from other requests alone: from its own, an outage would be usual.
"""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from math import sqrt
from operator import mul, neg

from firmtrack.domain.activity import HOUR, Activity
from firmtrack.domain.durations import seconds_within
from firmtrack.domain.pace import Limits
from firmtrack.domain.waits import (
    FEWEST_STAYS,
    NO_STAYS,
    STEPS,
    Estimate,
    Stays,
    hazard_at,
    share_between,
    step_of_wait,
)

FEWEST_OF_COHORT = 20
"""A smaller cohort tells nothing of its own; what others did lately stands in for it."""

_SLOW_SHARE = 0.95
_SLOW_OF_COHORT = 0.96
_MOST_OF_COHORT = 0.9  # when so many have passed, a hub of which none has is left behind
_STRAGGLING_SHARE = 0.25  # of a cohort's waits, so few ended in their last third: it has moved on
_MOVED = 10  # passes with which a cohort counts as moving
_SURE_OF_TAIL = 10_000  # passes whose longest tells how long any takes
_TAIL_MARGIN = 1.25
_LEFT_MARGIN = 1.5
_SURE_OF_COHORT = 1_000
_UNSURE = 5  # passes that a pace must differ by before it counts
_PART = 0.5
_PART_OF_KNOWN = 0.25
_PART_OF_LATE = 0.98  # a request that has moved nowhere may just begin later than others
_ENOUGH_EXPECTED = 30.0  # passes to be expected of a cohort of which none came
_SHORTEST_SILENCE_HOURS = 3
_LOOKED_AHEAD_HOURS = 3
_HUB_MULTIPLE = 1.7  # of what 95 in 100 take, where hubs' own past is not known
_DAY = 24 * HOUR
_TELLING = 30  # expected passes from which on a cohort's pace is compared with others'
_SLOWER_PART = 2 / 3


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """How a cohort stands: its stays until now, and what still waits.

    ``waiting`` is how many that still wait entered in which hour since the epoch. ``moved_at`` is
    when one last passed, None if none ever did. ``waits_everywhere`` says that the request is at
    the stage in other regions, too, and has moved in none; ``began_hour`` is the hour since the
    epoch in which it first moved in any.
    """

    stays: Stays
    waiting: Mapping[int, int]
    moved_at: datetime | None = None
    waits_everywhere: bool = False
    began_hour: int | None = None

    @cached_property
    def estimate(self) -> Estimate:
        """What its own stays tell."""
        return Estimate(self.stays)


@dataclass(frozen=True, kw_only=True)
class OtherStays:
    """What other requests' stays tell: of the kind, of late, of hubs, and of the hours of the week.

    ``kind`` is None while too little is known. ``lately`` stands in for a cohort that is too small.
    ``hubs`` are stays of hubs: until the first of FEWEST_AT_HUB or more waiting updates passed.
    """

    kind: Estimate | None
    lately: Estimate | None = None
    hubs: Estimate | None = None
    activity: Activity | None = None


def limits_of(others: OtherStays, cohort: Cohort, now: datetime) -> Limits:
    """Return the limits of the cohort's waits as of ``now``; none while nothing is known."""
    kind = others.kind
    if kind is None or kind.stays.entered < FEWEST_STAYS or not kind.stays.passes:
        return Limits()
    usual = _latest_seconds(kind, _SLOW_SHARE)
    mates = _mates(others, cohort)
    in_cohort = None if mates is None else slow_in_cohort(kind, mates)
    is_daily = others.activity is not None and others.activity.is_daily
    limits = Limits(
        slow_seconds=_slow_seconds(kind, usual, mates, in_cohort),
        allowed_seconds=_later(allowed_seconds(kind), _DAY if is_daily else 0),
        still_seconds=max(usual, 0.5 * cohort.stays.longest_pass_seconds),
        moved_at=cohort.moved_at,
        left_seconds=_left_seconds(cohort.stays),
        hub_seconds=_later(_hub_seconds(others, kind, usual, mates), _DAY if is_daily else 0),
    )
    return _silence(others, cohort, limits, now)


def allowed_seconds(estimate: Estimate) -> float | None:
    """Return after how long a wait the past hardly allows that one still arrives.

    Fewer than 1 in 20 of at least FEWEST_STAYS that had waited so long did; or none ever waited so
    long and arrived, with a margin, since the longest of few is not the longest of all.
    """
    passes = estimate.stays.passes
    if estimate.stays.entered < FEWEST_STAYS or not passes:
        return None
    # The longest of few is not the longest of all.
    margin = max(1.0, sqrt(sqrt(_SURE_OF_TAIL / passes)))
    never = estimate.stays.longest_pass_seconds * max(_TAIL_MARGIN, margin)
    hopeless = estimate.hopeless_seconds
    return never if hopeless is None else min(never, hopeless * margin)


def slow_in_cohort(kind: Estimate, mates: Estimate) -> float | None:
    """Return the wait by which all but few of the cohort have passed; None while it moves.

    Few are 1 in 25; or as few as the kind leaves, if the cohort has all but ceased to move.
    """
    few = int(bisect_left(mates.survival, -(1 - _SLOW_OF_COHORT), key=neg)) + 1
    most = bisect_left(mates.incidence, _SLOW_OF_COHORT * kind.passing_share) + 1
    ceased = next((step for step in range(most, few) if _straggles(mates, step)), few)
    return seconds_within(ceased) if ceased <= STEPS else None


def _mostly_passed(kind: Estimate, mates: Estimate) -> float | None:
    """Return the wait by which most of the cohort have passed; None while they have not."""
    step = bisect_left(mates.incidence, _MOST_OF_COHORT * kind.passing_share) + 1
    return seconds_within(step) if step <= STEPS else None


def _straggles(mates: Estimate, step: int) -> bool:
    earlier = step_of_wait(seconds_within(step) / 1.5)
    before = mates.survival[earlier - 1]
    moved = mates.incidence[step - 1] - mates.incidence[earlier - 1]
    return before <= 0 or moved / before < _STRAGGLING_SHARE


def _mates(others: OtherStays, cohort: Cohort) -> Estimate | None:
    if cohort.stays.entered >= FEWEST_OF_COHORT:
        return cohort.estimate
    lately = others.lately
    return lately if lately is not None and lately.stays.entered >= FEWEST_STAYS else None


def _latest_seconds(kind: Estimate, share: float) -> float:
    """Return the upper end of the interval of a percentile of those that pass."""
    high = share_between(share * kind.stays.passes, kind.stays.passes)[1]
    within = kind.seconds_of_passes(min(1.0, high))
    assert within is not None, "some passed"
    return within


def _slow_seconds(
    kind: Estimate, usual: float, mates: Estimate | None, in_cohort: float | None
) -> float | None:
    if mates is None:
        return max(usual, _latest_seconds(kind, 0.975))
    return None if in_cohort is None else max(usual, in_cohort)


def _left_seconds(stays: Stays) -> float | None:
    if stays.passes < _MOVED:
        return None
    margin = max(1.0, sqrt(sqrt(_SURE_OF_COHORT / stays.passes)))
    return stays.longest_pass_seconds * _LEFT_MARGIN * margin


def _hub_seconds(
    others: OtherStays, kind: Estimate, usual: float, mates: Estimate | None
) -> float | None:
    in_cohort = None if mates is None else _mostly_passed(kind, mates)
    if mates is not None and in_cohort is None:
        return None
    known = None if others.hubs is None else allowed_seconds(others.hubs)
    return max(_HUB_MULTIPLE * usual if known is None else known, in_cohort or 0.0)


def _silence(others: OtherStays, cohort: Cohort, limits: Limits, now: datetime) -> Limits:
    """Add from when on the cohort is silent unless it moves, if that is soon.

    Of its waiting updates enough were to be expected to pass meanwhile, at the pace at which the
    cohort passed before: many of them, and a good part of those that pass at all.
    """
    kind, activity = others.kind, others.activity
    if kind is None or activity is None or not cohort.waiting:
        return limits
    half = kind.seconds_of_passes(0.5) or 0
    began = min(cohort.waiting)
    if cohort.moved_at is not None:
        began = max(began, int(cohort.moved_at.timestamp()) // HOUR + 1)
    pace, part = _pace_before(kind, cohort, began)
    if cohort.moved_at is None and cohort.began_hour is not None:
        began = max(began, cohort.began_hour + 1)  # the request began later than others
    # Beyond the longest wait that ended, nothing is to be expected of anyone.
    last = max(cohort.waiting) + kind.stays.longest_pass_seconds // HOUR + 1
    end = min(last, int(now.timestamp()) // HOUR + _LOOKED_AHEAD_HOURS)
    if _expected_between(kind, cohort.waiting, began, end) < _ENOUGH_EXPECTED:
        return limits
    shortest = max(_SHORTEST_SILENCE_HOURS, half / HOUR / 4)
    expected, active = 0.0, 0
    for hour in range(began, end):
        moving = activity.moving_share(hour)
        if moving <= 0:
            continue
        active += 1
        expected += pace * moving * _expected_passes(kind, cohort.waiting, hour)
        if (
            expected >= _ENOUGH_EXPECTED
            and active >= shortest
            and 1 - (1 - _part_expected(kind, cohort.waiting, began, hour + 1)) ** pace >= part
        ):
            return replace(
                limits,
                silent_from=datetime.fromtimestamp((hour + 1) * HOUR, UTC),
                silent_seconds=half / 2,
            )
    return limits


def expected_of(kind: Estimate, stays: Stays) -> float:
    """Return how many passes were to be expected of stays, from how long each lasted."""
    rows = (stays.passed, stays.failed, stays.waiting)
    return float(sum(sum(map(mul, kind.hazard, row)) for row in rows))


def _pace_before(kind: Estimate, cohort: Cohort, began: int) -> tuple[float, float]:
    """Return the cohort's pace before a silence, up to the kind's, and what part tells of one.

    The part of those that pass at all that must be missing: of a cohort that has shown that it
    moves, less than of one that may just begin later than others.
    """
    ended = expected_of(kind, Stays(cohort.stays.passed, cohort.stays.failed, NO_STAYS.waiting))
    before = ended + sum(
        count * hazard_at(kind, (began - entered) * HOUR)
        for entered, count in cohort.waiting.items()
    )
    passes = cohort.stays.passes
    is_known = passes >= _MOVED and passes >= before / 2
    pace = min(1.0, (passes + _UNSURE) / (before + _UNSURE))
    if cohort.waits_everywhere:
        return pace, _PART_OF_LATE
    return pace, _PART_OF_KNOWN if is_known else _PART


def _part_expected(kind: Estimate, waiting: Mapping[int, int], began: int, until: int) -> float:
    due = ever = 0.0
    for entered, count in waiting.items():
        first = step_of_wait(max(0, began - entered) * HOUR) - 1
        last = step_of_wait(max(0, until - entered) * HOUR) - 1
        left = kind.survival[first] if began > entered else 1.0
        gone = kind.incidence[first] if began > entered else 0.0
        if left > 0:
            due += count * max(0.0, kind.incidence[last] - gone) / left
            ever += count * (kind.passing_share - gone) / left
    return due / ever if ever > 0 else 0.0


def _expected_passes(kind: Estimate, waiting: Mapping[int, int], hour: int) -> float:
    """Return how many of those that wait the kind would have let pass within an hour."""
    return _expected_between(kind, waiting, hour, hour + 1)


def _expected_between(kind: Estimate, waiting: Mapping[int, int], began: int, until: int) -> float:
    hazard = kind.hazard_by_hour
    last = len(hazard) - 1
    return sum(
        count * (hazard[min(last, until - entered)] - hazard[min(last, max(0, began - entered))])
        for entered, count in waiting.items()
        if entered < until
    )


def _later(limit: float | None, seconds: float) -> float | None:
    return None if limit is None else limit + seconds


def relative_pace(passes: int, expected: float) -> float | None:
    """Return at which part of others' pace a cohort as a whole passes, if that is surely slower.

    ``expected`` is how many would have passed at their pace. None if it is not surely slower than
    two thirds, or too few were to be expected.
    """
    if expected < _TELLING:
        return None
    most = passes + 2 * sqrt(passes + 1)
    return passes / expected if most < _SLOWER_PART * expected else None

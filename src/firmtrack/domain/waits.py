"""How long updates stay at a stage, learnt from those that passed, failed, and still wait.

A *stay* begins with the first good event of a stage and ends when the update passes (the first good
event of a later one) or fails. Of one that has done neither it is known only that it lasted at
least so long: it counts among those that wait as long as it was seen to wait, and no longer. That
is the estimate of Kaplan and Meier for the share that has not ended; and, since a failure keeps an
update from passing, that of Aalen and Johansen for the share that has passed.

Durations are counted on the scale of firmtrack.domain.durations, on which histograms add up. Within
a step, ends come before the waits that were seen no longer.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from math import sqrt
from operator import add, sub

from firmtrack.domain.durations import SCALE, seconds_within, step_of

STEPS = len(SCALE)
"""How many steps the scale has; the first is 1."""

FEWEST_STAYS = 100
"""Nothing is said of a group of fewer stays, nor of fewer that had waited as long."""

_HOUR = 60 * 60
_CONFIDENCE = 1.96  # of the normal distribution: 95% within it on both sides
_WIDEST = 2.0  # an interval of a percentile that spans more than so many times says too little


def share_between(hits: float, of: float) -> tuple[float, float]:
    """Return the interval of 95% for a share of which ``hits`` in ``of`` were seen.

    Wilson's score interval, which is sound for shares near 0 and 1 too; all there is of none.
    """
    if of <= 0:
        return 0.0, 1.0
    square = _CONFIDENCE**2
    share = hits / of
    middle = share + square / (2 * of)
    half = _CONFIDENCE * sqrt(share * (1 - share) / of + square / (4 * of**2))
    low, high = (middle - half) / (1 + square / of), (middle + half) / (1 + square / of)
    return max(0.0, low), min(1.0, high)


@dataclass(frozen=True)
class Stays:
    """Histograms of stays by duration: so many in each step, the first step first.

    ``waiting`` were seen to wait so long and no longer: they still wait, or nobody waits for them
    any more because a later request has brought the device an image.
    """

    passed: Sequence[int]
    failed: Sequence[int]
    waiting: Sequence[int]

    @classmethod
    def of(
        cls,
        passed: Mapping[int, int] | None = None,
        failed: Mapping[int, int] | None = None,
        waiting: Mapping[int, int] | None = None,
    ) -> "Stays":
        """Return the stays counted by step."""
        return cls(*(_dense(each or {}) for each in (passed, failed, waiting)))

    def __add__(self, other: "Stays") -> "Stays":
        return Stays(
            list(map(add, self.passed, other.passed)),
            list(map(add, self.failed, other.failed)),
            list(map(add, self.waiting, other.waiting)),
        )

    def __sub__(self, other: "Stays") -> "Stays":
        """Return the stays without those of ``other``, which are among them."""
        return Stays(
            list(map(sub, self.passed, other.passed)),
            list(map(sub, self.failed, other.failed)),
            list(map(sub, self.waiting, other.waiting)),
        )

    @cached_property
    def entered(self) -> int:
        """How many stays there are."""
        return self.passes + sum(self.failed) + sum(self.waiting)

    @cached_property
    def passes(self) -> int:
        """How many have passed."""
        return sum(self.passed)

    @cached_property
    def longest_pass_seconds(self) -> int:
        """The longest stay that ended with passing, in seconds; 0 if none did."""
        last = next((step for step in range(STEPS, 0, -1) if self.passed[step - 1]), 0)
        return seconds_within(last) if last else 0


def _dense(counts: Mapping[int, int]) -> Sequence[int]:
    row = [0] * STEPS
    for step, count in counts.items():
        row[step - 1] += count
    return row


NO_STAYS = Stays.of()


@dataclass(frozen=True)
class Estimate:
    """What some stays tell of any: the shares that have passed, and not ended, within each step.

    Lists are by step, the first step first.
    """

    stays: Stays

    @cached_property
    def at_risk(self) -> Sequence[int]:
        """How many were seen to wait until each step began."""
        stays = map(add, self._ended, self.stays.waiting)
        return list(accumulate(reversed(list(stays))))[::-1]

    @cached_property
    def _curves(self) -> tuple[Sequence[float], Sequence[float]]:
        surviving, passed = 1.0, 0.0
        survival, incidence = [1.0] * STEPS, [0.0] * STEPS
        ended, risk, until = self._ended, self.at_risk, 0
        for step, ends in enumerate(ended):
            if ends:
                survival[until:step] = [surviving] * (step - until)
                incidence[until:step] = [passed] * (step - until)
                passed += surviving * self.stays.passed[step] / risk[step]
                surviving *= 1 - ends / risk[step]
                until = step
        survival[until:] = [surviving] * (STEPS - until)
        incidence[until:] = [passed] * (STEPS - until)
        return survival, incidence

    @property
    def survival(self) -> Sequence[float]:
        """The share that has not ended when each step ends (Kaplan, Meier)."""
        return self._curves[0]

    @property
    def incidence(self) -> Sequence[float]:
        """The share that has passed when each step ends (Aalen, Johansen)."""
        return self._curves[1]

    @cached_property
    def hazard(self) -> Sequence[float]:
        """How many passes one that waits was to expect until each step ended (Nelson, Aalen)."""
        rates = (
            passes / risk if passes else 0.0
            for passes, risk in zip(self.stays.passed, self.at_risk, strict=True)
        )
        return list(accumulate(rates))

    @cached_property
    def hazard_by_hour(self) -> Sequence[float]:
        """``hazard`` at each whole hour, from none to when the longest stay that passed had."""
        hours = self.stays.longest_pass_seconds // _HOUR + 2
        return [hazard_at(self, hour * _HOUR) for hour in range(hours)]

    @property
    def passing_share(self) -> float:
        """The share that passes in the end, as far as stays were seen."""
        return self.incidence[-1]

    def seconds_until(self, share: float) -> int | None:
        """Return within how many seconds this share of all has passed; None if it never does."""
        step = bisect_left(self.incidence, share - 1e-12) + 1
        return seconds_within(step) if step <= STEPS else None

    def percentile(self, percent: int) -> int | None:
        """Return within how many seconds ``percent`` of 100 of all have passed, if that is known.

        None if so many never do, or if the stays are too few to say when.
        """
        share = percent / 100
        within = self.seconds_until(share)
        if within is None:
            return None
        low, high = share_between(share * self.stays.entered, self.stays.entered)
        earliest, latest = self.seconds_until(low), self.seconds_until(high)
        if earliest is None or latest is None or latest > _WIDEST * max(1, earliest):
            return None
        return within

    def seconds_of_passes(self, share: float) -> int | None:
        """Return within how many seconds this share of those that pass have; None if none does."""
        if not self.stays.passes:
            return None
        return self.seconds_until(share * self.passing_share)

    def arriving_share(self, waited_seconds: float) -> float | None:
        """Return which share of those that had waited so long still passed.

        None if fewer than FEWEST_STAYS were seen to wait so long, and long enough after it.
        """
        step = step_of_wait(waited_seconds)
        if self.followed(step) < FEWEST_STAYS:
            return None
        return self._arriving(step)

    def seconds_more(self, waited_seconds: float) -> int | None:
        """Return within how many seconds more half of those had passed that still did."""
        step = step_of_wait(waited_seconds)
        gone, end = self.incidence[step - 1], self.passing_share
        if end <= gone:
            return None
        within = self.seconds_until((gone + end) / 2)
        return None if within is None else max(1, within - int(waited_seconds))

    def _arriving(self, step: int) -> float:
        left = self.survival[step - 1]
        return (self.passing_share - self.incidence[step - 1]) / left if left > 1e-12 else 0.0

    def followed(self, step: int) -> int:
        """Return how many waited beyond a step and were seen to end, or to wait twice as long."""
        twice = step_of_wait(2 * seconds_within(step))
        return sum(self._ended[step:]) + sum(self.stays.waiting[twice:])

    @cached_property
    def _ended(self) -> Sequence[int]:
        return list(map(add, self.stays.passed, self.stays.failed))

    @cached_property
    def hopeless_seconds(self) -> int | None:
        """After how long a wait fewer than 1 in 20 still arrive, the interval's end included.

        And so few that of all that pass at most 1 in 2,000 comes later. None if there is no such.
        """
        late = self.seconds_of_passes(1 - _LATEST)
        if late is None:
            return None
        ended, waiting = _sums(self._ended), _sums(self.stays.waiting)
        for step in range(step_of(late), STEPS):
            twice = step_of_wait(2 * seconds_within(step))
            followed = ended[step] + waiting[twice]
            if followed < FEWEST_STAYS:
                return None
            arriving = self._arriving(step)
            if share_between(arriving * followed, followed)[1] < FEW_ARRIVE:
                return seconds_within(step)
        return None


FEW_ARRIVE = 0.05
"""Fewer than 1 in 20 still arrive: what the past hardly allows."""

_LATEST = 1 / 2000


def _sums(row: Sequence[int]) -> Sequence[int]:
    """Return of each step how many are in the later ones, from before the first step on."""
    return [*list(accumulate(reversed(row)))[::-1], 0]


def step_of_wait(seconds: float) -> int:
    """Return the step of a wait, which ends with the step for all that is in it."""
    return step_of(int(min(max(seconds, 0), SCALE[-1])))


def hazard_at(estimate: Estimate, waited_seconds: float) -> float:
    """Return how many passes one update was to expect within so long a wait."""
    return estimate.hazard[step_of_wait(waited_seconds) - 1] if waited_seconds > 0 else 0.0


def shown_count(count: int) -> int:
    """Return the greatest power of ten that is not above ``count``, which is at least 1."""
    return int(10 ** (len(str(count)) - 1))

"""At which hours of the week the updates of a region move, learnt from the hours of the past.

An hour tells something only if some were to be expected to move in it. An update waits for nothing
at an hour at which none ever moves, so such an hour speaks against nobody.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import add

from firmtrack.domain.waits import Estimate, step_of_wait

HOUR = 60 * 60

_HOURS_OF_WEEK = 7 * 24
_WEEKEND = (5, 6)
_EXPECTED = 3.0  # with so many to be expected, an hour without any tells something
_MOST = 0.9
_LONGEST_HOURS = 21 * 24
_FEWEST_OF_WEEK = 4
_FEWEST_OF_DAY = 8
_FEWEST_ALIKE = 3
_OFTEN = 0.7
_FEWEST_DAYS = 5
_RESTING_HOURS = 6
_RESTING_SHARE = 0.01


@dataclass(frozen=True)
class Activity:
    """How many entered a stage, and passed it, in which hour since the epoch; of all requests.

    ``kind`` says how long they take.
    """

    kind: Estimate
    entered: Mapping[int, int]
    passed: Mapping[int, int]

    @cached_property
    def expected(self) -> Mapping[int, float]:
        """How many of those that entered were to be expected to pass in which hour."""
        if not self.entered:
            return {}
        shares = self._shares
        first, last = min(self.entered), max(self.entered)
        entered = [self.entered.get(hour, 0) for hour in range(first, last + 1)]
        expected = [0.0] * (len(entered) + len(shares))
        for later, share in enumerate(shares):
            if not share:  # the scale's steps are wider than an hour later on
                continue
            until = later + len(entered)
            due = (share * count for count in entered)
            expected[later:until] = map(add, expected[later:until], due)
        return dict(enumerate(expected, first))

    @cached_property
    def _shares(self) -> list[float]:
        """Which share passes in which hour after its entry, until most have."""
        shares: list[float] = []
        gone = 0.0
        while len(shares) < _LONGEST_HOURS and gone < _MOST * self.kind.passing_share:
            now = self.kind.incidence[step_of_wait((len(shares) + 1) * HOUR) - 1]
            shares.append(now - gone)
            gone = now
        return shares

    @cached_property
    def _seen(
        self,
    ) -> tuple[Mapping[int, tuple[int, int]], Mapping[tuple[bool, int], tuple[int, int]]]:
        """Of each hour of the week, and of the day on working days and not: (moved, looked at)."""
        week: dict[int, tuple[int, int]] = {}
        day: dict[tuple[bool, int], tuple[int, int]] = {}
        last = max(self.passed, default=0)
        for hour, expected in self.expected.items():
            if expected < _EXPECTED or hour > last:
                continue
            has_moved = int(hour in self.passed)
            of_week = hour_of_week(hour)
            moved, looked = week.get(of_week, (0, 0))
            week[of_week] = (moved + has_moved, looked + 1)
            key = (of_week // 24 in _WEEKEND, of_week % 24)
            moved, looked = day.get(key, (0, 0))
            day[key] = (moved + has_moved, looked + 1)
        return week, day

    def moving_share(self, hour: int) -> float:
        """Return how often something moved in such an hour of the week when it was to be expected.

        0 if that was not often, or if too few such hours were seen.
        """
        week, day = self._seen
        of_week = hour_of_week(hour)
        moved, looked = week.get(of_week, (0, 0))
        if looked >= _FEWEST_OF_WEEK:
            return _if_often(moved, looked)
        if moved < looked:
            return 0.0
        moved, looked = day.get((of_week // 24 in _WEEKEND, of_week % 24), (0, 0))
        if looked >= _FEWEST_OF_DAY or (looked >= _FEWEST_ALIKE and moved == looked):
            return _if_often(moved, looked)
        return 0.0

    @cached_property
    def is_daily(self) -> bool:
        """Whether on several days next to nothing passed at some hours of the day.

        So it looks, too, if few passed at all; and never if they did so on few days.
        """
        if len({hour // 24 for hour in self.passed}) < _FEWEST_DAYS:
            return False
        of_day: Counter[int] = Counter()
        for hour, count in self.passed.items():
            of_day[hour % 24] += count
        resting = sum(of_day[hour] < _RESTING_SHARE * of_day.total() for hour in range(24))
        return resting >= _RESTING_HOURS


def _if_often(moved: int, looked: int) -> float:
    share = moved / looked
    return share if share >= _OFTEN else 0.0


def hour_of_week(hour: int) -> int:
    """Return which hour of the week an hour since the epoch is; 0 is Monday's first, in UTC."""
    return (hour + 3 * 24) % _HOURS_OF_WEEK

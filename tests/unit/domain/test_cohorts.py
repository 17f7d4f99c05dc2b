"""From what others' stays tell, and how a cohort moves, to who is slow and who has stalled."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from math import exp
from random import Random

import pytest

from firmtrack.domain.activity import Activity, hour_of_week
from firmtrack.domain.cohorts import Cohort, OtherStays, limits_of, relative_pace
from firmtrack.domain.durations import step_of
from firmtrack.domain.pace import Limits, Stall, is_slow, stall_of
from firmtrack.domain.waits import NO_STAYS, Estimate, Stays

HOUR = 3600.0
NOW = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)  # a Wednesday
NOW_HOUR = int(NOW.timestamp()) // 3600


def lasting(median: float, count: int, *, waiting: Mapping[float, int] | None = None) -> Stays:
    """So many stays that passed, lognormal about a median in hours, and those waiting so long."""
    random = Random(f"{median} {count}")
    passed = Counter(step_of(int(median * HOUR * exp(random.gauss(0, 0.7)))) for _ in range(count))
    still = Counter({step_of(int(each * HOUR)): n for each, n in (waiting or {}).items()})
    return Stays.of(passed, None, still)


def silent(waiting: Mapping[float, int], stays: Stays = NO_STAYS) -> Cohort:
    """A cohort of which nothing ever moved, but for what passed among ``stays`` before."""
    still = Counter({step_of(int(each * HOUR)): n for each, n in waiting.items()})
    return Cohort(
        stays=stays + Stays.of(None, None, still),
        waiting={NOW_HOUR - int(each): n for each, n in waiting.items()},
        moved_at=NOW - timedelta(hours=max(waiting)) if stays.passes else None,
    )


def busy(kind: Estimate, hours: range = range(24)) -> Activity:
    """A region in which 100 entered every hour for 90 days, and some passed in such hours."""
    past = range(NOW_HOUR - 90 * 24, NOW_HOUR)
    return Activity(
        kind,
        dict.fromkeys(past, 100),
        {hour: 100 for hour in past if hour_of_week(hour) % 24 in hours},
    )


def paced(limits: Limits, waited_hours: float) -> Stall | str | None:
    stall = stall_of(waited_hours * HOUR, NOW, limits, None)
    if stall is not None:
        return stall
    return "slow" if is_slow(waited_hours * HOUR, limits) else None


def test_without_enough_of_other_requests_nothing_is_known() -> None:
    for kind in (None, Estimate(lasting(8, 99)), Estimate(lasting(8, 0, waiting={500: 200}))):
        assert limits_of(OtherStays(kind=kind), silent({900: 5}), NOW) == Limits()


def test_a_first_roll_out_is_not_compared_with_itself() -> None:
    thousand = silent({24: 483}, lasting(12, 517))
    assert limits_of(OtherStays(kind=None), thousand, NOW) == Limits()


def test_a_slow_many_after_a_quick_pilot_is_no_flag_on_each_while_it_moves() -> None:
    pilot = Estimate(lasting(2, 150))
    waiting = {20.0: 600}
    many = Cohort(
        stays=lasting(12, 400, waiting=waiting),
        waiting={NOW_HOUR - 20: 600},
        moved_at=NOW - timedelta(minutes=10),
    )
    limits = limits_of(OtherStays(kind=pilot, activity=busy(pilot)), many, NOW)
    assert paced(limits, 20) is None
    assert relative_pace(400, 3_000) is not None


def test_a_device_behind_its_kind_and_its_cohort_is_slow_and_then_left_behind() -> None:
    kind = Estimate(lasting(8, 5_000))
    cohort = Cohort(
        stays=lasting(8, 990, waiting={60: 10}),
        waiting={NOW_HOUR - 60: 10},
        moved_at=NOW - timedelta(hours=2),
    )
    limits = limits_of(OtherStays(kind=kind, activity=busy(kind)), cohort, NOW)
    assert paced(limits, 20) is None
    assert paced(limits, 40) == "slow"
    assert paced(limits, 300) is Stall.PAST


def test_beyond_the_longest_of_the_past_a_cohort_that_does_not_move_has_stalled() -> None:
    kind = Estimate(lasting(8, 10_000))
    longest = kind.stays.longest_pass_seconds / HOUR
    limits = limits_of(OtherStays(kind=kind), silent({1.3 * longest: 3}), NOW)
    assert paced(limits, longest) == "slow"
    assert paced(limits, 1.3 * longest) is Stall.PAST


def test_what_became_quick_stalls_by_the_quick_past_as_soon_as_its_cohort_is_silent() -> None:
    quick = Estimate(lasting(2.5, 3_000))
    limits = limits_of(OtherStays(kind=quick, activity=busy(quick)), silent({20: 500}), NOW)
    assert paced(limits, 20) is Stall.COHORT


def test_where_updates_move_only_at_night_none_stalls_by_day() -> None:
    random = Random("night")
    nights = Counter(step_of(int(random.uniform(2, 22) * HOUR)) for _ in range(5_000))
    kind = Estimate(Stays.of(nights))
    waiting_by_day = silent({12: 500})
    by_day = limits_of(OtherStays(kind=kind, activity=busy(kind, range(2))), waiting_by_day, NOW)
    assert paced(by_day, 12) is None
    around_the_clock = limits_of(OtherStays(kind=kind, activity=busy(kind)), waiting_by_day, NOW)
    assert paced(around_the_clock, 12) is Stall.COHORT


@pytest.mark.parametrize(("expected", "passes", "pace"), [(100, 60, None), (20, 1, None)])
def test_a_pace_that_is_not_surely_slower_is_not_told(
    expected: float, passes: int, pace: float | None
) -> None:
    assert relative_pace(passes, expected) is pace


def test_a_hub_is_silent_by_what_hubs_were_and_else_by_what_updates_take() -> None:
    kind = Estimate(lasting(8, 5_000))
    cohort = Cohort(
        stays=lasting(8, 500, waiting={50: 5}), waiting={NOW_HOUR - 50: 5}, moved_at=NOW
    )
    alone = limits_of(OtherStays(kind=kind), cohort, NOW).hub_seconds
    p95 = kind.seconds_of_passes(0.95)
    assert alone is not None
    assert p95 is not None
    assert p95 < alone < 2 * p95
    hubs = Estimate(lasting(20, 10_000))
    serving_all_at_once = limits_of(OtherStays(kind=kind, hubs=hubs), cohort, NOW).hub_seconds
    assert serving_all_at_once is not None
    assert serving_all_at_once > hubs.stays.longest_pass_seconds

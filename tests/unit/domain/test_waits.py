"""The estimate from those that passed, failed and still wait is SciPy's, and it is calibrated."""

from collections import Counter
from collections.abc import Sequence
from math import exp
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from firmtrack.domain.durations import SCALE, seconds_within, step_of
from firmtrack.domain.waits import (
    FEW_ARRIVE,
    FEWEST_STAYS,
    STEPS,
    Estimate,
    Stays,
    share_between,
)

HOUR = 3600
counts = st.dictionaries(st.integers(1, 40), st.integers(1, 20), max_size=12)
some_stays = st.builds(Stays.of, counts, counts, counts).filter(lambda stays: stays.entered > 0)


def expanded(row: Sequence[int]) -> list[int]:
    return [step for step, count in enumerate(row, 1) for _ in range(count)]


@given(some_stays)
def test_the_share_that_has_not_ended_is_scipys(stays: Stays) -> None:
    ended = expanded(stays.passed) + expanded(stays.failed)
    waiting = expanded(stays.waiting)
    found = Estimate(stays)
    if not ended:
        assert set(found.survival) == {1.0}
        return
    data = stats.CensoredData.right_censored(
        ended + waiting, [False] * len(ended) + [True] * len(waiting)
    )
    known = stats.ecdf(data).sf
    steps = np.arange(1.0, STEPS + 1)
    assert np.allclose(found.survival, known.evaluate(steps), atol=1e-9)


@given(some_stays)
def test_passed_and_failed_and_not_ended_are_all(stays: Stays) -> None:
    found = Estimate(stays)
    others = Estimate(Stays(stays.failed, stays.passed, stays.waiting))
    assert np.allclose(np.add(np.add(found.incidence, others.incidence), found.survival), 1)
    assert min(found.incidence) >= 0


@given(some_stays)
def test_without_any_that_wait_the_shares_are_plain(stays: Stays) -> None:
    plain = Stays(stays.passed, stays.failed, [0] * STEPS)
    found = Estimate(plain)
    for step in (1, 10, 40):
        share = sum(plain.passed[:step]) / max(1, plain.entered)
        assert found.incidence[step - 1] == pytest.approx(share)


@given(some_stays, some_stays)
def test_stays_can_be_added_and_left_out_again(some: Stays, more: Stays) -> None:
    assert (some + more) - more == some
    assert (some + more).entered == some.entered + more.entered


@given(st.integers(0, 500), st.integers(1, 500))
def test_an_interval_is_wilsons(hits: int, more: int) -> None:
    of = hits + more
    low, high = share_between(hits, of)
    known = stats.binomtest(hits, of).proportion_ci(0.95, method="wilson")
    assert np.allclose((low, high), (known.low, known.high), atol=1e-4)


def of_seconds(*passed: float, waiting: Sequence[float] = ()) -> Estimate:
    return Estimate(
        Stays.of(
            Counter(step_of(int(each)) for each in passed),
            None,
            Counter(step_of(int(each)) for each in waiting),
        )
    )


def test_a_percentile_that_is_not_reached_is_not_known() -> None:
    found = of_seconds(*[HOUR] * 820, waiting=[900 * HOUR] * 180)
    assert found.percentile(50) == seconds_within(step_of(HOUR))
    assert found.percentile(95) is None
    assert found.seconds_of_passes(0.95) == seconds_within(step_of(HOUR))


def test_a_percentile_of_too_few_is_not_known() -> None:
    random = Random("few")
    spread = [HOUR * exp(random.gauss(0, 2)) for _ in range(4_000)]
    assert of_seconds(*spread[:100]).percentile(95) is None
    assert of_seconds(*spread).percentile(95) is not None


def test_what_had_not_been_followed_tells_nothing_of_what_arrives() -> None:
    young = of_seconds(*[HOUR] * 150, waiting=[1.5 * HOUR] * 500)
    assert young.arriving_share(0) is not None
    assert young.arriving_share(1.2 * HOUR) is None
    assert young.hopeless_seconds is None


def test_past_a_wait_after_which_next_to_none_arrive_there_is_no_hope() -> None:
    old = of_seconds(*[HOUR] * 5_000, *[30 * HOUR] * 2, waiting=[900 * HOUR] * 1_000)
    after = old.hopeless_seconds
    assert after is not None
    assert HOUR <= after < 30 * HOUR
    share = old.arriving_share(after)
    assert share is not None
    assert share < FEW_ARRIVE


def test_of_fewer_than_so_many_that_waited_as_long_nothing_is_said() -> None:
    few = of_seconds(*[HOUR] * 5_000, waiting=[900 * HOUR] * (FEWEST_STAYS - 1))
    assert few.arriving_share(2 * HOUR) is None
    assert few.hopeless_seconds is None


def test_the_share_that_still_arrives_is_what_held_out_stays_come_to() -> None:
    """In tenths of what was predicted, on 10,000 stays, looked at after waits of all lengths."""
    random = Random("h0")

    def stay() -> tuple[float, bool]:
        if random.random() < 0.15:
            return (HOUR * random.uniform(1, 200), False)
        return (10 * HOUR * exp(random.gauss(0, 1)), random.random() < 0.9)

    learnt = []
    for _ in range(20_000):
        lasted, passes = stay()
        learnt.append((lasted, passes, random.uniform(0, 2_000) * HOUR))
    found = Estimate(
        Stays.of(
            Counter(step_of(int(d)) for d, passes, seen in learnt if passes and d <= seen),
            Counter(step_of(int(d)) for d, passes, seen in learnt if not passes and d <= seen),
            Counter(step_of(int(seen)) for d, _, seen in learnt if d > seen),
        )
    )
    tenths: dict[int, list[tuple[float, bool]]] = {}
    looked_at = 0
    while looked_at < 10_000:
        (lasted, passes), waited = stay(), HOUR * exp(random.uniform(2, 5))
        share = found.arriving_share(waited)
        if lasted > waited and share is not None:
            looked_at += 1
            tenths.setdefault(min(9, int(share * 10)), []).append((share, passes))
    told = [each for each in tenths.values() if len(each) >= 300]
    assert len(told) >= 5
    for each in told:
        predicted = sum(share for share, _ in each) / len(each)
        arrived = sum(passes for _, passes in each) / len(each)
        assert abs(predicted - arrived) < 0.05


def test_a_wait_of_any_length_is_on_the_scale() -> None:
    endless = of_seconds(*[HOUR] * 150, waiting=[SCALE[-1]] * 150)
    assert endless.arriving_share(1e12) is None or endless.arriving_share(1e12) == 0
    assert endless.arriving_share(-5) == pytest.approx(0.5)

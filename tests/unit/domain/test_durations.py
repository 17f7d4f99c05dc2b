from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrack.domain.durations import SCALE, percentile_step, seconds_within, step_of

DAY = 24 * 60 * 60

durations = st.integers(0, 400 * DAY)


def test_the_scale_ascends_from_nothing_to_400_days() -> None:
    assert SCALE[0] == 0
    assert list(SCALE) == sorted(set(SCALE))
    assert SCALE[-2] < 400 * DAY <= SCALE[-1]


@given(durations)
def test_a_step_tells_a_duration_within_two_in_a_hundred(seconds: int) -> None:
    within = seconds_within(step_of(seconds))

    assert seconds <= within <= seconds * 1.02 + 1


def test_up_to_50_seconds_each_second_is_a_step_of_its_own() -> None:
    assert [seconds_within(step_of(seconds)) for seconds in range(50)] == list(range(50))


def test_what_is_longer_than_the_scale_is_told_as_its_end() -> None:
    assert seconds_within(step_of(4_000 * DAY)) == SCALE[-1]


@given(st.lists(durations, min_size=1), st.sampled_from([1, 50, 95, 100]))
def test_a_percentile_is_the_least_that_covers_its_part(seconds: list[int], percent: int) -> None:
    steps = sorted(map(step_of, seconds))
    histogram = sorted(Counter(steps).items())

    found = percentile_step(histogram, percent)

    assert sum(step <= found for step in steps) * 100 >= percent * len(steps)
    assert sum(step < found for step in steps) * 100 < percent * len(steps)


def test_nothing_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="not enough values"):
        percentile_step([], 50)

from hypothesis import given
from hypothesis import strategies as st

from firmtrack.domain.durations import SCALE, seconds_within, step_of

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

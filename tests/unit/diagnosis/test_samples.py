"""How many of others' stays a usual time rests on is nobody's to see."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrack.store.dwell import FEWEST_SAMPLES, UsualDwell


def usual_of(samples: int) -> UsualDwell:
    return UsualDwell(p50_seconds=1, p95_seconds=2, samples=samples, group=())


@pytest.mark.parametrize(
    ("samples", "shown"), [(100, 100), (101, 100), (999, 100), (1000, 1000), (123_456, 100_000)]
)
def test_a_power_of_ten_is_shown(samples: int, shown: int) -> None:
    assert usual_of(samples).shown_samples == shown


@given(st.integers(FEWEST_SAMPLES, 10**12))
def test_there_were_as_many_as_shown_and_fewer_than_ten_times_as_many(samples: int) -> None:
    shown = usual_of(samples).shown_samples
    assert shown <= samples < 10 * shown

"""Who is slow and who has stalled in some simulated worlds; in all of them: ``make bench``."""

from random import Random

import pytest

from bench import worlds
from bench.judging import judge
from bench.waits import usual_p95
from tests.examples import first_of

_COSTLY = (worlds.nights, worlds.shared_hubs)
MOST_STALLED, MOST_SLOW = 0.001, 0.05


@pytest.mark.parametrize(
    "make",
    [
        worlds.first_roll_out,
        worlds.one_pilot,
        *(pytest.param(each, marks=pytest.mark.thorough) for each in _COSTLY),
    ],
)
def test_where_nothing_is_held_next_to_none_is_called_stalled_and_few_slow(
    make: worlds.Maker,
) -> None:
    found = judge(make(Random("a world")))
    assert found.entered
    assert found.stalled_share <= MOST_STALLED
    assert found.slow_share <= MOST_SLOW


@pytest.mark.parametrize("make", first_of([worlds.slow_then_quick, worlds.outage]))
def test_the_outage_of_a_region_is_found_within_14_hours(make: worlds.Maker) -> None:
    world = make(Random("an outage"))
    found = judge(world)
    assert {outage: found.found.get(outage, 99) <= 14 for outage in world.outages} == dict.fromkeys(
        world.outages, True
    )
    assert found.stalled_share <= MOST_STALLED
    assert found.slow_share <= MOST_SLOW


@pytest.mark.thorough
def test_a_silent_hub_is_found_within_twice_what_95_percent_take() -> None:
    world = worlds.silent_hubs(Random("a hub"))
    p95 = usual_p95(world)
    found = judge(world)
    assert [found.found.get(outage, 999) <= 2 * p95 for outage in world.outages] == [True, True]
    assert found.stalled_share <= MOST_STALLED

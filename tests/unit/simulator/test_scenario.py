"""What can be simulated, and what cannot."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from firmtrack.domain.identifiers import Eui64
from firmtrack.simulator.scenario import ImpossibleScenario, Scenario

_POSSIBLE = Scenario(requests=1, devices=1, seed=0)


@pytest.mark.parametrize(
    "change",
    [
        {"requests": 0},
        {"devices": 0},
        {"devices": 50_001},
        {"days": 0},
        {"doubled": 1.1},
        {"late": -0.1},
        {"image_bytes": 10_240_001},
        {"start": datetime(2025, 1, 1)},  # noqa: DTZ001 the missing zone is the point
        {"suppliers": (Eui64(1),)},
        {"suppliers": (Eui64(1), Eui64(1))},
    ],
    ids=str,
)
def test_an_impossible_scenario_is_refused_by_the_name_of_its_field(
    change: dict[str, Any],
) -> None:
    (field,) = change
    with pytest.raises(ImpossibleScenario) as caught:
        replace(_POSSIBLE, **change)
    assert caught.value.field == field
    assert field in str(caught.value)


def test_the_largest_legal_request_and_image_are_possible() -> None:
    replace(_POSSIBLE, devices=50_000, image_bytes=10_240_000, doubled=True)


def test_time_begins_in_utc_at_a_whole_second_and_lasts_its_days() -> None:
    start = datetime(2025, 7, 1, 9, 0, 0, 999, tzinfo=timezone(timedelta(hours=1)))
    scenario = replace(_POSSIBLE, start=start, days=2)
    assert scenario.first_second == datetime(2025, 7, 1, 8, tzinfo=UTC)
    assert scenario.end == datetime(2025, 7, 3, 8, tzinfo=UTC)

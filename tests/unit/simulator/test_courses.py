"""Values that change in the course of time."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from firmtrack.simulator.courses import Course

_NOON = datetime(2025, 1, 6, 12, tzinfo=UTC)
_CHANGES = [(_NOON + timedelta(hours=hour), f"from {hour}") for hour in (1, 2, 3)]


def test_what_never_changed_is_what_it_was_first() -> None:
    course = Course("first")
    assert course.last == course.as_of(_NOON) == "first"


@pytest.mark.parametrize("changes", list(permutations(_CHANGES)))
def test_a_change_counts_from_its_moment_on_in_whichever_order_it_was_told(
    changes: tuple[tuple[datetime, str], ...],
) -> None:
    course = Course("first")
    for at, value in changes:
        course.change(at, value)
    assert course.as_of(_NOON) == "first"
    assert [course.as_of(at) for at, _ in _CHANGES] == ["from 1", "from 2", "from 3"]
    assert course.as_of(_CHANGES[2][0] - timedelta(seconds=1)) == "from 2"
    assert course.last == "from 3"


def test_of_two_changes_at_one_moment_the_one_told_last_counts() -> None:
    course = Course("first")
    course.change(_NOON, "one")
    course.change(_NOON, "other")
    assert course.as_of(_NOON) == course.last == "other"

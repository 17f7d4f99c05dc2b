"""How long nobody was answered is measured as long as it was."""

from tests.faults.watching import longest_gap

_TIMES = [0.0, 1.0, 2.0, 9.0, 10.0, 11.0, 30.0]


def test_the_gap_of_a_fault_is_the_longest_that_overlaps_it() -> None:
    assert longest_gap(_TIMES, 2.5, 8.0) == 7.0


def test_a_gap_that_begins_just_after_a_fault_is_its_own() -> None:
    assert longest_gap(_TIMES, 10.5, 10.5) == 19.0


def test_a_gap_long_after_a_fault_is_not_its_own() -> None:
    assert longest_gap(_TIMES, 0.5, 0.5) == 7.0
    assert longest_gap([0.0, 1.0, 2.0, 3.0, 9.0], 0.1, 0.2) == 1.0

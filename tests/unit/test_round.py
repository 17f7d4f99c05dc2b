"""What docs/scale.md says of a national round is what bench.round computes, and that is right."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bench import round as national_round
from bench.round import Fault, course
from bench.round_flow import flow
from bench.round_traffic import DAY_SECONDS, STEP_SECONDS, Nights, arrivals, delays

_ROOT = Path(__file__).resolve().parents[2]
_NIGHTS = Nights(requests=12, devices=1_000, nights=3, hours=4, report_hours=6)
_HOUR = 3_600 // STEP_SECONDS


def test_the_page_has_the_tables_as_they_are_computed() -> None:
    page = (_ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    assert national_round.document(national_round.numbers_of([])) in page, (
        "python -m bench.round prints them"
    )


def test_what_is_not_taken_at_once_waits_for_its_turn() -> None:
    made = flow(np.array([10.0, 0, 0, 5]), np.full(4, 4.0))
    assert made.waiting.tolist() == [6, 2, 0, 1]
    assert made.longest_wait_seconds == 2 * STEP_SECONDS
    assert flow(np.array([3.0, 4]), np.full(2, 4.0)).longest_wait_seconds == 0


def test_all_messages_of_a_round_come_and_only_in_the_hours_of_reports() -> None:
    come = arrivals(_NIGHTS, 10, delays(1), seed=1)
    assert come.sum() == pytest.approx(12 * 1_000 * 10)
    of_day = np.arange(len(come)) * STEP_SECONDS % DAY_SECONDS
    assert come[of_day >= 6 * 3_600].sum() == 0
    assert come[of_day < 6 * 3_600].max() > 0


def test_the_same_seed_gives_the_same_round_and_another_one_another() -> None:
    after = delays(1)
    assert np.array_equal(after, delays(1))
    assert not np.array_equal(after, delays(2))
    first, again, other = (arrivals(_NIGHTS, 10, after, seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert first.sum() == pytest.approx(other.sum())
    assert not np.array_equal(first[:_HOUR], other[:_HOUR])


def _steady(hours: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Ten messages a second, eleven in the second hour."""
    come = np.full(hours * _HOUR, 10.0 * STEP_SECONDS)
    come[_HOUR : 2 * _HOUR] *= 1.1
    return come


def test_a_fault_begins_with_the_busiest_hour_and_what_waited_is_taken_after_it() -> None:
    made = course(_steady(8), Fault("nothing is taken", 600, 0), rate=22)
    assert made.most_waiting == pytest.approx(11 * 600)
    assert made.waiting_after(5) == pytest.approx(11 * (300 + STEP_SECONDS))
    assert made.flow.longest_wait_seconds == 600
    assert made.caught_up_minutes == pytest.approx(10)
    assert made.flow.waiting[-1] < 1


def test_with_half_of_what_takes_it_waits_only_if_more_than_that_comes() -> None:
    half = Fault("half is away", 3_600, 0.5)
    assert course(_steady(8), half, rate=24).most_waiting < 1
    assert course(_steady(8), half, rate=20).most_waiting == pytest.approx(3_600)


def test_what_the_stream_does_not_take_waits_with_who_sends_it() -> None:
    made = course(_steady(8), Fault("no leader", 60, 0, is_before_stream=True), rate=22)
    assert made.most_waiting == pytest.approx(11 * 60)
    assert made.flow.longest_wait_seconds == 60
    assert made.flow.waiting[-1] < 1


def test_what_does_not_suffice_never_catches_up() -> None:
    made = course(_steady(3), Fault("nothing is taken", 600, 0), rate=5)
    assert np.isnan(made.caught_up_minutes)


def test_a_number_that_there_is_not_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.round", "night=1"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "no such number: night; there are " in done.stderr
    assert "nights" in done.stderr

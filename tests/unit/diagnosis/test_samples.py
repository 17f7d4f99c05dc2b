"""How many of others' stays a usual time rests on is nobody's to see, and is true all the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrack.diagnosis.diagnose import diagnose
from firmtrack.domain.stages import Stage, Status
from firmtrack.domain.waits import FEWEST_STAYS, Estimate, Stays, shown_count
from firmtrack.presentation.diagnosis_wording import slower_request_text
from firmtrack.store.reports.waits import KnownWait
from tests.unit.diagnosis.facts import HOUR, LIMITS, situation


@pytest.mark.parametrize(
    ("count", "shown"), [(100, 100), (101, 100), (999, 100), (1000, 1000), (123_456, 100_000)]
)
def test_a_power_of_ten_is_shown(count: int, shown: int) -> None:
    assert shown_count(count) == shown


@given(st.integers(FEWEST_STAYS, 10**12))
def test_there_were_as_many_as_shown_and_fewer_than_ten_times_as_many(count: int) -> None:
    shown = shown_count(count)
    assert shown <= count < 10 * shown


def sentence(passed: int, failed: int = 0) -> str:
    known = KnownWait(limits=LIMITS, estimate=Estimate(Stays.of({200: passed}, {300: failed})))
    return diagnose(situation(Status.SENT_TO_CSP, HOUR, wait=known)).sentence


@pytest.mark.parametrize(
    ("passed", "failed", "said"),
    [
        (820, 180, "Of more than 100 updates that reached this stage, 82% have passed it;"),
        (821, 180, "Of more than 1,000 updates that reached this stage, 82% have passed it;"),
        (9_999, 1, "Of more than 1,000 updates that reached this stage, 99% have passed it;"),
        (100, 0, "Of more than 10 updates that reached this stage, all have passed it;"),
        (1, 999, "Of more than 100 updates that reached this stage, fewer than 1% have passed it;"),
    ],
)
def test_a_sentence_says_more_than_only_of_a_count_that_is_more(
    passed: int, failed: int, said: str
) -> None:
    assert said in sentence(passed, failed)


@pytest.mark.parametrize(
    ("pace", "said"),
    [
        (0.5, "about half"),
        (0.34, "about a third"),
        (0.2, "about a fifth"),
        (0, "less than a tenth"),
    ],
)
def test_a_request_that_is_slower_as_a_whole_is_told_by_which_part(pace: float, said: str) -> None:
    told = slower_request_text(Stage.SENT_TO_CSP, pace)
    assert f"at “Sent to CSP” go on at {said} of the pace of those of other requests." in told

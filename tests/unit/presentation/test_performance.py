from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from firmtrack.answers.counted import Counted
from firmtrack.answers.performance import Figures, Group, Milestone, PerformanceAnswer, Timing
from firmtrack.domain.stages import CompletionStatus
from firmtrack.presentation.performance import counted_text, group_name, timed_text

NOTHING = Figures(completions={}, timings={})


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (("ESME", "00AB", "1234"), "ESME 00AB 1234"),
        (("ESME", "00AB", ""), "ESME 00AB, model not known"),
        (("ESME", "", ""), "ESME, model not known"),
        (("ESME", "", "1234"), "ESME 1234, manufacturer not known"),
        (("", "00AB", "1234"), "00AB 1234, device type not known"),
        (("", "", ""), "Not known"),
        (("North",), "North"),
        (("",), "Not known"),
    ],
)
def test_a_group_is_named_by_what_is_known_of_it(value: tuple[str, ...], name: str) -> None:
    assert group_name(Group(value=value, figures=NOTHING)) == name


NOW = datetime(2026, 11, 14, 9, 12, tzinfo=UTC)
AGO = NOW - timedelta(minutes=2, seconds=30)


def counted(at: datetime | None, waiting: int, *, is_at_least: bool = False) -> PerformanceAnswer:
    """Figures of nothing, counted at a moment, with so many requests that have changed since."""
    return PerformanceAnswer(
        total=NOTHING,
        funnel=(),
        reasons=(),
        groups={},
        waiting=waiting,
        is_at_least=is_at_least,
        counted=Counted(at, NOW),
    )


@pytest.mark.parametrize(
    ("at", "waiting", "text"),
    [
        (
            AGO,
            3,
            "Counted 2 minutes ago (14 November 2026, 09:09 GMT); 3 requests have changed since.",
        ),
        (
            NOW + timedelta(seconds=1),  # two clocks
            1,
            (
                "Counted less than a minute ago (14 November 2026, 09:12 GMT); 1 request has "
                "changed since."
            ),
        ),
        (AGO, 0, "Counted 2 minutes ago (14 November 2026, 09:09 GMT); nothing has changed since."),
        (None, 0, "There is no record of when these figures were counted."),
        (
            None,
            1_234,
            (
                "There is no record of when these figures were counted; 1,234 requests have "
                "changed since."
            ),
        ),
    ],
)
def test_figures_say_how_old_they_are(at: datetime | None, waiting: int, text: str) -> None:
    assert counted_text(counted(at, waiting)) == text


@pytest.mark.parametrize(
    ("waiting", "changed"),
    [(0, "many devices have"), (1, "at least 1 request has"), (20, "at least 20 requests have")],
)
def test_that_there_may_be_more_is_said(waiting: int, changed: str) -> None:
    answer = counted(AGO, waiting, is_at_least=True)
    assert counted_text(answer).endswith(f"; {changed} changed since.")


@pytest.mark.parametrize(("timed", "successful"), [(0, 0), (3, 3)])
def test_where_as_many_are_timed_as_are_successful_nothing_is_said(
    timed: int, successful: int
) -> None:
    assert timed_text(timed_figures(timed, successful)) is None


@pytest.mark.parametrize(("timed", "successful"), [(936, 929), (0, 1), (1_936, 1_929)])
def test_where_others_are_timed_than_are_successful_it_says_why(
    timed: int, successful: int
) -> None:
    said = timed_text(timed_figures(timed, successful))
    assert said is not None
    assert said.startswith(f"{timed:,} timed to completion, {successful:,} Successful: ")


def timed_figures(timed: int, successful: int) -> Figures:
    return replace(
        NOTHING,
        completions={CompletionStatus.SUCCESSFUL: successful},
        timings={Milestone.COMPLETION: Timing(samples=timed, p50_seconds=1, p95_seconds=2)}
        if timed
        else {},
    )

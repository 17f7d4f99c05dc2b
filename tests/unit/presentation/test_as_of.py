"""Moments of the past, as programs and people write them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrack.presentation.as_of import (
    MalformedMoment,
    moved_back_text,
    read_moment,
    read_typed_moment,
    typed_text,
)
from firmtrack.presentation.times import local_text, utc_text

MORNING = datetime(2026, 11, 14, 9, 12, tzinfo=UTC)


@given(st.integers(0, 10**10).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)))
def test_a_moment_is_read_as_it_is_written(moment: datetime) -> None:
    assert read_moment(utc_text(moment)) == moment
    assert read_typed_moment(utc_text(moment)) == moment


def test_a_moment_typed_again_is_the_same_to_the_minute() -> None:
    summer = datetime(2026, 7, 14, 8, 12, tzinfo=UTC)

    assert typed_text(summer) == "14/07/2026 09:12"
    assert read_typed_moment(typed_text(summer)) == summer


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-14T09:12:00Z",
        "2026-11-14T10:12:00+01:00",
        "14/11/2026 09:12",
        " 14/11/2026,  9:12 ",
        "14.11.2026 09.12",
        "14 11 2026 09:12",
        "2026-11-14 09:12",
        "2026-11-14T09:12",
    ],
)
def test_people_may_write_a_moment_in_several_ways(text: str) -> None:
    assert read_typed_moment(text) == MORNING


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("14/07/2026 09:12", "14 July 2026, 09:12 BST"),
        ("25/10/2026 01:30", "25 October 2026, 01:30 BST"),
    ],
)
def test_the_clock_is_that_of_great_britain(text: str, shown: str) -> None:
    assert local_text(read_typed_moment(text)) == shown


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-03-01", "24:00", "x" * 10_000, "14/11/2026",
     "31/02/2026 09:12", "14/11/2026 25:12", "0000-01-01 00:00",
     "2026-11-14T09:12:00", "2026-11-14T09:12:00 01:00", "0001-01-01T00:00:00+14:00",
     "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"],
)  # fmt: skip
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(MalformedMoment):
        read_moment(text)
    with pytest.raises(MalformedMoment):
        read_typed_moment(text)


def test_what_was_moved_back_says_to_when_by_the_clock_in_great_britain() -> None:
    assert moved_back_text(datetime(2026, 7, 14, 8, 12, 59, 999_999, UTC)) == (
        "What was known at that time is not settled yet: more may still be recorded of it. This is"
        " what was known at 09:12:59 BST on 14 July 2026."
    )

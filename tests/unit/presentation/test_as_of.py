"""Moments of the past, as programs and people write them, and as Firmtrack itself does."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrack.presentation.as_of import (
    MalformedMoment,
    moved_back_text,
    not_known_then_text,
    read_moment,
    read_typed_beginning,
    read_typed_moment,
    read_typed_time,
    typed_text,
)
from firmtrack.presentation.search import SearchBy
from firmtrack.presentation.times import (
    day_text,
    local_text,
    near_day_text,
    near_text,
    shown_text,
    utc_text,
)

MORNING = datetime(2026, 11, 14, 9, 12, tzinfo=UTC)


@given(st.integers(0, 10**10).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)))
def test_a_moment_is_read_as_it_is_written(moment: datetime) -> None:
    assert read_moment(utc_text(moment)) == moment
    assert read_typed_moment(utc_text(moment)) == moment


# Every hour of two years, so that those which come twice, or never, are often among them, and the
# whole time that there are clocks in Great Britain.
near_times = st.integers(0, 2 * 366 * 86_400 * 1_000_000).map(
    lambda microseconds: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
)
all_times = st.integers(-60_000_000_000, 250_000_000_000).map(
    lambda seconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
hours_that_come_twice = st.integers(0, 2 * 3600 - 1).map(
    lambda seconds: datetime(2026, 10, 25, tzinfo=UTC) + timedelta(seconds=seconds)
)
times = near_times | all_times | hours_that_come_twice


@given(times)
def test_what_pages_files_and_emails_show_of_a_time_can_be_typed_and_means_that_time(
    at: datetime,
) -> None:
    minute = at.replace(second=0, microsecond=0)
    shown = local_text(at)
    # The clocks of old went by the sun, not by whole minutes.
    if at.year > 1850:
        typed = read_typed_time(shown)
        assert typed.first == minute
        assert typed.first <= at <= typed.last < minute + timedelta(minutes=1)
        assert read_typed_time(shown_text(at, is_day=False)) == typed
    assert read_typed_moment(utc_text(at)) == at
    assert read_typed_moment(at.isoformat()) == at
    to_second = f"{at.replace(microsecond=0):%Y%m%dT%H%M%SZ}".zfill(16)
    assert read_typed_time(to_second).first == at.replace(microsecond=0)


@given(times)
def test_what_the_page_of_a_moment_puts_into_its_own_field_means_that_second(at: datetime) -> None:
    if at.year > 1850:
        typed = read_typed_time(typed_text(at))
        assert typed.first <= at <= typed.last
        assert read_typed_moment(typed_text(typed.last)) == typed.last
        assert typed.last - typed.first < timedelta(minutes=1)


@given(times)
def test_the_second_to_which_a_moment_was_moved_back_can_be_typed(at: datetime) -> None:
    if at.year > 1850:
        said = moved_back_text(at).removesuffix(".").rsplit("known at ", 1)[1]
        typed = read_typed_time(said)
        assert typed.first == at.replace(microsecond=0)


@given(near_times, st.integers(0, 300))
def test_a_time_without_its_year_is_of_this_year(now: datetime, days: int) -> None:
    at = now - timedelta(days=days)
    assert read_typed_time(near_text(at, now), now) == read_typed_time(local_text(at))
    assert read_typed_time(near_day_text(at, now), now).first <= at


@given(near_times)
def test_a_day_alone_is_all_of_that_day_in_great_britain(at: datetime) -> None:
    first = read_typed_beginning(shown_text(at, is_day=True))
    last = read_typed_moment(shown_text(at, is_day=True))
    assert local_text(first).endswith((" 00:00 GMT", " 00:00 BST"))
    assert local_text(last).endswith((" 23:59 GMT", " 23:59 BST"))
    assert last - first < timedelta(hours=25)
    for text in (day_text(at.date()), f"{at:%d/%m/%Y}", f"{at:%Y-%m-%d}", f"{at:%d %B %Y}"):
        assert read_typed_beginning(text) == first


@given(st.text(max_size=60) | st.text("0123456789:/-., TZ+GMTBSeptmbr", max_size=40))
def test_whatever_is_typed_is_a_time_or_is_refused(text: str) -> None:
    try:
        typed = read_typed_time(text)
    except MalformedMoment:
        return
    assert typed.first.tzinfo is typed.last.tzinfo is UTC
    assert timedelta(0) <= typed.last - typed.first < timedelta(hours=25)


def test_a_moment_typed_again_is_the_same_to_the_minute() -> None:
    summer = datetime(2026, 7, 14, 8, 12, 59, 999_999, UTC)

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
        "14-11-2026 09:12",
        "14 11 2026 09:12",
        "2026-11-14 09:12",
        "2026-11-14T09:12",
        "2026-11-14T09:12Z",
        "2026-11-14 09:12:00",
        "2026-11-14 09:12:00 +0000",
        "2026-11-14 10:12 BST",
        "14 November 2026, 09:12 GMT",
        "14 November 2026 09:12",
        "14 nov 2026, 09:12 UTC",
        "Saturday 14th November 2026, 09:12",
        "Sat, 14 Nov 2026 09:12:00 GMT",
        "09:12:00 GMT on 14 November 2026",
        "20261114T091200Z",
    ],
)
def test_people_may_write_a_moment_in_several_ways(text: str) -> None:
    assert read_typed_beginning(text) == MORNING


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("14/11/2026 09:12", "2026-11-14T09:12:59.999999Z"),
        ("14/11/2026 09:12:07", "2026-11-14T09:12:07.999999Z"),
        ("14/11/2026 09:12:07.25", "2026-11-14T09:12:07.250000Z"),
        ("2026-11-14T09:12:00Z", "2026-11-14T09:12:00Z"),
        ("14 November 2026", "2026-11-14T23:59:59.999999Z"),
        ("14 July 2026", "2026-07-14T22:59:59.999999Z"),
    ],
)
def test_what_was_known_at_a_time_is_what_was_known_at_its_end(text: str, last: str) -> None:
    assert utc_text(read_typed_moment(text)) == last


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("14/07/2026 09:12", "14 July 2026, 09:12 BST"),
        ("25/10/2026 01:30", "25 October 2026, 01:30 BST"),
        ("25/10/2026 01:30 GMT", "25 October 2026, 01:30 GMT"),
    ],
)
def test_the_clock_is_that_of_great_britain(text: str, shown: str) -> None:
    assert local_text(read_typed_moment(text)) == shown


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "24:00", "x" * 10_000, "1" * 1_000_000, "14 " * 1_000,
     "31/02/2026 09:12", "14/11/2026 25:12", "14/11/2026 09:60", "0000-01-01 00:00", "14/11/26",
     "14 Ma 2026", "14 Mayday 2026", "14 November 2026, 09:12 CET", "9999-12-31",
     "2026-11-14T09:12:00 01:00", "0001-01-01T00:00:00+14:00",
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


@pytest.mark.parametrize(
    ("search_by", "said"),
    [
        (SearchBy.DEVICE_ID, "Nothing was known about this device then; first known on X."),
        (
            SearchBy.SERVICE_REQUEST_ID,
            "Nothing was known about this Service Request then; first known on X.",
        ),
    ],
)
def test_where_nothing_was_known_it_is_said_since_when(search_by: SearchBy, said: str) -> None:
    assert not_known_then_text(search_by, "X") == said

from datetime import UTC, datetime, timedelta, timezone

import pytest

from firmtrack.presentation.times import (
    duration_text,
    limit_text,
    local_text,
    near_text,
    utc_text,
)


def test_a_winter_time_is_written_in_gmt() -> None:
    assert local_text(datetime(2026, 11, 14, 9, 12, tzinfo=UTC)) == "14 November 2026, 09:12 GMT"


def test_a_summer_time_is_written_in_bst() -> None:
    assert local_text(datetime(2026, 7, 1, 23, 30, tzinfo=UTC)) == "2 July 2026, 00:30 BST"


def test_the_hour_that_happens_twice_is_told_apart_by_its_zone() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert local_text(first) == "25 October 2026, 01:30 BST"
    assert local_text(first + timedelta(hours=1)) == "25 October 2026, 01:30 GMT"


def test_machines_read_utc_whatever_the_zone() -> None:
    in_delhi = datetime(2026, 11, 14, 14, 42, 5, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert utc_text(in_delhi) == "2026-11-14T09:12:05Z"
    assert utc_text(in_delhi.replace(microsecond=250_000)) == "2026-11-14T09:12:05.250000Z"


def test_a_time_of_this_year_is_written_without_the_year() -> None:
    at = datetime(2026, 11, 14, 9, 12, tzinfo=UTC)
    assert near_text(at, datetime(2026, 1, 1, tzinfo=UTC)) == "14 November, 09:12 GMT"
    assert near_text(at, datetime(2027, 1, 1, tzinfo=UTC)) == "14 November 2026, 09:12 GMT"


def test_the_year_ends_when_it_does_in_great_britain() -> None:
    in_delhi = timezone(timedelta(hours=5, minutes=30))
    now = datetime(2027, 1, 1, 5, 0, tzinfo=in_delhi)
    assert near_text(datetime(2026, 12, 31, 9, 0, tzinfo=UTC), now) == "31 December, 09:00 GMT"


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(1, 1, 1, tzinfo=UTC), "1 January 1, 00:00 UTC"),
        (datetime(9999, 12, 31, 23, 59, tzinfo=UTC), "31 December 9999, 23:59 GMT"),
    ],
)
def test_the_first_and_the_last_time_that_a_message_can_state_are_shown(
    at: datetime, text: str
) -> None:
    assert local_text(at) == text


MINUTE, HOUR, DAY = 60, 3600, 86400


@pytest.mark.parametrize(
    ("seconds", "lasted", "within"),
    [
        (0, "less than a minute", "less than a minute"),
        (59, "less than a minute", "1 minute"),
        (MINUTE, "1 minute", "1 minute"),
        (HOUR, "1 hour", "1 hour"),
        (119.5 * MINUTE, "119 minutes", "2 hours"),
        (2 * HOUR, "2 hours", "2 hours"),
        (26.2 * HOUR, "26 hours", "27 hours"),
        (47.5 * HOUR, "47 hours", "2 days"),
        (3 * DAY + 4 * HOUR, "3 days 4 hours", "3 days 4 hours"),
        (3 * DAY + HOUR, "3 days 1 hour", "3 days 1 hour"),
        (9 * DAY + 23.5 * HOUR, "9 days 23 hours", "10 days"),
        (10.5 * DAY, "10 days", "11 days"),
        (400 * DAY, "400 days", "400 days"),
    ],
)
def test_a_duration_is_rounded_down_and_a_limit_up(
    seconds: float, lasted: str, within: str
) -> None:
    assert duration_text(seconds) == lasted
    assert limit_text(seconds) == within

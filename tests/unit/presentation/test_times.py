from datetime import UTC, datetime, timedelta, timezone

from firmtrack.presentation.times import local_text, utc_text


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

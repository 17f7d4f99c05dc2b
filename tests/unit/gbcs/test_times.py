"""The three ways in which GBCS writes a time."""

from datetime import UTC, datetime

import pytest

from firmtrack.gbcs.octets import MalformedGbcs
from firmtrack.gbcs.times import (
    read_dlms_date_time,
    read_generalized_time,
    read_seconds_since_2000,
)


def dlms(**changes: int) -> bytes:
    fields = {
        "year": 2026,
        "month": 11,
        "day": 22,
        "weekday": 7,
        "hour": 12,
        "minute": 38,
        "second": 9,
        "hundredths": 25,
        "deviation": 0,
        "status": 0,
    } | changes
    sizes = {"year": 2, "deviation": 2}
    return b"".join(
        (value % (1 << 8 * sizes.get(name, 1))).to_bytes(sizes.get(name, 1), "big")
        for name, value in fields.items()
    )


def test_a_dlms_date_time_states_a_moment_in_utc() -> None:
    assert read_dlms_date_time(dlms()) == datetime(2026, 11, 22, 12, 38, 9, 250_000, UTC)


def test_the_reference_messages_date_time_is_the_beginning_of_2015() -> None:
    octets = bytes.fromhex("07df0101ff000000008000ff")
    assert read_dlms_date_time(octets) == datetime(2015, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("deviation", "hour", "minute"),
    [(-60, 11, 38), (0, 12, 38), (90, 14, 8), (-0x8000, 12, 38), (-720, 0, 38)],
)
def test_the_deviation_leads_from_local_time_to_utc(deviation: int, hour: int, minute: int) -> None:
    stated = read_dlms_date_time(dlms(deviation=deviation))
    assert stated == datetime(2026, 11, 22, hour, minute, 9, 250_000, UTC)
    assert stated.tzinfo is UTC


@pytest.mark.parametrize(
    "changes",
    [
        {"year": 0xFFFF},
        {"month": 0xFF},
        {"month": 0xFE},
        {"month": 0xFD},
        {"day": 0xFF},
        {"day": 0xFE},
        {"day": 0xFD},
        {"hour": 0xFF},
        {"minute": 0xFF},
        {"second": 0xFF},
    ],
)
def test_a_date_time_with_a_part_unspecified_states_no_moment(changes: dict[str, int]) -> None:
    assert read_dlms_date_time(dlms(**changes)) is None


def test_a_date_time_with_nothing_specified_states_no_moment() -> None:
    assert read_dlms_date_time(bytes.fromhex("ffffffffffffffffff8000ff")) is None


@pytest.mark.parametrize("changes", [{"weekday": 0xFF}, {"status": 0xFF}, {"status": 0x80}])
def test_weekday_and_clock_status_do_not_matter(changes: dict[str, int]) -> None:
    assert read_dlms_date_time(dlms(**changes)) == read_dlms_date_time(dlms())


def test_unspecified_hundredths_count_as_none() -> None:
    assert read_dlms_date_time(dlms(hundredths=0xFF)) == read_dlms_date_time(dlms(hundredths=0))


@pytest.mark.parametrize(
    "changes",
    [
        {"year": 0},
        {"year": 10_000},
        {"month": 0},
        {"month": 13},
        {"month": 2, "day": 30},
        {"day": 0},
        {"day": 31},
        {"weekday": 0},
        {"weekday": 8},
        {"hour": 24},
        {"minute": 60},
        {"second": 60},
        {"hundredths": 100},
        {"deviation": 841},
        {"deviation": -841},
        {"year": 1, "month": 1, "day": 1, "hour": 0, "deviation": -60},
        {"year": 9999, "month": 12, "day": 31, "hour": 23, "deviation": 60},
    ],
)
def test_a_date_time_that_no_clock_can_show_is_refused(changes: dict[str, int]) -> None:
    with pytest.raises(MalformedGbcs, match="date-time"):
        read_dlms_date_time(dlms(**changes))


@pytest.mark.parametrize("size", [0, 11, 13])
def test_a_date_time_has_12_octets(size: int) -> None:
    with pytest.raises(MalformedGbcs, match="not 12"):
        read_dlms_date_time(bytes(size))


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, datetime(2000, 1, 1, tzinfo=UTC)),
        (848_666_289, datetime(2026, 11, 22, 12, 38, 9, tzinfo=UTC)),
        (0xFFFFFFFE, datetime(2136, 2, 7, 6, 28, 14, tzinfo=UTC)),
        (0xFFFFFFFF, None),
    ],
)
def test_seconds_count_from_the_beginning_of_2000(seconds: int, expected: datetime | None) -> None:
    assert read_seconds_since_2000(seconds) == expected


def test_a_generalized_time_states_a_moment_in_utc() -> None:
    stated = read_generalized_time(b"20261122123809Z")
    assert stated == datetime(2026, 11, 22, 12, 38, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"20261122123809",
        b"20261122123809z",
        b"20261122123809.5Z",
        b"20261122123809+0000",
        b"202611221238Z",
        b"2026112212380 Z",
        b"+0261122123809Z",
        b"2026112212380\xb9Z",
        b"20260230000000Z",
        b"00000101000000Z",
        b"20261122240000Z",
        b"20261122123860Z",
    ],
)
def test_a_generalized_time_of_another_form_or_of_no_day_is_refused(octets: bytes) -> None:
    with pytest.raises(MalformedGbcs, match="time"):
        read_generalized_time(octets)

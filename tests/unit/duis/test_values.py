"""Texts that are values, and texts that are not."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrack.domain.identifiers import Eui64
from firmtrack.duis.values import read_base64, read_date_time, read_device_ids

_EUI = "00-DB-12-34-56-78-90-A0"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-04T05:06:07Z", datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)),
        ("2026-03-04T05:06:07", datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)),
        ("2026-03-04T05:06:07.5+01:00", datetime(2026, 3, 4, 4, 6, 7, 500000, tzinfo=UTC)),
        ("2026-03-04T05:06:07.1234567Z", datetime(2026, 3, 4, 5, 6, 7, 123456, tzinfo=UTC)),
        ("2026-03-04T05:06:07-14:00", datetime(2026, 3, 4, 19, 6, 7, tzinfo=UTC)),
        ("2026-12-31T24:00:00Z", datetime(2027, 1, 1, tzinfo=UTC)),
        ("2026-12-31T24:00:00.000-00:00", datetime(2027, 1, 1, tzinfo=UTC)),
        ("2024-02-29T00:00:00Z", datetime(2024, 2, 29, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_date_and_time_is_read_in_utc(text: str, expected: datetime) -> None:
    time = read_date_time(text)
    assert time == expected
    assert time.tzinfo is UTC


@given(st.datetimes(timezones=st.just(UTC)), st.sampled_from(["Z", "+00:00", ""]))
def test_a_time_is_read_as_it_was_written_whatever_way_that_is(time: datetime, zone: str) -> None:
    assert read_date_time(time.isoformat().removesuffix("+00:00") + zone) == time


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-03-04",
        "2026-03-04 05:06:07Z",
        "20260304T050607Z",
        "2026-W10-3T05:06:07Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2016-12-31T23:59:60Z",
        "2026-03-04T24:00:01Z",
        "2026-03-04T24:00:00.1Z",
        "2026-03-04T25:00:00Z",
        "2026-03-04T05:06:07.Z",
        "2026-03-04T05:06:07+14:01",
        "2026-03-04T05:06:07+01:60",
        "2026-03-04T05:06:07+0100",
        "10000-01-01T00:00:00Z",
        "-2026-03-04T05:06:07Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T24:00:00Z",
        "٢٠٢٦-03-04T05:06:07Z",
        "2026-03-04T05:06:07Z\n",
    ],
)
def test_what_is_no_date_and_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_date_time(text)


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_time_that_is_written_is_read_back(time: datetime) -> None:
    assert read_date_time(time.isoformat()) == time


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=50))
def test_a_list_is_read_whole_in_order_and_once_each(numbers: list[int]) -> None:
    text = ",".join(str(Eui64(number)) for number in numbers)
    assert read_device_ids(text) == tuple(dict.fromkeys(map(Eui64, numbers)))
    assert all(type(device_id) is Eui64 for device_id in read_device_ids(text.lower()))


@pytest.mark.parametrize(
    "text",
    ["", ",", f"{_EUI},", f",{_EUI}", f"{_EUI}, {_EUI}", f"{_EUI};{_EUI}", f" {_EUI}", f"{_EUI}\n"],
)
def test_what_is_no_list_of_devices_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="list of EUI-64s"):
        read_device_ids(text)


@given(st.binary(max_size=200), st.integers(1, 80))
def test_base64_is_read_with_and_without_white_space(octets: bytes, width: int) -> None:
    text = base64.b64encode(octets).decode()
    assert read_base64(text) == octets
    lines = "\n ".join(text[i : i + width] for i in range(0, len(text), width))
    assert read_base64(lines) == octets

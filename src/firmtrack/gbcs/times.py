"""The three ways in which GBCS messages write a time, all read into aware times in UTC.

A device's clock may be unset or wrong. What states no moment is None; what no clock could
state is malformed.
"""

import struct
from datetime import UTC, datetime, timedelta
from typing import Final

from firmtrack.gbcs.octets import MalformedGbcs

DLMS_DATE_TIME_SIZE: Final = 12

# year, month, day of month, day of week, hour, minute, second, hundredths, deviation, clock status
_DLMS_DATE_TIME: Final = struct.Struct(">HBBBBBBBhB")
_UNSPECIFIED_YEAR: Final = 0xFFFF
_UNSPECIFIED: Final = 0xFF
_UNSPECIFIED_DEVIATION: Final = -0x8000
_GREATEST_DEVIATION_MINUTES: Final = 14 * 60
_RECURRING_MONTHS: Final = frozenset({0xFD, 0xFE})
_RECURRING_DAYS: Final = frozenset({0xFD, 0xFE})

_EPOCH_2000: Final = datetime(2000, 1, 1, tzinfo=UTC)
_UNSPECIFIED_SECONDS: Final = 0xFFFFFFFF

_GENERALIZED_TIME_SIZE: Final = len("YYYYMMDDHHMMSSZ")


def read_dlms_date_time(octets: bytes) -> datetime | None:
    """Return the moment that a 12-octet DLMS date-time states, None if it states none.

    It states none when its date, hour, minute or second is unspecified, or names a day that
    recurs (such as the last of a month). Unspecified hundredths count as 0; an unspecified
    deviation as 0, since GBCS devices keep UTC; else UTC is local time plus the deviation.
    Raises MalformedGbcs. Source: DLMS UA 1000-1 (Blue Book), clause 4.1.6.1.
    """
    if len(octets) != DLMS_DATE_TIME_SIZE:
        raise MalformedGbcs(f"a date-time has {len(octets)} octets, not {DLMS_DATE_TIME_SIZE}")
    year, month, day, weekday, hour, minute, second, hundredths, deviation, _ = (
        _DLMS_DATE_TIME.unpack(octets)
    )
    if not (1 <= weekday <= 7 or weekday == _UNSPECIFIED):
        raise MalformedGbcs(f"date-time {octets.hex()} has no such day of the week")
    if (
        year == _UNSPECIFIED_YEAR
        or _UNSPECIFIED in (month, day, hour, minute, second)
        or month in _RECURRING_MONTHS
        or day in _RECURRING_DAYS
    ):
        return None
    if hundredths == _UNSPECIFIED:
        hundredths = 0
    if deviation == _UNSPECIFIED_DEVIATION:
        deviation = 0
    if abs(deviation) > _GREATEST_DEVIATION_MINUTES:
        raise MalformedGbcs(f"date-time {octets.hex()} is none that a clock can show")
    try:
        local = datetime(year, month, day, hour, minute, second, hundredths * 10_000, UTC)
        return local + timedelta(minutes=deviation) if deviation else local
    except (ValueError, OverflowError):
        raise MalformedGbcs(f"date-time {octets.hex()} is none that a clock can show") from None


def read_seconds_since_2000(seconds: int) -> datetime | None:
    """Return the moment ``seconds`` after 2000-01-01 UTC, None for FFFFFFFF, which says none.

    ``seconds`` is an unsigned 32-bit number. Source: Zigbee Cluster Library, data type UTCTime.
    """
    if seconds == _UNSPECIFIED_SECONDS:
        return None
    return _EPOCH_2000 + timedelta(seconds=seconds)


def read_generalized_time(octets: bytes) -> datetime:
    """Return the moment that ``YYYYMMDDHHMMSSZ`` states.

    Raises MalformedGbcs. Source: RFC 5280, clause 4.1.2.5.2: seconds always, fractions never.
    """
    digits, zone = octets[:-1], octets[-1:]
    if len(octets) != _GENERALIZED_TIME_SIZE or zone != b"Z" or not digits.isdigit():
        raise MalformedGbcs(f"time {octets[:32].hex()} is not of the form YYYYMMDDHHMMSSZ")
    try:
        return datetime(
            int(digits[0:4]),
            int(digits[4:6]),
            int(digits[6:8]),
            int(digits[8:10]),
            int(digits[10:12]),
            int(digits[12:14]),
            tzinfo=UTC,
        )
    except ValueError:
        raise MalformedGbcs(f"time {octets.decode('ascii')} does not exist") from None

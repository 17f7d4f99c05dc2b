"""Times as people type them, or copy them from a page, a file or an email: when they mean."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from firmtrack.errors import FirmtrackError
from firmtrack.presentation.times import MONTHS

_GREAT_BRITAIN = ZoneInfo("Europe/London")
_TICK = timedelta(microseconds=1)
_LONGEST = 80

# As people in Great Britain write days and times, and as their computers and Firmtrack do.
_DAYS = (
    r"(?P<day>\d{1,2})[-/. ](?P<month>\d{1,2})[-/. ](?P<year>\d{4})",
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})",
    (
        r"(?:[a-z]{3,9},? )?(?P<day>\d{1,2})(?:st|nd|rd|th)? "
        r"(?P<name>[a-z]{3,9})(?:,? (?P<year>\d{4}))?"
    ),
)
_CLOCK = (
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,](?P<fraction>\d+))?)?"
)
_ZONE = r"(?: ?(?P<zone>[a-z]{1,4}|[+-]\d{2}:?\d{2}))?"
_FORMS = (
    *(
        form.format(day=day, clock=_CLOCK, zone=_ZONE)
        for day in _DAYS
        for form in (
            "{day}",
            "{day}(?:,? | ?t|, ?){clock}{zone}",
            "{clock}{zone}(?:,| on)? {day}",
        )
    ),
    (
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
        r"T(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})(?P<zone>Z)"
    ),
)
_ANY_FORM = tuple(re.compile(each, re.ASCII | re.IGNORECASE) for each in _FORMS)
# Where the clocks of that time go by another name: as the abbreviations are meant.
_FIXED_ZONES: dict[str, tzinfo] = {
    **dict.fromkeys(("Z", "UT", "UTC", "GMT"), UTC),
    "BST": timezone(timedelta(hours=1)),
}


class NoTypedTime(FirmtrackError):
    """The text is no day or time in any of the ways in which they are written."""


@dataclass(frozen=True, slots=True)
class TypedTime:
    """The first and the last moment that a typed time may mean, in UTC.

    A time to the minute is all of that minute, and a day all of that day in Great Britain.
    """

    first: datetime
    last: datetime


def read_typed_time(text: str, now: datetime) -> TypedTime:
    """Return when ``text`` means; without a year that of ``now``. Raises NoTypedTime.

    Without a zone it is the clock in Great Britain; the hour that comes twice in autumn is then the
    first.
    """
    tidy = " ".join(text[: _LONGEST + 1].split())
    if len(text) > _LONGEST:
        raise NoTypedTime
    for form in _ANY_FORM:
        match = form.fullmatch(tidy)
        if match is not None:
            try:
                return _meant(match.groupdict(), now)
            except (ValueError, OverflowError):
                raise NoTypedTime from None
    raise NoTypedTime


def _meant(parts: dict[str, str | None], now: datetime) -> TypedTime:
    year, day = parts["year"], parts["day"]
    assert day is not None
    month = parts.get("month")
    date = {
        "year": now.astimezone(_GREAT_BRITAIN).year if year is None else int(year),
        "month": _month(parts["name"] or "") if month is None else int(month),
        "day": int(day),
    }
    hour, minute = parts.get("hour"), parts.get("minute")
    if hour is None or minute is None:
        begins_at = datetime(**date, tzinfo=_GREAT_BRITAIN)
        ends_at = begins_at + timedelta(days=1)  # of the clock: the day may have 23 hours, or 25
        return TypedTime(begins_at.astimezone(UTC), ends_at.astimezone(UTC) - _TICK)
    second, fraction = parts.get("second"), parts.get("fraction")
    microsecond = int(f"{fraction or 0:0<6}"[:6])
    at = _in_zone(
        datetime(
            **date,
            hour=int(hour),
            minute=int(minute),
            second=int(second or 0),
            tzinfo=_GREAT_BRITAIN,
        ),
        parts.get("zone"),
    ).astimezone(UTC) + timedelta(microseconds=microsecond)
    if second is None:
        return TypedTime(at, at + timedelta(minutes=1) - _TICK)
    if fraction is None:
        return TypedTime(at, at + timedelta(seconds=1) - _TICK)
    return TypedTime(at, at)


def _month(name: str) -> int:
    """Return the number of a month of which at least three letters are written."""
    for number, each in enumerate(MONTHS, 1):
        if each.upper().startswith(name.upper()):
            return number
    raise ValueError(name)


def _in_zone(local: datetime, zone: str | None) -> datetime:
    if zone is None:
        return local
    if zone[0] in "+-":
        minutes = int(zone[1:3]) * 60 + int(zone[-2:])
        offset = timedelta(minutes=minutes if zone[0] == "+" else -minutes)
        return local.replace(tzinfo=timezone(offset))
    for fold in (0, 1):
        there = local.replace(fold=fold)
        if there.tzname() == zone.upper():
            return there
    if zone.upper() not in _FIXED_ZONES:
        raise ValueError(zone)
    return local.replace(tzinfo=_FIXED_ZONES[zone.upper()])

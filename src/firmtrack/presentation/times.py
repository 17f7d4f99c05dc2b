"""Times as people in Great Britain read them, and as machines do."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from math import ceil, floor
from zoneinfo import ZoneInfo

_GREAT_BRITAIN = ZoneInfo("Europe/London")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def local_text(at: datetime) -> str:
    """Return an aware time in Great Britain's local time with the zone named, to the minute.

    For example ``14 November 2026, 09:12 GMT``. The month does not depend on the machine's locale.
    A time that the zone would move out of the years that there are stays as it is.
    """
    try:
        local = at.astimezone(_GREAT_BRITAIN)
    except OverflowError:
        local = at
    at_minute = f"{local.hour:02}:{local.minute:02} {local.tzname()}"
    return f"{local.day} {MONTHS[local.month - 1]} {local.year}, {at_minute}"


def day_text(day: date) -> str:
    """Return a day in words, like ``14 November 2026``."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def shown_text(at: datetime, *, is_day: bool) -> str:
    """Return ``local_text``, or the day alone, in UTC, of what nothing closer may be told."""
    return day_text(at.astimezone(UTC).date()) if is_day else local_text(at)


def near_day_text(at: datetime, now: datetime) -> str:
    """Return the day of an aware time in Great Britain, without the year if it is that of ``now``.

    For example ``14 November``.
    """
    return near_text(at, now).rsplit(", ", 1)[0]


def near_text(at: datetime, now: datetime) -> str:
    """Return an aware time as ``local_text`` does, without the year if it is that of ``now``."""
    text = local_text(at)
    return text.replace(f" {now.astimezone(_GREAT_BRITAIN).year},", ",", 1)


def duration_text(seconds: float) -> str:
    """Return how long something has lasted, in words: as much of it as has surely passed.

    Minutes below two hours, except one hour; hours below two days; then days and hours, and from
    ten days on only days.
    """
    return _duration(seconds, floor)


def limit_text(seconds: float) -> str:
    """Return a time within which something was over, in the words of ``duration_text``.

    Rounded up: within 26.2 hours is within 27 hours, and not within 26.
    """
    return _duration(seconds, ceil)


def ago_text(at: datetime, now: datetime) -> str:
    """Return how long ago something was, and when.

    For example ``2 minutes ago (14 November 2026, 09:12 GMT)``.
    """
    return f"{duration_text(max(0.0, (now - at).total_seconds()))} ago ({local_text(at)})"


def utc_text(at: datetime) -> str:
    """Return an aware time as RFC 3339 in UTC with ``Z``, with a fraction only if it has one."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _duration(seconds: float, whole: Callable[[float], int]) -> str:
    minutes = whole(seconds / 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 120 and minutes != 60:
        return _count(minutes, "minute")
    hours = whole(seconds / 3600)
    if hours < 48:
        return _count(hours, "hour")
    days, rest = divmod(hours, 24)
    if days >= 10:
        return _count(whole(seconds / 86400), "day")
    return f"{_count(days, 'day')} {_count(rest, 'hour')}" if rest else _count(days, "day")


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"

"""Moments and days that people and programs ask for."""

import re
from datetime import UTC, date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta, ValidationError, convert

from firmtrack.errors import FirmtrackError
from firmtrack.presentation.times import day_text

_GREAT_BRITAIN = ZoneInfo("Europe/London")

# As people in Great Britain write a day and a time, and as their computers do.
_DAY_FIRST = re.compile(
    r"(?P<day>\d{1,2})[/. ](?P<month>\d{1,2})[/. ](?P<year>\d{4})"
    r"[, ]+(?P<hour>\d{1,2})[:.](?P<minute>\d{2})",
    re.ASCII,
)
_YEAR_FIRST = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"[T, ]+(?P<hour>\d{1,2}):(?P<minute>\d{2})",
    re.ASCII,
)


USUAL_IS_OF_TODAY = "Waits are compared with what is usual today, not with what was usual then."


class MalformedMoment(FirmtrackError):
    """must be a time with its zone (RFC 3339), such as 2026-03-01T09:30:00Z."""


class MalformedDay(FirmtrackError):
    """must be a day (RFC 3339 full-date), such as 2026-03-01."""


def read_day(text: str) -> date:
    """Return the day that ``text`` writes as RFC 3339 full-date. Raises MalformedDay."""
    try:
        return convert(text, date)
    except ValidationError:
        raise MalformedDay from None


def read_time(text: str) -> datetime:
    """Return the time that ``text`` writes as RFC 3339, in UTC. Raises MalformedMoment."""
    try:
        at: datetime = convert(text, Annotated[datetime, Meta(tz=True)])
        return at.astimezone(UTC)
    except (ValidationError, OverflowError):
        raise MalformedMoment from None


def read_moment(text: str) -> datetime:
    """Return the time as ``read_time`` does, if it has a day in Great Britain, too.

    Raises MalformedMoment.
    """
    at = read_time(text)
    try:
        at.astimezone(_GREAT_BRITAIN)
    except OverflowError:
        raise MalformedMoment from None
    return at


def read_typed_moment(text: str) -> datetime:
    """Return the time that people mean by ``text``, in UTC. Raises MalformedMoment.

    RFC 3339, or a day and a time of the clock in Great Britain: ``14/11/2026 09:12``,
    ``2026-11-14 09:12``. The hour that comes twice in autumn is the first.
    """
    tidy = " ".join(text.split())
    match = _DAY_FIRST.fullmatch(tidy) or _YEAR_FIRST.fullmatch(tidy)
    if match is None:
        return read_moment(tidy)
    try:
        parts = {name: int(value) for name, value in match.groupdict().items()}
        return datetime(**parts, tzinfo=_GREAT_BRITAIN).astimezone(UTC)
    except (ValueError, OverflowError):
        raise MalformedMoment from None


def typed_text(moment: datetime) -> str:
    """Return a time as people in Great Britain type it: ``14/11/2026 09:12``."""
    return f"{moment.astimezone(_GREAT_BRITAIN):%d/%m/%Y %H:%M}"


def moved_back_text(settled: datetime) -> str:
    """Return what is said where the moment that was asked for was moved back to ``settled``."""
    local = settled.astimezone(_GREAT_BRITAIN)
    return (
        "What was known at that time is not settled yet: more may still be recorded of it. This is"
        f" what was known at {local:%H:%M:%S %Z} on {day_text(local.date())}."
    )

"""Moments and days that people and programs ask for."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta, ValidationError, convert

from firmtrack.errors import FirmtrackError
from firmtrack.presentation import typed_times
from firmtrack.presentation.known_from import not_found_text
from firmtrack.presentation.search_problems import SearchBy
from firmtrack.presentation.times import day_text
from firmtrack.presentation.typed_times import TypedTime

_GREAT_BRITAIN = ZoneInfo("Europe/London")
_TICK = timedelta(microseconds=1)
_MINUTE = timedelta(minutes=1)
_SOUGHT = {SearchBy.DEVICE_ID: "device", SearchBy.SERVICE_REQUEST_ID: "Service Request"}

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


def read_typed_time(text: str, now: datetime | None = None) -> TypedTime:
    """Return when people mean by ``text``. Raises MalformedMoment.

    RFC 3339, or any way in which Firmtrack writes a time or people in Great Britain do:
    ``14 November 2026, 09:12 GMT``, ``14/11/2026 09:12``, ``2026-11-14``.
    """
    tidy = " ".join(text.split())
    try:
        at = read_moment(tidy)
    except MalformedMoment:
        pass
    else:
        return TypedTime(at, at)
    try:
        typed = typed_times.read_typed_time(tidy, now or datetime.now(UTC))
        typed.first.astimezone(_GREAT_BRITAIN)
        typed.last.astimezone(_GREAT_BRITAIN)
    except (typed_times.NoTypedTime, OverflowError):
        raise MalformedMoment from None
    return typed


def read_typed_moment(text: str) -> datetime:
    """Return the last moment that people mean by ``text``, in UTC. Raises MalformedMoment.

    What was known at 09:12 is all that came to be known in that minute, too.
    """
    return read_typed_time(text).last


def read_typed_beginning(text: str) -> datetime:
    """Return the first moment that people mean by ``text``, in UTC. Raises MalformedMoment."""
    return read_typed_time(text).first


def typed_text(moment: datetime) -> str:
    """Return a time as people in Great Britain type it: ``14/11/2026 09:12``.

    The seconds are there unless it is the minute's end, which is what a time without them means;
    the zone is in the hour that comes twice.
    """
    local = moment.astimezone(_GREAT_BRITAIN)
    is_minutes_end = local.replace(second=0, microsecond=0) + _MINUTE - _TICK == local
    text = f"{local:%d/%m}/{local.year:04} {local:%H:%M}"
    if not is_minutes_end:
        text += f":{local:%S}"
    is_twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{text} {local.tzname()}" if is_twice else text


def not_known_then_text(
    search_by: SearchBy, first_known: str, *, kept_from: datetime | None = None
) -> str:
    """Return what is said where nothing was known at a moment, and first was ``first_known``.

    ``kept_from`` is from when on updates are kept, where that is later than the moment.
    """
    title = not_known_then_title(search_by, is_whole=kept_from is None)
    said = f"{title}; first known on {first_known}."
    return said if kept_from is None else f"{said} {not_found_text(kept_from)}"


def not_known_then_title(search_by: SearchBy, *, is_whole: bool = True) -> str:
    """Return what is said where nothing was known at a moment, without a full stop.

    ``is_whole`` says whether all is kept that was known then.
    """
    nothing = "Nothing" if is_whole else "Nothing that is still kept"
    return f"{nothing} was known about this {_SOUGHT[search_by]} then"


def moved_back_text(settled: datetime) -> str:
    """Return what is said where the moment that was asked for was moved back to ``settled``."""
    local = settled.astimezone(_GREAT_BRITAIN)
    return (
        "What was known at that time is not settled yet: more may still be recorded of it. This is"
        f" what was known at {local:%H:%M:%S %Z} on {day_text(local.date())}."
    )

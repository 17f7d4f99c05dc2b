"""Times as people in Great Britain read them, and as machines do."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_GREAT_BRITAIN = ZoneInfo("Europe/London")
_MONTHS = (
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
    """
    local = at.astimezone(_GREAT_BRITAIN)
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}, {local:%H:%M %Z}"


def utc_text(at: datetime) -> str:
    """Return an aware time as RFC 3339 in UTC with ``Z``, with a fraction only if it has one."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"

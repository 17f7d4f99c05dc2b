"""What a response means for the notice, and when to try again: tables and arithmetic, no clock."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from random import Random

from firmtrack.notices.calling import CallResponse

GIVE_UP_AFTER = timedelta(hours=72)
"""A notice that could not be delivered for so long is given up."""

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 900.0
LONGEST_RETRY_AFTER = timedelta(hours=1)

_GONE = 410
_PASSING_CODES = frozenset({408, 409, 423, 425, 429})
"""Refusals of the moment: too slow, in conflict, locked, too early, too many (RFC 9110, 6585)."""


class CallOutcome(StrEnum):
    """What becomes of a notice after a call."""

    DELIVERED = "delivered"
    TRY_AGAIN = "try_again"
    REFUSED = "refused"
    """It would be refused again: no use in trying on."""
    GONE = "gone"
    """The receiver wants no more notices."""


def outcome_of(response: CallResponse) -> CallOutcome:
    """Return what a response means. Anything but 2xx, a refusal for good or 410 may pass."""
    code = response.status_code
    if code is None:
        return CallOutcome.REFUSED if response.is_refused else CallOutcome.TRY_AGAIN
    if code == _GONE:
        return CallOutcome.GONE
    match code // 100:
        case 2:
            return CallOutcome.DELIVERED
        case 3:
            return CallOutcome.REFUSED
        case 4:
            return CallOutcome.TRY_AGAIN if code in _PASSING_CODES else CallOutcome.REFUSED
        case _:
            return CallOutcome.TRY_AGAIN


def wait_after(failures: int, response: CallResponse, now: datetime, chance: Random) -> timedelta:
    """Return how long to leave an endpoint alone after its ``failures``-th failure in a row.

    Exponential with full jitter: anything up to twice as long as before, so that those who failed
    together do not come back together; never less than the receiver asked for, up to an hour.
    """
    ceiling = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** min(failures, 20))
    jittered = timedelta(seconds=chance.uniform(0, ceiling))
    return max(jittered, min(_asked_for(response.retry_after, now), LONGEST_RETRY_AFTER))


def _asked_for(retry_after: str | None, now: datetime) -> timedelta:
    """Return what a Retry-After header asks for: seconds or a date (RFC 9110, 10.2.3)."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=int(text[:9]))  # decades at most, which is long enough
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return timedelta()
    return max(timedelta(), (at if at.tzinfo else at.replace(tzinfo=UTC)) - now)

"""What may be shown of other parties: counts that tell nothing of one of them, and days."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta

from firmtrack.domain.identifiers import Eui64

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

FEWEST_DISTRIBUTIONS = 100
"""Fewer distributions of others are not shown: a rate of few is the fate of single devices."""

FEWEST_USERS = 5
"""Fewer other Users are not shown: a supplier often has two User IDs, one for electricity and one
for gas, and of two other suppliers each could subtract itself and see the other."""


STEP_OF_TIME = timedelta(minutes=15)
"""How closely it is told when something of others, whom nobody can tell apart, last came."""


def step_of(at: datetime) -> datetime:
    """Return when the step of time that ``at`` is in began."""
    return at - (at - _EPOCH) % STEP_OF_TIME


def may_show(others: Mapping[Eui64, int]) -> bool:
    """Return whether a viewer may see the counts of ``others`` together: User ID to distributions.

    There must be enough of them, of enough Users, none of whom has more than half: else the counts
    would be, nearly, those of one party.
    """
    total = sum(others.values())
    return (
        total >= FEWEST_DISTRIBUTIONS
        and sum(count > 0 for count in others.values()) >= FEWEST_USERS
        and 2 * max(others.values()) <= total
    )


def day_of(at: datetime | None) -> datetime | None:
    """Return ``start_of_day``; None stays None."""
    return None if at is None else start_of_day(at)


def start_of_day(at: datetime) -> datetime:
    """Return when the day of ``at`` begins in UTC.

    Nobody but its party is shown when a message was to the second: that would tell it from others,
    and at what pace the party works.
    """
    return datetime.combine(at.astimezone(UTC).date(), time(), UTC)

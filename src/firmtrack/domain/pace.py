"""Pace: how long an update has waited for its next step, compared with what is usual.

The pace is a comparison of a wait, and of the clock, with the few limits of its cohort: the
updates of one request that wait in one region at one stage. The same comparison in SQL is
paced_distributions.sql.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Pace(StrEnum):
    """How the wait compares with what is usual: a flag, which ends nothing."""

    USUAL = "usual"
    SLOW = "slow"
    STALLED = "stalled"


class Stall(StrEnum):
    """Why an update counts as stalled."""

    PAST = "past"
    """It has waited longer than the past allows, and its cohort does not move or has left it."""
    COHORT = "cohort"
    """Nothing of its cohort has moved for longer than the past allows of so many together."""
    HUB = "hub"
    """Nothing behind its Communications Hub has moved for longer than the past allows."""
    OPERATOR = "operator"
    """Nothing is known, and it is far beyond what the operator expects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the waits of a cohort are compared with; None is never.

    ``slow_seconds`` is what its kind and its cohort seldom exceed, ``allowed_seconds`` what the
    past allows. Whoever is beyond that has stalled if the cohort has last moved more than
    ``still_seconds`` ago, at ``moved_at`` (None: it never has), or has left behind whoever waits
    longer than ``left_seconds``. From ``silent_from`` on all have stalled that have waited for
    ``silent_seconds``, unless the cohort moves until then. What waits at one hub with
    FEWEST_AT_HUB or more has stalled if none of these moved for ``hub_seconds``.
    """

    slow_seconds: float | None = None
    allowed_seconds: float | None = None
    still_seconds: float | None = None
    moved_at: datetime | None = None
    left_seconds: float | None = None
    silent_from: datetime | None = None
    silent_seconds: float | None = None
    hub_seconds: float | None = None


FEWEST_AT_HUB = 4
"""So many updates that wait behind one hub are a cohort of their own."""

OPERATOR_STALLED_MULTIPLE = 3
"""How many times as long as the operator calls slow is stalled, where nothing is known."""


def stall_of(
    waited_seconds: float, now: datetime, limits: Limits, hub_since: datetime | None
) -> Stall | None:
    """Return why an update that has waited so long has stalled, None if it has not.

    ``hub_since`` is since when the FEWEST_AT_HUB or more updates behind its hub have all waited,
    None if they are fewer.
    """
    if _exceeds(waited_seconds, limits.allowed_seconds) and (
        _exceeds(waited_seconds, limits.left_seconds) or _is_still(now, limits)
    ):
        return Stall.PAST
    if (
        limits.silent_from is not None
        and now >= limits.silent_from
        and _exceeds(waited_seconds, limits.silent_seconds)
    ):
        return Stall.COHORT
    if hub_since is not None and _exceeds(
        min(waited_seconds, (now - hub_since).total_seconds()), limits.hub_seconds
    ):
        return Stall.HUB
    return None


def is_slow(waited_seconds: float, limits: Limits) -> bool:
    """Return whether so long a wait is slow for its kind and its cohort."""
    return _exceeds(waited_seconds, limits.slow_seconds)


def pace_of_unknown(waited_seconds: float, slow_seconds: float) -> Pace:
    """Return the pace of a wait of which nothing is known but what the operator calls slow."""
    if waited_seconds <= slow_seconds:
        return Pace.USUAL
    far = slow_seconds * OPERATOR_STALLED_MULTIPLE
    return Pace.SLOW if waited_seconds <= far else Pace.STALLED


def _exceeds(seconds: float, limit: float | None) -> bool:
    return limit is not None and seconds > limit


def _is_still(now: datetime, limits: Limits) -> bool:
    if limits.still_seconds is None:
        return False
    return limits.moved_at is None or _exceeds(
        (now - limits.moved_at).total_seconds(), limits.still_seconds
    )

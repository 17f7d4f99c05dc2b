"""Pace: how long an update has waited for its next step, compared with what is usual."""

from enum import StrEnum


class Pace(StrEnum):
    """How the wait compares with what is usual: a flag, which ends nothing."""

    USUAL = "usual"
    SLOW = "slow"
    STALLED = "stalled"


STALLED_MULTIPLE = 3
"""How many times as long as slow is stalled. A choice, not a rule of DCC's: one update in twenty is
slow though nothing is wrong, so stalled begins well beyond."""


def pace_of_wait(waited_seconds: float, slow_seconds: float) -> Pace:
    """Return the pace of a wait that is slow once it is longer than ``slow_seconds``."""
    if waited_seconds <= slow_seconds:
        return Pace.USUAL
    return Pace.SLOW if waited_seconds <= slow_seconds * STALLED_MULTIPLE else Pace.STALLED

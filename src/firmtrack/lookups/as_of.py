"""The moment of a look-up of the past: one of which nothing more will be recorded."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NewType

from firmtrack.store.reading import as_of

Settled = NewType("Settled", datetime)
"""A past moment of which all that it shows is settled; only ``past_of`` makes one."""


@dataclass(frozen=True, slots=True)
class Past:
    """The moment whose knowledge is told, and the later one that was asked for, if it was moved."""

    moment: Settled
    asked: datetime | None = None


def past_of(asked: datetime | None) -> Past | None:
    """Return the past moment that was asked for; None for the present, and for what is to come.

    A moment of which more may still be recorded is moved back.
    """
    if asked is None or asked >= datetime.now(UTC):
        return None
    settled = as_of.settled(asked)
    return Past(Settled(settled), None if settled == asked else asked)

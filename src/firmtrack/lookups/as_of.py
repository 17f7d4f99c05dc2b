"""The moment of a look-up of the past: one of which nothing more will be recorded."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NewType

from firmtrack.store import replica
from firmtrack.store.settling import settled

Settled = NewType("Settled", datetime)
"""A past moment of which all that it shows is settled; only ``past_of`` makes one."""


@dataclass(frozen=True, slots=True)
class Past:
    """The moment that is answered for, and the later one that was asked for, if it was moved."""

    moment: Settled
    asked: datetime | None = None


def past_of(asked: datetime | None) -> Past | None:
    """Return the past moment that was asked for; None for the present, and for what is to come.

    A moment of which more may still be recorded is moved back. What is looked up then reads where
    all of it is known.
    """
    if asked is None or asked >= datetime.now(UTC):
        return None
    moment = settled(asked)
    replica.need(moment)
    return Past(Settled(moment), None if moment == asked else asked)

"""Which of a distribution's events is its current status.

The order is written here once. In SQL the ledger folds by it, ``distribution_as_of.sql`` and
``current_distribution_as_of.sql`` the past, and the view ``current_distribution`` what the ledger
leaves; properties hold them together. Whoever folds the same events in any order, in any parts,
gets the same answer.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from firmtrack.domain.stages import Status


class Ranked(Protocol):
    """What decides the place of an event: a message reports it at DCC's time ``occurred_at``.

    ``names_device`` tells an event of this device from a step of the whole request.
    """

    @property
    def status(self) -> Status:
        """The status that it reports."""

    @property
    def names_device(self) -> bool:
        """Whether it is about this device, and not about the whole request."""

    @property
    def occurred_at(self) -> datetime:
        """DCC's time."""

    @property
    def message_id(self) -> UUID:
        """The message that reports it, in the order of the digests."""


_Event = TypeVar("_Event", bound=Ranked)


def precedence_of(event: Ranked) -> tuple[int, bool, datetime, int]:
    """Return the sort key of ``event``: the greatest event is the current status."""
    return (event.status.stage, event.names_device, event.occurred_at, event.message_id.int)


def is_refused_by_name(events: Iterable[Ranked]) -> bool:
    """Return whether the DSP refused the device by name."""
    return any(event.names_device and event.status is Status.REJECTED for event in events)


def current_event(events: Iterable[_Event]) -> _Event | None:
    """Return the event that decides a distribution's current status, None if there is none.

    A step of the whole request does not concern a device that the DSP refused by name.
    """
    reported = list(events)
    is_refused = is_refused_by_name(reported)
    counted = (event for event in reported if event.names_device or not is_refused)
    return max(counted, key=precedence_of, default=None)

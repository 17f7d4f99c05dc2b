"""What the reads of watches answer: what a person asked to be told of."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from firmtrack.domain.causes import CauseKey
from firmtrack.domain.identifiers import Eui64, RequestId

Watched: TypeAlias = Eui64 | RequestId | CauseKey
"""What can be watched: a device, a request, a cause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchAnswer:
    """A person's watch, and what came of it.

    ``channel`` and ``address`` are where they are told, ``is_personal``: their own address; else
    the party's endpoint ``endpoint_id``, of which ``is_off`` says that it was switched off.
    ``news`` is what they were last told, at ``told_at``, and ``state`` what became of that notice:
    None while they were told nothing. ``ended_at`` is when the watch ended by itself.
    """

    watch_id: int
    watched: Watched
    channel: str
    address: str
    is_personal: bool
    endpoint_id: int
    is_off: bool
    created_at: datetime
    told_times: int
    told_at: datetime | None
    news: str | None
    state: str | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """One of a party's endpoints by which its people may be told of what they watch."""

    endpoint_id: int
    channel: str
    address: str

"""The post: what is sent when, until the simulated time is over."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import Status
from firmtrack.duis.documents import Document
from firmtrack.simulator.updates import Update
from firmtrack.simulator.world import Device


@dataclass(frozen=True, slots=True)
class UpdateRequest:
    """The request of an update; its image is made when it is written."""

    update: Update


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceAlertSent:
    """An alert of a device to its supplier; its GBCS payload is made when it is written.

    With an ``image_hash`` it is a Firmware Distribution Receipt Alert.
    """

    device: Device
    recipient: Eui64
    alert_code: int
    responded_at: datetime
    counter: int
    image_hash: bytes | None = None
    throttled: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageReport:
    """What a DCC system behind the User interface reports; no devices is all of them."""

    request_id: RequestId
    status: Status
    occurred_at: datetime
    counter: int
    device_ids: tuple[Eui64, ...] | None = None
    reason: str | None = None


Content = Document | UpdateRequest | DeviceAlertSent | StageReport


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to be sent: when, and what Firmtrack should make of it.

    ``is_recorded`` tells a message about firmware or the inventory from one to be ignored.
    """

    sent_at: datetime
    number: int
    content: Content
    is_recorded: bool = True


class Post:
    """Takes in letters until the simulated time ends; later ones are never sent."""

    def __init__(self, end: datetime, counters: Iterator[int]) -> None:
        self.letters: list[Letter] = []
        self._end = end
        self._counters = counters

    def next_counter(self) -> int:
        """Return a counter that no message had yet."""
        return next(self._counters)

    def is_open_at(self, moment: datetime) -> bool:
        """Return whether what is sent at ``moment`` is still part of the simulation."""
        return moment <= self._end

    def send(self, sent_at: datetime, content: Content, *, is_recorded: bool = True) -> bool:
        """Return whether the message is sent: not if the simulated time is over by then."""
        if not self.is_open_at(sent_at):
            return False
        self.letters.append(Letter(sent_at, len(self.letters), content, is_recorded))
        return True

"""The post: what is sent when, until the simulated time is over, and in which order it arrives."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.domain.stages import Status
from firmtrack.duis.documents import Document
from firmtrack.simulator.chance import duration, stream
from firmtrack.simulator.gbcs_messages import Outcome
from firmtrack.simulator.scenario import Scenario
from firmtrack.simulator.statements import Statement, Statements
from firmtrack.simulator.updates import SentUpdate
from firmtrack.simulator.world import Device

_LATE_HOURS, _LATE_SPREAD = 30.0, 1.0
_AGAIN_HOURS, _AGAIN_SPREAD = 6.0, 1.5


@dataclass(frozen=True, slots=True)
class UpdateRequest:
    """The request of an update; its image is made when it is written."""

    update: SentUpdate


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
class DeviceAnswerSent:
    """A device's answer to a command; its GBCS payload is made when it is written.

    Without ``names_request`` only the GBCS message repeats the command's counter.
    """

    device: Device
    request_id: RequestId
    responded_at: datetime
    counter: int
    names_request: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationAnswerSent(DeviceAnswerSent):
    """The answer to an 11.3: a result and the version that runs, or only that note was taken."""

    outcome: Outcome | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FutureDatedAlertSent(DeviceAnswerSent):
    """How a future-dated 11.3 went: told as a response or, ``is_alert``, as a Device Alert."""

    alert_code: int
    outcome: Outcome
    is_alert: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionReadSent(DeviceAnswerSent):
    """The answer to an 11.2; None if the device could not read its version."""

    firmware_version: FirmwareVersion | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageReport:
    """What a DCC system behind the User interface reports; no devices is all of them."""

    request_id: RequestId
    status: Status
    occurred_at: datetime
    counter: int
    device_ids: tuple[Eui64, ...] | None = None
    reason: str | None = None


Content = Document | UpdateRequest | DeviceAlertSent | DeviceAnswerSent | StageReport


@dataclass(frozen=True, slots=True)
class SentMessage:
    """One message to be sent: when, and what Firmtrack should make of it.

    ``is_recorded`` tells a message about firmware or the inventory from one to be ignored.
    """

    sent_at: datetime
    number: int
    content: Content
    is_recorded: bool = True


class Post:
    """Takes in messages until the simulated time ends; later ones are never sent.

    ``statements`` is what the messages state of devices.
    """

    def __init__(self, end: datetime, counters: Iterator[int]) -> None:
        self.messages: list[SentMessage] = []
        self.statements = Statements()
        self.end = end
        self._counters = counters

    def next_counter(self) -> int:
        """Return a counter that no message had yet."""
        return next(self._counters)

    def is_open_at(self, moment: datetime) -> bool:
        """Return whether what is sent at ``moment`` is still part of the simulation."""
        return moment <= self.end

    def send(
        self,
        sent_at: datetime,
        content: Content,
        *,
        is_recorded: bool = True,
        states: Iterable[Statement] = (),
    ) -> bool:
        """Return whether the message is sent: not if the simulated time is over by then.

        ``states`` is what it states of devices.
        """
        if not self.is_open_at(sent_at):
            return False
        self.messages.append(SentMessage(sent_at, len(self.messages), content, is_recorded))
        for statement in states:
            self.statements.hear(statement)
        return True


def in_order_of_sending(messages: list[SentMessage], scenario: Scenario) -> list[SentMessage]:
    """Return the messages in the order in which they arrive.

    Late, twice and shuffled, as far as the scenario asks for it.
    """
    chance = stream(scenario.seed, "sending")
    arrivals: list[tuple[datetime, int, SentMessage]] = []
    for message in messages:
        at = message.sent_at
        if scenario.late > chance.random():
            at += duration(_LATE_HOURS, _LATE_SPREAD, chance)
        arrivals.append((at, message.number, message))
        if scenario.doubled > chance.random():
            at += duration(_AGAIN_HOURS, _AGAIN_SPREAD, chance)
            arrivals.append((at, message.number, message))
    arrivals.sort(key=lambda arrival: arrival[:2])
    ordered = [message for _, _, message in arrivals]
    if scenario.shuffled:
        chance.shuffle(ordered)
    return ordered

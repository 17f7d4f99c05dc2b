"""A device: its distributions with their history, and word of it that fits none of them."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from firmtrack.domain.facts import MessageKind
from firmtrack.domain.scope import NotTrackedReason
from firmtrack.domain.stages import Party, Status
from firmtrack.presentation.answers.distributions import Distribution, filled_distribution
from firmtrack.presentation.answers.fields import (
    EuiText,
    FirmwareVersionText,
    RequestIdText,
    eui_text,
)
from firmtrack.presentation.answers.inventories import Inventory, inventory
from firmtrack.store.answers import DeviceAnswer, DeviceDistribution, HistoryEntry


class EventSource(Struct, frozen=True):
    """The message that tells an event, and the code that it carries."""

    kind: MessageKind
    code: str | None
    message_id: UUID


class Event(Struct, frozen=True):
    """What a message says happened to a device's update, and when.

    occurred_at is DCC's time; device_time is the device's own clock, which may be wrong.
    reason is a code.
    """

    status: Status
    occurred_at: datetime
    device_time: datetime | None
    reason: str | None
    comms_hub_id: EuiText | None
    source: EventSource


class Activation(Struct, frozen=True):
    """An activation (11.3) of the image that a distribution brought."""

    service_request_id: RequestIdText
    status: str
    scheduled_for: datetime | None
    reason: str | None
    firmware_version: FirmwareVersionText | None
    updated_at: datetime


class UsualSeconds(Struct, frozen=True):
    """How long the present step usually takes: half of all, and 95 in 100, are quicker."""

    p50: float
    p95: float


class Diagnosis(Struct, frozen=True):
    """Where the update is, whether that is usual, and who acts next."""

    sentence: str
    holder: Party | None
    since: datetime
    usual_seconds: UsualSeconds | None
    pace: str | None
    next_actor: str
    advice: str


class Flag(Struct, frozen=True):
    """Something about the device that deserves attention."""

    code: str
    text: str


class TrackedDistribution(Distribution, frozen=True):
    """A distribution with its events, furthest stage first and the latest of a stage first.

    activations is always empty and diagnosis always null in this version.
    """

    events: list[Event]
    activations: list[Activation]
    diagnosis: Diagnosis | None


class Device(Struct, frozen=True):
    """One device and its distributions, newest request first.

    unattributed_events are words of it that fit no request. flags is always empty in this version.
    """

    device_id: EuiText
    tracked: bool
    not_tracked_reason: NotTrackedReason | None
    inventory: Inventory | None
    distributions: list[TrackedDistribution]
    unattributed_events: list[Event]
    flags: list[Flag]


def device(answer: DeviceAnswer) -> Device:
    """Return the device as the API and the command line answer it."""
    return Device(
        device_id=str(answer.device_id),
        tracked=answer.not_tracked_reason is None,
        not_tracked_reason=answer.not_tracked_reason,
        inventory=None if answer.inventory is None else inventory(answer.inventory),
        distributions=[_tracked_distribution(each) for each in answer.distributions],
        unattributed_events=[_event(entry) for entry in answer.unattributed],
        flags=[],
    )


def _tracked_distribution(answer: DeviceDistribution) -> TrackedDistribution:
    return filled_distribution(
        TrackedDistribution,
        answer.distribution,
        events=[_event(entry) for entry in answer.history],
        activations=[],
        diagnosis=None,
    )


def _event(entry: HistoryEntry) -> Event:
    return Event(
        status=entry.status,
        occurred_at=entry.occurred_at,
        device_time=entry.device_time,
        reason=entry.reason,
        comms_hub_id=eui_text(entry.comms_hub_id),
        source=EventSource(
            kind=entry.source_kind, code=entry.source_code, message_id=entry.message_id
        ),
    )

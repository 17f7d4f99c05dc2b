"""A device: its distributions with their history, and word of it that fits none of them."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from firmtrack.domain.facts import MessageKind
from firmtrack.domain.scope import NotTrackedReason
from firmtrack.domain.stages import Party, Status
from firmtrack.presentation.answers.activations import Activation, activations
from firmtrack.presentation.answers.distributions import Distribution, filled_distribution
from firmtrack.presentation.answers.fields import EuiText, eui_text
from firmtrack.presentation.answers.flags import Flag, flags
from firmtrack.presentation.answers.inventories import Inventory, inventory
from firmtrack.presentation.answers.others_updates import OthersUpdate, others_update
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


class TrackedDistribution(Distribution, frozen=True):
    """A distribution with its events, furthest stage first and the latest of a stage first.

    activations are those of its image, latest first. diagnosis is always null in this version.
    """

    events: list[Event]
    activations: list[Activation]
    diagnosis: Diagnosis | None


class Device(Struct, frozen=True):
    """One device and its distributions, newest request first.

    unattributed_events are words of it that fit no request. other_activations are of images that no
    request that you may see has distributed to it, latest first. others_updates are other parties',
    newest first: only its Responsible Supplier is told of any, and only where the operator of this
    service has it so.
    """

    device_id: EuiText
    tracked: bool
    not_tracked_reason: NotTrackedReason | None
    inventory: Inventory | None
    distributions: list[TrackedDistribution]
    unattributed_events: list[Event]
    flags: list[Flag]
    other_activations: list[Activation]
    others_updates: list[OthersUpdate]


def device(answer: DeviceAnswer) -> Device:
    """Return the device as the API and the command line answer it."""
    return Device(
        device_id=str(answer.device_id),
        tracked=answer.not_tracked_reason is None,
        not_tracked_reason=answer.not_tracked_reason,
        inventory=None if answer.inventory is None else inventory(answer.inventory),
        distributions=[_tracked_distribution(each) for each in answer.distributions],
        unattributed_events=[_event(entry) for entry in answer.unattributed],
        flags=flags(answer.flags),
        other_activations=activations(answer.other_activations),
        others_updates=[others_update(each) for each in answer.others_updates],
    )


def _tracked_distribution(answer: DeviceDistribution) -> TrackedDistribution:
    return filled_distribution(
        TrackedDistribution,
        answer.distribution,
        events=[_event(entry) for entry in answer.history],
        activations=activations(answer.activations),
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

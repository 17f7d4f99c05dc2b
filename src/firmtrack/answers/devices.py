"""One device, its distributions and their histories.

Times are aware and in UTC. Lists say their order.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from firmtrack.answers.requests import DistributionAnswer
from firmtrack.answers.sources import FactSource
from firmtrack.domain.activation import Activation
from firmtrack.domain.attribution import Evidence
from firmtrack.domain.facts import DeviceFacts, ImageFacts, MessageKind
from firmtrack.domain.identifiers import Eui64, FirmwareVersion
from firmtrack.domain.incidents import IncidentEntry
from firmtrack.domain.reconciliation import (
    Flag,
)
from firmtrack.domain.scope import NotTrackedReason
from firmtrack.domain.stages import (
    CompletionStatus,
    Status,
    Variant,
    completion_of,
)

MARK_OCTETS = 14


class HistoryEntry(NamedTuple):
    """One event of a distribution, with the message that tells it.

    ``names_device`` is False for a step of the whole request. ``recorded_at`` is when Firmtrack
    learnt of it. ``firmware_version`` and ``image_hash`` are what the event itself carried.
    ``evidence`` is what ties it to the request if its message names none.
    It stands for ``times`` repeats that differ in nothing but times and messages, of which it is
    the latest: the first was of ``first_at``, and learnt at ``first_recorded_at``.
    Of a message that was sent to another party (``is_anothers``) nothing is shown but what it says:
    no source and no device's time, and its times are the beginnings of days in UTC.
    ``mark``, of MARK_OCTETS, names the earliest of what it stands for among the device's events,
    and tells nobody which message that was.
    """

    status: Status
    occurred_at: datetime
    recorded_at: datetime
    names_device: bool
    reason: str | None
    device_time: datetime | None
    comms_hub_id: Eui64 | None
    firmware_version: FirmwareVersion | None
    image_hash: bytes | None
    source_kind: MessageKind | None
    source_code: str | None
    message_id: UUID | None
    first_at: datetime
    first_recorded_at: datetime
    mark: bytes
    evidence: Evidence | None = None
    is_anothers: bool = False
    times: int = 1

    @property
    def source(self) -> FactSource:
        """The message that tells it, as far as the viewer may know."""
        return FactSource(
            learnt_at=self.occurred_at,
            kind=self.source_kind,
            code=self.source_code,
            message_id=self.message_id,
            is_anothers=self.is_anothers,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceDistribution:
    """A distribution with its history, latest entry first by (stage, time).

    ``image`` is what its request carried, None if the request has not come; ``activations`` are
    those of that image that the viewer may see, ``incidents`` what befell it besides its stages,
    each latest first.
    """

    distribution: DistributionAnswer
    history: tuple[HistoryEntry, ...]
    image: ImageFacts | None
    activations: tuple[Activation, ...]
    incidents: tuple[IncidentEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OthersStep:
    """One stage that another party's update reached."""

    status: Status
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OthersUpdate:
    """Another party's update of a device, as its Responsible Supplier may see it: not whose it is.

    ``steps`` are the furthest stage first.
    """

    variant: Variant | None
    firmware_version: FirmwareVersion | None
    submitted_at: datetime
    status: Status
    updated_at: datetime
    steps: tuple[OthersStep, ...]

    @property
    def completion(self) -> CompletionStatus:
        """The update's Completion Status."""
        return completion_of(self.status, self.variant)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceAnswer:
    """One device: its distributions newest first, and events of it that belong to none of them.

    ``unattributed`` are events sent to the viewer that fit no request, or one that the viewer may
    not see: which of the two is not shown. DCC's staff see every request, so theirs fit none.
    ``other_activations`` are of images that none of the distributions brought, latest first.
    ``others_updates`` are other parties', newest first; none unless the operator shows them.
    ``has_inventory`` says whether ``find_inventory`` answers the same viewer. If the latest
    statement of the inventory is another party's (``is_inventory_anothers``), its ``learnt_at`` is
    the beginning of a day.
    ``supplier_changed_at`` is when DCC last reported a change of its supplier, the beginning of a
    day if to another party (``is_supplier_change_anothers``); only DCC and the present Responsible
    Supplier see it. ``incidents`` concern none of the distributions, latest
    first.
    """

    device_id: Eui64
    inventory: DeviceFacts | None
    is_inventory_anothers: bool
    has_inventory: bool
    not_tracked_reason: NotTrackedReason | None
    distributions: tuple[DeviceDistribution, ...]
    unattributed: tuple[HistoryEntry, ...]
    other_activations: tuple[Activation, ...]
    others_updates: tuple[OthersUpdate, ...]
    supplier_changed_at: datetime | None
    is_supplier_change_anothers: bool
    flags: tuple[Flag, ...]
    incidents: tuple[IncidentEntry, ...] = ()

"""What the queries answer: frozen values, ready to be shown.

Times are aware and in UTC. Lists say their order.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from firmtrack.domain.activation import Activation
from firmtrack.domain.attribution import Evidence
from firmtrack.domain.facts import DeviceFacts, ImageFacts, MessageKind
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.domain.incidents import IncidentEntry
from firmtrack.domain.pace import Pace
from firmtrack.domain.reconciliation import (
    Flag,
    header_version_flag,
    image_problem_flag,
    repeated_request_flag,
)
from firmtrack.domain.scope import NotTrackedReason
from firmtrack.domain.stages import (
    CompletionStatus,
    Party,
    Stage,
    Status,
    Variant,
    completion_of,
    row_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributionFilter:
    """Which of a request's distributions are wanted; None wants all.

    To have a ``pace`` is to be in progress, and to have something to be compared with.
    """

    completion: CompletionStatus | None = None
    status: Status | None = None
    pace: Pace | None = None

    def wants(self, status: Status, variant: Variant | None) -> bool:
        """Return whether a distribution of ``variant`` with this status is wanted, by any pace."""
        is_completion = self.completion in {None, completion_of(status, variant)}
        return is_completion and self.status in {None, status}


PaceCounts: TypeAlias = Mapping[tuple[Status, Pace], int]
"""How many of a request's distributions have this status and this pace; without what is zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestAnswer:
    """One Service Request, and how its distributions stand.

    ``variant`` is None while only other messages have named the request, not the request itself;
    ``statement_count`` is how many different messages claim to be it.
    ``device_count`` counts its distributions; the counts by status add up to it and leave out
    what is zero. ``incidents`` are what befell the request as a whole, latest first.
    """

    request_id: RequestId
    variant: Variant | None
    firmware_version: FirmwareVersion | None
    image: ImageFacts | None
    submitted_at: datetime
    response_code: str | None
    answered_at: datetime | None
    statement_count: int = 1
    device_count: int
    completion_counts: Mapping[CompletionStatus, int]
    status_counts: Mapping[Status, int]
    incidents: tuple[IncidentEntry, ...] = ()

    @property
    def flags(self) -> tuple[Flag, ...]:
        """What does not fit in the request itself."""
        header = None if self.image is None else self.image.header_version
        problem = None if self.image is None else self.image.problem
        found = (
            header_version_flag(self.request_id, self.firmware_version, header),
            image_problem_flag(self.request_id, problem),
            repeated_request_flag(self.request_id, self.statement_count),
        )
        return tuple(flag for flag in found if flag is not None)

    def count_of(self, wanted: DistributionFilter, paces: PaceCounts) -> int:
        """Return how many of the request's distributions are wanted.

        ``paces`` are the request's; they count only if a pace is asked for.
        """
        return sum(
            count if wanted.pace is None else paces.get((status, wanted.pace), 0)
            for status, count in self.status_counts.items()
            if wanted.wants(status, self.variant)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributionAnswer:
    """One device in one request, and its current status.

    If the word that decides it was sent to another party (``is_anothers_word``), ``updated_at`` is
    the beginning of its day in UTC.
    """

    request_id: RequestId
    variant: Variant | None
    device_id: Eui64
    firmware_version: FirmwareVersion | None
    image_hash: bytes | None
    submitted_at: datetime
    status: Status
    reason: str | None
    updated_at: datetime
    is_anothers_word: bool = False

    @property
    def completion(self) -> CompletionStatus:
        """The distribution's Completion Status."""
        return completion_of(self.status, self.variant)

    @property
    def point_of_failure(self) -> tuple[Stage, Party] | None:
        """Where the distribution stopped and at whom, None if it did not fail."""
        if not self.status.is_bad:
            return None
        return self.status.stage, row_of(self.status.stage).holder


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One event of a distribution, with the message that tells it.

    ``names_device`` is False for a step of the whole request. ``recorded_at`` is when Firmtrack
    learnt of it. ``firmware_version`` and ``image_hash`` are what the event itself carried.
    ``evidence`` is what ties it to the request if its message names none.
    Of a message that was sent to another party (``is_anothers``) nothing is told but what it says:
    no source and no device's time, and its times are the beginnings of days in UTC.
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
    evidence: Evidence | None = None
    is_anothers: bool = False

    @property
    def source(self) -> "FactSource":
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
    """One device: its distributions newest first, and word of it that belongs to none of them.

    ``unattributed`` is word that was sent to the viewer and that fits no request, or one that the
    viewer may not see: which of the two is not told. DCC's staff see every request, so of theirs it
    fits none.
    ``other_activations`` are of images that none of the distributions brought, latest first.
    ``others_updates`` are other parties', newest first; none unless the operator shows them.
    ``has_inventory`` says whether ``find_inventory`` answers the same viewer. If the latest word of
    the inventory is another party's (``is_inventory_anothers``), its ``learnt_at`` is the beginning
    of a day.
    ``supplier_changed_at`` is when DCC last told of a change of its supplier; only DCC and the
    present Responsible Supplier see it. ``incidents`` concern none of the distributions, latest
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
    flags: tuple[Flag, ...]
    incidents: tuple[IncidentEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FactSource:
    """When a fact was learnt, and from what: without ``message_id`` an operator imported it.

    ``learnt_at`` is DCC's time, None if the statement had none. ``kind`` is None also of a message
    that is not kept any more. Of what came in a message that is not the viewer's to see
    (``is_anothers``), nothing is told but the beginning of the day in UTC.
    """

    learnt_at: datetime | None
    kind: MessageKind | None = None
    code: str | None = None
    message_id: UUID | None = None
    is_anothers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SisterDevice:
    """Another device on the same Communications Hub."""

    device_id: Eui64
    device_type: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierPeriod:
    """Who was said to be the Responsible Supplier from a time on.

    ``supplier`` is None if the viewer may not know who, or if DCC only told of a change
    (``is_change``). ``source`` says since when.
    """

    supplier: Eui64 | None
    is_change: bool
    source: FactSource


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryAnswer:
    """What is known of one device, and of its updates and the devices beside it.

    ``sources`` has, by the fact's name, one entry for each fact that ``facts`` states;
    ``facts.learnt_at``, too, is the beginning of a day if the latest word is another party's.
    ``updates`` are those that the viewer may see, newest request first; ``sisters`` are by Device
    ID. ``suppliers`` are latest first; only DCC and the present Responsible Supplier see any.
    """

    facts: DeviceFacts
    sources: Mapping[str, FactSource]
    not_tracked_reason: NotTrackedReason | None
    updates: tuple[DistributionAnswer, ...]
    sisters: tuple[SisterDevice, ...]
    suppliers: tuple[SupplierPeriod, ...]
    flags: tuple[Flag, ...]

    @property
    def update_in_progress(self) -> DistributionAnswer | None:
        """The newest update that is still under way."""
        under_way = (
            each for each in self.updates if each.completion is CompletionStatus.IN_PROGRESS
        )
        return next(under_way, None)

    @property
    def earlier_updates(self) -> tuple[DistributionAnswer, ...]:
        """All the other updates, newest request first."""
        current = self.update_in_progress
        return tuple(each for each in self.updates if each is not current)


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributionPage:
    """Some of a request's distributions, by Device ID in ascending order.

    ``last_device_id`` is where the next page continues, None at the end.
    """

    items: tuple[DistributionAnswer, ...]
    last_device_id: Eui64 | None

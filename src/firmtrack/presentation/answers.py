"""The answers as JSON: the objects of the API, and of the command line's ``--json``.

Each class is one object of the published schema, its docstring the schema's description of it.
Identifiers are canonical texts, times RFC 3339 in UTC. A value that is not known is null.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Annotated, TypeVar
from uuid import UUID

from msgspec import Meta, Struct
from msgspec.json import Encoder

from firmtrack.domain.facts import DeviceFacts, ImageFacts, MessageKind
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.scope import NotTrackedReason
from firmtrack.domain.stages import CompletionStatus, Party, Stage, Status, Variant
from firmtrack.presentation import wording
from firmtrack.store.answers import (
    DeviceAnswer,
    DeviceDistribution,
    DistributionAnswer,
    DistributionPage,
    HistoryEntry,
    InventoryAnswer,
    RequestAnswer,
)

_EUI = "[0-9A-F]{2}(-[0-9A-F]{2}){7}"
EUI_64_PATTERN = f"^{_EUI}$"
REQUEST_ID_PATTERN = f"^{_EUI}:{_EUI}:(0|[1-9][0-9]{{0,19}})$"

EuiText = Annotated[str, Meta(pattern=EUI_64_PATTERN, examples=["00-DB-12-34-56-78-90-A0"])]
RequestIdText = Annotated[str, Meta(pattern=REQUEST_ID_PATTERN)]
ImageHashText = Annotated[
    str, Meta(pattern="^[0-9a-f]{64}$", description="SHA-256 of the Manufacturer Image.")
]
FirmwareVersionText = Annotated[str, Meta(min_length=1, max_length=8)]
Count = Annotated[int, Meta(ge=0)]
StageName = Annotated[str, Meta(extra_json_schema={"enum": [row.name.lower() for row in Stage]})]

_STAGE_NAMES = {stage: stage.name.lower() for stage in Stage}
_encoder = Encoder()
_Request = TypeVar("_Request")
_Distribution = TypeVar("_Distribution")


class Reason(Struct, frozen=True):
    """Why a distribution stopped: a code, and what it means.

    A code that Firmtrack does not know is shown as it came.
    """

    code: str
    text: str


class PointOfFailure(Struct, frozen=True):
    """The stage at which a distribution stopped, and the party that held the update then."""

    stage: StageName
    party: Party


class Distribution(Struct, frozen=True):
    """One device in one Service Request, and its current status."""

    service_request_id: RequestIdText
    service_reference_variant: Variant | None
    device_id: EuiText
    firmware_version: FirmwareVersionText | None
    image_hash: ImageHashText | None
    submitted_at: datetime
    completion_status: CompletionStatus
    current_status: Status
    current_status_reason: Reason | None
    current_status_updated_at: datetime
    stage: StageName
    point_of_failure: PointOfFailure | None


class DistributionList(Struct, frozen=True):
    """Some of a request's distributions, by Device ID ascending; next_cursor is null at the end."""

    items: list[Distribution]
    next_cursor: str | None


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


class Inventory(Struct, frozen=True):
    """What DCC's inventory holds of the device, as DCC writes it; null is not known."""

    device_type: str | None
    manufacturer: str | None
    model: str | None
    smets_version: str | None
    device_status: str | None
    firmware_version: FirmwareVersionText | None
    firmware_version_status: str | None
    gbcs_version: str | None
    csp_region: str | None
    comms_hub_id: EuiText | None
    responsible_supplier: EuiText | None
    updated_at: datetime | None


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


class FactSource(Struct, frozen=True):
    """When a fact was learnt, and from what.

    learnt_at is DCC's time, null if the message has none. kind and message_id are null for what an
    operator imported.
    """

    learnt_at: datetime | None
    kind: MessageKind | None
    code: str | None
    message_id: UUID | None


class SisterDevice(Struct, frozen=True):
    """Another device on the same Communications Hub, as far as you may see it."""

    device_id: EuiText
    device_type: str | None


class DeviceInventory(Struct, frozen=True):
    """What the inventory holds of one device, its updates, and the devices beside it.

    inventory.firmware_version is what runs now. sources has the name of each field of inventory
    that is not null. The updates are those that you may see, newest request first.
    """

    device_id: EuiText
    tracked: bool
    not_tracked_reason: NotTrackedReason | None
    inventory: Inventory
    sources: dict[str, FactSource]
    update_in_progress: Distribution | None
    earlier_updates: list[Distribution]
    sister_devices: list[SisterDevice]


class Image(Struct, frozen=True):
    """The firmware image that a request carried; the image itself is not kept.

    problem says why the octets are not a firmware image, null if they are one.
    """

    size_bytes: Count
    hash: ImageHashText | None
    header_version: FirmwareVersionText | None
    manufacturer_code: Count | None
    image_type: Count | None
    header_string: str | None
    minimum_hardware_version: Count | None
    maximum_hardware_version: Count | None
    problem: str | None


class DccAnswer(Struct, frozen=True):
    """DCC's answer to the request as a whole."""

    code: str
    answered_at: datetime | None


class CompletionCounts(Struct, frozen=True):
    """How many of the request's distributions have each Completion Status."""

    in_progress: Count
    failed: Count
    successful: Count


class ServiceRequest(Struct, frozen=True):
    """An Update Firmware (11.1) or Update PPMID Firmware (11.4) Service Request.

    current_status_counts leaves out the statuses that no distribution has.
    """

    service_request_id: RequestIdText
    service_reference_variant: Variant | None
    firmware_version: FirmwareVersionText | None
    image: Image | None
    submitted_at: datetime
    answer: DccAnswer | None
    device_count: Count
    completion_status_counts: CompletionCounts
    current_status_counts: dict[Status, Count]


class ServiceRequestWithDistributions(ServiceRequest, frozen=True):
    """A Service Request with all of its distributions, by Device ID ascending."""

    distributions: list[Distribution]


def encode(answer: Struct) -> bytes:
    """Return ``answer`` as JSON, in UTF-8."""
    return _encoder.encode(answer)


def service_request(answer: RequestAnswer) -> ServiceRequest:
    """Return the request as the API answers it."""
    return _filled_request(ServiceRequest, answer)


def service_request_with_distributions(
    answer: RequestAnswer, distributions: Iterable[DistributionAnswer]
) -> ServiceRequestWithDistributions:
    """Return the request as the command line prints it, with the distributions in their order."""
    return _filled_request(
        ServiceRequestWithDistributions,
        answer,
        distributions=[distribution(each) for each in distributions],
    )


def distribution_list(page: DistributionPage, next_cursor: str | None) -> DistributionList:
    """Return one page of a request's distributions."""
    return DistributionList(
        items=[distribution(each) for each in page.items], next_cursor=next_cursor
    )


def distribution(answer: DistributionAnswer) -> Distribution:
    """Return one distribution without its history."""
    return _filled_distribution(Distribution, answer)


def device(answer: DeviceAnswer) -> Device:
    """Return the device as the API and the command line answer it."""
    return Device(
        device_id=str(answer.device_id),
        tracked=answer.not_tracked_reason is None,
        not_tracked_reason=answer.not_tracked_reason,
        inventory=None if answer.inventory is None else _inventory(answer.inventory),
        distributions=[_tracked_distribution(each) for each in answer.distributions],
        unattributed_events=[_event(entry) for entry in answer.unattributed],
        flags=[],
    )


def device_inventory(answer: InventoryAnswer) -> DeviceInventory:
    """Return the inventory of a device as the API answers it."""
    current = answer.update_in_progress
    return DeviceInventory(
        device_id=str(answer.facts.device_id),
        tracked=answer.not_tracked_reason is None,
        not_tracked_reason=answer.not_tracked_reason,
        inventory=_inventory(answer.facts),
        sources={
            name: FactSource(
                learnt_at=source.learnt_at,
                kind=source.kind,
                code=source.code,
                message_id=source.message_id,
            )
            for name, source in answer.sources.items()
        },
        update_in_progress=None if current is None else distribution(current),
        earlier_updates=[distribution(each) for each in answer.earlier_updates],
        sister_devices=[
            SisterDevice(device_id=str(each.device_id), device_type=each.device_type)
            for each in answer.sisters
        ],
    )


def _tracked_distribution(answer: DeviceDistribution) -> TrackedDistribution:
    return _filled_distribution(
        TrackedDistribution,
        answer.distribution,
        events=[_event(entry) for entry in answer.history],
        activations=[],
        diagnosis=None,
    )


def _filled_request(
    make: Callable[..., _Request], answer: RequestAnswer, **more: object
) -> _Request:
    """Return a ServiceRequest, or a class that adds the fields ``more`` to it."""
    return make(
        service_request_id=str(answer.request_id),
        service_reference_variant=answer.variant,
        firmware_version=answer.firmware_version,
        image=None if answer.image is None else _image(answer.image),
        submitted_at=answer.submitted_at,
        answer=_dcc_answer(answer),
        device_count=answer.device_count,
        completion_status_counts=_completion_counts(answer.completion_counts),
        current_status_counts=dict(answer.status_counts),
        **more,
    )


def _filled_distribution(
    make: Callable[..., _Distribution], answer: DistributionAnswer, **more: object
) -> _Distribution:
    """Return a Distribution, or a class that adds the fields ``more`` to it."""
    return make(
        service_request_id=str(answer.request_id),
        service_reference_variant=answer.variant,
        device_id=str(answer.device_id),
        firmware_version=answer.firmware_version,
        image_hash=None if answer.image_hash is None else answer.image_hash.hex(),
        submitted_at=answer.submitted_at,
        completion_status=answer.completion,
        current_status=answer.status,
        current_status_reason=None
        if answer.reason is None
        else _reason(answer.reason, answer.status),
        current_status_updated_at=answer.updated_at,
        stage=_STAGE_NAMES[answer.status.stage],
        point_of_failure=_point_of_failure(answer),
        **more,
    )


def _dcc_answer(answer: RequestAnswer) -> DccAnswer | None:
    if answer.response_code is None:
        return None
    return DccAnswer(code=answer.response_code, answered_at=answer.answered_at)


def _completion_counts(counts: Mapping[CompletionStatus, int]) -> CompletionCounts:
    return CompletionCounts(
        in_progress=counts.get(CompletionStatus.IN_PROGRESS, 0),
        failed=counts.get(CompletionStatus.FAILED, 0),
        successful=counts.get(CompletionStatus.SUCCESSFUL, 0),
    )


def _reason(code: str, status: Status) -> Reason:
    return Reason(code=code, text=wording.reason_text(code, status))


def _point_of_failure(answer: DistributionAnswer) -> PointOfFailure | None:
    if answer.point_of_failure is None:
        return None
    stage, party = answer.point_of_failure
    return PointOfFailure(stage=_STAGE_NAMES[stage], party=party)


def _event(entry: HistoryEntry) -> Event:
    return Event(
        status=entry.status,
        occurred_at=entry.occurred_at,
        device_time=entry.device_time,
        reason=entry.reason,
        comms_hub_id=_eui_text(entry.comms_hub_id),
        source=EventSource(
            kind=entry.source_kind, code=entry.source_code, message_id=entry.message_id
        ),
    )


def _eui_text(eui: Eui64 | None) -> str | None:
    return None if eui is None else str(eui)


def _inventory(facts: DeviceFacts) -> Inventory:
    return Inventory(
        device_type=facts.device_type,
        manufacturer=facts.manufacturer,
        model=facts.model,
        smets_version=facts.smets_version,
        device_status=facts.device_status,
        firmware_version=facts.firmware_version,
        firmware_version_status=facts.firmware_version_status,
        gbcs_version=facts.gbcs_version,
        csp_region=facts.csp_region,
        comms_hub_id=_eui_text(facts.comms_hub_id),
        responsible_supplier=_eui_text(facts.responsible_supplier),
        updated_at=facts.learnt_at,
    )


def _image(facts: ImageFacts) -> Image:
    digest = facts.manufacturer_image_hash
    return Image(
        size_bytes=facts.size_bytes,
        hash=None if digest is None else digest.hex(),
        header_version=facts.header_version,
        manufacturer_code=facts.manufacturer_code,
        image_type=facts.image_type,
        header_string=facts.header_string,
        minimum_hardware_version=facts.minimum_hardware_version,
        maximum_hardware_version=facts.maximum_hardware_version,
        problem=facts.problem,
    )

"""What one message says, as facts: the only thing that the store takes in.

A fact never changes after it was read. Times are aware and in UTC. ``occurred_at`` is DCC's time;
``device_time`` what the CSP, the Communications Hub or the device that DCC had it from wrote beside
it (``CLOCK_OF_KIND``): it may be wrong, and orders nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId, ResponseId
from firmtrack.domain.stages import ActivationStep, Status, Variant


class MessageKind(StrEnum):
    """What a message that Firmtrack records is."""

    UPDATE_FIRMWARE_REQUEST = "update_firmware_request"
    UPDATE_FIRMWARE_RESPONSE = "update_firmware_response"
    CSP_FIRMWARE_DELIVERY_STATUS = "csp_firmware_delivery_status"
    FIRMWARE_TRANSFER_ALERT = "firmware_transfer_alert"
    FIRMWARE_DISTRIBUTION_FAILURE = "firmware_distribution_failure"
    FIRMWARE_UPGRADE_REQUESTED = "firmware_upgrade_requested"
    FIRMWARE_DISTRIBUTION_RECEIPT_ALERT = "firmware_distribution_receipt_alert"
    PPMID_FIRMWARE_UPGRADE_ALERT = "ppmid_firmware_upgrade_alert"
    INVENTORY_RESPONSE = "inventory_response"
    DEVICE_PRE_NOTIFICATION = "device_pre_notification"
    STAGE_REPORT = "stage_report"
    FIRMWARE_VERSION_RESPONSE = "firmware_version_response"
    FIRMWARE_VERSION_MISMATCH = "firmware_version_mismatch"
    DEVICE_STATUS_CHANGE_EVENT = "device_status_change_event"
    ACTIVATE_FIRMWARE_REQUEST = "activate_firmware_request"
    ACTIVATE_FIRMWARE_RESPONSE = "activate_firmware_response"
    FUTURE_DATED_ACTIVATION_ALERT = "future_dated_activation_alert"
    COMMAND_FAILURE = "command_failure"
    UPDATE_INVENTORY_REQUEST = "update_inventory_request"
    CHANGE_OF_SUPPLIER = "change_of_supplier"
    INVENTORY_UPDATE_RESPONSE = "inventory_update_response"
    QUARANTINED_REQUEST = "quarantined_request"
    DUIS_VERSION_MISMATCH = "duis_version_mismatch"
    PPMID_REMOVAL = "ppmid_removal"
    DEVICE_LOG_RESTORED = "device_log_restored"
    DEVICE_FIRMWARE_ALERT = "device_firmware_alert"


UNDATED_KINDS = frozenset(
    {
        MessageKind.UPDATE_FIRMWARE_REQUEST,
        MessageKind.ACTIVATE_FIRMWARE_REQUEST,
        MessageKind.UPDATE_INVENTORY_REQUEST,
        MessageKind.DEVICE_PRE_NOTIFICATION,
        MessageKind.STAGE_REPORT,
    }
)
"""The kinds of messages that do not carry DCC's time, ResponseDateTime: a request has none, and a
stage report's is no part of its identity. Source: DUIS 5.4 schema, ``Header`` of Request and of
Response."""


class IncidentKind(StrEnum):
    """What befell an update besides its stages: it moves no status, but may explain a wait."""

    REQUEST_QUARANTINED = "request_quarantined"
    """DCC's anomaly detection holds the request."""
    COMMAND_FAILED = "command_failed"
    """DCC could not carry a request out."""
    MESSAGE_NOT_CARRIED = "message_not_carried"
    """DCC had a message for the User that the User's version of DUIS cannot carry."""
    DEVICE_REMOVED = "device_removed"
    METER_DECOMMISSIONED = "meter_decommissioned"
    """Decommissioned or withdrawn: DUIS has one word for both."""
    ASSOCIATED_METER_DECOMMISSIONED = "associated_meter_decommissioned"
    """The meter that DCC lists the device with was decommissioned or withdrawn."""
    PPMID_REMOVED = "ppmid_removed"
    COMMS_HUB_DECOMMISSIONED = "comms_hub_decommissioned"
    COMMS_HUB_EXCHANGED = "comms_hub_exchanged"
    """The hub's device log was restored to another hub."""
    FIRMWARE_CHANGED = "firmware_changed"
    POWER_ON_VERIFICATION_FAILED = "power_on_verification_failed"
    METROLOGY_VERIFICATION_FAILED = "metrology_verification_failed"
    ALERT_THROTTLED = "alert_throttled"
    """DCC throttles repeats of an alert which itself reports an event."""


class Clock(StrEnum):
    """Whose clock a time is of that stands beside DCC's."""

    CSP = "csp"
    COMMS_HUB = "comms_hub"
    DEVICE = "device"


CLOCK_OF_KIND: Mapping[MessageKind, Clock] = {
    MessageKind.CSP_FIRMWARE_DELIVERY_STATUS: Clock.CSP,
    MessageKind.FIRMWARE_TRANSFER_ALERT: Clock.COMMS_HUB,
    MessageKind.FIRMWARE_DISTRIBUTION_RECEIPT_ALERT: Clock.DEVICE,
    MessageKind.PPMID_FIRMWARE_UPGRADE_ALERT: Clock.DEVICE,
    MessageKind.ACTIVATE_FIRMWARE_RESPONSE: Clock.DEVICE,
    MessageKind.FUTURE_DATED_ACTIVATION_ALERT: Clock.DEVICE,
}
"""Who wrote the ``device_time`` of what a kind of message tells; the others tell none.

Source: DUIS 5.4 schema, ``TimeStamp`` of CSPFirmwareDeliveryStatus and CommsHubAlert, ``Timestamp``
of PPMIDAlert; GBCS 4.3."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """What is kept of a firmware image; the image itself is not.

    ``manufacturer_image_hash`` is the 32-octet SHA-256 of the Manufacturer Image alone, None if
    the octets are not a Zigbee OTA image; ``problem`` then says why not, or else what does not fit
    in one that can be read all the same. It is a clause without a subject: the image is meant.
    """

    size_bytes: int
    manufacturer_image_hash: bytes | None = None
    header_version: FirmwareVersion | None = None
    manufacturer_code: int | None = None
    image_type: int | None = None
    header_string: str | None = None
    minimum_hardware_version: int | None = None
    maximum_hardware_version: int | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFacts:
    """An Update Firmware (11.1) or Update PPMID Firmware (11.4) Service Request.

    ``device_ids`` holds each named device once, in the order of the request.
    ``sent_at`` is the envelope's time, None if it gave none.
    """

    request_id: RequestId
    variant: Variant
    firmware_version: FirmwareVersion
    image: ImageFacts
    device_ids: tuple[Eui64, ...]
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFacts:
    """DCC's answer to a Service Request as a whole."""

    request_id: RequestId
    variant: Variant
    response_code: str
    answered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestStep:
    """A status that concerns every device of a request."""

    request_id: RequestId
    status: Status
    occurred_at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What a party says happened to one device's update.

    ``request_id`` is None when the message names no request; then ``image_hash`` or else
    ``firmware_version`` decides to which one it belongs (firmtrack.domain.attribution).
    A message holds at most one event for a device.
    """

    device_id: Eui64
    status: Status
    occurred_at: datetime
    request_id: RequestId | None = None
    reason: str | None = None
    device_time: datetime | None = None
    comms_hub_id: Eui64 | None = None
    image_hash: bytes | None = None
    firmware_version: FirmwareVersion | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFacts:
    """What one statement says of a device, as DCC writes it; None is not stated.

    ``learnt_at`` is DCC's time of the statement; None, if it has none, is before any other.
    ``firmware_version`` is what runs, whoever says so; ``smi_firmware_version`` what DCC's own
    inventory held.
    """

    device_id: Eui64
    learnt_at: datetime | None
    device_type: str | None = None
    smets_version: str | None = None
    csp_region: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    device_status: str | None = None
    firmware_version: FirmwareVersion | None = None
    firmware_version_status: str | None = None
    gbcs_version: str | None = None
    comms_hub_id: Eui64 | None = None
    responsible_supplier: Eui64 | None = None
    smi_firmware_version: FirmwareVersion | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a User asks DCC to enter in its inventory, with an 8.4 or a 12.2.

    Any User may ask that of any device: it is known only once DCC has taken it, and from then.
    So ``facts`` has no ``learnt_at``.
    """

    request_id: RequestId
    facts: DeviceFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """DCC's answer to an 8.4 or a 12.2: whether it has taken what was proposed."""

    request_id: RequestId
    is_accepted: bool
    answered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationEvent:
    """What a party says of one Activate Firmware (11.3) Service Request.

    Its target is the device. ``occurred_at`` is DCC's time; None for a request whose envelope gives
    none. ``scheduled_for`` is the request's ExecutionDateTime. ``firmware_version`` is what the
    device states with its answer: what it runs then.
    """

    request_id: RequestId
    step: ActivationStep
    is_failed: bool = False
    occurred_at: datetime | None = None
    reason: str | None = None
    device_time: datetime | None = None
    firmware_version: FirmwareVersion | None = None
    image_hash: bytes | None = None
    scheduled_for: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierChange:
    """DCC notifies a User of a change of a device's supplier; it does not say who it is now."""

    device_id: Eui64
    reported_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """What a party says befell a request, a device or a hub, besides the stages of an update.

    It names at least one of ``request_id``, ``device_id`` and ``comms_hub_id``; the request may be
    of any service. ``reason`` is a code as it came. ``new_comms_hub_id`` is the hub that took the
    place of ``comms_hub_id``. ``throttled_sequence`` and ``throttled_count`` are DCC's own count of
    the repeats that it did not send, None where it throttles nothing.
    """

    kind: IncidentKind
    occurred_at: datetime
    request_id: RequestId | None = None
    device_id: Eui64 | None = None
    comms_hub_id: Eui64 | None = None
    new_comms_hub_id: Eui64 | None = None
    device_time: datetime | None = None
    reason: str | None = None
    throttled_sequence: int | None = None
    throttled_count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message and all that it says.

    ``digest`` is its identity: 32 octets, SHA-256 of its canonical form without the signature.
    ``user_id`` is the User that sent or was sent it, None for a stage report.
    ``response_id`` is DCC's own ID of it, which was sent to ``user_id``; None if it has none.
    ``code`` is the code that it carries, as written: a response, DCC Alert or Device Alert code.
    ``body`` is what is kept of it as evidence: its octets, less any firmware image.
    """

    digest: bytes
    kind: MessageKind
    body: bytes
    user_id: Eui64 | None = None
    response_id: ResponseId | None = None
    code: str | None = None
    occurred_at: datetime | None = None
    request: RequestFacts | None = None
    answer: AnswerFacts | None = None
    steps: tuple[RequestStep, ...] = ()
    events: tuple[Event, ...] = ()
    devices: tuple[DeviceFacts, ...] = ()
    proposal: Proposal | None = None
    verdict: Verdict | None = None
    activation: ActivationEvent | None = None
    supplier_change: SupplierChange | None = None
    incidents: tuple[Incident, ...] = ()

    @property
    def message_id(self) -> UUID:
        """The message's identity as stored and shown: the first 128 bits of its digest."""
        return message_id_of(self.digest)

    @property
    def is_dated(self) -> bool:
        """Whether it carries its time, which is also that of all its events: it never has another.

        Else ``occurred_at`` is told beside it: another one when the message comes again, or None.
        """
        return self.kind not in UNDATED_KINDS

    @property
    def event_count(self) -> int:
        """How many events the message reports, a request's own arrival included."""
        own = (self.request is not None) + (self.activation is not None)
        return len(self.events) + len(self.steps) + own

    def named_requests(self) -> frozenset[RequestId]:
        """Return every update request that the message names."""
        named = {event.request_id for event in self.events if event.request_id is not None}
        named.update(step.request_id for step in self.steps)
        if self.request is not None:
            named.add(self.request.request_id)
        if self.answer is not None:
            named.add(self.answer.request_id)
        return frozenset(named)

    def befallen_requests(self) -> frozenset[RequestId]:
        """Return every request that the message tells an incident of as a whole, of any service."""
        return frozenset(
            incident.request_id
            for incident in self.incidents
            if incident.request_id is not None and incident.device_id is None
        )


def message_id_of(digest: bytes) -> UUID:
    """Return the message ID that belongs to a 32-octet message digest."""
    return UUID(bytes=digest[:16])

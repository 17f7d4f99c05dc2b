"""The one update that the situations vary: an ESME in region North, and what is known around it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from firmtrack.answers.devices import MARK_OCTETS, HistoryEntry
from firmtrack.answers.requests import DistributionAnswer
from firmtrack.diagnosis.situation import Situation
from firmtrack.domain.activation import Activation
from firmtrack.domain.durations import step_of
from firmtrack.domain.facts import DeviceFacts, ImageFacts, Incident, IncidentKind, MessageKind
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.domain.incidents import IncidentEntry, ReportedIncident
from firmtrack.domain.pace import Limits
from firmtrack.domain.stages import ActivationStatus, Status, Variant
from firmtrack.domain.waits import Estimate, Stays
from firmtrack.store.reports.waits import GROUP_FACTS, KnownWait

ALPHA = Eui64.parse("90-B3-D5-1F-30-01-00-00")
DCC = Eui64.parse("90-B3-D5-1F-30-00-00-02")
DEVICE = Eui64.parse("00-DB-12-34-56-78-90-A1")
REQUEST = RequestId(ALPHA, DCC, 1000)
ACTIVATION = RequestId(ALPHA, DEVICE, 2000)
LATER_REQUEST = RequestId(ALPHA, DCC, 1001)
VERSION, OLD_VERSION = FirmwareVersion("01020312"), FirmwareVersion("01020310")
IMAGE_HASH = bytes(range(32))

HOUR = 3600.0
DAY = 24 * HOUR
SUBMITTED = datetime(2026, 11, 12, 8, 0, tzinfo=UTC)
SINCE = datetime(2026, 11, 14, 9, 12, tzinfo=UTC)

LIMITS = Limits(slow_seconds=26 * HOUR, allowed_seconds=78 * HOUR, still_seconds=0.0)
PAST = Stays.of(
    passed={
        step_of(hours * 3_600 - 100): n
        for hours, n in ((2, 310), (6, 330), (20, 500), (26, 60), (45, 15))
    },
    failed={step_of(3 * 3_600): 10},
    waiting={step_of(400 * 3_600): 15},
)
USUAL = KnownWait(limits=LIMITS, estimate=Estimate(PAST), group=GROUP_FACTS)
# Of those that reached the stage one in four never passes, and most of those are silent.
OFTEN_SILENT = replace(
    USUAL,
    estimate=Estimate(
        Stays.of(
            {step_of(hours * 3_600 - 100): 200 for hours in (2, 6, 26)},
            None,
            {step_of(1_500 * 3_600): 200},
        )
    ),
)
IMAGE = ImageFacts(
    size_bytes=500_000,
    manufacturer_image_hash=IMAGE_HASH,
    header_version=VERSION,
    minimum_hardware_version=0x1111,
    maximum_hardware_version=0x1211,
)
INVENTORY = DeviceFacts(
    device_id=DEVICE,
    learnt_at=SUBMITTED,
    device_type="ESME",
    manufacturer="Meters of Leeds",
    model="EM-200",
    device_status="Commissioned",
    csp_region="North",
    firmware_version=OLD_VERSION,
    gbcs_version="4.1",
)


def distribution(status: Status, **changes: Any) -> DistributionAnswer:
    usual = DistributionAnswer(
        request_id=REQUEST,
        variant=Variant.UPDATE_FIRMWARE,
        device_id=DEVICE,
        firmware_version=VERSION,
        image_hash=IMAGE_HASH,
        submitted_at=SUBMITTED,
        status=status,
        reason=None,
        updated_at=SINCE,
    )
    return replace(usual, **changes)


# What tells of each status, and with which code.
SOURCES: Mapping[Status, tuple[MessageKind, str | None]] = {
    Status.RECEIVED: (MessageKind.UPDATE_FIRMWARE_REQUEST, None),
    Status.ACCEPTED: (MessageKind.UPDATE_FIRMWARE_RESPONSE, "I99"),
    Status.REJECTED: (MessageKind.UPDATE_FIRMWARE_RESPONSE, "W110101"),
    Status.SENT_TO_CSP: (MessageKind.STAGE_REPORT, None),
    Status.SEND_TO_CSP_FAILED: (MessageKind.STAGE_REPORT, None),
    Status.DELIVERED_TO_COMMS_HUB: (MessageKind.CSP_FIRMWARE_DELIVERY_STATUS, "N60"),
    Status.COMMS_HUB_DELIVERY_FAILED: (MessageKind.CSP_FIRMWARE_DELIVERY_STATUS, "N61"),
    Status.TRANSFERRED_TO_DEVICE: (MessageKind.FIRMWARE_TRANSFER_ALERT, "N62"),
    Status.DEVICE_TRANSFER_FAILED: (MessageKind.FIRMWARE_TRANSFER_ALERT, "N62"),
    Status.VERIFIED: (MessageKind.FIRMWARE_DISTRIBUTION_RECEIPT_ALERT, "8F72"),
    Status.VERIFICATION_FAILED: (MessageKind.FIRMWARE_DISTRIBUTION_RECEIPT_ALERT, "8F1C"),
    Status.ACTIVATED: (MessageKind.PPMID_FIRMWARE_UPGRADE_ALERT, None),
    Status.ACTIVATION_FAILED: (MessageKind.PPMID_FIRMWARE_UPGRADE_ALERT, None),
}


def entry(status: Status, occurred_at: datetime = SINCE, **changes: Any) -> HistoryEntry:
    kind, code = SOURCES[status]
    usual = HistoryEntry(
        status=status,
        occurred_at=occurred_at,
        recorded_at=occurred_at,
        names_device=True,
        reason=None,
        device_time=None,
        comms_hub_id=None,
        firmware_version=None,
        image_hash=None,
        source_kind=kind,
        source_code=code,
        message_id=UUID(int=1),
        first_at=occurred_at,
        first_recorded_at=occurred_at,
        mark=bytes(MARK_OCTETS),
    )
    return usual._replace(**changes)


HUB = Eui64.parse("00-DB-12-34-56-78-90-A2")
NEW_HUB = Eui64.parse("00-DB-12-34-56-78-90-B2")
# What tells of each incident, and with which code and reason.
INCIDENT_SOURCES: Mapping[IncidentKind, tuple[MessageKind, str, str | None]] = {
    IncidentKind.REQUEST_QUARANTINED: (
        MessageKind.QUARANTINED_REQUEST,
        "AD1",
        "ADUserThresholdBreach",
    ),
    IncidentKind.COMMAND_FAILED: (MessageKind.COMMAND_FAILURE, "N13", "N13"),
    IncidentKind.MESSAGE_NOT_CARRIED: (MessageKind.DUIS_VERSION_MISMATCH, "N999", "N60"),
    IncidentKind.DEVICE_REMOVED: (MessageKind.DEVICE_STATUS_CHANGE_EVENT, "N9", None),
    IncidentKind.METER_DECOMMISSIONED: (MessageKind.DEVICE_STATUS_CHANGE_EVENT, "N9", None),
    IncidentKind.ASSOCIATED_METER_DECOMMISSIONED: (
        MessageKind.DEVICE_STATUS_CHANGE_EVENT,
        "N9",
        None,
    ),
    IncidentKind.PPMID_REMOVED: (MessageKind.PPMID_REMOVAL, "N53", None),
    IncidentKind.COMMS_HUB_DECOMMISSIONED: (MessageKind.DEVICE_STATUS_CHANGE_EVENT, "N9", None),
    IncidentKind.COMMS_HUB_EXCHANGED: (MessageKind.DEVICE_LOG_RESTORED, "N48", None),
    IncidentKind.FIRMWARE_CHANGED: (MessageKind.DEVICE_FIRMWARE_ALERT, "8F43", "8F43"),
    IncidentKind.POWER_ON_VERIFICATION_FAILED: (
        MessageKind.DEVICE_FIRMWARE_ALERT,
        "8F1B",
        "8F1B",
    ),
    IncidentKind.METROLOGY_VERIFICATION_FAILED: (
        MessageKind.DEVICE_FIRMWARE_ALERT,
        "81AD",
        "81AD",
    ),
    IncidentKind.ALERT_THROTTLED: (MessageKind.FIRMWARE_TRANSFER_ALERT, "N62", "N62"),
}


def incident(
    kind: IncidentKind, at: datetime = SINCE + timedelta(hours=1), *, is_anothers: bool = False
) -> IncidentEntry:
    """Return one incident of its kind at a time; of another party's message, only its day."""
    source_kind, code, reason = INCIDENT_SOURCES[kind]
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    incident = Incident(
        kind=kind,
        occurred_at=day if is_anothers else at,
        comms_hub_id=HUB,
        new_comms_hub_id=NEW_HUB if kind is IncidentKind.COMMS_HUB_EXCHANGED else None,
        reason=None if is_anothers else reason,
    )
    source = ReportedIncident(
        incident=incident,
        message_id=UUID(int=7),
        recorded_at=at,
        source_kind=source_kind,
        source_code=code,
        user_id=ALPHA,
    )
    return IncidentEntry(
        incident=incident,
        first_at=incident.occurred_at,
        times=1,
        throttled_count=None,
        source=None if is_anothers else source,
        ordered_at=at,
    )


def of_request(entry: IncidentEntry, request_id: RequestId) -> IncidentEntry:
    """Return the incident as one that names this request."""
    return replace(entry, incident=replace(entry.incident, request_id=request_id))


def situation(
    status: Status,
    waited: float = 4 * HOUR,
    *,
    variant: Variant | None = Variant.UPDATE_FIRMWARE,
    reason: str | None = None,
    **around: Any,
) -> Situation:
    """Return the situation after ``waited`` seconds in ``status``, with the inventory known."""
    latest = entry(status, reason=reason)
    if reason is not None and reason[0] in "EN":  # the message carries the reason as its code
        latest = latest._replace(source_code=reason)
    known: dict[str, Any] = {"history": (latest,), "device": INVENTORY}
    return Situation(
        distribution=distribution(status, variant=variant, reason=reason),
        now=SINCE + timedelta(seconds=waited),
        **(known | around),
    )


def activation(status: ActivationStatus, **changes: Any) -> Activation:
    at = SINCE + timedelta(hours=2)
    usual = Activation(
        request_id=ACTIVATION,
        status=status,
        reason=None,
        is_cancelling=False,
        is_answered=status is ActivationStatus.ACTIVATED,
        scheduled_for=None,
        image_hash=IMAGE_HASH,
        firmware_version=VERSION if status is ActivationStatus.ACTIVATED else None,
        requested_at=at,
        updated_at=at,
        events=(),
    )
    return replace(usual, **changes)

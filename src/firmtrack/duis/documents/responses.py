"""Responses and alerts: what DCC sends to a User."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId, ResponseId
from firmtrack.domain.stages import Variant
from firmtrack.duis.documents.alert_bodies import DccAlertBody


@dataclass(frozen=True, slots=True, kw_only=True)
class _Response:
    """What the header of every response and alert holds."""

    response_id: ResponseId
    responded_at: datetime
    request_id: RequestId | None = None
    response_code: str = "I0"


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateFirmwareResponse(_Response):
    """DCC's answer to an 11.1 or 11.4.

    ``left_out`` maps a reason code of ``codes.WARNING_LISTS`` to the devices left out for it.
    """

    variant: Variant
    left_out: Mapping[str, tuple[Eui64, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryDevice:
    """One device of a Read Inventory answer; what is None is left out."""

    device_id: Eui64
    device_type: str
    manufacturer: str
    model: str
    device_status: str | None = None
    smets_version: str | None = None
    firmware_version: FirmwareVersion | None = None
    firmware_version_status: str | None = None
    csp_region: str | None = None
    gbcs_version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadInventoryResponse(_Response):
    """DCC's answer to an 8.2: 1 to 17 devices, none if it refused."""

    devices: tuple[InventoryDevice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement(_Response):
    """DCC's word on a Service Request by its Response Code alone: taken on, or refused."""

    service_reference: str
    service_reference_variant: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceResponse(_Response):
    """A device's answer to a Service Request, as the GBCS message that it sent."""

    service_reference: str
    service_reference_variant: str
    gbcs_payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FutureDatedDeviceAlert(_Response):
    """A device says how a future-dated command went: alert code 8F66, or 8F67 for a failure."""

    service_reference: str
    service_reference_variant: str
    future_dated_alert_code: int
    gbcs_payload: bytes
    instruction_number: int = 1
    total_command_instructions: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceAlert(_Response):
    """An alert from a device; the sender of ``response_id`` is the device."""

    alert_code: int
    gbcs_payload: bytes
    throttled_alert_sequence_id: int | None = None
    throttled_alert_count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DccAlert(_Response):
    """A DCC Alert: a code and the body that says what happened."""

    alert_code: str
    body: DccAlertBody
    throttled_alert_sequence_id: int | None = None
    throttled_alert_count: int | None = None


ResponseDocument = (
    UpdateFirmwareResponse
    | ReadInventoryResponse
    | Acknowledgement
    | DeviceResponse
    | FutureDatedDeviceAlert
    | DeviceAlert
    | DccAlert
)

"""The DUIS documents that Firmtrack can write, as values.

Class and field names are the schema's names; the order of fields is the schema's order.
Times are aware. Source: DUIS 5.4 schema.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId, ResponseId
from firmtrack.domain.stages import Variant


class TransferResponseCode(StrEnum):
    """How a Communications Hub fared when it handed an image to a device."""

    FILE_TRANSFER_SUCCESS = "FileTransferSuccess"
    FIRMWARE_IMAGE_DISCARDED = "FirmwareImageDiscarded"
    HARDWARE_VERSION_MISMATCH = "HardwareVersionMismatch"
    FILE_TRANSFER_FAILURE = "FileTransferFailure"


class ActivateImageResultCode(StrEnum):
    """How a PPMID fared when it activated an image."""

    ACTIVATION_SUCCESS = "ActivationSuccess"
    ACTIVATION_FAILURE = "ActivationFailure"


class CommsHubTransferStatus(StrEnum):
    """Whether an image reached the Communications Hub."""

    SUCCESS = "Success"
    FAILURE = "Failure"


class DeviceStatusChange(StrEnum):
    """What changed in a device's inventory status; the kinds that carry nothing else."""

    DEVICE_REMOVED_FROM_INVENTORY = "DeviceRemovedFromInventory"
    DEVICE_SUSPENDED = "DeviceSuspended"
    DEVICE_RESTORED = "DeviceRestored"


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateFirmwareRequest:
    """Service Request 11.1 or, for PPMIDs, 11.4: one image for up to 50,000 devices."""

    request_id: RequestId
    variant: Variant
    firmware_image: bytes
    firmware_version: FirmwareVersion
    device_ids: tuple[Eui64, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicePrenotification:
    """Service Request 12.2: adds a device to the inventory."""

    request_id: RequestId
    device_id: Eui64
    manufacturer: str
    model: str
    device_type: str
    smets_version: str | None = None
    firmware_version: FirmwareVersion | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFirmwareVersionRequest:
    """Service Request 11.2: asks a device for its firmware version."""

    request_id: RequestId


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
class DeviceResponse(_Response):
    """A device's answer to a Service Request, as the GBCS message that it sent."""

    service_reference: str
    service_reference_variant: str
    gbcs_payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceAlert(_Response):
    """An alert from a device; the sender of ``response_id`` is the device."""

    alert_code: int
    gbcs_payload: bytes
    throttled_alert_sequence_id: int | None = None
    throttled_alert_count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CspFirmwareDeliveryStatus:
    """The image reached the Communications Hub, or did not."""

    update_firmware_request_id: RequestId
    comms_hub_device_id: Eui64
    target_device_id: Eui64
    firmware_version: FirmwareVersion
    time_stamp: datetime
    comms_hub_transfer_status: CommsHubTransferStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareTransferAlert:
    """The hub handed the image to the device, or could not."""

    other_device_id: Eui64
    firmware_version: FirmwareVersion
    transfer_response_code: TransferResponseCode
    update_firmware_request_id: RequestId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommsHubAlert:
    """An alert from a Communications Hub, about firmware if it holds a transfer alert."""

    comms_hub_device_id: Eui64
    alert_code: int
    time_stamp: datetime | None = None
    firmware_transfer_alert: FirmwareTransferAlert | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareDistributionFailure:
    """The distribution failed for these devices."""

    update_firmware_request_id: RequestId
    meter_ids: tuple[Eui64, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareUpgradeRequested:
    """Tells a supplier other than the sender that an update was asked for."""

    device_type: str
    firmware_version: FirmwareVersion
    device_ids: tuple[Eui64, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PpmidFirmwareUpgradeAlert:
    """The PPMID activated the image, or could not."""

    firmware_version: FirmwareVersion
    activate_image_result_code: ActivateImageResultCode


@dataclass(frozen=True, slots=True, kw_only=True)
class PpmidAlert:
    """An alert from a PPMID, about firmware if it holds an upgrade alert."""

    device_id: Eui64
    device_alert_code: int
    timestamp: datetime | None = None
    ppmid_firmware_upgrade_alert: PpmidFirmwareUpgradeAlert | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareVersionMismatch:
    """Inventory and device disagree about the device's firmware version."""

    device_id: Eui64
    device_type: str
    firmware_version_smi: FirmwareVersion
    firmware_version_device: FirmwareVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandFailure:
    """A command was not delivered to the device, or not answered by it."""

    command_request_id: RequestId
    device_id: Eui64


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceStatusChangeEvent:
    """A device's status in the inventory changed."""

    device_id: Eui64
    change: DeviceStatusChange


@dataclass(frozen=True, slots=True, kw_only=True)
class CommsHubFirmwareActivation:
    """A Communications Hub runs new firmware; hubs are not tracked."""

    device_id: Eui64
    firmware_version: FirmwareVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerOutageEvent:
    """A supply was lost: nothing to do with firmware."""

    comms_hub_device_id: Eui64
    start_date_time: datetime
    import_mpxn: str


DccAlertBody = (
    CspFirmwareDeliveryStatus
    | CommsHubAlert
    | FirmwareDistributionFailure
    | FirmwareUpgradeRequested
    | PpmidAlert
    | FirmwareVersionMismatch
    | CommandFailure
    | DeviceStatusChangeEvent
    | CommsHubFirmwareActivation
    | PowerOutageEvent
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DccAlert(_Response):
    """A DCC Alert: a code and the body that says what happened."""

    alert_code: str
    body: DccAlertBody
    throttled_alert_sequence_id: int | None = None
    throttled_alert_count: int | None = None


RequestDocument = UpdateFirmwareRequest | DevicePrenotification | ReadFirmwareVersionRequest
ResponseDocument = (
    UpdateFirmwareResponse | ReadInventoryResponse | DeviceResponse | DeviceAlert | DccAlert
)
Document = RequestDocument | ResponseDocument

"""Service Requests."""

from dataclasses import dataclass
from datetime import datetime

from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.domain.stages import Variant


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
class ActivateFirmwareRequest:
    """Service Request 11.3: the target of ``request_id``, a device, is to activate an image.

    ``firmware_hash`` is the 32-octet Manufacturer Image Hash.
    """

    request_id: RequestId
    firmware_hash: bytes
    execution_date_time: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedPreCommand:
    """The GBCS command that a critical Service Request was turned into, signed by the User."""

    request_id: RequestId
    service_reference: str
    service_reference_variant: str
    gbcs_payload: bytes
    execution_date_time: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadInventoryRequest:
    """Service Request 8.2: asks DCC for what its inventory holds of a device."""

    request_id: RequestId
    device_id: Eui64


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateDeviceDetails:
    """New details of a device in the inventory; what is None stays as it is."""

    manufacturer: str | None = None
    model: str | None = None
    smets_version: str | None = None
    firmware_version: FirmwareVersion | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateDeviceStatus:
    """A new status of a device in the inventory; the schema keeps hubs apart."""

    device_status: str
    is_comms_hub: bool = False


@dataclass(frozen=True, slots=True)
class DeleteDevice:
    """A device is to be taken out of the inventory."""


InventoryChange = UpdateDeviceDetails | UpdateDeviceStatus | DeleteDevice


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateInventoryRequest:
    """Service Request 8.4: changes what the inventory holds of a device."""

    request_id: RequestId
    device_id: Eui64
    change: InventoryChange


RequestDocument = (
    UpdateFirmwareRequest
    | DevicePrenotification
    | ReadFirmwareVersionRequest
    | ActivateFirmwareRequest
    | SignedPreCommand
    | ReadInventoryRequest
    | UpdateInventoryRequest
)

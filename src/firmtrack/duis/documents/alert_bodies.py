"""The bodies of DCC Alerts. Source: DUIS 5.4 schema, ``DCCAlert``."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId


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
    CHF_DECOMMISSIONING = "CHFDecommissioning"
    DEVICE_SUSPENDED = "DeviceSuspended"
    DEVICE_RESTORED = "DeviceRestored"


class QuarantineBreach(StrEnum):
    """Why DCC holds a request."""

    AD_USER_THRESHOLD_BREACH = "ADUserThresholdBreach"
    AD_DCC_THRESHOLD_BREACH = "ADDCCThresholdBreach"
    AD_ATTRIBUTE_LIMITS_BREACH = "ADAttributeLimitsBreach"


class DeviceLog(StrEnum):
    """Whose device log was restored."""

    CHF = "CHFDeviceLog"
    GPF = "GPFDeviceLog"


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
    dsp_schedule_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceChangeOfSupplier:
    """A ChangeOfSupplier: the supplier of this meter changed; to whom, it does not say."""

    device_id: Eui64
    device_type: str
    import_mpxn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceStatusChangeEvent:
    """A device's status in the inventory changed."""

    device_id: Eui64
    change: DeviceStatusChange


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterDecommissioningOrWithdrawal:
    """A DeviceStatusChangeEvent: a meter was decommissioned or withdrawn.

    ``associated_devices`` are up to 7 Type 1 devices, each with its type.
    """

    device_id: Eui64
    import_mpxn: str
    associated_devices: tuple[tuple[Eui64, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedRequest:
    """DCC's anomaly detection holds a request."""

    breach: QuarantineBreach
    request_id: RequestId
    quarantine_event_ref: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PpmidRemoval:
    """A PPMID was removed from its hub."""

    ppmid_device_id: Eui64
    chf_device_id: Eui64


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceLogRestored:
    """The device log of a hub was restored to another."""

    restored_date: date
    log: DeviceLog
    old_chf_device_id: Eui64
    new_chf_device_id: Eui64
    old_gpf_device_id: Eui64
    new_gpf_device_id: Eui64


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


@dataclass(frozen=True, slots=True, kw_only=True)
class DuisVersionMismatch:
    """Stands in for a DCC Alert that the User's version of DUIS cannot carry."""

    dcc_alert_code: str
    service_user_duis_version: str
    device_id: Eui64 | None = None
    request_id: RequestId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceResponseVersionMismatch:
    """A DUISVersionMismatch that stands in for the answer to a request."""

    request_id: RequestId
    service_reference: str
    service_reference_variant: str
    service_request_duis_version: str
    service_user_duis_version: str


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
    | DeviceChangeOfSupplier
    | DuisVersionMismatch
    | ServiceResponseVersionMismatch
    | MeterDecommissioningOrWithdrawal
    | QuarantinedRequest
    | PpmidRemoval
    | DeviceLogRestored
)

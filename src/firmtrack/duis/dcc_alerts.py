"""DCC Alerts to facts. The body says what happened; the code is kept as evidence.

A new body that moves a distribution or tells of a device is one function and one row of
``_TRANSLATIONS``; one that tells only of incidents a row of ``_INCIDENTS``.
Source: DUIS 5.4 schema, ``DCCAlertMessage``.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from firmtrack.domain.facts import (
    ActivationEvent,
    DeviceFacts,
    Event,
    Incident,
    Message,
    MessageKind,
    SupplierChange,
)
from firmtrack.domain.stages import Status
from firmtrack.duis import incidents
from firmtrack.duis.activations import failed_command
from firmtrack.duis.codes import ACTIVATION_REASONS, DCC_ALERT_CODES, DEVICE_TYPES, TRANSFER_REASONS
from firmtrack.duis.documents import CommsHubTransferStatus
from firmtrack.duis.elements import Children, name_of, only_child
from firmtrack.duis.envelope import Envelope, NotAboutFirmware, message, user_of
from firmtrack.duis.inventories import running_versions
from firmtrack.duis.rejections import UnexpectedElement
from firmtrack.duis.throttling import with_throttling

_CODES = {code: code for code in DCC_ALERT_CODES}
_TRANSFER_STATUSES: dict[str, CommsHubTransferStatus] = {
    status.value: status for status in CommsHubTransferStatus
}
_TRANSFER_REASONS: dict[str, str | None] = {
    code.value: reason for code, reason in TRANSFER_REASONS.items()
}
_ACTIVATION_REASONS: dict[str, str | None] = {
    code.value: reason for code, reason in ACTIVATION_REASONS.items()
}

_DEVICE_TYPES = {device_type: device_type for device_type in DEVICE_TYPES}
# The status that a change leaves a device in, as the schema's DeviceStatus names it; where it has
# no name for it, or more than one may be meant, the change's own: no status is invented.
_STATUS_AFTER = {
    "DeviceSuspended": "Suspended",
    "DeviceRestored": "DeviceRestored",
    "DeviceRemovedFromInventory": "DeviceRemovedFromInventory",
    "MeterDecommissioningOrWithdrawal": "MeterDecommissioningOrWithdrawal",
}


class _Report(NamedTuple):
    """What an alert's body tells: of updates, activations or devices, all at one time."""

    kind: MessageKind
    occurred_at: datetime
    events: tuple[Event, ...] = ()
    devices: tuple[DeviceFacts, ...] = ()
    activation: ActivationEvent | None = None
    supplier_change: SupplierChange | None = None
    incidents: tuple[Incident, ...] = ()


def translate_dcc_alert(envelope: Envelope) -> Message | NotAboutFirmware:
    """Return what a sr:DCCAlertMessage says. Raises DuisRejected."""
    alert = Children(envelope.content)
    code = alert.choice("DCCAlertCode", _CODES)
    element = only_child(alert.element("DCCAlert"))
    name = name_of(element)
    kind = BODY_KINDS.get(name)
    if kind is None:
        raise UnexpectedElement(f"{name} in DCCAlert.")
    if name not in _TRANSLATIONS and name not in _INCIDENTS:
        return NotAboutFirmware(kind=kind)
    responded_at = envelope.header.time("ResponseDateTime")
    reported = _report_of(name, Children(element), code, responded_at)
    if reported is None:
        return NotAboutFirmware(kind=kind)
    return message(
        envelope,
        reported.kind,
        user_id=user_of(envelope),
        occurred_at=reported.occurred_at,
        code=code,
        events=reported.events,
        devices=reported.devices,
        activation=reported.activation,
        supplier_change=reported.supplier_change,
        incidents=with_throttling(
            alert, code, responded_at, incidents=reported.incidents, events=reported.events
        ),
    )


def _report_of(name: str, body: Children, code: str, responded_at: datetime) -> _Report | None:
    """Return what the body of that name tells, None if nothing that Firmtrack records."""
    if name in _TRANSLATIONS:
        return _TRANSLATIONS[name](body, code, responded_at)
    kind, read = _INCIDENTS[name]
    found = read(body, code, responded_at)
    return _Report(kind=kind, occurred_at=responded_at, incidents=found) if found else None


def _csp_firmware_delivery_status(body: Children, code: str, responded_at: datetime) -> _Report:
    is_failed = (
        body.choice("CommsHubTransferStatus", _TRANSFER_STATUSES) is CommsHubTransferStatus.FAILURE
    )
    event = Event(
        device_id=body.eui("TargetDeviceID"),
        status=Status.COMMS_HUB_DELIVERY_FAILED if is_failed else Status.DELIVERED_TO_COMMS_HUB,
        occurred_at=responded_at,
        request_id=body.request_id("UpdateFirmwareRequestID"),
        reason=code if is_failed else None,
        device_time=body.time("TimeStamp"),
        comms_hub_id=body.eui("CommsHubDeviceID"),
        firmware_version=body.firmware_version("FirmwareVersion"),
    )
    return _report(MessageKind.CSP_FIRMWARE_DELIVERY_STATUS, event)


def _comms_hub_alert(body: Children, _: str, responded_at: datetime) -> _Report | None:
    if "FirmwareTransferAlert" not in body:
        return None
    transfer = body.children("FirmwareTransferAlert")
    reason = transfer.choice("TransferResponseCode", _TRANSFER_REASONS)
    event = Event(
        device_id=transfer.eui("OtherDeviceID"),
        status=Status.TRANSFERRED_TO_DEVICE if reason is None else Status.DEVICE_TRANSFER_FAILED,
        occurred_at=responded_at,
        request_id=transfer.optional_request_id("UpdateFirmwareRequestID"),
        reason=reason,
        device_time=body.optional_time("TimeStamp"),
        comms_hub_id=body.eui("CommsHubDeviceID"),
        firmware_version=transfer.firmware_version("FirmwareVersion"),
    )
    return _report(MessageKind.FIRMWARE_TRANSFER_ALERT, event)


def _ppmid_alert(body: Children, _: str, responded_at: datetime) -> _Report | None:
    if "PPMIDFirmwareUpgradeAlert" not in body:
        return _device_firmware_alert(incidents.ppmid_alert(body, responded_at), responded_at)
    upgrade = body.children("PPMIDFirmwareUpgradeAlert")
    reason = upgrade.choice("ActivateImageResultCode", _ACTIVATION_REASONS)
    event = Event(
        device_id=body.eui("DeviceID"),
        status=Status.ACTIVATED if reason is None else Status.ACTIVATION_FAILED,
        occurred_at=responded_at,
        reason=reason,
        device_time=body.optional_time("Timestamp"),
        firmware_version=upgrade.firmware_version("FirmwareVersion"),
    )
    return _report(MessageKind.PPMID_FIRMWARE_UPGRADE_ALERT, event)


def _device_firmware_alert(found: Incident | None, responded_at: datetime) -> _Report | None:
    if found is None:
        return None
    return _Report(
        kind=MessageKind.DEVICE_FIRMWARE_ALERT, occurred_at=responded_at, incidents=(found,)
    )


def _firmware_distribution_failure(body: Children, code: str, responded_at: datetime) -> _Report:
    request_id = body.request_id("UpdateFirmwareRequestID")
    events = (
        Event(
            device_id=device_id,
            status=Status.COMMS_HUB_DELIVERY_FAILED,
            occurred_at=responded_at,
            request_id=request_id,
            reason=code,
        )
        for device_id in body.device_ids("MeterIDs")
    )
    return _report(MessageKind.FIRMWARE_DISTRIBUTION_FAILURE, *events)


def _firmware_upgrade_requested(body: Children, _: str, responded_at: datetime) -> _Report:
    firmware_version = body.firmware_version("FirmwareVersion")
    events = (
        Event(
            device_id=device_id,
            status=Status.RECEIVED,
            occurred_at=responded_at,
            firmware_version=firmware_version,
        )
        for device_id in body.device_ids("DeviceList")
    )
    return _report(MessageKind.FIRMWARE_UPGRADE_REQUESTED, *events)


def _firmware_version_mismatch(body: Children, _: str, responded_at: datetime) -> _Report:
    facts = DeviceFacts(
        device_id=body.eui("DeviceID"),
        learnt_at=responded_at,
        device_type=body.choice("DeviceType", _DEVICE_TYPES),
        firmware_version=body.firmware_version("FirmwareVersionDevice"),
        smi_firmware_version=body.firmware_version("FirmwareVersionSMI"),
    )
    return _Report(
        kind=MessageKind.FIRMWARE_VERSION_MISMATCH, occurred_at=responded_at, devices=(facts,)
    )


def _device_status_change_event(body: Children, _: str, responded_at: datetime) -> _Report | None:
    change = only_child(body.element("DeviceStatusChange"))
    status = _STATUS_AFTER.get(name_of(change))
    device_id = body.eui("DeviceID")
    found = incidents.status_change(device_id, change, responded_at)
    if status is None and not found:
        return None
    facts = DeviceFacts(device_id=device_id, learnt_at=responded_at, device_status=status)
    return _Report(
        kind=MessageKind.DEVICE_STATUS_CHANGE_EVENT,
        occurred_at=responded_at,
        devices=() if status is None else (facts,),
        incidents=found,
    )


def _command_failure(body: Children, code: str, responded_at: datetime) -> _Report:
    # The command may be any other than an activation: the body does not say which service it is.
    return _Report(
        kind=MessageKind.COMMAND_FAILURE,
        occurred_at=responded_at,
        activation=failed_command(body.request_id("CommandRequestID"), code, responded_at),
        incidents=incidents.command_failure(body, code, responded_at),
    )


def _change_of_supplier(body: Children, _: str, responded_at: datetime) -> _Report | None:
    if "DeviceChangeOfSupplier" not in body:
        return None
    change = body.children("DeviceChangeOfSupplier")
    device_id = change.eui("DeviceID")
    device_type = change.choice("DeviceType", _DEVICE_TYPES)
    return _Report(
        kind=MessageKind.CHANGE_OF_SUPPLIER,
        occurred_at=responded_at,
        devices=(
            DeviceFacts(device_id=device_id, learnt_at=responded_at, device_type=device_type),
        ),
        supplier_change=SupplierChange(device_id=device_id, reported_at=responded_at),
    )


def _report(kind: MessageKind, *events: Event) -> _Report:
    """Return what a body tells with these events: at least one, all at one time."""
    return _Report(
        kind=kind,
        occurred_at=events[0].occurred_at,
        events=events,
        devices=running_versions(events),
    )


# From an alert's body, its code and the response's time.
_TRANSLATIONS: Mapping[str, Callable[[Children, str, datetime], _Report | None]] = {
    "CSPFirmwareDeliveryStatus": _csp_firmware_delivery_status,
    "CommsHubAlert": _comms_hub_alert,
    "PPMIDAlert": _ppmid_alert,
    "FirmwareDistributionFailure": _firmware_distribution_failure,
    "FirmwareUpgradeRequested": _firmware_upgrade_requested,
    "FirmwareVersionMismatch": _firmware_version_mismatch,
    "DeviceStatusChangeEvent": _device_status_change_event,
    "CommandFailure": _command_failure,
    "ChangeOfSupplier": _change_of_supplier,
}

# What is told by the bodies that tell of incidents alone; by none of them, the alert is ignored.
_INCIDENTS: Mapping[
    str, tuple[MessageKind, Callable[[Children, str, datetime], tuple[Incident, ...]]]
] = {
    "QuarantinedRequest": (MessageKind.QUARANTINED_REQUEST, incidents.quarantined_request),
    "DUISVersionMismatch": (MessageKind.DUIS_VERSION_MISMATCH, incidents.duis_version_mismatch),
    "PPMIDRemoval": (MessageKind.PPMID_REMOVAL, incidents.ppmid_removal),
    "DeviceLogRestored": (MessageKind.DEVICE_LOG_RESTORED, incidents.device_log_restored),
}

# Every body that there is, and the kind that it is counted under when it is ignored.
BODY_KINDS = {
    "PowerOutageEvent": "power_outage_event",
    "DeviceStatusChangeEvent": "device_status_change_event",
    "DSPScheduleRemoval": "dsp_schedule_removal",
    "CommandFailure": "command_failure",
    "FirmwareDistributionFailure": "firmware_distribution_failure",
    "UpdateHANDeviceLogResult": "update_han_device_log_result",
    "ChangeOfSupplier": "change_of_supplier",
    "DeviceLogRestored": "device_log_restored",
    "PPMIDAlert": "ppmid_alert",
    "SecurityCredentialsUpdated": "security_credentials_updated",
    "PPMIDRemoval": "ppmid_removal",
    "QuarantinedRequest": "quarantined_request",
    "FirmwareVersionMismatch": "firmware_version_mismatch",
    "DualBandCHAlert": "dual_band_ch_alert",
    "S1SPAlertDSP": "s1sp_alert_dsp",
    "SMETS1CHFirmwareNotification": "smets1_ch_firmware_notification",
    "ALCSHCALCSConfigurationChange": "alcs_hcalcs_configuration_change",
    "FirmwareUpgradeRequested": "firmware_upgrade_requested",
    "CSPFirmwareDeliveryStatus": "csp_firmware_delivery_status",
    "CommsHubAlert": "comms_hub_alert",
    "ECoSAlert": "ecos_alert",
    "CommsHubFirmwareActivation": "comms_hub_firmware_activation",
    "CoSCertificateAlert": "cos_certificate_alert",
    "DUISVersionMismatch": "duis_version_mismatch",
}

"""Writes the bodies of DCC Alerts. Source: DUIS 5.4 schema, ``DCCAlert``."""

from collections.abc import Callable, Mapping
from typing import Any

from firmtrack.duis import documents as d
from firmtrack.duis.markup import (
    device_list_element,
    element,
    text_element,
    time_element,
)


def alert_body(body: d.DccAlertBody) -> str:
    """Return ``body`` as markup."""
    return _WRITERS[type(body)](body)


def _csp_firmware_delivery_status(body: d.CspFirmwareDeliveryStatus) -> str:
    return (
        "<sr:CSPFirmwareDeliveryStatus>"
        f"{element('UpdateFirmwareRequestID', str(body.update_firmware_request_id))}"
        f"{element('CommsHubDeviceID', str(body.comms_hub_device_id))}"
        f"{element('TargetDeviceID', str(body.target_device_id))}"
        f"{text_element('FirmwareVersion', body.firmware_version)}"
        f"{time_element('TimeStamp', body.time_stamp)}"
        f"{element('CommsHubTransferStatus', body.comms_hub_transfer_status)}"
        "</sr:CSPFirmwareDeliveryStatus>"
    )


def _comms_hub_alert(body: d.CommsHubAlert) -> str:
    transfer = body.firmware_transfer_alert
    return element(
        "CommsHubAlert",
        element("CommsHubDeviceID", str(body.comms_hub_device_id))
        + element("AlertCode", f"{body.alert_code:04X}")
        + time_element("TimeStamp", body.time_stamp)
        + ("" if transfer is None else _firmware_transfer_alert(transfer)),
    )


def _firmware_transfer_alert(alert: d.FirmwareTransferAlert) -> str:
    return element(
        "FirmwareTransferAlert",
        text_element("UpdateFirmwareRequestID", alert.update_firmware_request_id)
        + element("OtherDeviceID", str(alert.other_device_id))
        + text_element("FirmwareVersion", alert.firmware_version)
        + element("TransferResponseCode", alert.transfer_response_code),
    )


def _firmware_distribution_failure(body: d.FirmwareDistributionFailure) -> str:
    return element(
        "FirmwareDistributionFailure",
        text_element("UpdateFirmwareRequestID", body.update_firmware_request_id)
        + device_list_element("MeterIDs", body.meter_ids),
    )


def _firmware_upgrade_requested(body: d.FirmwareUpgradeRequested) -> str:
    return element(
        "FirmwareUpgradeRequested",
        text_element("DeviceType", body.device_type)
        + text_element("FirmwareVersion", body.firmware_version)
        + device_list_element("DeviceList", body.device_ids),
    )


def _ppmid_alert(body: d.PpmidAlert) -> str:
    upgrade = body.ppmid_firmware_upgrade_alert
    return element(
        "PPMIDAlert",
        text_element("DeviceID", body.device_id)
        + element("DeviceAlertCode", f"{body.device_alert_code:04X}")
        + time_element("Timestamp", body.timestamp)
        + ("" if upgrade is None else _ppmid_firmware_upgrade_alert(upgrade)),
    )


def _ppmid_firmware_upgrade_alert(alert: d.PpmidFirmwareUpgradeAlert) -> str:
    return element(
        "PPMIDFirmwareUpgradeAlert",
        text_element("FirmwareVersion", alert.firmware_version)
        + element("ActivateImageResultCode", alert.activate_image_result_code),
    )


def _firmware_version_mismatch(body: d.FirmwareVersionMismatch) -> str:
    return element(
        "FirmwareVersionMismatch",
        text_element("DeviceID", body.device_id)
        + text_element("DeviceType", body.device_type)
        + text_element("FirmwareVersionSMI", body.firmware_version_smi)
        + text_element("FirmwareVersionDevice", body.firmware_version_device),
    )


def _command_failure(body: d.CommandFailure) -> str:
    return element(
        "CommandFailure",
        text_element("CommandRequestID", body.command_request_id)
        + text_element("DSPScheduleID", body.dsp_schedule_id)
        + text_element("DeviceID", body.device_id),
    )


def _device_status_change_event(body: d.DeviceStatusChangeEvent) -> str:
    change = element("DeviceStatusChange", element(body.change, ""))
    return element("DeviceStatusChangeEvent", text_element("DeviceID", body.device_id) + change)


def _comms_hub_firmware_activation(body: d.CommsHubFirmwareActivation) -> str:
    return element(
        "CommsHubFirmwareActivation",
        text_element("DeviceID", body.device_id)
        + text_element("FirmwareVersion", body.firmware_version),
    )


def _power_outage_event(body: d.PowerOutageEvent) -> str:
    return element(
        "PowerOutageEvent",
        text_element("CommsHubDeviceID", body.comms_hub_device_id)
        + time_element("StartDateTime", body.start_date_time)
        + text_element("MPxN", body.import_mpxn),
    )


def _device_change_of_supplier(body: d.DeviceChangeOfSupplier) -> str:
    change = (
        text_element("DeviceID", body.device_id)
        + text_element("DeviceType", body.device_type)
        + element("MPxNs", text_element("ImportMPxN", body.import_mpxn))
    )
    return element("ChangeOfSupplier", element("DeviceChangeOfSupplier", change))


def _duis_version_mismatch(body: d.DuisVersionMismatch) -> str:
    alert = (
        text_element("DCCAlertCode", body.dcc_alert_code)
        + text_element("DeviceID", body.device_id)
        + text_element("RequestID", body.request_id)
    )
    return element(
        "DUISVersionMismatch",
        element("DCCAlertVersionMismatch", alert)
        + text_element("ServiceUserDUISVersion", body.service_user_duis_version),
    )


def _service_response_version_mismatch(body: d.ServiceResponseVersionMismatch) -> str:
    response = (
        text_element("RequestID", body.request_id)
        + text_element("ServiceReference", body.service_reference)
        + text_element("ServiceReferenceVariant", body.service_reference_variant)
        + text_element("ServiceRequestDUISVersion", body.service_request_duis_version)
    )
    return element(
        "DUISVersionMismatch",
        element("ServiceResponseVersionMismatch", response)
        + text_element("ServiceUserDUISVersion", body.service_user_duis_version),
    )


def _meter_decommissioning_or_withdrawal(body: d.MeterDecommissioningOrWithdrawal) -> str:
    associated = "".join(
        element(
            "AssociatedType1Device",
            text_element("DeviceID", device_id) + text_element("DeviceType", device_type),
        )
        for device_id, device_type in body.associated_devices
    )
    change = element(
        "MeterDecommissioningOrWithdrawal",
        element("MeterDecommissionOrWithdrawal", text_element("ImportMPxN", body.import_mpxn))
        + associated,
    )
    return element(
        "DeviceStatusChangeEvent",
        text_element("DeviceID", body.device_id) + element("DeviceStatusChange", change),
    )


def _quarantined_request(body: d.QuarantinedRequest) -> str:
    breach = text_element("RequestID", body.request_id) + text_element(
        "QuarantineEventRef", body.quarantine_event_ref
    )
    return element("QuarantinedRequest", element(body.breach, breach))


def _ppmid_removal(body: d.PpmidRemoval) -> str:
    return element(
        "PPMIDRemoval",
        text_element("PPMIDDeviceID", body.ppmid_device_id)
        + text_element("CHFDeviceID", body.chf_device_id),
    )


def _device_log_restored(body: d.DeviceLogRestored) -> str:
    log = (
        text_element("OldCHFDeviceID", body.old_chf_device_id)
        + text_element("NewCHFDeviceID", body.new_chf_device_id)
        + text_element("OldGPFDeviceID", body.old_gpf_device_id)
        + text_element("NewGPFDeviceID", body.new_gpf_device_id)
    )
    return element(
        "DeviceLogRestored",
        element("RestoredDate", body.restored_date.isoformat()) + element(body.log, log),
    )


# Each writer takes exactly the type it stands beside; a mapping cannot say so.
_WRITERS: Mapping[type, Callable[[Any], str]] = {
    d.CspFirmwareDeliveryStatus: _csp_firmware_delivery_status,
    d.CommsHubAlert: _comms_hub_alert,
    d.FirmwareDistributionFailure: _firmware_distribution_failure,
    d.FirmwareUpgradeRequested: _firmware_upgrade_requested,
    d.PpmidAlert: _ppmid_alert,
    d.FirmwareVersionMismatch: _firmware_version_mismatch,
    d.CommandFailure: _command_failure,
    d.DeviceStatusChangeEvent: _device_status_change_event,
    d.CommsHubFirmwareActivation: _comms_hub_firmware_activation,
    d.PowerOutageEvent: _power_outage_event,
    d.DeviceChangeOfSupplier: _device_change_of_supplier,
    d.DuisVersionMismatch: _duis_version_mismatch,
    d.ServiceResponseVersionMismatch: _service_response_version_mismatch,
    d.MeterDecommissioningOrWithdrawal: _meter_decommissioning_or_withdrawal,
    d.QuarantinedRequest: _quarantined_request,
    d.PpmidRemoval: _ppmid_removal,
    d.DeviceLogRestored: _device_log_restored,
}

"""Writes DUIS documents: values in, valid and optionally signed octets out.

What it writes is its own canonical form (no white space between elements, no empty-element tags,
nothing but the needed namespace), so signing needs no tree: the digest is over the octets.
"""

from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import Variant
from firmtrack.duis import documents as d
from firmtrack.duis.codes import WARNING_LISTS
from firmtrack.duis.signing import Signer
from firmtrack.duis.vocabulary import DUIS_NAMESPACE, NEWEST_SCHEMA_VERSION

# Services that DCC itself carries out have Command Variant 8.
_BY_DCC = "8"
_BY_DEVICE = "1"

_UPDATE = {
    Variant.UPDATE_FIRMWARE: ("UpdateFirmware", "DSPUpdateFirmwareWarning"),
    Variant.UPDATE_PPMID_FIRMWARE: ("UpdatePPMIDFirmware", "DSPUpdatePPMIDFirmwareWarning"),
}


def write(
    document: d.Document,
    *,
    signer: Signer | None = None,
    schema_version: str = NEWEST_SCHEMA_VERSION,
) -> bytes:
    """Return ``document`` as UTF-8 octets, signed if there is a signer.

    The same arguments give the same octets. Lengths and code lists are the caller's care: a
    document whose values the schema does not allow is written as it is.
    """
    if isinstance(document, d.RequestDocument):
        name, content = "Request", _REQUESTS[type(document)](document)
    else:
        body = _RESPONSES[type(document)](document)
        name, content = "Response", f"{_response_header(document)}<sr:Body>{body}</sr:Body>"
    start = f'<sr:{name} xmlns:sr="{DUIS_NAMESPACE}" schemaVersion="{schema_version}">'
    end = f"</sr:{name}>"
    octets = f"{start}{content}{end}".encode()
    if signer is None:
        return octets
    signature = signer.signature_over(octets)
    return b"".join((memoryview(octets)[: -len(end)], signature, end.encode()))


def _element(name: str, text: str) -> str:
    return f"<sr:{name}>{text}</sr:{name}>"


def _text(name: str, value: object | None) -> str:
    """Return an element that holds ``value`` as text, nothing for None."""
    if value is None:
        return ""
    text = str(value)
    # isalnum: what versions, codes and counters are made of needs no escaping.
    return _element(name, text if text.isalnum() else _escaped(text))


def _escaped(text: str) -> str:
    for character, reference in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#xD;")):
        text = text.replace(character, reference)
    return text


def _time(name: str, value: datetime | None) -> str:
    if value is None:
        return ""
    return _element(name, value.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z")


def _octets(name: str, value: bytes) -> str:
    return _element(name, b64encode(value).decode())


def _device_list(name: str, device_ids: Iterable[Eui64]) -> str:
    return _element(name, ",".join(map(str, device_ids)))


def _request_header(request_id: RequestId, service: str, command_variant: str) -> str:
    return (
        f"<sr:Header><sr:RequestID>{request_id}</sr:RequestID>"
        f"<sr:CommandVariant>{command_variant}</sr:CommandVariant>{_service(service)}</sr:Header>"
    )


def _service(reference: str, variant: str | None = None) -> str:
    return (
        f"<sr:ServiceReference>{reference}</sr:ServiceReference>"
        f"<sr:ServiceReferenceVariant>{variant or reference}</sr:ServiceReferenceVariant>"
    )


def _response_header(response: d.ResponseDocument) -> str:
    return (
        f"<sr:Header>{_text('RequestID', response.request_id)}"
        f"<sr:ResponseID>{response.response_id}</sr:ResponseID>"
        f"<sr:ResponseCode>{response.response_code}</sr:ResponseCode>"
        f"{_time('ResponseDateTime', response.responded_at)}</sr:Header>"
    )


def _update_firmware(request: d.UpdateFirmwareRequest) -> str:
    element, _ = _UPDATE[request.variant]
    # One expression: every further level of nesting would copy 14 MB once more.
    return (
        f"{_request_header(request.request_id, request.variant, _BY_DCC)}"
        f"<sr:Body><sr:{element}>"
        f"<sr:FirmwareImage>{b64encode(request.firmware_image).decode()}</sr:FirmwareImage>"
        f"{_text('FirmwareVersion', request.firmware_version)}"
        f"{_device_list('DeviceIDList', request.device_ids)}"
        f"</sr:{element}></sr:Body>"
    )


def _device_prenotification(request: d.DevicePrenotification) -> str:
    details = "".join(
        (
            _text("DeviceID", request.device_id),
            _text("DeviceManufacturer", request.manufacturer),
            _text("DeviceModel", request.model),
            _text("DeviceType", request.device_type),
            _text("SMETSCHTSVersion", request.smets_version),
            _text("FirmwareVersion", request.firmware_version),
        )
    )
    return _request_header(request.request_id, "12.2", _BY_DCC) + _element(
        "Body", _element("DevicePrenotification", details)
    )


def _read_firmware_version(request: d.ReadFirmwareVersionRequest) -> str:
    return _request_header(request.request_id, "11.2", _BY_DEVICE) + _element(
        "Body", _element("ReadFirmwareVersion", "")
    )


def _update_firmware_response(response: d.UpdateFirmwareResponse) -> str:
    _, element = _UPDATE[response.variant]
    lists = "".join(
        _device_list(row.element, response.left_out[row.reason])
        for row in WARNING_LISTS
        if response.left_out.get(row.reason)
    )
    warning = _element(element, lists) if lists else ""
    return _element("ResponseMessage", _service(response.variant) + warning)


def _read_inventory_response(response: d.ReadInventoryResponse) -> str:
    devices = "".join(_element("Device", _inventory_device(device)) for device in response.devices)
    inventory = _element("DSPInventory", devices) if devices else ""
    return _element("ResponseMessage", _service("8.2") + inventory)


def _inventory_device(device: d.InventoryDevice) -> str:
    return "".join(
        (
            _text("DeviceID", device.device_id),
            _text("DeviceType", device.device_type),
            _text("DeviceStatus", device.device_status),
            _text("DeviceManufacturer", device.manufacturer),
            _text("DeviceModel", device.model),
            _text("SMETSCHTSVersion", device.smets_version),
            _text("DeviceFirmwareVersion", device.firmware_version),
            _text("DeviceFirmwareVersionStatus", device.firmware_version_status),
            _text("CSPRegion", device.csp_region),
            _text("DeviceGBCSVersion", device.gbcs_version),
        )
    )


def _device_response(response: d.DeviceResponse) -> str:
    return _element(
        "ResponseMessage",
        _service(response.service_reference, response.service_reference_variant)
        + _octets("GBCSPayload", response.gbcs_payload),
    )


def _device_alert(alert: d.DeviceAlert) -> str:
    return _element(
        "DeviceAlertMessage",
        _element("AlertCode", f"{alert.alert_code:04X}")
        + _throttling(alert)
        + _octets("GBCSPayload", alert.gbcs_payload),
    )


def _dcc_alert(alert: d.DccAlert) -> str:
    return (
        f"<sr:DCCAlertMessage><sr:DCCAlertCode>{alert.alert_code}</sr:DCCAlertCode>"
        f"{_throttling(alert)}"
        f"<sr:DCCAlert>{_DCC_ALERTS[type(alert.body)](alert.body)}</sr:DCCAlert>"
        "</sr:DCCAlertMessage>"
    )


def _throttling(alert: d.DeviceAlert | d.DccAlert) -> str:
    return _text("ThrottledAlertSequenceId", alert.throttled_alert_sequence_id) + _text(
        "ThrottledAlertCount", alert.throttled_alert_count
    )


def _csp_firmware_delivery_status(body: d.CspFirmwareDeliveryStatus) -> str:
    return (
        "<sr:CSPFirmwareDeliveryStatus>"
        f"{_element('UpdateFirmwareRequestID', str(body.update_firmware_request_id))}"
        f"{_element('CommsHubDeviceID', str(body.comms_hub_device_id))}"
        f"{_element('TargetDeviceID', str(body.target_device_id))}"
        f"{_text('FirmwareVersion', body.firmware_version)}"
        f"{_time('TimeStamp', body.time_stamp)}"
        f"{_element('CommsHubTransferStatus', body.comms_hub_transfer_status)}"
        "</sr:CSPFirmwareDeliveryStatus>"
    )


def _comms_hub_alert(body: d.CommsHubAlert) -> str:
    transfer = body.firmware_transfer_alert
    return _element(
        "CommsHubAlert",
        _element("CommsHubDeviceID", str(body.comms_hub_device_id))
        + _element("AlertCode", f"{body.alert_code:04X}")
        + _time("TimeStamp", body.time_stamp)
        + ("" if transfer is None else _firmware_transfer_alert(transfer)),
    )


def _firmware_transfer_alert(alert: d.FirmwareTransferAlert) -> str:
    return _element(
        "FirmwareTransferAlert",
        _text("UpdateFirmwareRequestID", alert.update_firmware_request_id)
        + _element("OtherDeviceID", str(alert.other_device_id))
        + _text("FirmwareVersion", alert.firmware_version)
        + _element("TransferResponseCode", alert.transfer_response_code),
    )


def _firmware_distribution_failure(body: d.FirmwareDistributionFailure) -> str:
    return _element(
        "FirmwareDistributionFailure",
        _text("UpdateFirmwareRequestID", body.update_firmware_request_id)
        + _device_list("MeterIDs", body.meter_ids),
    )


def _firmware_upgrade_requested(body: d.FirmwareUpgradeRequested) -> str:
    return _element(
        "FirmwareUpgradeRequested",
        _text("DeviceType", body.device_type)
        + _text("FirmwareVersion", body.firmware_version)
        + _device_list("DeviceList", body.device_ids),
    )


def _ppmid_alert(body: d.PpmidAlert) -> str:
    upgrade = body.ppmid_firmware_upgrade_alert
    return _element(
        "PPMIDAlert",
        _text("DeviceID", body.device_id)
        + _element("DeviceAlertCode", f"{body.device_alert_code:04X}")
        + _time("Timestamp", body.timestamp)
        + ("" if upgrade is None else _ppmid_firmware_upgrade_alert(upgrade)),
    )


def _ppmid_firmware_upgrade_alert(alert: d.PpmidFirmwareUpgradeAlert) -> str:
    return _element(
        "PPMIDFirmwareUpgradeAlert",
        _text("FirmwareVersion", alert.firmware_version)
        + _element("ActivateImageResultCode", alert.activate_image_result_code),
    )


def _firmware_version_mismatch(body: d.FirmwareVersionMismatch) -> str:
    return _element(
        "FirmwareVersionMismatch",
        _text("DeviceID", body.device_id)
        + _text("DeviceType", body.device_type)
        + _text("FirmwareVersionSMI", body.firmware_version_smi)
        + _text("FirmwareVersionDevice", body.firmware_version_device),
    )


def _command_failure(body: d.CommandFailure) -> str:
    return _element(
        "CommandFailure",
        _text("CommandRequestID", body.command_request_id) + _text("DeviceID", body.device_id),
    )


def _device_status_change_event(body: d.DeviceStatusChangeEvent) -> str:
    change = _element("DeviceStatusChange", _element(body.change, ""))
    return _element("DeviceStatusChangeEvent", _text("DeviceID", body.device_id) + change)


def _comms_hub_firmware_activation(body: d.CommsHubFirmwareActivation) -> str:
    return _element(
        "CommsHubFirmwareActivation",
        _text("DeviceID", body.device_id) + _text("FirmwareVersion", body.firmware_version),
    )


def _power_outage_event(body: d.PowerOutageEvent) -> str:
    return _element(
        "PowerOutageEvent",
        _text("CommsHubDeviceID", body.comms_hub_device_id)
        + _time("StartDateTime", body.start_date_time)
        + _text("MPxN", body.import_mpxn),
    )


# Each writer takes exactly the type it stands beside; a mapping cannot say so.
_Writers = Mapping[type, Callable[[Any], str]]

_REQUESTS: _Writers = {
    d.UpdateFirmwareRequest: _update_firmware,
    d.DevicePrenotification: _device_prenotification,
    d.ReadFirmwareVersionRequest: _read_firmware_version,
}
_RESPONSES: _Writers = {
    d.UpdateFirmwareResponse: _update_firmware_response,
    d.ReadInventoryResponse: _read_inventory_response,
    d.DeviceResponse: _device_response,
    d.DeviceAlert: _device_alert,
    d.DccAlert: _dcc_alert,
}
_DCC_ALERTS: _Writers = {
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
}

"""Writes DUIS documents: values in, valid and optionally signed octets out.

What it writes is its own canonical form (no white space between elements, no empty-element tags,
nothing but the needed namespace), so signing needs no tree: the digest is over the octets.
"""

from collections.abc import Callable, Mapping
from typing import Any

from firmtrack.domain.stages import Variant
from firmtrack.duis import documents as d
from firmtrack.duis.alert_bodies import alert_body
from firmtrack.duis.codes import WARNING_LISTS
from firmtrack.duis.markup import (
    device_list_element,
    element,
    octets_element,
    service_elements,
    text_element,
    time_element,
)
from firmtrack.duis.request_markup import request_markup
from firmtrack.duis.signing import Signer
from firmtrack.duis.vocabulary import DUIS_NAMESPACE, NEWEST_SCHEMA_VERSION

_WARNINGS = {
    Variant.UPDATE_FIRMWARE: "DSPUpdateFirmwareWarning",
    Variant.UPDATE_PPMID_FIRMWARE: "DSPUpdatePPMIDFirmwareWarning",
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
        name, content = "Request", request_markup(document)
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


def _response_header(response: d.ResponseDocument) -> str:
    return (
        f"<sr:Header>{text_element('RequestID', response.request_id)}"
        f"<sr:ResponseID>{response.response_id}</sr:ResponseID>"
        f"<sr:ResponseCode>{response.response_code}</sr:ResponseCode>"
        f"{time_element('ResponseDateTime', response.responded_at)}</sr:Header>"
    )


def _update_firmware_response(response: d.UpdateFirmwareResponse) -> str:
    lists = "".join(
        device_list_element(row.element, response.left_out[row.reason])
        for row in WARNING_LISTS
        if response.left_out.get(row.reason)
    )
    warning = element(_WARNINGS[response.variant], lists) if lists else ""
    return element("ResponseMessage", service_elements(response.variant) + warning)


def _read_inventory_response(response: d.ReadInventoryResponse) -> str:
    devices = "".join(element("Device", _inventory_device(device)) for device in response.devices)
    inventory = element("DSPInventory", devices) if devices else ""
    return element("ResponseMessage", service_elements("8.2") + inventory)


def _inventory_device(device: d.InventoryDevice) -> str:
    return "".join(
        (
            text_element("DeviceID", device.device_id),
            text_element("DeviceType", device.device_type),
            text_element("DeviceStatus", device.device_status),
            text_element("DeviceManufacturer", device.manufacturer),
            text_element("DeviceModel", device.model),
            text_element("SMETSCHTSVersion", device.smets_version),
            text_element("DeviceFirmwareVersion", device.firmware_version),
            text_element("DeviceFirmwareVersionStatus", device.firmware_version_status),
            text_element("CSPRegion", device.csp_region),
            text_element("DeviceGBCSVersion", device.gbcs_version),
        )
    )


def _acknowledgement(response: d.Acknowledgement) -> str:
    return element("ResponseMessage", _service_of(response))


def _device_response(response: d.DeviceResponse) -> str:
    payload = octets_element("GBCSPayload", response.gbcs_payload)
    return element("ResponseMessage", _service_of(response) + payload)


def _future_dated_device_alert(response: d.FutureDatedDeviceAlert) -> str:
    alert = (
        element("FutureDatedAlertCode", f"{response.future_dated_alert_code:04X}")
        + octets_element("GBCSPayload", response.gbcs_payload)
        + text_element("InstructionNumber", response.instruction_number)
        + text_element("TotalCommandInstructions", response.total_command_instructions)
    )
    return element(
        "ResponseMessage", _service_of(response) + element("FutureDatedDeviceAlertMessage", alert)
    )


def _service_of(
    response: d.Acknowledgement | d.DeviceResponse | d.FutureDatedDeviceAlert,
) -> str:
    return service_elements(response.service_reference, response.service_reference_variant)


def _device_alert(alert: d.DeviceAlert) -> str:
    return element(
        "DeviceAlertMessage",
        element("AlertCode", f"{alert.alert_code:04X}")
        + _throttling(alert)
        + octets_element("GBCSPayload", alert.gbcs_payload),
    )


def _dcc_alert(alert: d.DccAlert) -> str:
    return (
        f"<sr:DCCAlertMessage><sr:DCCAlertCode>{alert.alert_code}</sr:DCCAlertCode>"
        f"{_throttling(alert)}"
        f"<sr:DCCAlert>{alert_body(alert.body)}</sr:DCCAlert>"
        "</sr:DCCAlertMessage>"
    )


def _throttling(alert: d.DeviceAlert | d.DccAlert) -> str:
    return text_element(
        "ThrottledAlertSequenceId", alert.throttled_alert_sequence_id
    ) + text_element("ThrottledAlertCount", alert.throttled_alert_count)


# Each writer takes exactly the type it stands beside; a mapping cannot say so.
_Writers = Mapping[type, Callable[[Any], str]]

_RESPONSES: _Writers = {
    d.UpdateFirmwareResponse: _update_firmware_response,
    d.ReadInventoryResponse: _read_inventory_response,
    d.Acknowledgement: _acknowledgement,
    d.DeviceResponse: _device_response,
    d.FutureDatedDeviceAlert: _future_dated_device_alert,
    d.DeviceAlert: _device_alert,
    d.DccAlert: _dcc_alert,
}

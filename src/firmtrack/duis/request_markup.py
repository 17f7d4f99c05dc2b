"""Writes the header and body of Service Requests. Source: DUIS 5.4 schema, ``Request``."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any

from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.stages import Variant
from firmtrack.duis import documents as d
from firmtrack.duis.markup import (
    device_list_element,
    element,
    octets_element,
    service_elements,
    text_element,
    time_element,
)

# The schema's Command Variants: to a device; to be turned into a command that the User signs;
# that command, signed; carried out by DCC itself.
_BY_DEVICE = "1"
_TO_BE_SIGNED = "4"
_SIGNED = "5"
_BY_DCC = "8"

_UPDATES = {
    Variant.UPDATE_FIRMWARE: "UpdateFirmware",
    Variant.UPDATE_PPMID_FIRMWARE: "UpdatePPMIDFirmware",
}


def request_markup(request: d.RequestDocument) -> str:
    """Return the header and the body of ``request``."""
    return _WRITERS[type(request)](request)


def _header(
    request_id: RequestId, service: str, command_variant: str, variant: str | None = None
) -> str:
    return (
        f"<sr:Header><sr:RequestID>{request_id}</sr:RequestID>"
        f"<sr:CommandVariant>{command_variant}</sr:CommandVariant>"
        f"{service_elements(service, variant)}</sr:Header>"
    )


def _update_firmware(request: d.UpdateFirmwareRequest) -> str:
    name = _UPDATES[request.variant]
    # One expression: every further level of nesting would copy 14 MB once more.
    return (
        f"{_header(request.request_id, request.variant, _BY_DCC)}"
        f"<sr:Body><sr:{name}>"
        f"<sr:FirmwareImage>{b64encode(request.firmware_image).decode()}</sr:FirmwareImage>"
        f"{text_element('FirmwareVersion', request.firmware_version)}"
        f"{device_list_element('DeviceIDList', request.device_ids)}"
        f"</sr:{name}></sr:Body>"
    )


def _device_prenotification(request: d.DevicePrenotification) -> str:
    details = "".join(
        (
            text_element("DeviceID", request.device_id),
            text_element("DeviceManufacturer", request.manufacturer),
            text_element("DeviceModel", request.model),
            text_element("DeviceType", request.device_type),
            text_element("SMETSCHTSVersion", request.smets_version),
            text_element("FirmwareVersion", request.firmware_version),
        )
    )
    return _header(request.request_id, "12.2", _BY_DCC) + element(
        "Body", element("DevicePrenotification", details)
    )


def _read_firmware_version(request: d.ReadFirmwareVersionRequest) -> str:
    return _header(request.request_id, "11.2", _BY_DEVICE) + element(
        "Body", element("ReadFirmwareVersion", "")
    )


def _activate_firmware(request: d.ActivateFirmwareRequest) -> str:
    activation = time_element("ExecutionDateTime", request.execution_date_time) + element(
        "FirmwareHash", request.firmware_hash.hex().upper()
    )
    return _header(request.request_id, "11.3", _TO_BE_SIGNED) + element(
        "Body", element("ActivateFirmware", activation)
    )


def _signed_pre_command(request: d.SignedPreCommand) -> str:
    header = _header(
        request.request_id, request.service_reference, _SIGNED, request.service_reference_variant
    )
    command = time_element("ExecutionDateTime", request.execution_date_time) + octets_element(
        "GBCSPayload", request.gbcs_payload
    )
    return header + element("Body", element("SignedPreCommand", command))


def _read_inventory(request: d.ReadInventoryRequest) -> str:
    device = text_element("DeviceID", request.device_id)
    return _header(request.request_id, "8.2", _BY_DCC) + element(
        "Body", element("ReadInventory", device)
    )


def _update_inventory(request: d.UpdateInventoryRequest) -> str:
    update = text_element("DeviceID", request.device_id) + _inventory_change(request.change)
    return _header(request.request_id, "8.4", _BY_DCC) + element(
        "Body", element("UpdateInventory", update)
    )


def _inventory_change(change: d.InventoryChange) -> str:
    if isinstance(change, d.DeleteDevice):
        return element("DeleteDevice", "")
    if isinstance(change, d.UpdateDeviceStatus):
        devices = "CH" if change.is_comms_hub else "ExceptCH"
        return text_element(f"UpdateDeviceStatus{devices}", change.device_status)
    return element(
        "UpdateDeviceDetails",
        text_element("DeviceManufacturer", change.manufacturer)
        + text_element("DeviceModel", change.model)
        + text_element("SMETSCHTSVersion", change.smets_version)
        + text_element("FirmwareVersion", change.firmware_version),
    )


# Each writer takes exactly the type it stands beside; a mapping cannot say so.
_WRITERS: Mapping[type, Callable[[Any], str]] = {
    d.UpdateFirmwareRequest: _update_firmware,
    d.DevicePrenotification: _device_prenotification,
    d.ReadFirmwareVersionRequest: _read_firmware_version,
    d.ActivateFirmwareRequest: _activate_firmware,
    d.SignedPreCommand: _signed_pre_command,
    d.ReadInventoryRequest: _read_inventory,
    d.UpdateInventoryRequest: _update_inventory,
}

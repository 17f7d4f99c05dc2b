"""What the inventory is told and tells: Device Pre-notification, Update and Read Inventory.

A firmware version that stands here is what DCC's inventory holds, and for want of a later word
what the device runs. Source: DUIS 5.4 schema.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypedDict

from firmtrack.domain.facts import DeviceFacts, Event, Message, MessageKind, Proposal, Verdict
from firmtrack.domain.identifiers import Eui64, FirmwareVersion
from firmtrack.domain.stages import Status
from firmtrack.duis.codes import (
    CSP_REGIONS,
    DEVICE_STATUSES,
    DEVICE_TYPES,
    FIRMWARE_VERSION_STATUSES,
    NEW_DEVICE_STATUSES,
    RESPONSE_CODES,
    is_response_code_for,
)
from firmtrack.duis.elements import Children, name_of
from firmtrack.duis.envelope import Envelope, NotAboutFirmware, check_service, message, user_of
from firmtrack.duis.rejections import MissingElement, UnexpectedElement, UnknownEnumeration

UPDATE_INVENTORY = "8.4"
"""The Service Reference Variant of Update Inventory."""

DEVICE_PRE_NOTIFICATION = "12.2"
"""The Service Reference Variant of Device Pre-notification."""

FACT_CHOICES: Mapping[str, frozenset[str]] = {
    "device_type": DEVICE_TYPES,
    "device_status": DEVICE_STATUSES,
    "csp_region": CSP_REGIONS,
    "firmware_version_status": FIRMWARE_VERSION_STATUSES,
}
"""What may stand where the inventory states a fact, by its name, of those with few values."""

FACT_MAX_CHARACTERS: Mapping[str, int] = {
    "manufacturer": 30,
    "model": 30,
    "smets_version": 20,
    "gbcs_version": 30,
}
"""The schema's limits of facts that are texts, by name. It has none for a GBCS version."""

_CHOICES: Mapping[str, Mapping[str, str]] = {
    name: {choice: choice for choice in choices}
    for name, choices in (*FACT_CHOICES.items(), *NEW_DEVICE_STATUSES.items())
}
_DETAILS = "UpdateDeviceDetails"
# The schema has no name for the status of a device that was deleted: the change's own stands.
_DELETION = "DeleteDevice"
_CHANGES = (*NEW_DEVICE_STATUSES, _DETAILS, _DELETION, "UpdateMPxN")


class _Details(TypedDict):
    """What each of the three services can say of a device."""

    manufacturer: str | None
    model: str | None
    smets_version: str | None
    firmware_version: FirmwareVersion | None
    smi_firmware_version: FirmwareVersion | None


def translate_prenotification(envelope: Envelope) -> Message:
    """Return what a Device Pre-notification (12.2) proposes. Raises DuisRejected."""
    check_service(envelope, DEVICE_PRE_NOTIFICATION)
    body = Children(envelope.content)
    device = DeviceFacts(
        device_id=body.eui("DeviceID"),
        learnt_at=None,
        device_type=body.choice("DeviceType", _CHOICES["device_type"]),
        **_details(body, "FirmwareVersion"),
    )
    return _request(envelope, MessageKind.DEVICE_PRE_NOTIFICATION, device)


def translate_inventory_update(envelope: Envelope) -> Message | NotAboutFirmware:
    """Return what an Update Inventory (8.4) request proposes of a device. Raises DuisRejected.

    A new supply number says nothing of firmware, and neither does a new variant of an ESME.
    """
    check_service(envelope, UPDATE_INVENTORY)
    body = Children(envelope.content)
    unchanged = DeviceFacts(device_id=body.eui("DeviceID"), learnt_at=None)
    updated = _updated(unchanged, body)
    if updated == unchanged:
        return NotAboutFirmware(kind="service_request")
    return _request(envelope, MessageKind.UPDATE_INVENTORY_REQUEST, updated)


def _updated(device: DeviceFacts, body: Children) -> DeviceFacts:
    changes = [name for name in _CHANGES if name in body]
    if not changes:
        raise MissingElement("No change in UpdateInventory.")
    if len(changes) > 1:
        raise UnexpectedElement(f"{changes[1]} beside {changes[0]}.")
    (change,) = changes
    if change == _DETAILS:
        return replace(device, **_details(body.children(change), "FirmwareVersion"))
    if change == _DELETION:
        return replace(device, device_status=change)
    if change in NEW_DEVICE_STATUSES:
        return replace(device, device_status=body.choice(change, _CHOICES[change]))
    return device


def _request(envelope: Envelope, kind: MessageKind, device: DeviceFacts) -> Message:
    request_id = envelope.header.request_id("RequestID")
    return message(
        envelope,
        kind,
        user_id=request_id.originator,
        occurred_at=envelope.received_at,
        proposal=Proposal(request_id=request_id, facts=device),
    )


def translate_verdict(envelope: Envelope, service: str) -> Message:
    """Return what a sr:ResponseMessage to an 8.4 or 12.2, ``service``, says. Raises DuisRejected.

    To which change of the inventory, and of which device, stands in the request alone.
    """
    code = envelope.header.text("ResponseCode")
    if not is_response_code_for(code, service):
        raise UnknownEnumeration(f"ResponseCode for {service}: {code[:64]!r}.")
    answered_at = envelope.header.time("ResponseDateTime")
    return message(
        envelope,
        MessageKind.INVENTORY_UPDATE_RESPONSE,
        user_id=user_of(envelope),
        occurred_at=answered_at,
        code=code,
        verdict=Verdict(
            request_id=envelope.header.request_id("RequestID"),
            is_accepted=not code.startswith("E"),
            answered_at=answered_at,
        ),
    )


def translate_inventory_response(envelope: Envelope, body: Children) -> Message:
    """Return what a sr:ResponseMessage with a DSPInventory says. Raises DuisRejected.

    Of two entries for one device the first counts.
    """
    learnt_at = envelope.header.time("ResponseDateTime")
    devices: dict[Eui64, DeviceFacts] = {}
    for element in body.element("DSPInventory"):
        if name_of(element) != "Device":
            raise UnexpectedElement(f"{name_of(element)} in DSPInventory.")
        device = Children(element)
        device_id = device.eui("DeviceID")
        devices.setdefault(
            device_id,
            DeviceFacts(
                device_id=device_id,
                learnt_at=learnt_at,
                device_type=_stated(device, "DeviceType", "device_type"),
                csp_region=_stated(device, "CSPRegion", "csp_region"),
                device_status=_stated(device, "DeviceStatus", "device_status"),
                firmware_version_status=_stated(
                    device, "DeviceFirmwareVersionStatus", "firmware_version_status"
                ),
                gbcs_version=_stated(device, "DeviceGBCSVersion", "gbcs_version"),
                **_details(device, "DeviceFirmwareVersion"),
            ),
        )
    return message(
        envelope,
        MessageKind.INVENTORY_RESPONSE,
        user_id=user_of(envelope),
        occurred_at=learnt_at,
        code=envelope.header.choice("ResponseCode", RESPONSE_CODES).code,
        devices=tuple(devices.values()),
    )


def _details(device: Children, firmware_version_name: str) -> _Details:
    firmware_version = device.optional_firmware_version(firmware_version_name)
    return {
        "manufacturer": _stated(device, "DeviceManufacturer", "manufacturer"),
        "model": _stated(device, "DeviceModel", "model"),
        "smets_version": _stated(device, "SMETSCHTSVersion", "smets_version"),
        "firmware_version": firmware_version,
        "smi_firmware_version": firmware_version,
    }


def _stated(device: Children, element: str, fact: str) -> str | None:
    """Return what the child states of a fact, None without the child."""
    if fact not in FACT_CHOICES:
        return device.optional_text(element, FACT_MAX_CHARACTERS[fact])
    return device.choice(element, _CHOICES[fact]) if element in device else None


def running_versions(events: Iterable[Event]) -> tuple[DeviceFacts, ...]:
    """Return the firmware version that each activated device runs from now on."""
    return tuple(
        DeviceFacts(
            device_id=event.device_id,
            learnt_at=event.occurred_at,
            firmware_version=event.firmware_version,
        )
        for event in events
        if event.status is Status.ACTIVATED
    )

"""Service Responses to facts: the answers to 11.1 and 11.4, 8.2 and 11.2."""

from collections.abc import Iterable

from firmtrack.domain.facts import (
    AnswerFacts,
    DeviceFacts,
    Event,
    Message,
    MessageKind,
    RequestStep,
)
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.stages import Status, Variant
from firmtrack.duis.codes import (
    CSP_REGIONS,
    DEVICE_STATUSES,
    DEVICE_TYPES,
    FIRMWARE_VERSION_STATUSES,
    RESPONSE_CODES,
    WARNING_LISTS,
    is_response_code_for,
)
from firmtrack.duis.elements import Children, name_of
from firmtrack.duis.envelope import Envelope, NotAboutFirmware, message
from firmtrack.duis.payload import firmware_message
from firmtrack.duis.rejections import (
    DeviceMismatch,
    MissingElement,
    UnexpectedElement,
    UnknownEnumeration,
)
from firmtrack.duis.vocabulary import (
    GBCS_VERSION_MAX_CHARACTERS,
    MANUFACTURER_MAX_CHARACTERS,
    MODEL_MAX_CHARACTERS,
    SMETS_VERSION_MAX_CHARACTERS,
)
from firmtrack.gbcs.firmware import FirmwareVersionRead

_WARNING_OF = {
    Variant.UPDATE_FIRMWARE: "DSPUpdateFirmwareWarning",
    Variant.UPDATE_PPMID_FIRMWARE: "DSPUpdatePPMIDFirmwareWarning",
}
_VARIANTS: dict[str, Variant] = {variant.value: variant for variant in Variant}
_CHOICES = {
    name: {choice: choice for choice in choices}
    for name, choices in (
        ("DeviceType", DEVICE_TYPES),
        ("DeviceStatus", DEVICE_STATUSES),
        ("CSPRegion", CSP_REGIONS),
        ("DeviceFirmwareVersionStatus", FIRMWARE_VERSION_STATUSES),
    )
}
_READ_FIRMWARE_VERSION = "11.2"
_NOT_ABOUT_FIRMWARE = NotAboutFirmware(kind="service_response")


def user_of(envelope: Envelope) -> Eui64:
    """Return the User that a response or alert was sent to.

    Raises MissingElement if neither of the header's IDs is there to say so, and BadValue.
    """
    if "ResponseID" in envelope.header:
        return envelope.header.response_id("ResponseID").recipient
    if "RequestID" in envelope.header:
        return envelope.header.request_id("RequestID").originator
    raise MissingElement("ResponseID or RequestID in Header.")


def translate_response(envelope: Envelope) -> Message | NotAboutFirmware:
    """Return what a sr:ResponseMessage says. Raises DuisRejected."""
    body = Children(envelope.content)
    variant_text = body.text("ServiceReferenceVariant")
    variant = _VARIANTS.get(variant_text)
    if variant is not None:
        return _update_firmware_response(envelope, body, variant)
    if "DSPInventory" in body:
        return _read_inventory_response(envelope, body)
    if variant_text == _READ_FIRMWARE_VERSION and "GBCSPayload" in body:
        return _read_firmware_version_response(envelope, body)
    return _NOT_ABOUT_FIRMWARE


def _update_firmware_response(envelope: Envelope, body: Children, variant: Variant) -> Message:
    request_id = envelope.header.request_id("RequestID")
    answered_at = envelope.header.time("ResponseDateTime")
    code = envelope.header.text("ResponseCode")
    if not is_response_code_for(code, variant):
        raise UnknownEnumeration(f"ResponseCode for {variant}: {code[:64]!r}.")
    is_refused = code.startswith("E")
    for other, warning in _WARNING_OF.items():
        if other is not variant and warning in body:
            raise UnexpectedElement(f"{warning} in the answer to {variant}.")
    rejected = (
        Event(
            device_id=device_id,
            status=Status.REJECTED,
            occurred_at=answered_at,
            request_id=request_id,
            reason=reason,
        )
        for device_id, reason in _left_out(body, _WARNING_OF[variant])
    )
    return message(
        envelope,
        MessageKind.UPDATE_FIRMWARE_RESPONSE,
        user_id=user_of(envelope),
        occurred_at=answered_at,
        code=code,
        answer=AnswerFacts(
            request_id=request_id, variant=variant, response_code=code, answered_at=answered_at
        ),
        steps=(
            RequestStep(
                request_id=request_id,
                status=Status.REJECTED if is_refused else Status.ACCEPTED,
                occurred_at=answered_at,
                reason=code if is_refused else None,
            ),
        ),
        events=tuple(rejected),
    )


def _left_out(body: Children, warning: str) -> Iterable[tuple[Eui64, str]]:
    """Return the devices that were left out, each once, with the reason of its first list."""
    reasons: dict[Eui64, str] = {}
    if warning in body:
        lists = body.children(warning)
        for row in WARNING_LISTS:
            if row.element in lists:
                for device_id in lists.device_ids(row.element):
                    reasons.setdefault(device_id, row.reason)
    return reasons.items()


def _read_inventory_response(envelope: Envelope, body: Children) -> Message:
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
                device_type=_optional_choice(device, "DeviceType"),
                smets_version=device.optional_text(
                    "SMETSCHTSVersion", SMETS_VERSION_MAX_CHARACTERS
                ),
                csp_region=_optional_choice(device, "CSPRegion"),
                manufacturer=device.optional_text(
                    "DeviceManufacturer", MANUFACTURER_MAX_CHARACTERS
                ),
                model=device.optional_text("DeviceModel", MODEL_MAX_CHARACTERS),
                device_status=_optional_choice(device, "DeviceStatus"),
                firmware_version=device.optional_firmware_version("DeviceFirmwareVersion"),
                firmware_version_status=_optional_choice(device, "DeviceFirmwareVersionStatus"),
                gbcs_version=device.optional_text("DeviceGBCSVersion", GBCS_VERSION_MAX_CHARACTERS),
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


def _read_firmware_version_response(
    envelope: Envelope, body: Children
) -> Message | NotAboutFirmware:
    read = firmware_message(body)
    if not isinstance(read, FirmwareVersionRead):
        return _NOT_ABOUT_FIRMWARE
    if "ResponseID" in envelope.header:
        sender = envelope.header.response_id("ResponseID").sender
        if read.device_id != sender:
            raise DeviceMismatch(f"{sender}, and GBCS from {read.device_id}.")
    if read.firmware_version is None:
        return _NOT_ABOUT_FIRMWARE
    learnt_at = envelope.header.time("ResponseDateTime")
    facts = DeviceFacts(
        device_id=read.device_id, learnt_at=learnt_at, firmware_version=read.firmware_version
    )
    return message(
        envelope,
        MessageKind.FIRMWARE_VERSION_RESPONSE,
        user_id=user_of(envelope),
        occurred_at=learnt_at,
        code=envelope.header.choice("ResponseCode", RESPONSE_CODES).code,
        devices=(facts,),
    )


def _optional_choice(device: Children, name: str) -> str | None:
    return device.choice(name, _CHOICES[name]) if name in device else None

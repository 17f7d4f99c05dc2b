"""Service Requests to facts: Update Firmware, Update PPMID Firmware, Device Pre-notification."""

from collections.abc import Callable, Mapping

from firmtrack.domain.facts import DeviceFacts, ImageFacts, Message, MessageKind, RequestFacts
from firmtrack.domain.stages import Variant
from firmtrack.duis.codes import DEVICE_TYPES
from firmtrack.duis.elements import Children, name_of
from firmtrack.duis.envelope import Envelope, NotAboutFirmware, message
from firmtrack.duis.identity import without_firmware_image
from firmtrack.duis.rejections import BadValue, TooLarge
from firmtrack.duis.vocabulary import (
    DEVICE_ID_LIST_MAX_CHARACTERS,
    FIRMWARE_IMAGE_MAX_BYTES,
    MANUFACTURER_MAX_CHARACTERS,
    MODEL_MAX_CHARACTERS,
    SMETS_VERSION_MAX_CHARACTERS,
)
from firmtrack.gbcs.image import MalformedImage, read_image

_DEVICE_TYPES = {device_type: device_type for device_type in DEVICE_TYPES}


def translate_request(envelope: Envelope) -> Message | NotAboutFirmware:
    """Return what a sr:Request says. Raises DuisRejected."""
    translate = _TRANSLATIONS.get(name_of(envelope.content))
    return NotAboutFirmware(kind="service_request") if translate is None else translate(envelope)


def _update_firmware(envelope: Envelope) -> Message:
    return _update(envelope, Variant.UPDATE_FIRMWARE)


def _update_ppmid_firmware(envelope: Envelope) -> Message:
    return _update(envelope, Variant.UPDATE_PPMID_FIRMWARE)


def _update(envelope: Envelope, variant: Variant) -> Message:
    _check_variant(envelope, variant)
    request_id = envelope.header.request_id("RequestID")
    body = Children(envelope.content)
    if len(body.text("DeviceIDList")) > DEVICE_ID_LIST_MAX_CHARACTERS:
        raise TooLarge(f"DeviceIDList has over {DEVICE_ID_LIST_MAX_CHARACTERS} characters.")
    request = RequestFacts(
        request_id=request_id,
        variant=variant,
        firmware_version=body.firmware_version("FirmwareVersion"),
        image=_image_facts(body.octets("FirmwareImage"), variant),
        device_ids=body.device_ids("DeviceIDList"),
        sent_at=envelope.received_at,
    )
    return message(
        envelope,
        MessageKind.UPDATE_FIRMWARE_REQUEST,
        user_id=request_id.originator,
        occurred_at=envelope.received_at,
        body=without_firmware_image(envelope.octets),
        request=request,
    )


def _image_facts(octets: bytes, variant: Variant) -> ImageFacts:
    if len(octets) > FIRMWARE_IMAGE_MAX_BYTES:
        raise TooLarge(f"FirmwareImage has over {FIRMWARE_IMAGE_MAX_BYTES} octets.")
    try:
        image = read_image(octets, may_have_trailer=variant is Variant.UPDATE_FIRMWARE)
    except MalformedImage as error:
        # What cannot be used is DCC's and the device's to refuse; here it is a fact.
        return ImageFacts(size_bytes=len(octets), problem=error.reason)
    return ImageFacts(
        size_bytes=len(octets),
        manufacturer_image_hash=image.manufacturer_image_hash,
        header_version=image.file_version,
        manufacturer_code=image.manufacturer_code,
        image_type=image.image_type,
        header_string=image.header_string,
        minimum_hardware_version=image.minimum_hardware_version,
        maximum_hardware_version=image.maximum_hardware_version,
    )


def _device_prenotification(envelope: Envelope) -> Message:
    _check_variant(envelope, "12.2")
    request_id = envelope.header.request_id("RequestID")
    body = Children(envelope.content)
    device = DeviceFacts(
        device_id=body.eui("DeviceID"),
        learnt_at=envelope.received_at,
        device_type=body.choice("DeviceType", _DEVICE_TYPES),
        smets_version=body.optional_text("SMETSCHTSVersion", SMETS_VERSION_MAX_CHARACTERS),
        manufacturer=body.optional_text("DeviceManufacturer", MANUFACTURER_MAX_CHARACTERS),
        model=body.optional_text("DeviceModel", MODEL_MAX_CHARACTERS),
        firmware_version=body.optional_firmware_version("FirmwareVersion"),
    )
    return message(
        envelope,
        MessageKind.DEVICE_PRE_NOTIFICATION,
        user_id=request_id.originator,
        occurred_at=envelope.received_at,
        devices=(device,),
    )


def _check_variant(envelope: Envelope, variant: str) -> None:
    """Refuse a request whose header names another service than its body."""
    named = envelope.header.text("ServiceReferenceVariant")
    if named != variant:
        raise BadValue(f"ServiceReferenceVariant is {named[:16]!r}, the body is a {variant}.")


_TRANSLATIONS: Mapping[str, Callable[[Envelope], Message]] = {
    "UpdateFirmware": _update_firmware,
    "UpdatePPMIDFirmware": _update_ppmid_firmware,
    "DevicePrenotification": _device_prenotification,
}

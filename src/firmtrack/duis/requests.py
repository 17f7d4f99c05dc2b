"""Service Requests to facts: Update Firmware, Update PPMID Firmware, and who reads the others."""

from collections.abc import Callable, Mapping

from firmtrack.domain.facts import ImageFacts, Message, MessageKind, RequestFacts
from firmtrack.domain.stages import Variant
from firmtrack.duis.activations import (
    translate_activation_request,
    translate_signed_pre_command,
)
from firmtrack.duis.elements import Children, name_of
from firmtrack.duis.envelope import Envelope, NotAboutFirmware, check_service, message
from firmtrack.duis.identity import without_firmware_image
from firmtrack.duis.inventories import translate_inventory_update, translate_prenotification
from firmtrack.duis.rejections import TooLarge
from firmtrack.duis.vocabulary import (
    DEVICE_ID_LIST_MAX_CHARACTERS,
    FIRMWARE_IMAGE_MAX_BYTES,
)
from firmtrack.gbcs.image import MalformedImage, read_image


def translate_request(envelope: Envelope) -> Message | NotAboutFirmware:
    """Return what a sr:Request says. Raises DuisRejected."""
    translate = _TRANSLATIONS.get(name_of(envelope.content))
    return NotAboutFirmware(kind="service_request") if translate is None else translate(envelope)


def _update_firmware(envelope: Envelope) -> Message:
    return _update(envelope, Variant.UPDATE_FIRMWARE)


def _update_ppmid_firmware(envelope: Envelope) -> Message:
    return _update(envelope, Variant.UPDATE_PPMID_FIRMWARE)


def _update(envelope: Envelope, variant: Variant) -> Message:
    check_service(envelope, variant)
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
        problem=image.problem,
    )


_TRANSLATIONS: Mapping[str, Callable[[Envelope], Message | NotAboutFirmware]] = {
    "UpdateFirmware": _update_firmware,
    "UpdatePPMIDFirmware": _update_ppmid_firmware,
    "ActivateFirmware": translate_activation_request,
    "SignedPreCommand": translate_signed_pre_command,
    "DevicePrenotification": translate_prenotification,
    "UpdateInventory": translate_inventory_update,
}

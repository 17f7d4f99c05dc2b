"""Service Responses to facts: the answers to 11.1, 11.4 and 11.2, and who reads the others."""

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
from firmtrack.duis.activations import ACTIVATE_FIRMWARE, translate_activation_response
from firmtrack.duis.codes import RESPONSE_CODES, WARNING_LISTS, is_response_code_for
from firmtrack.duis.elements import Children
from firmtrack.duis.envelope import Envelope, NotAboutFirmware, message, user_of
from firmtrack.duis.inventories import (
    DEVICE_PRE_NOTIFICATION,
    UPDATE_INVENTORY,
    translate_inventory_response,
    translate_verdict,
)
from firmtrack.duis.payload import check_sender, firmware_message
from firmtrack.duis.rejections import UnexpectedElement, UnknownEnumeration
from firmtrack.gbcs.firmware import FirmwareVersionRead

_WARNING_OF = {
    Variant.UPDATE_FIRMWARE: "DSPUpdateFirmwareWarning",
    Variant.UPDATE_PPMID_FIRMWARE: "DSPUpdatePPMIDFirmwareWarning",
}
_VARIANTS: dict[str, Variant] = {variant.value: variant for variant in Variant}
_READ_FIRMWARE_VERSION = "11.2"
_NOT_ABOUT_FIRMWARE = NotAboutFirmware(kind="service_response")


def translate_response(envelope: Envelope) -> Message | NotAboutFirmware:
    """Return what a sr:ResponseMessage says. Raises DuisRejected."""
    body = Children(envelope.content)
    variant_text = body.text("ServiceReferenceVariant")
    variant = _VARIANTS.get(variant_text)
    if variant is not None:
        return _update_firmware_response(envelope, body, variant)
    if variant_text == ACTIVATE_FIRMWARE:
        return translate_activation_response(envelope, body)
    if variant_text in {UPDATE_INVENTORY, DEVICE_PRE_NOTIFICATION}:
        return translate_verdict(envelope, variant_text)
    if "DSPInventory" in body:
        return translate_inventory_response(envelope, body)
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


def _read_firmware_version_response(
    envelope: Envelope, body: Children
) -> Message | NotAboutFirmware:
    read = firmware_message(body)
    if not isinstance(read, FirmwareVersionRead):
        return _NOT_ABOUT_FIRMWARE
    check_sender(envelope.header, read.device_id)
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

"""Activate Firmware (11.3) to facts: its requests, the answers to them, the alerts afterwards.

Source: DUIS 5.4 schema, ``ActivateFirmware``, ``SignedPreCommand``, ``ResponseMessage``; GBCS 4.3,
CS06 and the future-dated activation alert.
"""

from datetime import datetime

from firmtrack.domain.facts import ActivationEvent, DeviceFacts, Message, MessageKind
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import ActivationStep
from firmtrack.duis.codes import is_response_code_for
from firmtrack.duis.elements import Children
from firmtrack.duis.envelope import Envelope, NotAboutFirmware, check_service, message, user_of
from firmtrack.duis.payload import (
    alert_code_of,
    check_alert_code,
    check_sender,
    firmware_message,
)
from firmtrack.duis.rejections import (
    CounterMismatch,
    DeviceMismatch,
    GbcsMismatch,
    UnknownEnumeration,
)
from firmtrack.gbcs.firmware import (
    ActivateImageResponse,
    ActivationResponse,
    FutureDatedActivation,
    FutureDatedAlertCode,
)

ACTIVATE_FIRMWARE = "11.3"
"""The Service Reference Variant of Activate Firmware."""

_HASH_BYTES = 32
_REASONS = {
    ActivateImageResponse.SUCCESS: None,
    ActivateImageResponse.NO_IMAGE_HELD: "no_image_held",
    ActivateImageResponse.HASH_MISMATCH: "hash_mismatch",
    ActivateImageResponse.ACTIVATION_FAILURE: "activation_failure",
}


def translate_activation_request(envelope: Envelope) -> Message:
    """Return what an Activate Firmware request says. Raises DuisRejected."""
    check_service(envelope, ACTIVATE_FIRMWARE)
    body = Children(envelope.content)
    return _request(envelope, body, image_hash=body.hex_octets("FirmwareHash", _HASH_BYTES))


def translate_signed_pre_command(envelope: Envelope) -> Message | NotAboutFirmware:
    """Return what a Signed Pre-Command says, if it activates firmware. Raises DuisRejected.

    The GBCS command in it is not read: it repeats the request that it was made from.
    """
    if envelope.header.text("ServiceReferenceVariant") != ACTIVATE_FIRMWARE:
        return NotAboutFirmware(kind="service_request")
    return _request(envelope, Children(envelope.content), image_hash=None)


def _request(envelope: Envelope, body: Children, image_hash: bytes | None) -> Message:
    request_id = envelope.header.request_id("RequestID")
    return message(
        envelope,
        MessageKind.ACTIVATE_FIRMWARE_REQUEST,
        user_id=request_id.originator,
        occurred_at=envelope.received_at,
        activation=ActivationEvent(
            request_id=request_id,
            step=ActivationStep.REQUESTED,
            occurred_at=envelope.received_at,
            image_hash=image_hash,
            scheduled_for=body.optional_time("ExecutionDateTime"),
        ),
    )


def translate_activation_response(envelope: Envelope, body: Children) -> Message:
    """Return what a sr:ResponseMessage about an 11.3 says. Raises DuisRejected."""
    if "FutureDatedDeviceAlertMessage" in body:
        alert = body.children("FutureDatedDeviceAlertMessage")
        reported = firmware_message(alert)
        if not isinstance(reported, FutureDatedActivation):
            raise GbcsMismatch("It is no future-dated activation alert.")
        return future_dated_alert(envelope, reported, alert_code_of(alert, "FutureDatedAlertCode"))
    code = envelope.header.text("ResponseCode")
    if not is_response_code_for(code, ACTIVATE_FIRMWARE):
        raise UnknownEnumeration(f"ResponseCode for {ACTIVATE_FIRMWARE}: {code[:64]!r}.")
    responded_at = envelope.header.time("ResponseDateTime")
    if "GBCSPayload" in body:
        answer = firmware_message(body)
        if not isinstance(answer, ActivationResponse):
            raise GbcsMismatch("It does not answer an Activate Firmware command.")
        event = _answer(envelope, answer, responded_at)
    else:
        event = _event_of_dcc(envelope, code, responded_at)
    return message(
        envelope,
        MessageKind.ACTIVATE_FIRMWARE_RESPONSE,
        user_id=user_of(envelope),
        occurred_at=responded_at,
        code=code,
        activation=event,
        devices=_running(event),
    )


def future_dated_alert(
    envelope: Envelope, reported: FutureDatedActivation, alert_code: int
) -> Message:
    """Return how a future-dated activation went, under the ``alert_code`` that DUIS gives.

    Raises DuisRejected.
    """
    check_alert_code(alert_code, reported.alert_code)
    reason = _REASONS[reported.result]
    if reason is None and reported.alert_code is FutureDatedAlertCode.FAILURE:
        reason = f"{alert_code:04X}"
    responded_at = envelope.header.time("ResponseDateTime")
    request_id = _request_id(envelope, reported.device_id, reported.activation_counter)
    event = _outcome(request_id, reported, reason, responded_at)
    return message(
        envelope,
        MessageKind.FUTURE_DATED_ACTIVATION_ALERT,
        user_id=user_of(envelope),
        occurred_at=responded_at,
        code=f"{alert_code:04X}",
        activation=event,
        devices=_running(event),
    )


def failed_command(request_id: RequestId, code: str, responded_at: datetime) -> ActivationEvent:
    """Return that a command failed, by DCC, whose alert or response code is the reason."""
    return ActivationEvent(
        request_id=request_id,
        step=ActivationStep.NOT_ANSWERED,
        is_failed=True,
        occurred_at=responded_at,
        reason=code,
    )


def _event_of_dcc(envelope: Envelope, code: str, responded_at: datetime) -> ActivationEvent:
    request_id = envelope.header.request_id("RequestID")
    if code.startswith("E"):
        return failed_command(request_id, code, responded_at)
    return ActivationEvent(
        request_id=request_id, step=ActivationStep.ACKNOWLEDGED, occurred_at=responded_at
    )


def _answer(
    envelope: Envelope, answer: ActivationResponse, responded_at: datetime
) -> ActivationEvent:
    request_id = _request_id(envelope, answer.device_id, answer.originator_counter)
    if answer.result is None:
        return ActivationEvent(
            request_id=request_id,
            step=ActivationStep.SCHEDULED,
            occurred_at=responded_at,
            device_time=answer.device_time,
        )
    return _outcome(request_id, answer, _REASONS[answer.result], responded_at)


def _outcome(
    request_id: RequestId,
    reported: ActivationResponse | FutureDatedActivation,
    reason: str | None,
    responded_at: datetime,
) -> ActivationEvent:
    return ActivationEvent(
        request_id=request_id,
        step=ActivationStep.ANSWERED,
        is_failed=reason is not None,
        occurred_at=responded_at,
        reason=reason,
        device_time=reported.device_time,
        firmware_version=reported.firmware_version,
    )


def _running(event: ActivationEvent) -> tuple[DeviceFacts, ...]:
    """Return what the device runs after its answer: the version that it answers with.

    Whatever its result is: DCC, too, takes that version over (SEC modification MP105).
    """
    if event.step is not ActivationStep.ANSWERED or event.firmware_version is None:
        return ()
    return (
        DeviceFacts(
            device_id=event.request_id.target,
            learnt_at=event.occurred_at,
            firmware_version=event.firmware_version,
        ),
    )


def _request_id(envelope: Envelope, device_id: Eui64, counter: int) -> RequestId:
    """Return the 11.3 that a device answers, by the header or else by what GBCS repeats of it."""
    header = envelope.header
    check_sender(header, device_id)
    if "RequestID" not in header:
        return RequestId(user_of(envelope), device_id, counter)
    request_id = header.request_id("RequestID")
    if request_id.target != device_id:
        raise DeviceMismatch(f"{request_id.target}, and GBCS from {device_id}.")
    if request_id.counter != counter:
        raise CounterMismatch(f"{request_id.counter}, and {counter} in GBCS.")
    return request_id

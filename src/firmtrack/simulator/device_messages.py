"""What devices send, as DUIS documents around the GBCS messages that they sign."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import ec

from firmtrack.domain.identifiers import Eui64, ResponseId
from firmtrack.duis import documents as d
from firmtrack.simulator import gbcs_messages as gbcs
from firmtrack.simulator.models import DeviceKind
from firmtrack.simulator.post import (
    ActivationAnswerSent,
    DeviceAlertSent,
    DeviceAnswerSent,
    FutureDatedAlertSent,
    VersionReadSent,
)
from firmtrack.simulator.world import DCC, Device

_READ_FIRMWARE_VERSION, _ACTIVATE_FIRMWARE = "11.2", "11.3"

# A message waits in the hub before DCC has it.
_TRAVELS = timedelta(seconds=20)

_Key = ec.EllipticCurvePrivateKey
_RECEIPTS: Mapping[DeviceKind, Callable[[gbcs.Sender, int, bytes, _Key], bytes]] = {
    DeviceKind.ESME: gbcs.esme_receipt,
    DeviceKind.HCALCS: gbcs.esme_receipt,
    DeviceKind.GSME: gbcs.gsme_receipt,
}


def device_alert(sent: DeviceAlertSent, key: _Key) -> d.DeviceAlert:
    """Return the alert, its payload signed with ``key``."""
    device = sent.device
    sender = _sender(device, sent.recipient, sent.counter, sent.responded_at)
    if sent.image_hash is None:
        payload = gbcs.generic_alert(sender, sent.alert_code, key)
    else:
        payload = _RECEIPTS[device.kind](sender, sent.alert_code, sent.image_hash, key)
    return d.DeviceAlert(
        response_id=ResponseId(device.device_id, sent.recipient, sent.counter),
        responded_at=sent.responded_at,
        alert_code=sent.alert_code,
        throttled_alert_sequence_id=sent.throttled,
        throttled_alert_count=None if sent.throttled is None else sent.throttled + 1,
        gbcs_payload=payload,
    )


def device_answer(
    sent: DeviceAnswerSent, key: _Key
) -> d.DeviceResponse | d.FutureDatedDeviceAlert | d.DeviceAlert:
    """Return the answer to a command, its payload signed with ``key``."""
    match sent:
        case ActivationAnswerSent():
            payload = gbcs.activation_response(_answering(sent), sent.outcome, key)
            return _response(sent, _ACTIVATE_FIRMWARE, payload)
        case VersionReadSent():
            return _response(sent, _READ_FIRMWARE_VERSION, _version_payload(sent, key))
        case FutureDatedAlertSent():
            return _future_dated_alert(sent, key)
        case _:
            raise TypeError(f"nothing is known of {type(sent).__name__}")


def _response(sent: DeviceAnswerSent, service: str, payload: bytes) -> d.DeviceResponse:
    return d.DeviceResponse(
        response_id=_response_id(sent),
        responded_at=sent.responded_at,
        request_id=sent.request_id if sent.names_request else None,
        service_reference=service,
        service_reference_variant=service,
        gbcs_payload=payload,
    )


def _version_payload(sent: VersionReadSent, key: _Key) -> bytes:
    sender, version = _answering(sent), sent.firmware_version
    if sent.device.kind is DeviceKind.ESME:
        return gbcs.esme_version(sender, version, key)
    if sent.device.kind is DeviceKind.GSME:
        return gbcs.gsme_version(sender, version, key)
    to_dcc = _sender(sent.device, DCC, sent.request_id.counter, sent.responded_at)
    return gbcs.other_version(to_dcc, version, sent.request_id.originator, key)


def _future_dated_alert(
    sent: FutureDatedAlertSent, key: _Key
) -> d.FutureDatedDeviceAlert | d.DeviceAlert:
    sender = _sender(sent.device, sent.request_id.originator, sent.counter, sent.responded_at)
    payload = gbcs.future_dated_activation(
        sender, sent.alert_code, sent.request_id.counter, sent.outcome, key
    )
    if sent.is_alert:
        return d.DeviceAlert(
            response_id=_response_id(sent),
            responded_at=sent.responded_at,
            alert_code=sent.alert_code,
            gbcs_payload=payload,
        )
    return d.FutureDatedDeviceAlert(
        response_id=_response_id(sent),
        responded_at=sent.responded_at,
        request_id=sent.request_id if sent.names_request else None,
        service_reference=_ACTIVATE_FIRMWARE,
        service_reference_variant=_ACTIVATE_FIRMWARE,
        future_dated_alert_code=sent.alert_code,
        gbcs_payload=payload,
    )


def _response_id(sent: DeviceAnswerSent) -> ResponseId:
    return ResponseId(sent.device.device_id, sent.request_id.originator, sent.counter)


def _answering(sent: DeviceAnswerSent) -> gbcs.Sender:
    request_id = sent.request_id
    return _sender(sent.device, request_id.originator, request_id.counter, sent.responded_at)


def _sender(device: Device, recipient: Eui64, counter: int, responded_at: datetime) -> gbcs.Sender:
    return gbcs.Sender(
        device_id=device.device_id,
        recipient=recipient,
        counter=counter,
        device_time=device.time_on_its_clock(responded_at - _TRAVELS),
    )

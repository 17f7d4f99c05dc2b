"""The way in: DUIS octets to what they say, checked."""

from collections.abc import Callable, Mapping
from datetime import datetime

from firmtrack.domain.facts import Message
from firmtrack.domain.identifiers import Eui64
from firmtrack.duis.dcc_alerts import translate_dcc_alert
from firmtrack.duis.device_alerts import translate_device_alert
from firmtrack.duis.elements import name_of
from firmtrack.duis.envelope import (
    REQUEST,
    RESPONSE,
    Envelope,
    NotAboutFirmware,
    check_schema_version,
    open_envelope,
)
from firmtrack.duis.parsing import parse
from firmtrack.duis.rejections import (
    SignatureMissing,
    SignerMismatch,
    UnexpectedElement,
    UnknownRoot,
)
from firmtrack.duis.requests import translate_request
from firmtrack.duis.responses import translate_response
from firmtrack.duis.signature import verify
from firmtrack.duis.trust import TrustStore
from firmtrack.duis.vocabulary import SR

__all__ = ["NotAboutFirmware", "parse", "read"]

# DUIS has two more roots, which only SMETS1 service providers write: never about firmware here.
_IGNORED_ROOTS = {
    f"{SR}SMETS1SignedResponse": "smets1_signed_response",
    f"{SR}S1SPAlert": "s1sp_alert",
}


def read(
    body: bytes,
    *,
    trust: TrustStore | None = None,
    dcc_ids: frozenset[Eui64],
    received_at: datetime | None = None,
    now: datetime | None = None,
) -> Message | NotAboutFirmware:
    """Return what the DUIS document ``body`` says, or that it says nothing about firmware.

    With ``trust`` the document must be signed: a request by its originator, a response or an
    alert by one of ``dcc_ids``. ``received_at`` is when DCC received it, aware, if known; a
    request carries no time of its own. ``now`` is needed if ``trust`` checks validity.
    Raises DuisRejected, whatever ``body`` is, and nothing else.
    """
    root = parse(body)
    if root.tag in (REQUEST, RESPONSE):
        envelope = open_envelope(body, root, received_at)
        if trust is not None:
            _check_signer(envelope, trust, dcc_ids, now)
        if root.tag == REQUEST:
            return translate_request(envelope)
        return _translate_response(envelope)
    kind = _IGNORED_ROOTS.get(root.tag)
    if kind is None:
        raise UnknownRoot(str(root.tag))
    check_schema_version(root)
    return NotAboutFirmware(kind=kind)


def _check_signer(
    envelope: Envelope, trust: TrustStore, dcc_ids: frozenset[Eui64], now: datetime | None
) -> None:
    if envelope.signature is None:
        raise SignatureMissing("It ends without a signature.")
    signer = verify(envelope.signature, trust, now)
    if envelope.root.tag == REQUEST:
        originator = envelope.header.request_id("RequestID").originator
        if signer != originator:
            raise SignerMismatch(f"Signed by {signer}, sent by {originator}.")
    elif signer not in dcc_ids:
        raise SignerMismatch(f"Signed by {signer}, which is not DCC.")


def _translate_response(envelope: Envelope) -> Message | NotAboutFirmware:
    name = name_of(envelope.content)
    translate = _RESPONSES.get(name)
    if translate is None:
        raise UnexpectedElement(f"{name} in Body.")
    return translate(envelope)


def _smets1(_: Envelope) -> NotAboutFirmware:
    return NotAboutFirmware(kind="smets1_response")


_RESPONSES: Mapping[str, Callable[[Envelope], Message | NotAboutFirmware]] = {
    "ResponseMessage": translate_response,
    "DeviceAlertMessage": translate_device_alert,
    "DCCAlertMessage": translate_dcc_alert,
    "SMETS1ResponseMessage": _smets1,
}

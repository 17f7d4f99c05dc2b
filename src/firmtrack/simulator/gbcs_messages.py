"""The GBCS alerts that devices send, as octets: the frame and the firmware receipts."""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric import ec

from firmtrack.domain.identifiers import Eui64
from firmtrack.simulator.image import sign_raw

RECEIPT_GOOD = 0x8F72
RECEIPT_BAD = 0x8F1C
EXECUTING_VERSION_CHANGED = 0x8F43

ESME_RECEIPT = 0x00CE
GSME_RECEIPT = 0x00CF
# The code of an alert without a use case of its own. Likely.
GENERIC_ALERT = 0x1000

_GENERAL_SIGNING = b"\xdf"
_ALERT = 3
_GSME_PROFILE = b"\x01\x09"
_GSME_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What every alert of a device has: who tells whom, its counter and the device's own clock."""

    device_id: Eui64
    recipient: Eui64
    counter: int
    device_time: datetime


def esme_receipt(
    alert: Alert, alert_code: int, image_hash: bytes, key: ec.EllipticCurvePrivateKey
) -> bytes:
    """Return a Firmware Distribution Receipt Alert of an ESME or HCALCS (0x00CE).

    ``alert_code`` is RECEIPT_GOOD or RECEIPT_BAD. Source: GBCS, message code 0x00CE; checked
    against DCC's reference message.
    """
    content = _notification(alert, elements=3, alert_code=alert_code) + b"\x09\x20" + image_hash
    return _signed_alert(alert, ESME_RECEIPT, content, key)


def gsme_receipt(
    alert: Alert, alert_code: int, image_hash: bytes, key: ec.EllipticCurvePrivateKey
) -> bytes:
    """Return a Firmware Distribution Receipt Alert of a GSME (0x00CF).

    ``alert_code`` is RECEIPT_GOOD or RECEIPT_BAD. Source: GBCS, message code 0x00CF (likely).
    """
    seconds = int((alert.device_time - _GSME_EPOCH).total_seconds())
    content = (
        _GSME_PROFILE + b"\x01" + struct.pack(">HI", alert_code, seconds) + b"\x09\x20" + image_hash
    )
    return _signed_alert(alert, GSME_RECEIPT, content, key)


def generic_alert(alert: Alert, alert_code: int, key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return an alert that says no more than its code: nothing about a distribution."""
    content = _notification(alert, elements=2, alert_code=alert_code)
    return _signed_alert(alert, GENERIC_ALERT, content, key)


def _notification(alert: Alert, *, elements: int, alert_code: int) -> bytes:
    """Return the start of a DLMS data notification: invoke ID, structure, alert code, time."""
    invoke_id = 0x20000000 | alert.counter & 0x00FFFFFF
    return (
        struct.pack(">BIBBB", 0x0F, invoke_id, 0, 0x02, elements)
        + struct.pack(">BH", 0x12, alert_code)
        + b"\x09\x0c"
        + _dlms_time(alert.device_time)
    )


def _dlms_time(moment: datetime) -> bytes:
    """Return a DLMS date-time of 12 octets: day of week, deviation and status not specified."""
    day = moment.year, moment.month, moment.day, 0xFF
    time = moment.hour, moment.minute, moment.second, 0
    return struct.pack(">HBBBBBBBHB", *day, *time, 0x8000, 0xFF)


def _signed_alert(
    alert: Alert, message_code: int, content: bytes, key: ec.EllipticCurvePrivateKey
) -> bytes:
    """Return the whole frame. Source: GBCS, General Signing with an ECDSA signature."""
    signed = (
        struct.pack(">BBQ", 0x09, _ALERT, alert.counter)
        + struct.pack(">BQBQ", 0x08, alert.device_id, 0x08, alert.recipient)
        + struct.pack(">BBH", 0, 2, message_code)
        + _length(len(content))
        + content
    )
    return _GENERAL_SIGNING + signed + b"\x40" + sign_raw(key, signed)


def _length(count: int) -> bytes:
    if count < 0x80:
        return bytes([count])
    octets = count.to_bytes((count.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets

"""The GBCS messages that devices send, as octets: the frame, receipts, and answers to commands."""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric import ec

from firmtrack.domain.identifiers import Eui64, FirmwareVersion
from firmtrack.simulator.image import sign_raw

RECEIPT_GOOD = 0x8F72
RECEIPT_BAD = 0x8F1C
EXECUTING_VERSION_CHANGED = 0x8F43
FUTURE_DATED_DONE = 0x8F66
FUTURE_DATED_FAILED = 0x8F67

ACTIVATION_RESPONSE = 0x0012
ESME_VERSION = 0x0059
GSME_VERSION = 0x0084
FUTURE_DATED_ACTIVATION = 0x00CA
ESME_RECEIPT = 0x00CE
GSME_RECEIPT = 0x00CF
OTHER_VERSION = 0x0129
# The code of an alert without a use case of its own. Likely.
GENERIC_ALERT = 0x1000

ACTIVATED, NO_IMAGE_HELD, HASH_MISMATCH, ACTIVATION_FAILURE = range(4)
"""How an activation went. Source: GBCS, activateImageResponseCode."""

_GENERAL_SIGNING = b"\xdf"
_RESPONSE, _ALERT = 2, 3
_GSME_PROFILE = b"\x01\x09"
_GSME_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_NULL = b"\x05\x00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """What every message of a device has: who tells whom, its counter and the device's own clock.

    The counter of an answer is that of the command.
    """

    device_id: Eui64
    recipient: Eui64
    counter: int
    device_time: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an activation went, ACTIVATED to ACTIVATION_FAILURE, and the version that runs now."""

    result: int
    firmware_version: FirmwareVersion


def esme_receipt(
    sender: Sender, alert_code: int, image_hash: bytes, key: ec.EllipticCurvePrivateKey
) -> bytes:
    """Return a Firmware Distribution Receipt Alert of an ESME or HCALCS (0x00CE).

    ``alert_code`` is RECEIPT_GOOD or RECEIPT_BAD. Source: GBCS, message code 0x00CE; checked
    against DCC's reference message.
    """
    content = _notification(sender, elements=3, alert_code=alert_code) + b"\x09\x20" + image_hash
    return _signed(sender, _ALERT, ESME_RECEIPT, content, key)


def gsme_receipt(
    sender: Sender, alert_code: int, image_hash: bytes, key: ec.EllipticCurvePrivateKey
) -> bytes:
    """Return a Firmware Distribution Receipt Alert of a GSME (0x00CF).

    ``alert_code`` is RECEIPT_GOOD or RECEIPT_BAD. Source: GBCS, message code 0x00CF (likely).
    """
    seconds = int((sender.device_time - _GSME_EPOCH).total_seconds())
    content = (
        _GSME_PROFILE + b"\x01" + struct.pack(">HI", alert_code, seconds) + b"\x09\x20" + image_hash
    )
    return _signed(sender, _ALERT, GSME_RECEIPT, content, key)


def generic_alert(sender: Sender, alert_code: int, key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return an alert that says no more than its code: nothing about a distribution."""
    content = _notification(sender, elements=2, alert_code=alert_code)
    return _signed(sender, _ALERT, GENERIC_ALERT, content, key)


def activation_response(
    sender: Sender, outcome: Outcome | None, key: ec.EllipticCurvePrivateKey
) -> bytes:
    """Return the answer to an Activate Firmware command (CS06): None only takes note of it."""
    content = _NULL if outcome is None else _outcome(outcome)
    date_time = _dlms_time(sender.device_time)
    return _signed(sender, _RESPONSE, ACTIVATION_RESPONSE, content, key, date_time=date_time)


def future_dated_activation(
    sender: Sender,
    alert_code: int,
    command_counter: int,
    outcome: Outcome,
    key: ec.EllipticCurvePrivateKey,
) -> bytes:
    """Return the alert that tells how a future-dated activation went (0x00CA).

    ``alert_code`` is FUTURE_DATED_DONE or FUTURE_DATED_FAILED.
    """
    told_at = sender.device_time.strftime("%Y%m%d%H%M%SZ").encode()
    content = _der(
        0x30,
        _der_integer(alert_code)
        + _der(0x18, told_at)
        + _der_integer(command_counter)
        + _outcome(outcome),
    )
    return _signed(sender, _ALERT, FUTURE_DATED_ACTIVATION, content, key)


def esme_version(
    sender: Sender, version: FirmwareVersion | None, key: ec.EllipticCurvePrivateKey
) -> bytes:
    """Return an ESME's answer to a Read Firmware Version command (ECS52); None is an error."""
    invoke_id = 0x20000000 | sender.counter & 0x00FFFFFF
    data = b"\x00" if version is None else b"\x09\x04" + bytes.fromhex(version)
    is_error = version is None
    content = struct.pack(">BIBBB", 0xDA, invoke_id, 0, 0, 1) + data + bytes((1, 1, is_error))
    return _signed(sender, _RESPONSE, ESME_VERSION, content, key)


def gsme_version(
    sender: Sender, version: FirmwareVersion | None, key: ec.EllipticCurvePrivateKey
) -> bytes:
    """Return a GSME's answer to a Read Firmware Version command (GCS38); None is an error."""
    value = b"\xc0" if version is None else b"\x00\x41\x04" + bytes.fromhex(version)
    # The answer to a read of attribute 0x0206, whose octets stand in reverse as ZCL has them.
    command = b"\x08\x00\x01" + b"\x06\x02" + value
    component = struct.pack(">BHH", 0x01, 0x0702, len(command)) + command
    return _signed(sender, _RESPONSE, GSME_VERSION, _GSME_PROFILE + b"\x01" + component, key)


def other_version(
    sender: Sender, version: FirmwareVersion | None, user: Eui64, key: ec.EllipticCurvePrivateKey
) -> bytes:
    """Return a PPMID's or HCALCS' answer to a Read Firmware Version command (CS08).

    It goes to DCC; ``user`` is who asked. None is an error.
    """
    octets = bytes(4) if version is None else bytes.fromhex(version)
    content = _der(0x30, _der(0x04, octets) + _der_integer(int(version is None)))
    party = struct.pack(">QQ", user, sender.counter)
    return _signed(sender, _RESPONSE, OTHER_VERSION, content, key, supplementary=party)


def _notification(sender: Sender, *, elements: int, alert_code: int) -> bytes:
    """Return the start of a DLMS data notification: invoke ID, structure, alert code, time."""
    invoke_id = 0x20000000 | sender.counter & 0x00FFFFFF
    return (
        struct.pack(">BIBBB", 0x0F, invoke_id, 0, 0x02, elements)
        + struct.pack(">BH", 0x12, alert_code)
        + b"\x09\x0c"
        + _dlms_time(sender.device_time)
    )


def _dlms_time(moment: datetime) -> bytes:
    """Return a DLMS date-time of 12 octets: day of week, deviation and status not specified."""
    day = moment.year, moment.month, moment.day, 0xFF
    time = moment.hour, moment.minute, moment.second, 0
    return struct.pack(">HBBBBBBBHB", *day, *time, 0x8000, 0xFF)


def _outcome(outcome: Outcome) -> bytes:
    version = _der(0x04, bytes.fromhex(outcome.firmware_version))
    return _der(0x30, _der_integer(outcome.result) + version)


def _der(tag: int, content: bytes) -> bytes:
    return bytes((tag,)) + _length(len(content)) + content


def _der_integer(value: int) -> bytes:
    # One octet more than the bits need where the first would make it negative.
    return _der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _signed(
    sender: Sender,
    cra: int,
    message_code: int,
    content: bytes,
    key: ec.EllipticCurvePrivateKey,
    *,
    date_time: bytes = b"",
    supplementary: bytes = b"",
) -> bytes:
    """Return the whole frame. Source: GBCS, General Signing with an ECDSA signature."""
    signed = (
        struct.pack(">BBQ", 0x09, cra, sender.counter)
        + struct.pack(">BQBQ", 0x08, sender.device_id, 0x08, sender.recipient)
        + _length(len(date_time))
        + date_time
        + _length(2 + len(supplementary))
        + struct.pack(">H", message_code)
        + supplementary
        + _length(len(content))
        + content
    )
    return _GENERAL_SIGNING + signed + b"\x40" + sign_raw(key, signed)


def _length(count: int) -> bytes:
    if count < 0x80:
        return bytes([count])
    octets = count.to_bytes((count.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets

"""The GBCS message that a Device Alert or a device's response carries."""

from firmtrack.domain.identifiers import Eui64
from firmtrack.duis.elements import Children
from firmtrack.duis.rejections import AlertCodeMismatch, DeviceMismatch, GbcsMalformed
from firmtrack.gbcs.firmware import FirmwareMessage, read_firmware_message
from firmtrack.gbcs.frame import Cra, MalformedGbcs, read_frame

_ALERT_CODE_BYTES = 2


def firmware_message(body: Children) -> FirmwareMessage | None:
    """Return what the body's GBCSPayload says about firmware, None if it is about other things.

    Raises DuisRejected. Source: DUIS 5.4 schema, ``GBCSPayload``; GBCS 4.3.
    """
    try:
        return read_firmware_message(body.octets("GBCSPayload"))
    except MalformedGbcs as error:
        raise GbcsMalformed(str(error)) from None


def alert_sender(body: Children) -> Eui64 | None:
    """Return who wrote the alert in the body's GBCSPayload, None if it is no alert.

    Raises DuisRejected.
    """
    try:
        frame = read_frame(body.octets("GBCSPayload"))
    except MalformedGbcs as error:
        raise GbcsMalformed(str(error)) from None
    return frame.originator if frame.cra is Cra.ALERT else None


def check_sender(header: Children, device_id: Eui64) -> None:
    """Refuse a GBCS message that does not come from the sender of its header's Response ID.

    A header without one says nothing of the sender. Raises DeviceMismatch, BadValue.
    """
    if "ResponseID" in header:
        sender = header.response_id("ResponseID").sender
        if device_id != sender:
            raise DeviceMismatch(f"{sender}, and GBCS from {device_id}.")


def alert_code_of(alert: Children, name: str) -> int:
    """Return the two-octet alert code of child ``name``. Raises MissingElement, BadValue."""
    return int.from_bytes(alert.hex_octets(name, _ALERT_CODE_BYTES), "big")


def check_alert_code(in_duis: int, in_gbcs: int) -> None:
    """Refuse a DUIS alert code that GBCS does not confirm. Raises AlertCodeMismatch."""
    if in_duis != in_gbcs:
        raise AlertCodeMismatch(f"{in_duis:04X}, and {in_gbcs:04X} in GBCS.")

"""The one way in to what GBCS messages say about firmware.

A new message is one row of ``_MESSAGES`` and the function, in the module of its kind, that reads
its content.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from firmtrack.gbcs.activation import (
    ActivateImageResponse,
    ActivationResponse,
    FutureDatedActivation,
    FutureDatedAlertCode,
    read_activation_response,
    read_future_dated_activation,
)
from firmtrack.gbcs.distribution import (
    ActivationAlertCode,
    ActivationResult,
    DistributionReceipt,
    FirmwareTransfer,
    PpmidActivation,
    ReceiptAlertCode,
    TransferAlertCode,
    TransferResult,
    read_dlms_receipt,
    read_gbz_receipt,
    read_ppmid_activation,
    read_transfer,
)
from firmtrack.gbcs.frame import Cra, Frame, read_frame
from firmtrack.gbcs.octets import MalformedGbcs, Octets
from firmtrack.gbcs.versions import (
    FirmwareVersionRead,
    VersionReadResult,
    read_der_version,
    read_dlms_version,
    read_gbz_version,
)

__all__ = [
    "ActivateImageResponse",
    "ActivationAlertCode",
    "ActivationResponse",
    "ActivationResult",
    "DistributionMessage",
    "DistributionReceipt",
    "FirmwareMessage",
    "FirmwareTransfer",
    "FirmwareVersionRead",
    "FutureDatedActivation",
    "FutureDatedAlertCode",
    "PpmidActivation",
    "ReceiptAlertCode",
    "TransferAlertCode",
    "TransferResult",
    "VersionReadResult",
    "name_of_message",
    "read_firmware_message",
]

DistributionMessage = DistributionReceipt | FirmwareTransfer | PpmidActivation
FirmwareMessage = (
    DistributionMessage | ActivationResponse | FutureDatedActivation | FirmwareVersionRead
)


@dataclass(frozen=True, slots=True)
class _MessageRow:
    """A message that is read: its code, what it is, and what reads its content."""

    message_code: int
    cra: Cra
    name: str
    read: Callable[[Frame, Octets], FirmwareMessage | None]


_MESSAGES: Final = (
    _MessageRow(0x0012, Cra.RESPONSE, "CS06 Activate Firmware response", read_activation_response),
    _MessageRow(0x0059, Cra.RESPONSE, "ECS52 Read Firmware Version response", read_dlms_version),
    _MessageRow(0x0084, Cra.RESPONSE, "GCS38 Read Firmware Version response", read_gbz_version),
    _MessageRow(0x00CA, Cra.ALERT, "future-dated activation alert", read_future_dated_activation),
    _MessageRow(0x00CE, Cra.ALERT, "ESME Firmware Distribution Receipt Alert", read_dlms_receipt),
    _MessageRow(0x00CF, Cra.ALERT, "GSME Firmware Distribution Receipt Alert", read_gbz_receipt),
    _MessageRow(0x0128, Cra.ALERT, "CCS08 Firmware Transfer Alert", read_transfer),
    _MessageRow(0x0129, Cra.RESPONSE, "CS08 Read Firmware Version response", read_der_version),
    _MessageRow(0x012B, Cra.ALERT, "CS09 PPMID Firmware Activation Alert", read_ppmid_activation),
)
_ROW_OF: Final = {row.message_code: row for row in _MESSAGES}


def name_of_message(message_code: int) -> str | None:
    """Return what a message is called that is about firmware, None of any other."""
    row = _ROW_OF.get(message_code)
    return None if row is None else row.name


def read_firmware_message(octets: bytes) -> FirmwareMessage | None:
    """Return what a GBCS message says about firmware, None if it is about something else.

    It is about something else if its message code is none of those above, if it is the command
    that one of the responses above answers, which tells nothing of a device yet, or if it is a
    receipt alert with none of the ReceiptAlertCodes.
    Raises MalformedGbcs if the octets are no GBCS message, or do not say what their message code
    promises. Source: GBCS 4.3, the messages named in the table above.
    """
    frame = read_frame(octets)
    row = _ROW_OF.get(frame.message_code)
    if row is None or (frame.cra is Cra.COMMAND and row.cra is Cra.RESPONSE):
        return None
    if frame.cra is not row.cra:
        raise MalformedGbcs(
            f"message code {row.message_code:04x} ({row.name}) is that of one {row.cra.name},"
            f" the CRA flag says {frame.cra.name}"
        )
    content = Octets(frame.content)
    message = row.read(frame, content)
    if message is not None:
        content.end(f"the content of the {row.name}")
    return message

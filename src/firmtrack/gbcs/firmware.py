"""The GBCS messages that tell how a distribution of firmware goes.

A new alert code of a message that is read here goes into that message's enumeration of alert
codes; a new message is one row of ``_MESSAGES`` and the function that reads its content.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final, TypeVar

from firmtrack.domain.identifiers import Eui64, FirmwareVersion
from firmtrack.gbcs.der import (
    take_generalized_time,
    take_integer,
    take_octet_string,
    take_sequence,
)
from firmtrack.gbcs.frame import Cra, Frame, read_frame
from firmtrack.gbcs.octets import MalformedGbcs, Octets
from firmtrack.gbcs.times import (
    DLMS_DATE_TIME_SIZE,
    read_dlms_date_time,
    read_seconds_since_2000,
)

_HASH_SIZE: Final = 32
_VERSION_SIZE: Final = 4
_EUI_SIZE: Final = 8


class ReceiptAlertCode(IntEnum):
    """The alert codes of a Firmware Distribution Receipt Alert."""

    VERIFIED = 0x8F72
    VERIFICATION_FAILED = 0x8F1C


class TransferAlertCode(IntEnum):
    """The alert codes of a Firmware Transfer Alert."""

    TRANSFERRED = 0x8F8A
    TRANSFER_FAILED = 0x8F89


class ActivationAlertCode(IntEnum):
    """The alert codes of a PPMID Firmware Activation Alert."""

    ACTIVATION_ATTEMPTED = 0x8F8B


class TransferResult(IntEnum):
    """What became of an image that a Communications Hub handed to a device."""

    SUCCESS = 0
    IMAGE_DISCARDED = 1
    HARDWARE_VERSION_MISMATCH = 2
    TRANSFER_FAILURE = 3


class ActivationResult(IntEnum):
    """Whether a PPMID activated its image."""

    SUCCESS = 0
    FAILURE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributionReceipt:
    """An ESME, GSME or HCALCS says that the image it received is good, or is not.

    ``image_hash`` is the 32-octet Manufacturer Image Hash that it calculated. ``device_time`` is
    its own clock, None if that was not set.
    """

    device_id: Eui64
    alert_code: ReceiptAlertCode
    image_hash: bytes
    device_time: datetime | None
    frame: Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareTransfer:
    """A Communications Hub says what became of the image for a device.

    ``device_id`` is the device, ``device_time`` the hub's clock.
    """

    device_id: Eui64
    comms_hub_id: Eui64
    alert_code: TransferAlertCode
    firmware_version: FirmwareVersion
    result: TransferResult
    device_time: datetime
    frame: Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class PpmidActivation:
    """A PPMID says whether it activated its image."""

    device_id: Eui64
    alert_code: ActivationAlertCode
    firmware_version: FirmwareVersion
    result: ActivationResult
    device_time: datetime
    frame: Frame


FirmwareMessage = DistributionReceipt | FirmwareTransfer | PpmidActivation

_Code = TypeVar("_Code", bound=IntEnum)


def read_firmware_message(octets: bytes) -> FirmwareMessage | None:
    """Return what a GBCS message says about firmware, None if it is about something else.

    It is about something else if its message code is none of those below, or if it is a receipt
    alert with none of the ReceiptAlertCodes.
    Raises MalformedGbcs if the octets are no GBCS message, or do not say what their message code
    promises. Source: GBCS 4.3, the messages named in the table below.
    """
    frame = read_frame(octets)
    row = _ROW_OF.get(frame.message_code)
    if row is None:
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


def _read_dlms_receipt(frame: Frame, content: Octets) -> DistributionReceipt | None:
    content.expect(b"\x0f", "the data-notification tag")
    content.take(4, "the invoke id and priority")
    content.expect(b"\x00", "the data-notification's date-time")
    content.expect(b"\x02", "the structure tag")
    member_count = content.number(1, "the number of structure members")
    content.expect(b"\x12", "the alert code's tag")
    alert_code = _receipt_alert_code(content)
    if alert_code is None:
        return None
    if member_count != 3:
        raise MalformedGbcs(f"the receipt alert has {member_count} members, not 3")
    device_time = read_dlms_date_time(
        _take_dlms_octet_string(content, DLMS_DATE_TIME_SIZE, "the time stamp")
    )
    return DistributionReceipt(
        device_id=frame.originator,
        alert_code=alert_code,
        image_hash=_take_dlms_octet_string(content, _HASH_SIZE, "the image hash"),
        device_time=device_time,
        frame=frame,
    )


def _read_gbz_receipt(frame: Frame, content: Octets) -> DistributionReceipt | None:
    content.expect(b"\x01\x09", "the GBZ profile")
    component_count = content.number(1, "the number of GBZ components")
    alert_code = _receipt_alert_code(content)
    if alert_code is None:
        return None
    if component_count != 1:
        raise MalformedGbcs(f"the receipt alert has {component_count} components, not 1")
    device_time = read_seconds_since_2000(content.number(4, "the time stamp"))
    return DistributionReceipt(
        device_id=frame.originator,
        alert_code=alert_code,
        image_hash=_take_dlms_octet_string(content, _HASH_SIZE, "the image hash"),
        device_time=device_time,
        frame=frame,
    )


def _read_transfer(frame: Frame, content: Octets) -> FirmwareTransfer:
    alert = take_sequence(content, "the Firmware Transfer Alert")
    alert_code = _known(TransferAlertCode, take_integer(alert, "the alert code"))
    device_time = take_generalized_time(alert, "the time stamp")
    device_id = Eui64.from_octets(take_octet_string(alert, _EUI_SIZE, "the device ID"))
    firmware_version = _take_version(alert)
    result = _known(TransferResult, take_integer(alert, "the transfer result"))
    alert.end("the transfer result")
    return FirmwareTransfer(
        device_id=device_id,
        comms_hub_id=frame.originator,
        alert_code=alert_code,
        firmware_version=firmware_version,
        result=result,
        device_time=device_time,
        frame=frame,
    )


def _read_ppmid_activation(frame: Frame, content: Octets) -> PpmidActivation:
    alert = take_sequence(content, "the PPMID Firmware Activation Alert")
    alert_code = _known(ActivationAlertCode, take_integer(alert, "the alert code"))
    device_time = take_generalized_time(alert, "the time stamp")
    firmware_version = _take_version(alert)
    result = _known(ActivationResult, take_integer(alert, "the activation result"))
    alert.end("the activation result")
    return PpmidActivation(
        device_id=frame.originator,
        alert_code=alert_code,
        firmware_version=firmware_version,
        result=result,
        device_time=device_time,
        frame=frame,
    )


@dataclass(frozen=True, slots=True)
class _MessageRow:
    """A message that is read: its code, what it is, and what reads its content."""

    message_code: int
    cra: Cra
    name: str
    read: Callable[[Frame, Octets], FirmwareMessage | None]


_MESSAGES: Final = (
    _MessageRow(0x00CE, Cra.ALERT, "ESME Firmware Distribution Receipt Alert", _read_dlms_receipt),
    _MessageRow(0x00CF, Cra.ALERT, "GSME Firmware Distribution Receipt Alert", _read_gbz_receipt),
    _MessageRow(0x0128, Cra.ALERT, "CCS08 Firmware Transfer Alert", _read_transfer),
    _MessageRow(0x012B, Cra.ALERT, "CS09 PPMID Firmware Activation Alert", _read_ppmid_activation),
)
_ROW_OF: Final = {row.message_code: row for row in _MESSAGES}
_RECEIPT_ALERT_CODE_OF: Final = {int(code): code for code in ReceiptAlertCode}


def _receipt_alert_code(content: Octets) -> ReceiptAlertCode | None:
    return _RECEIPT_ALERT_CODE_OF.get(content.number(2, "the alert code"))


def _take_dlms_octet_string(content: Octets, size: int, what: str) -> bytes:
    content.expect(bytes((0x09, size)), what)
    return content.take(size, what)


def _take_version(octets: Octets) -> FirmwareVersion:
    version = take_octet_string(octets, _VERSION_SIZE, "the firmware version")
    return FirmwareVersion(version.hex().upper())


def _known(codes: type[_Code], value: int) -> _Code:
    try:
        return codes(value)
    except ValueError:
        raise MalformedGbcs(f"{value:#x} is no {codes.__name__}") from None

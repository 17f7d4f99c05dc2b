"""The GBCS messages that tell how a distribution of firmware goes.

A new alert code of a message that is read here goes into that message's enumeration of alert
codes.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final

from firmtrack.domain.identifiers import Eui64, FirmwareVersion
from firmtrack.gbcs import dlms, gbz
from firmtrack.gbcs.der import (
    take_enumerated,
    take_generalized_time,
    take_octet_string,
    take_sequence,
)
from firmtrack.gbcs.frame import Frame
from firmtrack.gbcs.octets import MalformedGbcs, Octets
from firmtrack.gbcs.times import (
    DLMS_DATE_TIME_SIZE,
    read_dlms_date_time,
    read_seconds_since_2000,
)
from firmtrack.gbcs.versions import take_firmware_version

_HASH_SIZE: Final = 32
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


_RECEIPT_ALERT_CODE_OF: Final = {int(code): code for code in ReceiptAlertCode}


def read_dlms_receipt(frame: Frame, content: Octets) -> DistributionReceipt | None:
    """Return what an ESME's or HCALCS's receipt alert says.

    None if its alert code is none of the ReceiptAlertCodes: then it is about something else.
    Raises MalformedGbcs.
    """
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
        dlms.take_octet_string(content, DLMS_DATE_TIME_SIZE, "the time stamp")
    )
    return DistributionReceipt(
        device_id=frame.originator,
        alert_code=alert_code,
        image_hash=dlms.take_octet_string(content, _HASH_SIZE, "the image hash"),
        device_time=device_time,
        frame=frame,
    )


def read_gbz_receipt(frame: Frame, content: Octets) -> DistributionReceipt | None:
    """Return what a GSME's receipt alert says; None and MalformedGbcs as for the DLMS one."""
    component_count = gbz.take_component_count(content)
    alert_code = _receipt_alert_code(content)
    if alert_code is None:
        return None
    if component_count != 1:
        raise MalformedGbcs(f"the receipt alert has {component_count} components, not 1")
    device_time = read_seconds_since_2000(content.number(4, "the time stamp"))
    return DistributionReceipt(
        device_id=frame.originator,
        alert_code=alert_code,
        image_hash=dlms.take_octet_string(content, _HASH_SIZE, "the image hash"),
        device_time=device_time,
        frame=frame,
    )


def read_transfer(frame: Frame, content: Octets) -> FirmwareTransfer:
    """Return what a Communications Hub's transfer alert says. Raises MalformedGbcs."""
    alert = take_sequence(content, "the Firmware Transfer Alert")
    alert_code = take_enumerated(alert, TransferAlertCode, "the alert code")
    device_time = take_generalized_time(alert, "the time stamp")
    device_id = Eui64.from_octets(take_octet_string(alert, _EUI_SIZE, "the device ID"))
    firmware_version = take_firmware_version(alert)
    result = take_enumerated(alert, TransferResult, "the transfer result")
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


def read_ppmid_activation(frame: Frame, content: Octets) -> PpmidActivation:
    """Return what a PPMID's activation alert says. Raises MalformedGbcs."""
    alert = take_sequence(content, "the PPMID Firmware Activation Alert")
    alert_code = take_enumerated(alert, ActivationAlertCode, "the alert code")
    device_time = take_generalized_time(alert, "the time stamp")
    firmware_version = take_firmware_version(alert)
    result = take_enumerated(alert, ActivationResult, "the activation result")
    alert.end("the activation result")
    return PpmidActivation(
        device_id=frame.originator,
        alert_code=alert_code,
        firmware_version=firmware_version,
        result=result,
        device_time=device_time,
        frame=frame,
    )


def _receipt_alert_code(content: Octets) -> ReceiptAlertCode | None:
    return _RECEIPT_ALERT_CODE_OF.get(content.number(2, "the alert code"))

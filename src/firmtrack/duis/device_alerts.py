"""Device Alerts to facts: what the GBCS message inside says about firmware.

Source: DUIS 5.4 schema, ``DeviceAlertMessage``; GBCS 4.3.
"""

import re
from datetime import datetime

from firmtrack.domain.facts import Event, Message, MessageKind
from firmtrack.domain.stages import Status
from firmtrack.duis.device_facts import running_versions
from firmtrack.duis.elements import Children
from firmtrack.duis.envelope import Envelope, NotAboutFirmware, message
from firmtrack.duis.payload import firmware_message
from firmtrack.duis.rejections import (
    AlertCodeMismatch,
    BadValue,
    DeviceMismatch,
)
from firmtrack.duis.vocabulary import XML_SPACE
from firmtrack.gbcs.firmware import (
    ActivationResult,
    DistributionMessage,
    DistributionReceipt,
    FirmwareTransfer,
    ReceiptAlertCode,
    TransferResult,
)

_ALERT_CODE = re.compile(r"[0-9A-Fa-f]{4}", re.ASCII)
_RECEIPT_ALERT_CODES = frozenset(map(int, ReceiptAlertCode))
_TRANSFER_REASONS = {
    TransferResult.SUCCESS: None,
    TransferResult.IMAGE_DISCARDED: "image_discarded",
    TransferResult.HARDWARE_VERSION_MISMATCH: "hardware_version_mismatch",
    TransferResult.TRANSFER_FAILURE: "file_transfer_failure",
}


def translate_device_alert(envelope: Envelope) -> Message | NotAboutFirmware:
    """Return what a sr:DeviceAlertMessage says. Raises DuisRejected."""
    body = Children(envelope.content)
    response_id = envelope.header.response_id("ResponseID")
    responded_at = envelope.header.time("ResponseDateTime")
    alert_code = _alert_code(body)
    gbcs = firmware_message(body)
    if not isinstance(gbcs, DistributionMessage):
        if alert_code in _RECEIPT_ALERT_CODES:
            raise AlertCodeMismatch(f"{alert_code:04X} without a receipt alert.")
        return NotAboutFirmware(kind="device_alert")
    if gbcs.frame.originator != response_id.sender:
        raise DeviceMismatch(f"{response_id.sender}, and GBCS from {gbcs.frame.originator}.")
    if gbcs.alert_code != alert_code:
        raise AlertCodeMismatch(f"{alert_code:04X}, and {gbcs.alert_code:04X} in GBCS.")
    kind, event = _told(gbcs, responded_at)
    return message(
        envelope,
        kind,
        user_id=response_id.recipient,
        occurred_at=responded_at,
        code=f"{alert_code:04X}",
        events=(event,),
        devices=running_versions((event,)),
    )


def _alert_code(body: Children) -> int:
    text = body.text("AlertCode").strip(XML_SPACE)
    if _ALERT_CODE.fullmatch(text) is None:
        raise BadValue(f"AlertCode: {text[:64]!r} is not two octets in hexadecimal.")
    return int(text, 16)


def _told(gbcs: DistributionMessage, responded_at: datetime) -> tuple[MessageKind, Event]:
    if isinstance(gbcs, DistributionReceipt):
        return MessageKind.FIRMWARE_DISTRIBUTION_RECEIPT_ALERT, _receipt(gbcs, responded_at)
    if isinstance(gbcs, FirmwareTransfer):
        return MessageKind.FIRMWARE_TRANSFER_ALERT, _transfer(gbcs, responded_at)
    is_failed = gbcs.result is not ActivationResult.SUCCESS
    return MessageKind.PPMID_FIRMWARE_UPGRADE_ALERT, Event(
        device_id=gbcs.device_id,
        status=Status.ACTIVATION_FAILED if is_failed else Status.ACTIVATED,
        occurred_at=responded_at,
        reason="activation_failure" if is_failed else None,
        device_time=gbcs.device_time,
        firmware_version=gbcs.firmware_version,
    )


def _receipt(receipt: DistributionReceipt, responded_at: datetime) -> Event:
    is_failed = receipt.alert_code is not ReceiptAlertCode.VERIFIED
    return Event(
        device_id=receipt.device_id,
        status=Status.VERIFICATION_FAILED if is_failed else Status.VERIFIED,
        occurred_at=responded_at,
        reason=f"{receipt.alert_code:04X}" if is_failed else None,
        device_time=receipt.device_time,
        image_hash=receipt.image_hash,
    )


def _transfer(transfer: FirmwareTransfer, responded_at: datetime) -> Event:
    reason = _TRANSFER_REASONS[transfer.result]
    return Event(
        device_id=transfer.device_id,
        status=Status.TRANSFERRED_TO_DEVICE if reason is None else Status.DEVICE_TRANSFER_FAILED,
        occurred_at=responded_at,
        reason=reason,
        device_time=transfer.device_time,
        comms_hub_id=transfer.comms_hub_id,
        firmware_version=transfer.firmware_version,
    )

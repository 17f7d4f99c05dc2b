"""Device Alerts to facts: what the GBCS message inside says about firmware.

Source: DUIS 5.4 schema, ``DeviceAlertMessage``; GBCS 4.3.
"""

from datetime import datetime

from firmtrack.domain.facts import Event, Message, MessageKind
from firmtrack.domain.stages import Status
from firmtrack.duis.activations import future_dated_alert
from firmtrack.duis.elements import Children
from firmtrack.duis.envelope import Envelope, NotAboutFirmware, message
from firmtrack.duis.incidents import device_alert
from firmtrack.duis.inventories import running_versions
from firmtrack.duis.payload import (
    alert_code_of,
    alert_sender,
    check_alert_code,
    check_sender,
    firmware_message,
)
from firmtrack.duis.rejections import AlertCodeMismatch
from firmtrack.duis.throttling import with_throttling
from firmtrack.gbcs.firmware import (
    ActivationResult,
    DistributionMessage,
    DistributionReceipt,
    FirmwareTransfer,
    FutureDatedActivation,
    ReceiptAlertCode,
    TransferResult,
)

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
    alert_code = alert_code_of(body, "AlertCode")
    gbcs = firmware_message(body)
    if isinstance(gbcs, FutureDatedActivation):
        return future_dated_alert(envelope, gbcs, alert_code)
    if not isinstance(gbcs, DistributionMessage):
        if alert_code in _RECEIPT_ALERT_CODES:
            raise AlertCodeMismatch(f"{alert_code:04X} without a receipt alert.")
        return _incident(envelope, body, alert_code, responded_at)
    check_sender(envelope.header, gbcs.frame.originator)
    check_alert_code(alert_code, gbcs.alert_code)
    kind, event = _kind_and_event(gbcs, responded_at)
    return message(
        envelope,
        kind,
        user_id=response_id.recipient,
        occurred_at=responded_at,
        code=f"{alert_code:04X}",
        events=(event,),
        devices=running_versions((event,)),
        incidents=with_throttling(body, f"{alert_code:04X}", responded_at, events=(event,)),
    )


def _incident(
    envelope: Envelope, body: Children, alert_code: int, responded_at: datetime
) -> Message | NotAboutFirmware:
    """Return what an alert tells of the firmware that a device runs, if it does."""
    response_id = envelope.header.response_id("ResponseID")
    found = device_alert(response_id.sender, alert_code, responded_at)
    sender = None if found is None else alert_sender(body)
    if found is None or sender is None:
        return NotAboutFirmware(kind="device_alert")
    check_sender(envelope.header, sender)
    code = f"{alert_code:04X}"
    return message(
        envelope,
        MessageKind.DEVICE_FIRMWARE_ALERT,
        user_id=response_id.recipient,
        occurred_at=responded_at,
        code=code,
        incidents=with_throttling(body, code, responded_at, incidents=(found,)),
    )


def _kind_and_event(gbcs: DistributionMessage, responded_at: datetime) -> tuple[MessageKind, Event]:
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

"""Who tells whom about a device's update, in which message: one function for each kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from firmtrack.domain.identifiers import Eui64, ResponseId
from firmtrack.domain.stages import Status, Variant
from firmtrack.duis import documents as d
from firmtrack.simulator import outcomes as o
from firmtrack.simulator.gbcs_messages import RECEIPT_BAD, RECEIPT_GOOD
from firmtrack.simulator.outcomes import Report
from firmtrack.simulator.post import DeviceAlertSent, Post, StageReport, UpdateRequest
from firmtrack.simulator.statements import Statement
from firmtrack.simulator.truth import TrueEvent
from firmtrack.simulator.updates import SentUpdate
from firmtrack.simulator.world import DCC, Device

# DCC Alert codes. Source: DUIS 5.4 for N60 and N61; likely for N18 to N23 and N62. Which code a
# PPMID's alert comes with is not public: the schema allows any.
DELIVERED, NOT_DELIVERED = "N60", "N61"
GIVEN_UP_CODES = ("N18", "N19", "N20", "N21", "N22", "N23")
HUB_ALERT, PPMID_ALERT, UPGRADE_REQUESTED = "N62", "N63", "N59"

# GBCS alert codes of Firmware Transfer and PPMID Firmware Activation Alerts.
TRANSFERRED, _NOT_TRANSFERRED, _PPMID_ACTIVATION = 0x8F8A, 0x8F89, 0x8F8B

SENDING_FAILED = "csp_interface_error"
"""The reason in a stage report of devices whose image could not be handed to the CSP."""

_CSP_REPORTS_WITHIN_SECONDS = 900
_DEVICE_WAITS_SECONDS = 40


@dataclass(frozen=True, slots=True)
class Utterance:
    """A party says something about one device: the ``repetition``-th time, from 0, at ``at``."""

    update: SentUpdate
    device: Device
    report: Report
    at: datetime
    repetition: int = 0


def tell(utterance: Utterance, post: Post, chance: Random) -> TrueEvent | None:
    """Send the message that says it; return the event that it reports, None if it came too late."""
    return _TELLERS[utterance.report](utterance, post, chance)


def last_moment_to_tell(at: datetime) -> datetime:
    """Return when a message about something said at ``at`` is sent at the latest."""
    return at + timedelta(seconds=_CSP_REPORTS_WITHIN_SECONDS)


def send_request(update: SentUpdate, post: Post) -> None:
    """Send the request itself."""
    post.send(update.submitted_at, UpdateRequest(update))


def answer_request(update: SentUpdate, post: Post) -> bool:
    """Send DCC's answer; return whether it was in time."""
    answer = d.UpdateFirmwareResponse(
        request_id=update.request_id,
        response_id=ResponseId(DCC, update.supplier, update.request_id.counter),
        responded_at=update.answer.at,
        response_code=update.answer.code,
        variant=update.variant,
        left_out={} if update.is_refused else update.left_out(),
    )
    return post.send(update.answer.at, answer)


def report_sent_to_csp(update: SentUpdate, at: datetime, post: Post) -> bool:
    """Report that the whole request was handed to the CSPs; return whether it was in time."""
    report = StageReport(
        request_id=update.request_id,
        status=Status.SENT_TO_CSP,
        occurred_at=at,
        counter=post.next_counter(),
    )
    return post.send(at, report)


def report_not_sent(
    update: SentUpdate, devices: list[Device], at: datetime, post: Post
) -> TrueEvent | None:
    """Report the devices whose image could not be handed to the CSP; return the event."""
    event = TrueEvent(Status.SEND_TO_CSP_FAILED, at, SENDING_FAILED)
    report = StageReport(
        request_id=update.request_id,
        status=event.status,
        occurred_at=at,
        counter=post.next_counter(),
        device_ids=tuple(device.device_id for device in devices),
        reason=event.reason,
    )
    return event if post.send(at, report) else None


def give_up(
    update: SentUpdate, devices: list[Device], at: datetime, code: str, post: Post
) -> TrueEvent | None:
    """Tell that the distribution failed for these devices; return the event."""
    body = d.FirmwareDistributionFailure(
        update_firmware_request_id=update.request_id,
        meter_ids=tuple(device.device_id for device in devices),
    )
    event = TrueEvent(Status.COMMS_HUB_DELIVERY_FAILED, at, code)
    return event if post.send(at, dcc_alert(update.supplier, code, at, body, post)) else None


def dcc_alert(
    recipient: Eui64,
    code: str,
    at: datetime,
    body: d.DccAlertBody,
    post: Post,
    throttled: int | None = None,
) -> d.DccAlert:
    """Return a DCC Alert to ``recipient``.

    ``throttled`` numbers the repetitions of one alert from 1; None is its first time.
    """
    counter = post.next_counter()
    return d.DccAlert(
        response_id=ResponseId(DCC, recipient, counter),
        responded_at=at,
        alert_code=code,
        body=body,
        throttled_alert_sequence_id=throttled,
        throttled_alert_count=None if throttled is None else throttled + 1,
    )


def _tell_delivery(utterance: Utterance, post: Post, chance: Random) -> TrueEvent | None:
    """Send a CSPFirmwareDeliveryStatus: what counts is when DCC passes it on, a little later."""
    update, device = utterance.update, utterance.device
    is_success = utterance.report is Report.HUB_HAS_IT
    status = d.CommsHubTransferStatus
    body = d.CspFirmwareDeliveryStatus(
        update_firmware_request_id=update.request_id,
        comms_hub_device_id=device.home.comms_hub_id,
        target_device_id=device.device_id,
        firmware_version=update.firmware_version,
        time_stamp=utterance.at,
        comms_hub_transfer_status=status.SUCCESS if is_success else status.FAILURE,
    )
    code = DELIVERED if is_success else NOT_DELIVERED
    passed_on_at = utterance.at + timedelta(seconds=chance.randrange(_CSP_REPORTS_WITHIN_SECONDS))
    alert = dcc_alert(update.supplier, code, passed_on_at, body, post)
    if not post.send(passed_on_at, alert, states=[names_hub(device, passed_on_at)]):
        return None
    if is_success:
        return TrueEvent(Status.DELIVERED_TO_COMMS_HUB, passed_on_at)
    return TrueEvent(Status.COMMS_HUB_DELIVERY_FAILED, passed_on_at, code)


_TRANSFERS: Mapping[Report, tuple[d.TransferResponseCode, Status, str | None]] = {
    Report.DEVICE_HAS_IT: (
        d.TransferResponseCode.FILE_TRANSFER_SUCCESS,
        Status.TRANSFERRED_TO_DEVICE,
        None,
    ),
    Report.IMAGE_DISCARDED: (
        d.TransferResponseCode.FIRMWARE_IMAGE_DISCARDED,
        Status.DEVICE_TRANSFER_FAILED,
        "image_discarded",
    ),
    Report.WRONG_HARDWARE: (
        d.TransferResponseCode.HARDWARE_VERSION_MISMATCH,
        Status.DEVICE_TRANSFER_FAILED,
        "hardware_version_mismatch",
    ),
    Report.TRANSFER_BROKE: (
        d.TransferResponseCode.FILE_TRANSFER_FAILURE,
        Status.DEVICE_TRANSFER_FAILED,
        "file_transfer_failure",
    ),
}


def _tell_transfer(utterance: Utterance, post: Post, chance: Random) -> TrueEvent | None:
    """Send a CommsHubAlert with a FirmwareTransferAlert, which may leave out its request."""
    update, device, at = utterance.update, utterance.device, utterance.at
    code, status, reason = _TRANSFERS[utterance.report]
    is_good = code is d.TransferResponseCode.FILE_TRANSFER_SUCCESS
    names_request = chance.random() < o.TRANSFER_NAMES_REQUEST_SHARE
    tells_time = chance.random() < o.TRANSFER_TELLS_TIME_SHARE
    body = d.CommsHubAlert(
        comms_hub_device_id=device.home.comms_hub_id,
        alert_code=TRANSFERRED if is_good else _NOT_TRANSFERRED,
        time_stamp=at - timedelta(seconds=chance.randrange(600)) if tells_time else None,
        firmware_transfer_alert=d.FirmwareTransferAlert(
            update_firmware_request_id=update.request_id if names_request else None,
            other_device_id=device.device_id,
            firmware_version=update.firmware_version,
            transfer_response_code=code,
        ),
    )
    throttled = utterance.repetition or None
    alert = dcc_alert(update.supplier, HUB_ALERT, at, body, post, throttled)
    is_sent = post.send(at, alert, states=[names_hub(device, at)])
    return TrueEvent(status, at, reason) if is_sent else None


def names_hub(device: Device, at: datetime) -> Statement:
    """Return what a message that came through a device's hub states: which hub that is."""
    return Statement(device.device_id, at, {"comms_hub_id": str(device.home.comms_hub_id)})


def _tell_end(utterance: Utterance, post: Post, chance: Random) -> TrueEvent | None:
    is_good = utterance.report is Report.ENDED_WELL
    if utterance.update.variant is Variant.UPDATE_PPMID_FIRMWARE:
        return _tell_activation(utterance, post, chance, is_good=is_good)
    update, at = utterance.update, utterance.at
    receipt = DeviceAlertSent(
        device=utterance.device,
        recipient=update.supplier,
        alert_code=RECEIPT_GOOD if is_good else RECEIPT_BAD,
        responded_at=at,
        counter=post.next_counter(),
        image_hash=update.image_hash,
        throttled=utterance.repetition or None,
    )
    if not post.send(at, receipt):
        return None
    if is_good:
        return TrueEvent(Status.VERIFIED, at)
    return TrueEvent(Status.VERIFICATION_FAILED, at, f"{RECEIPT_BAD:04X}")


def _tell_activation(
    utterance: Utterance, post: Post, chance: Random, *, is_good: bool
) -> TrueEvent | None:
    update, device, at = utterance.update, utterance.device, utterance.at
    moment = at - timedelta(seconds=chance.randrange(_DEVICE_WAITS_SECONDS))
    result = d.ActivateImageResultCode
    body = d.PpmidAlert(
        device_id=device.device_id,
        device_alert_code=_PPMID_ACTIVATION,
        timestamp=device.time_on_its_clock(moment),
        ppmid_firmware_upgrade_alert=d.PpmidFirmwareUpgradeAlert(
            firmware_version=update.firmware_version,
            activate_image_result_code=(
                result.ACTIVATION_SUCCESS if is_good else result.ACTIVATION_FAILURE
            ),
        ),
    )
    throttled = utterance.repetition or None
    alert = dcc_alert(update.supplier, PPMID_ALERT, at, body, post, throttled)
    version = update.firmware_version
    states = [Statement(device.device_id, at, {"firmware_version": version})] if is_good else []
    if is_good:
        device.running.change(moment, version)
        device.listed.change(at, version)
    if not post.send(at, alert, states=states):
        return None
    if is_good:
        return TrueEvent(Status.ACTIVATED, at)
    return TrueEvent(Status.ACTIVATION_FAILED, at, "activation_failure")


_TELLERS: Mapping[Report, Callable[[Utterance, Post, Random], TrueEvent | None]] = {
    Report.HUB_HAS_IT: _tell_delivery,
    Report.HUB_MISSED_IT: _tell_delivery,
    Report.DEVICE_HAS_IT: _tell_transfer,
    Report.IMAGE_DISCARDED: _tell_transfer,
    Report.WRONG_HARDWARE: _tell_transfer,
    Report.TRANSFER_BROKE: _tell_transfer,
    Report.ENDED_WELL: _tell_end,
    Report.ENDED_BADLY: _tell_end,
}

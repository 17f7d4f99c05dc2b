"""The GBCS messages that answer an Activate Firmware command (CS06), at once or later."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from firmtrack.domain.identifiers import Eui64, FirmwareVersion
from firmtrack.gbcs.der import (
    take_enumerated,
    take_generalized_time,
    take_integer,
    take_sequence,
    take_sequence_or_null,
)
from firmtrack.gbcs.frame import Frame
from firmtrack.gbcs.octets import Octets
from firmtrack.gbcs.times import read_dlms_date_time
from firmtrack.gbcs.versions import take_firmware_version


class ActivateImageResponse(IntEnum):
    """What became of an activation: GBCS's activateImageResponseCode."""

    SUCCESS = 0
    NO_IMAGE_HELD = 1
    HASH_MISMATCH = 2
    ACTIVATION_FAILURE = 3


class FutureDatedAlertCode(IntEnum):
    """The alert codes that tell how a future-dated command went."""

    SUCCESS = 0x8F66
    FAILURE = 0x8F67


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationResponse:
    """A device answers an Activate Firmware command.

    ``originator_counter`` is that of the command, which a response repeats.
    ``result`` and ``firmware_version`` come together, the version on failure too; both are None
    if the device has only taken note of a future-dated command; one that cancels is future-dated
    too, and is answered in the same way. ``device_time`` is the date-time of the frame's header,
    None if that states no moment.
    """

    device_id: Eui64
    originator_counter: int
    result: ActivateImageResponse | None
    firmware_version: FirmwareVersion | None
    device_time: datetime | None
    frame: Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class FutureDatedActivation:
    """A device says how a future-dated activation went.

    ``activation_counter`` is the originator counter of the Activate Firmware command, while the
    frame has the alert's own. ``device_time`` is the device's clock.
    ``alert_code`` and ``result`` are what the device states: that they agree is not checked.
    """

    device_id: Eui64
    alert_code: FutureDatedAlertCode
    activation_counter: int
    result: ActivateImageResponse
    firmware_version: FirmwareVersion
    device_time: datetime
    frame: Frame


def read_activation_response(frame: Frame, content: Octets) -> ActivationResponse:
    """Return how a device answers an Activate Firmware command. Raises MalformedGbcs."""
    response = take_sequence_or_null(content, "the Activate Firmware response")
    result = firmware_version = None
    if response is not None:
        result, firmware_version = _take_outcome(response)
    return ActivationResponse(
        device_id=frame.originator,
        originator_counter=frame.originator_counter,
        result=result,
        firmware_version=firmware_version,
        device_time=None if frame.date_time is None else read_dlms_date_time(frame.date_time),
        frame=frame,
    )


def read_future_dated_activation(frame: Frame, content: Octets) -> FutureDatedActivation:
    """Return how a device says that a future-dated activation went. Raises MalformedGbcs."""
    alert = take_sequence(content, "the future-dated activation alert")
    alert_code = take_enumerated(alert, FutureDatedAlertCode, "the alert code")
    device_time = take_generalized_time(alert, "the time stamp")
    activation_counter = take_integer(alert, "the originator counter")
    outcome = take_sequence(alert, "the outcome of the activation")
    result, firmware_version = _take_outcome(outcome)
    alert.end("the outcome of the activation")
    return FutureDatedActivation(
        device_id=frame.originator,
        alert_code=alert_code,
        activation_counter=activation_counter,
        result=result,
        firmware_version=firmware_version,
        device_time=device_time,
        frame=frame,
    )


def _take_outcome(outcome: Octets) -> tuple[ActivateImageResponse, FirmwareVersion]:
    result = take_enumerated(outcome, ActivateImageResponse, "the activation result")
    firmware_version = take_firmware_version(outcome)
    outcome.end("the firmware version")
    return result, firmware_version

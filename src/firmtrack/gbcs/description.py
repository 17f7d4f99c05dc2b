"""What a GBCS message says, field by field, for people to read."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum

from firmtrack.domain.identifiers import Eui64, FirmwareVersion
from firmtrack.gbcs.firmware import (
    ActivationResponse,
    DistributionReceipt,
    FirmwareMessage,
    FirmwareVersionRead,
    FutureDatedActivation,
    name_of_message,
    read_firmware_message,
)
from firmtrack.gbcs.frame import Cra, MalformedGbcs, read_frame


@dataclass(frozen=True, slots=True, kw_only=True)
class GbcsDescription:
    """A GBCS message: its frame, and what it says about firmware, if it does.

    ``message_code`` and ``alert_code`` are four hexadecimal digits; ``name`` is what GBCS calls a
    message about firmware, None of any other. ``result`` is the name of the result that the device
    states. ``activation_counter`` is the originator counter of the command that is answered.
    ``problem`` says why the octets, or what is in them, could not be read.
    """

    message_code: str | None = None
    name: str | None = None
    cra: Cra | None = None
    originator: Eui64 | None = None
    recipient: Eui64 | None = None
    originator_counter: int | None = None
    alert_code: str | None = None
    result: str | None = None
    firmware_version: FirmwareVersion | None = None
    image_hash: bytes | None = None
    device_time: datetime | None = None
    activation_counter: int | None = None
    problem: str | None = None


def describe(octets: bytes) -> GbcsDescription:
    """Return what a GBCS message says, as far as it can be read."""
    try:
        frame = read_frame(octets)
    except MalformedGbcs as error:
        return GbcsDescription(problem=str(error))
    described = GbcsDescription(
        message_code=f"{frame.message_code:04X}",
        name=name_of_message(frame.message_code),
        cra=frame.cra,
        originator=frame.originator,
        recipient=frame.recipient,
        originator_counter=frame.originator_counter,
    )
    try:
        message = read_firmware_message(octets)
    except MalformedGbcs as error:
        return replace(described, problem=str(error))
    return described if message is None else _with_content(described, message)


def _with_content(described: GbcsDescription, message: FirmwareMessage) -> GbcsDescription:
    if isinstance(message, FirmwareVersionRead):
        return replace(described, firmware_version=message.firmware_version)
    if isinstance(message, ActivationResponse):
        return replace(
            described,
            result=_name(message.result),
            firmware_version=message.firmware_version,
            device_time=message.device_time,
            activation_counter=message.originator_counter,
        )
    described = replace(
        described, alert_code=f"{message.alert_code:04X}", device_time=message.device_time
    )
    if isinstance(message, DistributionReceipt):
        return replace(described, image_hash=message.image_hash)
    counter = message.activation_counter if isinstance(message, FutureDatedActivation) else None
    return replace(
        described,
        result=_name(message.result),
        firmware_version=message.firmware_version,
        activation_counter=counter,
    )


def _name(result: IntEnum | None) -> str | None:
    return None if result is None else result.name.lower().replace("_", " ")

"""The GBCS message that a Device Alert or a device's response carries."""

from firmtrack.duis.elements import Children
from firmtrack.duis.rejections import GbcsMalformed
from firmtrack.gbcs.firmware import FirmwareMessage, read_firmware_message
from firmtrack.gbcs.frame import MalformedGbcs


def firmware_message(body: Children) -> FirmwareMessage | None:
    """Return what the body's GBCSPayload says about firmware, None if it is about other things.

    Raises DuisRejected. Source: DUIS 5.4 schema, ``GBCSPayload``; GBCS 4.3.
    """
    try:
        return read_firmware_message(body.octets("GBCSPayload"))
    except MalformedGbcs as error:
        raise GbcsMalformed(str(error)) from None

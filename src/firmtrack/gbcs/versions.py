"""Firmware versions in GBCS: how they are written, and the answers to commands that read them.

These are the messages that answer Read Firmware Version (ECS52, GCS38, CS08).
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from firmtrack.domain.identifiers import Eui64, FirmwareVersion
from firmtrack.gbcs import dlms, gbz
from firmtrack.gbcs.der import take_enumerated, take_octet_string, take_sequence
from firmtrack.gbcs.frame import Frame
from firmtrack.gbcs.octets import MalformedGbcs, Octets

FIRMWARE_VERSION_SIZE: Final = 4
"""The octets of a version, read as eight hexadecimal digits."""

_DLMS_SUCCESS: Final = 0x00

# The ZCL cluster and attribute in which a GSME keeps its firmware version, and how it is written
# there: as an octet string of four.
_METERING: Final = 0x0702
_CURRENT_METER_ID: Final = 0x0206
_GBZ_VERSION: Final = bytes((0x41, FIRMWARE_VERSION_SIZE))


class VersionReadResult(IntEnum):
    """Whether a PPMID or HCALCS could read its firmware version."""

    SUCCESS = 0
    FAILURE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareVersionRead:
    """A device says which firmware version it runs: None if it answered with an error.

    ``device_id`` is the message's originator, a Communications Hub's too. A PPMID or HCALCS
    answers to DCC: the User that asked is the frame's supplementary remote party.
    """

    device_id: Eui64
    firmware_version: FirmwareVersion | None
    frame: Frame


def read_firmware_version(octets: bytes) -> FirmwareVersion:
    """Return the version that four octets state, its digits in upper case."""
    return FirmwareVersion(octets.hex().upper())


def take_firmware_version(octets: Octets) -> FirmwareVersion:
    """Take a DER OCTET STRING of four octets and return the version. Raises MalformedGbcs."""
    return read_firmware_version(
        take_octet_string(octets, FIRMWARE_VERSION_SIZE, "the firmware version")
    )


def read_dlms_version(frame: Frame, content: Octets) -> FirmwareVersionRead:
    """Return what an ESME or Communications Hub answers. Raises MalformedGbcs."""
    content.expect(b"\xda", "the access-response tag")
    content.take(4, "the invoke id and priority")
    content.expect(b"\x00", "the access-response's date-time")
    content.expect(b"\x00", "the access-response's specification")
    content.expect(b"\x01", "the number of data")
    version = dlms.take_octet_string_or_null(content, FIRMWARE_VERSION_SIZE, "the firmware version")
    content.expect(b"\x01", "the number of results")
    content.expect(b"\x01", "the result's kind, get")
    result = content.number(1, "the data access result")
    if (result == _DLMS_SUCCESS) != (version is not None):
        raise MalformedGbcs(
            f"data access result {result:02x} {'has no' if version is None else 'has a'} version"
        )
    return _answer(frame, None if version is None else read_firmware_version(version))


def read_gbz_version(frame: Frame, content: Octets) -> FirmwareVersionRead:
    """Return what a GSME answers. Raises MalformedGbcs."""
    component_count = gbz.take_component_count(content)
    if component_count != 1:
        raise MalformedGbcs(f"the version response has {component_count} components, not 1")
    attribute = gbz.take_attribute(content, cluster=_METERING, identifier=_CURRENT_METER_ID)
    if attribute is None:
        return _answer(frame, None)
    attribute.expect(_GBZ_VERSION, "the firmware version")
    version = attribute.take(FIRMWARE_VERSION_SIZE, "the firmware version")
    attribute.end("the firmware version")
    return _answer(frame, read_firmware_version(version))


def read_der_version(frame: Frame, content: Octets) -> FirmwareVersionRead:
    """Return what a PPMID or HCALCS answers. Raises MalformedGbcs."""
    response = take_sequence(content, "the Read Firmware Version response")
    version = take_firmware_version(response)
    result = take_enumerated(response, VersionReadResult, "the read result")
    response.end("the read result")
    # On failure the version's four octets are there all the same, and mean nothing.
    return _answer(frame, version if result is VersionReadResult.SUCCESS else None)


def _answer(frame: Frame, version: FirmwareVersion | None) -> FirmwareVersionRead:
    return FirmwareVersionRead(device_id=frame.originator, firmware_version=version, frame=frame)

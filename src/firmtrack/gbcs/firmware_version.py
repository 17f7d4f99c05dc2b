"""How GBCS messages write a firmware version: four octets, read as eight hexadecimal digits."""

from typing import Final

from firmtrack.domain.identifiers import FirmwareVersion
from firmtrack.gbcs.der import take_octet_string
from firmtrack.gbcs.octets import Octets

FIRMWARE_VERSION_SIZE: Final = 4


def read_firmware_version(octets: bytes) -> FirmwareVersion:
    """Return the version that four octets state, its digits in upper case."""
    return FirmwareVersion(octets.hex().upper())


def take_firmware_version(octets: Octets) -> FirmwareVersion:
    """Take a DER OCTET STRING of four octets and return the version. Raises MalformedGbcs."""
    return read_firmware_version(
        take_octet_string(octets, FIRMWARE_VERSION_SIZE, "the firmware version")
    )

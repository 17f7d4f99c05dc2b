"""A firmware image: its Zigbee OTA header and the hash of the Manufacturer Image behind it."""

import hashlib
import struct
from dataclasses import dataclass
from typing import Final, NamedTuple

from firmtrack.domain.identifiers import Eui64, FirmwareVersion
from firmtrack.errors import FirmtrackError

_MAGIC: Final = 0x0BEEF11E
_MAJOR_HEADER_VERSION: Final = 0x01

_TRAILER_START: Final = b"\x00\x40"
_TRAILER_SIZE: Final = len(_TRAILER_START) + 64


class _Header(NamedTuple):
    """The fields that every OTA header has, in their order."""

    magic: int
    header_version: int
    header_size: int
    field_control: int
    manufacturer_code: int
    image_type: int
    file_version: int
    zigbee_stack_version: int
    header_string: bytes
    total_image_size: int


_HEADER: Final = struct.Struct("<IHHHHHIH32sI")

# The fields that follow it, in their order: bit of field control, layout, names.
_OPTIONAL_FIELDS: Final = (
    (1 << 0, struct.Struct("<B"), ("security_credential_version",)),
    (1 << 1, struct.Struct("<Q"), ("upgrade_file_destination",)),
    (1 << 2, struct.Struct("<HH"), ("minimum_hardware_version", "maximum_hardware_version")),
)


class MalformedImage(FirmtrackError):
    """The octets are not a Zigbee OTA firmware image."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"Not a firmware image: {reason}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareImage:
    """What the OTA header says, and what was found behind it; an absent optional field is None.

    ``manufacturer_image_hash`` is the SHA-256, 32 octets, of the Manufacturer Image alone: without
    the header and without the signature trailer, which ``has_trailer`` tells of.
    ``problem`` says what does not fit in an image that can be read all the same, None if all does.
    ``header_string`` ends before its first zero octet; what is not printable ASCII is escaped.
    """

    header_version: int
    manufacturer_code: int
    image_type: int
    file_version: FirmwareVersion
    zigbee_stack_version: int
    header_string: str
    total_image_size_bytes: int
    security_credential_version: int | None
    upgrade_file_destination: Eui64 | None
    minimum_hardware_version: int | None
    maximum_hardware_version: int | None
    manufacturer_image_size_bytes: int
    manufacturer_image_hash: bytes
    has_trailer: bool
    problem: str | None


def read_image(octets: bytes | memoryview, *, may_have_trailer: bool) -> FirmwareImage:
    """Return what a firmware image says of itself, and the hash of its Manufacturer Image.

    ``may_have_trailer`` is whether a signature may follow the Manufacturer Image, as it does for
    meters; a PPMID's image has none, so that its last octets are never taken for one.
    The octets are hashed where they are, not copied. Raises MalformedImage.
    Source: Zigbee Cluster Library, clause 11.4.2; for the trailer and the hash, GBCS 4.3.
    """
    view = memoryview(octets)
    header = _read_header(view)
    optional = _read_optional_fields(view[: header.header_size], header.field_control)
    destination = optional.get("upgrade_file_destination")
    body = view[header.header_size :]
    has_trailer = may_have_trailer and _ends_in_trailer(body)
    manufacturer_image = body[:-_TRAILER_SIZE] if has_trailer else body
    if not manufacturer_image:
        raise MalformedImage("there is no Manufacturer Image in it")
    return FirmwareImage(
        header_version=header.header_version,
        manufacturer_code=header.manufacturer_code,
        image_type=header.image_type,
        file_version=FirmwareVersion(f"{header.file_version:08X}"),
        zigbee_stack_version=header.zigbee_stack_version,
        header_string=_printable(header.header_string),
        total_image_size_bytes=header.total_image_size,
        security_credential_version=optional.get("security_credential_version"),
        upgrade_file_destination=None if destination is None else Eui64(destination),
        minimum_hardware_version=optional.get("minimum_hardware_version"),
        maximum_hardware_version=optional.get("maximum_hardware_version"),
        manufacturer_image_size_bytes=len(manufacturer_image),
        manufacturer_image_hash=hashlib.sha256(manufacturer_image).digest(),
        has_trailer=has_trailer,
        problem=_size_problem(header.total_image_size, len(view), has_trailer=has_trailer),
    )


def _read_header(view: memoryview) -> _Header:
    if len(view) < _HEADER.size:
        raise MalformedImage(f"{len(view)} octets are too few for an OTA header")
    header = _Header._make(_HEADER.unpack_from(view))
    if header.magic != _MAGIC:
        raise MalformedImage(f"it begins with the magic number {header.magic:08X}")
    if header.header_version >> 8 != _MAJOR_HEADER_VERSION:
        raise MalformedImage(f"its header version is {header.header_version:04X}")
    if header.header_size < _HEADER.size:
        raise MalformedImage(f"its header says that it has only {header.header_size} octets")
    if header.header_size > len(view):
        raise MalformedImage(
            f"its header says that it has {header.header_size} octets, the image has {len(view)}"
        )
    return header


def _read_optional_fields(header: memoryview, field_control: int) -> dict[str, int]:
    # A header may be longer than the fields known here: what a later version added is skipped.
    values: dict[str, int] = {}
    position = _HEADER.size
    for bit, layout, names in _OPTIONAL_FIELDS:
        if field_control & bit:
            if position + layout.size > len(header):
                raise MalformedImage(f"its header of {len(header)} octets has no room for {names}")
            values.update(zip(names, layout.unpack_from(header, position), strict=True))
            position += layout.size
    return values


def _ends_in_trailer(body: memoryview) -> bool:
    return (
        len(body) >= _TRAILER_SIZE
        and bytes(body[-_TRAILER_SIZE:][: len(_TRAILER_START)]) == _TRAILER_START
    )


def _size_problem(total_size: int, size: int, *, has_trailer: bool) -> str | None:
    # Public sources do not settle whether the total counts the trailer, so either is taken.
    if total_size == size or (has_trailer and total_size == size - _TRAILER_SIZE):
        return None
    return f"its header promises {total_size} octets in all, it has {size}"


def _printable(header_string: bytes) -> str:
    text = header_string.partition(b"\x00")[0].decode("latin-1")
    return text.encode("unicode_escape").decode("ascii")

"""Firmware images as manufacturers make them: Zigbee OTA header, Manufacturer Image, signature."""

import hashlib
import struct
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from firmtrack.domain.identifiers import FirmwareVersion
from firmtrack.simulator.chance import stream
from firmtrack.simulator.pki import key_of

_MAGIC = 0x0BEEF11E
_HEADER_VERSION = 0x0100
_STACK_VERSION = 0x0002
_HAS_HARDWARE_VERSIONS = 0x0004
_FIXED_HEADER = struct.Struct("<IHHHHHIH32sI")
_HARDWARE_VERSIONS = struct.Struct("<HH")
_TRAILER_MARK = b"\x00\x40"
_TRAILER_BYTES = 66
_DETERMINISTIC = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePlan:
    """All that decides an image's octets; ``size_bytes`` is its whole size."""

    seed: int
    firmware_version: FirmwareVersion
    manufacturer_code: int
    image_type: int
    header_string: str
    minimum_hardware_version: int
    maximum_hardware_version: int
    size_bytes: int
    has_trailer: bool


def build_image(plan: ImagePlan) -> bytes:
    """Return the whole image: header, Manufacturer Image and, if planned, signature trailer.

    Source: Zigbee OTA upgrade file format; the trailer is that of GBCS images.
    """
    signed = _header(plan) + _manufacturer_image(plan)
    return signed + _trailer(plan, signed) if plan.has_trailer else signed


def manufacturer_image_hash(plan: ImagePlan) -> bytes:
    """Return the 32-octet SHA-256 of the Manufacturer Image: without header, without trailer."""
    return hashlib.sha256(_manufacturer_image(plan)).digest()


def sign_raw(key: ec.EllipticCurvePrivateKey, octets: bytes) -> bytes:
    """Return a 64-octet ECDSA P-256 signature (r, s) over ``octets``, the same each time."""
    r, s = decode_dss_signature(key.sign(octets, _DETERMINISTIC))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _header(plan: ImagePlan) -> bytes:
    return _FIXED_HEADER.pack(
        _MAGIC,
        _HEADER_VERSION,
        _HEADER_BYTES,
        _HAS_HARDWARE_VERSIONS,
        plan.manufacturer_code,
        plan.image_type,
        int(plan.firmware_version, 16),
        _STACK_VERSION,
        plan.header_string.encode("ascii").ljust(32, b"\x00"),
        plan.size_bytes,
    ) + _HARDWARE_VERSIONS.pack(plan.minimum_hardware_version, plan.maximum_hardware_version)


_HEADER_BYTES = _FIXED_HEADER.size + _HARDWARE_VERSIONS.size


def _manufacturer_image(plan: ImagePlan) -> bytes:
    size = plan.size_bytes - _HEADER_BYTES - (_TRAILER_BYTES if plan.has_trailer else 0)
    name = (plan.manufacturer_code, plan.image_type, plan.firmware_version)
    return stream(plan.seed, "image", *name).randbytes(size)


def _trailer(plan: ImagePlan, signed: bytes) -> bytes:
    key = key_of(plan.seed, f"manufacturer {plan.manufacturer_code}")
    return _TRAILER_MARK + sign_raw(key, signed)

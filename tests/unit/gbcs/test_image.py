"""Firmware images: the OTA header and the Manufacturer Image Hash."""

import tracemalloc
from hashlib import sha256

import pytest

from firmtrack.domain.identifiers import Eui64
from firmtrack.gbcs.image import MalformedImage, read_image
from tests.unit.gbcs.encoders import ESME, TRAILER, image

MANUFACTURER_IMAGE = bytes(index % 253 for index in range(1000))


def test_the_header_says_whose_image_it_is() -> None:
    header = read_image(image(), may_have_trailer=True)
    assert header.header_version == 0x0100
    assert header.manufacturer_code == 0x1234
    assert header.image_type == 0x0056
    assert header.file_version == "0123ABCD"
    assert header.zigbee_stack_version == 0x0002
    assert header.header_string == "Firmware 7"
    assert header.total_image_size_bytes == 156
    assert header.manufacturer_image_size_bytes == 100


@pytest.mark.parametrize("credential_version", [None, 0, 2])
@pytest.mark.parametrize("destination", [None, ESME])
@pytest.mark.parametrize("hardware_versions", [None, (0x0001, 0xFFFE)])
@pytest.mark.parametrize("header_extension", [b"", b"\xee\xee\xee"])
@pytest.mark.parametrize("trailer", [b"", TRAILER])
def test_the_hash_leaves_out_header_and_trailer_whatever_the_header_holds(
    credential_version: int | None,
    destination: bytes | None,
    hardware_versions: tuple[int, int] | None,
    header_extension: bytes,
    trailer: bytes,
) -> None:
    octets = image(
        manufacturer_image=MANUFACTURER_IMAGE,
        credential_version=credential_version,
        destination=destination,
        hardware_versions=hardware_versions,
        header_extension=header_extension,
        trailer=trailer,
    )
    read = read_image(octets, may_have_trailer=True)
    assert read.manufacturer_image_hash == sha256(MANUFACTURER_IMAGE).digest()
    assert read.manufacturer_image_size_bytes == len(MANUFACTURER_IMAGE)
    assert read.has_trailer is bool(trailer)
    assert read.security_credential_version == credential_version
    assert read.upgrade_file_destination == (
        None if destination is None else Eui64.from_octets(destination)
    )
    assert (read.minimum_hardware_version, read.maximum_hardware_version) == (
        hardware_versions or (None, None)
    )


def test_an_image_that_has_no_trailer_by_its_kind_is_hashed_to_its_end() -> None:
    octets = image(manufacturer_image=MANUFACTURER_IMAGE, trailer=TRAILER)
    read = read_image(octets, may_have_trailer=False)
    assert not read.has_trailer
    assert read.manufacturer_image_hash == sha256(MANUFACTURER_IMAGE + TRAILER).digest()


def test_the_total_size_may_leave_out_the_trailer() -> None:
    octets = image(manufacturer_image=MANUFACTURER_IMAGE, trailer=TRAILER, total_size=56 + 1000)
    read = read_image(octets, may_have_trailer=True)
    assert read.has_trailer
    assert read.manufacturer_image_hash == sha256(MANUFACTURER_IMAGE).digest()
    assert read.problem is None
    whole = read_image(octets, may_have_trailer=False)
    assert whole.problem == "its header promises 1056 octets in all, it has 1122"


@pytest.mark.parametrize(
    ("octets", "problem"),
    [
        (image(total_size=157), "promises 157 octets in all, it has 156"),
        (image(total_size=0xFFFFFFFF), "promises 4294967295 octets"),
        (image(total_size=155), "promises 155"),
        (image(total_size=0), "promises 0 octets"),
        (image(trailer=TRAILER, total_size=155), "promises 155 octets in all, it has 222"),
        (image(trailer=TRAILER, total_size=221), "promises 221 octets in all, it has 222"),
        (image()[:-1], "promises 156 octets in all, it has 155"),
        (image() + b"\x00", "promises 156 octets in all, it has 157"),
    ],
)
def test_an_image_of_another_size_than_it_promises_is_hashed_as_it_is(
    octets: bytes, problem: str
) -> None:
    read = read_image(octets, may_have_trailer=True)
    end = len(octets) - len(TRAILER) if read.has_trailer else len(octets)

    assert read.problem is not None
    assert problem in read.problem
    assert read.manufacturer_image_hash == sha256(octets[56:end]).digest()


@pytest.mark.parametrize("bit", range(3, 16))
def test_field_control_bits_that_are_not_known_change_nothing(bit: int) -> None:
    octets = bytearray(image(manufacturer_image=MANUFACTURER_IMAGE))
    octets[8:10] = (1 << bit).to_bytes(2, "little")
    read = read_image(bytes(octets), may_have_trailer=True)
    assert read.manufacturer_image_hash == sha256(MANUFACTURER_IMAGE).digest()


@pytest.mark.parametrize(
    ("header_string", "text"),
    [
        (b"", ""),
        (b"x" * 32, "x" * 32),
        (b"before\x00after", "before"),
        (b"\x00after", ""),
        (b"line\nbreak\x1b\xff", r"line\nbreak\x1b\xff"),
    ],
)
def test_the_header_string_is_safe_to_show(header_string: bytes, text: str) -> None:
    octets = image(header_string=header_string)
    assert read_image(octets, may_have_trailer=True).header_string == text


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"", "0 octets are too few"),
        (image()[:55], "55 octets are too few"),
        (image(magic=bytes.fromhex("0beef11e")), "magic number 1EF1EE0B"),
        (image(header_version=0x0200), "header version is 0200"),
        (image(header_version=0x0000), "header version is 0000"),
        (image(header_size=55), "only 55 octets"),
        (image(header_size=0), "only 0 octets"),
        (image(header_size=157), "157 octets, the image has 156"),
        (image(header_size=0xFFFF), "65535 octets"),
        (image(credential_version=1, header_size=56), "no room"),
        (image(destination=ESME, header_size=63), "no room"),
        (image(hardware_versions=(1, 2), header_size=59), "no room"),
        (image(manufacturer_image=b""), "no Manufacturer Image"),
        (image(manufacturer_image=b"", trailer=TRAILER), "no Manufacturer Image"),
    ],
)
def test_what_is_not_an_image_is_refused(octets: bytes, reason: str) -> None:
    with pytest.raises(MalformedImage, match=reason):
        read_image(octets, may_have_trailer=True)


def test_no_part_of_an_image_is_taken_for_one() -> None:
    octets = image(credential_version=1, destination=ESME, hardware_versions=(1, 2))
    for size in range(len(octets)):
        try:
            assert read_image(octets[:size], may_have_trailer=True).problem is not None
        except MalformedImage:
            assert size <= 69  # the header alone


def test_the_largest_legal_image_is_hashed_without_being_copied() -> None:
    manufacturer_image = bytes(10_240_000 - 56 - len(TRAILER))
    octets = image(manufacturer_image=manufacturer_image, trailer=TRAILER)
    assert len(octets) == 10_240_000
    tracemalloc.start()
    try:
        read = read_image(memoryview(octets), may_have_trailer=True)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert read.manufacturer_image_hash == sha256(manufacturer_image).digest()
    assert peak_bytes < 100_000

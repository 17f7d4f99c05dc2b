"""Whatever arrives, reading it gives a value or a typed rejection, never another exception."""

from hypothesis import example, given
from hypothesis import strategies as st

from firmtrack.gbcs.firmware import FirmwareMessage, read_firmware_message
from firmtrack.gbcs.frame import MalformedGbcs
from firmtrack.gbcs.image import MalformedImage, read_image
from tests.unit.gbcs import encoders as enc

_MESSAGES = (*enc.FIRMWARE_MESSAGES.values(), *enc.FRAMES.values())
_IMAGES = (
    enc.image(),
    enc.image(trailer=enc.TRAILER),
    enc.image(credential_version=1, destination=enc.ESME, hardware_versions=(1, 2)),
)


def read_or_reject(octets: bytes) -> FirmwareMessage | MalformedGbcs | None:
    try:
        return read_firmware_message(octets)
    except MalformedGbcs as rejection:
        return rejection


def read_image_or_reject(octets: bytes, may_have_trailer: bool) -> None:
    try:
        image = read_image(octets, may_have_trailer=may_have_trailer)
    except MalformedImage:
        return
    assert len(image.manufacturer_image_hash) == 32
    assert 0 < image.manufacturer_image_size_bytes < len(octets)


@st.composite
def mutated(draw: st.DrawFn, originals: tuple[bytes, ...]) -> bytes:
    octets = bytearray(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(octets)))
        stop = min(len(octets), start + draw(st.integers(0, 3)))
        octets[start:stop] = draw(st.binary(max_size=3))
    return bytes(octets)


@given(st.binary(max_size=400))
@example(b"\xdd")
@example(b"\xdf")
@example(bytes(100_000))
@example(b"\xdd" + bytes(6) + b"\x82\xff\xff")
def test_random_octets_are_rejected(octets: bytes) -> None:
    assert isinstance(read_or_reject(octets), MalformedGbcs)


@given(st.binary(max_size=300))
def test_random_octets_behind_a_right_header_do_no_harm(octets: bytes) -> None:
    read_or_reject(enc.ESME_VERIFIED[:29] + octets)


@given(
    st.sampled_from(
        [
            *((code, enc.RESPONSE) for code in (0x0012, 0x0059, 0x0084, 0x0129)),
            *((code, enc.ALERT) for code in (0x00CA, 0x00CE, 0x00CF, 0x0128, 0x012B)),
        ]
    ),
    st.binary(max_size=300),
)
def test_random_content_in_a_right_frame_does_no_harm(
    kind: tuple[int, int], content: bytes
) -> None:
    code, cra = kind
    read_or_reject(enc.signed(enc.grouped(code, content, cra=cra)))


@given(mutated(_MESSAGES))
def test_a_changed_message_does_no_harm(octets: bytes) -> None:
    read_or_reject(octets)


def test_a_message_with_any_one_bit_changed_does_no_harm() -> None:
    for octets in enc.FIRMWARE_MESSAGES.values():
        for bit in range(8 * len(octets)):
            changed = int.from_bytes(octets, "big") ^ 1 << bit
            read_or_reject(changed.to_bytes(len(octets), "big"))


@given(st.binary(max_size=300), st.booleans())
def test_random_octets_are_no_image_or_a_sound_one(octets: bytes, may_have_trailer: bool) -> None:
    read_image_or_reject(octets, may_have_trailer)
    read_image_or_reject(enc.image()[:4] + octets, may_have_trailer)


@given(mutated(_IMAGES), st.booleans())
def test_a_changed_image_does_no_harm(octets: bytes, may_have_trailer: bool) -> None:
    read_image_or_reject(octets, may_have_trailer)

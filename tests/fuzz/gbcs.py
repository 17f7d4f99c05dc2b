"""Fuzzing of the GBCS readers: frames, messages about firmware, and firmware images."""

from firmtrack.gbcs.firmware import read_firmware_message
from firmtrack.gbcs.frame import Frame, MalformedGbcs, read_frame
from firmtrack.gbcs.image import MalformedImage, read_image
from tests.fuzz.promise import Chance, PromiseBroken, Target, with_octets_changed
from tests.unit.gbcs import encoders

_IMAGES = (
    encoders.image(),
    encoders.image(trailer=encoders.TRAILER),
    encoders.image(credential_version=1, destination=encoders.ESME, hardware_versions=(1, 2)),
)
_SEEDS = (*encoders.FIRMWARE_MESSAGES.values(), *encoders.FRAMES.values(), *_IMAGES)
_CODES = (0x0012, 0x0059, 0x0084, 0x00CA, 0x00CE, 0x00CF, 0x0128, 0x0129, 0x012B, 0x0001)
_LONGEST_CONTENT = 65_535


def _check(octets: bytes) -> bool:
    """Hold the readers to their promise: an answer or a rejection, the same again.

    A frame put together anew from what was read of it is the same octets.
    """
    try:
        frame = read_frame(octets)
    except MalformedGbcs:
        frame = None
    found = None
    try:
        found = read_firmware_message(octets)
    except MalformedGbcs:
        pass
    else:
        if frame is None:
            raise PromiseBroken("a message is read where there is no frame")
        if read_firmware_message(octets) != found:
            raise PromiseBroken("read again, it says something else")
    if frame is not None and _written(frame, has_mac_header=octets[:1] == b"\xdd") != octets:
        raise PromiseBroken("the frame as read is not the octets that it was read from")
    images = [_check_image(octets, may_have_trailer=may) for may in (True, False)]
    return found is not None or any(images)


def _check_image(octets: bytes, *, may_have_trailer: bool) -> bool:
    try:
        image = read_image(octets, may_have_trailer=may_have_trailer)
    except MalformedImage:
        return False
    if not 0 < image.manufacturer_image_size_bytes < len(octets):
        raise PromiseBroken("an image is larger than what holds it")
    if image != read_image(memoryview(octets), may_have_trailer=may_have_trailer):
        raise PromiseBroken("read again, the image says something else")
    return True


def _written(frame: Frame, *, has_mac_header: bool) -> bytes:
    """Return the octets of a frame."""
    group = encoders.grouped(
        frame.message_code,
        frame.content,
        cra=frame.cra,
        counter=frame.originator_counter,
        originator=int(frame.originator).to_bytes(8, "big"),
        recipient=int(frame.recipient).to_bytes(8, "big"),
        date_time=frame.date_time or b"",
        supplementary=_supplementary(frame),
    )
    group += encoders.length(len(frame.signature or b"")) + (frame.signature or b"")
    group += frame.mac or b""
    return encoders.with_mac_header(group) if has_mac_header else group


def _supplementary(frame: Frame) -> bytes:
    if frame.supplementary is None:
        return b""
    one = frame.supplementary
    numbers = [int(one.remote_party), one.remote_party_counter, one.originator_counter]
    written = b"".join(number.to_bytes(8, "big") for number in numbers if number is not None)
    return written + (one.remote_party_certificate or b"")


def _mutate(octets: bytes, chance: Chance) -> bytes:
    """Return a message whose lengths are right around a changed content, if it is a message."""
    try:
        frame = read_frame(octets)
    except MalformedGbcs:
        return with_octets_changed(octets, chance)
    code = chance.one_of(_CODES) if chance.below(4) == 0 else frame.message_code
    content = with_octets_changed(frame.content, chance)[:_LONGEST_CONTENT]
    cra = 1 + chance.below(3) if chance.below(6) == 0 else int(frame.cra)
    group = encoders.grouped(code, content, cra=cra, date_time=frame.date_time or b"")
    return encoders.signed(group) if frame.mac is None else encoders.macced(group)


def target() -> Target:
    """Return the GBCS readers as a target."""
    return Target("gbcs", _SEEDS, _check, _mutate, most_bytes=4_096)

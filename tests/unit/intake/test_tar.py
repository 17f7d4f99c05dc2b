"""A header block says the same to us as to Python's tarfile, whichever of the two ways reads it."""

import io
import tarfile

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from firmtrack.intake.archives import ArchiveRefused
from firmtrack.intake.tar import tar_members
from tests.examples import examples
from tests.unit.intake.archives import header, padded

CONTENT = b"content"
# Where the fields stand whose form decides which way is taken, and what may be there instead.
PLACES = st.one_of(
    st.integers(0, 511), st.integers(100, 157), st.integers(257, 265), st.integers(329, 346)
)
OCTETS = st.one_of(st.sampled_from(b"\0 0178_-+o\x80\xff"), st.integers(0, 255))


def with_checksum(block: bytearray) -> bytes:
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def as_tarfile_says(block: bytes) -> tuple[str, int] | str:
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError) as error:
        return f"The member cannot be read: {error}"[:200]
    return info.name, info.size


def as_we_say(block: bytes) -> tuple[str, int] | str:
    """Return what is made of a header before one block of content."""
    try:
        (member,) = tar_members(io.BufferedReader(io.BytesIO(block + padded(CONTENT))))
    except ArchiveRefused as error:
        return str(error)
    if member.refused is not None:
        return member.refused.reason
    assert member.octets == padded(CONTENT)[: len(member.octets)]
    return member.path, len(member.octets)


@given(st.lists(st.tuples(PLACES, OCTETS), max_size=3), st.booleans())
@settings(max_examples=examples(1000), deadline=None)
def test_a_header_however_bent_says_what_tarfile_says(
    changes: list[tuple[int, int]], is_summed_again: bool
) -> None:
    bent = bytearray(header("a name.xml", len(CONTENT)))
    for place, octet in changes:
        bent[place] = octet
    block = with_checksum(bent) if is_summed_again else bytes(bent)
    expected = as_tarfile_says(block)
    assume(block[156:157] in b"0")  # of another type there would be no content
    assume(isinstance(expected, str) or 0 < expected[1] <= tarfile.BLOCKSIZE)

    assert as_we_say(block) == expected


def test_a_header_whose_octets_are_summed_with_their_signs_is_read() -> None:
    block = bytearray(header("\xfc.xml", len(CONTENT)))
    block[148:156] = b" " * 8
    signed_sum = sum(octet - 256 if octet > 127 else octet for octet in block)
    block[148:156] = b"%06o\0 " % signed_sum

    (member,) = tar_members(io.BufferedReader(io.BytesIO(bytes(block) + padded(CONTENT))))

    assert (member.path, member.octets) == ("\xfc.xml", CONTENT)


def test_a_header_whose_checksum_is_wrong_is_refused() -> None:
    block = bytearray(header("a.xml", len(CONTENT)))
    block[0:1] = b"b"

    (member,) = tar_members(io.BufferedReader(io.BytesIO(bytes(block) + padded(CONTENT))))

    assert member.refused is not None
    assert member.refused.reason.endswith("bad checksum")

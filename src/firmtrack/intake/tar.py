"""Reads tar archives as streams: POSIX ustar and pax, and GNU tar's long names.

Python's tarfile reads every form of tar, and trusts it: it takes headers of any length into
memory, skips beyond the end by counting up to it, and ends in silence at a header that is damaged.
Here only a header block is left to it, and only one that is not the usual one of a file: it takes
ten times as long as the member's content.
"""

import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from typing import NamedTuple

from firmtrack.errors import FirmtrackError
from firmtrack.intake.archives import LARGEST_MESSAGE_BYTES, NOT_A_FILE, ArchiveRefused, Member
from firmtrack.intake.envelopes import Refused

_BLOCK_BYTES = 512
_ZEROS = bytes(_BLOCK_BYTES)
_MOST_HEADER_BYTES = 64 * 1024
_LARGEST_FILE_BYTES = 1 << 63
_SKIP_BYTES = 1024 * 1024
# Where an old GNU sparse header, and a block that continues it, say that another block follows.
_SPARSE_GOES_ON = 482
_SPARSE_BLOCK_GOES_ON = 504

_PAX_HEADERS = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE)
_PASSED_HEADERS = (tarfile.XGLTYPE, tarfile.GNUTYPE_LONGLINK)
_WITHOUT_CONTENT = (
    tarfile.LNKTYPE,
    tarfile.SYMTYPE,
    tarfile.CHRTYPE,
    tarfile.BLKTYPE,
    tarfile.DIRTYPE,
    tarfile.FIFOTYPE,
)
_FILES = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)

# What stands behind a file's name where all numbers are in octal and there is no prefix: mode,
# owner, group, size, time, checksum, type, link, magic, names of owner and group, device, prefix.
_USUAL = re.compile(
    rb"(?:[0-7]{7}[\0 ]){3}(?P<size>[0-7]{11})[\0 ][0-7]{11}[\0 ](?P<checksum>[0-7]{6}\0 )0"
    rb".{100}ustar.{67}(?:[0-7]{7}[\0 ]|\0{8}){2}\0",
    re.DOTALL,
)
_NAME_BYTES = 100


class _HeaderDamaged(FirmtrackError):
    """A block that should be a header is none."""


class _Header(NamedTuple):
    """What a header block says of what follows it."""

    type: bytes
    name: str
    size: int


@dataclass(slots=True)
class _Ahead:
    """What extension headers say of the member that follows them; ``problem``: that they cannot."""

    path: str | None = None
    size: int | None = None
    is_sparse: bool = False
    problem: str | None = None


def is_tar(head: bytes) -> bool:
    """Return whether a file that begins like this is a tar archive of the forms read here."""
    return head[257:262] == b"ustar"


def tar_members(stream: BufferedReader) -> Iterator[Member]:
    """Yield the archive's files, and what else it holds as refused; directories are passed over.

    Archives may follow each other. Behind a header that is damaged the next that is not is looked
    for. Raises ArchiveRefused where the archive ends too early.
    """
    ahead = _Ahead()
    is_lost = False
    while (block := _header_block(stream)) is not None:
        if is_lost and not is_tar(block):
            continue
        try:
            header = _header(block)
        except _HeaderDamaged as damaged:
            if not is_lost:
                yield _unreadable(ahead.path or "", damaged)
            is_lost, ahead = True, _Ahead()
            continue
        is_lost = False
        if header.type == tarfile.GNUTYPE_LONGNAME:
            ahead.path = _text(_extension(stream, header.size, ahead).split(b"\0", 1)[0])
        elif header.type in _PAX_HEADERS:
            _read_pax(_extension(stream, header.size, ahead), ahead)
        elif header.type in _PASSED_HEADERS:
            _pass_over(stream, header.size)
        else:
            yield from _member(stream, block, header, ahead)
            ahead = _Ahead()


def _header_block(stream: BufferedReader) -> bytes | None:
    """Return the next block that is not empty, None at the end."""
    while block := stream.read(_BLOCK_BYTES):
        if len(block) < _BLOCK_BYTES:
            raise ArchiveRefused.damaged("it ends within a header.")
        if block != _ZEROS:
            return block
    return None


def _header(block: bytes) -> _Header:
    usual = _USUAL.match(block, _NAME_BYTES)
    if usual is not None and _has_checksum(block, usual["checksum"]):
        name, _, _ = block[:_NAME_BYTES].partition(b"\0")
        return _Header(tarfile.REGTYPE, _text(name), int(usual["size"], 8))
    try:
        read = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError) as error:
        raise _HeaderDamaged(str(error)) from None
    if not 0 <= read.size < _LARGEST_FILE_BYTES:
        raise _HeaderDamaged("a member has an impossible size.")
    return _Header(read.type, read.name, read.size)


def _has_checksum(block: bytes, checksum: bytes) -> bool:
    """Return whether ``checksum`` is the sum of the header's octets, its own taken as spaces."""
    # Most octets are zero, and quicker taken out than added.
    octets = sum(block.translate(None, b"\0"))
    return octets - sum(checksum) + len(checksum) * ord(" ") == int(checksum[:6], 8)


def _member(
    stream: BufferedReader, block: bytes, header: _Header, ahead: _Ahead
) -> Iterator[Member]:
    path = header.name if ahead.path is None else ahead.path
    size = header.size if ahead.size is None else ahead.size
    if header.type == tarfile.GNUTYPE_SPARSE:
        _pass_over_sparse_map(stream, block)
    if ahead.problem is not None:
        _pass_over(stream, 0 if header.type in _WITHOUT_CONTENT else size)
        yield _unreadable(path, ahead.problem)
        return
    if header.type in _FILES and not ahead.is_sparse:
        yield Member(path, _content(stream, size, LARGEST_MESSAGE_BYTES + 1))
        return
    if header.type not in _WITHOUT_CONTENT:
        _pass_over(stream, size)
    if header.type != tarfile.DIRTYPE:
        yield Member(path, b"", NOT_A_FILE)


def _unreadable(path: str, problem: object) -> Member:
    reason = f"The member cannot be read: {problem}"[:200]
    return Member(path, b"", Refused("bad_archive", reason))


def _extension(stream: BufferedReader, size: int, ahead: _Ahead) -> bytes:
    """Return an extension header's octets, none of one that is too long to be held."""
    if size > _MOST_HEADER_BYTES:
        _pass_over(stream, size)
        ahead.problem = "a header before it is too long."
        return b""
    return _content(stream, size, size)


def _read_pax(records: bytes, ahead: _Ahead) -> None:
    """Take in pax's records, ``length keyword=value`` (POSIX.1-2001, pax, Extended Header)."""
    while records:
        length_text, _, _ = records.partition(b" ")
        length = int(length_text) if length_text.isdigit() and len(length_text) < 10 else 0
        record = records[len(length_text) + 1 : length]
        keyword, equals, value = record.removesuffix(b"\n").partition(b"=")
        if not equals or length > len(records):
            ahead.problem = "the pax header before it is malformed."
            return
        if keyword == b"path":
            ahead.path = _text(value)
        elif keyword == b"size":
            if not value.isdigit() or len(value) > 18:
                ahead.problem = "the pax header before it gives a size that is no number."
                return
            ahead.size = int(value)
        ahead.is_sparse |= keyword.startswith(b"GNU.sparse.")
        records = records[length:]


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape")


def _content(stream: BufferedReader, size: int, most: int) -> bytes:
    """Return up to ``most`` octets of a content of ``size``, and read on to its end."""
    whole = size + -size % _BLOCK_BYTES
    octets = stream.read(whole if size <= most else most)
    rest = whole - len(octets)
    while rest:
        skipped = len(stream.read(min(rest, _SKIP_BYTES)))
        if not skipped:
            raise ArchiveRefused.damaged("it ends within a member.")
        rest -= skipped
    return octets[:size]


def _pass_over(stream: BufferedReader, size: int) -> None:
    _content(stream, size, 0)


def _pass_over_sparse_map(stream: BufferedReader, header: bytes) -> None:
    goes_on = header[_SPARSE_GOES_ON]
    while goes_on:
        block = stream.read(_BLOCK_BYTES)
        if len(block) < _BLOCK_BYTES:
            raise ArchiveRefused.damaged("it ends within a header.")
        goes_on = block[_SPARSE_BLOCK_GOES_ON]

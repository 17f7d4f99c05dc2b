"""Reads zip archives, within bounds."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from firmtrack.intake.archives import (
    LARGEST_MESSAGE_BYTES,
    NOT_A_FILE,
    ArchiveRefused,
    Bounds,
    Member,
)
from firmtrack.intake.envelopes import Refused

_END = b"PK\x05\x06"
_LOCATOR_64 = b"PK\x06\x07"
_END_64 = b"PK\x06\x06"
_END_BYTES = 22
_LOCATOR_64_BYTES = 20
_END_64_BYTES = 56
_MOST_COMMENT_BYTES = 65_535
# zipfile makes an object of every entry before it gives out the first: up to 200 MB for this.
_MOST_DIRECTORY_BYTES = 12 * 1024 * 1024
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_IS_ENCRYPTED = 0x1

# What zipfile and zlib raise for octets that are not what they should be.
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, IndexError,
    RuntimeError,
)  # fmt: skip


def is_zip(head: bytes) -> bool:
    """Return whether a file that begins like this is a zip archive."""
    return head.startswith((b"PK\x03\x04", _END))


def zip_members(file: IO[bytes], bounds: Bounds) -> Iterator[Member]:
    """Yield the archive's files; what cannot be read is yielded as refused.

    ``file`` can be sought in. Raises ArchiveRefused if the archive as a whole cannot be read.
    """
    _check_directory(file)
    try:
        archive = zipfile.ZipFile(file)
    except _DAMAGE as error:
        raise ArchiveRefused.damaged(error) from None
    with archive:
        for entry in archive.infolist():
            if entry.is_dir():
                continue
            member = _member(archive, entry)
            bounds.expand(len(member.octets))
            yield member


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Member:
    if stat.S_ISLNK(entry.external_attr >> 16):
        return Member(entry.filename, b"", NOT_A_FILE)
    if entry.flag_bits & _IS_ENCRYPTED:
        return _unreadable(entry, "it is encrypted")
    if entry.compress_type not in _METHODS:
        return _unreadable(entry, f"compression method {entry.compress_type} is not read")
    try:
        with archive.open(entry) as content:
            return Member(entry.filename, content.read(LARGEST_MESSAGE_BYTES + 1))
    except _DAMAGE as error:
        return _unreadable(entry, error)


def _unreadable(entry: zipfile.ZipInfo, problem: object) -> Member:
    reason = f"The member cannot be read: {problem}."[:200]
    return Member(entry.filename, b"", Refused("bad_archive", reason))


def _check_directory(file: IO[bytes]) -> None:
    """Bound the directory before it is read into memory (APPNOTE.TXT 6.3, 4.3.14 to 4.3.16)."""
    size = file.seek(0, 2)
    tail_bytes = _MOST_COMMENT_BYTES + _END_BYTES + _LOCATOR_64_BYTES + _END_64_BYTES
    file.seek(max(0, size - tail_bytes))
    tail = file.read()
    end = tail.rfind(_END)
    if end < 0 or len(tail) - end < _END_BYTES:
        raise ArchiveRefused.damaged("it has no directory.")
    directory_bytes = int.from_bytes(tail[end + 12 : end + 16], "little")
    locator = end - _LOCATOR_64_BYTES
    end_64 = locator - _END_64_BYTES
    if end_64 >= 0 and tail.startswith(_LOCATOR_64, locator) and tail.startswith(_END_64, end_64):
        directory_bytes = int.from_bytes(tail[end_64 + 40 : end_64 + 48], "little")
    if directory_bytes > _MOST_DIRECTORY_BYTES:
        raise ArchiveRefused(
            "too_many_members", "The zip archive has too many members: send a .tar.gz."
        )

"""Reads zip archives, within bounds.

Python's zipfile reads all of a directory before it gives out the first member, and one entry that
it does not like ends all. Here each entry stands for itself: what is wrong with it is said of it
alone, and the next is looked for.
"""

import stat
import struct
import zlib
from collections.abc import Iterator
from typing import IO, NamedTuple

from firmtrack.errors import FirmtrackError
from firmtrack.intake.archives import (
    LARGEST_MESSAGE_BYTES,
    NOT_A_FILE,
    ArchiveRefused,
    Bounds,
    Member,
)
from firmtrack.intake.envelopes import Refused

# APPNOTE.TXT 6.3: 4.3.7, 4.3.12, 4.3.14 to 4.3.16.
_LOCAL = b"PK\x03\x04"
_ENTRY = b"PK\x01\x02"
_END = b"PK\x05\x06"
_LOCATOR_64 = b"PK\x06\x07"
_END_64 = b"PK\x06\x06"
_LOCAL_FORM = struct.Struct("<4s22x2H")
_ENTRY_FORM = struct.Struct("<4s4x2H4x3L3H4xLL")
_END_FORM = struct.Struct("<4s6xHLL2x")
_END_64_FORM = struct.Struct("<4s28x3Q")
_LOCATOR_64_BYTES = 20
_MOST_COMMENT_BYTES = 65_535
_MOST_DIRECTORY_BYTES = 12 * 1024 * 1024

_STORED, _DEFLATED = 0, 8
_IS_ENCRYPTED = 0x1
_IS_UTF_8 = 0x800
_EXTRA_64 = 1
_IN_EXTRA_64 = 0xFFFFFFFF
_READ_BYTES = 256 * 1024
_MOST_EXPANDING = 200
"""So many members that expand too far are told one by one, and then no more of the archive."""


class _Directory(NamedTuple):
    """The directory's octets, how many entries it is to have, and by how much offsets are off."""

    octets: bytes
    entries: int
    shift: int


class _Entry(NamedTuple):
    """What the directory says of a member: its sizes, and where its local header stands."""

    path: str
    flags: int
    method: int
    checksum: int
    packed_bytes: int
    size_bytes: int
    mode: int
    offset: int

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory, which has no content."""
        return self.path.endswith("/") and not self.size_bytes and not self.packed_bytes


class _MemberDamaged(FirmtrackError):
    """A member is not what the directory says."""


def is_zip(head: bytes) -> bool:
    """Return whether a file that begins like this is a zip archive."""
    return head.startswith((_LOCAL, _END))


def zip_members(file: IO[bytes], bounds: Bounds) -> Iterator[Member]:
    """Yield the archive's files; what cannot be read is yielded as refused, and stops no other.

    ``file`` can be sought in. Raises ArchiveRefused if the archive has no directory, and at its end
    if entries are missing in it.
    """
    directory = _directory(file)
    position = found = expanding = 0
    while (start := directory.octets.find(_ENTRY, position)) >= 0:
        position, entry = _read_entry(directory, start)
        found += 1
        if entry is None:
            yield _unreadable("", "its entry in the directory is damaged")
            continue
        if entry.is_directory:
            continue
        try:
            yield _member(file, entry, bounds)
        except ArchiveRefused as error:
            expanding += 1
            if expanding > _MOST_EXPANDING:
                raise
            yield Member(entry.path, b"", Refused(error.code, str(error)))
    if found < directory.entries:
        raise ArchiveRefused.damaged(
            f"its directory names {directory.entries} members and shows {found}."
        )


def _read_entry(directory: _Directory, start: int) -> tuple[int, _Entry | None]:
    """Return where to look for the next entry, and this one, None if it is damaged."""
    octets = directory.octets
    name_at = start + _ENTRY_FORM.size
    if name_at > len(octets):
        return len(octets), None
    (_, flags, method, checksum, packed, size, name_bytes, extra_bytes, comment_bytes, attributes,
     offset) = _ENTRY_FORM.unpack_from(octets, start)  # fmt: skip
    extra_at = name_at + name_bytes
    end = extra_at + extra_bytes + comment_bytes
    if end > len(octets):
        return name_at, None
    sizes = _sizes_64(octets[extra_at : extra_at + extra_bytes], (size, packed, offset))
    if sizes is None:
        return end, None
    size, packed, offset = sizes
    name = octets[name_at:extra_at]
    path = name.decode("utf-8", "surrogateescape") if flags & _IS_UTF_8 else name.decode("cp437")
    return end, _Entry(
        path=path,
        flags=flags,
        method=method,
        checksum=checksum,
        packed_bytes=packed,
        size_bytes=size,
        mode=attributes >> 16,
        offset=offset + directory.shift,
    )


def _sizes_64(extra: bytes, sizes: tuple[int, ...]) -> list[int] | None:
    """Return the sizes, those that are too large for their place as the extra field says them.

    None if it does not say them.
    """
    if _IN_EXTRA_64 not in sizes:
        return list(sizes)
    while len(extra) >= 4:
        kind, count = struct.unpack_from("<2H", extra)
        if kind == _EXTRA_64:
            values = [
                int.from_bytes(extra[at : at + 8], "little") for at in range(4, 4 + count - 7, 8)
            ]
            wanted = sizes.count(_IN_EXTRA_64)
            if len(values) < wanted or 4 + count > len(extra):
                return None
            return [values.pop(0) if size == _IN_EXTRA_64 else size for size in sizes]
        extra = extra[4 + count :]
    return None


def _member(file: IO[bytes], entry: _Entry, bounds: Bounds) -> Member:
    """Return the member. Raises ArchiveRefused if it expands too far."""
    if stat.S_ISLNK(entry.mode):
        return Member(entry.path, b"", NOT_A_FILE)
    if entry.flags & _IS_ENCRYPTED:
        return _unreadable(entry.path, "it is encrypted")
    if entry.method not in (_STORED, _DEFLATED):
        return _unreadable(entry.path, f"compression method {entry.method} is not read")
    try:
        return Member(entry.path, _content(file, entry, bounds))
    except (_MemberDamaged, zlib.error, OSError, OverflowError, ValueError) as error:
        return _unreadable(entry.path, error)


def _content(file: IO[bytes], entry: _Entry, bounds: Bounds) -> bytes:
    """Return the member's octets, of one that is too large the first, one too many.

    Raises ArchiveRefused if it unfolds too far, and what ``_member`` catches if it is damaged.
    """
    _enter(file, entry)
    room = bounds.room_for(entry.packed_bytes)
    most = min(LARGEST_MESSAGE_BYTES, room) + 1
    octets, packed_bytes = _unpacked(file, entry.packed_bytes, entry.method, most)
    if len(octets) > room:
        raise ArchiveRefused.expanding()
    # Of what it was really packed in: the directory may lie.
    bounds.unpack(packed_bytes, len(octets))
    if len(octets) > LARGEST_MESSAGE_BYTES:
        return octets
    if len(octets) != entry.size_bytes or zlib.crc32(octets) != entry.checksum:
        raise _MemberDamaged("its size or checksum is another than the directory says")
    return octets


def _enter(file: IO[bytes], entry: _Entry) -> None:
    """Go to where the member's content begins."""
    file.seek(entry.offset)
    header = file.read(_LOCAL_FORM.size)
    if len(header) < _LOCAL_FORM.size or not header.startswith(_LOCAL):
        raise _MemberDamaged("it is not where the directory says")
    _, name_bytes, extra_bytes = _LOCAL_FORM.unpack(header)
    file.seek(name_bytes + extra_bytes, 1)


def _unpacked(file: IO[bytes], packed_bytes: int, method: int, most: int) -> tuple[bytes, int]:
    """Return up to ``most`` octets of the content here, and in how many they were packed."""
    if method == _STORED:
        octets = file.read(min(packed_bytes, most))
        return octets, len(octets)
    unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
    parts: list[bytes] = []
    left, read_bytes = most, 0
    while left and not unpacking.eof:
        packed = unpacking.unconsumed_tail or file.read(min(packed_bytes, _READ_BYTES))
        if not packed:
            raise _MemberDamaged("it ends too early")
        if not unpacking.unconsumed_tail:
            packed_bytes -= len(packed)
            read_bytes += len(packed)
        parts.append(unpacking.decompress(packed, left))
        left -= len(parts[-1])
    unused = len(unpacking.unconsumed_tail) + len(unpacking.unused_data)
    return b"".join(parts), read_bytes - unused


def _unreadable(path: str, problem: object) -> Member:
    reason = f"The member cannot be read: {problem}."[:200]
    return Member(path, b"", Refused("bad_archive", reason))


def _directory(file: IO[bytes]) -> _Directory:
    """Return the directory. Raises ArchiveRefused if there is none, or if it is too large."""
    size = file.seek(0, 2)
    tail_bytes = _MOST_COMMENT_BYTES + _END_FORM.size + _LOCATOR_64_BYTES + _END_64_FORM.size
    tail_at = max(0, size - tail_bytes)
    file.seek(tail_at)
    tail = file.read()
    end = tail.rfind(_END)
    if end < 0 or len(tail) - end < _END_FORM.size:
        raise ArchiveRefused.damaged("it has no directory.")
    _, entries, directory_bytes, stated_at = _END_FORM.unpack_from(tail, end)
    locator = end - _LOCATOR_64_BYTES
    end_64 = locator - _END_64_FORM.size
    if end_64 >= 0 and tail.startswith(_LOCATOR_64, locator) and tail.startswith(_END_64, end_64):
        _, entries, directory_bytes, stated_at = _END_64_FORM.unpack_from(tail, end_64)
        end = end_64
    if directory_bytes > _MOST_DIRECTORY_BYTES:
        raise ArchiveRefused(
            "too_many_members", "The zip archive has too many members: send a .tar.gz."
        )
    starts_at = tail_at + end - directory_bytes
    if starts_at < 0:
        raise ArchiveRefused.damaged("it has no directory.")
    file.seek(starts_at)
    return _Directory(file.read(directory_bytes), entries, starts_at - stated_at)

"""Messages from files, directories, archives and streams, one after the other, within bounds.

What a file is, its first octets tell: a zip, gzip or tar archive, lines of JSON, or one message.
Archives are never unpacked to disk. What cannot be handed over whole is handed over as refused, so
that nothing is passed by in silence.
"""

import gzip
import logging
import os
import stat
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from io import BufferedReader, BytesIO, RawIOBase
from operator import attrgetter
from pathlib import Path
from typing import IO

from firmtrack.intake.archives import (
    LARGEST_MESSAGE_BYTES,
    NOT_A_FILE,
    ArchiveRefused,
    Bounds,
    Member,
    check_nesting,
)
from firmtrack.intake.envelopes import (
    DUIS_MEDIA_TYPE,
    JSON_MEDIA_TYPE,
    READING_FAILED,
    Envelope,
    Refused,
    envelope_of_line,
)
from firmtrack.intake.tar import is_tar, tar_members
from firmtrack.intake.zips import is_zip, zip_members

_log = logging.getLogger(__name__)

_GZIP_MAGIC = b"\x1f\x8b"
_LARGEST_UNSEEKABLE_ZIP_BYTES = 64 * 1024 * 1024
_KEPT_BYTES = 64 * 1024
_HEAD_BYTES = 512
_BUFFER_BYTES = 256 * 1024

OnRead = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a stream stands: its origin's name, how deep it is packed, in which file's bounds."""

    origin: str
    bounds: Bounds
    depth: int = 0

    def deeper(self) -> "_Place":
        return replace(self, depth=self.depth + 1)


def envelopes_in(path: Path, on_read: OnRead = lambda _: None) -> Iterator[Envelope]:
    """Yield the messages in a file, an archive, or a directory and all below it, by name.

    ``on_read`` is told how many octets of files were read, each time some are. Raises OSError if
    ``path`` itself cannot be read.
    """
    if not path.is_dir():
        yield from _in_file(path, on_read)
        return
    for below, problem in _files_below(path):
        if problem is not None:
            yield _refused(b"", str(below), problem)
            continue
        yield from or_refused(_in_file(below, on_read), below)


def or_refused(envelopes: Iterator[Envelope], path: Path) -> Iterator[Envelope]:
    """Yield the envelopes; that ``path`` cannot be read on is yielded as a refused one."""
    try:
        yield from envelopes
    except OSError as error:
        yield _refused(b"", str(path), _unreadable(error))


def envelopes_in_stream(
    stream: IO[bytes], origin: str, on_read: OnRead = lambda _: None
) -> Iterator[Envelope]:
    """Yield the messages in a stream that cannot be sought in, such as standard input."""
    bounds = Bounds()

    def note(count: int) -> None:
        bounds.read(count)
        on_read(count)

    yield from _within(_buffered(_Noted(stream, note)), _Place(origin, bounds))


def size_bytes(path: Path) -> int:
    """Return how many octets of files ``envelopes_in`` will read, as far as that can be known."""
    if not path.is_dir():
        return path.stat().st_size
    return sum(_size_or_zero(below) for below, problem in _files_below(path) if problem is None)


def _files_below(directory: Path) -> Iterator[tuple[Path, Refused | None]]:
    """Yield every file below a directory, by name; with a problem, if it is not to be opened.

    The files of a directory come before what is in the directories in it.
    """
    waiting = [directory]
    while waiting:
        place = waiting.pop()
        try:
            with os.scandir(place) as scanned:
                entries = sorted(scanned, key=attrgetter("name"))
        except OSError as error:
            yield place, _unreadable(error)
            continue
        below = []
        for entry in entries:
            path = place / entry.name
            if _is_directory(entry):
                below.append(path)
            else:
                yield path, None if _is_regular(path) else NOT_A_FILE
        waiting.extend(reversed(below))


def _is_directory(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False  # to open it will say what is wrong with it


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return True  # to open it will say what is wrong with it


def _size_or_zero(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _unreadable(error: OSError) -> Refused:
    return Refused("unreadable", f"It cannot be read: {error.strerror}.")


def _in_file(path: Path, on_read: OnRead) -> Iterator[Envelope]:
    with path.open("rb") as file:
        facts = os.fstat(file.fileno())
        if not stat.S_ISREG(facts.st_mode):
            yield from envelopes_in_stream(file, str(path), on_read)
            return
        noted = _buffered(_Noted(file, on_read, is_file=True))
        yield from _within(noted, _Place(str(path), Bounds(packed_bytes=facts.st_size)))


def _within(stream: BufferedReader, place: _Place) -> Iterator[Envelope]:
    """Yield the messages in a stream, whatever it is."""
    try:
        check_nesting(place.depth)
        head = stream.peek(_HEAD_BYTES)[:_HEAD_BYTES]
        if head.startswith(_GZIP_MAGIC):
            plain = _buffered(_Gunzipped(stream, place.bounds))
            yield from _within(plain, place.deeper())
        elif is_zip(head):
            yield from _in_zip(_seekable(stream), place)
        elif is_tar(head):
            yield from _in_members(tar_members(stream), place)
        elif _is_json_lines(head, place.origin):
            yield from _in_lines(stream, place.origin)
        else:
            yield _message(stream.read(LARGEST_MESSAGE_BYTES + 1), place.origin)
    except ArchiveRefused as error:
        yield _refused(b"", place.origin, Refused(error.code, str(error)))
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        damaged = ArchiveRefused.damaged(error)
        yield _refused(b"", place.origin, Refused(damaged.code, str(damaged)))
    except OSError:
        raise
    except Exception:  # noqa: BLE001  # whatever it is, it is told in the log
        # A fault of our own: it costs what stands behind it in this archive, and nothing else.
        _log.exception("%r could not be read on", place.origin)
        yield _refused(b"", place.origin, READING_FAILED)


def _in_zip(file: IO[bytes], place: _Place) -> Iterator[Envelope]:
    """Yield the messages in a zip archive.

    Its members have an account of their own, so that what one holds in itself cannot use it up.
    """
    bounds = place.bounds if place.depth else Bounds(packed_bytes=file.seek(0, os.SEEK_END))
    yield from _in_members(zip_members(file, bounds), place)


def _in_members(members: Iterable[Member], place: _Place) -> Iterator[Envelope]:
    for member in members:
        place.bounds.enter_member()
        name = f"{place.origin}!{member.path}"
        head = member.octets[:_HEAD_BYTES]
        if member.refused is not None:
            yield _refused(b"", name, member.refused)
        elif _escapes(member.path):
            yield _refused(member.octets, name, _UNSAFE_PATH)
        elif len(member.octets) > LARGEST_MESSAGE_BYTES:
            yield _message(member.octets, name)
        elif head.startswith(_GZIP_MAGIC) or is_zip(head) or is_tar(head):
            within = replace(place.deeper(), origin=name)
            yield from _within(_buffered(BytesIO(member.octets)), within)
        elif _is_json_lines(head, name):
            yield from _in_lines(_buffered(BytesIO(member.octets)), name)
        else:
            yield _message(member.octets, name)


_UNSAFE_PATH = Refused("unsafe_path", "The member's path leads out of the archive.")
_TOO_LARGE = Refused("too_large", f"The message has over {LARGEST_MESSAGE_BYTES} octets.")


def _in_lines(stream: BufferedReader, origin: str) -> Iterator[Envelope]:
    number = 0
    while line := stream.readline(LARGEST_MESSAGE_BYTES + 1):
        number += 1
        name = f"{origin}:{number}"
        if len(line) > LARGEST_MESSAGE_BYTES:
            yield _message(line, name)
            while line and not line.endswith(b"\n"):
                line = stream.readline(LARGEST_MESSAGE_BYTES)
        elif line.strip():
            yield envelope_of_line(line, name)


def _message(octets: bytes, origin: str) -> Envelope:
    if len(octets) > LARGEST_MESSAGE_BYTES:
        return _refused(octets, origin, _TOO_LARGE)
    return Envelope(body=octets, media_type=media_type_of(octets), received_at=None, origin=origin)


def media_type_of(octets: bytes) -> str:
    """Return which kind of message begins like this: one of JSON, or else DUIS."""
    is_json = octets[:_HEAD_BYTES].lstrip()[:1] in (b"{", b"[")
    return JSON_MEDIA_TYPE if is_json else DUIS_MEDIA_TYPE


def _refused(octets: bytes, origin: str, refused: Refused) -> Envelope:
    return Envelope(
        body=octets[:_KEPT_BYTES],
        media_type="application/octet-stream",
        received_at=None,
        origin=origin,
        refused=refused,
    )


def _is_json_lines(head: bytes, origin: str) -> bool:
    """Whether a stream is lines of JSON rather than one JSON document over many lines."""
    if origin.endswith((".jsonl", ".ndjson")):
        return True
    line, newline, _ = head.lstrip().partition(b"\n")
    is_one_object = line.rstrip().endswith(b"}") or not newline
    return line.startswith(b"{") and is_one_object and not origin.endswith(".json")


def _escapes(path: str) -> bool:
    parts = path.replace("\\", "/").split("/")
    return path.startswith(("/", "\\")) or ".." in parts or parts[0].endswith(":")


def _seekable(stream: BufferedReader) -> IO[bytes]:
    """Return a stream that a zip's directory, which stands at its end, can be sought in."""
    if stream.seekable():
        return stream
    octets = stream.read(_LARGEST_UNSEEKABLE_ZIP_BYTES + 1)
    if len(octets) > _LARGEST_UNSEEKABLE_ZIP_BYTES:
        raise ArchiveRefused(
            "too_large", "A zip archive of this size is taken from a file only, or as a .tar.gz."
        )
    return BytesIO(octets)


def _buffered(stream: "RawIOBase | BytesIO") -> BufferedReader:
    return BufferedReader(stream, _BUFFER_BYTES)


def _some(read: Callable[[int], bytes], most: int) -> bytes:
    """Return what one reading gives, or as much as tells what a stream is, if there is as much."""
    octets = more = read(most)
    while more and len(octets) < _HEAD_BYTES:
        more = read(_HEAD_BYTES)
        octets += more
    return octets


class _Noted(RawIOBase):
    """A stream that tells how many octets were read from it."""

    def __init__(self, stream: IO[bytes], on_read: OnRead, *, is_file: bool = False) -> None:
        self._stream = stream
        self._on_read = on_read
        self._is_file = is_file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._is_file

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]  # typeshed's is a wider buffer
        octets = _some(self._stream.read, len(buffer))
        buffer[: len(octets)] = octets
        self._on_read(len(octets))
        return len(octets)


class _Gunzipped(RawIOBase):
    """A gzip stream within bounds."""

    def __init__(self, packed: BufferedReader, bounds: Bounds) -> None:
        self._bounds = bounds
        self._plain = gzip.GzipFile(fileobj=packed)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]  # typeshed's is a wider buffer
        # read1: no more than comes at once, so that what stands before damage is had.
        octets = _some(self._plain.read1, len(buffer))
        buffer[: len(octets)] = octets
        self._bounds.expand(len(octets))
        return len(octets)

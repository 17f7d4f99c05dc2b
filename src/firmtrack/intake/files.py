"""Messages from files, directories, archives and streams, one after the other, within bounds.

What a file is, its first octets tell: a zip, gzip or tar archive, lines of JSON, or one message.
Archives are read as streams and never unpacked to disk. What cannot be handed over whole is handed
over as refused, so that nothing is passed by in silence.
"""

import gzip
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from io import BufferedReader, BytesIO, RawIOBase
from pathlib import Path
from typing import IO

from firmtrack.errors import FirmtrackError
from firmtrack.intake.envelopes import (
    DUIS_MEDIA_TYPE,
    JSON_MEDIA_TYPE,
    Envelope,
    Refused,
    envelope_of_line,
)

LARGEST_MESSAGE_BYTES = 16 * 1024 * 1024
"""The largest legal request, 10,240,000 octets of image in base64 and 50,000 IDs, is 14.9 MB."""

_LARGEST_RATIO = 200
_RATIO_GRACE_BYTES = 64 * 1024 * 1024
_MOST_MEMBERS = 5_000_000
_MOST_ZIP_MEMBERS = 65_534
_DEEPEST_NESTING = 4  # a .tar.gz in a .tar.gz
_KEPT_BYTES = 64 * 1024
_HEAD_BYTES = 512
_BUFFER_BYTES = 256 * 1024
_GZIP_MAGIC = b"\x1f\x8b"
_TAR_MAGIC = slice(257, 262)
_TAR = b"ustar"
_ZIP_END = b"PK\x05\x06"
_ZIP_MAGICS = (b"PK\x03\x04", _ZIP_END)
_ZIP_END_BYTES = 22 + 65_535

OnRead = Callable[[int], None]


class ArchiveRefused(FirmtrackError):
    """An archive breaks one of the bounds."""

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        super().__init__(reason)


def envelopes_in(path: Path, on_read: OnRead = lambda _: None) -> Iterator[Envelope]:
    """Yield the messages in a file, an archive, or a directory and all below it, by name.

    ``on_read`` is told how many octets of files were read, each time some are. Raises OSError if
    ``path`` itself cannot be read.
    """
    if not path.is_dir():
        yield from _in_file(path, on_read)
        return
    for below in sorted(path.rglob("*")):
        if below.is_symlink() or not (below.is_file() or below.is_dir()):
            yield _refused(b"", str(below), "not_a_file", "A link, pipe or device is not read.")
        elif below.is_file():
            yield from _in_file(below, on_read)


def envelopes_in_stream(
    stream: IO[bytes], origin: str, on_read: OnRead = lambda _: None
) -> Iterator[Envelope]:
    """Yield the messages in a stream that cannot be sought in, such as standard input."""
    yield from _within(_buffered(_Counted(stream, on_read)), origin, 0)


def size_bytes(path: Path) -> int:
    """Return how many octets of files ``envelopes_in`` will read."""
    if not path.is_dir():
        return path.stat().st_size
    return sum(
        below.stat().st_size
        for below in path.rglob("*")
        if below.is_file() and not below.is_symlink()
    )


def _in_file(path: Path, on_read: OnRead) -> Iterator[Envelope]:
    with path.open("rb") as file:
        yield from _within(_buffered(_Counted(file, on_read)), str(path), 0)


def _within(stream: BufferedReader, origin: str, depth: int) -> Iterator[Envelope]:
    """Yield the messages in a stream, whatever it is; ``depth`` layers of packing lie around it."""
    try:
        _check_nesting(depth)
        head = stream.peek(_HEAD_BYTES)[:_HEAD_BYTES]
        if head.startswith(_GZIP_MAGIC):
            yield from _within(_buffered(_Gunzipped(stream)), origin, depth + 1)
        elif head.startswith(_ZIP_MAGICS):
            yield from _in_zip(stream, origin, depth)
        elif head[_TAR_MAGIC] == _TAR:
            yield from _in_tar(stream, origin, depth)
        elif _is_json_lines(head, origin):
            yield from _in_lines(stream, origin)
        else:
            yield _message(stream.read(LARGEST_MESSAGE_BYTES + 1), origin)
    except ArchiveRefused as error:
        yield _refused(b"", origin, error.code, str(error))
    except (tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError) as error:
        yield _refused(b"", origin, "bad_archive", f"The archive is damaged: {error}"[:200])


def _in_tar(stream: BufferedReader, origin: str, depth: int) -> Iterator[Envelope]:
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for number, member in enumerate(archive, start=1):
            _check_count(number, _MOST_MEMBERS)
            name = f"{origin}!{member.name}"
            if member.isdir():
                continue
            content = archive.extractfile(member) if member.isreg() else None
            if content is None:
                yield _refused(b"", name, "not_a_file", "A link, pipe or device is not read.")
                continue
            octets = content.read(LARGEST_MESSAGE_BYTES + 1)
            yield from _in_member(octets, member.name, name, depth)
            archive.members.clear()  # type: ignore[attr-defined]  # it would keep every header


def _in_zip(stream: BufferedReader, origin: str, depth: int) -> Iterator[Envelope]:
    # A zip's directory stands at its end, so it is held whole. Streams are bounded like this too.
    packed = stream.read(_RATIO_GRACE_BYTES * 4 + 1)
    if len(packed) > _RATIO_GRACE_BYTES * 4:
        raise ArchiveRefused("too_large", "The zip archive is too large: send a .tar.gz.")
    _check_zip_count(packed)
    expanded_bytes = 0
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        for member in archive.infolist():
            if member.is_dir():
                continue
            name = f"{origin}!{member.filename}"
            try:
                with archive.open(member) as content:
                    octets = content.read(LARGEST_MESSAGE_BYTES + 1)
            except (RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
                yield _refused(b"", name, "bad_archive", f"The member is unreadable: {error}"[:200])
                continue
            expanded_bytes += len(octets)
            _check_ratio(len(packed), expanded_bytes)
            yield from _in_member(octets, member.filename, name, depth)


def _in_member(octets: bytes, path: str, origin: str, depth: int) -> Iterator[Envelope]:
    """Yield the messages in one member of an archive."""
    if _escapes(path):
        yield _refused(octets, origin, "unsafe_path", "The member's path leads out of the archive.")
    elif octets.startswith((_GZIP_MAGIC, *_ZIP_MAGICS)) or octets[_TAR_MAGIC] == _TAR:
        yield from _within(_buffered(BytesIO(octets)), origin, depth + 1)
    elif _is_json_lines(octets[:_HEAD_BYTES], origin):
        yield from _in_lines(_buffered(BytesIO(octets)), origin)
    else:
        yield _message(octets, origin)


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
        return _refused(
            octets, origin, "too_large", f"The message has over {LARGEST_MESSAGE_BYTES} octets."
        )
    is_json = octets[:_HEAD_BYTES].lstrip()[:1] in (b"{", b"[")
    return Envelope(
        body=octets,
        media_type=JSON_MEDIA_TYPE if is_json else DUIS_MEDIA_TYPE,
        received_at=None,
        origin=origin,
    )


def _refused(octets: bytes, origin: str, code: str, reason: str) -> Envelope:
    return Envelope(
        body=octets[:_KEPT_BYTES],
        media_type="application/octet-stream",
        received_at=None,
        origin=origin,
        refused=Refused(code, reason),
    )


def _is_json_lines(head: bytes, origin: str) -> bool:
    """Whether a stream is lines of JSON rather than one JSON document over many lines."""
    if origin.endswith((".jsonl", ".ndjson")):
        return True
    line = head.lstrip().split(b"\n", 1)[0].strip()
    return line.startswith(b"{") and len(line) > 1 and not origin.endswith(".json")


def _escapes(path: str) -> bool:
    parts = path.replace("\\", "/").split("/")
    return path.startswith(("/", "\\")) or ".." in parts or parts[0].endswith(":")


def _check_nesting(depth: int) -> None:
    if depth > _DEEPEST_NESTING:
        raise ArchiveRefused("nested_too_deep", "Archives are nested too deep.")


def _check_count(count: int, most: int) -> None:
    if count > most:
        raise ArchiveRefused("too_many_members", f"The archive has over {most} members.")


def _check_zip_count(packed: bytes) -> None:
    """Bound the members before the directory is read into memory (APPNOTE.TXT, 4.3.16)."""
    end = packed.rfind(_ZIP_END, max(0, len(packed) - _ZIP_END_BYTES))
    if end >= 0:
        _check_count(int.from_bytes(packed[end + 10 : end + 12], "little"), _MOST_ZIP_MEMBERS)


def _check_ratio(packed_bytes: int, expanded_bytes: int) -> None:
    if expanded_bytes > packed_bytes * _LARGEST_RATIO + _RATIO_GRACE_BYTES:
        raise ArchiveRefused(
            "expands_too_far", f"The archive expands to over {_LARGEST_RATIO} times its size."
        )


def _buffered(stream: "RawIOBase | BytesIO") -> BufferedReader:
    return BufferedReader(stream, _BUFFER_BYTES)


class _Counted(RawIOBase):
    """A stream that tells how many octets were read from it."""

    def __init__(self, stream: IO[bytes], on_read: OnRead) -> None:
        self._stream = stream
        self._on_read = on_read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        octets = self._stream.read(len(buffer))
        buffer[: len(octets)] = octets
        self._on_read(len(octets))
        return len(octets)


class _Gunzipped(RawIOBase):
    """A gzip stream that refuses to expand too far."""

    def __init__(self, packed: BufferedReader) -> None:
        self._packed_bytes = 0
        self._expanded_bytes = 0
        self._plain = gzip.GzipFile(fileobj=_Counted(packed, self._count_packed))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        octets = self._plain.read(len(buffer))
        buffer[: len(octets)] = octets
        self._expanded_bytes += len(octets)
        _check_ratio(self._packed_bytes, self._expanded_bytes)
        return len(octets)

    def _count_packed(self, count: int) -> None:
        self._packed_bytes += count

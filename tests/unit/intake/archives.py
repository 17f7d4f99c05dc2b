"""Archives, as good and as bad as anybody makes them."""

import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

MESSAGE = b"<message/>"


def tar_of(
    members: Mapping[str, bytes],
    *,
    form: int = tarfile.PAX_FORMAT,
    more: Iterable[tarfile.TarInfo] = (),
) -> bytes:
    """Return a tar archive; ``more`` are members without content, at its end."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=form) as archive:
        for name, octets in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(octets)
            archive.addfile(info, io.BytesIO(octets))
        for info in more:
            archive.addfile(info)
    return packed.getvalue()


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = target
    return info


def header(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    """Return one header block that claims whatever it is told to."""
    info = tarfile.TarInfo(name)
    info.type = kind
    octets = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    if 0 <= size < 8**11:
        octets[124:136] = b"%011o\0" % size
    else:
        octets[124:136] = (
            (size % 256**11).to_bytes(11, "big").rjust(12, b"\xff" if size < 0 else b"\x80")
        )
    octets[148:156] = b" " * 8
    octets[148:156] = b"%06o\0 " % sum(octets)
    return bytes(octets)


def padded(octets: bytes) -> bytes:
    return octets + bytes(-len(octets) % 512)


def zip_of(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, octets in members.items():
            archive.writestr(name, octets)
    return packed.getvalue()


def overlapping_zip(entries: int, octets: bytes) -> bytes:
    """Return a zip whose every entry is the same compressed octets."""
    one = zip_of({"a": octets})
    with zipfile.ZipFile(io.BytesIO(one)) as archive:
        directory_at = archive.start_dir
    end = one.rindex(b"PK\x05\x06")
    directory = one[directory_at:end] * entries
    tail = bytearray(one[end:])
    tail[8:10] = tail[10:12] = min(entries, 0xFFFF).to_bytes(2, "little")
    tail[12:16] = len(directory).to_bytes(4, "little")
    return one[:directory_at] + directory + bytes(tail)


def encrypted(packed: bytes) -> bytes:
    """Return a zip whose first entry says that it is encrypted."""
    octets = bytearray(packed)
    octets[6] |= 1
    octets[packed.index(b"PK\x01\x02") + 8] |= 1
    return bytes(octets)


def nested(depth: int, pack: Callable[[bytes], bytes], innermost: bytes = MESSAGE) -> bytes:
    for _ in range(depth):
        innermost = pack(innermost)
    return innermost


def write_gzip_of_zeros(path: Path, size: int, *, level: int = 9) -> Path:
    """Write ``size`` zero octets, gzipped, without ever holding them."""
    block = bytes(1024 * 1024)
    with gzip.open(path, "wb", compresslevel=level) as file:
        for _ in range(size // len(block)):
            file.write(block)
    return path


def write_tar_gz_of_zeros(path: Path, member_bytes: int, members: int) -> Path:
    """Write a .tar.gz of members of zeros, by repeating the compressed form of one."""
    one = padded(header("zeros", member_bytes) + bytes(member_bytes))
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = packer.compress(one) + packer.flush()
    with path.open("wb") as file:
        for _ in range(members):
            file.write(packed)
    return path


class ZipEntry(NamedTuple):
    """A member of a zip as it stands there, and what the directory says in place of the truth."""

    name: bytes
    octets: bytes = MESSAGE
    flags: int = 0
    method: int = zipfile.ZIP_STORED
    checksum: int | None = None
    packed_bytes: int | None = None
    size_bytes: int | None = None
    offset: int | None = None
    extra: bytes = b""
    mode: int = 0o100644
    version: int = 20
    signature: bytes = b"PK\x01\x02"


def zip_of_entries(entries: Iterable[ZipEntry]) -> bytes:
    """Return a zip of which each entry may say anything."""
    content, directory, count = b"", b"", 0
    for entry in entries:
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = entry.octets
        if entry.method == zipfile.ZIP_DEFLATED:
            packed = deflate.compress(entry.octets) + deflate.flush()
        checksum = zlib.crc32(entry.octets) if entry.checksum is None else entry.checksum
        packed_bytes = len(packed) if entry.packed_bytes is None else entry.packed_bytes
        size_bytes = len(entry.octets) if entry.size_bytes is None else entry.size_bytes
        offset = len(content) if entry.offset is None else entry.offset
        facts = struct.pack(
            "<4H3L2H", entry.flags, entry.method, 0, 0, checksum, packed_bytes, size_bytes,
            len(entry.name), len(entry.extra),
        )  # fmt: skip
        content += b"PK\x03\x04" + struct.pack("<H", entry.version) + facts
        content += entry.name + entry.extra + packed
        directory += entry.signature + struct.pack("<2H", 0x31E, entry.version) + facts
        directory += struct.pack("<3H2L", 0, 0, 0, entry.mode << 16, offset)
        directory += entry.name + entry.extra
        count += 1
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(directory), len(content), 0)
    return content + directory + end

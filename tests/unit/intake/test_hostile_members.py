"""All good members are taken, and every bad one is told, whatever stands beside what."""

import gzip
import io
import os
import socket
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmtrack.intake.envelopes import DUIS_MEDIA_TYPE, Envelope, Refused
from firmtrack.intake.files import envelopes_in, envelopes_in_stream
from firmtrack.intake.reading import ReadingRules, read_envelopes
from firmtrack.settings import ENVIRONMENT
from tests.examples import examples
from tests.unit.duis.samples import NOW
from tests.unit.intake.archives import (
    MESSAGE,
    ZipEntry,
    header,
    padded,
    tar_of,
    zip_of,
    zip_of_entries,
)

NAMES = (b"", b".", b"..", b"/", b"//", b"\\", b"./.", b"\0", b"a\0b", b"C:", b"n" * 60_000,
         b"\xff\xfe", b"a/../b", b"same", b"\xe2\x80\xae.xml", b"\x1b[2J")  # fmt: skip
ZEROS = bytes(15 * 1024 * 1024)

HOSTILE_ENTRIES = (
    *(ZipEntry(name, flags=flags) for name in NAMES for flags in (0, 0x800)),
    ZipEntry(b"directory/"),  # with content
    ZipEntry(b"encrypted", flags=1),
    ZipEntry(b"strong", flags=0x41),
    ZipEntry(b"patched", flags=0x20),
    *(ZipEntry(b"method", method=method) for method in (1, 6, 9, 12, 14, 93, 99, 65_535)),
    ZipEntry(b"checksum", checksum=0),
    ZipEntry(b"larger", size_bytes=2**31),
    ZipEntry(b"smaller", size_bytes=1),
    ZipEntry(b"packed larger", packed_bytes=2**31),
    ZipEntry(b"packed smaller", packed_bytes=1),
    ZipEntry(b"deflated", octets=b"\xff" * 50, method=zipfile.ZIP_DEFLATED, packed_bytes=3),
    ZipEntry(b"elsewhere", offset=7),
    ZipEntry(b"beyond", offset=2**31),
    ZipEntry(b"64", offset=2**32 - 1),
    ZipEntry(b"64", offset=2**32 - 1, extra=b"\1\0\x08\0" + b"\xff" * 8),
    ZipEntry(b"64", size_bytes=2**32 - 1, extra=b"\1\0\xff\xff"),
    ZipEntry(b"extra", extra=b"\1\0\xff\xff"),
    ZipEntry(b"extra", extra=b"nonsense"),
    ZipEntry(b"link", mode=0o120777),
    ZipEntry(b"pipe", mode=0o010644),
    ZipEntry(b"new", version=65_535),
    ZipEntry(b"signature", signature=b"PK\x01\x09"),
    ZipEntry(b"bomb", octets=ZEROS, method=zipfile.ZIP_DEFLATED),
    ZipEntry(b"lying bomb", octets=ZEROS, method=zipfile.ZIP_DEFLATED, packed_bytes=2**31),
    ZipEntry(b"nested", octets=zip_of_entries([ZipEntry(b"", checksum=1)])),
    ZipEntry(b"gzip", octets=gzip.compress(MESSAGE)[:-3]),
    ZipEntry(b"tar", octets=header("huge", 2**40)),
)

HOSTILE_BLOCKS = (
    *(header(name, len(MESSAGE)) + padded(MESSAGE) for name in ("", ".", "..", "/", "C:", "same")),
    padded(b"nonsense" * 64),
    b"\xff" * 512,
    b"\0" * 511 + b"\1",
    header("negative", -1),
    header("huge", 2**80),
    header("unknown", 0, b"Z"),
    header("unknown", 5, b"Z") + padded(b"12345"),
    *(header("special", 0, kind) for kind in (b"1", b"2", b"3", b"4", b"5", b"6")),
    header("directory", 700, tarfile.DIRTYPE),
    header("sparse", 0, tarfile.GNUTYPE_SPARSE),
    *(
        header("pax", len(records), tarfile.XHDTYPE)
        + padded(records)
        + header("member", len(MESSAGE))
        + padded(MESSAGE)
        for records in (
            b"nonsense\n",
            b"9 size=x\n",
            b"10 size=-1",
            b"99999 path=x\n",
            b"0 path=a\n",
            b"\xff" * 70,
            b"18 path=\xff\xfe\0\0 abc\n",
            b"26 GNU.sparse.realsize=99\n",
            b"70011 path=" + b"n" * 69_999 + b"\n",
            b"70 size=" + b"9" * 61 + b"\n",
        )
    ),
    header("long", 70_000, tarfile.GNUTYPE_LONGNAME)
    + padded(b"n" * 70_000)
    + header("member", len(MESSAGE))
    + padded(MESSAGE),
    header("global", 9, tarfile.XGLTYPE) + padded(b"nonsense\n"),
)

# Octets of one file that cannot be read on by themselves; the next file is another matter.
HOSTILE_FILES = (
    b"",
    b"PK\x03\x04",
    b"\x1f\x8b\x08nonsense",
    gzip.compress(MESSAGE)[:-1],
    gzip.compress(ZEROS),
    tar_of({"a": MESSAGE})[:700],
    zip_of({"a": MESSAGE})[:-4],
    b"{" * 100_000,
    b"[" * 100_000,
    b"\xff" * 100,
)


def good(number: int) -> bytes:
    return b"<good>%d</good>" % number


def good_bodies(envelopes: Sequence[Envelope]) -> list[bytes]:
    return [
        each.body for each in envelopes if each.refused is None and each.body.startswith(b"<good>")
    ]


def read(octets: bytes) -> list[Envelope]:
    return list(envelopes_in_stream(io.BytesIO(octets), "archive"))


def places(most: int) -> st.SearchStrategy[list[int]]:
    """Return lists of places in a table; -1 is a good member."""
    return st.lists(st.integers(-1, most - 1), min_size=1, max_size=8)


@given(places(len(HOSTILE_ENTRIES)), st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
@settings(max_examples=examples(400), deadline=None)
def test_all_good_members_of_a_zip_are_taken(chosen: list[int], method: int) -> None:
    entries = [
        ZipEntry(b"good", good(number), method=method) if place < 0 else HOSTILE_ENTRIES[place]
        for number, place in enumerate(chosen)
    ]
    assert good_bodies(read(zip_of_entries(entries))) == expected(chosen)


@given(places(len(HOSTILE_BLOCKS)), st.booleans())
@settings(max_examples=examples(400), deadline=None)
def test_all_good_members_of_a_tar_are_taken(chosen: list[int], is_packed: bool) -> None:
    archive = header("first", len(MESSAGE)) + padded(MESSAGE)
    for number, place in enumerate(chosen):
        octets = good(number)
        archive += (
            header("good", len(octets)) + padded(octets) if place < 0 else HOSTILE_BLOCKS[place]
        )
    archive += bytes(1024)
    found = read(gzip.compress(archive) if is_packed else archive)
    assert good_bodies(found) == expected(chosen)


@given(places(len(HOSTILE_FILES)))
@settings(max_examples=examples(100), deadline=None)
def test_all_good_members_are_taken_beside_files_of_every_kind(chosen: list[int]) -> None:
    members = {
        f"{number}": good(number) if place < 0 else HOSTILE_FILES[place]
        for number, place in enumerate(chosen)
    }
    for archive in (tar_of(members), zip_of(members)):
        assert good_bodies(read(archive)) == expected(chosen)


@pytest.mark.parametrize("entry", HOSTILE_ENTRIES, ids=lambda entry: repr(entry.name[:12]))
def test_no_member_of_a_zip_goes_in_silence(entry: ZipEntry) -> None:
    found = read(zip_of_entries([ZipEntry(b"good", good(1)), entry]))
    empty_directory = entry.name in {b"/", b"//"} and not entry.octets
    assert len(found) >= 2 - empty_directory
    assert good_bodies(found) == [good(1)]


def expected(chosen: Sequence[int]) -> list[bytes]:
    return [good(number) for number, place in enumerate(chosen) if place < 0]


def test_all_good_files_of_a_directory_are_taken(tmp_path: Path) -> None:
    directory = tmp_path / "all"
    directory.mkdir()
    for number, octets in enumerate(HOSTILE_FILES):
        (directory / f"{number} hostile").write_bytes(octets)
        (directory / f"{number} good").write_bytes(good(number))
    (directory / "loop").symlink_to(directory)
    (directory / "itself").symlink_to("itself")
    (directory / "nowhere").symlink_to("missing")
    os.mkfifo(directory / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        # A path of its own: the name of a socket has 107 octets at most.
        descriptor = os.open(directory, os.O_RDONLY)
        listening.bind(f"/proc/self/fd/{descriptor}/socket")
        os.close(descriptor)
    (directory / os.fsdecode(b"\xff\x1b[2J")).write_bytes(good(98))
    found = list(envelopes_in(directory))
    told = {each.origin.rpartition("/")[2] for each in found if each.refused is not None}
    assert sorted(good_bodies(found)) == sorted([*map(good, range(len(HOSTILE_FILES))), good(98)])
    assert {"loop", "itself", "nowhere", "pipe", "socket"} <= told


def test_a_directory_deeper_than_python_calls_functions_is_read(tmp_path: Path) -> None:
    (tmp_path / "z good").write_bytes(good(1))
    before = Path.cwd()
    try:
        os.chdir(tmp_path)
        for _ in range(1_100):
            Path("d").mkdir()
            os.chdir("d")
        Path("deep").write_bytes(good(2))
        found = list(envelopes_in(tmp_path))
        Path("deep").unlink()
        while Path.cwd() != tmp_path:  # whoever cleans up calls a function for each
            os.chdir("..")
            Path("d").rmdir()
    finally:
        os.chdir(before)
    assert good_bodies(found) == [good(1), good(2)]


class _Breaking(bytes):
    """Octets that break whoever counts in them, as a fault of the reader would."""

    def count(self, *_: object) -> int:
        raise ZeroDivisionError


def test_a_message_that_breaks_the_reader_takes_no_other_along(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def envelope(body: bytes) -> Envelope:
        return Envelope(body=body, media_type=DUIS_MEDIA_TYPE, received_at=None, origin="x")

    breaking = envelope(_Breaking(b"<" + b"a" * 30_000))
    rules = ReadingRules.of(ENVIRONMENT.dcc_ids, None, ENVIRONMENT.earliest_time)

    before, broken, after = read_envelopes(
        [envelope(b"<a/>"), breaking, envelope(b"<a/>")], rules, taken_at=NOW
    )

    assert isinstance(broken, Refused)
    assert broken.code == "reading_failed"
    assert before == after
    assert "ZeroDivisionError" in caplog.text

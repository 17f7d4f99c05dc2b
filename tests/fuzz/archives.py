"""Fuzzing of what finds messages in files, archives and directories, and of all readers behind."""

import atexit
import bz2
import gzip
import io
import json
import shutil
import struct
import tarfile
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from firmtrack.domain.identifiers import Eui64
from firmtrack.intake.envelopes import Envelope
from firmtrack.intake.files import envelopes_in, envelopes_in_stream
from firmtrack.intake.reading import ReadingRules, read_envelopes
from tests.fuzz.promise import Chance, PromiseBroken, Target, with_octets_changed
from tests.unit.intake.archives import (
    ZipEntry,
    encrypted,
    header,
    nested,
    overlapping_zip,
    padded,
    special,
    tar_of,
    zip_of,
    zip_of_entries,
)

_RULES = ReadingRules(
    dcc_ids=frozenset({Eui64.parse("90-B3-D5-1F-30-00-00-02")}),
    earliest_at=datetime(2013, 1, 1, tzinfo=UTC),
)
_TAKEN_AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
_REPORT = {
    "specversion": "1.0",
    "type": "firmtrack.stage-report.v1",
    "source": "/dsp",
    "id": "1",
    "data": {
        "service_request_id": "90-B3-D5-1F-30-01-00-00:90-B3-D5-1F-30-00-00-02:7",
        "device_ids": ["00-DB-00-00-00-00-00-01"],
        "status": "delivered_to_comms_hub",
        "occurred_at": "2026-02-01T09:30:00Z",
    },
}
_LINE = json.dumps(_REPORT).encode()
_LINES = b"\n".join([_LINE, b'{"xml": "<a/>", "time": "2026-02-01T09:30:00Z"}', b"", b"{", _LINE])
_MEMBERS = {"a.xml": b"<a/>", "b/b.json": _LINE, "c.jsonl": _LINES, "d": b""}
_NAMES = (
    "", ".", "..", "/", "../x", "C:\\x", "a/../b", "x" * 300, "\u202e.xml", "a\nb", "dir/",
    "a.jsonl", "a.json", "caf\u00e9.xml", "a!b", "\ud800",
)  # fmt: skip
# What is read takes memory as it is unfolded: never more than this for the octets tried here.
_MOST_UNFOLDED_BYTES = 512 * 1024 * 1024
_SEEDS = (
    _LINE,
    _LINES,
    json.dumps(_REPORT, indent=1).encode(),
    gzip.compress(_LINES),
    *(tar_of(_MEMBERS, form=form) for form in (0, 1, 2)),
    tar_of({"x" * 200: b"<a/>"}, form=tarfile.GNU_FORMAT),
    tar_of({"é" * 120: b"<a/>"}, form=tarfile.PAX_FORMAT),
    tar_of(_MEMBERS, more=[special("l", tarfile.SYMTYPE, "a"), special("f", tarfile.FIFOTYPE)]),
    gzip.compress(tar_of(_MEMBERS)),
    zip_of(_MEMBERS),
    zip_of(_MEMBERS, zipfile.ZIP_STORED),
    zip_of(_MEMBERS, zipfile.ZIP_BZIP2),
    zip_of({}),
    encrypted(zip_of(_MEMBERS)),
    zip_of_entries([ZipEntry(b""), ZipEntry(b"a"), ZipEntry(b"a\0b"), ZipEntry(b"b", checksum=1)]),
    overlapping_zip(20, bytes(2_000)),
    zip_of({"in.tar.gz": gzip.compress(tar_of({"in.zip": zip_of(_MEMBERS)}))}),
    nested(6, gzip.compress),
    bz2.compress(_LINES),
    padded(header("a", 5) + b"hello"),
    padded(header("a", -1)),
    padded(header("a", 8**12)),
    padded(header("a", 40, tarfile.XHDTYPE) + b"12 path=abc\n20 size=9999999999\n"),
    gzip.compress(bytes(100_000)),
)


class ArchiveFuzzing:
    """A directory in memory for files that are tried, and the seeds."""

    def __init__(self) -> None:
        shared = Path("/dev/shm")
        self._directory = Path(tempfile.mkdtemp(dir=shared if shared.is_dir() else None))
        atexit.register(shutil.rmtree, self._directory, ignore_errors=True)
        self._file = self._directory / "file"
        self._tried = 0

    def check(self, octets: bytes) -> bool:
        """Hold what finds messages to its promise: each handed over, or refused with its reason.

        A stream gives what a file gives, and so does a directory with nothing else in it.
        """
        self._tried += 1
        found = list(envelopes_in_stream(io.BytesIO(octets), str(self._file)))
        self._check_found(found)
        read_envelopes(found, _RULES, taken_at=_TAKEN_AT)
        if self._tried % 8 == 0:
            self._check_other_ways(octets, found)
        return any(each.refused is None for each in found)

    def _check_other_ways(self, octets: bytes, found: list[Envelope]) -> None:
        self._file.write_bytes(octets)
        in_file = list(envelopes_in(self._file))
        if [each.body for each in in_file] != [each.body for each in found]:
            raise PromiseBroken("a stream gives other messages than a file")
        if list(envelopes_in(self._directory)) != in_file:
            raise PromiseBroken("a directory gives other messages than its one file")

    def _check_found(self, found: list[Envelope]) -> None:
        if not found:
            return
        if sum(len(each.body) for each in found) > _MOST_UNFOLDED_BYTES:
            raise PromiseBroken("far more was unfolded than the bounds allow")
        for each in found:
            if not each.origin.startswith(str(self._file)):
                raise PromiseBroken(f"an origin does not say where it came from: {each.origin!r}")
            if each.refused is not None and not (each.refused.code and each.refused.reason):
                raise PromiseBroken("a refusal without a reason")

    def mutate(self, octets: bytes, chance: Chance) -> bytes:
        """Return an archive, whole in itself, that holds ``octets`` or what they hold, changed."""
        members = _members_of(octets) or {"m.xml": octets}
        names = list(members)
        match chance.below(5):
            case 0:
                members[chance.one_of(_NAMES)] = members[chance.one_of(names)]
            case 1:
                name = chance.one_of(names)
                members[name] = with_octets_changed(members[name], chance)
            case 2:
                members[f"in{chance.below(3)}"] = chance.one_of(_SEEDS)
            case 3:
                del members[chance.one_of(names)]
            case _:
                pass
        return _packed(members, chance)


def _members_of(octets: bytes) -> dict[str, bytes]:
    """Return the first files of a sound archive; none of any other octets."""
    try:
        if octets.startswith(b"\x1f\x8b"):
            octets = gzip.GzipFile(fileobj=io.BytesIO(octets)).read(1_000_000)
        if octets.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(octets)) as archive:
                names = archive.namelist()[:8]
                return {name: archive.open(name).read(100_000) for name in names}
        if octets[257:262] == b"ustar":
            with tarfile.open(fileobj=io.BytesIO(octets)) as archive:
                files = [entry for entry in archive.getmembers()[:8] if entry.isreg()]
                opened = [(entry.name, archive.extractfile(entry)) for entry in files]
                return {name: file.read(100_000) for name, file in opened if file is not None}
    except Exception:  # noqa: BLE001  # Python's own readers promise nothing for such octets
        return {}
    return {}


def _packed(members: dict[str, bytes], chance: Chance) -> bytes:
    try:
        match chance.below(6):
            case 0:
                return zip_of(members)
            case 1:
                return zip_of(members, zipfile.ZIP_STORED)
            case 2:
                return gzip.compress(tar_of(members), 1)
            case 3:
                return b"".join(padded(header(name[:90], len(one)) + one)
                                for name, one in members.items())  # fmt: skip
            case form:
                return tar_of(members, form=form - 3)
    except (ValueError, IndexError, struct.error):  # a name that no such archive can hold
        return gzip.compress(b"".join(members.values()), 1)


def target() -> Target:
    """Return the finding of messages as a target."""
    fuzzing = ArchiveFuzzing()
    return Target("archives", _SEEDS, fuzzing.check, fuzzing.mutate, most_bytes=12_000)

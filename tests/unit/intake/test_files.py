"""Files, directories, archives and streams: what is in them, whole, in order, within bounds."""

import bz2
import gzip
import io
import json
import os
import stat
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from itertools import count
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmtrack.intake.archives import LARGEST_MESSAGE_BYTES
from firmtrack.intake.envelopes import Envelope
from firmtrack.intake.files import (
    envelopes_in,
    envelopes_in_stream,
    size_bytes,
)
from tests.examples import examples
from tests.unit.intake.archives import (
    MESSAGE,
    encrypted,
    header,
    nested,
    overlapping_zip,
    padded,
    special,
    tar_of,
    write_gzip_of_zeros,
    write_tar_gz_of_zeros,
    zip_of,
)

THREE = {"a.xml": b"<a/>", "b/b.xml": b"<b/>", "c.xml": b"<c/>"}


def read(octets: bytes, name: str = "file") -> list[Envelope]:
    return list(envelopes_in_stream(io.BytesIO(octets), name))


def bodies(envelopes: list[Envelope]) -> list[bytes]:
    return [envelope.body for envelope in envelopes if envelope.refused is None]


def refusals(envelopes: list[Envelope]) -> list[str]:
    return [envelope.refused.code for envelope in envelopes if envelope.refused is not None]


def written(directory: Path, octets: bytes, name: str = "file") -> Path:
    path = directory / name
    path.write_bytes(octets)
    return path


# What files may be.


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"<a/>", [b"<a/>"]),
        (b"", [b""]),
        (gzip.compress(b"<a/>"), [b"<a/>"]),
        (gzip.compress(b"<a>") + gzip.compress(b"</a>"), [b"<a></a>"]),
        (gzip.compress(b""), [b""]),
        *((tar_of(THREE, form=form), list(THREE.values())) for form in (0, 1, 2)),
        (gzip.compress(tar_of(THREE)), list(THREE.values())),
        (tar_of(THREE) + tar_of(THREE), [*THREE.values(), *THREE.values()]),
        (gzip.compress(tar_of(THREE)) * 2, [*THREE.values(), *THREE.values()]),
        (zip_of(THREE), list(THREE.values())),
        (zip_of(THREE, zipfile.ZIP_STORED), list(THREE.values())),
        (zip_of({}), []),
        (tar_of({"in.tar.gz": gzip.compress(tar_of(THREE))}), list(THREE.values())),
        (zip_of({"in.zip": zip_of(THREE), "d.xml": b"<d/>"}), [*THREE.values(), b"<d/>"]),
        (tar_of({"a.jsonl": b'{"xml": "<a/>"}\n{"xml": "<b/>"}\n'}), [b"<a/>", b"<b/>"]),
        (b'{"xml": "<a/>"}\r\n\n{"xml": "<b/>"}', [b"<a/>", b"<b/>"]),
        (b'{"xml": "<a/>"}', [b"<a/>"]),
        (json.dumps({"a": 1}, indent=2).encode(), [json.dumps({"a": 1}, indent=2).encode()]),
        (b'{ "a": 1,\n  "b": 2 }\n', [b'{ "a": 1,\n  "b": 2 }\n']),
    ],
    ids=map(str, count()),  # the archives tell when they were made
)
def test_a_file_is_what_its_octets_say(
    tmp_path: Path, octets: bytes, expected: list[bytes]
) -> None:
    assert bodies(read(octets)) == expected
    assert refusals(read(octets)) == []
    assert bodies(list(envelopes_in(written(tmp_path, octets)))) == expected


def test_long_names_are_read_in_every_form_of_tar() -> None:
    name = "/".join(["a long directory's name"] * 8) + "/ü.xml"
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        (only,) = read(tar_of({name: MESSAGE}, form=form), "x.tar")
        assert only.origin == f"x.tar!{name}"
        assert only.body == MESSAGE


def test_a_bad_line_goes_on_whole_among_its_neighbours() -> None:
    found = read(b'{"xml": "<a/>"}\nnonsense\n\xff\xfe\n{"xml": "<b/>"}\n', "x.jsonl")

    assert bodies(found) == [b"<a/>", b"nonsense\n", b"\xff\xfe\n", b"<b/>"]
    assert [each.origin for each in found] == [f"x.jsonl:{number}" for number in (1, 2, 3, 4)]


def test_a_line_that_is_too_long_is_refused_and_the_next_is_read() -> None:
    long = b'{"xml": "' + b"x" * (2 * LARGEST_MESSAGE_BYTES) + b'"}\n'
    found = read(b'{"xml": "<a/>"}\n' + long + b'{"xml": "<b/>"}\n')

    assert bodies(found) == [b"<a/>", b"<b/>"]
    assert refusals(found) == ["too_large"]


def test_the_largest_message_is_whole_and_a_larger_one_is_not() -> None:
    largest = b"<" * LARGEST_MESSAGE_BYTES
    for packed in (
        largest,
        gzip.compress(largest, 1),
        tar_of({"a": largest}),
        zip_of({"a": largest}),
    ):
        assert [len(body) for body in bodies(read(packed))] == [LARGEST_MESSAGE_BYTES]
    over = largest + b"<"
    members = {"a": MESSAGE, "over": over, "b": MESSAGE}
    for packed in (tar_of(members), zip_of(members), gzip.compress(tar_of(members), 1)):
        found = read(packed)
        assert bodies(found) == [MESSAGE, MESSAGE]
        assert refusals(found) == ["too_large"]
    (only,) = read(over)
    assert only.refused is not None
    assert len(only.body) < LARGEST_MESSAGE_BYTES


# Directories.


def test_a_directory_is_read_with_all_below_it_by_name(tmp_path: Path) -> None:
    for name, octets in {"b.xml": b"<b/>", "a.xml": b"<a/>", "d.tar": tar_of(THREE)}.items():
        written(tmp_path, octets, name)
    (tmp_path / "c" / "empty").mkdir(parents=True)
    written(tmp_path / "c", b"<c/>", "c.xml")
    counted: list[int] = []

    found = list(envelopes_in(tmp_path, counted.append))

    assert bodies(found) == [b"<a/>", b"<b/>", *THREE.values(), b"<c/>"]
    assert found[0].origin == str(tmp_path / "a.xml")
    assert sum(counted) == size_bytes(tmp_path)
    (tmp_path / "nothing").mkdir()
    assert list(envelopes_in(tmp_path / "nothing")) == []


def test_links_and_pipes_in_a_directory_are_refused_and_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    written(outside, b"<secret/>", "secret.xml")
    inside = tmp_path / "inside"
    inside.mkdir()
    written(inside, MESSAGE, "m.xml")
    (inside / "file").symlink_to(outside / "secret.xml")
    (inside / "directory").symlink_to(outside)
    (inside / "loop").symlink_to(inside)
    (inside / "dangling").symlink_to("nowhere")
    os.mkfifo(inside / "pipe")

    found = list(envelopes_in(inside))

    assert bodies(found) == [MESSAGE]
    assert refusals(found) == ["not_a_file"] * 5
    assert size_bytes(inside) == len(MESSAGE)


def test_a_file_that_cannot_be_read_stops_no_other(tmp_path: Path) -> None:
    paths = [written(tmp_path, MESSAGE, name) for name in "abc"]
    envelopes = envelopes_in(tmp_path)

    assert next(envelopes).body == MESSAGE
    paths[1].unlink()
    rest = list(envelopes)

    assert refusals(rest) == ["unreadable"]
    assert bodies(rest) == [MESSAGE]


def test_a_name_that_is_not_utf_8_is_read(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.xml")).write_bytes(MESSAGE)
    (only,) = envelopes_in(tmp_path)
    assert only.body == MESSAGE


def test_what_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(envelopes_in(tmp_path / "nothing"))


# Streams.


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_pipe_that_trickles_is_read_to_its_end(pack: Callable[[bytes], bytes]) -> None:
    octets = pack(tar_of(THREE))
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        try:
            for start in range(0, len(octets), 100):
                os.write(writing, octets[start : start + 100])
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb", buffering=0) as stream:
        assert bodies(list(envelopes_in_stream(stream, "-"))) == list(THREE.values())
    os.waitpid(child, 0)


def test_a_pipe_by_name_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = subprocess.Popen(["sh", "-c", f"echo '<a/>' > {tmp_path}/pipe"])
    assert bodies(list(envelopes_in(tmp_path / "pipe"))) == [b"<a/>\n"]
    writer.wait(timeout=300)


# Bad members, good neighbours.


@pytest.mark.parametrize(
    "path",
    ["../a", "a/../../b", "/etc/passwd", "C:/a", "C:\\a", "..\\a", "\\\\server\\a", ".."],
)
def test_a_path_that_leads_out_is_refused(path: str) -> None:
    members = {"a": MESSAGE, path: b"<evil/>", "z": MESSAGE}
    for packed in (tar_of(members), zip_of(members)):
        found = read(packed)
        assert bodies(found) == [MESSAGE, MESSAGE]
        assert refusals(found) == ["unsafe_path"]


def test_links_and_devices_in_a_tar_are_refused_among_their_neighbours() -> None:
    kinds = [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE]
    more = [special(f"s{kind!r}", kind, "/etc/passwd") for kind in kinds]
    found = read(
        tar_of({"a": MESSAGE}, more=[*more, special("d", tarfile.DIRTYPE)]) + tar_of(THREE)
    )

    assert bodies(found) == [MESSAGE, *THREE.values()]
    assert refusals(found) == ["not_a_file"] * len(kinds)


def test_sparse_members_are_refused_among_their_neighbours(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        for place in range(40):
            file.seek(place * 100_000)
            file.write(b"x")
    written(tmp_path, MESSAGE, "z")
    for form in (
        "--format=gnu",
        "--format=pax --sparse-version=1.0",
        "--format=pax --sparse-version=0.1",
    ):
        packed = subprocess.run(
            ["tar", "-c", "--sparse", *form.split(), "-C", tmp_path, "sparse", "z"],
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        found = read(packed)
        assert bodies(found) == [MESSAGE]
        assert refusals(found) == ["not_a_file"]


def test_a_symbolic_link_in_a_zip_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("m", MESSAGE)

    found = read(packed.getvalue())
    assert (bodies(found), refusals(found)) == ([MESSAGE], ["not_a_file"])


def test_a_zip_member_that_cannot_be_read_stops_no_other() -> None:
    good = zip_of({"a": b"<a>" * 100, "b": MESSAGE})
    damaged = bytearray(good)
    damaged[33] ^= 0xFF
    for packed in (encrypted(good), bytes(damaged)):
        found = read(packed)
        assert bodies(found) == [MESSAGE]
        assert refusals(found) == ["bad_archive"]
    bzipped = read(zip_of({"a": MESSAGE}, zipfile.ZIP_BZIP2))
    assert refusals(bzipped) == ["bad_archive"]


@pytest.mark.parametrize("cut", [1, 100, 513, 700, 1_100, 1_300])
def test_what_stands_before_the_end_of_a_truncated_archive_is_read(cut: int) -> None:
    members = {f"{number}.xml": Random(number).randbytes(400) for number in range(50)}
    whole = list(members.values())
    tarred = tar_of(members, form=tarfile.USTAR_FORMAT)[: 50 * 1024]

    for packed in (tarred[:-cut], gzip.compress(tarred)[:-cut]):
        found = read(packed)
        assert refusals(found) == ["bad_archive"]
        assert len(bodies(found)) >= 46
        assert bodies(found) == whole[: len(bodies(found))]


@pytest.mark.parametrize(
    "bad",
    [
        header("negative", -512),
        header("negative", -1),
        header("huge", 2**80),
        header("huge, unknown", 2**80, b"Z"),
        header("large, unknown", 2**62, b"Z"),
        header("long name", 2**31, tarfile.GNUTYPE_LONGNAME),
        header("pax", 2**31, tarfile.XHDTYPE),
        header("pax", 9, tarfile.XHDTYPE) + padded(b"nonsense\n"),
        header("pax", 9, tarfile.XHDTYPE) + padded(b"9 size=x\n"),
        header("pax", 10, tarfile.XHDTYPE) + padded(b"10 size=-1"),
        header("pax", 13, tarfile.XHDTYPE) + padded(b"99999 path=x\n"),
        header("pax", 9, tarfile.XHDTYPE) + padded(b"0 path=a\n"),
        b"\xff" * 512,
        b"nonsense" * 64,
    ],
    ids=lambda bad: repr(bad[:14]),
)
def test_a_damaged_header_is_said_and_what_stood_before_it_read(bad: bytes) -> None:
    good = tar_of(THREE)[: 3 * 1024]

    found = read(good + bad + good)

    assert bodies(found)[:3] == list(THREE.values())
    assert refusals(found) == ["bad_archive"]


@pytest.mark.parametrize(
    "octets",
    [
        b"PK\x03\x04",
        b"PK\x03\x04" + b"x" * 1000,
        b"PK\x05\x06",
        zip_of(THREE)[:-5],
        zip_of(THREE)[:60],
        b"\x1f\x8b",
        b"\x1f\x8b\x08\x00",
        b"\x1f\x8bnonsense",
        gzip.compress(MESSAGE)[:-1],
        gzip.compress(MESSAGE)[:-8] + b"12345678",
    ],
    ids=map(str, count()),  # the archives tell when they were made
)
def test_a_damaged_archive_is_refused(octets: bytes) -> None:
    assert refusals(read(octets)) == ["bad_archive"]
    members = {"a": MESSAGE, "bad": octets, "z": MESSAGE}
    for packed in (tar_of(members), zip_of(members)):
        found = read(packed)
        assert (bodies(found), refusals(found)) == ([MESSAGE, MESSAGE], ["bad_archive"])


def test_other_compression_is_one_message_that_nobody_can_read() -> None:
    assert len(bodies(read(bz2.compress(MESSAGE)))) == 1


@given(st.sampled_from([tar_of(THREE), zip_of(THREE), gzip.compress(tar_of(THREE))]), st.data())
@settings(max_examples=examples(300), deadline=None)
def test_no_damage_raises(whole: bytes, data: st.DataObject) -> None:
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(damaged) - 1))
        damaged[place] = data.draw(st.integers(0, 255))

    for envelope in read(bytes(damaged)):
        assert len(envelope.body) <= LARGEST_MESSAGE_BYTES


# Bombs.


def test_archives_within_archives_are_opened_so_far_and_no_further() -> None:
    def in_tar(octets: bytes) -> bytes:
        return tar_of({"a": octets, "b": MESSAGE})

    assert refusals(read(nested(4, gzip.compress))) == []
    assert refusals(read(nested(5, gzip.compress))) == ["nested_too_deep"]
    found = read(nested(30, in_tar, MESSAGE))
    assert refusals(found) == ["nested_too_deep"]
    assert bodies(found) == [MESSAGE] * 5


_MEASURE = """
import json, resource, sys
from pathlib import Path
from firmtrack.intake.files import envelopes_in
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
codes, good = [], 0
for envelope in envelopes_in(Path(sys.argv[1])):
    if envelope.refused is None:
        good += 1
    else:
        codes.append(envelope.refused.code)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([codes[:3], good, (after - before) // 1024]))
"""


_BOMB_BYTES = 256 << 20
"""What would be seen in the memory of who held it."""


def _gzip_bomb(path: Path) -> None:
    write_gzip_of_zeros(path, _BOMB_BYTES)


def _tar_gz_bomb(path: Path) -> None:
    write_tar_gz_of_zeros(path, 8 << 20, 64)  # 537 MB in about half a MB


def _zip_bomb(path: Path) -> None:
    path.write_bytes(zip_of({f"{number}": bytes(15 << 20) for number in range(20)}))


def _overlapping_zip_bomb(path: Path) -> None:
    path.write_bytes(overlapping_zip(60_000, bytes(15 << 20)))


def _nested_zip_bomb(path: Path) -> None:
    inner = zip_of({f"{number}": bytes(15 << 20) for number in range(5)})
    path.write_bytes(zip_of({f"{number}.zip": inner for number in range(10)}, zipfile.ZIP_STORED))


def _million_empty_members_in_a_zip(path: Path) -> None:
    path.write_bytes(overlapping_zip(1_000_000, b""))


def _header_without_end(path: Path) -> None:
    with gzip.open(path, "wb") as file:
        file.write(tar_of(THREE)[: 3 * 1024])
        file.write(header("x", 1 << 30, tarfile.XHDTYPE) + bytes(64 << 20))


def _headers_without_end(path: Path) -> None:
    record = padded(header("x", 9, tarfile.XHDTYPE) + padded(b"9 path=a\n"))
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(60_000):
            file.write(record)


@pytest.mark.parametrize(
    ("bomb", "code"),
    [
        (_gzip_bomb, "too_large"),
        (_tar_gz_bomb, "expands_too_far"),
        (_zip_bomb, "expands_too_far"),
        (_overlapping_zip_bomb, "expands_too_far"),
        (_nested_zip_bomb, "expands_too_far"),
        (_million_empty_members_in_a_zip, "too_many_members"),
        (_header_without_end, "bad_archive"),
        (_headers_without_end, None),
    ],
)
def test_a_bomb_costs_little(
    tmp_path: Path, bomb: Callable[[Path], None], code: str | None
) -> None:
    path = tmp_path / "bomb"
    bomb(path)

    measured = subprocess.run(
        [sys.executable, "-c", _MEASURE, path], stdout=subprocess.PIPE, check=True, timeout=300
    )

    codes, _, mebibytes = json.loads(measured.stdout)
    assert codes[-1:] == ([] if code is None else [code])
    assert mebibytes < 200


def test_members_without_number_in_a_tar_are_passed_through_in_little_memory(
    tmp_path: Path,
) -> None:
    path = tmp_path / "many.tar.gz"
    one = gzip.compress(header("empty", 0) * 2_000)
    path.write_bytes(one * 40)

    measured = subprocess.run(
        [sys.executable, "-c", _MEASURE, path], stdout=subprocess.PIPE, check=True, timeout=300
    )

    codes, good, mebibytes = json.loads(measured.stdout)
    assert (codes, good) == (["expands_too_far"], 0) or (codes, good) == ([], 80_000)
    assert mebibytes < 100

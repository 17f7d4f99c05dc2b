"""What cannot work is told in one line that names the setting, before anything else is done."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.examples import first_of
from tests.journeys.processes import PATIENCE_SECONDS, environment, free_port

_KEY = "0123456789" * 4

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")


def said(command: str = "serve", **settings: object) -> str:
    """Return the one line of a command that fails at its start."""
    place = ("--port", str(free_port())) if command == "serve" else ("--once",)
    done = subprocess.run(
        [sys.executable, "-m", "firmtrack", command, *place],
        env=environment(**{"FIRMTRACK_SECRET_KEY": ""} | settings),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr
    (line,) = done.stderr.splitlines()
    return line.removeprefix("firmtrack: ")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB, which can be made read-only."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    if (
        not shutil.which("mount")
        or subprocess.run(mount, capture_output=True, check=False).returncode
    ):
        pytest.skip("nothing can be mounted here")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_file_where_the_data_directory_should_be(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for place in (file, file / "below"):
        line = said(FIRMTRACK_DATA_DIR=place)
        assert line.startswith(f"FIRMTRACK_DATA_DIR: the secret key cannot be kept in {place}: ")
        line = said("dispatch", FIRMTRACK_DATA_DIR=place, FIRMTRACK_SECRET_KEY=_KEY)
        assert line.startswith(f"Embedded PostgreSQL in {place}/postgresql: the directory cannot")
        assert "Set FIRMTRACK_DATA_DIR to another" in line


@pytest.mark.parametrize("key", first_of([b"", b" \n", b"\xff" * 40, None]))
def test_a_secret_key_that_is_none(tmp_path: Path, key: bytes | None) -> None:
    file = tmp_path / "secret-key"
    if key is None:
        file.mkdir()
        expected = f"the secret key cannot be kept in {tmp_path}: Is a directory ({file})."
    else:
        file.write_bytes(key)
        expected = f"{file} holds no secret key."
    assert said(FIRMTRACK_DATA_DIR=tmp_path).startswith(f"FIRMTRACK_DATA_DIR: {expected}")


@as_root
def test_a_disk_that_is_full_or_read_only(small: Path) -> None:
    data = small / "data"
    line = said(FIRMTRACK_DATA_DIR=data)
    assert line == (
        f"Embedded PostgreSQL in {data}/postgresql: No space left on device. Make room, or set "
        "FIRMTRACK_DATA_DIR to a directory on another disk."
    )
    assert (data / "secret-key").stat().st_size > 32
    with (small / "filler").open("wb") as filler:
        try:
            filler.write(b"x" * 1_000_000)
            filler.flush()
        except OSError:
            pass
        other = small / "other"
        assert said(FIRMTRACK_DATA_DIR=other).startswith("FIRMTRACK_DATA_DIR: ")
        assert [each.name for each in other.glob("*key*")] == []
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
    line = said(FIRMTRACK_DATA_DIR=data)
    assert "the directory cannot be used: Read-only file system" in line
    assert "FIRMTRACK_DATA_DIR" in line
    line = said(FIRMTRACK_DATA_DIR=small / "new")
    assert line.startswith("FIRMTRACK_DATA_DIR: the secret key cannot be kept in ")


@as_root
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="no setpriv to give up rights with")
def test_a_directory_that_may_not_be_written(tmp_path: Path) -> None:
    """Root without its capabilities obeys permissions, and still reads what is its own."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    done = subprocess.run(
        ["setpriv", "--bounding-set=-all", "--inh-caps=-all",
         sys.executable, "-m", "firmtrack", "serve", "--port", str(free_port())],
        env=environment(FIRMTRACK_DATA_DIR=closed / "data", FIRMTRACK_SECRET_KEY=""),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )  # fmt: skip
    assert done.stderr == (
        f"firmtrack: FIRMTRACK_DATA_DIR: the secret key cannot be kept in {closed}/data: "
        f"Permission denied ({closed}/data).\n"
    )


def test_a_place_for_temporary_files_that_is_none(tmp_path: Path) -> None:
    line = said(FIRMTRACK_DATA_DIR=tmp_path, TMPDIR=tmp_path / "missing")
    assert line.startswith(
        f"TMPDIR: no temporary file can be written in {tmp_path}/missing: No such"
    )


def test_certificates_that_are_none_stop_the_start(tmp_path: Path) -> None:
    trusted = tmp_path / "trusted"
    trusted.mkdir()
    (trusted / "dcc.pem").write_text("none")
    line = said(FIRMTRACK_DATA_DIR=tmp_path / "data", FIRMTRACK_TRUST_STORE=trusted)
    assert line.startswith(f"FIRMTRACK_TRUST_STORE: {trusted}/dcc.pem: no PEM certificate")
    line = said(FIRMTRACK_DATA_DIR=tmp_path / "data", FIRMTRACK_ALERT_SIGNER=trusted / "dcc.pem")
    assert line == "FIRMTRACK_ALERT_SIGNER: must be a PEM file of a P-256 key and its certificate."

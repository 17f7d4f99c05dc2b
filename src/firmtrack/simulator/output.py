"""Where messages go: a directory of files, or one .tar.gz that is the same octets every time.

And how times are written, in all that the simulator writes itself.
"""

import gzip
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from firmtrack.errors import FirmtrackError
from firmtrack.simulator.pki import Signatory

_ARCHIVE_ENDINGS = (".tar.gz", ".tgz")
# Images do not compress: a low level costs little space and saves most of the time.
_GZIP_LEVEL = 3
_FILE_MODE = 0o644


class OutputExists(FirmtrackError):
    """Something stands where the simulator would write."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"{path} exists already: choose another place, or remove it first.")


class MessageWriter(Protocol):
    """Takes messages in the order of sending."""

    def __call__(self, name: str, octets: bytes) -> None:
        """Write one message as the file ``name``."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The things that a simulation writes, side by side."""

    traffic: Path
    trust_store: Path
    inventory: Path
    later_inventory: Path

    @classmethod
    def beside(cls, output: Path) -> "Layout":
        """Return the layout for traffic at ``output``. Raises OutputExists."""
        layout = cls(
            traffic=output,
            trust_store=output.with_name(f"{output.name}.trust"),
            inventory=output.with_name(f"{output.name}.inventory.csv"),
            later_inventory=output.with_name(f"{output.name}.inventory-later.csv"),
        )
        for path in astuple(layout):
            is_empty_directory = path.is_dir() and not any(path.iterdir())
            if path.exists() and not is_empty_directory:
                raise OutputExists(path)
        return layout


@contextmanager
def open_traffic(path: Path) -> Iterator[MessageWriter]:
    """Give a writer of messages into ``path``: an archive if its name says so, else a directory.

    Archive entries have no owner, no time and no user's rights: nothing of when and where it was
    written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.name.endswith(_ARCHIVE_ENDINGS):
        path.mkdir(exist_ok=True)
        yield lambda name, octets: _write_file(path / name, octets)
        return
    with (
        path.open("wb") as file,
        gzip.GzipFile("", "wb", _GZIP_LEVEL, file, mtime=0) as archive,
    ):
        yield lambda name, octets: _add_entry(archive, name, octets)
        archive.write(bytes(2 * tarfile.BLOCKSIZE))


def write_trust_store(path: Path, signatories: tuple[Signatory, ...]) -> None:
    """Write each party's certificate as PEM, in a file named after its EUI."""
    path.mkdir(parents=True, exist_ok=True)
    for signatory in signatories:
        _write_file(path / signatory.file_name, signatory.certificate_pem())


def rfc3339(moment: datetime) -> str:
    """Return ``moment`` in UTC with ``Z``, to the second: the simulated world knows no finer."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _write_file(path: Path, octets: bytes) -> None:
    path.write_bytes(octets)


def _add_entry(archive: gzip.GzipFile, name: str, octets: bytes) -> None:
    """Write one entry. A TarFile would remember every one, and there may be millions."""
    entry = tarfile.TarInfo(name)
    entry.size = len(octets)
    entry.mode = _FILE_MODE
    archive.write(entry.tobuf(tarfile.USTAR_FORMAT))
    archive.write(octets)
    archive.write(bytes(-len(octets) % tarfile.BLOCKSIZE))

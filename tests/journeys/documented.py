"""What the docs tell people to run, run: a page's console blocks in order, in a real shell.

What a page shows below a command is what the command has to print: ``…`` stands for any text within
a line, and a line of it alone for any lines.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.journeys.processes import (
    PATIENCE_SECONDS,
    called,
    environment,
    firmtrack,
    free_port,
    listens,
    wait_until,
)

ROOT = Path(__file__).parents[2]
PORTAL = "http://127.0.0.1:8000"
"""Where the pages say that the portal is."""

_ANY = "…"
_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PASSWORD = "correct horse battery staple"  # of the tests
# What runs until it is stopped, or makes what stands around the test.
_NOT_RUN = re.compile(r"(?:make|firmtrack serve|source|eval|git|cd)\b|.*\| source$")


_FOR_A_SHELL = re.compile(r"[$|<>;&*]")  # all else is run in this process, which is soon done


@dataclass(frozen=True, slots=True)
class Command:
    """A command of a page: where it stands, what is typed, and what it shows."""

    place: str
    typed: str
    shown: str | None


@dataclass(frozen=True, slots=True)
class File:
    """A file that a page shows, to be there under its name."""

    name: str
    text: str


def steps_of(page: str) -> list[Command | File]:
    """Return the commands and files of a page below the project, in their order.

    A block that names a file after its language, as in ``json alert.json``, is that file.
    """
    text = (ROOT / page).read_text("utf-8")
    steps: list[Command | File] = []
    for block in _BLOCK.finditer(text):
        language, name, content = block.groups()
        if name is not None:
            steps.append(File(name, content))
        elif language == "console":
            steps += _commands(page, text[: block.start(3)].count("\n") + 1, content)
    return steps


def _commands(page: str, line: int, content: str) -> Iterator[Command]:
    lines = content.splitlines()
    at = 0
    while at < len(lines):
        assert lines[at].startswith("$ "), f"{page}:{line + at}: shown before a command"
        place, typed = f"{page}:{line + at}", lines[at].removeprefix("$ ")
        while typed.endswith("\\"):
            at += 1
            typed = typed.removesuffix("\\") + lines[at].strip()
        at += 1
        shown = []
        while at < len(lines) and not lines[at].startswith("$ "):
            shown.append(lines[at])
            at += 1
        if not _NOT_RUN.match(typed):
            yield Command(place, typed, "\n".join(shown) if shown else None)


class Shell:
    """Runs the steps of a page in a directory, one after the other; what is set stays set."""

    def __init__(self, directory: Path, env: Mapping[str, str], origin: str) -> None:
        self.directory = directory
        self._origin = origin
        self._env = in_path(env)
        self._set: list[str] = []

    def take(self, step: Command | File) -> str:
        """Write the file, or run the command; return what it printed. Fails as the page does."""
        if isinstance(step, File):
            text = step.text.replace(PORTAL, self._origin)
            (self.directory / step.name).write_text(text, "utf-8")
            return ""
        typed = step.typed.replace(PORTAL, self._origin)
        if typed.startswith("firmtrack user add "):  # who asks a person for the password
            typed += f" --password-stdin <<< '{_PASSWORD}'"
        name, _, _ = typed.partition("=")
        is_set = name.isidentifier()
        done = self._run(f'{typed}\nprintf %s "${name}"' if is_set else typed)
        if is_set:
            self._set.append(f"{name}='{done.stdout}'")
        printed = done.stdout.replace(self._origin, PORTAL)
        assert done.returncode == 0, f"{step.place}: {typed}\n{printed}{done.stderr}"
        if step.shown is not None:
            assert re.fullmatch(_pattern(step.shown), printed.rstrip("\n") + "\n"), (
                f"{step.place} does not show what {typed!r} printed:\n{printed}"
            )
        return printed

    def _run(self, script: str) -> subprocess.CompletedProcess[str]:
        if script.startswith("firmtrack ") and not _FOR_A_SHELL.search(script):
            with chdir(self.directory):
                return called(*shlex.split(script)[1:], env=self._env)
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join([*self._set, script])],
            cwd=self.directory,
            env=self._env,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )


def in_path(env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which ``firmtrack`` is a command."""
    return dict(env) | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def _pattern(shown: str) -> str:
    """Return the pattern of what a page shows, as ``_ANY`` has it."""
    lines = [
        r"(?:.*\n)*" if line == _ANY else re.escape(line).replace(_ANY, ".*") + r"\n"
        for line in shown.splitlines()
    ]
    return "".join(lines)


@contextmanager
def portal(env: Mapping[str, str]) -> Iterator[str]:
    """Yield the address of a portal on the database that ``env`` names, while it serves."""
    port = free_port()
    serving = firmtrack("serve", "--port", port, env=environment(**env))
    try:
        wait_until(lambda: listens(port), "the portal answers")
        yield f"http://127.0.0.1:{port}"
    finally:
        serving.terminate()
        serving.communicate(timeout=PATIENCE_SECONDS)

"""Other processes that hold an embedded server, and who serves a directory by the kernel's word."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.databases import QUICK

LEAVING_SECONDS = 120.0

_PROGRAM = """
import json
import sys
from pathlib import Path
import psycopg
from firmtrack.store.embedded import EmbeddedPostgres

directory, binaries, settings = sys.argv[1:]
place, programs = Path(directory), Path(binaries) if binaries else None
with EmbeddedPostgres(place, json.loads(settings), binaries=programs) as it:
    with psycopg.connect(it.conninfo()) as connection:
        print(connection.info.backend_pid, flush=True)
        sys.stdin.read()
"""


def wait_until(is_true: Callable[[], bool], seconds: float = LEAVING_SECONDS) -> None:
    """Return as soon as it is true; fail if it does not become so."""
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.1)


def processes_of(directory: Path) -> list[psutil.Process]:
    """Return the supervisors and server processes of ``directory``, by what they run and where."""
    found = []
    for process in psutil.process_iter():
        try:
            words, place = process.cmdline(), process.cwd()
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
        is_supervising = "firmtrack.store.embedded" in words and str(directory) in words
        if is_supervising or place == str(directory / "data"):
            found.append(process)
    return found


def is_gone(directory: Path) -> bool:
    """Return whether nothing serves ``directory``."""
    return not processes_of(directory)


def is_supervisor(process: psutil.Process) -> bool:
    """Return whether it is a supervisor rather than PostgreSQL; one that has ended is neither."""
    try:
        return "firmtrack.store.embedded" in process.cmdline()
    except psutil.NoSuchProcess:
        return False


def supervisor_of(directory: Path) -> psutil.Process:
    """Return the one supervisor, once no other process that is about to be one passes by."""
    return _the_one(lambda: list(filter(is_supervisor, processes_of(directory))))


def postmaster_of(directory: Path) -> psutil.Process:
    """Return the one server process that is no other's child, once no other one passes by."""
    return _the_one(lambda: _roots_of(directory))


def _the_one(looked_for: Callable[[], list[psutil.Process]]) -> psutil.Process:
    found: list[psutil.Process] = []

    def is_alone() -> bool:
        found[:] = looked_for()
        return len(found) == 1

    wait_until(is_alone)
    return found[0]


def _roots_of(directory: Path) -> list[psutil.Process]:
    parents = dict(_parents_of(processes_of(directory)))
    return [server for server, parent in parents.items() if parent not in parents]


def network_connections_of(directory: Path) -> list[object]:
    """Return the network connections of the processes of ``directory`` that live on."""
    found: list[object] = []
    for process in processes_of(directory):
        with suppress(psutil.NoSuchProcess):
            found += process.net_connections("inet")
    return found


def _parents_of(
    processes: list[psutil.Process],
) -> Iterator[tuple[psutil.Process, psutil.Process | None]]:
    """Yield PostgreSQL's processes with their parents, but those that end meanwhile."""
    for process in processes:
        try:
            parent = process.parent()
        except psutil.NoSuchProcess:
            continue
        if process.is_running() and not is_supervisor(process):
            yield process, parent


@dataclass
class User:
    """A process that holds a server until it leaves or is killed."""

    process: subprocess.Popen[str]
    backend: int = 0

    @classmethod
    def start(
        cls,
        directory: Path,
        binaries: Path | None,
        command: Sequence[str] = (sys.executable,),
        environment: Mapping[str, str] | None = None,
    ) -> "User":
        """Start the process; ``wait`` tells when it holds the server."""
        return cls(
            subprocess.Popen(
                [*command, "-c", _PROGRAM, str(directory), str(binaries or ""), json.dumps(QUICK)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=os.environ if environment is None else environment,
            )
        )

    def wait(self) -> None:
        """Return when it holds the server and is connected to it."""
        assert self.process.stdout is not None
        self.backend = int(self.process.stdout.readline())

    def backend_of(self, postmaster: psutil.Process) -> bool:
        """Return whether it is connected to that very server."""
        return psutil.Process(self.backend).parent() == postmaster

    def rest_of_output(self) -> str:
        """Return what comes out until nobody can write any more."""
        assert self.process.stdout is not None
        return self.process.stdout.read()

    def leave(self) -> None:
        """Let it end by itself."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.process.wait(LEAVING_SECONDS) == 0

    def kill(self) -> None:
        """Kill it with signal 9, if it still lives."""
        self.process.kill()
        self.process.wait(LEAVING_SECONDS)

    def forget(self) -> None:
        """Kill it and close the pipes."""
        with self.process:
            self.process.kill()

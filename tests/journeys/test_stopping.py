"""Commands that run until they are stopped end well, whenever that is."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psutil
import psycopg
import pytest

from firmtrack.cli.stopping import runs_until_stopped
from firmtrack.store.embedded import EmbeddedPostgres
from firmtrack.store.embedded.binaries import wheel_binaries
from tests.databases import QUICK
from tests.examples import first_of
from tests.journeys.processes import (
    ended,
    environment,
    firmtrack,
    free_port,
    listens,
    on,
    until_said,
    wait_until,
)
from tests.store.server_processes import is_gone
from tests.streams import one_node

_FEW_OR_MANY = pytest.mark.parametrize("moments", first_of([2, 8]))


@_FEW_OR_MANY
@pytest.mark.parametrize("command", ["dispatch", "serve"])
def test_a_command_that_is_stopped_while_it_starts_ends_well(
    database: str, tmp_path: Path, command: str, moments: int
) -> None:
    assert_ends_well_at_any_moment(command, on(database, tmp_path), moments=moments)


@_FEW_OR_MANY
def test_so_does_a_worker_of_the_stream(database: str, tmp_path: Path, moments: int) -> None:
    with one_node(tmp_path / "stream") as cluster:
        env = on(database, tmp_path) | cluster.environment
        assert_ends_well_at_any_moment("worker", env, moments=moments)


@_FEW_OR_MANY
def test_so_does_one_that_starts_a_database_of_its_own(tmp_path: Path, moments: int) -> None:
    env = environment(FIRMTRACK_DATA_DIR=tmp_path / "data")
    assert_ends_well_at_any_moment("dispatch", env, moments=moments)


def assert_ends_well_at_any_moment(command: str, env: dict[str, str], *, moments: int) -> None:
    """Start it once to learn how long that lasts, then stop it at moments of its start."""
    with started(command, env) as (process, port):
        began = time.monotonic()
        wait_until_ready(process, port)
        lasts_seconds = time.monotonic() - began
        process.terminate()
        assert ended(process)[0] == 0
    for number in range(moments + 1):
        with started(command, env) as (process, _):
            time.sleep(lasts_seconds * number / moments)  # the moment that is tried
            process.send_signal(signal.SIGTERM if number % 2 else signal.SIGINT)
            status, _, errors = ended(process)
        assert (status, errors) == (0, ""), f"stopped at {number} of {moments} of its start"


def test_a_portal_and_its_workers_end_well_when_a_terminal_stops_them_all(
    database: str, tmp_path: Path
) -> None:
    with started("serve", on(database, tmp_path), has_own_session=True) as (process, port):
        wait_until_ready(process, port)
        workers = psutil.Process(process.pid).children()
        assert len(workers) == 2
        os.killpg(process.pid, signal.SIGINT)
        assert ended(process)[0] == 0
        assert psutil.wait_procs(workers, timeout=0)[1] == []


def test_a_supervisor_that_is_stopped_while_it_starts_ends_well_and_the_next_serves(
    tmp_path: Path,
) -> None:
    directory = tmp_path / "postgresql"
    directory.mkdir(mode=0o700)
    module = ["-P", "-m", "firmtrack.store.embedded"]
    for number in range(4):
        process = subprocess.Popen(
            [sys.executable, *module, str(directory), str(wheel_binaries())],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_until(partial(hears_or_has_ended, process), "it listens for signals")
        time.sleep(number / 100)  # the moment that is tried
        process.terminate()
        assert ended(process) == (0, "", "")
    with EmbeddedPostgres(directory, QUICK) as server:
        psycopg.connect(server.conninfo()).close()
    wait_until(lambda: is_gone(directory), "nothing serves it any more")


@contextmanager
def started(
    command: str, env: dict[str, str], *, has_own_session: bool = False
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Start a command, and give it, with its port, when its own code has begun to run.

    Before, there is only Python's, which no program of ours can do anything about.
    """
    port = free_port()
    place = ("--port", port) if command == "serve" else ()
    process = firmtrack(command, *place, env=env, has_own_session=has_own_session)
    try:
        wait_until(partial(hears_or_has_ended, process), "it listens for signals")
        yield process, port
    finally:
        process.kill()


def hears_or_has_ended(process: subprocess.Popen[str]) -> bool:
    """Return whether the process catches SIGTERM, by the kernel's word, or has ended."""
    if process.poll() is not None:
        return True
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    (mask,) = (line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(mask, 16) >> (signal.SIGTERM - 1) & 1)


def wait_until_ready(process: subprocess.Popen[str], port: int) -> None:
    said = until_said(process, "Ctrl-C stops", "Firmtrack is at")
    if "Firmtrack is at" in said:
        wait_until(lambda: listens(port), "the server answers")


def test_a_stop_that_got_lost_on_the_way_is_obeyed_later() -> None:
    """What a signal raises within a destructor goes no further."""
    program = """
import os, signal
from firmtrack.cli import stopping

class Destroyed:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        print("went on")

stopping.end_when_told()
Destroyed()
print("went on")
stopping.end_if_told()
print("but not further")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "went on\n")


@pytest.mark.parametrize("way", ["__set_name__", "none"])
def test_a_stop_that_became_another_exception_is_obeyed(way: str) -> None:
    """What a signal raises while a class is made comes out as another exception."""
    program = f"""
import os, signal, sys
from types import SimpleNamespace
from firmtrack.cli import main

class Meddles:
    def __set_name__(self, owner, name):
        os.kill(os.getpid(), signal.SIGTERM)

def app():
    print("began")
    if {way!r} == "none":
        raise RuntimeError
    type("Made", (), dict(meddles=Meddles()))

sys.argv = ["firmtrack", "dispatch"]
sys.modules["firmtrack.cli.commands"] = SimpleNamespace(app=app)
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout == "began\n"
    assert done.returncode == (1 if way == "none" else 0), done.stderr
    assert ("RuntimeError" in done.stderr) is (way == "none")


@pytest.mark.parametrize(
    ("arguments", "is_so"),
    [
        (["serve"], True),
        (["serve", "--demonstration"], True),
        (["dispatch"], True),
        (["dispatch", "--once"], False),
        (["worker"], True),
        (["ingest", "serve"], False),
        ([], False),
    ],
)
def test_only_what_runs_until_it_is_stopped_ends_well_by_it(
    arguments: list[str], is_so: bool
) -> None:
    assert runs_until_stopped(arguments) is is_so

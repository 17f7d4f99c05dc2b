"""Firmtrack as processes of their own: started, waited for by what they do, ended."""

import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from io import BytesIO, TextIOWrapper
from itertools import cycle
from pathlib import Path
from threading import Timer
from urllib.parse import urlencode

import pytest
from django.test import override_settings
from psycopg import conninfo

from firmtrack.cli import main
from firmtrack.environment import read_environment

PATIENCE_SECONDS = 300.0
"""For what must come about: nothing takes nearly as long, even on a machine that is busy."""

# Below those that Linux gives to who asks for any: no call of another process can take one of them
# between its choice and its use.
_PORTS = range(20_000, 32_000)


def environment(**settings: object) -> dict[str, str]:
    """Return the environment with settings added."""
    return {**os.environ, **{name: str(value) for name, value in settings.items()}}


def on(where: str, directory: Path) -> dict[str, str]:
    """Return the environment of a process that uses this database."""
    url = f"postgresql://?{urlencode(conninfo.conninfo_to_dict(where))}"
    return environment(DATABASE_URL=url, FIRMTRACK_DATA_DIR=directory / "data")


def firmtrack(
    *arguments: object, env: Mapping[str, str], has_own_session: bool = False
) -> subprocess.Popen[str]:
    """Start a command, in a session of its own if signals are to reach its children as well."""
    return subprocess.Popen(
        [sys.executable, "-m", "firmtrack", *map(str, arguments)],
        env=dict(env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=has_own_session,
    )


def called(
    *arguments: object, env: Mapping[str, str], typed: bytes = b""
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end in this process, which is soon done; as ``firmtrack`` would run it.

    It uses the database that ``env`` names, so none may be open here.
    """
    output, errors = (TextIOWrapper(BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in env.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["firmtrack", *map(str, arguments)])
        patch.setattr(sys, "stdin", TextIOWrapper(BytesIO(typed), "utf-8"))
        patch.setattr(sys, "stdout", output)
        patch.setattr(sys, "stderr", errors)
        with (
            override_settings(ENVIRONMENT=read_environment(os.environ)),
            pytest.raises(SystemExit) as end,
        ):
            main()
    return subprocess.CompletedProcess(
        [str(each) for each in arguments],
        int(end.value.code or 0),
        *(each.buffer.getvalue().decode() for each in (output, errors)),
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Return its status, output and errors once it has ended; fail if it does not."""
    output, errors = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, output, errors


def until_said(process: subprocess.Popen[str], *words: str) -> str:
    """Return the first line of its output that holds any of the words; fail if none does."""
    assert process.stdout is not None
    watchman = Timer(PATIENCE_SECONDS, process.kill)
    watchman.start()
    try:
        while line := process.stdout.readline():
            if any(each in line for each in words):
                return line
    finally:
        watchman.cancel()
    pytest.fail(f"it never said {words}:\n{process.communicate()[1]}")


def wait_until(is_so: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Return as soon as it is so; fail if it does not become so."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"in vain waited until {what}"
        time.sleep(0.01)  # what is waited for happens in another process


def free_port() -> int:
    """Return a port of this machine on which nobody listens, and which nobody else was given.

    A server that takes several asks for them all before it listens on the first.
    """
    for port in _ports:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError  # they go round for ever


def _ports_of_this_process() -> Iterator[int]:
    """Give each of its ports once before any of them again; tests that run beside have others."""
    own = range(
        _PORTS.start + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")),
        _PORTS.stop,
        int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")),
    )
    return cycle(random.SystemRandom().sample(own, len(own)))


_ports = _ports_of_this_process()


def listens(port: int) -> bool:
    """Return whether a portal answers there."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)) as connection:
        try:
            connection.request("GET", "/api/v1/openapi.json")
            return connection.getresponse().status == 200
        except (HTTPException, OSError):
            return False

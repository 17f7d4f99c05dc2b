"""How soon a command answers: ``firmtrack --help``, and ``firmtrack serve`` its first caller."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from statistics import median

from bench.figures import Figure, at_most
from bench.processes import PORT, url_of
from bench.run import Run
from bench.scene import fresh_database
from bench.timing import median_ratio, medians, seconds_of

_ROUNDS = 7
_STARTS = 5
_STARTS_WITHIN_SECONDS = 60


def measure(run: Run) -> list[Figure]:
    """Return how much longer the help takes than its libraries, and how long the server's start."""
    helped = [sys.executable, "-m", "firmtrack", "--help"]
    bare = [sys.executable, "-c", "import typer, rich"]
    _call(helped)
    pairs = [
        (seconds_of(lambda: _call(helped)), seconds_of(lambda: _call(bare))) for _ in range(_ROUNDS)
    ]
    asked, libraries = medians(pairs)
    with fresh_database(run.server) as conninfo:
        started = [_seconds_to_answer(conninfo) for _ in range(_STARTS)]
    return [
        Figure(
            "firmtrack --help",
            "python -c 'import typer, rich'",
            at_most(2),
            median_ratio(pairs),
            unit="times",
            beside=f"{asked:.2f} and {libraries:.2f} s",
        ),
        Figure(
            "firmtrack serve on a running database server, to its first answer",
            "–",
            at_most(1.5),
            median(started),
            unit="s",
            beside=f"{min(started):.2f} to {max(started):.2f} s",
        ),
    ]


def _call(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _seconds_to_answer(conninfo: str) -> float:
    """Return how long after its start the server has answered with the page of signing in."""
    environment = os.environ | {
        "DATABASE_URL": url_of(conninfo),
        "DJANGO_SETTINGS_MODULE": "firmtrack.settings",
    }
    started = time.monotonic()
    server = subprocess.Popen(
        [sys.executable, "-m", "firmtrack", "serve", "--port", str(PORT)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not _has_answered():
            assert time.monotonic() - started < _STARTS_WITHIN_SECONDS
            time.sleep(0.01)  # until it listens nobody can say that it does
        return time.monotonic() - started
    finally:
        server.terminate()
        server.wait(timeout=30)


def _has_answered() -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/sign-in", timeout=10) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False

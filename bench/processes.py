"""Firmtrack's own commands as processes, and what they took."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from psycopg.conninfo import conninfo_to_dict

PORT = int(os.environ.get("PORT", "8765"))
_SERVER_STARTS_SECONDS = 60
_KIBIBYTE = 1024


class Ingested(NamedTuple):
    """What an ingest counted, and its peak memory in octets."""

    tally: Mapping[str, Any]
    peak_bytes: int


def ingest(conninfo: str, path: Path, trust_store: Path | None) -> Ingested:
    """Run ``firmtrack ingest --json`` on ``path``."""
    environment = os.environ | {
        "DATABASE_URL": url_of(conninfo),
        "DJANGO_SETTINGS_MODULE": "firmtrack.settings",
    }
    if trust_store is not None:
        environment["FIRMTRACK_TRUST_STORE"] = str(trust_store)
    command = [sys.executable, "-m", "bench.measured_ingest", str(path)]
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, check=True, cwd=Path.cwd()
    )
    tally, peak = done.stdout.decode().splitlines()[-2:]
    return Ingested(json.loads(tally), int(peak))


@contextmanager
def serving(conninfo: str, workers: int = 2, *, replica: str | None = None) -> Iterator[str]:
    """Run ``firmtrack serve``, perhaps with a replica, and yield its address.

    Pages, and the constant view, which asks for no token, all come from one address.
    """
    environment = os.environ | {
        "DATABASE_URL": url_of(conninfo),
        "FIRMTRACK_CALLS_PER_ADDRESS": "off",
    }
    if replica is not None:
        environment["DATABASE_REPLICA_URL"] = url_of(replica)
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "firmtrack",
            "serve",
            "--port",
            str(PORT),
            "--workers",
            str(workers),
        ],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{PORT}"
        _wait_for(f"{address}/api/constant")
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)


def url_of(conninfo: str) -> str:
    """Return the URL that says the same as a libpq conninfo."""
    parts = conninfo_to_dict(conninfo)
    return f"postgresql:///{parts.pop('dbname')}?{urlencode(parts)}"


def peak_bytes() -> int:
    """Return this process's peak resident memory in octets, without what it was before its exec."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * _KIBIBYTE


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + _SERVER_STARTS_SECONDS
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)  # a server of its own process says nothing when it is ready
        else:
            return

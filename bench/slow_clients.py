"""What 2,000 clients who do nothing take from others: their look-ups, their patience, memory."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from threading import Event, Thread
from typing import Any

import psutil

from bench.clients import Load, load
from bench.figures import Figure, at_least, at_most
from bench.filling import device_at, fill
from bench.processes import PORT, serving
from bench.run import Run
from bench.scene import DCC, USER, device_ids, fresh_database, request_messages
from firmtrack.accounts.kinds import PartyKind, TokenScope
from firmtrack.accounts.parties import add_party
from firmtrack.accounts.tokens import create_token
from firmtrack.domain.identifiers import RequestId
from firmtrack.store.ledger.recording import Batch, record

_CLIENTS = 2_000
_SECONDS = 8.0
_ROUNDS = 2
_TOKENS = 50
_DEVICES = 2_000
_MEBIBYTE = 1 << 20
_WAYS = {
    "from one address": ["127.0.0.9"],
    "from 200 addresses": [f"127.0.0.{number}" for number in range(10, 210)],
    "all through one proxy": ["127.0.0.1"],
}
_PROXIED = "all through one proxy"


@dataclass(frozen=True, slots=True)
class _Turn:
    """One comparison: others alone, and beside the crowd."""

    alone: Load
    beside: Load
    most_bytes: int
    crowd_seconds: float


def measure(run: Run) -> list[Figure]:
    """Return of each kind of slow client, and each way of its coming, what is left to others."""
    request_id = RequestId(USER, DCC, 1)
    count = run.sized(_CLIENTS, least=20)
    turns: dict[tuple[str, str], list[_Turn]] = {}
    with fresh_database(run.server) as conninfo:
        fill(conninfo, 0, _DEVICES)
        rows = device_ids(run.sized(50_000, least=100), seed=9)
        record(Batch(messages=request_messages({request_id: rows})))
        party = add_party("DCC", PartyKind.DCC, [DCC])
        now = datetime.now(UTC)
        tokens = [create_token(party, TokenScope.READ, created_at=now) for _ in range(_TOKENS)]
        calls = [_get(f"devices/{device_at(n)}", tokens[0]).encode() for n in range(_DEVICES)]
        kinds = _kinds(request_id, tokens)
        with serving(conninfo), _proxy(PORT + 1):
            load(calls, run.seconds(_SECONDS))
            for way, addresses in _WAYS.items():
                port = PORT + 1 if way == _PROXIED else PORT
                for kind, said in kinds.items():
                    asked = {"port": port, "count": count, "addresses": addresses, "said": said}
                    turns[kind, way] = [
                        _turn(asked, calls, run.seconds(_SECONDS)) for _ in range(_ROUNDS)
                    ]
    return [
        *(_share(count, kind, way, each) for (kind, way), each in turns.items()),
        Figure(
            f"look-ups beside {count:,} slow clients, the slowest kind: of 100, 99 within",
            "–",
            at_most(1_000),
            max(each.beside.milliseconds(99) for found in turns.values() for each in found),
            unit="ms",
        ),
        Figure(
            f"memory of all processes of the portal beside {count:,} slow clients, at most",
            "–",
            at_most(1_024),
            max(each.most_bytes for found in turns.values() for each in found) / _MEBIBYTE,
            unit="MiB",
            beside="proportional set size",
        ),
    ]


def _share(count: int, kind: str, way: str, turns: Sequence[_Turn]) -> Figure:
    mine = median(each.beside.rate for each in turns)
    alone = median(each.alone.rate for each in turns)
    return Figure(
        f"look-ups beside {count:,} times {kind}, {way}",
        "the same without them",
        at_least(0.8),
        median(each.beside.rate / each.alone.rate for each in turns),
        beside=f"{mine:,.0f} of {alone:,.0f} a second,"
        f" p99 {max(each.beside.milliseconds(99) for each in turns):,.0f} ms,"
        f" {max(each.most_bytes for each in turns) / _MEBIBYTE:,.0f} MiB,"
        f" the crowd itself {max(each.crowd_seconds for each in turns):.1f} s",
    )


def _kinds(request_id: RequestId, tokens: Sequence[str]) -> dict[str, list[str]]:
    of_request = f"service-requests/{request_id}/distributions"
    return {
        "a head that does not end": ["GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: a"],
        "a body that does not come": [
            "POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5000\r\n\r\nusername=a"
        ],
        "an answer that is not read": [
            _get(path, token)
            for token in tokens
            for path in (f"{of_request}.csv", f"{of_request}?limit=1000")
        ],
        "nothing asked": [""],
    }


def _get(path: str, token: str) -> str:
    return (
        f"GET /api/v1/{path} HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\n"
        f"Authorization: Bearer {token}\r\n\r\n"
    )


def _turn(asked: dict[str, Any], calls: Sequence[bytes], seconds: float) -> _Turn:
    alone = load(calls, seconds, asked["port"])
    crowd = subprocess.Popen(
        [sys.executable, "-m", "bench.slow_crowd"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert crowd.stdin is not None
    assert crowd.stdout is not None
    crowd.stdin.write(json.dumps(asked) + "\n")
    crowd.stdin.flush()
    try:
        assert crowd.stdout.readline() == "ready\n"
        with _memory_watched() as most:
            beside = load(calls, seconds, asked["port"])
    finally:
        crowd.terminate()
        said, _ = crowd.communicate(timeout=60)
    return _Turn(alone, beside, max(most), json.loads(said)["seconds"])


@contextmanager
def _memory_watched() -> Iterator[list[int]]:
    """Yield what the portal's processes have together, looked at again and again."""
    found = [_portal_bytes()]
    is_over = Event()

    def look() -> None:
        while not is_over.wait(1.0):
            found.append(_portal_bytes())

    thread = Thread(target=look)
    thread.start()
    try:
        yield found
    finally:
        is_over.set()
        thread.join()


def _portal_bytes() -> int:
    """Return the proportional set size: what processes share is counted once."""
    portal = [
        process
        for process in psutil.Process().children(recursive=True)
        if "serve" in process.cmdline()
    ]
    return sum(_proportional_bytes(process.pid) for process in portal)


def _proportional_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


@contextmanager
def _proxy(port: int) -> Iterator[None]:
    proxy = subprocess.Popen(
        [sys.executable, "-m", "bench.plain_proxy", str(port), str(PORT)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert proxy.stdout is not None
        assert proxy.stdout.readline() == "ready\n"
        yield
    finally:
        proxy.terminate()
        proxy.communicate()

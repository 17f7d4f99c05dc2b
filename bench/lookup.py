"""The API's look-up of one device, against a constant answer of the same server; and its growth."""

import json
import random
import socket
from datetime import UTC, datetime
from statistics import median

from bench.clients import CLIENTS, Load, answer_to, load
from bench.figures import Figure, at_least, at_most
from bench.filling import EVENTS_PER_DEVICE, device_at, devices_for, fill
from bench.processes import PORT, serving
from bench.run import Run
from bench.scene import DCC, fresh_database
from bench.timing import median_ratio
from firmtrack.accounts.kinds import PartyKind, TokenScope
from firmtrack.accounts.parties import add_party
from firmtrack.accounts.tokens import create_token

_SECONDS = 6
_ROUNDS = 3


def measure(run: Run) -> list[Figure]:
    """Return the figures for the rate and the slowest at the full size, and for the growth."""
    events = run.sized(10_000_000, least=600)
    few = events // 10
    seconds = run.seconds(_SECONDS)
    loads: dict[int, list[tuple[Load, Load]]] = {}
    filled = 0
    with fresh_database(run.server) as conninfo:
        operator = add_party("DCC", PartyKind.DCC, [DCC])
        token = create_token(operator, TokenScope.READ, created_at=datetime.now(UTC))
        for size in (few, events):
            devices = devices_for(size)
            fill(conninfo, filled, devices)
            filled = devices
            with serving(conninfo):
                calls = lookup_calls(token, devices)
                _check(calls[0])
                load(calls, seconds)
                constant = [call("/api/constant", token)]
                # In turns, so that a slow minute of the machine slows both.
                loads[size] = [
                    (load(calls, seconds), load(constant, seconds)) for _ in range(_ROUNDS)
                ]
    now, before = loads[events], loads[few]
    share, share_before = (
        median_ratio([(mine.rate, constant.rate) for mine, constant in each])
        for each in (now, before)
    )
    job = f"API look-up of one device among {events:,} events, {CLIENTS} clients"
    return [
        Figure(
            job,
            "a view of the same server that returns constant JSON",
            at_least(0.17),
            share,
            beside=f"{median(mine.rate for mine, _ in now):,.0f}"
            f" of {median(constant.rate for _, constant in now):,.0f} a second",
        ),
        Figure(
            f"{job}: of 100, 99 within",
            "–",
            at_most(35),
            median(mine.milliseconds(99) for mine, _ in now),
            unit="ms",
            beside=f"half of them {median(mine.milliseconds(50) for mine, _ in now):.1f} ms",
        ),
        Figure(
            f"growth of the API look-up to {events:,} events",
            f"itself at {few:,} events, each beside the constant view",
            at_most(1.3),
            share_before / share,
            unit="times",
        ),
    ]


def lookup_calls(token: str, devices: int) -> list[bytes]:
    """Return calls of the look-up of many devices out of so many, the same ones each time."""
    chance = random.Random(8)  # reproducible, not secret
    return [
        call(f"/api/v1/devices/{device_at(chance.randrange(devices))}", token)
        for _ in range(20_000)
    ]


def call(path: str, token: str) -> bytes:
    """Return the octets of a call with the token."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\nAuthorization: Bearer {token}\r\n\r\n"
    ).encode()


def _check(call: bytes) -> None:
    """Make sure that what is measured is a whole answer."""
    with socket.create_connection(("127.0.0.1", PORT)) as connection:
        answer = answer_to(connection, call)
    (distribution,) = json.loads(answer.split(b"\r\n\r\n", 1)[1])["distributions"]
    assert distribution["current_status"] == "verified", answer
    assert len(distribution["events"]) >= EVENTS_PER_DEVICE, answer

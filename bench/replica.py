"""The API's look-up of one device with a replica on the same machine, beside the primary alone.

The primary's load is the processor's time of all its processes, and the blocks that its statements
look at, each for one answer. Alone the primary is while its standby's processes are all stopped.
"""

import json
import time
import urllib.request
from datetime import UTC, datetime
from statistics import median
from typing import NamedTuple

from bench.clients import CLIENTS, Load, load
from bench.figures import Figure, at_least, at_most
from bench.filling import devices_for, fill
from bench.lookup import lookup_calls
from bench.processes import serving
from bench.run import Run
from bench.scene import DCC
from bench.servers import blocks_read, processor_seconds
from bench.timing import median_ratio
from firmtrack.accounts.kinds import PartyKind, TokenScope
from firmtrack.accounts.parties import add_party
from firmtrack.accounts.tokens import create_token
from firmtrack.store import database
from tests.journeys.own_postgres import OwnPostgres, conninfo_at, running, standby

_SECONDS = 6
_ROUNDS = 3
_STARTS_SECONDS = 60.0


class _Found(NamedTuple):
    """What the clients got, and what each answer took of the primary."""

    load: Load
    processor_seconds: float
    blocks: float


def measure(run: Run) -> list[Figure]:
    """Return the figures for the rate, and for what the primary does meanwhile."""
    events = run.sized(1_000_000, least=600)
    seconds = run.seconds(_SECONDS)
    with running(run.scratch / "primary", base={}) as primary:
        conninfo = conninfo_at(primary.port)
        database.use(conninfo)
        database.migrate()
        operator = add_party("DCC", PartyKind.DCC, [DCC])
        token = create_token(operator, TokenScope.READ, created_at=datetime.now(UTC))
        devices = devices_for(events)
        fill(conninfo, 0, devices)
        database.close()
        calls = lookup_calls(token, devices)
        with standby(primary, run.scratch / "standby", base={}) as second:
            rounds = []
            for number in range(_ROUNDS):
                # In turns, so that a slow minute of the machine slows both; neither always first.
                if number % 2:
                    alone = _asked_alone(primary, second, calls, seconds)
                    rounds.append((_asked(primary, calls, seconds, second=second), alone))
                else:
                    mine = _asked(primary, calls, seconds, second=second)
                    rounds.append((mine, _asked_alone(primary, second, calls, seconds)))
    return _figures(f"API look-up of one device among {events:,} events, {CLIENTS} clients", rounds)


def _asked_alone(
    primary: OwnPostgres, second: OwnPostgres, calls: list[bytes], seconds: float
) -> _Found:
    second.freeze()
    try:
        return _asked(primary, calls, seconds, second=None)
    finally:
        second.thaw()


def _asked(
    primary: OwnPostgres, calls: list[bytes], seconds: float, *, second: OwnPostgres | None
) -> _Found:
    conninfo = conninfo_at(primary.port)
    replica = None if second is None else conninfo_at(second.port)
    blocks = blocks_read(conninfo)
    with serving(conninfo, replica=replica) as address:
        if replica is not None:
            _wait_for_replica(address)
        first = load(calls, seconds)  # so that both begin with all they read in memory
        processor = processor_seconds(primary.process_id)
        found = load(calls, seconds)
        processor = processor_seconds(primary.process_id) - processor
        assert replica is None or _is_in_use(address), "the replica fell behind"
    blocks = blocks_read(conninfo) - blocks
    answers = len(found.seconds)
    return _Found(found, processor / answers, blocks / (answers + len(first.seconds)))


def _wait_for_replica(address: str) -> None:
    """Return when look-ups read on the replica. One process says so, all look twice a second."""
    until = time.monotonic() + _STARTS_SECONDS
    while not _is_in_use(address):
        assert time.monotonic() < until, "the replica is not used"
        time.sleep(0.1)  # nobody tells


def _is_in_use(address: str) -> bool:
    with urllib.request.urlopen(f"{address}/readyz", timeout=5) as answer:
        return bool(json.load(answer)["replica"]["code"] == "in_use")


def _figures(job: str, rounds: list[tuple[_Found, _Found]]) -> list[Figure]:
    def beside(unit: str, number: str, *, scale: float = 1.0) -> str:
        mine, alone = (
            median(getattr(each, number) * scale for each in found)
            for found in zip(*rounds, strict=True)
        )
        return f"{mine:,.2f} of {alone:,.2f} {unit}"

    return [
        Figure(
            f"{job}, with a replica",
            "the primary alone, on the same machine",
            at_least(1.0),
            median_ratio([(mine.load.rate, alone.load.rate) for mine, alone in rounds]),
            beside="; ".join(
                f"{median(each.load.rate for each in found):,.0f} a second, half of them within "
                f"{median(each.load.milliseconds(50) for each in found):.1f} ms, 95 of 100 within "
                f"{median(each.load.milliseconds(95) for each in found):.1f} ms"
                for found in zip(*rounds, strict=True)
            ),
        ),
        Figure(
            f"{job}, with a replica: the processor time of all the primary's processes for one",
            "the primary alone",
            at_most(0.5),
            median_ratio(
                [(mine.processor_seconds, alone.processor_seconds) for mine, alone in rounds]
            ),
            unit="times",
            beside=beside("ms", "processor_seconds", scale=1_000),
        ),
        Figure(
            f"{job}, with a replica: the blocks that the primary's statements look at for one",
            "the primary alone",
            None,
            median_ratio([(mine.blocks, alone.blocks) for mine, alone in rounds]),
            unit="times",
            beside=beside("blocks", "blocks"),
        ),
    ]

"""The API's look-up of one device with a replica on the same machine, beside the primary alone."""

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
from bench.servers import Database, running
from bench.timing import median_ratio
from firmtrack.accounts.kinds import PartyKind, TokenScope
from firmtrack.accounts.parties import add_party
from firmtrack.accounts.tokens import create_token
from firmtrack.store import database

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
    with running(run.scratch / "primary") as primary:
        database.use(primary.conninfo)
        database.migrate()
        operator = add_party("DCC", PartyKind.DCC, [DCC])
        token = create_token(operator, TokenScope.READ, created_at=datetime.now(UTC))
        devices = devices_for(events)
        fill(primary.conninfo, 0, devices)
        database.close()
        calls = lookup_calls(token, devices)
        with running(run.scratch / "standby", follows=primary) as standby:
            # In turns, so that a slow minute of the machine slows both.
            rounds = [
                (
                    _asked(primary, calls, seconds, standby=standby),
                    _asked(primary, calls, seconds, standby=None),
                )
                for _ in range(_ROUNDS)
            ]
    return _figures(f"API look-up of one device among {events:,} events, {CLIENTS} clients", rounds)


def _asked(
    primary: Database, calls: list[bytes], seconds: float, *, standby: Database | None
) -> _Found:
    replica = None if standby is None else standby.conninfo
    blocks = primary.blocks_read()
    with serving(primary.conninfo, replica=replica) as address:
        if replica is not None:
            _wait_for_replica(address)
        first = load(calls, seconds)  # so that both begin with all they read in memory
        processor = primary.processor_seconds()
        found = load(calls, seconds)
        processor = primary.processor_seconds() - processor
    # Connections tell what they have counted when they end.
    blocks = primary.blocks_read() - blocks
    answers = len(found.seconds)
    return _Found(found, processor / answers, blocks / (answers + len(first.seconds)))


def _wait_for_replica(address: str) -> None:
    """Return when look-ups read on the replica. One process says so, all look twice a second."""
    until = time.monotonic() + _STARTS_SECONDS
    while True:
        with urllib.request.urlopen(f"{address}/readyz", timeout=5) as answer:
            if json.load(answer)["replica"]["code"] == "in_use":
                return
        assert time.monotonic() < until, "the replica is not used"
        time.sleep(0.1)  # nobody tells


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
            f"{job}, with a replica: the primary's processor time for one",
            "the primary alone",
            at_most(0.5),
            median_ratio(
                [(mine.processor_seconds, alone.processor_seconds) for mine, alone in rounds]
            ),
            unit="times",
            beside=beside("ms", "processor_seconds", scale=1_000),
        ),
        Figure(
            f"{job}, with a replica: the blocks that the primary looks at for one",
            "the primary alone",
            None,
            median_ratio([(mine.blocks, alone.blocks) for mine, alone in rounds]),
            unit="times",
            beside=beside("blocks", "blocks"),
        ),
    ]

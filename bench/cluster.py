"""The same store on one server and spread over a cluster, both on the same machine.

The one server is the cluster's coordinator, with a database that is not distributed.
"""

import random
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from time import perf_counter

from bench.figures import Figure, Reach, at_least, at_most
from bench.run import Run
from bench.scene import (
    DCC,
    USER,
    WAY,
    device_ids,
    events_of,
    messages_of,
    request_messages,
    requests_for,
)
from bench.timing import median_ratio, medians, seconds_of, usual_seconds
from firmtrack.answers.requests import DistributionFilter
from firmtrack.domain.facts import Message
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.viewer import Viewer
from firmtrack.lookups import device
from firmtrack.store.database import connected
from firmtrack.store.ledger.recording import Batch, record
from firmtrack.store.planner import renew_statistics
from firmtrack.store.reading import requests
from tests.citus import CITUS_URL, Cluster
from tests.databases import used

_SHARDS = (8, 16, 32)
_BATCH_EVENTS = 50_000
_PER_MESSAGE = 500
_ROUNDS = 5
_WARMING_SECONDS = 1.0
_LARGE = RequestId(USER, DCC, 1)
_VIEWER = Viewer.of_dcc("bench")
_AGAINST = "one server, on the same machine"


@dataclass
class _Store:
    """A database, and how long each batch of the ledger took on it."""

    conninfo: str
    seconds: list[float] = field(default_factory=list)


def measure(run: Run) -> list[Figure]:
    """Return the figures of each number of shards. TEST_CITUS_URL names the coordinator."""
    if CITUS_URL is None:
        raise SystemExit("TEST_CITUS_URL names no coordinator of Citus with workers.")
    cluster = Cluster(CITUS_URL)
    events = run.sized(400_000, least=5_000)
    shares = requests_for(device_ids(events // len(WAY), seed=1))
    large = {_LARGE: device_ids(run.sized(50_000, least=100), seed=2)}
    with ExitStack() as stack:
        one, *spread = (
            _Store(stack.enter_context(cluster.fresh_database(shards=shards)))
            for shards in (None, *_SHARDS)
        )
        stores = [one, *spread]
        for store in stores:
            with used(store.conninfo):
                record(Batch(messages=request_messages(shares | large)))
        _record_in_turns(stores, list(messages_of(events_of(shares, seed=3), _PER_MESSAGE)))
        for store in stores:
            with used(store.conninfo):
                for batch in _batches(
                    list(messages_of(events_of(large, seed=4), _PER_MESSAGE, name="large"))
                ):
                    record(Batch(messages=batch))
                _tell_planner()
        devices = [each for share in shares.values() for each in share]
        return [
            figure
            for shards, store in zip(_SHARDS, spread, strict=True)
            for figure in _figures(f"{shards} shards", store, one, devices)
        ]


def _record_in_turns(stores: Sequence[_Store], messages: Sequence[Message]) -> None:
    """Record batch by batch, each on all stores one after the other, none always first."""
    for number, batch in enumerate(_batches(messages)):
        for place in range(len(stores)):
            store = stores[(number + place) % len(stores)]
            with used(store.conninfo):
                record(Batch(messages=batch[:1]))  # so that it is connected, and has its place
                store.seconds.append(seconds_of(partial(record, Batch(messages=batch[1:]))))


def _batches(messages: Sequence[Message]) -> list[list[Message]]:
    left = iter(messages)
    found = []
    while batch := list(islice(left, _BATCH_EVENTS // _PER_MESSAGE)):
        found.append(batch)
    return found


def _tell_planner() -> None:
    with connected() as connection:
        connection.execute("ANALYZE")
        while renew_statistics(connection):
            pass


def _figures(name: str, mine: _Store, one: _Store, devices: Sequence[Eui64]) -> list[Figure]:
    pairs = list(zip(one.seconds, mine.seconds, strict=True))
    events = _BATCH_EVENTS - _PER_MESSAGE
    alone, spread = (events / seconds for seconds in medians(pairs))
    chance = random.Random(5)  # reproducible, not secret
    reads: dict[str, tuple[Reach, Callable[[], object]]] = {
        "look-up of a device": (
            at_most(5.0),
            lambda: device.find_device(_VIEWER, chance.choice(devices)),
        ),
        "first page of a 50,000-device request": (
            at_most(5.0),
            lambda: requests.list_distributions(_VIEWER, _LARGE, DistributionFilter(), limit=100),
        ),
        "counts of a 50,000-device request": (
            at_most(5.0),
            lambda: requests.find_request(_VIEWER, _LARGE),
        ),
    }
    ledger = Figure(
        f"{name}: ledger in batches of 50,000, 500 in a message",
        _AGAINST,
        at_least(0.9),
        median_ratio(pairs),  # as many times faster as the one server is slower
        beside=f"{spread:,.0f} of {alone:,.0f} events a second",
    )
    return [
        ledger,
        *(
            _read(f"{name}: {what}", reach, mine, one, action)
            for what, (reach, action) in reads.items()
        ),
    ]


def _read(
    job: str, reach: Reach, mine: _Store, one: _Store, action: Callable[[], object]
) -> Figure:
    pairs = [(_usual_seconds(mine, action), _usual_seconds(one, action)) for _ in range(_ROUNDS)]
    spread, alone = medians(pairs)
    return Figure(
        job,
        _AGAINST,
        reach,
        median_ratio(pairs),
        unit="times",
        beside=f"{spread * 1_000:.2f} of {alone * 1_000:.2f} ms",
    )


def _usual_seconds(store: _Store, action: Callable[[], object]) -> float:
    with used(store.conninfo):
        # As a server that has been up for a while: statements are planned, and on the nodes each
        # connection has seen every shard, which takes it some milliseconds at first.
        begun_at = perf_counter()
        while perf_counter() - begun_at < _WARMING_SECONDS:
            action()
        return usual_seconds(action, within_seconds=1.0)

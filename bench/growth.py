"""What grows with the store: every read, and the ledger, at a million events and at ten million.

Both stores stand at once and are asked in turns.
"""

from contextlib import ExitStack
from functools import partial
from random import Random
from statistics import median

from bench.figures import Figure, Reach, at_most
from bench.ledger import batched, record_all
from bench.reads import READS, Read, check, named
from bench.report import console
from bench.run import Run
from bench.scene import WAY, copy_events, device_ids, events_of, request_messages, requests_for
from bench.stores import Store, count, filled_store, keep_inputs
from bench.timing import median_ratio, medians, seconds_of, usual_seconds
from firmtrack.store import database
from firmtrack.store.ledger.recording import Batch, record

_ROUNDS = 5
_MOST_GROWTH = at_most(1.3)
_LIMITS = {
    f"{which} page of the large request": at_most(5) for which in ("first", "middle", "last")
}


def measure(run: Run) -> list[Figure]:
    """Return of each read how many times slower it is, and of the ledger how many times."""
    sizes = run.sized(1_000_000, least=6_000), run.sized(10_000_000, least=60_000)
    with ExitStack() as held:
        stores = [held.enter_context(filled_store(run, events)) for events in sizes]
        for store in stores:
            database.use(store.conninfo)
            check(store)
        ledger = _ledger(run, stores, sizes)
        for store, events in zip(stores, sizes, strict=True):
            database.use(store.conninfo)
            keep_inputs(events)
            count()
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in READS}
        for number in range(_ROUNDS):
            console.print(f"  round {number + 1} of {_ROUNDS} of all reads")
            before, now = ({n: _usual(run, store, r) for n, r in READS.items()} for store in stores)
            for name in READS:
                taken[name].append((now[name], before[name]))
    figures = [*ledger]
    for name, pairs in taken.items():
        figures += _figures(name, pairs, stores[0], sizes)
    return figures


def _usual(run: Run, store: Store, read: Read) -> float:
    """Return how long a read of the store usually takes, after a first time."""
    if database.conninfo_in_use() != store.conninfo:
        database.use(store.conninfo)
    chance = Random(5)  # reproducible, not secret
    read(store, chance)
    return usual_seconds(partial(read, store, chance), within_seconds=run.seconds(0.5))


def _figures(
    name: str, pairs: list[tuple[float, float]], store: Store, sizes: tuple[int, int]
) -> list[Figure]:
    said = named(name, store)
    now, before = (seconds * 1_000 for seconds in medians(pairs))
    grown = Figure(
        f"growth: {said}, {sizes[1]:,} events",
        f"itself at {sizes[0]:,} events",
        _MOST_GROWTH,
        median_ratio(pairs),
        unit="times",
        beside=f"{before:.3g} and {now:.3g} ms",
    )
    reach: Reach | None = _LIMITS.get(name)
    if reach is None:
        return [grown]
    return [grown, Figure(f"{said} among {sizes[1]:,} events", "–", reach, now, unit="ms")]


def _ledger(run: Run, stores: list[Store], sizes: tuple[int, int]) -> list[Figure]:
    """Return how much slower the ledger is, each time beside a COPY of the same rows."""
    events = run.sized(200_000, least=5_000)
    shares: list[tuple[float, float]] = []
    rates: list[tuple[float, float]] = []
    for number in range(_ROUNDS):
        requests = requests_for(
            device_ids(events // len(WAY), seed=20 + number),
            first_counter=1_000_000 * (number + 1),
        )
        told = list(events_of(requests, seed=number))
        batches = list(batched(told, 500, name=f"growth {number}"))
        share, rate = [], []
        for store in stores:
            database.use(store.conninfo)
            record(Batch(messages=request_messages(requests)))
            limit = seconds_of(partial(copy_events, store.conninfo, told))
            taken = seconds_of(partial(record_all, batches))
            share.append(limit / taken)
            rate.append(len(told) / taken)
        shares.append((share[0], share[1]))
        rates.append((rate[0], rate[1]))
    before, now = (median(each) for each in zip(*rates, strict=True))
    return [
        Figure(
            f"growth: ledger, {events:,} events more, 500 in a message, {sizes[1]:,} events",
            f"itself at {sizes[0]:,} events, each beside a bare COPY of the same rows",
            _MOST_GROWTH,
            median_ratio(shares),
            unit="times",
            beside=f"{before:,.0f} and {now:,.0f} a second",
        )
    ]

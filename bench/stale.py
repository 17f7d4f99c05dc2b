"""Pages of figures after much was recorded that is not yet counted, beside the same when it is."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from random import Random

from bench.figures import Figure, at_most
from bench.filling import device_at
from bench.reads import all_performance, fresh, some_peers
from bench.run import Run
from bench.scene import START
from bench.stores import Store, count, filled_store, record_events
from bench.timing import median_ratio, medians, usual_seconds
from firmtrack.domain.facts import Event
from firmtrack.domain.stages import Status

_ROUNDS = 3
_PAGES = {
    "delivery performance": all_performance,
    "peers of a device": some_peers,
    "freshness": fresh,
}


def measure(run: Run) -> list[Figure]:
    """Return how much slower each page is while much waits to be counted."""
    events, waiting = run.sized(1_000_000, least=6_000), run.sized(100_000, least=1_000)
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in _PAGES}
    with filled_store(run, events) as store:
        for number in range(_ROUNDS):
            record_events(list(_news(store, number, waiting)), f"news {number}")
            stale = _usual(run, store)
            count()
            fresh = _usual(run, store)
            for name in _PAGES:
                taken[name].append((stale[name], fresh[name]))
    return [
        Figure(
            f"{name} with {waiting:,} events not counted, {events:,} events",
            "the same, all counted",
            at_most(1.1),
            median_ratio(pairs),
            unit="times",
            beside="{:.2f} and {:.2f} ms".format(*(each * 1_000 for each in medians(pairs))),
        )
        for name, pairs in taken.items()
    ]


def _usual(run: Run, store: Store) -> dict[str, float]:
    """Return how long each page usually takes, of the same devices every time."""
    found = {}
    for name, read in _PAGES.items():
        chance = Random(7)  # reproducible, not secret
        read(store, chance)
        found[name] = usual_seconds(
            partial(read, store, chance), within_seconds=run.seconds(2), most=200
        )
    return found


def _news(store: Store, number: int, events: int) -> Iterator[Event]:
    """Yield a word of so many devices, of all requests in turn."""
    for each in range(events):
        device = each * 7919 % store.devices
        yield Event(
            device_id=device_at(device),
            status=Status.TRANSFERRED_TO_DEVICE,
            occurred_at=START + timedelta(days=300 + number, milliseconds=each),
            request_id=store.request_of(device),
        )

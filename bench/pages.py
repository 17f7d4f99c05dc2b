"""The pages of a request of 50,000 devices among others, idle and while alerts for it pour in."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from random import Random
from statistics import median

from bench.another import another_writer
from bench.figures import Figure, Reach, at_most
from bench.ledger import batched
from bench.reads import READS, check, first_page, named
from bench.run import Run
from bench.scene import START
from bench.stores import Store, filled_store
from bench.timing import median_ratio, medians, usual_seconds
from firmtrack.domain.facts import Event
from firmtrack.domain.stages import Status

_ROUNDS = 3
_ALERTS_A_SECOND = 10_000
_ALERTS_A_BATCH = 1_000
_BUSY_SECONDS = 4.0

_REACHES: dict[str, Reach | None] = {
    "first page of the large request": at_most(5),
    "middle page of the large request": at_most(5),
    "last page of the large request": at_most(5),
    "page by pace of the large request": at_most(100),
    "pace counts of the large request": at_most(100),
    "counts of the large request": None,
}


def measure(run: Run) -> list[Figure]:
    """Return how long each page usually takes in the store, and how much longer when it is busy."""
    events = run.sized(1_000_000, least=6_000)
    with filled_store(run, events) as store:
        check(store)
        chance = Random(6)  # reproducible, not secret
        idle = {}
        for name in _REACHES:
            READS[name](store, chance)
            idle[name] = usual_seconds(
                partial(READS[name], store, chance), within_seconds=run.seconds(2)
            )
        busy = _busy(run, store)
    return [
        *(
            Figure(
                f"{named(name, store)} among {events:,} events",
                "–",
                reach,
                idle[name] * 1_000,
                unit="ms",
            )
            for name, reach in _REACHES.items()
        ),
        busy,
    ]


def _busy(run: Run, store: Store) -> Figure:
    """Return how much longer the first page takes while alerts for its request come."""
    chance = Random(6)  # reproducible, not secret
    seconds = run.seconds(_BUSY_SECONDS)
    pairs, rates = [], []
    for number in range(_ROUNDS):
        batches = list(batched(_alerts(store, number, seconds), 1, name=f"busy {number}"))
        told = [each[first : first + _ALERTS_A_BATCH] for each in batches
                for first in range(0, len(each), _ALERTS_A_BATCH)]  # fmt: skip
        pause = _ALERTS_A_BATCH / _ALERTS_A_SECOND
        with another_writer(store.conninfo, told, every_seconds=pause) as another:
            idle = usual_seconds(
                partial(first_page, store, chance), within_seconds=run.seconds(1), most=1_000
            )
            another.begin()
            busy = usual_seconds(
                partial(first_page, store, chance), within_seconds=seconds * 0.75, most=10_000
            )
            done = another.end()
        pairs.append((busy, idle))
        rates.append(done.batches * _ALERTS_A_BATCH / (done.ended - done.began))
    busy_ms, idle_ms = (seconds * 1_000 for seconds in medians(pairs))
    return Figure(
        named("first page of the large request while 10,000 alerts a second come for it", store),
        "itself, idle",
        at_most(2),
        median_ratio(pairs),
        unit="times",
        beside=f"{busy_ms:.2f} and {idle_ms:.2f} ms; {median(rates):,.0f} alerts a second came",
    )


def _alerts(store: Store, number: int, seconds: float) -> Iterator[Event]:
    """Yield alerts of the large request's devices, as many as come in that time."""
    devices = store.large_devices
    for each in range(int(_ALERTS_A_SECOND * seconds)):
        yield Event(
            device_id=devices[each * 7919 % len(devices)],
            status=Status.TRANSFERRED_TO_DEVICE,
            occurred_at=START + timedelta(days=1 + number, milliseconds=each),
            request_id=store.large,
        )

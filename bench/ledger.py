"""The ledger: a million events in batches of ten thousand, current status kept."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice

from bench.figures import Figure, Reach, at_least
from bench.run import Run
from bench.scene import (
    WAY,
    copy_events,
    device_ids,
    events_of,
    fresh_database,
    messages_of,
    request_messages,
    requests_for,
)
from bench.timing import median_ratio, medians, seconds_of
from firmtrack.domain.facts import Event, Message
from firmtrack.store.ledger.recording import Batch, record

BATCH_EVENTS = 10_000
_ROUNDS = 3


def measure(run: Run) -> list[Figure]:
    """Return the figures for messages that tell of many devices, and for one message an event."""
    events = run.sized(1_000_000, least=5_000)
    return [
        _figure(run, events, 500, "500 in a message", at_least(0.30)),
        _figure(run, events, 1, "each from a message of its own", at_least(0.12)),
    ]


def _figure(run: Run, events: int, events_per_message: int, how: str, reach: Reach) -> Figure:
    requests = requests_for(device_ids(events // len(WAY), seed=1))
    all_events = list(events_of(requests, seed=2))
    pairs = []
    for _ in range(_ROUNDS):
        with fresh_database(run.server) as conninfo:
            record(Batch(messages=request_messages(requests)))
            batches = list(batched(all_events, events_per_message))
            limit = seconds_of(partial(copy_events, conninfo, all_events))
            taken = seconds_of(partial(record_all, batches))
        pairs.append((limit, taken))
    copied, recorded = (len(all_events) / seconds for seconds in medians(pairs))
    return Figure(
        f"ledger: {events:,} events in batches of 10,000, {how}",
        "bare COPY of the same rows into one keyed table",
        reach,
        median_ratio(pairs),
        beside=f"{recorded:,.0f} of {copied:,.0f} events a second",
    )


def batched(
    events: Iterable[Event], events_per_message: int, *, name: str = ""
) -> Iterator[list[Message]]:
    """Yield the messages that tell the events, so many in each, in batches of 10,000 events.

    Those of another ``name`` are other messages.
    """
    messages = messages_of(events, events_per_message, name=name)
    while batch := list(islice(messages, BATCH_EVENTS // events_per_message)):
        yield batch


def record_all(batches: Iterable[Sequence[Message]]) -> None:
    """Record each batch in a transaction of its own."""
    for batch in batches:
        record(Batch(messages=batch))

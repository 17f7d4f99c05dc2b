"""The ledger: a million events in batches of ten thousand, current status kept."""

from collections.abc import Iterator
from itertools import islice

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
from bench.table import Figure, seconds_of
from firmtrack.domain.facts import Message
from firmtrack.store.embedded import EmbeddedPostgres
from firmtrack.store.ledger.recording import Batch, record

BATCH_EVENTS = 10_000


def measure(server: EmbeddedPostgres, events: int) -> list[Figure]:
    """Return the figures for messages that tell of many devices, and for one message an event."""
    return [
        Figure(
            f"ledger: {events:,} events in batches of 10,000, {how}",
            "bare COPY of the same rows",
            asked,
            f"{_ratio(server, events, events_per_message):.3f}",
        )
        for events_per_message, how, asked in (
            (500, "500 in a message", "at least 0.22"),
            (1, "each from a message of its own", "(not asked)"),
        )
    ]


def _ratio(server: EmbeddedPostgres, events: int, events_per_message: int) -> float:
    requests = requests_for(device_ids(events // len(WAY), seed=1))
    all_events = list(events_of(requests, seed=2))
    with fresh_database(server) as conninfo:
        limit = seconds_of(lambda: copy_events(conninfo, all_events))
        record(Batch(messages=request_messages(requests)))
        batches = list(_batches(messages_of(all_events, events_per_message), events_per_message))
        taken = seconds_of(lambda: [record(Batch(messages=batch)) for batch in batches])
    return limit / taken


def _batches(messages: Iterator[Message], events_per_message: int) -> Iterator[list[Message]]:
    while batch := list(islice(messages, BATCH_EVENTS // events_per_message)):
        yield batch

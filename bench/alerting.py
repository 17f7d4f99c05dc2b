"""Processes that record single alerts without end, and note how long each takes."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import cycle
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import NamedTuple

from bench.scene import messages_of
from firmtrack.domain.facts import Event, Message
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import Status

WRITERS = 3
"""How many there are."""

_ENDS_WITHIN_SECONDS = 60
_SPAWN = get_context("spawn")

Known = Mapping[RequestId, Sequence[Eui64]]


class Taken(NamedTuple):
    """When an alert began to be recorded, by time.monotonic(), and how long that took."""

    began: float
    seconds: float


@contextmanager
def alerting(conninfo: str, known: Known, start: datetime, number: int) -> Iterator[Connection]:
    """Have a process record alerts until it is told to end; yield the pipe to it."""
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_record_alerts, args=(theirs, conninfo, known, start, number))
    process.start()
    theirs.close()
    try:
        ours.recv()
        yield ours
    finally:
        ours.close()
        process.join(_ENDS_WITHIN_SECONDS)


def ended(pipe: Connection) -> list[Taken]:
    """Have the process end, and return what its alerts took."""
    pipe.send(None)
    taken = pipe.recv()
    assert isinstance(taken, list), taken
    return taken


def _record_alerts(
    pipe: Connection,
    conninfo: str,
    known: Known,
    start: datetime,
    number: int,
) -> None:
    import django

    django.setup()
    from firmtrack.store import database
    from firmtrack.store.ledger.recording import Batch, record

    database.use(conninfo)
    record(Batch())  # a connection stands
    pipe.send(None)
    taken = []
    for alert in _alerts(known, start, number):
        if pipe.poll():
            break
        began = time.monotonic()
        record(Batch(messages=[alert]))
        taken.append(Taken(began, time.monotonic() - began))
    pipe.send(taken)
    database.close()


def _alerts(known: Known, start: datetime, number: int) -> Iterator[Message]:
    """Yield a writer's alerts without end, each of its own time."""
    pairs = [(request_id, device) for request_id, share in known.items() for device in share]
    events = (
        Event(
            device_id=device,
            status=Status.DELIVERED_TO_COMMS_HUB,
            occurred_at=start + timedelta(hours=1, milliseconds=place),
            request_id=request_id,
        )
        for place, (request_id, device) in enumerate(cycle(pairs[number::WRITERS]))
    )
    return messages_of(events, 1, name=f"alert {number}")

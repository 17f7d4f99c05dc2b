"""Another process that records: all at once, or batch by batch at a steady pace."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import NamedTuple

from firmtrack.domain.facts import Message

_SPAWN = get_context("spawn")
_ENDS_WITHIN_SECONDS = 60


class Recorded(NamedTuple):
    """How many batches were recorded, and from when to when by time.monotonic()."""

    batches: int
    began: float
    ended: float


class AnotherWriter:
    """A process that stands ready to record what it was given."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._pipe.recv()

    def begin(self) -> None:
        """Have it record."""
        self._pipe.send(None)

    def is_done(self) -> bool:
        """Return whether all is recorded."""
        return self._pipe.poll()

    def wait(self) -> None:
        """Return once all is recorded."""
        self._pipe.poll(None)

    def end(self) -> Recorded:
        """Have it end after the batch that it is at, and return what it did."""
        if not self.is_done():
            self._pipe.send(None)
        found = self._pipe.recv()
        assert isinstance(found, Recorded), found
        return found


@contextmanager
def another_writer(
    conninfo: str, batches: Sequence[Sequence[Message]], *, every_seconds: float = 0.0
) -> Iterator[AnotherWriter]:
    """Yield a process that has the batches, each for a transaction, and waits for its beginning."""
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_record, args=(theirs, conninfo, batches, every_seconds))
    process.start()
    theirs.close()
    try:
        yield AnotherWriter(ours)
    finally:
        ours.close()
        process.join(_ENDS_WITHIN_SECONDS)


def _record(
    pipe: Connection, conninfo: str, batches: Sequence[Sequence[Message]], every_seconds: float
) -> None:
    import django

    django.setup()
    from firmtrack.store import database
    from firmtrack.store.ledger.recording import Batch, record

    database.use(conninfo)
    record(Batch())  # a connection stands
    pipe.send(None)
    pipe.recv()
    began = time.monotonic()
    done = 0
    for batch in batches:
        time.sleep(max(0.0, began + done * every_seconds - time.monotonic()))
        if pipe.poll():
            break
        record(Batch(messages=batch))
        done += 1
    pipe.send(Recorded(done, began, time.monotonic()))
    database.close()

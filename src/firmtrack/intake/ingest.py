"""Taking in many messages: several processes read, verify and record, a chunk at a time.

Each process records what it has read itself. The ledger lets any number of writers at it, and what
a message says is larger than the message: sending it back to be recorded in one place cost more
than reading it.
"""

import os
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from itertools import chain, islice
from multiprocessing import get_context, parent_process
from typing import Self, TypeAlias

from firmtrack.errors import FirmtrackError
from firmtrack.intake.envelopes import Envelope
from firmtrack.intake.receive import OutcomeKind, Submitter, receive
from firmtrack.store import database

_CHUNK_MESSAGES = 2_000
_CHUNK_BYTES = 4 * 1024 * 1024
_CHUNKS_PER_PROCESS = 2
# Then the processes are replaced: libxml2 keeps every name of an element that it has met, so
# hostile documents make a process grow by as much as they bring.
_CHUNKS_PER_LIFE = 500

Chunk: TypeAlias = list[Envelope]


class ReaderDied(FirmtrackError):
    """A process that reads messages was killed. Take the same in again to complete it."""


@dataclass(slots=True)
class Tally:
    """How many messages had which outcome, and how many new events they told."""

    outcomes: Counter[OutcomeKind] = field(default_factory=Counter)
    events: int = 0

    @property
    def messages(self) -> int:
        """All messages."""
        return self.outcomes.total()

    def __iadd__(self, other: Self) -> Self:
        self.outcomes += other.outcomes
        self.events += other.events
        return self


def ingest(
    envelopes: Iterable[Envelope],
    submitter: Submitter,
    on_settled: Callable[[Tally], None] = lambda _: None,
) -> Tally:
    """Take in all the envelopes and return the tally.

    ``on_settled`` is given the tally so far after each commit. If this ends half-way, all that was
    told as settled is committed, and doing it again completes the rest. Raises ReaderDied.
    """
    tally = Tally()
    try:
        for settled in _settled(_chunks(envelopes), submitter):
            tally += settled
            on_settled(tally)
    except BrokenProcessPool:
        raise ReaderDied from None
    return tally


def _chunks(envelopes: Iterable[Envelope]) -> Iterator[Chunk]:
    chunk: Chunk = []
    chunk_bytes = 0
    for envelope in envelopes:
        is_full = len(chunk) == _CHUNK_MESSAGES or chunk_bytes + len(envelope.body) > _CHUNK_BYTES
        if chunk and is_full:
            yield chunk
            chunk, chunk_bytes = [], 0
        chunk.append(envelope)
        chunk_bytes += len(envelope.body)
    if chunk:
        yield chunk


def _settled(chunks: Iterator[Chunk], submitter: Submitter) -> Iterator[Tally]:
    """Yield each chunk's tally once it is committed, in order, while others are under way.

    No process is started for a single chunk.
    """
    first = list(islice(chunks, 2))
    if len(first) < 2:
        yield from (_settle(chunk, submitter) for chunk in first)
        return
    rest = chain(first, chunks)
    while life := list(islice(rest, 1)):
        yield from _settled_by_pool(chain(life, islice(rest, _CHUNKS_PER_LIFE)), submitter)


def _settled_by_pool(chunks: Iterable[Chunk], submitter: Submitter) -> Iterator[Tally]:
    """Yield the chunks' tallies from one pool of processes, which lives as long as the chunks last.

    A chunk of one large message is taken in by this process: to send it away would hold it twice.
    """
    processes = os.cpu_count() or 1
    with ProcessPoolExecutor(
        processes,
        mp_context=get_context("spawn"),
        initializer=_start_process,
        initargs=(database.conninfo_in_use(), submitter),
    ) as pool:
        under_way: deque[Future[Tally]] = deque()
        for chunk in chunks:
            if _is_one_large_message(chunk):
                yield _settle(chunk, submitter)
                continue
            under_way.append(pool.submit(_settle_here, chunk))
            if len(under_way) > processes * _CHUNKS_PER_PROCESS:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def _is_one_large_message(chunk: Chunk) -> bool:
    return len(chunk) == 1 and len(chunk[0].body) > _CHUNK_BYTES


def _settle(chunk: Chunk, submitter: Submitter) -> Tally:
    tally = Tally()
    for outcome in receive(chunk, submitter):
        tally.outcomes[outcome.outcome] += 1
        tally.events += outcome.events
    return tally


class _Process:
    """What a process of the pool was given at its start."""

    submitter: Submitter


def _start_process(conninfo: str, submitter: Submitter) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # Django is not set up: what reads and records needs none of its models, whose import takes
    # longer than a thousand messages.
    database.use(conninfo)
    _Process.submitter = submitter


def _settle_here(chunk: Chunk) -> Tally:
    return _settle(chunk, _Process.submitter)


def _end_with_parent() -> None:
    """End this process when its parent does: killed, it can tell nobody that there is no work."""
    parent = parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)

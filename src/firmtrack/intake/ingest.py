"""Taking in many messages: read by several processes, recorded in large transactions."""

import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_context
from types import TracebackType
from typing import Self

from firmtrack.intake.envelopes import Envelope
from firmtrack.intake.reading import Reading, ReadingRules, read_envelopes
from firmtrack.intake.receive import OutcomeKind, Submitter, reading_rules, settle

_CHUNK_MESSAGES = 400
_CHUNK_BYTES = 4 * 1024 * 1024
_BATCH_MESSAGES = 10_000
_BATCH_BYTES = 32 * 1024 * 1024

Chunk = Sequence[Envelope]


@dataclass(slots=True)
class Tally:
    """How many messages had which outcome, and how many new events they told."""

    outcomes: Counter[OutcomeKind] = field(default_factory=Counter)
    events: int = 0

    @property
    def messages(self) -> int:
        """All messages."""
        return self.outcomes.total()


def ingest(
    envelopes: Iterable[Envelope],
    submitter: Submitter,
    on_settled: Callable[[Tally], None] = lambda _: None,
) -> Tally:
    """Take in all the envelopes and return the tally.

    ``on_settled`` is given the tally so far after each commit. If this ends half-way, all that was
    told as settled is committed, and doing it again completes the rest.
    """
    tally = Tally()
    with _Readers(reading_rules()) as readers:
        for batch, readings in _batches(readers.read(_chunks(envelopes))):
            for outcome in settle(batch, readings, submitter):
                tally.outcomes[outcome.outcome] += 1
                tally.events += outcome.events
            on_settled(tally)
    return tally


def _chunks(envelopes: Iterable[Envelope]) -> Iterator[Chunk]:
    chunk: list[Envelope] = []
    chunk_bytes = 0
    for envelope in envelopes:
        if chunk and chunk_bytes + len(envelope.body) > _CHUNK_BYTES:
            yield chunk
            chunk, chunk_bytes = [], 0
        chunk.append(envelope)
        chunk_bytes += len(envelope.body)
        if len(chunk) == _CHUNK_MESSAGES:
            yield chunk
            chunk, chunk_bytes = [], 0
    if chunk:
        yield chunk


def _batches(
    read: Iterable[tuple[Chunk, list[Reading]]],
) -> Iterator[tuple[list[Envelope], list[Reading]]]:
    batch: list[Envelope] = []
    readings: list[Reading] = []
    batch_bytes = 0
    for chunk, chunk_readings in read:
        batch += chunk
        readings += chunk_readings
        batch_bytes += sum(len(envelope.body) for envelope in chunk)
        if len(batch) >= _BATCH_MESSAGES or batch_bytes >= _BATCH_BYTES:
            yield batch, readings
            batch, readings, batch_bytes = [], [], 0
    if batch:
        yield batch, readings


class _Readers:
    """Processes that read chunks; none is started for a single chunk.

    A chunk of one large message is read in this process: to send it away would hold it twice.
    """

    def __init__(self, rules: ReadingRules) -> None:
        self._rules = rules
        self._processes = os.cpu_count() or 1
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def read(self, chunks: Iterator[Chunk]) -> Iterator[tuple[Chunk, list[Reading]]]:
        """Yield each chunk with its readings, in order, while further chunks are being read."""
        first = list(islice(chunks, 2))
        if len(first) < 2:
            yield from ((chunk, read_envelopes(chunk, self._rules)) for chunk in first)
            return
        waiting: deque[tuple[Chunk, Future[list[Reading]]]] = deque()
        for chunk in _chained(first, chunks):
            waiting.append((chunk, self._start(chunk)))
            if len(waiting) > self._processes * 2:
                done, future = waiting.popleft()
                yield done, future.result()
        while waiting:
            done, future = waiting.popleft()
            yield done, future.result()

    def _start(self, chunk: Chunk) -> "Future[list[Reading]]":
        if len(chunk) == 1 and len(chunk[0].body) > _CHUNK_BYTES:
            here: Future[list[Reading]] = Future()
            here.set_result(read_envelopes(chunk, self._rules))
            return here
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._processes,
                mp_context=get_context("spawn"),
                initializer=_set_rules,
                initargs=(self._rules,),
            )
        return self._pool.submit(_read_chunk, chunk)


def _chained(first: Iterable[Chunk], rest: Iterator[Chunk]) -> Iterator[Chunk]:
    yield from first
    yield from rest


class _InWorker:
    """What a reading process was given at its start."""

    rules: ReadingRules


def _set_rules(rules: ReadingRules) -> None:
    _InWorker.rules = rules


def _read_chunk(chunk: Chunk) -> list[Reading]:
    return read_envelopes(chunk, _InWorker.rules)

"""The process that reads and records for a worker: started, replaced, and survived.

The worker itself opens no message. What kills a reader is tried again with fewer others beside it,
until one message is left that kills it alone; that one goes into quarantine.
"""

import asyncio
import logging
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import ParamSpec, TypeAlias, TypeVar

from msgspec import msgpack

from firmtrack.errors import FirmtrackError
from firmtrack.store import database
from firmtrack.stream.arrivals import READER_DIED, Arrival
from firmtrack.stream.settling import Settled, settle_here, start_process

Settle: TypeAlias = Callable[[Sequence[Arrival]], list[Settled]]
_P = ParamSpec("_P")
_T = TypeVar("_T")
# libxml2 keeps every name of an element that it has met, so hostile documents make a process grow
# by as much as they bring: it is replaced now and then.
_BATCHES_PER_LIFE = 500
_arrivals_decoder = msgpack.Decoder(list[Arrival])
_settled_decoder = msgpack.Decoder(list[Settled])
_log = logging.getLogger(__name__)


class ReaderLost(FirmtrackError):
    """The process that reads messages was killed, or cannot be started."""


class Reader:
    """One process that settles a batch at a time; any number may wait for it."""

    def __init__(self, settle: Settle = settle_here) -> None:
        self._settle_there = settle
        self._pool: ProcessPoolExecutor | None = None
        self._batches = 0
        self._careful = asyncio.Lock()

    async def settle(self, arrivals: Sequence[Arrival]) -> list[Settled]:
        """Return what became of the messages, in their order. Raises DatabaseFailed."""
        if self._careful.locked():
            async with self._careful:
                pass
        try:
            return await self._settle(arrivals)
        except ReaderLost:
            async with self._careful:
                return await self._settle_carefully(arrivals)

    async def _settle_carefully(self, arrivals: Sequence[Arrival]) -> list[Settled]:
        """Do the same while nothing else is being settled: what kills the process is among them."""
        try:
            return await self._settle(arrivals)
        except ReaderLost:
            if len(arrivals) == 1:
                _log.error("%s killed the process that read it", arrivals[0].envelope.origin)
                return await self._settle([arrivals[0].refused_for(READER_DIED)])
        middle = len(arrivals) // 2
        return [
            *await self._settle_carefully(arrivals[:middle]),
            *await self._settle_carefully(arrivals[middle:]),
        ]

    async def _settle(self, arrivals: Sequence[Arrival]) -> list[Settled]:
        packed = await self.do(_settle_packed, self._settle_there, msgpack.encode(arrivals))
        return _settled_decoder.decode(packed)

    async def do(self, what: Callable[_P, _T], *given: _P.args, **named: _P.kwargs) -> _T:
        """Return what a function returns in the process."""
        pool = self._pool_for_next()
        try:
            with _signals_held():  # it may start the process now, which hears none of them then
                future = pool.submit(what, *given, **named)
            return await asyncio.wrap_future(future)
        except BrokenProcessPool:
            if self._pool is pool:
                self._pool = None
            pool.shutdown(wait=False)
            raise ReaderLost from None

    @property
    def has_begun(self) -> bool:
        """Whether there is a process, or one is being started."""
        return self._pool is not None

    def stop(self) -> None:
        """End the process, when it has done what it does."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    def _pool_for_next(self) -> ProcessPoolExecutor:
        if self._pool is not None and self._batches >= _BATCHES_PER_LIFE:
            self._pool.shutdown(wait=False)  # it ends when what was given to it is done
            self._pool = None
        if self._pool is None:
            self._batches = 0
            self._pool = ProcessPoolExecutor(
                1,
                mp_context=get_context("spawn"),
                initializer=start_process,
                initargs=(database.conninfo_in_use(),),
            )
        self._batches += 1
        return self._pool


def _settle_packed(settle: Settle, packed: bytes) -> bytes:
    """Settle in the process. Packed so, a batch is there in a third of what pickle takes."""
    return msgpack.encode(settle(_arrivals_decoder.decode(packed)))


@contextmanager
def _signals_held() -> Iterator[None]:
    """Hold back the signals of a terminal, which sends them to all processes of a command."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

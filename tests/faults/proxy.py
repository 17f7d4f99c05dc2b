"""A TCP proxy that can be cut, made a black hole, slow, or a trickle, and mended again."""

import asyncio
import threading
from contextlib import suppress
from enum import Enum, unique

from tests.journeys.processes import free_port

_BLOCK = 65_536
_SLOW_SECONDS = 0.05
_TRICKLE_BYTES = 512
_TRICKLE_SECONDS = 0.02


@unique
class Line(Enum):
    """How the line is."""

    GOOD = "good"
    CUT = "cut"
    """Every connection is reset, and no other one is taken."""
    HOLE = "black hole"
    """Connections stay, and nothing comes through."""
    SLOW = "slow"
    """Each block takes 50 ms longer."""
    TRICKLE = "trickle"
    """25 kB a second come through."""


class Proxy:
    """Listens at ``port`` of this machine and hands on to ``target``; ``line`` may be set."""

    def __init__(self, target: int) -> None:
        self.port = free_port()
        self._target = target
        self._line = Line.GOOD
        self._mended: asyncio.Event
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._is_up = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        assert self._is_up.wait(60), "the proxy listens"

    def set(self, line: Line) -> None:
        """Have the line be so from now on."""
        asyncio.run_coroutine_threadsafe(self._become(line), self._loop).result(60)

    def close(self) -> None:
        """End it, and every connection through it."""
        asyncio.run_coroutine_threadsafe(self._become(Line.CUT), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._mended = asyncio.Event()
        self._mended.set()
        self._loop.run_until_complete(self._listen())
        self._is_up.set()
        self._loop.run_forever()
        self._server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
            with suppress(asyncio.CancelledError, OSError):
                self._loop.run_until_complete(task)
        self._loop.close()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", self.port, backlog=512)

    async def _become(self, line: Line) -> None:
        self._line = line
        if line is Line.HOLE:
            self._mended.clear()
            return
        self._mended.set()
        if line is Line.CUT:
            for writer in list(self._open):
                writer.transport.abort()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        there: asyncio.StreamWriter | None = None
        try:
            await self._mended.wait()
            if self._line is Line.CUT:
                return
            from_there, there = await asyncio.open_connection("127.0.0.1", self._target)
            self._open.add(there)
            ways = (self._hand_on(reader, there), self._hand_on(from_there, writer))
            done, others = await asyncio.wait(
                [asyncio.ensure_future(way) for way in ways], return_when=asyncio.FIRST_COMPLETED
            )
            for task in others:
                task.cancel()
            await asyncio.gather(*done, *others, return_exceptions=True)
        except OSError:
            pass  # nobody listens there, or somebody hung up: so does the proxy
        finally:
            for each in filter(None, (writer, there)):
                self._open.discard(each)
                each.transport.abort()

    async def _hand_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while block := await reader.read(_BLOCK):
                await self._mended.wait()
                if self._line is Line.TRICKLE:
                    await self._trickle(block, writer)
                    continue
                if self._line is Line.SLOW:
                    await asyncio.sleep(_SLOW_SECONDS)
                writer.write(block)
                await writer.drain()
            if not writer.is_closing():
                await writer.drain()

    async def _trickle(self, block: bytes, writer: asyncio.StreamWriter) -> None:
        for start in range(0, len(block), _TRICKLE_BYTES):
            if self._line is Line.TRICKLE:
                await asyncio.sleep(_TRICKLE_SECONDS)
            writer.write(block[start : start + _TRICKLE_BYTES])
            await writer.drain()

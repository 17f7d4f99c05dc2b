"""The threads that work: they call the application, and make its answers into octets."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread
from typing import NamedTuple
from wsgiref.types import WSGIApplication

from firmtrack.gateway.answers import LAST_CHUNK, Headers, Started, brief, chunk, head_of
from firmtrack.gateway.connection import Connection
from firmtrack.gateway.environ import Address, environ_of
from firmtrack.gateway.limits import Limits
from firmtrack.gateway.requests import Refused, Request
from firmtrack.gateway.spool import Room, Spool

_logger = logging.getLogger(__name__)
_FAILED = "500 Internal Server Error"
_LATER = "503 Service Unavailable"
_RETRY = (("Retry-After", "10"),)
_REST_FACTOR = 4.0
_LONGEST_REST_SECONDS = 1.0
_CLOSE = ("Connection", "close")
_CHUNKED = ("Transfer-Encoding", "chunked")


class _Call(NamedTuple):
    connection: Connection
    request: Request
    came_at: float
    is_long: bool


class Workers:
    """Threads that answer; some of them only what ``is_long`` says of a path that it may last.

    ``server`` is the address that is listened on.
    """

    def __init__(
        self,
        application: WSGIApplication,
        is_long: Callable[[bytes], bool],
        server: Address,
        limits: Limits,
        room: Room,
    ) -> None:
        self._application = application
        self._is_long = is_long
        self._server = server
        self._limits = limits
        self._room = room
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._long_calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._threads: list[Thread] = []
        self.is_stopping = False

    def start(self, threads: int, long_threads: int) -> None:
        """Begin to work."""
        for calls, count in ((self._calls, threads), (self._long_calls, long_threads)):
            for _ in range(count):
                thread = Thread(target=self._answer_calls, args=(calls,), daemon=True)
                thread.start()
                self._threads.append(thread)

    def stop(self) -> None:
        """End, when all that was asked for is done."""
        for _ in self._threads:
            self._calls.put(None)
            self._long_calls.put(None)
        for thread in self._threads:
            thread.join()

    def ask(self, connection: Connection, request: Request) -> None:
        """Have the request of a connection answered."""
        is_long = self._is_long(request.target.partition(b"?")[0])
        calls = self._long_calls if is_long else self._calls
        calls.put(_Call(connection, request, time.monotonic(), is_long))

    def _answer_calls(self, calls: "SimpleQueue[_Call | None]") -> None:
        while (call := calls.get()) is not None:
            try:
                self._answer(call)
            except Exception:
                _logger.exception("%r failed", call.request.target)
                self._send_brief(call, _FAILED)

    def _answer(self, call: _Call) -> None:
        if call.is_long and call.connection.is_gone():
            call.request.close()
            call.connection.close()
            return
        if time.monotonic() - call.came_at > self._limits.wait_seconds:
            self._send_brief(call, _LATER, _RETRY)
            return
        try:
            environ = environ_of(call.request, self._server, call.connection.client)
        except Refused as refused:
            self._send_brief(call, refused.status)
            return
        started = Started()
        blocks = self._application(environ, started)
        if call.request.method == b"HEAD" or not started.has_body:
            _close(blocks)
            self._send(call, started, b"")
        elif started.length is None:
            with _closing(blocks):
                self._make(call, started, blocks)
        elif started.length <= self._limits.memory_bytes:
            with _closing(blocks):
                body = b"".join(blocks)
            self._send(call, started, body)
        else:
            with _closing(blocks):
                spool = self._spooled(blocks)
            self._send(call, started, b"", spool)

    def _spooled(self, blocks: Iterable[bytes]) -> Spool:
        spool = Spool(self._room)
        for block in blocks:
            spool.write(block)
        spool.end()
        return spool

    def _send(self, call: _Call, started: Started, body: bytes, spool: Spool | None = None) -> None:
        is_last, connection = self._ending(call.request)
        head = head_of(started.status, started.headers, framing=connection)
        call.request.close()
        call.connection.answer(head + body, spool, is_last=is_last)

    def _send_brief(self, call: _Call, status: str, headers: Headers = ()) -> None:
        call.request.close()
        call.connection.answer(brief(status, headers), is_last=True)

    def _ending(self, request: Request) -> tuple[bool, Headers]:
        """Return whether the connection ends with the answer, and the header that says so."""
        if request.is_last or self.is_stopping:
            return True, (_CLOSE,)
        return False, (() if request.version == "1.1" else (("Connection", "keep-alive"),))

    def _make(self, call: _Call, started: Started, blocks: Iterable[bytes]) -> None:
        """Make an answer of unknown length into a file: the client takes it at its own pace."""
        if not self._room.is_left:
            self._send_brief(call, _LATER, _RETRY)
            return
        spool = Spool(self._room)
        # Who knows no chunks is told the end by that of the connection.
        is_chunked = call.request.version == "1.1"
        is_last, framing = self._ending(call.request) if is_chunked else (True, (_CLOSE,))
        framing = (*framing, _CHUNKED) if is_chunked else framing
        head = head_of(started.status, started.headers, framing=framing)
        call.request.close()
        call.connection.answer(head, spool, is_last=is_last)
        try:
            self._write(call, spool, map(chunk, filter(None, blocks)) if is_chunked else blocks)
            if is_chunked:
                spool.write(LAST_CHUNK)
        except Exception:
            _logger.exception("%r failed", call.request.target)
            spool.end(has_failed=True)
        else:
            spool.end()

    def _write(self, call: _Call, spool: Spool, blocks: Iterable[bytes]) -> None:
        """Write all blocks, or until the client leaves."""
        began_at = time.monotonic()
        for block in blocks:
            if not spool.write(block):
                return
            if call.is_long:
                self._give_way(time.monotonic() - began_at)
            began_at = time.monotonic()

    def _give_way(self, taken_seconds: float) -> None:
        """Rest while others wait, so that long answers leave them four fifths of the time."""
        if not self._calls.empty():
            time.sleep(min(_LONGEST_REST_SECONDS, _REST_FACTOR * taken_seconds))


@contextmanager
def _closing(blocks: Iterable[bytes]) -> Iterator[None]:
    """Close what the application answered, at the block's end; a failure of that is logged."""
    try:
        yield
    finally:
        _close(blocks)


def _close(blocks: Iterable[bytes]) -> None:
    close = getattr(blocks, "close", None)
    try:
        if close is not None:
            close()
    except Exception:
        _logger.exception("What was left of an answer could not be closed.")

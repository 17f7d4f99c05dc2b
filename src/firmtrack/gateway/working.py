"""The threads that work: they call the application, and take its answer whole."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from enum import Enum, auto, unique
from queue import SimpleQueue
from threading import Thread
from typing import Any, NamedTuple
from wsgiref.types import WSGIApplication

from firmtrack.gateway.encodings import Encoder, Headers, encoder_for
from firmtrack.gateway.limits import Limits
from firmtrack.gateway.spool import NoRoom, Room, Spool

_REST_FACTOR = 4.0
_LONGEST_REST_SECONDS = 1.0
_NO_BODY = frozenset({204, 304})
_logger = logging.getLogger(__name__)


class Answer(NamedTuple):
    """What is answered, with its length; who takes it closes the body if that is a spool."""

    status: int
    headers: Headers
    body: bytes | Spool = b""


def brief(status: int, text: str, *headers: tuple[bytes, bytes]) -> Answer:
    """Return an answer of the server's own, after which the connection ends."""
    body = f"{text}.\n".encode()
    return Answer(
        status,
        [
            *headers,
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", b"%d" % len(body)),
            (b"connection", b"close"),
        ],
        body,
    )


def busy() -> Answer:
    """Return what is answered to who should come again."""
    return brief(503, "Service Unavailable", (b"retry-after", b"10"))


@unique
class Lane(Enum):
    """Which threads answer a call: each lane has its own, so that none waits for another's."""

    USUAL = auto()
    """What works, or waits a moment for the database."""

    GATHERED = auto()
    """What is done for many at once, while they wait: the more at a time, the cheaper each."""

    LONG = auto()
    """What may take seconds; it rests while usual calls wait."""

    WATCHED = auto()
    """Whether all is well: asked for while all else waits."""


class Call:
    """A call of the application, and what becomes of it; made, and waited for, in the loop."""

    def __init__(self, environ: dict[str, Any], room: Room, lane: Lane) -> None:
        self.environ = environ
        self.room = room
        self.lane = lane
        self.is_wanted = True
        """Whether the client is still there."""
        self.came_at = time.monotonic()
        self._loop = asyncio.get_running_loop()
        self.answer: asyncio.Future[Answer] = self._loop.create_future()

    def hand_over(self, answer: Answer) -> None:
        """Give the answer to who waits for it; called by the thread that worked."""
        self._loop.call_soon_threadsafe(self._set, answer)

    def _set(self, answer: Answer) -> None:
        if not self.answer.done():
            self.answer.set_result(answer)
        elif isinstance(answer.body, Spool):
            answer.body.close()


class Workers:
    """Threads that answer, so many for each lane."""

    def __init__(
        self, application: WSGIApplication, limits: Limits, passes: Callable[[Exception], bool]
    ) -> None:
        self._application = application
        self._passes = passes
        self._limits = limits
        self._calls: Mapping[Lane, SimpleQueue[Call | None]] = {
            lane: SimpleQueue() for lane in Lane
        }
        self._threads: list[tuple[Lane, Thread]] = []

    def start(self, threads: Mapping[Lane, int]) -> None:
        """Begin to work."""
        for lane, count in threads.items():
            for _ in range(count):
                thread = Thread(target=self._answer_calls, args=(self._calls[lane],), daemon=True)
                thread.start()
                self._threads.append((lane, thread))

    def stop(self) -> None:
        """End, when all that was asked for is done."""
        for lane, _ in self._threads:
            self._calls[lane].put(None)
        for _, thread in self._threads:
            thread.join()

    def ask(self, call: Call) -> None:
        """Have a call answered."""
        self._calls[call.lane].put(call)

    def _answer_calls(self, calls: "SimpleQueue[Call | None]") -> None:
        while (call := calls.get()) is not None:
            try:
                answer = self._answer(call)
            except NoRoom:
                answer = busy()
            except Exception as error:  # noqa: BLE001  # told of there, and to the client
                answer = self._answer_to_failure(error)
            call.hand_over(answer)

    def _answer_to_failure(self, error: Exception) -> Answer:
        if self._passes(error):
            return busy()
        _logger.error("A call failed.", exc_info=error)
        return brief(500, "Internal Server Error")

    def _answer(self, call: Call) -> Answer:
        waited_seconds = time.monotonic() - call.came_at
        if waited_seconds > self._limits.wait_seconds or not call.is_wanted:
            return busy()
        status, headers = 0, Headers()

        def start(said: str, pairs: list[tuple[str, str]], _error: object = None) -> Any:
            nonlocal status, headers
            status = int(said[:3])
            headers = [
                (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in pairs
            ]

        blocks = self._application(call.environ, start)
        try:
            if status in _NO_BODY:
                return Answer(status, headers)
            length = dict(headers).get(b"content-length")
            encoder = encoder_for(call.environ, status, headers)
            if call.environ["REQUEST_METHOD"] == "HEAD":  # how long it is may be left unsaid
                return Answer(status, headers)
            if length is not None and int(length) <= self._limits.memory_bytes:
                return _whole(status, headers, b"".join(blocks), encoder)
            spool = self._spooled(call, blocks if encoder is None else encoder.blocks(blocks))
        finally:
            _close(blocks)
        if length is None or encoder is not None:
            headers.append((b"content-length", b"%d" % spool.size_bytes))
        return Answer(status, headers, spool)

    def _spooled(self, call: Call, blocks: Iterable[bytes]) -> Spool:
        """Return all blocks, or those until the client left."""
        spool = Spool(call.room, self._limits.memory_bytes)
        began_at = time.monotonic()
        try:
            for block in blocks:
                spool.write(block)
                if not call.is_wanted:
                    break
                if call.lane is Lane.LONG:
                    self._give_way(time.monotonic() - began_at)
                began_at = time.monotonic()
        except BaseException:
            spool.close()
            raise
        return spool

    def _give_way(self, taken_seconds: float) -> None:
        """Rest while others wait, so that long answers leave them four fifths of the time."""
        if not self._calls[Lane.USUAL].empty():
            time.sleep(min(_LONGEST_REST_SECONDS, _REST_FACTOR * taken_seconds))


def _whole(status: int, headers: Headers, body: bytes, encoder: Encoder | None) -> Answer:
    if encoder is not None:
        body = encoder.pack(body) + encoder.end()
        headers.append((b"content-length", b"%d" % len(body)))
    return Answer(status, headers, body)


def _close(blocks: Iterable[bytes]) -> None:
    """Close what the application answered; a failure of that is logged."""
    close: Callable[[], object] | None = getattr(blocks, "close", None)
    try:
        if close is not None:
            close()
    except Exception:  # whatever it is, the answer has gone out
        _logger.exception("What was left of an answer could not be closed.")

"""Octets to requests: as many as there are, each with its whole body."""

from collections import deque
from enum import Enum, auto
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from firmtrack.gateway.limits import Limits
from firmtrack.gateway.spool import Room

_CONTINUE = b"100-continue"
_PIPELINED = 64


class Phase(Enum):
    """What of a request is being read."""

    IDLE = auto()
    HEAD = auto()
    BODY = auto()


class Request:
    """A request as it was sent. ``headers`` have their names in lower case."""

    __slots__ = (
        "_room",
        "_spooled_bytes",
        "body",
        "headers",
        "is_last",
        "method",
        "target",
        "version",
    )

    def __init__(self, room: Room) -> None:
        self._room = room
        self._spooled_bytes = 0
        self.method = b""
        self.target = b""
        self.version = "1.1"
        self.headers: list[tuple[bytes, bytes]] = []
        self.body: IO[bytes] = BytesIO()
        self.is_last = False
        """Whether the connection is to end with its answer."""

    def spool(self, count: int) -> None:
        """Say that ``count`` octets of the body went into a file."""
        self._spooled_bytes += count
        self._room.take(count)

    def close(self) -> None:
        """Let go of the body."""
        self.body.close()
        self._room.take(-self._spooled_bytes)
        self._spooled_bytes = 0


class Refused(Exception):
    """What a client sends is no request that can be read; ``status`` is the answer's."""

    def __init__(self, status: str) -> None:
        self.status = status
        super().__init__(status)


class Requests:
    """The requests of a connection, in the order in which they came.

    A body whose length is not said, or is over the limit, is not read: its request is ``is_last``.
    """

    def __init__(self, limits: Limits, room: Room) -> None:
        self._limits = limits
        self._room = room
        self._parser = HttpRequestParser(self)
        self._current: Request | None = None
        self._head_bytes = 0
        self._refused: str | None = None
        self._is_over = False
        self._is_spooled = False
        self.whole: deque[Request] = deque()
        self.phase = Phase.IDLE
        self.received_bytes = 0
        """Of the body that is being read."""
        self.to_continue = False
        """Whether the client waits for a word before it sends a body."""

    def feed(self, data: bytes) -> None:
        """Read more octets. Raises Refused."""
        if self._is_over:
            return
        if self.phase is not Phase.BODY:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:  # to another protocol, of which none is spoken here
            self._end()
        except HttpParserError:
            if not self._is_over:  # what follows the last request is not read, so may be anything
                raise Refused("400 Bad Request") from None
        if self._refused is not None:
            raise Refused(self._refused)
        if self.phase is Phase.HEAD and self._head_bytes > self._limits.head_bytes:
            raise Refused("431 Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        """Begin a request (called by the parser, as are the others)."""
        if not self._is_over:
            self._current = Request(self._room)
            self.phase = Phase.HEAD

    def on_url(self, url: bytes) -> None:
        """Take a part of the target."""
        if self._current is not None:
            self._current.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        if self._current is not None and self.phase is Phase.HEAD:
            self._current.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Decide how the body is read."""
        current = self._current
        if current is None:
            return
        current.method = self._parser.get_method()
        current.version = self._parser.get_http_version()
        current.is_last = not self._parser.should_keep_alive()
        self._head_bytes = 0
        self._expect_body(current, dict(current.headers))

    def _expect_body(self, current: Request, headers: dict[bytes, bytes]) -> None:
        length = headers.get(b"content-length", b"0")
        size_bytes = int(length) if length.isdigit() else 0
        if b"transfer-encoding" in headers or size_bytes > self._limits.body_bytes:
            self._take(current)
            self._end()
        elif size_bytes > 0:
            self._is_spooled = size_bytes > self._limits.memory_bytes
            if self._is_spooled and not self._room.is_left:
                self._refused = "503 Service Unavailable"
                return
            current.body = TemporaryFile() if self._is_spooled else BytesIO()  # noqa: SIM115  # until close
            self.received_bytes = 0
            self.phase = Phase.BODY
            self.to_continue = headers.get(b"expect", b"").lower() == _CONTINUE

    def on_body(self, data: bytes) -> None:
        """Take a part of the body."""
        if self._current is not None and not self._is_over:
            self.received_bytes += len(data)
            self._current.body.write(data)
            if self._is_spooled:
                self._current.spool(len(data))

    def on_message_complete(self) -> None:
        """Have the request among those that are whole."""
        if self._current is not None:
            self._take(self._current)

    def close(self) -> None:
        """Let go of every request that is not answered."""
        for request in (*self.whole, *([self._current] if self._current else [])):
            request.close()

    def _take(self, request: Request) -> None:
        request.body.seek(0)
        self._current = None
        self.phase = Phase.IDLE
        self.to_continue = False
        self.whole.append(request)
        if len(self.whole) > _PIPELINED:
            self._refused = "400 Bad Request"

    def _end(self) -> None:
        """Read no more: of what follows cannot be told where it ends."""
        self._is_over = True
        if self.whole:
            self.whole[-1].is_last = True

"""One connection: its phases, and what is done in each.

A connection has one owner at a time, who alone touches it: the thread that waits for all of them,
or, from a whole request to its answer, one that works. It is handed over by a queue, and back by
asking the kernel to tell once when the socket is ready.
"""

import select
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto
from typing import Protocol

from firmtrack.gateway.answers import brief
from firmtrack.gateway.environ import Address
from firmtrack.gateway.limits import Limits
from firmtrack.gateway.requests import Phase, Refused, Request, Requests
from firmtrack.gateway.spool import Progress, Room, Spool

_READ_BYTES = 65_536
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_DISCARD = struct.pack("ii", 1, 0)  # what the client has not taken, the kernel need not keep
_NEVER = float("inf")


class State(Enum):
    """Who has the connection, and what for."""

    READING = auto()
    WORKING = auto()
    WRITING = auto()
    LINGERING = auto()
    CLOSED = auto()


class Waiting(Protocol):
    """What waits for all connections of a process, as one of them sees it."""

    limits: Limits
    room: Room
    is_stopping: bool

    def work(self, connection: "Connection", request: Request) -> None:
        """Have the request answered, by a thread that works."""

    def rearm(self, connection: "Connection", events: int) -> None:
        """Call ``on_ready`` once when the socket is ready."""

    def call_soon(self, job: Callable[[], None]) -> None:
        """Have the waiting thread call it."""

    def forget(self, connection: "Connection") -> None:
        """Wait for it no more."""


class Connection:
    """A client's connection."""

    def __init__(self, opened: socket.socket, client: Address, waiting: Waiting) -> None:
        self.socket = opened
        self.client = client
        self.state = State.READING
        self.deadline = time.monotonic() + waiting.limits.idle_seconds
        self._waiting = waiting
        self._limits = waiting.limits
        self._requests = Requests(waiting.limits, waiting.room)
        self._phase = Phase.IDLE
        self._began_at = 0.0
        self._unsent = memoryview(b"")
        self._spool: Spool | None = None
        self._offset = 0
        self._is_last = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing of a request is there."""
        return self.state is State.READING and self._phase is Phase.IDLE

    def on_ready(self) -> None:
        """Go on, now that the socket is ready."""
        if self.state is State.WRITING:
            self.write()
        elif self.state in (State.READING, State.LINGERING):
            self._read()

    def answer(self, octets: bytes, spool: Spool | None = None, *, is_last: bool) -> None:
        """Send these octets, then those of the spool; the caller owns it no more."""
        self._unsent = memoryview(octets)
        self._spool, self._offset = spool, 0
        self._is_last = is_last
        self._began_at = time.monotonic()
        self._is_being_taken()
        self.write()

    def write(self) -> None:
        """Send as much as the client takes."""
        while self.state is not State.CLOSED:
            if not self._unsent and not self._has_more():
                return
            try:
                sent = self.socket.send(self._unsent)
            except BlockingIOError:
                self._hand_back(State.WRITING, self.deadline, select.EPOLLOUT)
                return
            except OSError:
                self.close()
                return
            self._unsent = self._unsent[sent:]
            self._is_being_taken()

    def expire(self) -> None:
        """End it: its phase has lasted too long."""
        if self.state is State.READING and self._phase is not Phase.IDLE:
            self._refuse("408 Request Timeout")
            return
        if self.state is State.WRITING:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _DISCARD)
        self.close()

    def close(self) -> None:
        """End it at once."""
        if self.state is State.CLOSED:
            return
        self.state = State.CLOSED
        self._waiting.forget(self)
        self.socket.close()
        self._requests.close()
        if self._spool is not None:
            self._spool.abandon()

    def is_gone(self) -> bool:
        """Return whether the client has left, as far as can be told without reading on."""
        try:
            return self.socket.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _read(self) -> None:
        try:
            data = self.socket.recv(_READ_BYTES)
        except BlockingIOError:
            self._rearm_to_read()
            return
        except OSError:
            data = b""
        if not data:
            self.close()
        elif self.state is State.LINGERING:
            self._rearm_to_read()
        else:
            self._take(data)

    def _take(self, data: bytes) -> None:
        try:
            self._requests.feed(data)
        except Refused as refused:
            self._refuse(refused.status)
            return
        self._go_on()

    def _go_on(self) -> None:
        """Have the next request answered; if none is whole, read on."""
        if self._requests.whole:
            request = self._requests.whole.popleft()
            self.state = State.WORKING
            self._waiting.work(self, request)
            return
        if self._requests.to_continue:
            self._requests.to_continue = False
            with suppress(OSError):  # then reading fails as well
                self.socket.send(_CONTINUE)
        self._hand_back(State.READING, self._read_by(), select.EPOLLIN)

    def _read_by(self) -> float:
        """Return until when what is being read must be there."""
        now, phase = time.monotonic(), self._requests.phase
        if phase is not self._phase or phase is Phase.IDLE:
            self._phase, self._began_at = phase, now
        if phase is Phase.IDLE:
            return now + self._limits.idle_seconds
        if phase is Phase.HEAD:
            return self._began_at + self._limits.head_seconds
        earned = self._requests.received_bytes / self._limits.slowest_bytes_a_second
        return self._began_at + self._limits.body_seconds + earned

    def _is_being_taken(self) -> None:
        self.deadline = time.monotonic() + self._limits.unread_seconds

    def _has_more(self) -> bool:
        """Return whether there is more to send now; if not, whatever comes next was seen to."""
        if self._spool is None:
            self._answered()
            return False
        self.deadline = _NEVER  # to make the answer may last: that is not the client's fault
        self.state = State.WRITING
        octets = self._spool.read(self._offset, self._go_on_writing)
        if isinstance(octets, bytes):
            self._is_being_taken()
            self._offset += len(octets)
            self._unsent = memoryview(octets)
            return True
        if octets is Progress.LATER:
            return False
        self._spool.abandon()
        self._spool = None
        if octets is Progress.FAILED:
            self.close()  # so that the client sees that something is missing
        else:
            self._answered()
        return False

    def _go_on_writing(self) -> None:
        self._waiting.call_soon(self.write)

    def _answered(self) -> None:
        self._phase = Phase.IDLE
        if self._is_last:
            self._linger()
        else:
            self._go_on()

    def _refuse(self, status: str) -> None:
        self.answer(brief(status), is_last=True)

    def _linger(self) -> None:
        """End the answer, and read on for a moment.

        To close while octets come would have the kernel take back what the client has not read.
        """
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.close()
            return
        deadline = time.monotonic() + self._limits.linger_seconds
        self._hand_back(State.LINGERING, deadline, select.EPOLLIN)

    def _rearm_to_read(self) -> None:
        self._hand_back(self.state, self.deadline, select.EPOLLIN)

    def _hand_back(self, state: State, deadline: float, events: int) -> None:
        self.deadline = deadline
        self.state = state
        self._waiting.rearm(self, events)

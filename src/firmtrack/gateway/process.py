"""A process that answers: it waits for all of its connections, and hands requests to threads."""

import logging
import os
import select
import signal
import socket
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from wsgiref.types import WSGIApplication

from firmtrack.gateway.connection import Connection, State
from firmtrack.gateway.environ import Address
from firmtrack.gateway.limits import Limits
from firmtrack.gateway.requests import Request
from firmtrack.gateway.shares import Shares
from firmtrack.gateway.spool import Room
from firmtrack.gateway.working import Workers

_SWEEP_SECONDS = 0.5
_TURN_SECONDS = 0.005
_ACCEPTED_AT_ONCE = 32
_OF_MANY = 16
_NEVER = float("inf")
_logger = logging.getLogger(__name__)


class Process:
    """Answers what comes to a listening socket, until it is told to stop.

    What ``is_long`` says of a path that it may last is left to threads of its own.
    """

    def __init__(
        self,
        application: WSGIApplication,
        is_long: Callable[[bytes], bool],
        listener: socket.socket,
        limits: Limits,
        shares: Shares,
        place: int,
    ) -> None:
        self.limits = limits
        self.room = Room(limits.spool_bytes)
        self.is_stopping = False
        self._listener = listener
        self._shares = shares
        self._place = place
        self._shares.tell(place, 0)
        self._parent = os.getppid()
        self._epoll = select.epoll()
        self._connections: dict[int, Connection] = {}
        self._jobs: deque[Callable[[], None]] = deque()
        self._wake, self._waker = socket.socketpair()
        self._wake.settimeout(0.0)
        self._waker.settimeout(0.0)
        self._is_listening = False
        self._listens_again_at = 0.0
        self._has_given_way = False
        self._workers = Workers(application, is_long, listener.getsockname()[:2], limits, self.room)

    def run(self, *, threads: int, long_threads: int) -> None:
        """Answer, with so many threads each, until ``stop``; then end what has been asked for."""
        self._workers.start(threads, long_threads)
        self._epoll.register(self._wake, select.EPOLLIN)
        self._listen()
        swept_at = time.monotonic()
        while not (self.is_stopping and not self._connections):
            self._wait()
            now = time.monotonic()
            self._listen_again(now)
            if now - swept_at >= _SWEEP_SECONDS or self.is_stopping:
                swept_at = now
                self._sweep(now)
        self._workers.stop()
        self._close()

    def stop_on(self, number: signal.Signals) -> None:
        """Have this signal stop it; for the main thread, which is the one that then runs it."""
        signal.signal(number, lambda *_: self.stop())

    def stop(self) -> None:
        """Have ``run`` return, when what has been asked for is answered."""
        self.is_stopping = self._workers.is_stopping = True
        self._rouse()

    def work(self, connection: Connection, request: Request) -> None:
        """Have the request answered, by a thread that works."""
        self._workers.ask(connection, request)

    def rearm(self, connection: Connection, events: int) -> None:
        """Call ``on_ready`` once when the socket is ready."""
        with suppress(OSError, ValueError):  # it was closed meanwhile, since this process stops
            self._epoll.modify(connection.socket, events | select.EPOLLONESHOT)

    def call_soon(self, job: Callable[[], None]) -> None:
        """Have the waiting thread call it."""
        self._jobs.append(job)
        self._rouse()

    def forget(self, connection: Connection) -> None:
        """Wait for it no more."""
        self._connections.pop(connection.socket.fileno(), None)
        self._shares.tell(self._place, len(self._connections))

    def _rouse(self) -> None:
        with suppress(OSError):  # it is awake, or has ended
            self._waker.send(b".")

    def _close(self) -> None:
        for each in (self._epoll, self._wake, self._waker):
            each.close()

    def _wait(self) -> None:
        for number, _ in self._epoll.poll(_SWEEP_SECONDS if self._is_listening else _TURN_SECONDS):
            connection = self._connections.get(number)
            if connection is not None:
                self._go_on(connection)
            elif number == self._wake.fileno():
                self._call_jobs()
            elif self._is_listening:
                self._accept()

    def _go_on(self, connection: Connection) -> None:
        try:
            connection.on_ready()
        except Exception:
            _logger.exception("A connection failed; the others go on.")
            connection.close()

    def _call_jobs(self) -> None:
        with suppress(BlockingIOError):
            self._wake.recv(4096)
        while self._jobs:
            self._jobs.popleft()()

    def _listen(self) -> None:
        self._epoll.register(self._listener, select.EPOLLIN)
        self._is_listening = True

    def _stop_listening(self, again_at: float) -> None:
        if self._is_listening:
            self._epoll.unregister(self._listener)
            self._is_listening = False
        self._listens_again_at = again_at

    def _listen_again(self, now: float) -> None:
        is_full = len(self._connections) >= self.limits.connections
        if not self._is_listening and now >= self._listens_again_at and not is_full:
            self._listen()

    def _accept(self) -> None:
        """Take connections, unless it is another process's turn, which gets a moment for it."""
        for _ in range(_ACCEPTED_AT_ONCE):
            if self._is_ahead() and not self._has_given_way:
                self._has_given_way = True
                self._stop_listening(time.monotonic() + _TURN_SECONDS)
                return
            self._has_given_way = False
            try:
                opened, client = self._listener.accept()
            except BlockingIOError:  # there are no more, or another process was quicker
                return
            except OSError:  # the client has left, or there are no descriptors
                self._stop_listening(time.monotonic() + _SWEEP_SECONDS)
                return
            self._take(opened, client[:2])
            if len(self._connections) >= self.limits.connections:
                self._stop_listening(time.monotonic() + _SWEEP_SECONDS)
                return

    def _is_ahead(self) -> bool:
        """Whether this process has more connections than another: of many, some more."""
        least = self._shares.least()
        return len(self._connections) > least + least // _OF_MANY

    def _take(self, opened: socket.socket, client: Address) -> None:
        opened.settimeout(0.0)
        self._connections[opened.fileno()] = Connection(opened, client, self)
        self._shares.tell(self._place, len(self._connections))
        self._epoll.register(opened, select.EPOLLIN | select.EPOLLONESHOT)

    def _sweep(self, now: float) -> None:
        """End what has lasted too long; what may be ended, if this process is to stop."""
        if os.getppid() != self._parent:
            self.stop()
        if self.is_stopping:
            self._stop_listening(_NEVER)
        for connection in tuple(self._connections.values()):
            if connection.state is State.WORKING:
                continue
            if connection.deadline < now:
                connection.expire()
            elif self.is_stopping and connection.state in (State.READING, State.LINGERING):
                connection.close()

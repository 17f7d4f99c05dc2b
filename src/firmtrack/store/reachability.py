"""Whether the database answers: a process that serves has one thread that asks, for all others.

A server that is frozen, or behind a line that swallows everything, answers no statement, and no
statement knows that it waits in vain: a long one may be at work. Whoever asks nothing hard, often,
on a connection of its own does know. Then all other connections of the process are cut, so that
what waits on them fails at once, and nobody begins to wait until there is an answer again.
"""

import logging
import os
import select
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg import pq

from firmtrack.errors import FirmtrackError
from firmtrack.store import hosts

LOOK_SECONDS = 0.25
"""How long after one answer the next question is."""

PATIENCE_SECONDS = 1.25
"""How long an answer may take: to an empty statement, or to a wish to connect."""

_STEP_SECONDS = 0.05
_logger = logging.getLogger(__name__)

# Of those that were cut off: a number may be another's by now, whose connection began later.
_END_LEFT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE pid = ANY (%s) AND usename = current_user
      AND backend_start < clock_timestamp() - make_interval(secs => %s)
"""
_CONNECT_SECONDS = 2

_AWAITED: dict[int, int] = {
    pq.PollingStatus.READING: select.POLLIN,
    pq.PollingStatus.WRITING: select.POLLOUT,
}


class DatabaseAway(FirmtrackError, psycopg.OperationalError):
    """The database does not answer."""


class _NoAnswer(FirmtrackError):
    """It did not answer in time."""


class Watch:
    """A thread that asks the database of ``conninfo`` whether it answers, and what that means."""

    def __init__(
        self,
        conninfo: str,
        look_seconds: float = LOOK_SECONDS,
        patience_seconds: float = PATIENCE_SECONDS,
        name: str = "database",
    ) -> None:
        self.is_away = False
        """Whether nothing can be asked of it now."""
        self.answered_at = -look_seconds
        """When, by time.monotonic, anybody else of this process last had an answer."""
        self.host = 0
        """Which of the hosts that the connection string names answers, or did last."""
        self._hosts = hosts.one_by_one(conninfo)
        self._name = name
        self._look_seconds = look_seconds
        self._patience_seconds = patience_seconds
        self._connections: WeakKeyDictionary[psycopg.Connection[Any], tuple[object, int | None]] = (
            WeakKeyDictionary()
        )
        self._left: dict[int, float] = {}  # the server's processes of what was cut, and when
        self._guard = Lock()
        self._is_over = Event()
        self._thread = Thread(target=self._run, name="watch", daemon=True)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Ask until the block ends."""
        self._thread.start()
        try:
            yield
        finally:
            self._is_over.set()
            self._thread.join()

    def look_after(self, connection: psycopg.Connection[Any], *, ends_process: bool = True) -> None:
        """Cut this connection, too, when the database does not answer.

        ``ends_process`` is whether the server's process is the connection's own, and to be ended.
        """
        with suppress(OSError):  # it is cut already
            server = _server_of(connection.fileno())
            process = connection.info.backend_pid if ends_process else None
            with self._guard:
                self._connections[connection] = server, process

    def _run(self) -> None:
        while not self._is_over.is_set():
            try:
                line = self._opened()
            except _NoAnswer as error:
                self._note_away(error)
                self._is_over.wait(self._look_seconds)
                continue
            try:
                self._ask_again_and_again(line)
            except _NoAnswer as error:
                self._note_away(error)
            except psycopg.Error:
                pass  # the line has gone; whether the database has, a new one tells
            finally:
                line.finish()

    def _opened(self) -> pq.abc.PGconn:
        """Return a new line to the first host that answers. Raises _NoAnswer.

        libpq would wait for a host that says nothing, and never ask the next.
        """
        failures: list[Exception] = []
        for host in range(self.host, self.host + len(self._hosts)):
            try:
                line = self._opened_to(host % len(self._hosts))
            except (_NoAnswer, psycopg.Error) as failure:
                failures.append(failure)
                continue
            self.host = host % len(self._hosts)
            return line
        raise _NoAnswer("; ".join(map(str, failures)))

    def _opened_to(self, host: int) -> pq.abc.PGconn:
        """Return a new line to the host of this number. Raises _NoAnswer, psycopg.Error."""
        line = pq.PGconn.connect_start(self._hosts[host].encode())
        try:
            while (status := line.connect_poll()) in _AWAITED:
                self._wait(line, _AWAITED[status])
            if status != pq.PollingStatus.OK:
                raise _NoAnswer(line.get_error_message())  # noqa: TRY301  # ended below
            line.nonblocking = 1
        except BaseException:
            line.finish()
            raise
        return line

    def _ask_again_and_again(self, line: pq.abc.PGconn) -> None:
        """Return when it is over. Raises _NoAnswer, psycopg.Error if the line breaks."""
        while not self._is_over.is_set():
            line.send_query(b"")
            line.flush()
            while line.is_busy():
                self._wait(line, select.POLLIN)
                line.consume_input()
            while line.get_result() is not None:
                pass
            self._note_answer()
            if _is_ready(line.socket, select.POLLIN, self._look_seconds):
                line.consume_input()  # it says that it ends, or nothing of interest

    def _wait(self, line: pq.abc.PGconn, event: int) -> None:
        """Wait for the server. Raises _NoAnswer.

        Counted are moments that this thread has had itself: on a machine that is too busy to let it
        run, the server has not had its time either. Nor is it away as long as others get answers.
        """
        left = round(self._patience_seconds / _STEP_SECONDS)
        while left > 0 or time.monotonic() - self.answered_at < self._look_seconds:
            if _is_ready(line.socket, event, _STEP_SECONDS):
                return
            if self._is_over.is_set():
                break
            left -= 1
        raise _NoAnswer

    def _note_answer(self) -> None:
        if self.is_away:
            self.is_away = False
            _logger.warning("The %s answers again.", self._name)
        if self._left:
            self._end_left()

    def _note_away(self, error: Exception) -> None:
        if self._is_over.is_set():
            return
        if not self.is_away:
            self.is_away = True
            said = " ".join(str(error).split())
            _logger.warning("The %s cannot be reached: %s", self._name, said)
        self._cut_all()

    def _cut_all(self) -> None:
        with self._guard:
            found = list(self._connections.items())
            self._connections.clear()
        cut_at = time.monotonic()
        for connection, (server, process) in found:
            _cut(connection, server)
            if process is not None:
                self._left[process] = cut_at

    def _end_left(self) -> None:
        """Have the server end what was cut: it may not know of that, and keep locks for it."""
        ago_seconds = time.monotonic() - max(self._left.values())
        try:
            with psycopg.connect(
                self._hosts[self.host], autocommit=True, connect_timeout=_CONNECT_SECONDS
            ) as connection:
                connection.execute(_END_LEFT, (list(self._left), ago_seconds))
        except psycopg.Error:
            return  # it is asked again in a moment
        self._left.clear()


def is_broken(connection: psycopg.Connection[Any]) -> bool:
    """Return whether a connection that rests has been ended by the server.

    That costs no statement, unless the server has said something unasked.
    """
    if connection.closed:
        return True
    if not _is_ready(connection.fileno(), select.POLLIN, 0.0):
        return False
    try:
        connection.execute("")
    except psycopg.Error:
        return True
    return False


def _is_ready(descriptor: int, event: int, seconds: float) -> bool:
    poller = select.poll()
    poller.register(descriptor, event)
    return bool(poller.poll(seconds * 1_000))


def _server_of(descriptor: int) -> object:
    with socket.socket(fileno=os.dup(descriptor)) as line:
        return line.getpeername()


def _cut(connection: psycopg.Connection[Any], server: object) -> None:
    """Have what waits on a connection fail now. Its thread may close it at the same moment."""
    with (
        suppress(OSError, psycopg.Error),
        socket.socket(fileno=os.dup(connection.fileno())) as line,
    ):
        # A descriptor that was closed may be another's by now: it leads to another place then.
        if line.getpeername() == server:
            line.shutdown(socket.SHUT_RDWR)

"""Asking the database how it is, without ever waiting for it longer than is said.

A thread of its own asks, by a connection of its own: a database that hangs holds up that thread,
and nobody else; a pool that is used up says nothing of the database.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

import psycopg
from psycopg import Connection
from psycopg.conninfo import make_conninfo
from psycopg.rows import TupleRow

from firmtrack.errors import FirmtrackError
from firmtrack.store.database import SERVER_FAILURES, conninfo_in_use

PATIENCE_SECONDS = 2.0
"""How long anyone waits for the database's answer."""

_STATEMENT_TIMEOUT = "2s"
# A server that is gone without a word is noticed by the kernel; who names these means their own.
_CONNECTION: dict[str, str | int] = {
    "connect_timeout": 2,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "application_name": "firmtrack watching",
}

_Answer = TypeVar("_Answer")
_Question = Callable[[Connection[TupleRow]], Any]


class DatabaseSilent(FirmtrackError):
    """The database does not answer in time."""


class Asking:
    """Asks one question after the other; each in a transaction."""

    def __init__(self, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._patience_seconds = patience_seconds
        self._questions: SimpleQueue[tuple[_Question, Future[Any]] | None] = SimpleQueue()
        self._guard = Lock()
        self._thread: Thread | None = None
        self._connection: Connection[TupleRow] | None = None
        self._asked_since: float | None = None

    def ask(self, question: Callable[[Connection[TupleRow]], _Answer]) -> _Answer:
        """Return what the question returns. Raises DatabaseSilent, and what the question raises.

        While an earlier question has had no answer for too long, nobody waits for another.
        """
        asked_since = self._asked_since
        if asked_since is not None and time.monotonic() - asked_since > self._patience_seconds:
            raise DatabaseSilent
        answer: Future[_Answer] = Future()
        with self._guard:
            if self._thread is None:
                self._thread = Thread(target=self._answer, name="watching", daemon=True)
                self._thread.start()
        self._questions.put((question, answer))
        try:
            return answer.result(self._patience_seconds)
        except TimeoutError:
            answer.cancel()
            raise DatabaseSilent from None

    def stop(self) -> None:
        """Ask no more; a thread that waits for a database that hangs is left to it."""
        with self._guard:
            if self._thread is not None:
                self._questions.put(None)
                self._thread.join(self._patience_seconds)
                self._thread = None

    def _answer(self) -> None:
        while (asked := self._questions.get()) is not None:
            question, answer = asked
            if not answer.set_running_or_notify_cancel():
                continue
            self._asked_since = time.monotonic()
            try:
                answer.set_result(self._answered(question))
            except BaseException as error:  # noqa: BLE001  # handed to who asked
                answer.set_exception(error)
            finally:
                self._asked_since = None
        self._close()

    def _answered(self, question: _Question) -> Any:
        try:
            return self._asked(question)
        except psycopg.errors.QueryCanceled:  # after its time
            raise DatabaseSilent from None
        except SERVER_FAILURES:
            had_connection = self._connection is not None
            self._close()
            if not had_connection:
                raise
        return self._asked(question)  # the server may have been started anew since the last time

    def _asked(self, question: _Question) -> Any:
        if self._connection is None:
            made = make_conninfo(conninfo_in_use(), **_CONNECTION)
            self._connection = Connection.connect(made, autocommit=True, prepare_threshold=None)
        with self._connection.transaction():
            self._connection.execute(f"SET LOCAL statement_timeout = '{_STATEMENT_TIMEOUT}'")
            self._connection.execute("SET LOCAL TIME ZONE 'UTC'")
            return question(self._connection)

    def _close(self) -> None:
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
            self._connection = None

"""A database server as this process uses it: its connections, and whether it answers."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager
from threading import Lock, Thread
from typing import Any, TypeAlias

from psycopg import Connection, conninfo
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool, PoolTimeout

from firmtrack.store import hosts
from firmtrack.store.reachability import DatabaseAway, Watch, is_broken

LINE = {
    "connect_timeout": "10",
    "keepalives_idle": "20",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
"""Of a connection by TCP that has gone without a word; what the settings say counts before it."""

READ_ONLY = (b"SET default_transaction_read_only = on",)
"""What makes a connection one that writes nothing, unless a pooler stands between."""

Prepare: TypeAlias = Callable[[Connection[TupleRow]], None]

_POOL_SIZE = 16
_PATIENCE_SECONDS = 30.0
# Somebody waits for an answer.
_WATCHED_PATIENCE_SECONDS = 1.75
_LOOK_SECONDS = 0.25
_WATCHED_CONNECT_SECONDS = "2"  # psycopg's least


class Pool(ConnectionPool[Connection[TupleRow]]):
    """Connections to a server, of which nobody gets one that the server has ended."""

    def __init__(self, server: "Server", **options: Any) -> None:
        self._server = server
        super().__init__(lambda: server.conninfo, **options)

    def getconn(self, timeout: float | None = None) -> Connection[TupleRow]:
        """Return a connection. Raises DatabaseAway at once, PoolTimeout after a while."""
        until = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            self._server.refuse_while_away()
            left_seconds = until - time.monotonic()
            try:
                connection = super().getconn(min(left_seconds, _LOOK_SECONDS))
            except PoolTimeout:
                if left_seconds <= _LOOK_SECONDS:
                    raise
                continue
            if not is_broken(connection):
                return connection
            connection.close()
            self.putconn(connection)

    def putconn(self, conn: Connection[TupleRow]) -> None:
        """Take a connection back: if it is still well, it has brought answers."""
        watch = self._server.watch
        if watch is not None and conn.info.transaction_status == TransactionStatus.IDLE:
            watch.answered_at = time.monotonic()
        super().putconn(conn)


class Server:
    """A server at ``conninfo``; ``watch`` is who notices when it does not answer, None if nobody.

    ``name`` is what the log calls it.
    """

    def __init__(self, conninfo: str, name: str = "database") -> None:
        self._said = conninfo
        self.watch: Watch | None = None
        self._name = name
        self._is_lent: bool | None = None  # as soon as that is known
        self._pools: dict[str, Pool] = {}
        self._opening = Lock()

    @property
    def conninfo(self) -> str:
        """How to connect: of several hosts to the one that answers, once that is known."""
        return hosts.led_by(self._said, self._host_that_answers)

    @property
    def hosts(self) -> Mapping[str, str]:
        """The hosts and ports to connect to, by libpq's names; empty if there is one alone.

        A host that says nothing is waited for, and nobody who waits for an answer has that time. So
        the one that answers comes first.
        """
        return hosts.in_order(self._said, self._host_that_answers)

    @property
    def _host_that_answers(self) -> int:
        return 0 if self.watch is None else self.watch.host

    def close(self) -> None:
        """Close every connection of its pools."""
        while self._pools:
            _, each = self._pools.popitem()
            each.close()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Have it noticed within the block when it does not answer: for who serves others.

        Then whoever asks it, or is asking, meets an error within two seconds, and until it answers
        again at once.
        """
        watch = Watch(self._said, name=self._name)
        with watch.running():
            self.watch = watch
            try:
                yield
            finally:
                self.watch = None

    @property
    def is_away(self) -> bool:
        """Whether it is known that it does not answer."""
        return self.watch is not None and self.watch.is_away

    def refuse_while_away(self) -> None:
        """Raise DatabaseAway while it is known that it does not answer."""
        if self.is_away:
            raise DatabaseAway

    def look_after(self, connection: Connection[Any]) -> None:
        """Have a connection cut as soon as it is known that the server does not answer."""
        if self.watch is not None:
            # A pooler ends by itself what the server does for a connection that has gone.
            ends_process = self._is_lent is False
            self.watch.look_after(connection, ends_process=ends_process)

    def is_lent(self, connection: Connection[Any]) -> bool:
        """Return whether a pooler lends the server's sessions, a transaction each, to connections.

        Then nothing may be left in a session. A pooler announces other processes than the server's
        own.
        """
        if self._is_lent is None:
            # Below the driver, which would begin a transaction on a connection of Django's.
            found = connection.pgconn.exec_(b"SELECT pg_backend_pid()").get_value(0, 0)
            if found is not None:
                self._is_lent = int(found) != connection.info.backend_pid
        return bool(self._is_lent)

    def made_in_time(self, connect: Callable[[], Connection[Any]]) -> Connection[Any]:
        """Return the connection that ``connect`` makes, DatabaseAway when nobody waits longer.

        No call of the driver can be left, so a thread of its own makes it.
        """
        watch = self.watch
        if watch is None:
            return connect()
        self.refuse_while_away()
        made: Future[Connection[Any]] = Future()
        Thread(target=self._make, args=(connect, made), daemon=True).start()
        until = time.monotonic() + _WATCHED_PATIENCE_SECONDS
        while not wait([made], _LOOK_SECONDS).done:
            if watch.is_away or time.monotonic() > until:
                made.add_done_callback(_close_made)
                raise DatabaseAway
        self.look_after(made.result())
        return made.result()

    def _make(
        self, connect: Callable[[], Connection[Any]], made: "Future[Connection[Any]]"
    ) -> None:
        try:
            connection = connect()
            self.is_lent(connection)
            made.set_result(connection)
        except Exception as error:  # noqa: BLE001  # raised where it is waited for
            made.set_exception(error)

    def connected(self, application: str) -> Connection[TupleRow]:
        """Return a connection of one's own, as one of ``pool_of``, to be closed."""
        connection = Connection.connect(
            self.conninfo, autocommit=True, application_name=application, **self._line()
        )
        self._make_ready(connection)
        return connection

    def pool_of(
        self, application: str, settings: Sequence[bytes] = (), prepare: Prepare | None = None
    ) -> Pool:
        """Return the pool of this name, its new connections prepared.

        Each connection is in autocommit and in UTC: elsewhere a time far off has no form in Python.
        To compile a statement takes longer than any of ours does. Nothing else is set, and no
        statement is prepared, where a pooler stands between: it would be so for whoever comes next.
        The time zone is one of the settings that a pooler keeps for each of its own connections.
        """

        def make_ready(connection: Connection[TupleRow]) -> None:
            self._make_ready(connection, settings)
            if prepare is not None:
                prepare(connection)

        with self._opening:
            if application not in self._pools:
                is_watched = self.watch is not None
                self._pools[application] = Pool(
                    self,
                    kwargs={"autocommit": True, "application_name": application, **self._line()},
                    min_size=1,
                    max_size=_POOL_SIZE,
                    configure=make_ready,
                    timeout=_WATCHED_PATIENCE_SECONDS if is_watched else _PATIENCE_SECONDS,
                    reconnect_timeout=0.0,  # whoever needs one has it tried again
                    open=True,
                )
            return self._pools[application]

    def pool_statistics(self) -> dict[str, dict[str, int]]:
        """Return what psycopg_pool tells of each of its pools, by its name."""
        return {name: each.get_stats() for name, each in tuple(self._pools.items())}

    def _make_ready(self, connection: Connection[TupleRow], settings: Sequence[bytes] = ()) -> None:
        self.look_after(connection)
        connection.execute("SET TIME ZONE 'UTC'")
        if self.is_lent(connection):
            connection.prepare_threshold = None
            return
        for setting in (b"SET jit = off", *settings):
            connection.execute(setting)

    def _line(self) -> dict[str, Any]:
        """Return how a connection finds out that there is nobody at its other end."""
        said = conninfo.conninfo_to_dict(self._said)
        line = {name: value for name, value in LINE.items() if name not in said}
        if self.watch is not None and "connect_timeout" in line:
            line["connect_timeout"] = _WATCHED_CONNECT_SECONDS
        return line


def _close_made(made: "Future[Connection[Any]]") -> None:
    if made.exception() is None:
        made.result().close()

"""The one database of this process: which it is, its connections, its migrations."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import ExitStack, contextmanager
from threading import Lock, Thread
from typing import Any, ClassVar, TypeAlias

import psycopg
from django import db
from django.conf import settings
from django.db import connections
from psycopg import Connection, conninfo
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool, PoolTimeout

from firmtrack.errors import FirmtrackError
from firmtrack.store import hosts
from firmtrack.store.embedded import EmbeddedPostgres, EmbeddedPostgresFailed
from firmtrack.store.locks import AdvisoryKey, take, take_if_free
from firmtrack.store.months import keep_months
from firmtrack.store.places import drop_places
from firmtrack.store.reachability import DatabaseAway, Watch, is_broken
from firmtrack.store.schema import (
    SchemaNewer,
    SchemaOlder,
    SchemaState,
    note_who_serves,
    schema_state,
)

WRITING, READING, KEEPING = "firmtrack writing", "firmtrack reading", "firmtrack"
"""The application names of the pools' connections, by which the server's activity tells them."""

HOLDING = "firmtrack holding"
"""That of connections whose transactions hold a lock, and do nothing else."""

FAILURES = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.IdleInTransactionSessionTimeout,  # of who was cut off, or stood still
    db.OperationalError,
    db.InterfaceError,
)
"""What says that the database, and not what was asked of it, is the trouble."""

RETRY_SECONDS = 2
"""After which time it is worth to ask again."""

Prepare: TypeAlias = Callable[[Connection[TupleRow]], None]

_DJANGO_NAMES = {
    "NAME": "dbname",
    "USER": "user",
    "PASSWORD": "password",
    "HOST": "host",
    "PORT": "port",
}
_POOL_SIZE = 16
_logger = logging.getLogger(__name__)
_PATIENCE_SECONDS = 30.0
# Somebody waits for an answer.
_WATCHED_PATIENCE_SECONDS = 1.75
_LOOK_SECONDS = 0.25
# Of a connection by TCP that has gone without a word; what the settings say counts before it.
_LINE = {
    "connect_timeout": "10",
    "keepalives_idle": "20",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
_WATCHED_CONNECT_SECONDS = "2"  # psycopg's least


class DatabaseNotOpen(FirmtrackError):
    """The process has not opened its database: call firmtrack.store.database.opened first."""


class _Current:
    """The process's database; module state, because a process has exactly one."""

    conninfo: str | None = None
    is_lent: bool | None = None  # whether a pooler stands before it, as soon as that is known
    pools: ClassVar[dict[str, "Pool"]] = {}
    opening = Lock()
    watch: Watch | None = None
    embedded: EmbeddedPostgres | None = None


class Pool(ConnectionPool[Connection[TupleRow]]):
    """Connections to the database, of which nobody gets one that the server has ended."""

    def getconn(self, timeout: float | None = None) -> Connection[TupleRow]:
        """Return a connection. Raises DatabaseAway at once, PoolTimeout after a while."""
        until = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            refuse_while_away()
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
        watch = _Current.watch
        if watch is not None and conn.info.transaction_status == TransactionStatus.IDLE:
            watch.answered_at = time.monotonic()
        super().putconn(conn)


@contextmanager
def opened(*, may_migrate: bool | None = None) -> Iterator[None]:
    """Open the database that the settings name, with tables that this code serves, for the block.

    Without ``DATABASE_URL`` this starts the embedded PostgreSQL of the data directory, or joins it
    if another process runs it. Tables are made where there are none; older ones are migrated if
    that is wanted, by default in the embedded database alone. Raises SchemaOlder, SchemaNewer.
    """
    with reached():
        is_embedded = settings.ENVIRONMENT.database_url is None
        _make_servable(may_migrate=is_embedded if may_migrate is None else may_migrate)
        yield


@contextmanager
def reached() -> Iterator[None]:
    """Use the database that the settings name for the block, whatever is in it."""
    with ExitStack() as held:
        url = settings.ENVIRONMENT.database_url
        if url is None:
            server = EmbeddedPostgres(settings.ENVIRONMENT.data_dir / "postgresql")
            url = held.enter_context(server).conninfo()
            _Current.embedded = server
            held.callback(_forget_embedded)
        use(url)
        held.callback(close)
        yield


def use(url_or_conninfo: str) -> None:
    """Make this the process's database, for the store and for Django alike."""
    close()
    _Current.conninfo = url_or_conninfo
    parts = conninfo.conninfo_to_dict(url_or_conninfo)
    database: dict[str, Any] = connections.settings["default"]
    for django_name, libpq_name in _DJANGO_NAMES.items():
        database[django_name] = parts.pop(libpq_name, "") or ""
    database["OPTIONS"] = _LINE | parts
    connections["default"].settings_dict.update(database)


def close() -> None:
    """Close every connection of this process, which then has no database."""
    while _Current.pools:
        _, each = _Current.pools.popitem()
        each.close()
    _Current.conninfo = None
    _Current.is_lent = None
    connections.close_all()


def _forget_embedded() -> None:
    _Current.embedded = None


def keep_embedded() -> None:
    """Have the embedded server go on, if it is what is open and has nobody to start it again.

    To be called again and again by one process of those that serve.
    """
    if _Current.embedded is None:
        return
    try:
        _Current.embedded.keep()
    except (EmbeddedPostgresFailed, OSError) as error:
        _logger.warning("%s", error)


@contextmanager
def watched() -> Iterator[None]:
    """Have it noticed within the block when the database does not answer: for who serves others.

    Then whoever asks it, or is asking, meets an error of ``FAILURES`` within two seconds, and until
    it answers again at once. Raises DatabaseNotOpen.
    """
    watch = Watch(conninfo_in_use())
    with watch.running():
        _Current.watch = watch
        try:
            yield
        finally:
            _Current.watch = None


def refuse_while_away() -> None:
    """Raise DatabaseAway while it is known that the database does not answer."""
    if _Current.watch is not None and _Current.watch.is_away:
        raise DatabaseAway


def is_failure(error: BaseException | None) -> bool:
    """Return whether the database, and not what was asked of it, is the trouble.

    That is FAILURES, and what libpq itself says of a connection that broke: it has no SQLSTATE.
    """
    if type(error) is db.DatabaseError:
        error = error.__cause__
    is_libpqs = type(error) is psycopg.DatabaseError and error.sqlstate is None
    return is_libpqs or isinstance(error, FAILURES)


def note_failure(error: Exception, what: str) -> None:
    """Log that one of ``FAILURES`` kept somebody from getting what they asked for.

    Of a database that is known not to answer this was logged once, and is not for each who asks.
    """
    if _Current.watch is None or not _Current.watch.is_away:
        _logger.warning("%s: the database failed: %s", what, " ".join(str(error).split())[:500])


def look_after(connection: Connection[Any]) -> None:
    """Have a connection cut as soon as it is known that the database does not answer."""
    if _Current.watch is not None:
        # A pooler ends by itself what the server does for a connection that has gone.
        ends_process = _Current.is_lent is False
        _Current.watch.look_after(connection, ends_process=ends_process)


def is_lent(connection: Connection[Any]) -> bool:
    """Return whether a pooler lends the server's sessions, a transaction each, to connections.

    Then nothing may be left in a session. A pooler announces other processes than the server's own.
    """
    if _Current.is_lent is None:
        # Below the driver, which would begin a transaction on a connection of Django's.
        found = connection.pgconn.exec_(b"SELECT pg_backend_pid()").get_value(0, 0)
        if found is not None:
            _Current.is_lent = int(found) != connection.info.backend_pid
    return bool(_Current.is_lent)


def made_in_time(connect: Callable[[], Connection[Any]]) -> Connection[Any]:
    """Return the connection that ``connect`` makes. Raises DatabaseAway when nobody waits longer.

    No call of the driver can be left, so a thread of its own makes it.
    """
    watch = _Current.watch
    if watch is None:
        return connect()
    refuse_while_away()
    made: Future[Connection[Any]] = Future()
    Thread(target=_make, args=(connect, made), daemon=True).start()
    until = time.monotonic() + _WATCHED_PATIENCE_SECONDS
    while not wait([made], _LOOK_SECONDS).done:
        if watch.is_away or time.monotonic() > until:
            made.add_done_callback(_close_made)
            raise DatabaseAway
    look_after(made.result())
    return made.result()


def _make(connect: Callable[[], Connection[Any]], made: "Future[Connection[Any]]") -> None:
    try:
        connection = connect()
        is_lent(connection)
        made.set_result(connection)
    except Exception as error:  # noqa: BLE001  # raised where it is waited for
        made.set_exception(error)


def _close_made(made: "Future[Connection[Any]]") -> None:
    if made.exception() is None:
        made.result().close()


def connected(application: str = KEEPING) -> Connection[TupleRow]:
    """Return a connection of one's own, as one of ``pool_of``, to be closed.

    Raises DatabaseNotOpen.
    """
    connection = Connection.connect(
        conninfo_in_use(), autocommit=True, application_name=application, **_line()
    )
    _make_ready(connection)
    return connection


def _make_ready(connection: Connection[TupleRow], settings: Sequence[bytes] = ()) -> None:
    look_after(connection)
    connection.execute("SET TIME ZONE 'UTC'")
    if is_lent(connection):
        connection.prepare_threshold = None
        return
    for setting in (b"SET jit = off", *settings):
        connection.execute(setting)


def _line() -> dict[str, Any]:
    """Return how a connection finds out that there is nobody at its other end."""
    said = conninfo.conninfo_to_dict(conninfo_in_use())
    line = {name: value for name, value in _LINE.items() if name not in said}
    if _Current.watch is not None and "connect_timeout" in line:
        line["connect_timeout"] = _WATCHED_CONNECT_SECONDS
    return line


def is_open() -> bool:
    """Return whether the process has a database."""
    return _Current.conninfo is not None


def conninfo_in_use() -> str:
    """Return how to connect to the process's database, of several hosts to the one that answers.

    Raises DatabaseNotOpen.
    """
    if _Current.conninfo is None:
        raise DatabaseNotOpen
    return hosts.led_by(_Current.conninfo, _host_that_answers())


def hosts_in_use() -> Mapping[str, str]:
    """Return the hosts and ports to connect to, by libpq's names; empty if there is one alone.

    A host that says nothing is waited for, and nobody who waits for an answer has that time. So
    the one that answers comes first, once that is known. Raises DatabaseNotOpen.
    """
    if _Current.conninfo is None:
        raise DatabaseNotOpen
    return hosts.in_order(_Current.conninfo, _host_that_answers())


def _host_that_answers() -> int:
    return 0 if _Current.watch is None else _Current.watch.host


def reading_pool() -> Pool:
    """Return the pool of those who read what is recorded. Raises DatabaseNotOpen.

    They can write nothing, unless a pooler stands between.
    """
    return pool_of(READING, (b"SET default_transaction_read_only = on",))


def pool() -> Pool:
    """Return the pool of those who write what is kept beside the facts: audits, figures, notices.

    Raises DatabaseNotOpen.
    """
    return pool_of(KEEPING)


def pool_of(
    application: str, settings: Sequence[bytes] = (), prepare: Prepare | None = None
) -> Pool:
    """Return the pool of this name, its new connections prepared. Raises DatabaseNotOpen.

    Each connection is in autocommit and in UTC: elsewhere a time far off has no form in Python. To
    compile a statement takes longer than any of ours does. Nothing else is set, and no statement
    is prepared, where a pooler stands between: it would be so for whoever comes next. The time zone
    is one of the settings that a pooler keeps for each of its own connections.
    """

    def make_ready(connection: Connection[TupleRow]) -> None:
        _make_ready(connection, settings)
        if prepare is not None:
            prepare(connection)

    with _Current.opening:
        if application not in _Current.pools:
            is_watched = _Current.watch is not None
            _Current.pools[application] = Pool(
                conninfo_in_use,
                kwargs={"autocommit": True, "application_name": application, **_line()},
                min_size=1,
                max_size=_POOL_SIZE,
                configure=make_ready,
                timeout=_WATCHED_PATIENCE_SECONDS if is_watched else _PATIENCE_SECONDS,
                reconnect_timeout=0.0,  # whoever needs one has it tried again
                open=True,
            )
        return _Current.pools[application]


def pool_statistics() -> dict[str, dict[str, int]]:
    """Return what psycopg_pool tells of each pool that this process has, by its name."""
    return {name: each.get_stats() for name, each in tuple(_Current.pools.items())}


def migrate() -> None:
    """Bring the database's tables to this version of Firmtrack; one process at a time does it."""
    with connected() as connection, held(AdvisoryKey.MIGRATION):
        _migrate(connection)


@contextmanager
def held(key: AdvisoryKey, *, waits: bool = True) -> Iterator[bool]:
    """Hold a lock until the block ends, over any number of transactions; yield whether it is ours.

    A transaction has it that stays open on a connection of its own, so it ends with the process. It
    reads nothing and keeps nothing from being cleaned up. Of a pooler it has a session all the
    while: it is for what operators do now and then. Without ``waits`` it is ours only if it was
    free. Raises DatabaseNotOpen.
    """
    with connected(HOLDING) as connection, connection.transaction():
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        if waits:
            take(connection, key)
        yield waits or take_if_free(connection, key)


def _make_servable(*, may_migrate: bool) -> None:
    """Return once this code serves the tables. Raises SchemaOlder, SchemaNewer."""
    with connected() as connection:
        if schema_state(connection) is SchemaState.SERVED:
            keep_months(connection)
            return
        with held(AdvisoryKey.MIGRATION):  # who makes them now is waited for
            state = schema_state(connection)
            if state is SchemaState.NEWER:
                raise SchemaNewer
            if state is SchemaState.OLDER and not may_migrate:
                raise SchemaOlder
            if state is not SchemaState.SERVED:
                _migrate(connection)


def _migrate(connection: Connection[TupleRow]) -> None:
    # Of the processes that use this module most never migrate, and each would import it.
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    drop_places(connection)
    note_who_serves(connection)

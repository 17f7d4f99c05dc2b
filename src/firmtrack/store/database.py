"""The one database of this process: which it is, its connections, its migrations."""

import logging
import time
from collections.abc import Callable, Iterator
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
from firmtrack.store.embedded import EmbeddedPostgres, EmbeddedPostgresFailed
from firmtrack.store.locks import AdvisoryKey, held
from firmtrack.store.months import keep_months
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
        _Current.watch.look_after(connection)


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
    watch.look_after(made.result())
    return made.result()


def _make(connect: Callable[[], Connection[Any]], made: "Future[Connection[Any]]") -> None:
    try:
        made.set_result(connect())
    except Exception as error:  # noqa: BLE001  # raised where it is waited for
        made.set_exception(error)


def _close_made(made: "Future[Connection[Any]]") -> None:
    if made.exception() is None:
        made.result().close()


def connected() -> Connection[TupleRow]:
    """Return a connection of one's own, in autocommit, to be closed. Raises DatabaseNotOpen."""
    connection = Connection.connect(conninfo_in_use(), autocommit=True, **_line())
    look_after(connection)
    return connection


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
    """Return how to connect to the process's database. Raises DatabaseNotOpen."""
    if _Current.conninfo is None:
        raise DatabaseNotOpen
    return _Current.conninfo


def reading_pool() -> Pool:
    """Return the pool of those who read what is recorded. Raises DatabaseNotOpen.

    They can write nothing, and have no temporary tables.
    """
    return pool_of(READING, _let_read_only)


def pool() -> Pool:
    """Return the pool of those who write what is kept beside the facts: audits, figures, notices.

    Raises DatabaseNotOpen.
    """
    return pool_of(KEEPING, _leave_as_it_is)


def pool_of(application: str, prepare: Prepare) -> Pool:
    """Return the pool of this name, its new connections prepared. Raises DatabaseNotOpen.

    Each connection is in autocommit and in UTC: elsewhere a time far off has no form in Python. To
    compile a statement takes longer than any of ours does.
    """

    def make_ready(connection: Connection[TupleRow]) -> None:
        look_after(connection)
        connection.execute("SET TIME ZONE 'UTC'")
        connection.execute("SET jit = off")
        prepare(connection)

    with _Current.opening:
        if application not in _Current.pools:
            is_watched = _Current.watch is not None
            _Current.pools[application] = Pool(
                conninfo_in_use(),
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


def _let_read_only(connection: Connection[TupleRow]) -> None:
    connection.execute("SET default_transaction_read_only = on")


def _leave_as_it_is(connection: Connection[TupleRow]) -> None:
    """Prepare nothing."""


def migrate() -> None:
    """Bring the database's tables to this version of Firmtrack; one process at a time does it."""
    with connected() as connection, held(connection, AdvisoryKey.MIGRATION):
        _migrate(connection)


def _make_servable(*, may_migrate: bool) -> None:
    """Return once this code serves the tables. Raises SchemaOlder, SchemaNewer."""
    with connected() as connection:
        if schema_state(connection) is SchemaState.SERVED:
            keep_months(connection)
            return
        with held(connection, AdvisoryKey.MIGRATION):  # who makes them now is waited for
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
    note_who_serves(connection)

"""The one database of this process: which it is, its connections, its migrations."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
from django import db
from django.conf import settings
from django.db import connections
from psycopg import Connection, conninfo
from psycopg.rows import TupleRow

from firmtrack.errors import FirmtrackError
from firmtrack.store.embedded import EmbeddedPostgres, EmbeddedPostgresFailed
from firmtrack.store.locks import AdvisoryKey, take, take_if_free
from firmtrack.store.months import keep_months
from firmtrack.store.places import drop_places
from firmtrack.store.schema import (
    SchemaNewer,
    SchemaOlder,
    SchemaState,
    note_who_serves,
    schema_state,
)
from firmtrack.store.server import LINE, READ_ONLY, Pool, Prepare, Server
from firmtrack.store.shards import distribute_new

WRITING, READING, KEEPING = "firmtrack writing", "firmtrack reading", "firmtrack"
"""The application names of the pools' connections, by which the server's activity tells them."""

HOLDING = "firmtrack holding"
"""That of connections whose transactions hold a lock, and do nothing else."""

SERVER_FAILURES = (
    psycopg.OperationalError,
    psycopg.errors.InternalError_,  # so a cluster says that it has lost a node
)
"""What a server says of itself, and not of what it was asked."""

FAILURES = (
    *SERVER_FAILURES,
    psycopg.InterfaceError,
    psycopg.errors.IdleInTransactionSessionTimeout,  # of who was cut off, or stood still
    db.OperationalError,
    db.InternalError,
    db.InterfaceError,
)
"""What says that the database, and not what was asked of it, is the trouble."""

RETRY_SECONDS = 2
"""After which time it is worth to ask again."""

_DJANGO_NAMES = {
    "NAME": "dbname",
    "USER": "user",
    "PASSWORD": "password",
    "HOST": "host",
    "PORT": "port",
}
_logger = logging.getLogger(__name__)


class DatabaseNotOpen(FirmtrackError):
    """The process has not opened its database: call firmtrack.store.database.opened first."""


class _Current:
    """The process's database; module state, because a process has exactly one."""

    server: Server | None = None
    embedded: EmbeddedPostgres | None = None


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
    _Current.server = Server(url_or_conninfo)
    parts = conninfo.conninfo_to_dict(url_or_conninfo)
    database: dict[str, Any] = connections.settings["default"]
    for django_name, libpq_name in _DJANGO_NAMES.items():
        database[django_name] = parts.pop(libpq_name, "") or ""
    database["OPTIONS"] = LINE | parts
    connections["default"].settings_dict.update(database)


def close() -> None:
    """Close every connection of this process, which then has no database."""
    if _Current.server is not None:
        _Current.server.close()
    _Current.server = None
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
    with _in_use().watched():
        yield


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
    if _Current.server is None or not _Current.server.is_away:
        _logger.warning("%s: the database failed: %s", what, " ".join(str(error).split())[:500])


def is_lent(connection: Connection[Any]) -> bool:
    """Return whether a pooler lends the database's sessions to connections, a transaction each.

    Then nothing may be left in a session. Raises DatabaseNotOpen.
    """
    return _in_use().is_lent(connection)


def made_in_time(connect: Callable[[], Connection[Any]]) -> Connection[Any]:
    """Return the connection that ``connect`` makes. Raises DatabaseAway when that takes long."""
    return connect() if _Current.server is None else _Current.server.made_in_time(connect)


def connected(application: str = KEEPING) -> Connection[TupleRow]:
    """Return a connection of one's own, as one of ``pool_of``, to be closed.

    Raises DatabaseNotOpen.
    """
    return _in_use().connected(application)


def is_open() -> bool:
    """Return whether the process has a database."""
    return _Current.server is not None


def conninfo_in_use() -> str:
    """Return how to connect to the process's database, of several hosts to the one that answers.

    Raises DatabaseNotOpen.
    """
    return _in_use().conninfo


def hosts_in_use() -> Mapping[str, str]:
    """Return the hosts and ports to connect to, by libpq's names; empty if there is one alone.

    Raises DatabaseNotOpen.
    """
    return _in_use().hosts


def reading_pool() -> Pool:
    """Return the pool of those who read what is recorded, all of it. Raises DatabaseNotOpen.

    They can write nothing, unless a pooler stands between. What may be read on a replica is marked
    by firmtrack.store.replica.look_up instead.
    """
    return pool_of(READING, READ_ONLY)


def pool() -> Pool:
    """Return the pool of those who write what is kept beside the facts: audits, figures, notices.

    Raises DatabaseNotOpen.
    """
    return pool_of(KEEPING)


def pool_of(
    application: str, settings: Sequence[bytes] = (), prepare: Prepare | None = None
) -> Pool:
    """Return the pool of this name, its new connections prepared. Raises DatabaseNotOpen."""
    return _in_use().pool_of(application, settings, prepare)


def pool_statistics() -> dict[str, dict[str, int]]:
    """Return what psycopg_pool tells of each pool of the database, by its name."""
    return {} if _Current.server is None else _Current.server.pool_statistics()


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
    distribute_new(connection)
    drop_places(connection)
    note_who_serves(connection)


def _in_use() -> Server:
    if _Current.server is None:
        raise DatabaseNotOpen
    return _Current.server

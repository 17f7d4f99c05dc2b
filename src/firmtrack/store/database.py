"""The one database of this process: which it is, its connections, its migrations."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Lock
from typing import Any, ClassVar, TypeAlias

from django.conf import settings
from django.db import connections
from psycopg import Connection, conninfo
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from firmtrack.errors import FirmtrackError
from firmtrack.store.embedded import EmbeddedPostgres
from firmtrack.store.locks import AdvisoryKey, held
from firmtrack.store.schema import (
    SchemaNewer,
    SchemaOlder,
    SchemaState,
    note_who_serves,
    schema_state,
)

WRITING, READING, KEEPING = "firmtrack writing", "firmtrack reading", "firmtrack"
"""The application names of the pools' connections, by which the server's activity tells them."""

Pool: TypeAlias = ConnectionPool[Connection[TupleRow]]
Prepare: TypeAlias = Callable[[Connection[TupleRow]], None]

_DJANGO_NAMES = {
    "NAME": "dbname",
    "USER": "user",
    "PASSWORD": "password",
    "HOST": "host",
    "PORT": "port",
}
_POOL_SIZE = 16


class DatabaseNotOpen(FirmtrackError):
    """The process has not opened its database: call firmtrack.store.database.opened first."""


class _Current:
    """The process's database; module state, because a process has exactly one."""

    conninfo: str | None = None
    pools: ClassVar[dict[str, Pool]] = {}
    opening = Lock()


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
    database["OPTIONS"] = parts
    connections["default"].settings_dict.update(database)


def close() -> None:
    """Close every connection of this process, which then has no database."""
    while _Current.pools:
        _, each = _Current.pools.popitem()
        each.close()
    _Current.conninfo = None
    connections.close_all()


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
        connection.execute("SET TIME ZONE 'UTC'")
        connection.execute("SET jit = off")
        prepare(connection)

    with _Current.opening:
        if application not in _Current.pools:
            _Current.pools[application] = ConnectionPool(
                conninfo_in_use(),
                kwargs={"autocommit": True, "application_name": application},
                min_size=1,
                max_size=_POOL_SIZE,
                configure=make_ready,
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
    with (
        Connection.connect(conninfo_in_use(), autocommit=True) as connection,
        held(connection, AdvisoryKey.MIGRATION),
    ):
        _migrate(connection)


def _make_servable(*, may_migrate: bool) -> None:
    """Return once this code serves the tables. Raises SchemaOlder, SchemaNewer."""
    with Connection.connect(conninfo_in_use(), autocommit=True) as connection:
        if schema_state(connection) is SchemaState.SERVED:
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

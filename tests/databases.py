"""The PostgreSQL server that all tests of a run share, and the databases on it.

A clone of the migrated database costs a third of a second, so a worker has one that is emptied
between tests. Who changes more than rows takes a clone.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path
from typing import Self, TypeAlias

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from firmtrack.store import database
from firmtrack.store.embedded import EmbeddedPostgres

Fresh: TypeAlias = Callable[[], AbstractContextManager[str]]
"""Makes a migrated, empty database and yields its conninfo; it is dropped at the end."""

# Tests kill processes, never the machine: what the kernel has, survives.
QUICK = {
    "max_connections": "300",  # all workers' servers and commands at once
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",
    "min_wal_size": "32MB",
}
TEMPLATE = "firmtrack_template"
"""The migrated database that all others are cloned from."""

_FILLED = """
    SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
    ORDER BY relname
"""
_END_OTHERS = """
    SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND backend_type = 'client backend'
"""
_RESTART_SEQUENCES = """
    SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
    FROM pg_sequences
    WHERE schemaname = 'public' AND last_value IS NOT NULL
        AND sequencename <> 'django_migrations_id_seq'
"""
_SCHEMA = """
    SELECT
        (SELECT string_agg(format('%s %s', relname, relnatts), ',' ORDER BY relname)
         FROM pg_class WHERE relnamespace = 'public'::regnamespace),
        (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace),
        (SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal),
        (SELECT count(*) FROM pg_constraint WHERE connamespace = 'public'::regnamespace)
"""
_TEMPLATE_LOCK = 0x46524D54


def binaries_of(version: str) -> Path:
    """Return where Debian keeps PostgreSQL of a major version."""
    binaries = Path("/usr/lib/postgresql", version, "bin")
    if not (binaries / "postgres").is_file():
        raise pytest.UsageError(f"FIRMTRACK_TEST_POSTGRES={version}: there is no {binaries}")
    return binaries


def make_template(server: EmbeddedPostgres) -> None:
    """Make the migrated database that fresh ones are cloned from, unless another worker has."""
    with psycopg.connect(server.conninfo("postgres"), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_TEMPLATE_LOCK])
        known = "SELECT FROM pg_database WHERE datname = %s"
        if connection.execute(known, [TEMPLATE]).rowcount:
            return
        unfinished = f"unfinished_{secrets.token_hex(6)}"
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(unfinished)))
        with used(server.conninfo(unfinished)):
            database.migrate()
        connection.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                sql.Identifier(unfinished), sql.Identifier(TEMPLATE)
            )
        )


@contextmanager
def used(conninfo: str) -> Iterator[str]:
    """Make this the process's database until the block ends; yields the conninfo."""
    database.use(conninfo)
    try:
        yield conninfo
    finally:
        database.close()


@contextmanager
def fresh_database(server: EmbeddedPostgres) -> Iterator[str]:
    """Yield the conninfo of a migrated, empty database, which is dropped at the end."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(server.conninfo("postgres"), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY wal_log").format(
                sql.Identifier(name), sql.Identifier(TEMPLATE)
            )
        )
        try:
            yield server.conninfo(name)
        finally:
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            )


class ReusedDatabase:
    """A migrated database that one test after the other has, each of them empty.

    Emptied are the tables and sequences alone, so a test that changes the schema is refused.
    """

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._tests = count(1)
        self._connection = psycopg.connect(conninfo, autocommit=True)
        # Neither triggers nor foreign keys have a say in the emptying.
        self._connection.execute("SET session_replication_role = replica")
        self._rows_of_migrations = {table: self._copy_of(table) for table in self._filled()}
        self._schema = self._schema_now()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def next_conninfo(self) -> str:
        """Return how the next test connects: never in the same words, which stand for the rows."""
        return make_conninfo(self._conninfo, application_name=f"test {next(self._tests)}")

    def empty(self) -> None:
        """Leave only what the migrations put there; end the connections of others."""
        self._connection.execute(_END_OTHERS)
        assert self._schema_now() == self._schema, "the test must have a database of its own"
        filled = [table for table in self._filled() if table not in self._rows_of_migrations]
        if filled:
            self._empty(filled)
        for table, rows in self._rows_of_migrations.items():
            if self._copy_of(table) != rows:
                self._fill(table, rows)
        self._connection.execute(_RESTART_SEQUENCES)

    def _empty(self, tables: Sequence[str]) -> None:
        self._connection.execute(
            sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(map(sql.Identifier, tables)))
        )

    def _filled(self) -> list[str]:
        """Return the tables that have, or had, rows."""
        return [name for (name,) in self._connection.execute(_FILLED)]

    def _schema_now(self) -> object:
        return self._connection.execute(_SCHEMA).fetchone()

    def _copy_of(self, table: str) -> bytes:
        copy = sql.SQL("COPY (SELECT * FROM {} ORDER BY 1) TO STDOUT").format(sql.Identifier(table))
        with self._connection.cursor().copy(copy) as rows:
            return b"".join(rows)

    def _fill(self, table: str, rows: bytes) -> None:
        self._connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
        fill = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))
        with self._connection.cursor().copy(fill) as copy:
            copy.write(rows)

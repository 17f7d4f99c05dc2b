"""The PostgreSQL server that all tests of a run share, and fresh databases on it."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from firmtrack.store import database
from firmtrack.store.embedded import EmbeddedPostgres

# Tests kill processes, never the machine: what the kernel has, survives.
QUICK = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",
    "min_wal_size": "32MB",
}
TEMPLATE = "firmtrack_template"
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

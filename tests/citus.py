"""Databases on a Citus cluster, where one is named by TEST_CITUS_URL: its tables distributed."""

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from firmtrack.store import database
from firmtrack.store.shards import distribute
from tests.databases import ReusedDatabase, used

CITUS_URL = os.environ.get("TEST_CITUS_URL")
"""A coordinator of Citus that knows its workers; None if there is none to test on."""

of_an_older_version = pytest.mark.skipif(
    CITUS_URL is not None, reason="no database on a cluster was ever of a version before clusters"
)
on_a_cluster = pytest.mark.skipif(
    CITUS_URL is None, reason="TEST_CITUS_URL names no coordinator of Citus with workers"
)
on_one_server = pytest.mark.skipif(CITUS_URL is not None, reason="this database is on a cluster")

SHARDS = 4

_NODES = "SELECT nodename, nodeport FROM pg_dist_node WHERE groupid > 0 ORDER BY 1, 2"
_DISTRIBUTED = """
    SELECT relname
    FROM pg_dist_partition
    JOIN pg_class ON oid = logicalrelid
    WHERE relnamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = logicalrelid)
"""


class Cluster:
    """A coordinator with its workers, as whoever may make databases on all of them."""

    def __init__(self, conninfo: str) -> None:
        self._coordinator = conninfo
        with psycopg.connect(conninfo) as connection:
            self._places = connection.execute(_NODES).fetchall()
            self._workers = [
                make_conninfo(conninfo, host=name, hostaddr=None, port=port)
                for name, port in self._places
            ]
            self._at = connection.execute(
                "SELECT host(inet_server_addr()), inet_server_port()"
            ).fetchone()

    @contextmanager
    def fresh_database(self, *, shards: int | None = SHARDS) -> Iterator[str]:
        """Yield the conninfo of a migrated, distributed database, which is dropped at the end.

        Without ``shards`` it is not distributed: all of it is on the coordinator.
        """
        name = f"test_{secrets.token_hex(6)}"
        nodes = [self._coordinator, *self._workers]
        make, drop = (
            sql.SQL(each).format(sql.Identifier(name))
            for each in ("CREATE DATABASE {}", "DROP DATABASE IF EXISTS {} WITH (FORCE)")
        )
        try:
            for node in nodes:
                _execute(node, make)
                _execute(make_conninfo(node, dbname=name), sql.SQL("CREATE EXTENSION citus"))
            conninfo = make_conninfo(self._coordinator, dbname=name)
            with psycopg.connect(conninfo, autocommit=True) as connection:
                connection.execute("SELECT citus_set_coordinator_host(%s, %s)", self._at)
                for place in self._places:
                    connection.execute("SELECT citus_add_node(%s, %s)", place)
            with used(conninfo):
                database.migrate()
                if shards is not None:
                    with database.connected() as connection:
                        distribute(connection, shards)
            yield conninfo
        finally:
            for node in nodes:
                _execute(node, drop)


def _execute(conninfo: str, statement: sql.SQL | sql.Composed) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(statement)


class ReusedClusterDatabase(ReusedDatabase):
    """The same of a distributed database."""

    def _empty(self, tables: Sequence[str]) -> None:
        distributed = self._distributed()
        for name in tables:
            if name in distributed:
                # TRUNCATE reaches shards by a trigger, and takes longer.
                self._connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
        if local := [name for name in tables if name not in distributed]:
            super()._empty(local)

    def _filled(self) -> list[str]:
        """Return the tables that have, or had, rows."""
        distributed = self._distributed()
        local = [name for name in super()._filled() if name not in distributed]
        return local + [name for name in distributed if self._has_rows(name)]

    def _distributed(self) -> list[str]:
        return [name for (name,) in self._connection.execute(_DISTRIBUTED)]

    def _has_rows(self, table: str) -> bool:
        asked = sql.SQL("SELECT EXISTS (SELECT 1 FROM {})").format(sql.Identifier(table))
        return self._connection.execute(asked).fetchone() == (True,)

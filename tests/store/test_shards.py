"""Where tables live on a cluster: each is listed, with its reason, and a device is on one shard."""

import re

import psycopg
import pytest
from psycopg import sql

from firmtrack.store.database import pool, reading_pool
from firmtrack.store.ledger import staging
from firmtrack.store.months import MESSAGES, this_month
from firmtrack.store.planner import renew_statistics
from firmtrack.store.reading import statement
from firmtrack.store.shards import HOMES, STAGING_HOMES, Home, NoCluster, distribute
from tests.citus import CITUS_URL, SHARDS

pytestmark = pytest.mark.usefixtures("database")

on_a_cluster = pytest.mark.skipif(
    CITUS_URL is None, reason="TEST_CITUS_URL names no coordinator of Citus with workers"
)

_TABLES = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
"""
_KEYS = """
    SELECT conrelid::regclass::text, array_agg(attname::text)
    FROM pg_constraint
    JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey)
    WHERE contype IN ('p', 'u') AND connamespace = 'public'::regnamespace AND conparentid = 0
    GROUP BY conrelid, conname
"""

_MESSAGES = """
    INSERT INTO dated_message (message_id, occurred_at, recorded_at, kind)
    SELECT gen_random_uuid(), now(), now(), 1 FROM generate_series(1, 10000)
"""
_ROWS_KNOWN = """
    SELECT result FROM run_command_on_placements(
        'dated_message', $$SELECT reltuples FROM pg_class WHERE oid = '%s'::regclass$$
    )
"""


def listed() -> list[str]:
    return [name for tables in HOMES for name in tables.names]


def test_it_is_said_of_every_table_where_it_lives_and_why() -> None:
    with pool().connection() as connection:
        tables = {name for (name,) in connection.execute(_TABLES)}

    assert len(set(listed())) == len(listed())
    assert set(listed()) == tables
    assert all(tables.why for tables in HOMES)


def test_every_key_of_a_table_that_is_spread_has_the_column_that_it_is_spread_by() -> None:
    with pool().connection() as connection:
        keys = connection.execute(_KEYS).fetchall()
    spread = {
        name: str(tables.home.value)
        for tables in HOMES
        if tables.home in {Home.DEVICE, Home.MESSAGE}
        for name in tables.names
    }

    kept = [(table, columns) for table, columns in keys if table in spread]
    assert len(kept) > 5
    assert [table for table, columns in kept if spread[table] not in columns] == []


def test_it_is_said_of_every_staging_table_where_it_lives() -> None:
    with staging.writing() as cursor:
        names = cursor.execute(
            "SELECT relname FROM pg_class"
            " WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'"
        ).fetchall()

    assert {name for (name,) in names} == set(STAGING_HOMES)


@pytest.mark.skipif(CITUS_URL is not None, reason="this database is on a cluster")
def test_a_database_without_workers_is_not_distributed() -> None:
    with pool().connection() as connection, pytest.raises(NoCluster):
        distribute(connection)


@on_a_cluster
def test_distributing_again_moves_nothing() -> None:
    with pool().connection() as connection:
        assert distribute(connection).moved == []


@on_a_cluster
def test_all_that_is_told_of_a_device_is_asked_of_one_shard() -> None:
    with reading_pool().connection() as connection, psycopg.RawCursor(connection) as cursor:
        plan = cursor.execute(
            b"EXPLAIN " + statement("dossier"), (5, "2026-11-01T00:00:00Z", 200)
        ).fetchall()

    text = "\n".join(line for (line,) in plan)
    assert re.findall(r"Task Count: (\d+)", text) == ["1"]
    assert "Distributed Subplan" not in text


@on_a_cluster
def test_the_planner_of_every_node_is_told_of_tables_that_have_grown() -> None:
    with pool().connection() as connection:
        while renew_statistics(connection):
            pass
        part = sql.Identifier(MESSAGES.part_of(this_month(connection)))
        connection.execute(_MESSAGES)
        connection.execute(sql.SQL("ANALYZE {}").format(part))  # as each node does by itself

        assert renew_statistics(connection)

        known = [rows for (rows,) in connection.execute(_ROWS_KNOWN)]
        assert [float(rows) > 0 for rows in known] == [True] * SHARDS
        assert not renew_statistics(connection)

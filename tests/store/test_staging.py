"""Where a batch is staged: in a place of the transaction's own, which is empty outside it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import psycopg
import pytest

from firmtrack.domain.stages import Status
from firmtrack.store import database as the_database
from firmtrack.store import locks
from firmtrack.store.database import pool
from firmtrack.store.ledger.recording import Batch, record
from firmtrack.store.ledger.staging import writing, writing_pool
from firmtrack.store.locks import AdvisoryKey
from firmtrack.store.places import PREFIX, drop_places
from tests.citus import CITUS_URL
from tests.store.facts import METERS, at, reported, request, take
from tests.store.server_processes import wait_until

PLACES = "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s) ORDER BY nspname"
TABLES = """
    SELECT c.oid::regclass::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
    WHERE starts_with(nspname, %s) AND relkind = 'r'
"""
GROWN = """
    SELECT max(pg_relation_size(c.oid)) FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = relnamespace
    WHERE starts_with(nspname, %s) AND relkind = 'r'
"""
MOST = 64


@pytest.fixture
def database(own_database: str) -> str:
    """A database in which there are no places yet."""
    return own_database


def places() -> list[str]:
    with pool().connection() as connection:
        return [name for (name,) in connection.execute(PLACES, (PREFIX,))]


def staged_rows() -> int:
    """Return how many rows stand in staging tables, as anybody else sees them."""
    with pool().connection() as connection:
        tables = [name for (name,) in connection.execute(TABLES, (PREFIX,))]
        assert tables
        counts = [connection.execute(f"SELECT FROM {name}".encode()).rowcount for name in tables]
    return sum(counts)


def grown_bytes() -> int:
    with pool().connection() as connection:
        row = connection.execute(GROWN, (PREFIX,)).fetchone()
    assert row is not None
    return int(row[0])


def storm(first: int, count: int) -> Batch:
    """Return so many alerts of the meters, other ones from each ``first``."""
    return Batch(
        messages=[
            reported(Status.DELIVERED_TO_COMMS_HUB, at(first + number), METERS[:1])
            for number in range(count)
        ]
    )


def recorded() -> int:
    with pool().connection() as connection:
        return connection.execute("SELECT FROM event").rowcount


@pytest.mark.usefixtures("database")
def test_writers_use_no_temporary_table() -> None:
    take(request(sent_at=at(0)), *storm(1, 3).messages)

    with writing() as cursor:
        found = cursor.execute("SELECT FROM pg_class WHERE relpersistence = 't'")
        assert found.rowcount == 0
        cursor.execute("SELECT pg_my_temp_schema()")
        assert cursor.fetchone() == (0,)


@pytest.mark.usefixtures("database")
def test_one_writer_after_the_other_uses_the_same_place_and_leaves_it_empty() -> None:
    for number in range(5):
        take(*storm(number * 10, 3).messages)

    assert len(places()) == 1
    assert staged_rows() == 0


@pytest.mark.usefixtures("database")
def test_of_writers_at_once_each_has_a_place_and_sees_its_own_rows_alone() -> None:
    with ExitStack() as open_ones:
        cursors = [open_ones.enter_context(writing()) for _ in range(3)]
        for number, cursor in enumerate(cursors, 1):
            cursor.execute(
                "INSERT INTO staged_name SELECT n, 1 FROM generate_series(1, %s) AS n", (number,)
            )
        for number, cursor in enumerate(cursors, 1):
            cursor.execute("SELECT count(*) FROM staged_name")
            assert cursor.fetchone() == (number,)
            cursor.execute("SELECT current_schema()")
            assert cursor.fetchone() == (f"{places_prefix(cursor)}{number}",)

    assert len(places()) == 3
    assert staged_rows() == 0


def places_prefix(cursor: psycopg.Cursor[tuple[object, ...]]) -> str:
    row = cursor.execute("SELECT current_schema()").fetchone()
    assert row is not None
    return str(row[0]).rstrip("0123456789")


@pytest.mark.usefixtures("database")
def test_what_a_writer_staged_that_failed_is_gone() -> None:
    take(*storm(0, 1).messages)
    failing = "WITH staged AS (INSERT INTO staged_name VALUES (1, 1)) SELECT 1 / 0"
    with pytest.raises(psycopg.errors.DivisionByZero), writing() as cursor:
        cursor.execute(failing)

    assert staged_rows() == 0
    take(*storm(10, 1).messages)
    assert recorded() == 2


@pytest.mark.skipif(CITUS_URL is not None, reason="what is deleted on shards leaves its room")
@pytest.mark.usefixtures("database")
def test_what_was_large_is_given_back() -> None:
    take(*storm(0, 2_000).messages)

    assert recorded() == 2_000
    assert grown_bytes() <= 65_536


@contextmanager
def backup(conninfo: str) -> Iterator[None]:
    """Hold what pg_dump holds of every table there is for as long as it runs, and its snapshot."""
    with psycopg.connect(conninfo) as reader:
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        for (table,) in reader.execute(TABLES, (PREFIX,)).fetchall():
            reader.execute(f"LOCK TABLE {table} IN ACCESS SHARE MODE".encode())
        yield


def test_writers_do_not_wait_for_a_backup_and_leave_the_places_that_it_reads(
    database: str,
) -> None:
    take(*storm(0, 2_000).messages)
    assert len(places()) == 1

    with backup(database):
        for number in range(1, 6):
            take(*storm(number * 2_000, 2_000).messages)
            assert staged_rows() == 0
        during = grown_bytes()
        take(*storm(20_000, 2_000).messages)
        assert grown_bytes() == during  # what could not be emptied grows no more
        # On shards rows are deleted, in which no reader of the table stands in the way.
        assert len(places()) == (1 if CITUS_URL else 2)

    assert recorded() == 7 * 2_000


def test_where_all_places_are_taken_one_waits_for_the_first_that_is_free(database: str) -> None:
    with psycopg.connect(database) as holder, ThreadPoolExecutor() as threads:
        for place in range(1, MOST + 1):
            assert locks.take_if_free(holder, AdvisoryKey.STAGING, place)
        recording = threads.submit(record, storm(0, 1))
        stands = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        wait_until(lambda: holder.execute(stands).rowcount > 0)
        holder.rollback()
        recording.result()

    assert recorded() == 1


@pytest.mark.usefixtures("database")
def test_a_migration_drops_the_places_and_writers_make_them_anew() -> None:
    take(request(sent_at=at(0)))
    assert places()

    the_database.migrate()

    assert places() == []
    take(*storm(1, 2).messages)
    assert len(places()) == 1
    assert recorded() == 2


def test_a_place_in_use_is_dropped_after_its_use(database: str) -> None:
    def drop() -> None:
        with psycopg.connect(database, autocommit=True) as connection:
            drop_places(connection)

    take(request(sent_at=at(0)))
    with ThreadPoolExecutor() as threads:
        with writing() as cursor:
            cursor.execute("INSERT INTO staged_name VALUES (1, 1)")
            dropping = threads.submit(drop)
            stands = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            wait_until(lambda: cursor.execute(stands).rowcount > 0)
            cursor.execute("SELECT count(*) FROM staged_name")
            assert cursor.fetchone() == (1,)
        dropping.result()

    assert places() == []


@pytest.mark.usefixtures("database")
def test_a_writers_settings_end_with_its_transaction() -> None:
    asked = (
        "SELECT current_setting('search_path'),"
        " current_setting('idle_in_transaction_session_timeout')"
    )
    with writing_pool().connection() as connection:
        usual = connection.execute(asked).fetchone()
    with writing() as cursor:
        row = cursor.execute(asked).fetchone()
        assert row is not None
        assert usual is not None
        assert row[0].endswith(f", {usual[0]}")
        assert row[1] == "10s"
        writer = cursor.connection
    assert writer.execute(asked).fetchone() == usual

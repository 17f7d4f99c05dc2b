"""The demonstration's moment of recording: what is written then has it, nothing else does."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from psycopg import sql

import firmtrack
from firmtrack.demonstration import handing_in
from firmtrack.demonstration.handing_in import Hands
from firmtrack.demonstration.recording_time import past_recording
from firmtrack.demonstration.world import DemonstrationWorld
from firmtrack.store import database
from firmtrack.store.database import pool

THEN = datetime(2026, 3, 2, 8, tzinfo=UTC)
_TABLES = """
SELECT c.table_name
FROM information_schema.columns AS c
JOIN information_schema.tables AS t USING (table_schema, table_name)
WHERE c.table_schema = 'public' AND c.column_name = 'recorded_at' AND t.table_type = 'BASE TABLE'
ORDER BY 1
"""


def recorded_when() -> dict[str, set[datetime]]:
    """Return at which moments each table has rows recorded."""
    found = {}
    with pool().connection() as connection:
        for (table,) in connection.execute(_TABLES).fetchall():
            rows = connection.execute(
                sql.SQL("SELECT DISTINCT recorded_at FROM {}").format(sql.Identifier(table))
            ).fetchall()
            found[table] = {moment for (moment,) in rows}
    return found


def test_all_that_is_recorded_then_has_that_moment(own_database: str) -> None:
    world = DemonstrationWorld(THEN - timedelta(days=14))
    arrivals = world.until(THEN)
    with past_recording() as set_moment:
        set_moment(THEN)
        handing_in.import_rows(world.first_rows())
        Hands().hand_in(arrivals)

    found = recorded_when()
    assert {moment for moments in found.values() for moment in moments} == {THEN}
    written = {table for table, moments in found.items() if moments}
    assert written > {
        "arrival", "dated_message", "distribution", "quarantine", "recorded_activation_event",
        "recorded_event", "recorded_inventory_statement", "recorded_request_statement",
        "recorded_request_step", "recorded_supplier_change", "undated_message",
    }  # fmt: skip


def test_others_have_the_real_time_meanwhile_and_so_have_we_afterwards(own_database: str) -> None:
    with past_recording() as set_moment:
        set_moment(THEN)
        with psycopg.connect(own_database) as other:
            assert is_real(other)
        with pool().connection() as ours:
            assert ours.execute("SELECT now(), clock_timestamp()").fetchone() == (THEN, THEN)
    assert database.conninfo_in_use() == own_database
    with pool().connection() as ours:
        assert is_real(ours)


def test_nothing_but_the_demonstrations_preparation_can_record_in_the_past() -> None:
    root = Path(firmtrack.__file__).parent
    naming = {
        str(path.relative_to(root))
        for path in root.rglob("*.*")
        if path.suffix in {".py", ".sql", ".html"}
        and ("recording_time" in (text := path.read_text()) or "demonstration_time" in text)
    }
    assert naming == {
        "demonstration/handing_in.py",
        "demonstration/preparation.py",
        "demonstration/recording_time.py",
    }


def is_real(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    row = connection.execute("SELECT now() = pg_catalog.now()").fetchone()
    return row == (True,)

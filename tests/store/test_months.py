"""Rows stand in the month of their time, and months are made ahead without holding anybody up."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.conf import settings
from django.test import override_settings
from psycopg import Connection, sql
from psycopg.rows import TupleRow

from firmtrack.domain.stages import Status
from firmtrack.store import months
from firmtrack.store.consistency import DisagreementKind, disagreements
from firmtrack.store.database import opened, pool
from firmtrack.store.ledger.recording import Batch, record
from firmtrack.store.locks import AdvisoryKey, take_if_free
from firmtrack.store.months import (
    ACTS,
    EVENTS,
    LOOKUPS,
    MESSAGES,
    MONTHS_AHEAD,
    TABLES,
    Month,
    MonthlyTable,
    make_months,
    month_of,
    months_ahead,
    months_of,
    this_month,
)
from firmtrack.upkeep import Upkeep
from tests.looking import find_device
from tests.store import facts
from tests.store.facts import DCC, METER, METERS, REQUEST_ID, answer, digest, reported, take
from tests.store.server_processes import wait_until

KEPT_MONTHS = 13
ROW_OF_LOOKUP = "INSERT INTO lookup_audit (looked_up_at, viewer, kind, term, row_count)"
ROW_OF_ACT = "INSERT INTO act (acted_at, actor, kind, subject, detail)"


@pytest.fixture
def connection(own_database: str) -> Iterator[Connection[TupleRow]]:
    """Connected to a migrated database of the test's own, as the store is."""
    with pool().connection() as made:
        yield made


def forget_months(connection: Connection[TupleRow], first: Month) -> None:
    """Leave the tables as if months had last been made up to before this one."""
    for table in TABLES:
        for month in months_of(connection, table):
            if month >= first:
                part = sql.Identifier(table.part_of(month))
                connection.execute(sql.SQL("DROP TABLE {}").format(part))


def places(connection: Connection[TupleRow], table: MonthlyTable) -> dict[str, int]:
    """Return how many rows each part has that has any."""
    # On a cluster it is a part of a shard, whose number its name ends in.
    counted = sql.SQL(
        r"SELECT regexp_replace(tableoid::regclass::text, '_\d{{6,}}$', ''), count(*)"
        " FROM {} GROUP BY 1"
    )
    return dict(connection.execute(counted.format(sql.Identifier(table.name))).fetchall())


def alert_at(occurred_at: datetime, status: Status = Status.DELIVERED_TO_COMMS_HUB) -> None:
    take(reported(status, occurred_at))


def of(month: Month) -> datetime:
    return month.begins_at + timedelta(days=3)


def test_a_new_database_has_the_months_that_are_kept_and_some_ahead(
    connection: Connection[TupleRow],
) -> None:
    present = month_of(datetime.now(UTC))
    wanted = [present.after(number) for number in range(-KEPT_MONTHS, MONTHS_AHEAD + 1)]

    assert [months_of(connection, table) for table in TABLES] == [wanted] * len(TABLES)
    for table in TABLES:
        assert months.kept_until(connection, table) == wanted[0].begins_at
    assert months_ahead(connection) == MONTHS_AHEAD


@pytest.mark.parametrize(("kept", "back"), [(1, 1), (36, 36), (120, 36)])
def test_it_begins_as_far_back_as_is_kept_and_36_months_at_most(
    connection: Connection[TupleRow], kept: int, back: int
) -> None:
    with connection.transaction():
        connection.execute("CREATE TABLE fresh (at timestamptz) PARTITION BY RANGE (at)")
        fresh = MonthlyTable("fresh", "at")
        with override_settings(ENVIRONMENT=replace(settings.ENVIRONMENT, retention_months=kept)):
            months.begin(connection, [fresh])

    assert months_of(connection, fresh)[0] == this_month(connection).after(-back)


def test_months_follow_each_other_over_the_years_and_are_those_of_utc() -> None:
    assert Month(2026, 12).after() == Month(2027, 1)
    assert Month(2026, 1).after(-1) == Month(2025, 12)
    assert Month(2026, 5).after(-17) == Month(2024, 12)
    assert Month(2025, 12) < Month(2026, 1)
    assert month_of(datetime.fromisoformat("2026-12-01T01:00:00+02:00")) == Month(2026, 11)


def test_whatever_time_a_message_has_it_has_its_place(connection: Connection[TupleRow]) -> None:
    present = this_month(connection)
    instant = timedelta(microseconds=1)
    placed: dict[datetime, Month | str] = {
        datetime(1, 1, 1, tzinfo=UTC): "kept",
        present.after(-KEPT_MONTHS).begins_at - instant: "kept",
        present.after(-KEPT_MONTHS).begins_at: present.after(-KEPT_MONTHS),
        present.after().begins_at - instant: present,
        present.after(MONTHS_AHEAD + 1).begins_at - instant: present.after(MONTHS_AHEAD),
        present.after(MONTHS_AHEAD + 1).begins_at: "later",
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC): "later",
    }
    for number, (time, place) in enumerate(placed.items(), start=1):
        alert_at(time)
        for table in (EVENTS, MESSAGES):
            part = table.part_of(place) if isinstance(place, Month) else getattr(table, place)
            found = connection.execute(
                sql.SQL("SELECT count(*) FROM {} WHERE occurred_at = %s").format(
                    sql.Identifier(part)
                ),
                (time,),
            ).fetchone()
            assert found == (1,), (time, part)
        found_device = find_device(DCC, METER)
        assert found_device is not None
        (update,) = found_device.distributions
        assert sum(each.times for each in update.history) == number
    assert disagreements() == []


def test_a_message_that_comes_again_finds_itself_in_its_month(
    connection: Connection[TupleRow],
) -> None:
    present = this_month(connection)
    dated = [
        reported(Status.DELIVERED_TO_COMMS_HUB, of(present.after(months)), identity=digest(months))
        for months in (-20, -5, 0, 9)
    ]
    report = facts.step(Status.SENT_TO_CSP, of(present), identity=digest("a report"))
    at_another_time = facts.step(
        Status.SENT_TO_CSP, of(present.after(2)), identity=digest("a report")
    )
    first = record(Batch(messages=[*dated, report]))

    again = record(Batch(messages=[*reversed(dated), at_another_time]))

    assert first.is_new == (True,) * 5
    assert again.is_new == (False,) * 5
    assert connection.execute("SELECT count(*) FROM message").fetchone() == (5,)
    assert connection.execute("SELECT occurred_at FROM undated_message").fetchall() == [
        (of(present),)
    ]


def test_what_came_before_its_month_was_made_moves_into_it(
    connection: Connection[TupleRow],
) -> None:
    present = this_month(connection)
    forget_months(connection, present)
    take(facts.request(sent_at=of(present)), answer(answered_at=of(present)))
    alert_at(of(present.after()))
    alert_at(of(present.after(MONTHS_AHEAD + 5)), Status.COMMS_HUB_DELIVERY_FAILED)
    connection.execute(f"{ROW_OF_LOOKUP} VALUES (now(), 'Ada', 'device', '', 1)".encode())
    connection.execute(f"{ROW_OF_ACT} VALUES (now(), 'Ada', 'signed_in', '', '')".encode())
    before = find_device(DCC, METER)
    assert before is not None
    looked_up = connection.execute("SELECT count(*) FROM lookup_audit").fetchone()
    assert set(places(connection, MESSAGES)) == {MESSAGES.later}
    assert months_ahead(connection) == -1

    assert make_months(connection)

    assert places(connection, MESSAGES) == {
        MESSAGES.part_of(present): 1,
        MESSAGES.part_of(present.after()): 1,
        MESSAGES.later: 1,
    }
    assert places(connection, EVENTS) == {
        EVENTS.part_of(present.after()): 1,
        EVENTS.later: 1,
    }
    assert places(connection, ACTS) == {ACTS.part_of(present): 1}
    assert set(places(connection, LOOKUPS)) == {LOOKUPS.part_of(present)}
    assert connection.execute("SELECT count(*) FROM lookup_audit").fetchone() == looked_up
    assert months_ahead(connection) == MONTHS_AHEAD
    assert find_device(DCC, METER) == before
    assert disagreements() == []


def test_a_month_that_is_made_is_as_those_that_were(connection: Connection[TupleRow]) -> None:
    def form(table: MonthlyTable, month: Month) -> object:
        part = table.part_of(month)
        return connection.execute(
            "SELECT (SELECT array_agg(replace(indexdef, %(part)s, '') ORDER BY indexdef)"
            " FROM pg_indexes WHERE tablename = %(part)s),"
            " (SELECT array_agg(row(attname, atttypid, attnotnull) ORDER BY attnum)::text"
            " FROM pg_attribute WHERE attrelid = %(part)s::regclass AND attnum > 0)",
            {"part": part},
        ).fetchall()

    ahead = this_month(connection).after(MONTHS_AHEAD)
    before = [form(table, ahead) for table in TABLES]
    forget_months(connection, ahead)

    assert make_months(connection)

    assert [form(table, ahead) for table in TABLES] == before
    unattached = connection.execute(
        "SELECT c.relname FROM pg_class AS c LEFT JOIN pg_inherits AS i ON i.inhrelid = c.oid"
        " WHERE c.relname LIKE ANY (%s) AND i.inhparent IS NULL",
        ([f"{table.name}\\_2%" for table in TABLES],),
    ).fetchall()
    assert unattached == []


def test_after_years_without_upkeep_all_months_since_are_made(
    connection: Connection[TupleRow],
) -> None:
    present = this_month(connection)
    forget_months(connection, present.after(-KEPT_MONTHS))  # only kept and later are left
    alert_at(of(present.after(-7)))

    assert make_months(connection)

    wanted = [present.after(number) for number in range(-KEPT_MONTHS, MONTHS_AHEAD + 1)]
    assert [months_of(connection, table) for table in TABLES] == [wanted] * len(TABLES)
    assert places(connection, EVENTS) == {EVENTS.part_of(present.after(-7)): 1}


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
def test_months_are_those_of_utc_whatever_the_zone_of_who_makes_them(
    own_database: str, zone: str
) -> None:
    with psycopg.connect(own_database, autocommit=True) as elsewhere:
        elsewhere.execute(f"SET TIME ZONE '{zone}'".encode())
        present = this_month(elsewhere)
        forget_months(elsewhere, present)
        alert_at(present.after().begins_at - timedelta(microseconds=1))
        alert_at(present.after().begins_at, Status.TRANSFERRED_TO_DEVICE)

        assert make_months(elsewhere)

        assert places(elsewhere, EVENTS) == {
            EVENTS.part_of(present): 1,
            EVENTS.part_of(present.after()): 1,
        }
        assert make_months(elsewhere)
        assert months_ahead(elsewhere) == MONTHS_AHEAD


def test_any_number_may_make_months_at_once(own_database: str) -> None:
    def make() -> None:
        with psycopg.connect(own_database, autocommit=True) as own:
            while not make_months(own):
                pass

    with pool().connection() as connection:
        present = this_month(connection)
        forget_months(connection, present)
        alert_at(of(present.after()))
        with ThreadPoolExecutor(4) as threads:
            for each in [threads.submit(make) for _ in range(4)]:
                each.result()

        assert months_ahead(connection) == MONTHS_AHEAD
        assert places(connection, EVENTS) == {EVENTS.part_of(present.after()): 1}


def test_who_is_killed_while_making_a_month_leaves_nothing_half_made(own_database: str) -> None:
    with pool().connection() as connection:
        present = this_month(connection)
        forget_months(connection, present)
        alert_at(of(present))
        killed = psycopg.connect(own_database)
        months.begin(killed, [])  # holds what whoever makes months holds
        assert not make_months(connection)
        connection.execute(
            "SELECT pg_terminate_backend(%s::integer, 10000)", (killed.info.backend_pid,)
        )
        killed.close()

        assert places(connection, EVENTS) == {EVENTS.later: 1}
        assert make_months(connection)
        assert places(connection, EVENTS) == {EVENTS.part_of(present): 1}


def test_a_long_reader_or_writer_in_the_way_puts_it_off_and_holds_nobody_up(
    own_database: str,
) -> None:
    with pool().connection() as connection, psycopg.connect(own_database) as long:
        present = this_month(connection)
        forget_months(connection, present.after(2))
        long.execute("SELECT count(*) FROM recorded_event")  # and its transaction goes on

        assert not make_months(connection)

        alert_at(of(present))  # would wait for ever if the maker of months still waited
        assert find_device(DCC, METER) is not None
        assert months_ahead(connection) == 1
        long.rollback()
        assert make_months(connection)
        assert months_ahead(connection) == MONTHS_AHEAD


@pytest.fixture
def named_by_the_settings(own_database: str) -> Iterator[str]:
    """The test's own database, as one that the settings name."""
    environment = replace(settings.ENVIRONMENT, database_url=own_database)
    with override_settings(ENVIRONMENT=environment):
        yield own_database


def test_a_database_that_is_opened_has_its_months_made(named_by_the_settings: str) -> None:
    with psycopg.connect(named_by_the_settings, autocommit=True) as connection:
        forget_months(connection, this_month(connection))
        with opened():
            assert months_ahead(connection) == MONTHS_AHEAD


def test_a_database_opens_although_nobody_can_make_months_now(named_by_the_settings: str) -> None:
    with psycopg.connect(named_by_the_settings, autocommit=True) as connection:
        present = this_month(connection)
        forget_months(connection, present)
        with connection.transaction():
            assert take_if_free(connection, AdvisoryKey.MONTHS)
            with opened():
                take(reported(Status.VERIFIED, of(present), METERS))
            assert places(connection, EVENTS) == {EVENTS.later: len(METERS)}


def test_a_server_makes_months_beside_answering(connection: Connection[TupleRow]) -> None:
    forget_months(connection, this_month(connection))
    upkeep = Upkeep(look_seconds=0.05)
    upkeep.start()
    try:
        wait_until(lambda: months_ahead(connection) == MONTHS_AHEAD, 60)
    finally:
        upkeep.stop()


def test_the_planner_is_told_of_tables_that_have_grown(connection: Connection[TupleRow]) -> None:
    def known() -> set[str]:
        rows = connection.execute(
            "SELECT DISTINCT tablename FROM pg_stats WHERE inherited AND tablename = ANY (%s)",
            ([table.name for table in TABLES],),
        ).fetchall()
        return {name for (name,) in rows}

    while months.renew_statistics(connection):
        pass
    assert known() == set()
    connection.execute(
        f"{ROW_OF_LOOKUP} SELECT now(), 'Ada', 'device', '', 1"
        " FROM generate_series(1, 3000)".encode()
    )
    connection.execute(f"ANALYZE {LOOKUPS.part_of(this_month(connection))}".encode())  # autovacuum

    assert months.renew_statistics(connection)

    assert known() == {LOOKUPS.name}
    assert not months.renew_statistics(connection)


def test_check_finds_an_event_of_another_time_than_its_message(database: str) -> None:
    time = datetime(2026, 3, 1, tzinfo=UTC)
    take(reported(Status.VERIFIED, time, METERS[:2]))
    with pool().connection() as connection:
        connection.execute(
            "UPDATE dated_message SET occurred_at = %s", (time + timedelta(microseconds=1),)
        )

    found = [(each.kind, each.device_id, each.request_id) for each in disagreements()]

    kind = DisagreementKind.EVENT_IS_NOT_OF_ITS_MESSAGES_TIME
    assert found == [(kind, device_id, REQUEST_ID) for device_id in METERS[:2]]


def test_check_finds_a_message_among_those_of_other_kinds(database: str) -> None:
    take(facts.step(Status.SENT_TO_CSP, datetime(2026, 3, 1, tzinfo=UTC)))
    take(reported(Status.VERIFIED, datetime(2026, 3, 1, tzinfo=UTC)))
    with pool().connection() as connection, connection.transaction():
        connection.execute("CREATE TEMPORARY TABLE undated AS TABLE undated_message")
        connection.execute("CREATE TEMPORARY TABLE dated AS TABLE dated_message")
        connection.execute("DELETE FROM undated_message")
        connection.execute("DELETE FROM dated_message")
        connection.execute("INSERT INTO dated_message TABLE undated")
        connection.execute("INSERT INTO undated_message TABLE dated")

    kinds = [each.kind for each in disagreements()]

    assert kinds == [DisagreementKind.MESSAGE_AMONG_THOSE_OF_OTHER_KINDS] * 2

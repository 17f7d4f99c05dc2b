"""Look-ups read on a replica that knows what they must, and else on the primary, at once."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import cast

import psycopg
import pytest
from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.answers.freshness import Freshness
from firmtrack.domain.sources import MessageSource
from firmtrack.lookups.as_of import past_of
from firmtrack.lookups.freshness import freshness
from firmtrack.store import database, replica
from firmtrack.store.database import pool
from firmtrack.store.replica import look_up, look_up_rows
from firmtrack.store.standby import Standby, Standing, ask_primary, find_problem
from tests.databases import used
from tests.journeys import own_postgres
from tests.journeys.own_postgres import OwnPostgres, conninfo_at, running
from tests.journeys.processes import wait_until
from tests.journeys.replicas import (
    follow_nobody,
    in_use,
    looked_at_once,
    paused,
    wait_until_looked_at,
)
from tests.journeys.test_pooler import assert_nothing_stays
from tests.pooler import conninfo_at as conninfo_of_pooler
from tests.pooler import pooled
from tests.store.facts import DCC

_QUICK_LOOKS = {"look_seconds": 0.05, "most_lag_seconds": 600.0}
_MOST_LAG_SECONDS = 2.0
_PAGE_BYTES = 8_192
_PAGE_HEADER_BYTES = 24
_MESSAGE_BYTES = 304


@pytest.fixture(scope="module")
def primary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnPostgres]:
    with own_postgres.migrated(tmp_path_factory.mktemp("primary") / "postgresql") as server:
        on(server, "CREATE TABLE written (number integer)")
        yield server


@pytest.fixture(scope="module")
def second(primary: OwnPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnPostgres]:
    directory = tmp_path_factory.mktemp("second") / "postgresql"
    with own_postgres.standby(primary, directory, max_standby_streaming_delay="0") as server:
        yield server


@pytest.fixture
def standby(primary: OwnPostgres, second: OwnPostgres) -> Iterator[Standby]:
    """The replica, in use, with all that the primary has; what is paused goes on afterwards."""
    with used(conninfo_at(primary.port)), in_use(second.port, **_QUICK_LOOKS) as standby:
        yield standby
        on(second, "SELECT pg_wal_replay_resume()")


def on(server: OwnPostgres, statement: str) -> list[TupleRow]:
    with psycopg.connect(conninfo_at(server.port), autocommit=True) as connection:
        done = connection.execute(statement.encode())
        return done.fetchall() if done.description else []


def write() -> None:
    with pool().connection() as connection:
        connection.execute("INSERT INTO written SELECT count(*) + 1 FROM written")


@look_up
def newest(connection: Connection[TupleRow]) -> tuple[bool, int]:
    """Return whether a replica is read, and what was last written as far as is known there."""
    row = connection.execute(
        "SELECT pg_is_in_recovery(), coalesce(max(number), 0) FROM written"
    ).fetchone()
    assert row is not None
    return row[0], row[1]


@look_up_rows
def all_written(connection: Connection[TupleRow]) -> Iterator[bool]:
    with connection.cursor() as cursor:
        for row in cursor.stream("SELECT pg_is_in_recovery() FROM generate_series(1, 3)"):
            yield row[0]


def written() -> int:
    with pool().connection() as connection:
        row = connection.execute("SELECT coalesce(max(number), 0) FROM written").fetchone()
    assert row is not None
    return int(row[0])


def is_read_there() -> bool:
    replica.begin(may_read_there=True)
    return newest()[0]


def test_a_look_up_reads_on_the_replica(standby: Standby) -> None:
    replica.begin(may_read_there=True)

    assert newest() == (True, written())
    assert list(all_written()) == [True] * 3


@pytest.mark.usefixtures("standby")
def test_who_begins_no_call_that_only_reads_reads_on_the_primary() -> None:
    found = []
    thread = Thread(target=lambda: found.append(newest()[0]))
    thread.start()
    thread.join()
    replica.begin(may_read_there=False)

    assert found == [False]
    assert newest() == (False, written())


def test_who_has_written_reads_it_and_the_others_read_on_where_it_is_not_known_yet(
    standby: Standby, second: OwnPostgres
) -> None:
    on(second, "SELECT pg_wal_replay_pause()")
    write()
    floor = replica.primary_position()

    reading = replica.begin(may_read_there=True, floor=floor)
    assert newest() == (False, written())
    assert reading.was_on_primary
    replica.begin(may_read_there=True)
    assert newest() == (True, written() - 1)

    on(second, "SELECT pg_wal_replay_resume()")

    def is_known() -> bool:
        replica.begin(may_read_there=True, floor=floor)
        return newest()[0]

    wait_until(is_known, "the replica has what was written")
    assert newest() == (True, written())


def test_a_replica_is_asked_for_what_it_has_since_it_was_last_looked_at(
    primary: OwnPostgres, second: OwnPostgres
) -> None:
    with used(conninfo_at(primary.port)), looked_at_once(second.port) as standby:
        write()
        floor = replica.primary_position()
        wait_until(
            lambda: on(second, "SELECT max(number) FROM written")[0][0] == written(), "it is there"
        )

        replica.begin(may_read_there=True, floor=floor)

        wait_until(lambda: standby.is_usable(floor, None), "all of it is replayed")
        replica.begin(may_read_there=True, floor=floor)
        assert newest() == (True, written())


def test_a_replica_is_used_once_it_has_what_there_was_when_it_was_first_looked_at(
    primary: OwnPostgres, second: OwnPostgres
) -> None:
    """And so the tables that this version made, before it began to serve."""
    on(second, "SELECT pg_wal_replay_pause()")
    on(primary, "ALTER TABLE written ADD COLUMN IF NOT EXISTS later integer")
    following_it = replica.followed(conninfo_at(second.port), **_QUICK_LOOKS)
    with used(conninfo_at(primary.port)), following_it as standby:
        assert standby is not None
        wait_until(lambda: standby.lag_bytes not in {None, 0}, "both were looked at")
        assert not is_read_there()
        on(second, "SELECT pg_wal_replay_resume()")
        wait_until(is_read_there, "it has caught up")
        assert on(second, "SELECT later FROM written LIMIT 0") == []


def test_a_call_that_has_read_on_the_primary_reads_nothing_on_the_replica(
    standby: Standby, second: OwnPostgres
) -> None:
    on(second, "SELECT pg_wal_replay_pause()")
    write()
    replica.begin(may_read_there=True, floor=replica.primary_position())
    assert newest() == (False, written())
    on(second, "SELECT pg_wal_replay_resume()")
    floor = replica.primary_position()
    wait_until(lambda: standby.is_usable(floor, None), "the replica has caught up")

    assert newest() == (False, written())


def test_a_moment_that_the_replica_does_not_know_whole_is_read_on_the_primary(
    standby: Standby, second: OwnPostgres
) -> None:
    before = datetime.now(UTC)
    wait_until(lambda: standby.is_usable(0, before), "the moment before is known")
    on(second, "SELECT pg_wal_replay_pause()")
    write()
    replica.begin(may_read_there=True)
    past_of(before)
    assert newest() == (True, written() - 1)

    replica.begin(may_read_there=True)
    past_of(datetime.now(UTC) - timedelta(microseconds=1))

    assert newest() == (False, written())


def test_a_moment_is_not_known_while_somebody_may_still_record_in_it(
    standby: Standby, second: OwnPostgres
) -> None:
    with database.pool_of(database.WRITING).connection() as writer, writer.transaction():
        writer.execute("INSERT INTO written SELECT count(*) + 1 FROM written")
        moment = datetime.now(UTC)
        wait_until_looked_at(standby)

        assert not standby.is_usable(0, moment)

    wait_until(lambda: standby.is_usable(0, moment), "the moment is over, and known")


def test_how_far_behind_it_is_is_told(standby: Standby, second: OwnPostgres) -> None:
    began_at = time.monotonic()
    wait_until_looked_at(standby)
    assert is_read_there()
    reached = replica.reached()
    assert reached is not None
    assert 0 < reached.age_seconds < time.monotonic() - began_at
    on(second, "SELECT pg_wal_replay_pause()")
    write()
    written_at = time.monotonic()

    wait_until(lambda: bool(standby.lag_bytes), "it is told in octets")

    waited_seconds = time.monotonic() - written_at
    assert standby.lag_seconds is not None
    assert standby.lag_seconds >= waited_seconds


def test_a_replica_that_is_too_far_behind_is_not_used_until_it_has_caught_up(
    primary: OwnPostgres, second: OwnPostgres
) -> None:
    how = {**_QUICK_LOOKS, "most_lag_seconds": _MOST_LAG_SECONDS}
    with used(conninfo_at(primary.port)), in_use(second.port, **how) as standby:
        with paused(second):
            write()

            wait_until(lambda: standby.standing is Standing.BEHIND, "it is too far behind")

            assert not is_read_there()
            assert replica.reached() is None
            assert standby.lag_seconds is not None
            assert standby.lag_seconds > _MOST_LAG_SECONDS
            assert standby.lag_bytes is not None
            assert standby.lag_bytes > 0
        wait_until(is_read_there, "it is used again")
        assert newest() == (True, written())


@pytest.mark.parametrize("what", ["page", "file"])
def test_a_primary_that_writes_nothing_is_not_ahead_where_its_log_ends_with_a_page_or_a_file(
    primary: OwnPostgres, what: str
) -> None:
    with psycopg.connect(conninfo_at(primary.port), autocommit=True) as there:
        if what == "file":
            there.execute("SELECT pg_switch_wal()")
        else:
            fill_page(there)
        reached = ask_primary(there).position

    assert reached % _PAGE_BYTES == 0, "the header of what is empty is nothing to be replayed"


def fill_page(there: Connection[TupleRow]) -> None:
    """Write to the log until one of its pages is full, and no more."""

    def log(octets: int) -> int:
        row = there.execute(
            "SELECT (pg_logical_emit_message(false, '', repeat('-', %s)) - '0/0')::bigint",
            (octets,),
        ).fetchone()
        assert row is not None
        return int(row[0])

    log(_MESSAGE_BYTES)
    first = log(_MESSAGE_BYTES)
    second = log(_MESSAGE_BYTES)
    more = second - first - _MESSAGE_BYTES
    left = _PAGE_BYTES - second % _PAGE_BYTES
    if left < 2 * _MESSAGE_BYTES:
        left += _PAGE_BYTES - _PAGE_HEADER_BYTES
    log(left - more)


def arrive() -> datetime:
    """Have something come from the DSP; return when, by the database's clock."""
    with pool().connection() as connection:
        row = connection.execute(
            "INSERT INTO arrival (source, region, recorded_at) VALUES ('dsp', '', now())"
            " RETURNING recorded_at"
        ).fetchone()
    assert row is not None
    return cast("datetime", row[0])


@look_up
def failing_there(connection: Connection[TupleRow]) -> None:
    row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
    assert row is not None
    if row[0]:
        connection.execute("SELECT nothing")


def fresh() -> Freshness:
    return freshness(DCC, datetime.now(UTC))


def test_data_are_complete_to_no_later_than_the_replica_is_known_to_have_all(
    standby: Standby, second: OwnPostgres
) -> None:
    replica.begin(may_read_there=True)
    reached = replica.reached()
    assert reached is not None
    arrived_at = arrive()
    there = "SELECT max(recorded_at) FROM arrival"
    wait_until(lambda: on(second, there) == [(arrived_at,)], "it is there")

    found = fresh()

    assert arrived_at in [each.last_at for each in found.sources]
    assert found.complete_to == found.known_to == reached.known_to < arrived_at
    assert found.lag_seconds is not None
    assert found.lag_seconds >= (found.read_at - arrived_at).total_seconds()


def test_a_source_is_told_to_be_silent_for_no_longer_than_the_replica_is_known_to_have_all(
    primary: OwnPostgres, second: OwnPostgres
) -> None:
    half_an_hour_ago = "INSERT INTO arrival VALUES ('csp', '', now() - interval '30 minutes')"
    on(primary, half_an_hour_ago)
    with used(conninfo_at(primary.port)), looked_at_once(second.port) as standby:
        assert standby.reached is not None
        known_to = standby.reached.known_to - timedelta(minutes=20)
        standby.reached = standby.reached._replace(known_to=known_to)
        replica.begin(may_read_there=True)

        found = fresh()

    (silent,) = [each for each in found.sources if each.source is MessageSource.CSP]
    assert silent.silent_seconds == pytest.approx(600, abs=60)
    assert datetime.now(UTC) - found.read_at < timedelta(minutes=1)


def test_a_primary_that_writes_nothing_is_no_lag(standby: Standby) -> None:
    arrived_at = arrive()

    knew_all_at = set()

    def knows_all_still() -> bool:
        replica.begin(may_read_there=True)
        found = fresh()
        if found.known_to is not None and found.known_to >= arrived_at:
            assert found.complete_to == arrived_at
            knew_all_at.add(found.known_to)
        return len(knew_all_at) > 2

    wait_until(knows_all_still, "it is looked at again and again, and has all")


def test_what_was_read_there_makes_all_of_the_call_complete_to_no_later(
    standby: Standby, second: OwnPostgres
) -> None:
    arrive()
    wait_until(lambda: standby.lag_bytes == 0, "nothing is behind")
    on(second, "SELECT pg_wal_replay_pause()")
    replica.begin(may_read_there=True)
    assert newest()[0]
    reached = replica.reached()
    assert reached is not None
    arrived_at = arrive()
    failing_there()

    found = fresh()

    assert newest()[0] is False
    assert arrived_at in [each.last_at for each in found.sources], "the primary was asked"
    assert found.complete_to == reached.known_to < arrived_at
    assert found.lag_seconds is not None


def test_a_replica_of_which_it_is_not_known_how_far_behind_it_is_is_not_read(
    standby: Standby, second: OwnPostgres
) -> None:
    other = Standby(conninfo_at(second.port))
    other.standing = Standing.IN_USE  # until its next look, after its primary's log began anew
    assert not other.is_usable(0, None)

    other.reached = standby.reached

    assert other.is_usable(0, None)


def test_what_is_cancelled_on_the_replica_is_asked_once_more_on_the_primary(
    standby: Standby, primary: OwnPostgres, second: OwnPostgres
) -> None:
    places = []

    @look_up
    def slow(connection: Connection[TupleRow], waits: str) -> bool:
        row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
        assert row is not None
        places.append(row[0])
        if row[0]:
            with connection.transaction():
                connection.execute("SELECT FROM going")
                dropping = Thread(target=on, args=(primary, "DROP TABLE going"))
                dropping.start()
                connection.execute(waits)
        return bool(row[0])

    on(primary, "CREATE TABLE going ()")
    floor = replica.primary_position()
    wait_until(lambda: standby.is_usable(floor, None), "the table is there")
    reading = replica.begin(may_read_there=True)

    assert slow("SELECT pg_sleep(60)") is False

    assert places == [True, False]
    assert reading.was_on_primary
    assert is_read_there()  # others go on there


def test_what_a_table_was_when_it_was_prepared_keeps_nobody_from_an_answer(
    standby: Standby, primary: OwnPostgres
) -> None:
    @look_up
    def all_columns(connection: Connection[TupleRow]) -> tuple[bool, int]:
        row = connection.execute("SELECT * FROM changing", prepare=True).fetchone()
        assert row is not None
        place = connection.execute("SELECT pg_is_in_recovery()").fetchone()
        assert place is not None
        return place[0], len(row)

    on(primary, "CREATE TABLE changing AS SELECT 1 AS one")
    floor = replica.primary_position()
    wait_until(lambda: standby.is_usable(floor, None), "the table is there")
    replica.begin(may_read_there=True)
    assert all_columns() == (True, 1)
    on(primary, "ALTER TABLE changing ADD COLUMN two integer")
    floor = replica.primary_position()
    wait_until(lambda: standby.is_usable(floor, None), "the column is there")

    found = []
    for _ in range(40):  # more often than there are connections that hold the plan of before
        replica.begin(may_read_there=True)
        found.append(all_columns())
    assert {columns for _, columns in found} == {2}
    assert {is_there for is_there, _ in found[20:]} == {True}


def test_rows_that_begin_on_the_replica_end_there_or_break_off(standby: Standby) -> None:
    @look_up_rows
    def rows(connection: Connection[TupleRow], after: int) -> Iterator[bool]:
        row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
        assert row is not None
        for number in range(3):
            if row[0] and number == after:
                connection.execute("SELECT nothing")
            yield row[0]

    replica.begin(may_read_there=True)
    assert list(rows(9)) == [True] * 3
    assert list(rows(0)) == [False] * 3
    replica.begin(may_read_there=True)
    breaking = rows(1)
    assert next(breaking) is True
    with pytest.raises(psycopg.errors.UndefinedColumn):
        next(breaking)


def test_without_its_replica_look_ups_read_on_the_primary_at_once_and_then_there_again(
    primary: OwnPostgres, tmp_path: Path
) -> None:
    with (
        used(conninfo_at(primary.port)),
        own_postgres.standby(primary, tmp_path / "third") as third,
        in_use(third.port, **_QUICK_LOOKS) as standby,
    ):
        assert is_read_there()
        arrived_at = arrive()
        replica.begin(may_read_there=True)
        assert replica.reached() is not None
        third.stop()

        found = fresh()
        assert (found.complete_to, found.known_to, found.lag_seconds) == (arrived_at, None, None)
        assert newest() == (False, written())
        wait_until(lambda: standby.standing is Standing.AWAY, "it is away")
        write()

        third.start()
        wait_until(is_read_there, "it is used again")
        assert newest() == (True, written())

        third.freeze()
        try:
            wait_until(lambda: standby.server.is_away, "it is away")
            assert not is_read_there()
        finally:
            third.thaw()
        wait_until(is_read_there, "it is used again")

        on(third, "SELECT pg_promote()")
        wait_until(lambda: standby.standing is Standing.NO_STANDBY, "it is no standby any more")
        assert not is_read_there()


def test_through_a_pooler_the_replica_is_read_as_ever(
    primary: OwnPostgres, second: OwnPostgres
) -> None:
    with (
        used(conninfo_at(primary.port)),
        pooled(second.port, sessions=1) as port,
        replica.followed(conninfo_of_pooler(port), **_QUICK_LOOKS) as standby,
    ):
        assert standby is not None
        wait_until(is_read_there, "the replica is in use")
        for _ in range(12):  # more often than a statement that would be prepared
            assert is_read_there()
        assert_nothing_stays(port)


def test_what_is_no_standby_of_this_database_is_never_read(
    primary: OwnPostgres, tmp_path: Path
) -> None:
    with running(tmp_path / "other") as other, used(conninfo_at(primary.port)):
        on(primary, "SELECT 1")
        for conninfo in (
            conninfo_at(other.port),
            conninfo_at(primary.port),
            conninfo_at(primary.port).replace("dbname=firmtrack", "dbname=postgres"),
        ):
            with replica.followed(conninfo, **_QUICK_LOOKS) as standby:
                assert standby is not None
                wait_until(lambda: standby.standing is Standing.NO_STANDBY, "that is found out")
                assert is_read_there() is False


def test_a_standby_that_has_more_than_the_primary_follows_another(
    primary: OwnPostgres, tmp_path: Path
) -> None:
    """After a fail-over that lost what one of the standbys had already got."""
    with (
        own_postgres.standby(primary, tmp_path / "ahead") as ahead,
        own_postgres.standby(primary, tmp_path / "promoted") as promoted,
    ):
        follow_nobody(promoted)
        on(primary, "INSERT INTO written SELECT FROM generate_series(1, 200_000)")
        (position,) = on(primary, "SELECT pg_current_wal_lsn()")[0]
        reached = f"SELECT pg_last_wal_replay_lsn() >= '{position}'"
        wait_until(lambda: on(ahead, reached) == [(True,)], "one has it")
        on(promoted, "SELECT pg_promote()")
        with (
            used(conninfo_at(promoted.port)),
            replica.followed(conninfo_at(ahead.port), **_QUICK_LOOKS) as standby,
        ):
            assert standby is not None
            wait_until(lambda: standby.standing is Standing.NO_STANDBY, "that is found out")
            assert not is_read_there()
            with pool().connection() as there, psycopg.connect(conninfo_at(ahead.port)) as other:
                assert find_problem(there, other) is not None


def test_whoever_may_connect_may_ask_which_database_it_is(primary: OwnPostgres) -> None:
    on(primary, "DROP ROLE IF EXISTS somebody")
    on(primary, "CREATE ROLE somebody LOGIN")
    asking = conninfo_at(primary.port).replace("user=firmtrack", "user=somebody")
    with used(asking):
        assert replica.primary_position() > 0

"""Reads do not grow with what others have: of thousands of rows they read only what is theirs."""

from collections.abc import Iterator
from contextlib import contextmanager
from inspect import unwrap
from typing import Any, Self

import pytest
from psycopg import Connection, Cursor
from psycopg.rows import TupleRow

from bench import performance as bench
from firmtrack.answers.requests import DistributionFilter
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.stages import Status
from firmtrack.domain.viewer import Viewer
from firmtrack.store.database import pool
from firmtrack.store.numbers import to_bigint
from firmtrack.store.reading import requests
from firmtrack.store.reading.dossiers import NOW, read_dossier
from firmtrack.store.reading.seeing import asked_by
from firmtrack.store.reports import rows_of, statement
from firmtrack.store.reports.counting import Round
from firmtrack.store.reports.figures import WaitingRow
from firmtrack.store.reports.performance import DEVICES_LOOKED_AT
from tests.store.facts import (
    ALPHA,
    ALPHA_ID,
    BRAVO,
    DCC,
    DCC_ID,
    METER,
    METERS,
    REQUEST_ID,
    STRANGER,
    answer,
    at,
    reported,
    request,
    take,
)

pytestmark = pytest.mark.usefixtures("database")

_OTHERS = 5_000


@pytest.fixture
def connection() -> Iterator[Connection[TupleRow]]:
    """One transaction, in which an update stands beside thousands of messages taken back."""
    take(request(), answer(), reported(Status.DELIVERED_TO_COMMS_HUB, at(3)))
    with pool().connection() as found, found.transaction(force_rollback=True):
        found.execute(
            "INSERT INTO withdrawal (message_id, withdrawn_at, withdrawn_because)"
            " SELECT gen_random_uuid(), now(), 'sent by mistake' FROM generate_series(1, %s)",
            (_OTHERS,),
        )
        found.execute("ANALYZE")
        yield found


def rows_read(connection: Connection[TupleRow], table: str) -> int:
    row = connection.execute(
        "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables"
        " WHERE relname = %s",
        (table,),
    ).fetchone()
    assert row is not None
    return int(row[0])


def withdrawals_read(connection: Connection[TupleRow]) -> int:
    return rows_read(connection, "withdrawal")


def test_a_device_is_read_without_all_that_was_ever_taken_back(
    connection: Connection[TupleRow],
) -> None:
    before = withdrawals_read(connection)
    dossier = read_dossier(connection, METER)
    stormy = read_dossier(connection, METER, most_events=0)
    assert len(dossier.events) == len(stormy.events) > 0
    assert withdrawals_read(connection) - before < _OTHERS


def test_it_is_so_however_it_is_planned(connection: Connection[TupleRow]) -> None:
    connection.execute("SET LOCAL enable_nestloop = off")
    test_a_device_is_read_without_all_that_was_ever_taken_back(connection)


def test_so_is_a_request_of_now_and_of_the_past(connection: Connection[TupleRow]) -> None:
    find_request = unwrap(requests.find_request)
    list_distributions = unwrap(requests.list_distributions)
    before = withdrawals_read(connection)
    for as_of in (None, NOW):
        found = find_request(connection, DCC, REQUEST_ID, as_of=as_of)
        assert found is not None
        assert found.device_count == len(METERS)
        page = list_distributions(
            connection, DCC, REQUEST_ID, DistributionFilter(), limit=10, as_of=as_of
        )
        assert len(page.items) == len(METERS)
    assert withdrawals_read(connection) - before < _OTHERS


@contextmanager
def moved(*, and_mine: bool) -> Iterator[Connection[TupleRow]]:
    """One transaction, in which thousands of others' devices have moved, one of Alpha's the last.

    Alpha has ten requests that name the same devices.
    """
    take(*(request(RequestId(ALPHA_ID, DCC_ID, number), METERS) for number in range(10)))
    with pool().connection() as found, found.transaction(force_rollback=True):
        found.execute("DELETE FROM stale_request")
        found.execute("DELETE FROM stale_device")
        found.execute("INSERT INTO stale_device SELECT generate_series(1, %s)", (_OTHERS,))
        if and_mine:
            found.execute("INSERT INTO stale_device VALUES (%s)", (to_bigint(METER),))
        found.execute("ANALYZE stale_device")
        yield found


def count_waiting(
    connection: Connection[TupleRow], viewer: Viewer, devices: int = DEVICES_LOOKED_AT
) -> tuple[int, bool]:
    asked = {"supplier": None, "first_at": None, "end_at": None, "devices": devices}
    (found,) = rows_of(
        connection, WaitingRow, "performance_count_waiting", asked_by(viewer) | asked
    )
    return found.requests, found.is_at_least


def test_devices_that_have_moved_are_read_once_however_many_requests_the_viewer_has() -> None:
    with moved(and_mine=True) as connection:
        before = rows_read(connection, "stale_device")
        assert count_waiting(connection, ALPHA) == (10, False)
        assert rows_read(connection, "stale_device") - before <= _OTHERS + 1
        found = [count_waiting(connection, each)[0] for each in (DCC, BRAVO, STRANGER)]
        assert found == [10, 0, 0]


def test_of_an_import_that_moves_everything_only_so_many_devices_are_read() -> None:
    with moved(and_mine=False) as connection:
        before = rows_read(connection, "stale_device")
        assert count_waiting(connection, ALPHA, devices=100) == (0, True)
        assert rows_read(connection, "stale_device") - before <= 101
        assert count_waiting(connection, ALPHA, devices=_OTHERS) == (0, False)


def test_a_request_that_waits_in_more_than_one_way_is_counted_once() -> None:
    with moved(and_mine=True) as connection:
        connection.execute("INSERT INTO stale_request SELECT request_key FROM request")
        connection.execute("INSERT INTO stale_request SELECT request_key FROM request")
        connection.execute(
            "INSERT INTO uncounted_request (request_key, error) SELECT request_key, '' FROM request"
        )
        assert count_waiting(connection, ALPHA) == (10, False)


def test_counting_looks_at_each_device_of_a_request_a_few_times(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    devices = 400
    bench.fill(database, devices)
    plans: list[dict[str, Any]] = []

    class Explaining(Cursor[TupleRow]):
        def execute(self, query: Any, *arguments: Any, **settings: Any) -> Self:
            if query != statement("performance_time"):
                return super().execute(query, *arguments, **settings)
            super().execute(b"EXPLAIN (ANALYZE, FORMAT JSON) " + query, *arguments, **settings)
            for (plan,) in self.fetchall():
                plans.append(plan[0]["Plan"])
            return self

    with pool().connection() as connection:
        monkeypatch.setattr(connection, "cursor_factory", Explaining)
        assert Round().go_on(connection)
        monkeypatch.undo()

    assert plans
    assert max(rows_looked_at(plans[0])) < 20 * devices


def rows_looked_at(plan: dict[str, Any]) -> Iterator[float]:
    """How many rows each step of a plan gave or passed over, in all its loops."""
    of_a_loop = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Join Filter")
    yield plan["Actual Loops"] * sum(plan.get(name, 0) for name in of_a_loop)
    for part in plan.get("Plans", ()):
        yield from rows_looked_at(part)

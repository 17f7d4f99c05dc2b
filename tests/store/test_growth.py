"""Reads do not grow with what others have: of thousands of rows they read only what is theirs."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from psycopg import Connection, Cursor
from psycopg.rows import DictRow, TupleRow, dict_row

from firmtrack.answers.requests import DistributionFilter
from firmtrack.domain.stages import Status
from firmtrack.store.database import pool
from firmtrack.store.reading import requests
from firmtrack.store.reading.dossiers import NOW, read_dossier
from tests.store.facts import DCC, METER, METERS, REQUEST_ID, answer, at, reported, request, take

pytestmark = pytest.mark.usefixtures("database")

_OTHERS = 5_000


@pytest.fixture
def connection() -> Iterator[Connection[TupleRow]]:
    """One transaction, in which an update stands beside thousands of messages taken back."""
    take(request(), answer(), reported(Status.DELIVERED_TO_COMMS_HUB, at(3)))
    with pool().connection() as found:
        found.execute(
            "INSERT INTO withdrawal (message_id, withdrawn_at, withdrawn_because)"
            " SELECT gen_random_uuid(), now(), 'sent by mistake' FROM generate_series(1, %s)",
            (_OTHERS,),
        )
        found.execute("ANALYZE withdrawal")
        yield found


def withdrawals_read(connection: Connection[TupleRow]) -> int:
    row = connection.execute(
        "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables"
        " WHERE relname = 'withdrawal'"
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_a_device_is_read_without_all_that_was_ever_taken_back(
    connection: Connection[TupleRow],
) -> None:
    before = withdrawals_read(connection)
    dossier = read_dossier(connection, METER)
    stormy = read_dossier(connection, METER, most_events=0)
    assert len(dossier.events) == len(stormy.events) > 0
    assert withdrawals_read(connection) - before < _OTHERS


def test_so_is_a_request_of_now_and_of_the_past(
    connection: Connection[TupleRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def cursor() -> Iterator[Cursor[DictRow]]:
        with connection.cursor(row_factory=dict_row) as opened:
            yield opened

    monkeypatch.setattr(requests, "_cursor", cursor)
    before = withdrawals_read(connection)
    for as_of in (None, NOW):
        found = requests.find_request(DCC, REQUEST_ID, as_of=as_of)
        assert found is not None
        assert found.device_count == len(METERS)
        page = requests.list_distributions(
            DCC, REQUEST_ID, DistributionFilter(), limit=10, as_of=as_of
        )
        assert len(page.items) == len(METERS)
    assert withdrawals_read(connection) - before < _OTHERS

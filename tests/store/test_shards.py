"""Where tables live on a cluster: each is listed, with its reason, and a device is on one shard."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import psycopg
import pytest
from django.conf import settings
from django.test import override_settings
from psycopg import sql
from psycopg.conninfo import make_conninfo

from firmtrack.answers.causes import CausesQuestion
from firmtrack.answers.requests import DistributionFilter
from firmtrack.domain.causes import CauseKey
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.pace import Pace
from firmtrack.domain.stages import Status
from firmtrack.lookups.device import find_device, list_events
from firmtrack.presentation.csv import distributions_csv
from firmtrack.store.database import conninfo_in_use, pool, reading_pool
from firmtrack.store.ledger import staging
from firmtrack.store.months import MESSAGES, this_month
from firmtrack.store.planner import renew_statistics
from firmtrack.store.reading import requests, statement
from firmtrack.store.reports import causes
from firmtrack.store.shards import HOMES, STAGING_HOMES, Home, NoCluster, distribute, octets_of
from tests.citus import SHARDS, on_a_cluster, on_one_server
from tests.databases import used
from tests.store.facts import (
    ALL,
    ALPHA_ID,
    DCC,
    DCC_ID,
    HUB,
    METERS,
    REQUEST_ID,
    answer,
    at,
    inventory,
    meter,
    reported,
    request,
    take,
)

pytestmark = pytest.mark.usefixtures("database")

_OTHERS = tuple(meter(number) for number in range(100, 1_100))
_KILOBYTES = 32
"""More than is known of five devices, and less than of a thousand others, by any one table."""

_LEAST_ROW = 32
"""Octets of a row with two keys, without its columns and indexes."""

_STALLED = DistributionFilter(pace=Pace.STALLED)
_FAILED = CauseKey.of(Status.COMMS_HUB_DELIVERY_FAILED, "N61", [])
_OF_REQUEST = CausesQuestion(request_id=REQUEST_ID)
_PAST: dict[str, Callable[[datetime], object]] = {
    "the request": lambda moment: requests.find_request(DCC, REQUEST_ID, as_of=moment),
    "a page": lambda moment: requests.list_distributions(
        DCC, REQUEST_ID, ALL, limit=2, as_of=moment
    ),
    "a page of those that have stalled": lambda moment: requests.list_distributions(
        DCC, REQUEST_ID, _STALLED, limit=2, as_of=moment
    ),
    "the CSV": lambda moment: b"".join(distributions_csv(DCC, REQUEST_ID, ALL, as_of=moment)),
    "paces": lambda moment: requests.count_paces(DCC, REQUEST_ID, as_of=moment),
    "causes": lambda moment: causes.find_causes(DCC, _OF_REQUEST, as_of=moment),
    "a cause's devices": lambda moment: causes.list_updates(
        DCC, _FAILED, _OF_REQUEST, as_of=moment
    ),
}

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


def test_how_much_room_a_table_takes_is_told_wherever_it_lies() -> None:
    with pool().connection() as connection:
        before = octets_of(connection, "distribution")
    take(request(REQUEST_ID, _OTHERS, sent_at=at(0)))

    with pool().connection() as connection:
        assert octets_of(connection, "distribution") >= before + len(_OTHERS) * _LEAST_ROW


@on_one_server
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
def test_a_look_up_of_a_device_asks_one_shard_and_no_statement_of_it_another() -> None:
    take(request(sent_at=at(0)), answer(answered_at=at(1)), inventory(at(1), METERS[0]))
    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(3), METERS))
    with used(make_conninfo(conninfo_in_use(), options="-c citus.enable_stat_counters=on")):
        of_one, of_several = asked_so_far()

        for each in METERS:
            assert find_device(DCC, each) is not None
            assert list_events(DCC, each, REQUEST_ID, limit=10) is not None

        asked_of_one, asked_of_several = asked_so_far()
    assert asked_of_one >= of_one + 2 * len(METERS)
    assert asked_of_several == of_several


def asked_so_far() -> tuple[int, int]:
    """Return how many statements were asked of one shard, and of several, with counters on."""
    with pool().connection() as connection:
        row = connection.execute(
            "SELECT query_execution_single_shard, query_execution_multi_shard"
            " FROM citus_stat_counters WHERE name = current_database()"
        ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


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


@on_a_cluster
def test_nothing_of_others_is_brought_together_for_the_past_of_a_request() -> None:
    others = RequestId(ALPHA_ID, DCC_ID, 77)
    for request_id, devices in ((REQUEST_ID, METERS), (others, (METERS[0], *_OTHERS))):
        take(request(request_id, devices, sent_at=at(0)), answer(request_id, answered_at=at(1)))
        take(reported(Status.DELIVERED_TO_COMMS_HUB, at(3), devices, request_id=request_id))
        take(reported(Status.TRANSFERRED_TO_DEVICE, at(4), devices[1:], request_id=None))
        take(*(inventory(at(1), each, model="M1", comms_hub_id=HUB) for each in devices))
    take(reported(Status.COMMS_HUB_DELIVERY_FAILED, at(5), METERS[:1], reason="N61"))
    moment = datetime.now(UTC)
    limit = f"-c citus.max_intermediate_result_size={_KILOBYTES}"
    environment = replace(settings.ENVIRONMENT, slow_after_hours=1)

    with (
        override_settings(ENVIRONMENT=environment),
        used(make_conninfo(conninfo_in_use(), options=limit)),
    ):
        told = {what: read(moment) for what, read in _PAST.items()}

    assert [what for what, answer in told.items() if not answer] == []

"""What the benchmarks measure on is what the ledger would leave, though SQL wrote it."""

import psycopg

from bench import filling, national, national_check, performance
from firmtrack.domain.stages import Status
from firmtrack.store import database
from firmtrack.store.consistency import DisagreementKind, disagreements
from firmtrack.store.database import pool
from firmtrack.store.embedded import EmbeddedPostgres
from firmtrack.store.numbers import eui_of
from firmtrack.store.reading import requests
from firmtrack.store.reports import standings
from tests.databases import fresh_database, used
from tests.looking import find_device, find_inventory
from tests.store.facts import ALL, DCC


def statuses() -> list[Status]:
    """Of each device that an event names the status of its one update, as a look-up says it."""
    with pool().connection() as connection:
        rows = connection.execute("SELECT DISTINCT device_id FROM recorded_event").fetchall()
    answered = [find_device(DCC, eui_of(device_id)) for (device_id,) in rows]
    assert None not in answered
    return [
        each.distribution.status
        for answer in answered
        if answer is not None
        for each in answer.distributions
    ]


def test_the_devices_that_are_looked_up_are_whole(database: str) -> None:
    filling.fill(database, 0, 5)
    filling.fill(database, 5, 9)
    assert disagreements() == []
    assert statuses() == [Status.VERIFIED] * 9


def test_so_are_their_requests_and_their_inventory(database: str) -> None:
    filling.fill(database, 0, 5)
    request_id = filling.request_at(0)
    found = requests.find_request(DCC, request_id)
    assert found is not None
    assert found.status_counts == {Status.VERIFIED: 5}
    page = requests.list_distributions(DCC, request_id, ALL, limit=10)
    assert [each.device_id for each in page.items] == sorted(map(filling.device_at, range(5)))
    assert {each.status for each in page.items} == {Status.VERIFIED}
    known = find_inventory(DCC, filling.device_at(0))
    assert known is not None
    assert len(known.hub_devices) == 3


def test_the_distributions_that_are_counted_are_whole_but_for_messages(database: str) -> None:
    performance.fill(database, 25)
    kinds = {each.kind for each in disagreements()}
    assert kinds == {DisagreementKind.FACT_WITHOUT_MESSAGE}
    assert len(statuses()) == 25


# Of both rounds, so that all is there that their devices ever had.
SOME_REQUESTS = [*range(6, 11), *(national.REQUESTS_A_ROUND + number for number in range(6, 11))]
SOME_EVENTS = 28_800  # six devices a request: one message tells of fifty that are several requests'


def test_the_national_store_is_what_the_ledger_leaves_of_the_same_messages(
    own_database: str, postgres: EmbeddedPostgres
) -> None:
    with fresh_database(postgres) as built:
        made = national.build(built, SOME_EVENTS)
        assert national.build(built, SOME_EVENTS) == made  # what is done is done
        national_check.record_by_ledger(made, SOME_REQUESTS)
        with used(built), pool().connection() as connection:
            standings.count_due(connection)
            assert disagreements() == []

        database.use(own_database)
        assert national_check.differences(built, made, SOME_REQUESTS) == []
        with psycopg.connect(built) as connection:
            connection.execute("UPDATE recorded_event SET code = 'N61' WHERE stage = 6")
        (found,) = national_check.differences(built, made, SOME_REQUESTS)
        assert found.startswith("recorded_event")

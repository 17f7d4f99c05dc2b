"""DCC's Response ID stands beside each fact that its message reports, as the message tells it."""

import re
from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

import pytest
from django.core.management import call_command

from firmtrack.domain.identifiers import Eui64, ResponseId
from firmtrack.domain.stages import Status
from firmtrack.duis.writer import write
from firmtrack.intake.envelopes import DUIS_MEDIA_TYPE, Envelope
from firmtrack.intake.receive import Submitter, receive
from firmtrack.intake.rereading import reread
from firmtrack.store import database
from firmtrack.store.database import pool
from firmtrack.store.numbers import eui_of
from firmtrack.store.reading.dossiers import read_dossier
from tests.citus import of_an_older_version
from tests.store.facts import ALPHA_ID, DCC_ID, METER, at, reported, request, take
from tests.unit.duis import samples
from tests.unit.duis.every_sample import RECORDED

TABLES = (
    "recorded_event", "recorded_activation_event", "recorded_inventory_statement",
    "recorded_supplier_change", "recorded_request_step", "recorded_device_incident",
    "recorded_request_incident", "recorded_comms_hub_incident",
)  # fmt: skip
_RESPONSE_ID = re.compile(rb"<(?:\w+:)?ResponseID>([^<]+)</")


def take_samples() -> dict[UUID, str]:
    """Take all samples in; return the Response ID of each that has one, as its document has it."""
    bodies = [write(document) for document in RECORDED.values()]
    outcomes = receive(
        [
            Envelope(
                body=body, media_type=DUIS_MEDIA_TYPE, received_at=samples.NOW, origin="a test"
            )
            for body in bodies
        ],
        Submitter.operator(),
    )
    said = {}
    for body, outcome in zip(bodies, outcomes, strict=True):
        found = _RESPONSE_ID.search(body)
        if found is not None and outcome.message_id is not None:
            said[outcome.message_id] = found[1].decode()
    return said


@pytest.mark.usefixtures("database")
def test_the_facts_of_a_device_tell_the_response_ids_that_their_messages_tell() -> None:
    told = take_samples()
    found = response_ids_of_all_devices()
    assert {key: str(each) for key, each in found.items()} == {
        key: said for key, said in told.items() if key in found
    }
    for table in TABLES:
        assert told.keys() & messages_in(table), f"a sample tells one in {table}"
        assert told.keys() & messages_in(table) <= found.keys(), table


@pytest.mark.usefixtures("database")
def test_a_run_of_events_has_that_of_its_last_message() -> None:
    alerts = [
        replace(
            reported(Status.DELIVERED_TO_COMMS_HUB, at(minutes)),
            response_id=ResponseId(DCC_ID, ALPHA_ID, minutes),
        )
        for minutes in range(1, 6)
    ]
    take(request(), *alerts)

    with pool().connection() as connection:
        dossier = read_dossier(connection, METER, most_events=2)

    assert [each.times for each in dossier.events] == [5]
    assert dossier.response_ids == {alerts[-1].message_id: alerts[-1].response_id}


@pytest.mark.usefixtures("database")
def test_they_are_there_again_when_messages_are_read_again() -> None:
    told = take_samples()
    before = rows_of_all_tables()
    with pool().connection() as connection:
        for table in (*TABLES, "dated_message"):
            connection.execute(f"UPDATE {table} SET responder = NULL, response_counter = NULL")
        connection.execute("DELETE FROM rereading")
    assert response_ids_of_all_devices() == {}

    reread()

    assert rows_of_all_tables() == before
    assert response_ids_of_all_devices().keys() <= told.keys()


@of_an_older_version
@pytest.mark.usefixtures("own_database")
def test_an_older_databases_facts_get_those_that_its_messages_have() -> None:
    take_samples()
    before = rows_of_all_tables()
    conninfo = database.conninfo_in_use()

    call_command("migrate", "store", "0036", verbosity=0, interactive=False)
    database.use(conninfo)
    database.migrate()

    assert rows_of_all_tables() == before


def response_ids_of_all_devices() -> dict[UUID, ResponseId]:
    found: dict[UUID, ResponseId] = {}
    with pool().connection() as connection:
        for device_id in all_devices():
            found |= read_dossier(connection, device_id).response_ids
    return found


def all_devices() -> Iterable[Eui64]:
    with pool().connection() as connection:
        rows = connection.execute(
            "SELECT device_id FROM recorded_event UNION SELECT device_id FROM distribution"
            " UNION SELECT device_id FROM recorded_activation_event UNION SELECT device_id"
            " FROM recorded_device_incident UNION SELECT device_id FROM recorded_supplier_change"
            " UNION SELECT device_id FROM recorded_inventory_statement"
        ).fetchall()
    return [eui_of(key) for (key,) in rows]


def messages_in(table: str) -> set[UUID]:
    with pool().connection() as connection:
        rows = connection.execute(f"SELECT DISTINCT message_id FROM {table}").fetchall()
    return {message_id for (message_id,) in rows}


def rows_of_all_tables() -> dict[str, list[str]]:
    with pool().connection() as connection:
        return {
            table: sorted(
                row
                for (row,) in connection.execute(
                    f"SELECT (to_jsonb(t) - 'recorded_at')::text FROM {table} AS t"
                )
            )
            for table in TABLES
        }

"""A database made by an older Firmtrack answers as the same traffic does that is taken in anew."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command
from psycopg.conninfo import conninfo_to_dict

from firmtrack.answers.requests import DistributionFilter
from firmtrack.diagnosis.reading import diagnoses
from firmtrack.diagnosis.requests import summary_of
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.inventory import FACT_NAMES
from firmtrack.domain.stages import Status
from firmtrack.domain.viewer import Viewer
from firmtrack.duis.documents import Document
from firmtrack.duis.writer import write
from firmtrack.intake.envelopes import DUIS_MEDIA_TYPE, Envelope
from firmtrack.intake.files import envelopes_in
from firmtrack.intake.ingest import ingest
from firmtrack.intake.receive import OutcomeKind, Submitter, receive
from firmtrack.intake.rereading import reread
from firmtrack.lookups.messages_named import messages_named, response_ids_of
from firmtrack.lookups.views import read_view
from firmtrack.presentation import documents
from firmtrack.presentation.csv import distributions_csv
from firmtrack.simulator.scenario import Scenario
from firmtrack.simulator.simulation import run
from firmtrack.store import database as the_database
from firmtrack.store.consistency import disagreements
from firmtrack.store.database import pool
from firmtrack.store.ledger import rereading, statement
from firmtrack.store.ledger.recording import fold_unfolded
from firmtrack.store.ledger.staging import writing
from firmtrack.store.ledger.withdrawals import withdraw
from firmtrack.store.locks import AdvisoryKey
from firmtrack.store.numbers import eui_of, request_id_of, to_bigint
from firmtrack.store.reading import requests
from tests.citus import of_an_older_version
from tests.looking import find_device, find_inventory
from tests.store.facts import (
    ALPHA_ID,
    IMAGE_HASH,
    METER,
    at,
    distribution,
    distributions,
    meter,
    reported,
    request,
    take,
)
from tests.store.server_processes import wait_until
from tests.store.test_status_changes import queued, subscribe
from tests.unit.duis import activation_samples, samples

DCC = Viewer.of_dcc("the test")
OPERATOR = Submitter.operator()
NOW = datetime(2026, 3, 10, tzinfo=UTC)

# What the edition before made of a CSPFirmwareDeliveryStatus, kind 3.
OLD_FACTS = """
UPDATE recorded_event AS e SET occurred_at = e.device_time, device_time = NULL
FROM message AS m WHERE m.message_id = e.message_id AND m.kind = 3;
UPDATE dated_message AS m SET occurred_at = e.occurred_at
FROM recorded_event AS e WHERE m.message_id = e.message_id AND m.kind = 3;
"""


@pytest.fixture(scope="module")
def traffic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    scenario = Scenario(requests=10, devices=100, seed=5, shuffled=True)
    return run(scenario, tmp_path_factory.mktemp("traffic") / "traffic.tar.gz").traffic


def make_old() -> None:
    """Give the database the form, and the facts, that the last version would have given it."""
    with writing() as cursor:
        cursor.execute(OLD_FACTS)
        cursor.execute("INSERT INTO concerned_device SELECT DISTINCT device_id FROM distribution")
        cursor.execute(statement("fold_devices"))
    conninfo = the_database.conninfo_in_use()
    call_command("migrate", "store", "0010", verbosity=0, interactive=False)
    the_database.use(conninfo)
    the_database.migrate()


def enveloped(document: Document) -> Envelope:
    return Envelope(
        body=write(document), media_type=DUIS_MEDIA_TYPE, received_at=samples.NOW, origin="a test"
    )


def all_answers() -> dict[str, bytes]:
    """Return all that is answered of every device and every request, as it leaves."""
    with pool().connection() as connection:
        devices = connection.execute(
            "SELECT device_id FROM event UNION SELECT device_id FROM distribution"
            " UNION SELECT device_id FROM device UNION SELECT device_id FROM activation_event"
        ).fetchall()
        requests = connection.execute("SELECT originator, target, counter FROM request").fetchall()
    reported = {str(eui_of(key)): device_json(eui_of(key)) for (key,) in devices}
    for parts in requests:
        request_id = request_id_of(*parts)
        reported[str(request_id)] = request_json(request_id)
        reported[f"{request_id}.csv"] = b"".join(
            distributions_csv(DCC, request_id, DistributionFilter())
        )
    return reported


def device_json(device_id: Eui64) -> bytes:
    found = find_device(DCC, device_id)
    inventory = find_inventory(DCC, device_id)
    shown = b"" if inventory is None else documents.encode(documents.device_inventory(inventory))
    if found is None:
        return shown
    reported = diagnoses(found, now=NOW)
    view = read_view(DCC, device_id, None)
    told = response_ids_of(view, messages_named(found, reported.values()))
    return documents.encode(documents.device(found, reported, told)) + shown


def request_json(request_id: RequestId) -> bytes:
    found = requests.find_request(DCC, request_id)
    assert found is not None
    return documents.encode(documents.service_request(found, summary_of(found)))


@pytest.fixture
def database(own_database: str) -> str:
    """A database that may be migrated back and forth."""
    return own_database


@pytest.fixture
def old(database: str, traffic: Path) -> dict[str, bytes]:
    """The answers to a traffic taken in anew; then its database as the last version made it."""
    ingest(envelopes_in(traffic), OPERATOR)
    anew = all_answers()
    make_old()
    assert all_answers() != anew
    assert any(b'"response_id":"' in answer for answer in anew.values())
    return anew


@of_an_older_version
def test_an_older_database_answers_as_the_same_traffic_taken_in_anew(
    old: dict[str, bytes], caplog: pytest.LogCaptureFixture
) -> None:
    assert rereading.is_due()

    reread()

    assert all_answers() == old
    assert disagreements() == []
    assert not rereading.is_due()
    assert "facts corrected. All is folded anew." in caplog.messages[-1]


@of_an_older_version
def test_what_is_killed_in_the_middle_is_completed_by_several_at_once_and_done_once(
    database: str, old: dict[str, bytes]
) -> None:
    with psycopg.connect(database, autocommit=True) as gate:
        gate.execute("SELECT pg_advisory_lock(%s)", (AdvisoryKey.ATTRIBUTION.value,))
        first = start(database)
        wait_until(is_anyone_at_the_gate)
        # Whoever waits for a lock gets it in turn: one portion passes, then the gate is shut again.
        gate.execute("SELECT pg_advisory_unlock(%s)", (AdvisoryKey.ATTRIBUTION.value,))
        gate.execute("SELECT pg_advisory_lock(%s)", (AdvisoryKey.ATTRIBUTION.value,))
        wait_until(is_anyone_at_the_gate)
        first.kill()
        first.wait()
    assert rereading.is_due()
    read_before_the_end, recorded = bookmark()
    assert 0 < read_before_the_end < recorded

    rest = [start(database) for _ in range(2)]
    assert [process.wait(120) for process in rest] == [0, 0]

    assert all_answers() == old
    assert disagreements() == []
    assert bookmark() == (recorded, recorded)


def start(conninfo: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "tests.store.read_again", conninfo])


def is_anyone_at_the_gate() -> bool:
    with pool().connection() as connection:
        waiting = connection.execute(
            "SELECT FROM pg_locks JOIN pg_database AS d ON d.oid = database"
            " WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()"
        )
        return bool(waiting.rowcount)


def bookmark() -> tuple[int, int]:
    """Return how many messages were read again, and how many there are."""
    with pool().connection() as connection:
        row = connection.execute(
            "SELECT coalesce(sum(messages), 0), (SELECT count(*) FROM message) FROM rereading"
        ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


@of_an_older_version
@pytest.mark.thorough
def test_whatever_command_opens_an_older_database_reads_it_again_first(
    database: str, old: dict[str, bytes], tmp_path: Path
) -> None:
    parts = conninfo_to_dict(database)
    url = (
        f"postgresql://{parts['user']}@/{parts['dbname']}?host={parts['host']}&port={parts['port']}"
    )

    checked = subprocess.run(
        [sys.executable, "-m", "firmtrack", "check"],
        env=os.environ | {"DATABASE_URL": url, "FIRMTRACK_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )

    assert "recorded messages read again" in checked.stderr
    assert all_answers() == old


@pytest.mark.usefixtures("database")
def test_a_fresh_database_has_nothing_to_read_again() -> None:
    assert not rereading.is_due()


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    "sent_at", [datetime(1900, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)]
)
def test_a_time_of_an_envelope_that_is_not_believed_any_more_goes(sent_at: datetime) -> None:
    documents = (samples.update_firmware(), activation_samples.activate_firmware())
    taken = receive([enveloped(document) for document in documents], OPERATOR)
    assert [each.outcome for each in taken] == [OutcomeKind.RECORDED] * 2
    with pool().connection() as connection:
        connection.execute("UPDATE undated_message SET occurred_at = %s", (sent_at,))
        connection.execute("UPDATE recorded_request_statement SET sent_at = %s", (sent_at,))
        connection.execute("UPDATE recorded_activation_event SET occurred_at = %s", (sent_at,))
        connection.execute("DELETE FROM rereading")

    reread()

    with pool().connection() as connection:
        for table, column in (
            ("message", "occurred_at"), ("request", "sent_at"), ("activation_event", "occurred_at"),
        ):  # fmt: skip
            rows = connection.execute(f"SELECT DISTINCT {column} FROM {table}").fetchall()
            assert rows == [(None,)], table


@pytest.mark.usefixtures("database")
def test_what_cannot_be_read_any_more_keeps_its_facts(caplog: pytest.LogCaptureFixture) -> None:
    take(request(sent_at=NOW - timedelta(days=1)))
    with pool().connection() as connection:
        connection.execute("DELETE FROM rereading")

    reread()

    assert distribution().status is Status.RECEIVED
    assert "1 left as they are" in caplog.messages[-1]


@pytest.mark.usefixtures("database")
def test_the_facts_of_an_image_that_is_not_kept_stay() -> None:
    receive([enveloped(samples.update_firmware())], OPERATOR)
    before = request_json(samples.REQUEST_ID)
    with pool().connection() as connection:
        connection.execute("DELETE FROM rereading")

    reread()

    assert request_json(samples.REQUEST_ID) == before


@pytest.mark.usefixtures("database")
def test_what_a_message_states_of_a_device_is_whole_again_and_its_row_what_that_comes_to() -> None:
    documents = (
        samples.INVENTORY,
        samples.PRENOTIFICATION,
        activation_samples.verdict("12.2", request_id=samples.REQUEST_ID),
    )
    taken = receive([enveloped(document) for document in documents], OPERATOR)
    assert [each.outcome for each in taken] == [OutcomeKind.RECORDED] * 3
    stated, known = statements(), devices()
    assert len(stated) > 1
    with pool().connection() as connection:
        connection.execute(
            "UPDATE recorded_inventory_statement SET model = NULL, user_id = NULL, taken_by = NULL"
        )
        connection.execute("UPDATE device SET model = 'misread', learnt_at = NULL")
        connection.execute("DELETE FROM rereading")

    reread()

    assert (statements(), devices()) == (stated, known)
    assert disagreements() == []


def statements() -> list[tuple[object, ...]]:
    with pool().connection() as connection:
        return connection.execute(
            "SELECT * FROM recorded_inventory_statement ORDER BY device_id, message_id, learnt_at"
        ).fetchall()


def devices() -> list[tuple[object, ...]]:
    with pool().connection() as connection:
        return connection.execute(
            f"SELECT device_id, learnt_at, message_id, {', '.join(FACT_NAMES)}, older"
            " FROM device ORDER BY device_id"
        ).fetchall()


@pytest.mark.usefixtures("database")
def test_what_a_withdrawn_message_named_is_not_named_again_when_it_is_read_again() -> None:
    asked, word = request(sent_at=at(0)), reported(Status.VERIFIED, at(5), [meter(99)])
    take(asked, word)
    by_id = {each.message_id: each for each in (asked, word)}
    withdraw([word], "sent by mistake", lambda kept: by_id[kept.message_id])
    assert meter(99) not in {each.device_id for each in distributions()}

    read_again(lambda kept: by_id.get(kept.message_id))

    assert meter(99) not in {each.device_id for each in distributions()}
    assert disagreements() == []


@pytest.mark.usefixtures("database")
def test_of_devices_that_a_writer_left_to_be_folded_parties_are_told_though_all_is_read_again() -> (
    None
):
    subscribe("Alpha Energy", ALPHA_ID)
    take(request(sent_at=at(0)))
    take(reported(Status.VERIFIED, at(5), [METER], request_id=None, image_hash=IMAGE_HASH))
    queued()
    # As it is when the word came first, its request has just been recorded, and no more.
    with pool().connection() as connection:
        connection.execute(
            "UPDATE distribution SET stage = 0, message_id = NULL, occurred_at = NULL"
            " WHERE device_id = %s",
            (to_bigint(METER),),
        )
        connection.execute(
            "INSERT INTO unfolded_device VALUES (%s, '-infinity')", (to_bigint(METER),)
        )

    read_again(lambda _: None)

    assert [(each.topic, each.device_ids) for each in queued()] == [
        ("distribution.verified", (METER,))
    ]
    fold_unfolded()
    assert queued() == []


def read_again(read: rereading.Read) -> None:
    """Read all again that was recorded, by a reader of facts instead of bodies."""
    with pool().connection() as connection:
        connection.execute("DELETE FROM rereading")
    for progress in rereading.reread(read):
        assert progress.phase

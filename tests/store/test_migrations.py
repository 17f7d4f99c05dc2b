"""A migration keeps what an older Firmtrack recorded, there and back."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from django.core.management import call_command

from firmtrack.answers.devices import DeviceAnswer
from firmtrack.answers.inventory import InventoryAnswer
from firmtrack.answers.requests import DistributionFilter
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.stages import ActivationStep, Status
from firmtrack.duis.writer import write
from firmtrack.intake.envelopes import DUIS_MEDIA_TYPE, Envelope
from firmtrack.intake.receive import OutcomeKind, Submitter, receive
from firmtrack.intake.rereading import reread
from firmtrack.store import database as the_database
from firmtrack.store.consistency import disagreements
from firmtrack.store.database import pool
from firmtrack.store.reading import requests
from tests.looking import find_device, find_inventory
from tests.store.facts import (
    ALPHA,
    ALPHA_ID,
    BRAVO,
    BRAVO_ID,
    DCC,
    DCC_ID,
    IMAGE_HASH,
    METER,
    METERS,
    STRANGER,
    VERSION,
    activation,
    answer,
    at,
    imported,
    inventory,
    reported,
    request,
    step,
    supplier_change,
    take,
)
from tests.unit.duis import samples

pytestmark = pytest.mark.usefixtures("own_database")

BRAVO_REQUEST = RequestId(BRAVO_ID, DCC_ID, 7)
VIEWERS = (DCC, ALPHA, BRAVO, STRANGER)


def migrate_to(migration: str) -> None:
    """Bring the store's tables to the form that a migration gives them, and connect anew."""
    conninfo = the_database.conninfo_in_use()
    call_command("migrate", "store", migration, verbosity=0, interactive=False)
    the_database.use(conninfo)


def migrate_to_newest() -> None:
    conninfo = the_database.conninfo_in_use()
    the_database.migrate()
    the_database.use(conninfo)
    reread()


def tables() -> set[str]:
    with pool().connection() as connection:
        rows = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        ).fetchall()
    return {name for (name,) in rows}


def answers() -> list[tuple[DeviceAnswer | None, InventoryAnswer | None]]:
    return [
        (find_device(viewer, device_id), find_inventory(viewer, device_id))
        for viewer in VIEWERS
        for device_id in METERS
    ]


def test_what_an_older_firmtrack_recorded_is_answered_as_before() -> None:
    newest = tables()
    take(request(sent_at=at(0)), answer(answered_at=at(1), refused=METERS[4:]))
    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(2), METERS[:3]))
    take(inventory(at(3), METERS[0], model="M1", firmware_version="00000001"))
    imported(METERS[0], learnt_at=at(2), device_type="ESME", responsible_supplier=ALPHA_ID)
    before = answers()

    migrate_to("0001")
    assert not {"activation_word", "comms_hub_device", "supplier_word"} & tables()
    migrate_to_newest()

    assert tables() == newest
    assert answers() == before
    known = find_inventory(ALPHA, METERS[0])
    assert known is not None
    assert [each.device_id for each in known.hub_devices] == list(METERS[1:3])
    assert disagreements() == []


def test_going_back_gives_up_only_what_an_older_firmtrack_did_not_know() -> None:
    take(request(sent_at=at(0)), answer(answered_at=at(1)))
    take(inventory(at(1), smi_firmware_version="00000001"))
    take(inventory(at(2), model="M1"), supplier_change(at(2)))
    take(activation(ActivationStep.ANSWERED, at(3), version=VERSION))
    for minutes, supplier in ((1, ALPHA_ID), (2, BRAVO_ID)):
        imported(learnt_at=at(minutes), responsible_supplier=supplier)

    migrate_to("0001")
    migrate_to_newest()

    found = find_inventory(DCC, METER)
    assert found is not None
    assert found.facts.firmware_version == VERSION
    assert found.facts.model == "M1"
    assert found.facts.smi_firmware_version is None
    assert [each.supplier for each in found.suppliers] == [BRAVO_ID]
    assert find_inventory(STRANGER, METER) is None

    take(inventory(at(0), smi_firmware_version="00000002"))
    found = find_inventory(DCC, METER)
    assert found is not None
    assert found.facts.smi_firmware_version == "00000002"
    assert found.sources["smi_firmware_version"].learnt_at == at(0)


# The tables of the first version that hold what messages say, and their columns.
FIRST_FORM = {
    "message": "message_id, user_id, occurred_at, recorded_at, kind, code, body",
    "request": "request_key, originator, target, counter, message_id, recorded_at, sent_at,"
    " answered_at, named_at, step_occurred_at, step_message_id, step_stage, step_failed,"
    " step_reason, variant, stated_version, claimed_version, image_hash, image",
    "request_step": "request_key, message_id, occurred_at, recorded_at, stage, failed, reason",
    "event": "device_id, request_key, message_id, occurred_at, recorded_at, device_time,"
    " comms_hub_id, stage, failed, reason, firmware_version, image_hash",
    "distribution": "device_id, request_key, message_id, occurred_at, stage, failed, refused,"
    " reason",
    "device": "device_id, learnt_at, message_id, device_type, smets_version, csp_region,"
    " manufacturer, model, device_status, firmware_version, firmware_version_status,"
    " gbcs_version, comms_hub_id, responsible_supplier, older",
}
# What the readers of the first version made of a CSPFirmwareDeliveryStatus, kind 3.
FIRST_READING = """
UPDATE event AS e SET occurred_at = e.device_time, device_time = NULL
FROM message AS m WHERE m.message_id = e.message_id AND m.kind = 3;
UPDATE distribution AS d SET occurred_at = e.occurred_at
FROM event AS e WHERE (d.device_id, d.message_id) = (e.device_id, e.message_id);
UPDATE message AS m SET occurred_at = e.occurred_at
FROM event AS e WHERE m.message_id = e.message_id AND m.kind = 3;
"""


def test_a_database_that_the_first_version_made_answers_as_the_newest_does() -> None:
    outcomes = receive(
        [
            Envelope(
                body=write(document),
                media_type=DUIS_MEDIA_TYPE,
                received_at=samples.NOW,
                origin="a test",
            )
            for document in (
                samples.update_firmware(),
                samples.update_firmware_response(),
                samples.dcc_alert("N60", samples.csp_status()),
                samples.dcc_alert("N62", samples.hub_alert()),
                samples.INVENTORY,
            )
        ],
        Submitter.operator(),
    )
    assert [each.outcome for each in outcomes] == [OutcomeKind.RECORDED] * len(outcomes)
    imported(samples.METER, learnt_at=at(0), gbcs_version="4.0", responsible_supplier=ALPHA_ID)
    before = sampled_answers()
    assert all(before)
    rows = {table: copied(table, columns) for table, columns in FIRST_FORM.items()}
    parties = copied("inventory_statement", "DISTINCT device_id, user_id", "user_id IS NOT NULL")

    migrate_to("zero")
    migrate_to("0001")
    assert tables() & {"message", "device_history"} == {"message"}
    with pool().connection() as connection, connection.transaction():
        for table, columns in FIRST_FORM.items():
            with connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN".encode()) as copy:
                copy.write(rows[table])
        with connection.cursor().copy("COPY device_acquaintance FROM STDIN") as copy:
            copy.write(parties)
        connection.execute(FIRST_READING)
    migrate_to_newest()

    assert sampled_answers() == before
    assert disagreements() == []


def copied(table: str, columns: str, condition: str = "true") -> bytes:
    """Return the columns of all rows that it holds of, as COPY writes them."""
    asked = f"COPY (SELECT {columns} FROM {table} WHERE {condition}) TO STDOUT".encode()
    with pool().connection() as connection, connection.cursor().copy(asked) as copy:
        return b"".join(copy)


def sampled_answers() -> list[object]:
    """Return what DCC's staff see of what the samples are about."""
    wanted = DistributionFilter()
    return [
        *(find_device(DCC, each) for each in (samples.METER, samples.HUB)),
        *(find_inventory(DCC, each) for each in (samples.METER, samples.HUB)),
        requests.find_request(DCC, samples.REQUEST_ID),
        requests.list_distributions(DCC, samples.REQUEST_ID, wanted, limit=10),
    ]


# Of a database without months: what it holds, row by row, whatever stands where.
UNDIVIDED = {
    "message": "message_id, user_id, occurred_at, recorded_at, kind, code, body, submitter, token,"
    " responder, response_counter",
    "recorded_event": "device_id, request_key, message_id, occurred_at, recorded_at, device_time,"
    " comms_hub_id, stage, failed, reason, firmware_version, image_hash, addressee, message_kind,"
    " code",
    "lookup_audit": "lookup_id, looked_up_at, viewer, kind, term, row_count, as_of, party",
    "act": "act_id, acted_at, actor, party, kind, subject, detail",
}


def test_all_that_stood_without_months_is_found_in_its_month() -> None:
    far = [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)]
    days = [datetime(2019, 1, 31, 23, 59, 59, 999_999, tzinfo=UTC), *far, datetime.now(UTC)]
    take(request(), request(BRAVO_REQUEST, sent_at=at(0)), answer(answered_at=at(1)))
    take(step(Status.SENT_TO_CSP, at(2)), activation(ActivationStep.REQUESTED, None))
    for day in days:
        take(reported(Status.DELIVERED_TO_COMMS_HUB, day, METERS[:3]))
        take(reported(Status.VERIFIED, day, request_id=None, image_hash=IMAGE_HASH))
    take(inventory(at(3), METERS[0], model="M1"))
    with pool().connection() as connection:
        for day in days:
            connection.execute(
                "INSERT INTO lookup_audit (looked_up_at, viewer, kind, term, row_count, party)"
                " VALUES (%s, 'Ada', 'device', %s, 1, 'Alpha Energy')",
                (day, str(METER)),
            )
            connection.execute(
                "INSERT INTO act (acted_at, actor, party, kind, subject, detail)"
                " VALUES (%s, 'Ada', 'Alpha Energy', 'signed_in', 'Ada', '')",
                (day,),
            )
    before, rows = answers(), {each: copied(each, UNDIVIDED[each]) for each in UNDIVIDED}

    migrate_to("0030")
    assert not {"dated_message", "undated_message", "retention"} & tables()
    undivided = {each: copied(each, UNDIVIDED[each]) for each in UNDIVIDED}
    assert in_any_order(undivided) == in_any_order(rows)
    with pool().connection() as connection:  # as an older Firmtrack looks up and acts
        (last,) = connection.execute("SELECT max(lookup_id) FROM lookup_audit").fetchall()
        connection.execute(
            "INSERT INTO lookup_audit (viewer, kind, term, row_count)"
            " VALUES ('Ben', 'device', '', 0)"
        )
        assert connection.execute("SELECT max(lookup_id) FROM lookup_audit").fetchall() == [
            (last[0] + 1,)
        ]
        connection.execute("DELETE FROM lookup_audit WHERE viewer = 'Ben'")
    migrate_to_newest()

    assert in_any_order({each: copied(each, UNDIVIDED[each]) for each in UNDIVIDED}) == (
        in_any_order(rows)
    )
    assert answers() == before
    assert disagreements() == []
    with pool().connection() as connection:
        found = connection.execute(
            "SELECT count(*) FILTER (WHERE tableoid = 'recorded_event_kept'::regclass),"
            " count(*) FILTER (WHERE tableoid = 'recorded_event_later'::regclass), count(*)"
            " FROM recorded_event"
        ).fetchone()
        assert found == (8, 4, 16)
        # Numbers go on above all that were given.
        for table, number in (("lookup_audit", "lookup_id"), ("act", "act_id")):
            greatest = connection.execute(f"SELECT max({number}) FROM {table}".encode()).fetchone()
            following = connection.execute(
                f"SELECT nextval('{table}_{number}_seq')".encode()
            ).fetchone()
            assert greatest is not None
            assert following is not None
            assert following[0] > greatest[0]


def in_any_order(rows: Mapping[str, bytes]) -> dict[str, list[bytes]]:
    return {table: sorted(each.splitlines()) for table, each in rows.items()}

"""A migration keeps what an older Firmtrack recorded, there and back."""

import pytest
from django.core.management import call_command

from firmtrack.answers.devices import DeviceAnswer
from firmtrack.answers.inventory import InventoryAnswer
from firmtrack.domain.stages import ActivationStep, Status
from firmtrack.intake.rereading import reread
from firmtrack.store import database as the_database
from firmtrack.store.database import pool
from firmtrack.store.ledger.consistency import disagreements
from tests.looking import find_device, find_inventory
from tests.store.facts import (
    ALPHA,
    ALPHA_ID,
    BRAVO,
    BRAVO_ID,
    DCC,
    METER,
    METERS,
    STRANGER,
    VERSION,
    activation,
    answer,
    at,
    imported,
    inventory,
    request,
    supplier_change,
    take,
    told,
)

pytestmark = pytest.mark.usefixtures("own_database")

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
    take(told(Status.DELIVERED_TO_COMMS_HUB, at(2), METERS[:3]))
    take(inventory(at(3), METERS[0], model="M1", firmware_version="00000001"))
    imported(METERS[0], learnt_at=at(2), device_type="ESME", responsible_supplier=ALPHA_ID)
    before = answers()

    migrate_to("0001")
    assert not {"activation_word", "comms_hub_device", "supplier_word"} & tables()
    migrate_to_newest()

    assert tables() == newest
    assert answers() == before
    sisters = find_inventory(ALPHA, METERS[0])
    assert sisters is not None
    assert [each.device_id for each in sisters.hub_devices] == list(METERS[1:3])
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

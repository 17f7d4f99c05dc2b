"""What messages and imports state of devices is kept as facts, of which a device's row is made."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from django.core.management import call_command
from psycopg.rows import class_row

from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.inventory import IMPORT_ID
from firmtrack.intake.rereading import reread
from firmtrack.store import database as the_database
from firmtrack.store.consistency import disagreements
from firmtrack.store.database import pool
from firmtrack.store.ledger import rereading
from firmtrack.store.numbers import to_bigint
from tests.citus import of_an_older_version
from tests.looking import find_inventory
from tests.store.facts import (
    ALPHA_ID,
    BRAVO_ID,
    DCC,
    DCC_ID,
    METER,
    METERS,
    at,
    imported,
    inventory,
    proposed,
    supplier_change,
    take,
    verdict,
)

pytestmark = pytest.mark.usefixtures("own_database")


class Stated(NamedTuple):
    """A row of recorded_inventory_statement, less its device and what of it tests do not ask."""

    message_id: UUID
    taken_by: UUID | None
    learnt_at: datetime | None
    user_id: int | None
    model: str | None
    device_type: str | None
    responsible_supplier: int | None


CHARLIE_ID = Eui64(BRAVO_ID + 1)
COLUMNS = ", ".join(Stated._fields)


def stated(device_id: Eui64 = METER) -> Sequence[Stated]:
    """Return what is stated of the device, in the order in which it was recorded."""
    with (
        pool().connection() as connection,
        connection.cursor(row_factory=class_row(Stated)) as rows,
    ):
        return rows.execute(
            f"SELECT {COLUMNS} FROM recorded_inventory_statement WHERE device_id = %s"
            " ORDER BY recorded_at, learnt_at NULLS FIRST, message_id",
            (to_bigint(device_id),),
        ).fetchall()


def test_a_message_states_each_device_once_and_whole() -> None:
    newer, older = inventory(at(2), model="M2"), inventory(at(1), model="M1", device_type="ESME")
    take(newer)
    take(older, older)
    take(older)

    alpha = to_bigint(ALPHA_ID)
    assert stated() == [
        Stated(newer.message_id, None, at(2), alpha, "M2", None, None),
        Stated(older.message_id, None, at(1), alpha, "M1", "ESME", None),
    ]


def test_what_dcc_took_is_stated_once_an_answer_whatever_came_first() -> None:
    asked, refused = proposed(model="M1"), verdict(at(0), is_accepted=False)
    first, second = verdict(at(1)), verdict(at(2))
    take(first)
    take(asked, refused)
    take(second)
    take(second)

    alpha = to_bigint(ALPHA_ID)
    assert stated() == [
        Stated(asked.message_id, first.message_id, at(1), alpha, "M1", None, None),
        Stated(asked.message_id, second.message_id, at(2), alpha, "M1", None, None),
    ]


def test_an_import_states_what_it_adds_and_the_same_again_nothing() -> None:
    for _ in range(2):
        imported(model="M1")
        imported(device_type="ESME", model="M1")
        imported(responsible_supplier=ALPHA_ID)
    imported(model="M2")
    imported(model="M1")

    alpha = to_bigint(ALPHA_ID)
    assert stated() == [
        Stated(IMPORT_ID, None, None, None, "M1", None, None),
        Stated(IMPORT_ID, None, None, None, "M1", "ESME", None),
        Stated(IMPORT_ID, None, None, None, None, None, alpha),
        Stated(IMPORT_ID, None, None, None, "M2", None, None),
        Stated(IMPORT_ID, None, None, None, "M1", None, None),
    ]


def test_an_import_that_states_nothing_is_kept_once() -> None:
    for _ in range(2):
        imported(learnt_at=at(1))

    assert [each.learnt_at for each in stated()] == [at(1)]


# From databases of before.


def migrate_to(migration: str) -> None:
    """Bring the store's tables to the form that a migration gives them, and connect anew."""
    conninfo = the_database.conninfo_in_use()
    call_command("migrate", "store", migration, verbosity=0, interactive=False)
    the_database.use(conninfo)


def migrate_to_newest() -> None:
    conninfo = the_database.conninfo_in_use()
    the_database.migrate()
    the_database.use(conninfo)


@pytest.fixture
def at_0014() -> Callable[..., None]:
    """What writes a row, by its columns, into a database as the version before had it."""
    migrate_to("0014")

    def write(table: str, **columns: object) -> None:
        names, values = ", ".join(columns), ", ".join(["%s"] * len(columns))
        with pool().connection() as connection:
            connection.execute(
                f"INSERT INTO {table} ({names}) VALUES ({values})".encode(),
                list(columns.values()),
            )

    return write


def write_message(write: Any, message_id: UUID, kind: int, recorded_at: datetime) -> None:
    write(
        "message", message_id=message_id, user_id=to_bigint(ALPHA_ID), recorded_at=recorded_at,
        kind=kind, body=b"cannot be read",
    )  # fmt: skip


@of_an_older_version
def test_what_only_the_forms_of_a_row_told_is_stated_by_whom_told_it(at_0014: Any) -> None:
    reported, tomorrow = UUID(int=5), at(0) + timedelta(days=1)
    write_message(at_0014, reported, 9, tomorrow)
    device = {"device_id": to_bigint(METER)}
    # Two imports of one time, the second a correction; then a message that says a part anew.
    for its_model, recorded_at, replaced_at in (("M1", at(10), at(20)), ("M2", at(20), tomorrow)):
        at_0014(
            "device_history", **device, recorded_at=recorded_at, replaced_at=replaced_at,
            form=(
                f'{{"device_id": {to_bigint(METER)}, "learnt_at": "{at(1).isoformat()}",'
                f' "message_id": "{IMPORT_ID}", "model": "{its_model}", "device_type": "ESME",'
                f' "responsible_supplier": {to_bigint(BRAVO_ID)}, "older": null}}'
            ),
        )  # fmt: skip
    at_0014(
        "device", **device, recorded_at=tomorrow, learnt_at=at(2), message_id=reported, model="M3",
        device_type="ESME", responsible_supplier=to_bigint(BRAVO_ID),
        older=(
            f'{{"device_type": ["{at(1).isoformat()}", "{IMPORT_ID}"],'
            f' "responsible_supplier": ["{at(1).isoformat()}", "{IMPORT_ID}"]}}'
        ),
    )  # fmt: skip
    # A supplier of whom an import told too late for any form to have had it.
    at_0014(
        "supplier_word", **device, learnt_at=at(0), message_id=IMPORT_ID, recorded_at=at(30),
        responsible_supplier=to_bigint(CHARLIE_ID),
    )  # fmt: skip

    migrate_to_newest()

    bravo, charlie = to_bigint(BRAVO_ID), to_bigint(CHARLIE_ID)
    assert stated() == [
        Stated(IMPORT_ID, None, at(1), None, "M1", "ESME", bravo),
        Stated(IMPORT_ID, None, at(1), None, "M2", None, None),
        Stated(IMPORT_ID, None, at(0), None, None, None, charlie),
        Stated(reported, None, at(2), to_bigint(ALPHA_ID), "M3", None, None),
    ]
    assert model(at(15)) == "M1"
    assert model(at(25)) == "M2"
    assert model(tomorrow) == model() == "M3"


def model(as_of: datetime | None = None) -> str | None:
    found = find_inventory(DCC, METER, as_of=as_of)
    return None if found is None else found.facts.model


@of_an_older_version
def test_what_dcc_took_before_is_stated_whole(at_0014: Any) -> None:
    asked, first, second = (UUID(int=number) for number in (5, 6, 7))
    for message_id, kind in ((asked, 10), (first, 21), (second, 21)):
        write_message(at_0014, message_id, kind, at(5))
    request = {
        "originator": to_bigint(ALPHA_ID), "target": to_bigint(DCC_ID), "counter": to_bigint(1),
    }  # fmt: skip
    at_0014(
        "proposal", **request, message_id=asked, device_id=to_bigint(METER), recorded_at=at(5),
        facts=f'{{"model": "M1", "responsible_supplier": "{BRAVO_ID}"}}',
    )  # fmt: skip
    for message_id, answered_at in ((first, at(1)), (second, at(2))):
        at_0014(
            "verdict", **request, message_id=message_id, is_accepted=True,
            answered_at=answered_at, recorded_at=at(6),
        )  # fmt: skip
    at_0014(
        "device", device_id=to_bigint(METER), learnt_at=at(2), message_id=asked, model="M1",
        responsible_supplier=to_bigint(BRAVO_ID), recorded_at=at(6),
    )  # fmt: skip

    migrate_to_newest()

    alpha, bravo = to_bigint(ALPHA_ID), to_bigint(BRAVO_ID)
    assert stated() == [
        Stated(asked, first, at(1), alpha, "M1", None, bravo),
        Stated(asked, second, at(2), alpha, "M1", None, bravo),
    ]


@of_an_older_version
def test_a_change_of_supplier_and_all_statements_survive_the_way_there_and_back() -> None:
    imported(learnt_at=at(1), responsible_supplier=ALPHA_ID)
    imported(learnt_at=at(3), responsible_supplier=BRAVO_ID)
    take(supplier_change(at(2)), inventory(at(4), METERS[1], model="M1"))
    before = [find_inventory(DCC, device_id) for device_id in METERS[:2]]

    migrate_to("0014")
    migrate_to_newest()
    reread()

    assert [find_inventory(DCC, device_id) for device_id in METERS[:2]] == before
    assert not rereading.is_due()
    assert disagreements() == []

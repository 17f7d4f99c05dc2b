"""The inventory in SQL is the inventory of the domain; imports are whole and repeatable."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmtrack.domain.facts import DeviceFacts, Message
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.inventory import (
    EUI_FACTS,
    FACT_NAMES,
    IMPORT_ID,
    Knowledge,
    Known,
    Origin,
    facts_once_taken,
    knowledge_of,
    merge_all,
)
from firmtrack.store.consistency import DisagreementKind, disagreements
from firmtrack.store.database import pool
from firmtrack.store.ledger import inventory_sql
from firmtrack.store.ledger.inventory import ImportedRow, ImportReceipt, import_rows
from firmtrack.store.ledger.staging import writing
from firmtrack.store.numbers import eui_of, to_bigint
from tests.examples import examples
from tests.store.facts import (
    ALPHA_ID,
    BRAVO_ID,
    HUB,
    METERS,
    at,
    digest,
    inventory,
    proposed,
    take,
    verdict,
)

pytestmark = pytest.mark.usefixtures("database")


DEVICE = to_bigint(METERS[0])


def stored() -> dict[Eui64, Knowledge]:
    """Read the table itself back into what the domain knows."""
    with pool().connection() as connection:
        rows = connection.execute(
            f"SELECT device_id, learnt_at, message_id, older, {', '.join(FACT_NAMES)} FROM device"
        ).fetchall()
    return {eui_of(row[0]): _knowledge(*row) for row in rows}


def _knowledge(
    device_id: int,
    learnt_at: datetime | None,
    message_id: UUID,
    older: dict[str, list[Any]] | None,
    *values: Any,
) -> Knowledge:
    latest = Origin(learnt_at, message_id)

    def origin(name: str) -> Origin:
        if older is None or name not in older:
            return latest
        stated_at, stated_by = older[name]
        return Origin(stated_at and datetime.fromisoformat(stated_at), UUID(stated_by))

    return Knowledge(
        device_id=eui_of(device_id),
        latest=latest,
        facts={
            name: Known(eui_of(value) if name in EUI_FACTS else value, origin(name))
            for name, value in zip(FACT_NAMES, values, strict=True)
            if value is not None
        },
    )


def empty() -> None:
    with pool().connection() as connection:
        for table in (
            "dated_message", "undated_message", "device", "proposal", "verdict",
            "recorded_inventory_statement", "recorded_supplier_change", "withdrawal",
        ):  # fmt: skip
            connection.execute(f"DELETE FROM {table}".encode())


def parties() -> set[tuple[Eui64, Eui64]]:
    """Return which Users are party to what is stated of which devices."""
    with pool().connection() as connection:
        rows = connection.execute(
            "SELECT device_id, user_id FROM inventory_statement WHERE user_id IS NOT NULL"
        ).fetchall()
    return {(eui_of(device_id), eui_of(user_id)) for device_id, user_id in rows}


def expected(messages: Sequence[Message]) -> list[tuple[Knowledge, Eui64]]:
    """Return all that the messages make known, each with the User that was party to it."""
    made_known = [
        (knowledge_of(device, message.message_id), message.user_id)
        for message in messages
        for device in message.devices
    ]
    made_known += [
        (
            knowledge_of(
                facts_once_taken(asking.proposal.facts, answer.verdict.answered_at),
                asking.message_id,
            ),
            asking.user_id,
        )
        for asking in messages
        for answer in messages
        if asking.proposal is not None
        and answer.verdict is not None
        and answer.verdict.is_accepted
        and answer.verdict.request_id == asking.proposal.request_id
    ]
    return [(known, user_id) for known, user_id in made_known if user_id is not None]


statements = (
    st.builds(
        lambda number, minutes, device_id, **facts: inventory(
            None if minutes is None else at(minutes), device_id, identity=digest(number), **facts
        ),
        st.integers(0, 10_000),
        st.none() | st.integers(0, 4),
        st.sampled_from(METERS[:2]),
        model=st.none() | st.sampled_from(["M1", "M2"]),
        device_status=st.none() | st.sampled_from(["Suspended", "Commissioned"]),
        firmware_version=st.none() | st.sampled_from(["00000001", "00000002"]),
        comms_hub_id=st.none() | st.just(HUB),
        responsible_supplier=st.none() | st.sampled_from([ALPHA_ID, BRAVO_ID]),
    )
    | st.builds(
        lambda number, device_id, counter, **facts: proposed(
            device_id, counter=counter, identity=digest(number), **facts
        ),
        st.integers(0, 10_000),
        st.sampled_from(METERS[:2]),
        st.integers(1, 2),
        user_id=st.sampled_from([ALPHA_ID, BRAVO_ID]),
        model=st.none() | st.sampled_from(["M1", "M2"]),
        firmware_version=st.none() | st.sampled_from(["00000001", "00000002"]),
        comms_hub_id=st.none() | st.just(HUB),
    )
    | st.builds(
        lambda number, minutes, **said: verdict(at(minutes), identity=digest(number), **said),
        st.integers(0, 10_000),
        st.integers(0, 4),
        user_id=st.sampled_from([ALPHA_ID, BRAVO_ID]),
        counter=st.integers(1, 2),
        is_accepted=st.booleans(),
    )
)
_histories = st.lists(
    statements,
    max_size=8,
    unique_by=lambda message: message.digest,
)


@given(history=_histories, data=st.data())
@settings(
    max_examples=examples(80),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_the_table_holds_what_the_rule_says(history: list[Message], data: st.DataObject) -> None:
    empty()
    delivered = data.draw(st.permutations(history))
    while delivered:
        size = data.draw(st.integers(1, len(delivered)))
        batch, delivered = delivered[:size], delivered[size:]
        take(*batch)

    made_known = expected(history)
    assert stored() == dict(merge_all(known for known, _ in made_known))
    assert parties() == {(known.device_id, user_id) for known, user_id in made_known}
    assert fold_anew() == 0
    assert disagreements() == []


def fold_anew() -> int:
    """Fold all rows from the statements alone, and return how many that changed."""
    with writing() as cursor:
        cursor.execute(
            "INSERT INTO restated_device SELECT device_id FROM recorded_inventory_statement"
            " UNION SELECT device_id FROM device"
        )
        cursor.execute(inventory_sql.FOLD)
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


# Imports.


def row(
    number: int, device_id: Eui64 = METERS[0], minutes: int | None = 0, **facts: object
) -> ImportedRow:
    learnt_at = None if minutes is None else at(minutes)
    return ImportedRow(number, DeviceFacts(device_id=device_id, learnt_at=learnt_at, **facts))  # type: ignore[arg-type]  # facts of the right types


def brought_in(*rows: ImportedRow, is_wanted: bool = True) -> tuple[ImportReceipt, list[int]]:
    refused: list[int] = []
    receipt = import_rows(rows, lambda repeated: refused.append(repeated.number), lambda: is_wanted)
    return receipt, refused


def test_an_import_is_known_and_again_changes_nothing() -> None:
    rows = [row(1, METERS[0], model="M1", comms_hub_id=HUB), row(2, METERS[1], None, model="M2")]

    first, _ = brought_in(*rows)
    before = stored()
    again, _ = brought_in(*rows)

    assert first == ImportReceipt(changed=2, unchanged=0, is_kept=True)
    assert again == ImportReceipt(changed=0, unchanged=2, is_kept=True)
    assert stored() == before
    assert before[METERS[0]].facts["comms_hub_id"].value == HUB


def test_an_import_counts_by_its_time_among_messages() -> None:
    take(inventory(at(1), METERS[0], model="told"))
    take(inventory(at(1), METERS[1], model="told"))

    brought_in(
        row(1, METERS[0], 0, model="older", device_type="ESME"), row(2, METERS[1], 2, model="newer")
    )

    known = stored()
    assert known[METERS[0]].facts["model"].value == "told"
    assert known[METERS[0]].facts["device_type"].value == "ESME"
    assert known[METERS[1]].facts["model"].value == "newer"


def test_a_corrected_import_of_the_same_time_counts() -> None:
    brought_in(row(1, minutes=None, model="M1"))

    receipt, _ = brought_in(row(1, minutes=None, model="M2"))

    assert receipt.changed == 1
    assert stored()[METERS[0]].facts["model"].value == "M2"
    assert fold_anew() == 0


@given(
    st.lists(
        st.builds(
            row, st.just(1), st.just(METERS[0]), st.none() | st.integers(0, 2),
            model=st.none() | st.sampled_from(["M1", "M2"]),
            responsible_supplier=st.none() | st.sampled_from([ALPHA_ID, BRAVO_ID]),
        )
        | st.builds(
            inventory, st.none() | st.integers(0, 2).map(at), st.just(METERS[0]),
            identity=st.integers(0, 9_999).map(digest), model=st.sampled_from(["M1", "M2"]),
        ),
        max_size=8,
    )
)  # fmt: skip
@settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_row_is_what_its_statements_come_to_among_imports_too(
    coming: list[ImportedRow | Message],
) -> None:
    empty()
    known = []
    for each in coming:
        if isinstance(each, Message):
            if take(each).is_new == (True,):
                known += [reported for reported, _ in expected([each])]
        else:
            brought_in(each)
            known.append(knowledge_of(each.statement, IMPORT_ID))

        assert stored() == dict(merge_all(known))
        assert fold_anew() == 0
    assert disagreements() == []


def test_check_finds_a_row_that_is_not_what_is_stated() -> None:
    take(inventory(at(1), METERS[0], model="M1"), inventory(at(1), METERS[1], model="M1"))
    assert disagreements() == []

    with pool().connection() as connection:
        connection.execute("UPDATE device SET model = 'M2' WHERE device_id = %s", (DEVICE,))

    assert [(each.kind, each.device_id) for each in disagreements()] == [
        (DisagreementKind.DEVICE_IS_NOT_WHAT_IS_STATED_OF_IT, METERS[0]),
    ]
    with pool().connection() as connection:
        connection.execute("DELETE FROM device WHERE device_id = %s", (DEVICE,))
    assert [each.device_id for each in disagreements()] == [METERS[0]]


def test_a_device_that_stands_twice_is_refused_the_second_time() -> None:
    rows = [row(1, model="M1"), row(2, METERS[1], model="M2"), row(3, model="M3")]

    for changed in (2, 0):
        receipt, refused = brought_in(*rows)
        assert receipt == ImportReceipt(changed=changed, unchanged=2 - changed, is_kept=True)
        assert refused == [3]
    assert stored()[METERS[0]].facts["model"].value == "M1"


def test_an_import_that_is_not_wanted_leaves_nothing() -> None:
    receipt, _ = brought_in(row(1, model="M1"), is_wanted=False)

    assert receipt == ImportReceipt(changed=0, unchanged=0, is_kept=False)
    assert stored() == {}

"""What is known of a device does not depend on the order in which it was told."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from firmtrack.domain.facts import DeviceFacts
from firmtrack.domain.identifiers import Eui64, FirmwareVersion
from firmtrack.domain.inventory import (
    FACT_NAMES,
    IMPORT_ID,
    Knowledge,
    Origin,
    knowledge_of,
    merge,
    merge_all,
    merge_statements,
)

DEVICE = Eui64.parse("00-DB-12-34-56-78-90-A0")
MORNING = datetime(2026, 3, 1, 9, tzinfo=UTC)
FIRST, SECOND, THIRD = (UUID(int=number) for number in (1, 2, 3))


def told(message_id: UUID, minutes: int | None = 0, **facts: str) -> Knowledge:
    learnt_at = None if minutes is None else MORNING + timedelta(minutes=minutes)
    statement = DeviceFacts(device_id=DEVICE, learnt_at=learnt_at, **facts)  # type: ignore[arg-type]  # facts are texts
    return knowledge_of(statement, message_id)


def values(known: Knowledge) -> dict[str, object]:
    return {name: fact.value for name, fact in known.facts.items()}


def test_a_statement_makes_known_what_it_states_and_from_where() -> None:
    known = told(FIRST, model="M1")

    assert values(known) == {"model": "M1"}
    assert known.facts["model"].origin == known.latest == Origin(MORNING, FIRST)


def test_every_field_of_device_facts_but_whose_and_when_is_a_fact() -> None:
    assert "comms_hub_id" in FACT_NAMES
    assert "responsible_supplier" in FACT_NAMES
    assert "device_id" not in FACT_NAMES
    assert "learnt_at" not in FACT_NAMES


def test_a_later_word_wins_and_says_nothing_of_other_facts() -> None:
    known = merge(told(FIRST, 0, model="M1", firmware_version="01"), told(SECOND, 1, model="M2"))

    assert values(known) == {"model": "M2", "firmware_version": "01"}
    assert known.facts["firmware_version"].origin.message_id == FIRST
    assert known.latest.message_id == SECOND


def test_an_earlier_word_that_comes_late_fills_only_what_nobody_told_later() -> None:
    known = merge(told(SECOND, 1, model="M2"), told(FIRST, 0, model="M1", firmware_version="01"))

    assert values(known) == {"model": "M2", "firmware_version": "01"}
    assert known.latest.message_id == SECOND


def test_facts_are_in_their_order_whatever_came_first() -> None:
    statements = [told(FIRST, 0, model="M1"), told(SECOND, 1, device_type="ESME")]

    for coming in (statements, statements[::-1]):
        assert list(merge_statements(coming).facts) == ["device_type", "model"]


def test_a_statement_without_a_time_is_the_oldest() -> None:
    known = merge(told(FIRST, 0, model="M1"), told(THIRD, None, model="M0", device_type="ESME"))

    assert values(known) == {"model": "M1", "device_type": "ESME"}


def test_of_two_imports_of_the_same_time_the_last_counts() -> None:
    known = merge(told(IMPORT_ID, model="M1", device_type="ESME"), told(IMPORT_ID, model="M2"))

    assert values(known) == {"model": "M2", "device_type": "ESME"}


_statements = st.lists(
    st.builds(
        told,
        st.uuids(version=4),
        st.none() | st.integers(0, 3),
        model=st.none() | st.sampled_from(["M1", "M2"]),
        device_status=st.none() | st.sampled_from(["Suspended", "Commissioned"]),
        firmware_version=st.none() | st.sampled_from(list(map(FirmwareVersion, ("01", "02")))),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda known: known.latest.message_id,
)


@given(statements=_statements, data=st.data())
def test_neither_order_nor_repetition_matters(
    statements: list[Knowledge], data: st.DataObject
) -> None:
    repeated = data.draw(st.permutations(statements + data.draw(st.permutations(statements))))

    known = reduce(merge, repeated)

    assert known == reduce(merge, statements)
    assert merge_all(statements) == {DEVICE: known}


@given(statements=_statements)
def test_each_fact_is_the_latest_word_on_it(statements: list[Knowledge]) -> None:
    known = reduce(merge, statements)

    for name in FACT_NAMES:
        known_facts = [each.facts[name] for each in statements if name in each.facts]
        if known_facts:
            assert known.facts[name] == max(known_facts, key=lambda fact: fact.origin.age)
        else:
            assert name not in known.facts

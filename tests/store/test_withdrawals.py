"""What is withdrawn counts as if it had never come, and what is restored as if it had stayed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from firmtrack.answers.requests import DistributionFilter
from firmtrack.domain.facts import DeviceFacts, Message
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.inventory import IMPORT_ID, knowledge_of, merge_all
from firmtrack.domain.reconciliation import FlagKind
from firmtrack.domain.stages import Status
from firmtrack.store.consistency import disagreements
from firmtrack.store.database import pool
from firmtrack.store.ledger.inventory import ImportedRow, import_rows
from firmtrack.store.ledger.recording import Batch, record
from firmtrack.store.ledger.submission import Submission
from firmtrack.store.ledger.withdrawals import Read, restore, withdraw
from firmtrack.store.numbers import eui_of
from firmtrack.store.reading import messages, requests
from firmtrack.store.reading.messages import KeptMessage
from firmtrack.store.reports import performance
from tests.examples import examples
from tests.looking import find_device
from tests.store import test_inventory as known
from tests.store import test_past as past
from tests.store import test_rules_in_sql as rules
from tests.store.drawn import REQUEST_IDS
from tests.store.facts import (
    ALPHA,
    ALPHA_ID,
    BRAVO_ID,
    DCC,
    IMAGE_HASH,
    METER,
    METERS,
    OTHER_VERSION,
    REQUEST_ID,
    VERSION,
    activation,
    answer,
    at,
    digest,
    distribution,
    inventory,
    proposed,
    reported,
    request,
    supplier_change,
    take,
    verdict,
)
from tests.store.open_writer import just_begun

pytestmark = pytest.mark.usefixtures("database")

BECAUSE = "a token had leaked"


def reading(*known: Message) -> Read:
    """Return a reader of kept messages that knows what these say."""
    by_id = {message.message_id: message for message in known}

    def read(kept: KeptMessage) -> Message:
        return by_id[kept.message_id]

    return read


def empty() -> None:
    rules.empty()
    with pool().connection() as connection:
        for table in ("withdrawal", "withdrawn_again", "distribution_history"):
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))


@st.composite
def taken_back(draw: st.DrawFn) -> tuple[rules.Delivery, list[tuple[bool, list[Message]]]]:
    """A delivery, and then messages that are withdrawn (True) or restored, several at once."""
    delivery = draw(rules.deliveries())
    some = st.lists(
        st.sampled_from(delivery.history),
        min_size=1,
        max_size=4,
        unique_by=lambda message: message.digest,
    )
    return delivery, draw(st.lists(st.tuples(st.booleans(), some), min_size=1, max_size=4))


@given(taken_back())
@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_what_is_withdrawn_counts_as_if_it_had_never_come(
    drawn: tuple[rules.Delivery, list[tuple[bool, list[Message]]]],
) -> None:
    delivery, moves = drawn
    empty()
    for batch in delivery.batches:
        record(Batch(messages=batch))
    read = reading(*delivery.history)
    withdrawn: set[UUID] = set()
    for is_withdrawal, some in moves:
        ids = {message.message_id for message in some}
        if is_withdrawal:
            assert withdraw(some, BECAUSE, read) == ids - withdrawn
            withdrawn |= ids
        else:
            assert restore(some, BECAUSE, read) == ids & withdrawn
            withdrawn -= ids

        counted = [each for each in delivery.history if each.message_id not in withdrawn]
        expectation, answered = rules.expected(counted), rules.tracked(delivery.history)

        assert answered.unattributed == expectation.unattributed
        assert rules.without_times_of_recording(answered, expectation) == expectation.standings
        assert disagreements() == []


inventories = st.lists(
    known.statements
    | st.builds(
        supplier_change, st.integers(0, 4).map(at), st.sampled_from(METERS[:2]),
        identity=st.integers(0, 2**16).map(digest),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda message: message.digest,
)  # fmt: skip
imports = st.builds(
    DeviceFacts,
    device_id=st.sampled_from(METERS[:2]),
    learnt_at=st.none() | st.integers(0, 4).map(at),
    model=st.none() | st.sampled_from(["M1", "M2"]),
    responsible_supplier=st.none() | st.sampled_from([ALPHA_ID, BRAVO_ID]),
)


@given(inventories, st.lists(imports, max_size=3), st.data())
@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_what_the_inventory_was_taught_is_taken_back_and_given_again(
    history: list[Message], imported_facts: list[DeviceFacts], data: st.DataObject
) -> None:
    known.empty()
    read, withdrawn, waiting = reading(*history), set[UUID](), list(history)
    imported_so_far: list[DeviceFacts] = []
    for _ in range(data.draw(st.integers(1, 8))):
        recorded = [each for each in history if each not in waiting]
        step = data.draw(st.sampled_from(["record", "import", "withdraw", "restore"]))
        if step == "record" and waiting:
            batch = data.draw(st.lists(st.sampled_from(waiting), min_size=1, unique_by=id))
            take(*batch)
            waiting = [each for each in waiting if each not in batch]
        elif step == "import" and len(imported_so_far) < len(imported_facts):
            facts = imported_facts[len(imported_so_far)]
            import_rows([ImportedRow(1, facts)], lambda _: None, lambda: True)
            imported_so_far.append(facts)
        elif step in {"withdraw", "restore"} and recorded:
            some = data.draw(st.lists(st.sampled_from(recorded), min_size=1, unique_by=id))
            ids = {each.message_id for each in some}
            if step == "withdraw":
                assert withdraw(some, BECAUSE, read) == ids - withdrawn
                withdrawn |= ids
            else:
                assert restore(some, BECAUSE, read) == ids & withdrawn
                withdrawn -= ids

        counted = [
            each for each in history if each not in waiting and each.message_id not in withdrawn
        ]
        made_known = known.expected(counted)
        brought_in = [knowledge_of(each, IMPORT_ID) for each in imported_so_far]
        assert known.stored() == dict(merge_all([*brought_in, *(each for each, _ in made_known)]))
        assert known.parties() == {(each.device_id, user) for each, user in made_known}
        assert changes() == {
            (each.supplier_change.device_id, each.message_id)
            for each in counted
            if each.supplier_change is not None
        }
        assert disagreements() == []


def changes() -> set[tuple[Eui64, UUID]]:
    """Return the changes of supplier that count, by device and message."""
    with pool().connection() as connection:
        rows = connection.execute("SELECT device_id, message_id FROM supplier_change").fetchall()
    return {(eui_of(device_id), message_id) for device_id, message_id in rows}


def test_what_dcc_took_rests_on_the_request_and_on_the_answer() -> None:
    asked, first, second = proposed(model="M1"), verdict(at(1)), verdict(at(2))
    take(asked, first)
    read = reading()

    withdraw([first], BECAUSE, read)
    assert known.stored() == {}
    assert known.parties() == set()
    # An answer that comes later teaches what the request asks, only while the request counts.
    withdraw([asked], BECAUSE, read)
    take(second)
    assert known.stored() == {}
    restore([asked], BECAUSE, read)
    assert known.stored()[METER].latest.learnt_at == at(2)
    restore([first], BECAUSE, read)
    withdraw([second], BECAUSE, read)
    assert known.stored()[METER].latest.learnt_at == at(1)
    assert disagreements() == []


def test_figures_of_a_device_whose_kind_is_taken_back_are_counted_anew() -> None:
    stated_model = inventory(at(1), model="M1")
    take(request(sent_at=at(0)), stated_model)
    performance.refresh()
    assert models() == {"M1", ""}

    withdraw([stated_model], BECAUSE, reading())
    performance.refresh()
    assert models() == {""}

    restore([stated_model], BECAUSE, reading())
    performance.refresh()
    assert models() == {"M1", ""}


def models() -> set[str]:
    """Return by which models delivery performance tells the devices apart."""
    with pool().connection() as connection:
        rows = connection.execute(
            "SELECT model FROM performance_count JOIN device_segment USING (segment_key)"
        ).fetchall()
    return {model for (model,) in rows}


@given(past.histories, st.data())
@settings(
    max_examples=examples(15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_past_moment_sees_what_was_withdrawn_only_later(
    history: list[Message], data: st.DataObject
) -> None:
    past.empty()
    answered: list[tuple[datetime, list[object]]] = []
    read = reading(*history)
    for message in history:
        record(Batch(messages=[message]))
    answered.append((past.now(), list(past.answers(DCC))))
    for _ in range(3):
        some = [data.draw(st.sampled_from(history))]
        (withdraw if data.draw(st.booleans()) else restore)(some, BECAUSE, read)
        answered.append((past.now(), list(past.answers(DCC))))

    for moment, then in answered:
        assert list(past.answers(DCC, moment)) == then


def test_withdrawing_the_only_request_makes_it_unknown_and_restoring_brings_it_back() -> None:
    sent = request(sent_at=at(0))
    take(sent)
    read = reading(sent)

    withdraw([sent], BECAUSE, read)
    assert requests.find_request(DCC, REQUEST_ID) is None
    assert find_device(ALPHA, METER) is None

    restore([sent], "it was right", read)
    found = requests.find_request(DCC, REQUEST_ID)
    assert found is not None
    assert found.device_count == len(METERS)
    assert disagreements() == []


def test_a_withdrawn_word_gives_its_place_to_the_one_before() -> None:
    forged = reported(Status.VERIFIED, at(5), request_id=None, image_hash=IMAGE_HASH)
    take(request(sent_at=at(0)), answer(), reported(Status.DELIVERED_TO_COMMS_HUB, at(2)), forged)
    assert distribution().status is Status.VERIFIED

    withdraw([forged], BECAUSE, reading())

    assert distribution().status is Status.DELIVERED_TO_COMMS_HUB
    assert (distribution().updated_at) == at(2)


def test_a_withdrawn_answer_that_refused_a_device_lets_word_come_back_to_its_request() -> None:
    first, second = request(sent_at=at(0)), request(REQUEST_IDS[0], sent_at=at(1))
    refusal = answer(REQUEST_IDS[0], answered_at=at(2), code="W110101", refused=[METER])
    word = reported(Status.VERIFIED, at(5), request_id=None, image_hash=IMAGE_HASH)
    take(first, second, refusal, word)
    assert distribution().status is Status.VERIFIED

    withdraw([refusal], BECAUSE, reading(first, second))

    assert distribution().status is Status.RECEIVED
    assert distribution(request_id=REQUEST_IDS[0]).status is Status.VERIFIED


def test_a_request_whose_id_was_used_twice_falls_back_to_its_other_message() -> None:
    smaller, greater = b"\x00" * 32, b"\xff" * 32
    mine = request(device_ids=METERS[:2], identity=greater, sent_at=at(1))
    forged = request(device_ids=METERS[1:4], identity=smaller, sent_at=at(0), version=OTHER_VERSION)
    take(mine, forged)
    found = requests.find_request(DCC, REQUEST_ID)
    assert found is not None
    assert (found.firmware_version, found.device_count) == (OTHER_VERSION, 4)
    assert [flag.kind for flag in found.flags] == [FlagKind.REQUEST_STATED_TWICE]
    seen = find_device(ALPHA, METER)
    assert seen is not None
    assert seen.flags == found.flags

    withdraw([forged], BECAUSE, reading(mine, forged))

    found = requests.find_request(DCC, REQUEST_ID)
    assert found is not None
    assert (found.firmware_version, found.device_count) == (VERSION, 2)
    assert found.submitted_at == at(1)
    assert not found.flags


def test_a_withdrawn_activation_is_not_told_of_any_more() -> None:
    from firmtrack.domain.stages import ActivationStep

    asked = activation(ActivationStep.REQUESTED, at(3), image_hash=IMAGE_HASH)
    take(request(sent_at=at(0)), asked)
    found = find_device(DCC, METER)
    assert found is not None
    assert found.distributions[0].activations

    withdraw([asked], BECAUSE, reading())

    found = find_device(DCC, METER)
    assert found is not None
    assert not found.distributions[0].activations
    assert not found.other_activations


def test_a_withdrawn_message_that_comes_again_is_a_duplicate_and_who_brought_it_is_kept() -> None:
    word = reported(Status.VERIFIED, at(5))
    alpha, bravo = Submission("Alpha Energy", "abcd"), Submission("Bravo Power")
    record(Batch(messages=[word], submission=alpha))
    withdraw([word], BECAUSE, reading())

    receipt = record(Batch(messages=[word], submission=alpha))
    record(Batch(messages=[word, word], submission=bravo))

    assert receipt.is_new == (False,)
    assert requests.find_request(DCC, REQUEST_ID) is None
    (again,) = messages.came_again()
    assert (again.message_id, again.submitter, again.times) == (word.message_id, "Bravo Power", 1)


def test_messages_are_listed_by_who_handed_them_in() -> None:
    first, second, third = (reported(Status.VERIFIED, at(each)) for each in range(3))
    alpha = Submission("Alpha Energy", "abcd")
    record(Batch(messages=[first], submission=alpha))
    between = past.now()
    record(Batch(messages=[second], submission=alpha))
    record(Batch(messages=[third]))
    withdraw([second], BECAUSE, reading())

    def ids(**asked: Any) -> Sequence[UUID]:
        return [each.message_id for each in messages.list_messages(**asked)]

    assert set(ids(submitter="Alpha Energy")) == {first.message_id, second.message_id}
    assert ids(submitter="Alpha Energy", since=between) == [second.message_id]
    assert ids(token="abcd", withdrawn_only=True) == [second.message_id]
    assert ids(submitter="operator") == [third.message_id]
    (listed,) = messages.list_messages(message_ids=[second.message_id])
    assert (listed.token, listed.withdrawn_because) == ("abcd", BECAUSE)


def test_what_is_withdrawn_while_a_writer_names_it_again_was_there_once() -> None:
    first = reported(Status.DELIVERED_TO_COMMS_HUB, at(1))
    take(first)
    second = reported(Status.TRANSFERRED_TO_DEVICE, at(2))
    with just_begun(second):
        moments = [past.now()]
        withdraw([first], BECAUSE, reading(first, second))
        moments.append(past.now())
    moments.append(past.now())

    for moment in moments:
        device = find_device(DCC, METER, as_of=moment)
        found = requests.find_request(DCC, REQUEST_ID, as_of=moment)
        page = requests.list_distributions(
            DCC, REQUEST_ID, DistributionFilter(), limit=10, as_of=moment
        )
        assert device is not None
        assert found is not None
        assert (len(device.distributions), found.device_count, len(page.items)) == (1, 1, 1)

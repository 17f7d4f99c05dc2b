"""What is withdrawn counts as if it had never come, and what is restored as if it had stayed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from firmtrack.domain.facts import Message
from firmtrack.domain.reconciliation import FlagKind
from firmtrack.domain.stages import Status
from firmtrack.store.database import pool
from firmtrack.store.ledger.consistency import disagreements
from firmtrack.store.ledger.recording import Batch, Submission, record
from firmtrack.store.ledger.withdrawals import Read, restore, withdraw
from firmtrack.store.reading import messages, queries
from firmtrack.store.reading.messages import KeptMessage
from tests.examples import examples
from tests.looking import find_device
from tests.store import test_past as past
from tests.store import test_rules_in_sql as rules
from tests.store.facts import (
    ALPHA,
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
    distribution,
    request,
    take,
    told,
)

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
    can_be_moved = [each for each in history if not (each.devices or each.proposal or each.verdict)]
    answered.append((past.now(), list(past.answers(DCC))))
    for _ in range(3):
        if can_be_moved:
            some = [data.draw(st.sampled_from(can_be_moved))]
            (withdraw if data.draw(st.booleans()) else restore)(some, BECAUSE, read)
        answered.append((past.now(), list(past.answers(DCC))))

    for moment, then in answered:
        assert list(past.answers(DCC, moment)) == then


def test_withdrawing_the_only_request_makes_it_unknown_and_restoring_brings_it_back() -> None:
    sent = request(sent_at=at(0))
    take(sent)
    read = reading(sent)

    withdraw([sent], BECAUSE, read)
    assert queries.find_request(DCC, REQUEST_ID) is None
    assert find_device(ALPHA, METER) is None

    restore([sent], "it was right", read)
    found = queries.find_request(DCC, REQUEST_ID)
    assert found is not None
    assert found.device_count == len(METERS)
    assert disagreements() == []


def test_a_withdrawn_word_gives_its_place_to_the_one_before() -> None:
    forged = told(Status.VERIFIED, at(5), request_id=None, image_hash=IMAGE_HASH)
    take(request(sent_at=at(0)), answer(), told(Status.DELIVERED_TO_COMMS_HUB, at(2)), forged)
    assert distribution().status is Status.VERIFIED

    withdraw([forged], BECAUSE, reading())

    assert distribution().status is Status.DELIVERED_TO_COMMS_HUB
    assert (distribution().updated_at) == at(2)


def test_a_withdrawn_answer_that_refused_a_device_lets_word_come_back_to_its_request() -> None:
    first, second = request(sent_at=at(0)), request(rules.REQUEST_IDS[0], sent_at=at(1))
    refusal = answer(rules.REQUEST_IDS[0], answered_at=at(2), code="W110101", refused=[METER])
    word = told(Status.VERIFIED, at(5), request_id=None, image_hash=IMAGE_HASH)
    take(first, second, refusal, word)
    assert distribution().status is Status.VERIFIED

    withdraw([refusal], BECAUSE, reading(first, second))

    assert distribution().status is Status.RECEIVED
    assert distribution(request_id=rules.REQUEST_IDS[0]).status is Status.VERIFIED


def test_a_request_whose_id_was_used_twice_falls_back_to_its_other_message() -> None:
    smaller, greater = b"\x00" * 32, b"\xff" * 32
    mine = request(device_ids=METERS[:2], identity=greater, sent_at=at(1))
    forged = request(device_ids=METERS[1:4], identity=smaller, sent_at=at(0), version=OTHER_VERSION)
    take(mine, forged)
    found = queries.find_request(DCC, REQUEST_ID)
    assert found is not None
    assert (found.firmware_version, found.device_count) == (OTHER_VERSION, 4)
    assert [flag.kind for flag in found.flags] == [FlagKind.REQUEST_STATED_TWICE]
    seen = find_device(ALPHA, METER)
    assert seen is not None
    assert seen.flags == found.flags

    withdraw([forged], BECAUSE, reading(mine, forged))

    found = queries.find_request(DCC, REQUEST_ID)
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
    word = told(Status.VERIFIED, at(5))
    alpha, bravo = Submission("Alpha Energy", "abcd"), Submission("Bravo Power")
    record(Batch(messages=[word], submission=alpha))
    withdraw([word], BECAUSE, reading())

    receipt = record(Batch(messages=[word], submission=alpha))
    record(Batch(messages=[word, word], submission=bravo))

    assert receipt.is_new == (False,)
    assert queries.find_request(DCC, REQUEST_ID) is None
    (again,) = messages.came_again()
    assert (again.message_id, again.submitter, again.times) == (word.message_id, "Bravo Power", 1)


def test_messages_are_listed_by_who_handed_them_in() -> None:
    first, second, third = (told(Status.VERIFIED, at(each)) for each in range(3))
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

"""Beside an entry of a device's history stands who was notified of it, for those who may know."""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from uuid import UUID

import pytest

from firmtrack.accounts.kinds import PartyKind
from firmtrack.accounts.parties import add_party
from firmtrack.answers.notices import NotifiedAnswer
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import Status
from firmtrack.domain.viewer import Viewer
from firmtrack.notices import queries as notice_queries
from firmtrack.notices.calling import Caller
from firmtrack.store.database import pool
from tests.looking import find_device
from tests.store.facts import (
    ALPHA,
    ALPHA_ID,
    BRAVO,
    BRAVO_ID,
    DCC,
    METER,
    METERS,
    REQUEST_ID,
    STRANGER,
    at,
    inventory,
    reported,
    request,
    step,
    take,
)
from tests.store.receiver import Receiver, Reply
from tests.store.test_notices import dispatch, webhook_to

LATER_REQUEST = RequestId(ALPHA_ID, REQUEST_ID.target, 2000)


@pytest.fixture
def caller() -> Iterator[Caller]:
    with closing(Caller(may_be_private=True)) as made:
        yield made


@pytest.fixture
def receiver(database: str) -> Iterator[Receiver]:
    """Alpha's receiver."""
    with Receiver() as made:
        webhook_to(add_party("Alpha Energy", PartyKind.LARGE_SUPPLIER, [ALPHA_ID]), made)
        yield made


def notified_of(
    viewer: Viewer, device_id: Eui64 = METER, as_of: datetime | None = None
) -> dict[tuple[int, Status], list[tuple[str, str]]]:
    """Return by request and status who was notified, and in which state that is."""
    found = find_device(viewer, device_id, as_of=as_of)
    assert found is not None
    by_entry = notice_queries.list_notified(viewer, found, as_of=as_of)
    return {
        (each.distribution.request_id.counter, entry.status): [
            (answer.party, answer.state) for answer in by_entry[entry]
        ]
        for each in found.distributions
        for entry in each.history
        if entry in by_entry
    }


def test_an_entry_is_notified_by_its_own_notice_and_no_other(
    receiver: Receiver, caller: Caller
) -> None:
    take(request(sent_at=at(0)), request(LATER_REQUEST, sent_at=at(30)))
    for minutes, request_id in ((1, REQUEST_ID), (31, LATER_REQUEST)):
        take(step(Status.SENT_TO_CSP, at(minutes), request_id=request_id))
        dispatch(caller)
    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(2), METERS[:2]))
    dispatch(caller)
    delivered = [("Alpha Energy", "delivered")]
    both = {(1000, Status.SENT_TO_CSP): delivered, (2000, Status.SENT_TO_CSP): delivered}

    assert notified_of(ALPHA) == both | {(1000, Status.DELIVERED_TO_COMMS_HUB): delivered}
    assert notified_of(ALPHA, METERS[3]) == both
    assert notified_of(DCC) == notified_of(ALPHA)


def test_what_failed_twice_is_notified_beside_the_failure_that_the_notice_was_about(
    receiver: Receiver, caller: Caller
) -> None:
    take(request(sent_at=at(0)))
    for minutes in (1, 3):
        take(reported(Status.COMMS_HUB_DELIVERY_FAILED, at(minutes), reason="N61"))
        dispatch(caller)
        take(reported(Status.DELIVERED_TO_COMMS_HUB, at(minutes + 1)))
        dispatch(caller)
    found = find_device(ALPHA, METER)
    assert found is not None
    by_entry = notice_queries.list_notified(ALPHA, found)

    (distribution,) = found.distributions
    entries = [each for each in distribution.history if each.status is not Status.RECEIVED]
    assert len(entries) == 4
    assert [len(by_entry[each]) for each in entries] == [1, 1, 1, 1]


def test_a_stranger_learns_nothing_of_it_even_if_handed_the_device(
    receiver: Receiver, caller: Caller
) -> None:
    take(request(sent_at=at(0)), reported(Status.DELIVERED_TO_COMMS_HUB, at(2)))
    dispatch(caller)
    found = find_device(ALPHA, METER)
    assert found is not None

    assert len(notice_queries.list_notified(ALPHA, found)) == 1
    assert not notice_queries.list_notified(BRAVO, found)
    assert not notice_queries.list_notified(STRANGER, found)


def test_dcc_sees_that_the_responsible_supplier_was_notified_and_the_originator_does_not(
    receiver: Receiver, caller: Caller
) -> None:
    with Receiver() as other:
        webhook_to(add_party("Bravo Power", PartyKind.SMALL_SUPPLIER, [BRAVO_ID]), other)
        take(request(sent_at=at(0)))
        take(inventory(at(0), responsible_supplier=BRAVO_ID))
        take(reported(Status.DELIVERED_TO_COMMS_HUB, at(2)))
        dispatch(caller)
    entry = (1000, Status.DELIVERED_TO_COMMS_HUB)

    assert notified_of(ALPHA) == {entry: [("Alpha Energy", "delivered")]}
    assert sorted(notified_of(DCC)[entry]) == [
        ("Alpha Energy", "delivered"),
        ("Bravo Power", "delivered"),
    ]


def test_a_notice_of_anothers_update_stands_beside_no_update_of_its_receivers_own(
    receiver: Receiver, caller: Caller
) -> None:
    bravos = RequestId(BRAVO_ID, REQUEST_ID.target, 3000)
    take(inventory(at(0), responsible_supplier=BRAVO_ID), request(bravos, sent_at=at(0)))
    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(2), request_id=bravos))
    with Receiver() as other:
        webhook_to(add_party("Bravo Power", PartyKind.SMALL_SUPPLIER, [BRAVO_ID]), other)
        take(request(sent_at=at(10)))
        take(reported(Status.DELIVERED_TO_COMMS_HUB, at(12)))
        dispatch(caller)
        assert len(other.calls) == 1

    assert notified_of(BRAVO) == {}
    ((entry, notified),) = notified_of(DCC).items()
    assert entry == (1000, Status.DELIVERED_TO_COMMS_HUB)
    assert sorted(notified) == [("Alpha Energy", "delivered"), ("Bravo Power", "delivered")]


def test_what_waits_and_what_was_given_up_says_so(receiver: Receiver, caller: Caller) -> None:
    receiver.reply = lambda _: Reply(500)
    take(request(sent_at=at(0)), reported(Status.DELIVERED_TO_COMMS_HUB, at(2)))
    dispatch(caller, is_patient=False)
    entry = (1000, Status.DELIVERED_TO_COMMS_HUB)
    assert notified_of(ALPHA) == {entry: [("Alpha Energy", "waiting")]}

    receiver.reply = lambda _: Reply(400)
    dispatch(caller)
    assert notified_of(ALPHA) == {entry: [("Alpha Energy", "dead")]}


def test_the_past_knows_what_was_notified_by_then(receiver: Receiver, caller: Caller) -> None:
    take(request(sent_at=at(0)), reported(Status.DELIVERED_TO_COMMS_HUB, at(2)))
    before = _now()
    dispatch(caller)
    after = _now()
    entry = (1000, Status.DELIVERED_TO_COMMS_HUB)

    assert notified_of(ALPHA, as_of=before) == {}
    assert notified_of(ALPHA, as_of=after) == {entry: [("Alpha Energy", "delivered")]}


def test_nothing_is_notified_of_a_device_without_distributions(receiver: Receiver) -> None:
    take(inventory(at(0)))
    found = find_device(DCC, METER)
    assert found is not None
    nothing: dict[UUID, list[NotifiedAnswer]] = {}
    assert notice_queries.list_notified(DCC, found) == nothing


def _now() -> datetime:
    with pool().connection() as connection:
        row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    now: datetime = row[0]
    return now

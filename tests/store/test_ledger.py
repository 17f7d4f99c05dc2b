"""What a batch leaves in the store, and what it does not."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from itertools import permutations
from typing import Any

import psycopg
import pytest

from firmtrack.domain.facts import Message
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.stages import CompletionStatus, Status, Variant
from firmtrack.store.bodies import pack, unpack
from firmtrack.store.consistency import DisagreementKind, disagreements
from firmtrack.store.database import FAILURES, pool
from firmtrack.store.ledger.quarantine import QuarantineEntry, Refusal, list_quarantine
from firmtrack.store.ledger.recording import Batch, record
from firmtrack.store.ledger.staging import writing
from firmtrack.store.reading import requests
from tests.examples import first_of
from tests.looking import find_device
from tests.store.facts import (
    ALPHA,
    ALPHA_ID,
    BRAVO_ID,
    DCC,
    DCC_ID,
    IMAGE_HASH,
    METER,
    METERS,
    MORNING,
    OTHER_IMAGE_HASH,
    OTHER_VERSION,
    REQUEST_ID,
    VERSION,
    answer,
    at,
    digest,
    distribution,
    distributions,
    inventory,
    meter,
    reported,
    request,
    step,
    take,
)

pytestmark = pytest.mark.usefixtures("database")

SECOND_REQUEST_ID = RequestId(ALPHA_ID, DCC_ID, 1001)


def rows(query: str, *values: object) -> list[tuple[Any, ...]]:
    with pool().connection() as connection:
        return connection.execute(query.encode(), values).fetchall()


def refusal(body: bytes = b"<a", **facts: Any) -> Refusal:
    return Refusal(
        **{
            "body": body,
            "media_type": "application/xml",
            "received_at": None,
            "origin": "a test",
            "submitter": "operator",
            "reason_code": "not_xml",
            "reason": "It is not XML.",
            **facts,
        }
    )


def in_every_order(messages: Sequence[Message]) -> Iterator[None]:
    """Take the messages one by one into an empty store, in each order in turn."""
    for order in permutations(messages):
        empty_all()
        for message in order:
            take(message)
        yield


def test_a_batch_of_nothing_changes_nothing() -> None:
    receipt = record(Batch())
    assert (receipt.is_new, receipt.quarantine_ids) == ((), ())


def test_a_message_counts_once_within_a_batch_and_across_batches() -> None:
    first, second = request(), reported(Status.VERIFIED, at(5))
    copy = replace(first, body=b"the same message, sent again by somebody else", user_id=BRAVO_ID)

    assert take(first, second, copy, first).is_new == (True, True, False, False)
    assert take(second, copy, reported(Status.VERIFIED, at(6))).is_new == (False, False, True)
    assert rows("SELECT count(*) FROM message") == [(3,)]
    assert rows("SELECT count(*) FROM event") == [(2,)]
    assert rows("SELECT user_id IS NOT NULL, body FROM message WHERE kind = 1") == [
        (True, pack(b"a request"))
    ]


def test_a_batch_is_all_or_nothing() -> None:
    good = [request(), answer(), reported(Status.VERIFIED, at(5)), inventory(at(1), model="M")]
    # Two events of one device in one message: a promise of our own code is broken.
    event = reported(Status.VERIFIED, at(6)).events[0]
    broken = replace(reported(Status.VERIFIED, at(6)), events=(event, event))

    with pytest.raises(psycopg.errors.UniqueViolation):
        record(Batch(messages=[*good, broken], refusals=[refusal()], ignored={"other": 3}))

    tables = "message request request_step event distribution device quarantine ignored_count"
    for table in tables.split():
        assert rows(f"SELECT count(*) FROM {table}") == [(0,)], table
    assert all(take(*good).is_new)
    assert disagreements() == []


def test_a_body_comes_back_as_it_was() -> None:
    bodies = [b"", b"\0", b"<sr:Request/>" * 10_000, random.Random(1).randbytes(100_000)]
    take(*(replace(reported(Status.VERIFIED, at(1)), body=body) for body in bodies))

    assert sorted(unpack(stored) for (stored,) in rows("SELECT body FROM message")) == sorted(
        bodies
    )


def test_the_largest_request_is_recorded_and_each_of_its_devices_found() -> None:
    devices = [meter(number) for number in range(50_000)]
    take(request(device_ids=devices, sent_at=MORNING), answer(refused=devices[::100]))

    found = requests.find_request(ALPHA, REQUEST_ID)
    assert found is not None
    assert found.device_count == 50_000
    assert found.status_counts == {Status.ACCEPTED: 49_500, Status.REJECTED: 500}
    assert distribution(devices[-1]).status is Status.ACCEPTED
    assert rows("SELECT count(*) FROM request_step") == [(1,)]
    assert disagreements() == []


def test_a_request_that_was_first_only_named_is_filled_in() -> None:
    messages = [
        reported(Status.TRANSFERRED_TO_DEVICE, at(30), version=OTHER_VERSION),
        request(variant=Variant.UPDATE_PPMID_FIRMWARE, device_ids=METERS[:2]),
        answer(answered_at=at(1), variant=Variant.UPDATE_PPMID_FIRMWARE),
    ]
    for _ in in_every_order(messages):
        found = requests.find_request(DCC, REQUEST_ID)
        assert found is not None
        assert found.variant is Variant.UPDATE_PPMID_FIRMWARE
        assert found.firmware_version == VERSION
        assert found.image is not None
        assert found.image.manufacturer_image_hash == IMAGE_HASH
        assert found.submitted_at == at(1)
        assert (found.response_code, found.answered_at) == ("I0", at(1))
        assert found.status_counts == {Status.TRANSFERRED_TO_DEVICE: 1, Status.ACCEPTED: 1}


def test_a_stub_shows_what_is_known_of_it() -> None:
    take(reported(Status.TRANSFERRED_TO_DEVICE, at(30), version=OTHER_VERSION))
    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(20)))

    found = requests.find_request(ALPHA, REQUEST_ID)
    assert found is not None
    assert (found.variant, found.image, found.response_code) == (None, None, None)
    assert (found.firmware_version, found.submitted_at) == (OTHER_VERSION, at(20))
    assert found.status_counts == {Status.TRANSFERRED_TO_DEVICE: 1}


def test_of_two_messages_that_claim_one_request_id_the_smaller_digest_counts() -> None:
    smaller, greater = b"\x00" * 32, b"\xff" * 32
    messages = [
        request(device_ids=METERS[:1], identity=greater, sent_at=at(1), image_hash=IMAGE_HASH),
        request(
            device_ids=METERS[1:2],
            identity=smaller,
            version=OTHER_VERSION,
            image_hash=OTHER_IMAGE_HASH,
            variant=Variant.UPDATE_PPMID_FIRMWARE,
        ),
        reported(Status.TRANSFERRED_TO_DEVICE, at(0), [METER]),
        reported(Status.VERIFIED, at(9), [METER], request_id=None, image_hash=IMAGE_HASH),
    ]
    for _ in in_every_order(messages):
        found = requests.find_request(DCC, REQUEST_ID)
        assert found is not None
        assert (found.variant, found.firmware_version) == (
            Variant.UPDATE_PPMID_FIRMWARE,
            OTHER_VERSION,
        )
        assert found.submitted_at == at(0)
        assert found.device_count == 2
        assert distribution(METER).status is Status.TRANSFERRED_TO_DEVICE
        assert disagreements() == []


def test_the_same_image_twice_is_told_apart_by_time() -> None:
    messages = [
        request(sent_at=at(0)),
        request(SECOND_REQUEST_ID, sent_at=at(100)),
        reported(Status.VERIFIED, at(50), request_id=None, image_hash=IMAGE_HASH),
    ]
    for _ in in_every_order(messages):
        assert distribution().status is Status.VERIFIED
        assert distribution(request_id=SECOND_REQUEST_ID).status is Status.RECEIVED
        assert disagreements() == []


def test_a_late_request_takes_over_the_word_that_is_its_own() -> None:
    late = request(SECOND_REQUEST_ID, sent_at=at(40))
    take(
        request(sent_at=at(0)),
        reported(Status.VERIFIED, at(50), request_id=None, image_hash=IMAGE_HASH),
    )
    assert distribution().status is Status.VERIFIED

    take(late)

    assert distribution().status is Status.RECEIVED
    assert distribution(request_id=SECOND_REQUEST_ID).status is Status.VERIFIED
    assert disagreements() == []


def test_later_word_from_a_refused_device_counts_and_word_about_all_does_not() -> None:
    take(request(), answer(code="W110101", refused=[METER]), step(Status.SENT_TO_CSP, at(5)))
    assert (distribution().status, distribution().reason) == (Status.REJECTED, "not_commissioned")
    assert distribution(METERS[1]).status is Status.SENT_TO_CSP

    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(9)))

    assert distribution().status is Status.DELIVERED_TO_COMMS_HUB
    assert distribution().completion is CompletionStatus.IN_PROGRESS


def test_of_the_words_that_a_request_was_received_the_latest_counts() -> None:
    take(request(sent_at=at(5)), step(Status.RECEIVED, at(3)))
    # A request was there at the earliest time that anything tells.
    assert (distribution().status, distribution().updated_at) == (Status.RECEIVED, at(3))

    take(step(Status.RECEIVED, at(8)))
    assert distribution().updated_at == at(8)


def test_a_device_named_only_by_an_event_is_in_the_request() -> None:
    take(request(device_ids=METERS[:1], sent_at=at(0)), answer())
    take(reported(Status.VERIFIED, at(5), [METERS[4]]))

    assert [each.device_id for each in distributions()] == [METERS[0], METERS[4]]
    # … and loose word that came before finds it there.
    loose = reported(
        Status.DEVICE_TRANSFER_FAILED, at(6), [METERS[3]], request_id=None, version=VERSION
    )
    take(loose)
    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(5), [METERS[3]]))
    assert distribution(METERS[3]).status is Status.DEVICE_TRANSFER_FAILED
    assert disagreements() == []


def test_of_a_devices_facts_the_latest_word_wins() -> None:
    tie = [digest("a"), digest("b")]
    messages = [
        inventory(None, model="of a pre-notification"),
        inventory(at(1), model="older", manufacturer="00AB"),
        inventory(at(2), model="smaller", identity=min(tie)),
        inventory(at(2), model="latest", identity=max(tie)),
    ]
    for _ in in_every_order(messages):
        found = find_device(ALPHA, METER)
        assert found is not None
        assert found.inventory is not None
        assert (found.inventory.model, found.inventory.manufacturer) == ("latest", "00AB")


def test_what_is_ignored_is_counted_by_kind() -> None:
    record(Batch(ignored={"power_outage_event": 2, "device_alert": 1}))
    record(Batch(ignored={"power_outage_event": 40}))

    counts = dict(rows("SELECT kind, count FROM ignored_count"))
    assert counts == {"power_outage_event": 42, "device_alert": 1}


def test_the_same_input_is_quarantined_once_and_counted() -> None:
    first = record(Batch(refusals=[refusal(), refusal(b"<b"), refusal()]))
    again = record(Batch(refusals=[refusal(reason="Said otherwise by now.")]))

    one, other, same = first.quarantine_ids
    assert one == same != other
    assert again.quarantine_ids == (one,)
    entries: dict[int | None, QuarantineEntry] = {
        entry.quarantine_id: entry for entry in list_quarantine()
    }
    assert (entries[one].times_received, entries[other].times_received) == (3, 1)
    assert entries[one].reason == "Said otherwise by now."


def test_parts_of_input_are_told_apart_by_their_origin() -> None:
    parts = [refusal(b"", origin=f"a.tar!{name}", is_whole=False) for name in "aab"]

    assert len(set(record(Batch(refusals=parts)).quarantine_ids)) == 2


def test_texts_from_outside_that_postgresql_cannot_hold_stop_nothing() -> None:
    hostile = refusal(origin="a.tar!\udcff\0" + "x" * 5_000, reason="it says '\0' \ud800")

    record(Batch(messages=[request()], refusals=[hostile]))

    (entry,) = list_quarantine()
    assert entry.origin.startswith("a.tar!\\udcff\\0xxx")
    assert len(entry.origin) < 2_000
    assert entry.reason == "it says '\\0' \\ud800"
    assert len(distributions()) == len(METERS)


def test_check_finds_what_is_wrong() -> None:
    take(
        request(),
        answer(),
        reported(Status.VERIFIED, at(5)),
        reported(Status.VERIFIED, at(5), METERS[:2]),
    )
    assert disagreements() == []

    with pool().connection() as connection:
        connection.execute("UPDATE distribution SET stage = 5 WHERE stage = 6")
        connection.execute("UPDATE request SET step_reason = 'E1'")
        connection.execute("DELETE FROM dated_message WHERE kind = 2")
        connection.execute(
            "DELETE FROM recorded_event WHERE device_id = (SELECT max(device_id) FROM event)"
        )

    found = Counter(each.kind for each in disagreements())
    assert found[DisagreementKind.DISTRIBUTION_IS_NOT_ITS_GREATEST_EVENT] == 2
    assert found[DisagreementKind.REQUEST_IS_NOT_AT_ITS_GREATEST_STEP] == 1
    assert found[DisagreementKind.FACT_WITHOUT_MESSAGE] == 1
    assert len(disagreements(limit=2)) == 2


def test_check_finds_a_message_without_its_facts() -> None:
    take(request(), reported(Status.VERIFIED, at(5)))

    with pool().connection() as connection:
        connection.execute("DELETE FROM recorded_event")
        connection.execute("DELETE FROM distribution")

    assert {each.kind for each in disagreements()} == {
        DisagreementKind.MESSAGE_WITHOUT_FACTS,
        DisagreementKind.REQUEST_IS_NOT_WHAT_IT_STATES,
        DisagreementKind.REQUEST_WITHOUT_DISTRIBUTIONS,
    }


# Writers at the same time.


def traffic(seed: int) -> list[Message]:
    """Some hundreds of messages about a few requests and devices, full of loose and late word."""
    chance = random.Random(seed)
    request_ids = [RequestId(ALPHA_ID, DCC_ID, counter) for counter in range(4)]
    devices = [meter(number) for number in range(30)]

    def time() -> datetime:
        return at(chance.randrange(60))

    messages: list[Message] = []
    for request_id in request_ids:
        version, image_hash = chance.choice(
            [(VERSION, IMAGE_HASH), (OTHER_VERSION, OTHER_IMAGE_HASH)]
        )
        named = chance.sample(devices, 20)
        messages += [
            request(request_id, named, sent_at=time(), version=version, image_hash=image_hash),
            answer(request_id, answered_at=time(), refused=named[:2]),
            step(Status.SENT_TO_CSP, time(), request_id=request_id),
        ]
    for _ in range(250):
        messages.append(
            reported(
                chance.choice([Status.TRANSFERRED_TO_DEVICE, Status.VERIFIED]),
                time(),
                chance.sample(devices, chance.randrange(1, 6)),
                request_id=chance.choice([None, None, *request_ids]),
                version=chance.choice([None, VERSION, OTHER_VERSION]),
                image_hash=chance.choice([None, IMAGE_HASH, OTHER_IMAGE_HASH]),
            )
        )
        device_id = chance.choice(devices)
        messages.append(inventory(time(), device_id, model=str(chance.randrange(9))))
    return messages


def standing() -> list[list[tuple[Any, ...]]]:
    """All that the order of arrival must not show in."""
    return [
        rows("SELECT originator, target, counter, device_id, stage, failed, reason, occurred_at,"
             " completion, submitted_at FROM current_distribution ORDER BY 1, 2, 3, 4"),
        rows("SELECT device_id, learnt_at, model FROM device ORDER BY 1"),
        rows("SELECT device_id, message_id FROM event ORDER BY 1, 2"),
        rows("SELECT message_id FROM message ORDER BY 1"),
        rows("SELECT identity, times_received FROM quarantine ORDER BY 1"),
        rows("SELECT kind, count FROM ignored_count ORDER BY 1"),
    ]  # fmt: skip


def empty_all() -> None:
    with pool().connection() as connection:
        for table in (
            "dated_message", "undated_message", "request", "recorded_request_step",
            "recorded_event", "distribution", "device", "recorded_inventory_statement",
            "quarantine", "ignored_count",
        ):  # fmt: skip
            connection.execute(f"DELETE FROM {table}".encode())


def batches_of(messages: Sequence[Message], writer: int) -> list[Batch]:
    """Cut what one writer has, in an order of its own, into batches with some refusals each."""
    chance = random.Random(writer)
    order = chance.sample(list(messages), len(messages))
    refusals = [refusal(bytes([number])) for number in range(40)]
    return [
        Batch(
            messages=order[start : start + 17],
            refusals=chance.sample(refusals, 40),
            ignored={"b": 1, "a": 1},
        )
        for start in range(0, len(order), 17)
    ]


@pytest.mark.parametrize("seed", first_of(range(2)))
def test_writers_at_the_same_time_agree_with_one_alone(seed: int) -> None:
    messages, writers = traffic(seed), range(6)
    for writer in writers:
        for batch in batches_of(messages, writer):
            record(batch)
    expected = standing()
    empty_all()

    def write(writer: int) -> int:
        receipts = [record(batch) for batch in batches_of(messages, writer)]
        return sum(sum(receipt.is_new) for receipt in receipts)

    with ThreadPoolExecutor(len(writers)) as threads:
        new = list(threads.map(write, writers))

    assert sum(new) == len(messages)
    assert standing() == expected
    assert disagreements() == []


@pytest.mark.thorough
def test_who_was_cut_off_amid_writing_holds_others_up_for_seconds_only(database: str) -> None:
    take(request(sent_at=at(0)))

    def begin_and_stand_still() -> None:
        with writing() as cut_off:
            cut_off.execute("SELECT FROM request FOR UPDATE")  # and no more is heard of it
            take(answer(answered_at=at(1)))
            cut_off.execute("SELECT 1")

    with pytest.raises(FAILURES):
        begin_and_stand_still()

"""Activations come out of the store as the rules say, and only to their User and to DCC."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.conninfo import make_conninfo

from firmtrack.answers.devices import DeviceAnswer
from firmtrack.domain.activation import (
    CANCELLING,
    Activation,
    ReportedActivationEvent,
    activations_of,
)
from firmtrack.domain.facts import Message, MessageKind
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.reconciliation import FlagKind
from firmtrack.domain.stages import ActivationStatus, ActivationStep, Status
from firmtrack.domain.viewer import Viewer
from firmtrack.store.consistency import DisagreementKind, disagreements
from firmtrack.store.database import pool
from firmtrack.store.ledger.recording import Batch, record
from tests.databases import used
from tests.examples import examples
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
    OTHER_IMAGE_HASH,
    OTHER_VERSION,
    REQUEST_ID,
    STRANGER,
    VERSION,
    activation,
    answer,
    at,
    digest,
    inventory,
    reported,
    request,
    take,
)

pytestmark = pytest.mark.usefixtures("database")

REQUESTED, ACKNOWLEDGED, SCHEDULED, NOT_ANSWERED, ANSWERED = ActivationStep
VIEWERS = (DCC, ALPHA, BRAVO, STRANGER)
BRAVOS_REQUEST_ID = RequestId(BRAVO_ID, DCC_ID, 2000)
GREATEST_COUNTER = 2**64 - 1


def found(viewer: Viewer = ALPHA, device_id: Eui64 = METER) -> DeviceAnswer:
    answered = find_device(viewer, device_id)
    assert answered is not None
    return answered


def all_activations(answered: DeviceAnswer) -> tuple[Activation, ...]:
    matched = (each for update in answered.distributions for each in update.activations)
    return (*matched, *answered.other_activations)


def who_sees_activations() -> dict[str, list[Eui64]]:
    """Return by viewer whose activations of the meter are shown; leaves out who sees no meter."""
    answers = {viewer: find_device(viewer, METER) for viewer in VIEWERS}
    return {
        viewer.name: sorted(each.request_id.originator for each in all_activations(answered))
        for viewer, answered in answers.items()
        if answered is not None
    }


# Whatever the order, the batches and the duplicates.

moments = st.none() | st.integers(0, 4).map(at)
activation_messages = st.builds(
    activation,
    st.sampled_from(ActivationStep),
    moments,
    originator=st.sampled_from([ALPHA_ID, BRAVO_ID]),
    counter=st.sampled_from([1, 2, GREATEST_COUNTER]),
    kind=st.sampled_from([None, None, MessageKind.COMMAND_FAILURE]),
    reason=st.none() | st.sampled_from(["E21", "hash_mismatch"]),
    version=st.none() | st.sampled_from([VERSION, OTHER_VERSION]),
    image_hash=st.none() | st.sampled_from([IMAGE_HASH, OTHER_IMAGE_HASH]),
    scheduled_for=st.sampled_from([None, datetime(2027, 1, 1, tzinfo=UTC), CANCELLING]),
    identity=st.integers(0, 2**16).map(digest),
)


@dataclass(frozen=True)
class Standing:
    """An activation less our own times; times are None if DCC gave none."""

    request_id: RequestId
    status: ActivationStatus
    reason: str | None
    is_cancelling: bool
    said: tuple[object, ...]
    times: tuple[datetime, datetime] | None
    events: tuple[UUID, ...]


def standings(activations: Iterable[Activation]) -> dict[RequestId, Standing]:
    return {
        each.request_id: Standing(
            request_id=each.request_id,
            status=each.status,
            reason=each.reason,
            is_cancelling=each.is_cancelling,
            said=(each.scheduled_for, each.image_hash, each.firmware_version),
            times=(each.requested_at, each.updated_at)
            if any(one.event.occurred_at for one in each.events)
            else None,
            events=tuple(one.message_id for one in each.events),
        )
        for each in activations
    }


def by_the_rule(history: Sequence[Message]) -> dict[RequestId, Standing]:
    events = [
        ReportedActivationEvent(
            event=message.activation,
            message_id=message.message_id,
            recorded_at=at(0),
            source_kind=message.kind,
        )
        for message in history
        if message.activation is not None
    ]
    return standings(activations_of(events))


@given(
    history=st.lists(
        activation_messages, min_size=1, max_size=9, unique_by=lambda message: message.digest
    ),
    data=st.data(),
)
@settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_order_batching_or_repetition_changes_an_activation(
    history: list[Message], data: st.DataObject
) -> None:
    with pool().connection() as connection:
        for table in (
            "dated_message", "undated_message", "recorded_activation_event", "device",
            "recorded_inventory_statement",
        ):  # fmt: skip
            connection.execute(f"DELETE FROM {table}".encode())
    again = data.draw(st.lists(st.sampled_from(history), max_size=4))
    coming = data.draw(st.permutations([*history, *again]))
    while coming:
        size = data.draw(st.integers(1, len(coming)))
        record(Batch(messages=coming[:size]))
        coming = coming[size:]

    rule = by_the_rule(history)
    for viewer in VIEWERS:
        answered = find_device(viewer, METER)
        shown = standings(() if answered is None else all_activations(answered))
        own = [
            message for message in history if viewer.sees_all or message.user_id in viewer.user_ids
        ]
        assert shown == by_the_rule(own)
        assert shown.keys() <= rule.keys()
    assert disagreements() == []


# Under the distribution of its image.


def test_an_activation_stands_under_the_distribution_with_its_hash() -> None:
    second = RequestId(ALPHA_ID, DCC_ID, 1001)
    take(activation(REQUESTED, at(20), image_hash=OTHER_IMAGE_HASH))
    take(request(sent_at=at(0)), request(second, sent_at=at(10), image_hash=OTHER_IMAGE_HASH))

    for viewer in (ALPHA, DCC):
        under = {
            each.distribution.request_id: len(each.activations)
            for each in found(viewer).distributions
        }
        assert under == {second: 1, REQUEST_ID: 0}
        assert found(viewer).other_activations == ()


def test_without_a_hash_an_activation_stands_under_the_version_that_it_activated() -> None:
    later = RequestId(ALPHA_ID, DCC_ID, 2000)
    take(request(sent_at=at(0)), request(later, sent_at=at(10), version=OTHER_VERSION))
    take(activation(REQUESTED, at(20)))
    # Nothing speaks against the newest.
    assert [len(each.activations) for each in found().distributions] == [1, 0]

    take(activation(ANSWERED, at(21), version=VERSION))
    newest, update = found().distributions
    assert newest.activations == ()
    assert [each.status for each in update.activations] == [ActivationStatus.ACTIVATED]


def test_an_activation_of_an_image_that_nobody_distributed_stands_apart() -> None:
    take(request(sent_at=at(0)), activation(REQUESTED, at(20), image_hash=OTHER_IMAGE_HASH))
    take(activation(REQUESTED, at(-1), counter=2, image_hash=IMAGE_HASH))

    assert [each.request_id.counter for each in found().other_activations] == [1, 2]
    assert found().distributions[0].activations == ()


@pytest.mark.parametrize("is_request_last", [False, True])
def test_a_request_without_any_time_is_before_every_activation(is_request_last: bool) -> None:
    messages = [request(), activation(REQUESTED, at(0), image_hash=IMAGE_HASH)]
    for message in messages[:: -1 if is_request_last else 1]:
        take(message)

    assert found().other_activations == ()
    (update,) = found().distributions
    assert len(update.activations) == 1


# Who sees what.


def test_an_activation_is_seen_by_its_user_and_by_dcc() -> None:
    take(activation(REQUESTED, at(0)), activation(ACKNOWLEDGED, at(1)))

    assert who_sees_activations() == {DCC.name: [ALPHA_ID], ALPHA.name: [ALPHA_ID]}


def test_each_supplier_sees_its_own_activations_of_one_device() -> None:
    for originator, request_id in ((ALPHA_ID, REQUEST_ID), (BRAVO_ID, BRAVOS_REQUEST_ID)):
        take(request(request_id, sent_at=at(0)), answer(request_id, answered_at=at(1)))
        take(activation(REQUESTED, at(9), originator=originator, image_hash=IMAGE_HASH))

    assert who_sees_activations() == {
        DCC.name: [ALPHA_ID, BRAVO_ID],
        ALPHA.name: [ALPHA_ID],
        BRAVO.name: [BRAVO_ID],
    }


def test_to_ask_for_an_activation_shows_nothing_of_someone_elses_device() -> None:
    take(inventory(at(0), device_type="IHD", device_status="Suspended"))
    take(request(sent_at=at(0)), answer(answered_at=at(1)))
    take(activation(ANSWERED, at(9), version=VERSION), inventory(at(10), firmware_version="1"))
    before = find_device(BRAVO, METER)

    take(activation(REQUESTED, at(20), originator=BRAVO_ID, image_hash=IMAGE_HASH))
    take(activation(NOT_ANSWERED, at(21), originator=BRAVO_ID, reason="E4"))

    shown = found(BRAVO)
    assert before is None
    assert [each.status for each in shown.other_activations] == [ActivationStatus.FAILED]
    told_of = {each.name for each in fields(shown) if getattr(shown, each.name)}
    assert told_of == {"device_id", "other_activations"}
    assert find_inventory(BRAVO, METER) is None
    assert found(ALPHA).inventory is not None
    assert {flag.kind for flag in found(ALPHA).flags} >= {FlagKind.SUSPENDED}


def test_a_failed_command_alone_shows_nothing_to_anybody() -> None:
    take(
        activation(
            NOT_ANSWERED, at(1), kind=MessageKind.COMMAND_FAILURE, reason="N12", version=None
        )
    )
    assert who_sees_activations() == {}

    take(activation(REQUESTED, None))
    (failed,) = all_activations(found())
    assert (failed.status, failed.reason) == (ActivationStatus.FAILED, "N12")
    assert [each.source_kind for each in failed.events] == [
        MessageKind.COMMAND_FAILURE,
        MessageKind.ACTIVATE_FIRMWARE_REQUEST,
    ]


# Flags.


def test_a_lost_answer_is_flagged_on_the_device_and_in_its_inventory_until_it_is_read() -> None:
    take(request(sent_at=at(0)), reported(Status.VERIFIED, at(5)))
    take(activation(REQUESTED, at(6), image_hash=IMAGE_HASH))
    take(activation(ANSWERED, at(7), version=VERSION))
    take(inventory(at(8), firmware_version=OTHER_VERSION, device_status="Suspended"))

    def flags(viewer: Viewer) -> list[FlagKind]:
        read = find_inventory(viewer, METER)
        assert read is not None
        assert read.flags == found(viewer).flags
        return [flag.kind for flag in read.flags]

    for viewer in (ALPHA, DCC):
        assert flags(viewer) == [FlagKind.ACTIVATED_BUT_OLD_VERSION, FlagKind.SUSPENDED]
    take(inventory(at(9), firmware_version=VERSION, device_status="Commissioned"))
    for viewer in (ALPHA, DCC):
        assert flags(viewer) == []
    assert find_inventory(STRANGER, METER) is None


# Values at their ends.


@pytest.mark.parametrize("time_zone", ["UTC", "Pacific/Kiritimati", "America/Los_Angeles"])
def test_times_and_counters_at_their_ends_come_back(database: str, time_zone: str) -> None:
    ends = [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(2999, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ]
    with used(make_conninfo(database, options=f"-c TimeZone={time_zone}")):
        for back, scheduled_for in enumerate(ends):
            take(
                activation(
                    REQUESTED,
                    scheduled_for,
                    counter=GREATEST_COUNTER - back,
                    scheduled_for=scheduled_for,
                )
            )
        shown = {
            each.request_id.counter: (each.scheduled_for, each.requested_at)
            for each in found().other_activations
        }

    assert shown == {
        GREATEST_COUNTER - back: (scheduled_for, scheduled_for)
        for back, scheduled_for in enumerate(ends)
    }


# The check.


def test_check_finds_a_word_without_its_message_and_a_message_without_its_word() -> None:
    orphan, silent = activation(REQUESTED, at(0)), activation(REQUESTED, at(1), counter=2)
    take(orphan, silent)
    assert disagreements() == []

    with pool().connection() as connection:
        connection.execute(
            "DELETE FROM undated_message WHERE message_id = %s", (orphan.message_id,)
        )
        connection.execute(
            "DELETE FROM recorded_activation_event WHERE message_id = %s", (silent.message_id,)
        )

    assert [(each.kind, each.device_id, each.message_id) for each in disagreements()] == [
        (DisagreementKind.FACT_WITHOUT_MESSAGE, METER, orphan.message_id),
        (DisagreementKind.MESSAGE_WITHOUT_FACTS, None, silent.message_id),
    ]


def test_anothers_request_changes_nothing_of_what_a_user_sees_of_its_own_activation() -> None:
    take(
        activation(REQUESTED, at(10), originator=BRAVO_ID, image_hash=IMAGE_HASH),
        activation(ANSWERED, at(11), originator=BRAVO_ID, reason="1", version=VERSION),
    )
    (before,) = all_activations(found(BRAVO))
    take(request(sent_at=at(0), image_hash=IMAGE_HASH), answer(answered_at=at(1)))
    assert all_activations(found(BRAVO)) == (before,)
    assert before.status is ActivationStatus.FAILED

    take(request(BRAVOS_REQUEST_ID, sent_at=at(0), image_hash=IMAGE_HASH))
    (own,) = all_activations(found(BRAVO))
    assert own.status is ActivationStatus.ACTIVATED

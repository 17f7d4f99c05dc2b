"""The queue of changes tells each party exactly how the current statuses of its devices moved."""

from collections import defaultdict
from typing import NamedTuple

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings

from firmtrack.accounts.kinds import PartyKind
from firmtrack.accounts.models import Party
from firmtrack.accounts.parties import add_party
from firmtrack.domain.facts import (
    ActivationEvent,
    DeviceFacts,
    Message,
    MessageKind,
)
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.domain.stages import ActivationStep, Status
from firmtrack.domain.topics import DEFAULT_TOPICS
from firmtrack.store.database import pool
from firmtrack.store.ledger.recording import PORTIONS, Batch, record
from firmtrack.store.numbers import eui_of, to_bigint
from tests.examples import examples
from tests.store import test_rules_in_sql as rules
from tests.store.drawn import REQUEST_IDS
from tests.store.facts import (
    ALPHA_ID,
    BRAVO_ID,
    IMAGE_HASH,
    METER,
    METERS,
    answer,
    at,
    digest,
    distributions,
    inventory,
    reported,
    request,
    step,
    take,
)


class Change(NamedTuple):
    user_id: Eui64
    is_own: bool
    topic: str
    reason: str | None
    device_ids: tuple[Eui64, ...] | None


def subscribe(name: str, user_id: Eui64) -> None:
    party = add_party(name, PartyKind.LARGE_SUPPLIER, [user_id])
    with pool().connection() as connection:
        connection.execute(
            """
            INSERT INTO notice_endpoint (party_id, channel, address, topics)
            VALUES (%s, 'webhook', 'https://receiver.example/', %s)
            """,
            (party.pk, list(DEFAULT_TOPICS)),
        )


def queued() -> list[Change]:
    """Return what is queued, in order, and empty the queue."""
    with pool().connection() as connection:
        rows = connection.execute(
            """
            SELECT user_id, is_own, topic, reason, device_ids
            FROM status_change ORDER BY change_id
            """
        ).fetchall()
        connection.execute("DELETE FROM status_change")
    return [
        Change(
            eui_of(user_id),
            is_own,
            topic,
            reason,
            None if devices is None else tuple(map(eui_of, devices)),
        )
        for user_id, is_own, topic, reason, devices in rows
    ]


@pytest.fixture
def alpha(database: str) -> str:
    subscribe("Alpha Energy", ALPHA_ID)
    return database


@pytest.mark.usefixtures("database")
def test_nothing_is_queued_while_no_party_is_told() -> None:
    take(request(sent_at=at(0)), reported(Status.DELIVERED_TO_COMMS_HUB, at(1)))

    assert queued() == []


@pytest.mark.usefixtures("alpha")
def test_a_change_of_the_whole_request_is_one_row_without_its_devices() -> None:
    take(request(sent_at=at(0)))
    take(step(Status.SENT_TO_CSP, at(2)))

    assert queued() == [
        Change(ALPHA_ID, True, "distribution.received", None, None),
        Change(ALPHA_ID, True, "distribution.sent_to_csp", None, None),
    ]


@pytest.mark.usefixtures("alpha")
def test_devices_that_one_message_names_are_one_row() -> None:
    take(request(sent_at=at(0)))
    queued()

    take(reported(Status.COMMS_HUB_DELIVERY_FAILED, at(3), METERS, reason="N19"))

    assert queued() == [
        Change(ALPHA_ID, True, "distribution.comms_hub_delivery_failed", "N19", METERS)
    ]


@pytest.mark.usefixtures("alpha")
def test_what_does_not_change_the_status_is_not_told() -> None:
    take(request(sent_at=at(0)), reported(Status.TRANSFERRED_TO_DEVICE, at(9)))
    queued()
    again = reported(Status.TRANSFERRED_TO_DEVICE, at(10))

    take(again)  # a later word of the same status
    take(again)  # the very same message
    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(8)))  # an earlier stage, late

    assert queued() == []


@pytest.mark.usefixtures("alpha")
def test_a_step_is_told_of_the_devices_that_it_moved_and_of_no_others() -> None:
    further, refused, *others = METERS
    take(request(sent_at=at(0)), reported(Status.DELIVERED_TO_COMMS_HUB, at(5), [further]))
    queued()

    take(answer(answered_at=at(1), code="W110101", refused=[refused]))

    assert sorted(queued()) == [
        Change(ALPHA_ID, True, "distribution.accepted", None, tuple(others)),
        Change(ALPHA_ID, True, "distribution.rejected", "not_commissioned", (refused,)),
    ]


@pytest.mark.usefixtures("alpha")
def test_a_late_request_gives_loose_word_a_home_and_that_is_told() -> None:
    take(reported(Status.VERIFIED, at(9), request_id=None, image_hash=IMAGE_HASH))
    assert queued() == []

    take(request(sent_at=at(0)))

    assert sorted(queued()) == [
        Change(ALPHA_ID, True, "distribution.received", None, METERS[1:]),
        Change(ALPHA_ID, True, "distribution.verified", None, (METER,)),
    ]


@pytest.mark.usefixtures("alpha")
def test_what_is_rolled_back_is_not_told() -> None:
    take(request(sent_at=at(0)))
    queued()
    good = reported(Status.DELIVERED_TO_COMMS_HUB, at(1))
    with pool().connection() as connection:
        connection.execute(
            "ALTER TABLE stale_request ADD CONSTRAINT breaks CHECK (false) NOT VALID"
        )
    with pytest.raises(psycopg.errors.CheckViolation):
        take(good)
    assert queued() == []
    with pool().connection() as connection:
        connection.execute("ALTER TABLE stale_request DROP CONSTRAINT breaks")

    take(good)

    assert [change.topic for change in queued()] == ["distribution.delivered_to_comms_hub"]


@pytest.mark.usefixtures("alpha")
def test_the_responsible_supplier_is_told_too_of_its_own_devices_only() -> None:
    subscribe("Bravo Power", BRAVO_ID)
    take(inventory(at(0), METER, responsible_supplier=BRAVO_ID))
    take(inventory(at(0), METERS[1], responsible_supplier=ALPHA_ID))

    take(request(sent_at=at(0)))

    assert sorted(queued()) == [
        Change(ALPHA_ID, True, "distribution.received", None, None),
        Change(BRAVO_ID, False, "distribution.received", None, (METER,)),
    ]


@pytest.mark.usefixtures("alpha")
def test_a_stranger_is_told_of_nothing() -> None:
    subscribe("Bravo Power", BRAVO_ID)

    take(request(sent_at=at(0)), reported(Status.DELIVERED_TO_COMMS_HUB, at(1), METERS))

    assert {change.user_id for change in queued()} == {ALPHA_ID}


def activation(
    step_: ActivationStep,
    minute: float,
    *,
    counter: int = 7,
    is_failed: bool = False,
    reason: str | None = None,
    name: object = None,
) -> Message:
    return Message(
        digest=digest((counter, step_, minute, name)),
        kind=MessageKind.ACTIVATE_FIRMWARE_RESPONSE,
        body=b"about an 11.3",
        user_id=ALPHA_ID,
        occurred_at=at(minute),
        activation=ActivationEvent(
            request_id=RequestId(ALPHA_ID, METER, counter),
            step=step_,
            is_failed=is_failed,
            reason=reason,
            occurred_at=at(minute),
        ),
    )


@pytest.mark.usefixtures("alpha")
def test_an_activation_is_told_when_its_status_changes() -> None:
    take(activation(ActivationStep.REQUESTED, 1))
    take(activation(ActivationStep.ACKNOWLEDGED, 2))
    take(
        activation(ActivationStep.ANSWERED, 3, is_failed=True, reason="hash_mismatch"),
    )

    assert queued() == [
        Change(ALPHA_ID, True, "activation.requested", None, (METER,)),
        Change(ALPHA_ID, True, "activation.failed", "hash_mismatch", (METER,)),
    ]


def mismatch(minute: float, runs: str) -> Message:
    return Message(
        digest=digest(("mismatch", minute, runs)),
        kind=MessageKind.FIRMWARE_VERSION_MISMATCH,
        body=b"a mismatch",
        user_id=ALPHA_ID,
        occurred_at=at(minute),
        devices=(
            DeviceFacts(
                device_id=METER,
                learnt_at=at(minute),
                firmware_version=FirmwareVersion(runs),
                smi_firmware_version=FirmwareVersion("00000001"),
            ),
        ),
    )


@pytest.mark.usefixtures("alpha")
def test_a_mismatch_is_told_once_until_it_is_another() -> None:
    take(mismatch(1, "00000002"))
    take(mismatch(2, "00000002"))
    take(mismatch(3, "00000003"))

    assert queued() == [
        Change(ALPHA_ID, True, "device.firmware_version_mismatch", None, (METER,)),
        Change(ALPHA_ID, True, "device.firmware_version_mismatch", None, (METER,)),
    ]


@given(rules.deliveries())
@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_who_follows_the_queue_knows_every_current_status(
    database: str, delivery: rules.Delivery
) -> None:
    """After every batch, whatever comes in whatever order; and no row repeats what was known."""
    rules.empty()
    if not Party.objects.exists():  # here: a pool that opens while examples are drawn disturbs that
        subscribe("Alpha Energy", ALPHA_ID)
    queued()
    known: dict[tuple[int, Eui64], tuple[str, str | None]] = {}
    for batch in delivery.batches:
        record(Batch(messages=batch), delivery.portions)
        keys = _request_keys()
        with pool().connection() as connection:
            rows = connection.execute(
                """
                SELECT request_key, topic, reason, device_ids
                FROM status_change ORDER BY change_id
                """
            ).fetchall()
            connection.execute("DELETE FROM status_change")
        moved = set()
        for request_key, topic, reason, device_ids in rows:
            named = keys[request_key] if device_ids is None else map(eui_of, device_ids)
            for device_id in named:
                key = request_key, device_id
                assert known.get(key) != (topic, reason)
                # In another portion of its own, a status may move on.
                assert key not in moved or delivery.portions is not PORTIONS
                moved.add(key)
                known[key] = (topic, reason)

        assert known == _current()


def _request_keys() -> dict[int, list[Eui64]]:
    found: dict[int, list[Eui64]] = defaultdict(list)
    with pool().connection() as connection:
        for key, device_id in connection.execute(
            "SELECT request_key, device_id FROM distribution ORDER BY 1, 2"
        ):
            found[key].append(eui_of(device_id))
    return found


def _current() -> dict[tuple[int, Eui64], tuple[str, str | None]]:
    """Return what the queries answer of Alpha's requests."""
    with pool().connection() as connection:
        keys = {
            request_id: row[0]
            for request_id in REQUEST_IDS
            if request_id.originator == ALPHA_ID
            for row in connection.execute(
                "SELECT request_key FROM request WHERE originator = %s AND counter = %s",
                (to_bigint(ALPHA_ID), to_bigint(request_id.counter)),
            )
        }
    return {
        (key, each.device_id): (f"distribution.{each.status}", each.reason)
        for request_id, key in keys.items()
        for each in distributions(request_id)
    }

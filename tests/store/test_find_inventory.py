"""Read Inventory answers what is known, where from, and only to those whom it concerns."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from firmtrack.answers.inventory import HubDevice, InventoryAnswer
from firmtrack.answers.sources import FactSource
from firmtrack.domain.facts import Message, MessageKind
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.scope import NotTrackedReason
from firmtrack.domain.stages import ActivationStep, Status
from firmtrack.domain.viewer import Viewer
from firmtrack.store.database import pool
from tests.looking import find_device, find_inventory
from tests.store.facts import (
    ALPHA,
    ALPHA_ID,
    BRAVO,
    BRAVO_ID,
    DCC,
    DCC_ID,
    HUB,
    IMAGE_HASH,
    METER,
    METERS,
    OTHER_IMAGE_HASH,
    REQUEST_ID,
    STRANGER,
    VERSION,
    activation,
    answer,
    at,
    imported,
    inventory,
    proposed,
    reported,
    request,
    supplier_change,
    take,
    verdict,
)

pytestmark = pytest.mark.usefixtures("database")

VIEWERS = (ALPHA, BRAVO, STRANGER, DCC)


def found(viewer: Viewer = DCC, device_id: Eui64 = METER) -> InventoryAnswer:
    answered = find_inventory(viewer, device_id)
    assert answered is not None
    return answered


def on_hub(device_id: Eui64) -> HubDevice:
    return HubDevice(device_id=device_id, device_type="ESME")


def who_sees(device_id: Eui64 = METER) -> set[Viewer]:
    return {viewer for viewer in VIEWERS if find_inventory(viewer, device_id) is not None}


def test_each_fact_says_when_and_from_what_it_was_learnt() -> None:
    read = inventory(at(1), device_type="ESME", firmware_version="00000001")
    imported(model="M1")
    take(read)

    answered = found()

    assert answered.facts.model == "M1"
    assert answered.facts.firmware_version == "00000001"
    from_read = FactSource(
        learnt_at=at(1),
        kind=MessageKind.INVENTORY_RESPONSE,
        code=None,
        message_id=read.message_id,
    )
    assert answered.sources == {
        "device_type": from_read,
        "firmware_version": from_read,
        "model": FactSource(learnt_at=None, kind=None, code=None, message_id=None),
    }


def test_of_a_message_to_another_party_nothing_is_told_but_the_day() -> None:
    change = supplier_change(at(1))  # told to Alpha
    now = inventory(at(2), user_id=BRAVO_ID, responsible_supplier=BRAVO_ID, model="M1")
    activated = activation(ActivationStep.ANSWERED, at(5), version=VERSION)
    take(change, now, activated)
    others = FactSource(learnt_at=datetime(2026, 3, 1, tzinfo=UTC), is_anothers=True)
    whole = FactSource(
        learnt_at=at(5),
        kind=MessageKind.ACTIVATE_FIRMWARE_RESPONSE,
        code="I0",
        message_id=activated.message_id,
    )

    new_supplier = found(BRAVO)

    assert new_supplier.facts.firmware_version == VERSION
    assert new_supplier.sources["firmware_version"] == others
    assert new_supplier.sources["model"].message_id == now.message_id
    assert [each.source.learnt_at for each in new_supplier.suppliers] == [at(2), others.learnt_at]
    for secret in (change.message_id, at(1), activated.message_id, at(5)):
        assert repr(secret) not in repr(new_supplier)
        assert repr(secret) in repr(found(DCC))
    for secret in (activated.message_id, at(5)):
        assert repr(secret) not in repr(find_device(BRAVO, METER))
    for viewer in (ALPHA, DCC):
        assert found(viewer).sources["firmware_version"] == whole
    assert found(ALPHA).sources["model"] == others
    assert found(DCC).sources["model"].learnt_at == at(2)
    assert find_inventory(STRANGER, METER) is None


def test_when_the_inventory_was_last_told_of_is_a_day_to_others() -> None:
    take(inventory(at(2), user_id=BRAVO_ID, responsible_supplier=BRAVO_ID))
    take(activation(ActivationStep.ANSWERED, at(5), version=VERSION))

    assert when_last_stated(BRAVO) == (datetime(2026, 3, 1, tzinfo=UTC), True)
    assert when_last_stated(ALPHA) == when_last_stated(DCC) == (at(5), False)
    assert find_device(STRANGER, METER) is None

    imported(learnt_at=at(9), model="M1")
    assert when_last_stated(ALPHA) == when_last_stated(BRAVO) == (at(9), False)


def when_last_stated(viewer: Viewer) -> tuple[datetime | None, bool]:
    """Return when the latest word was, the same on device and inventory, and if it is another's."""
    device = find_device(viewer, METER)
    assert device is not None
    assert device.inventory is not None
    assert device.inventory.learnt_at == found(viewer).facts.learnt_at
    return device.inventory.learnt_at, device.is_inventory_anothers


def test_the_hub_that_an_alert_names_is_a_fact_with_that_alert_as_its_source() -> None:
    alert = reported(Status.TRANSFERRED_TO_DEVICE, at(2))
    take(request(sent_at=at(0)), inventory(at(1), comms_hub_id=Eui64(HUB + 1)), alert)

    answered = found(ALPHA)

    assert answered.facts.comms_hub_id == HUB
    assert answered.sources["comms_hub_id"].message_id == alert.message_id
    assert answered.facts.learnt_at == at(1)


def test_the_update_in_progress_stands_apart_from_earlier_ones() -> None:
    later = RequestId(ALPHA_ID, DCC_ID, 1001)
    take(
        request(sent_at=at(0)),
        reported(Status.VERIFIED, at(5)),
        request(later, sent_at=at(10), image_hash=OTHER_IMAGE_HASH),
        answer(later, answered_at=at(11)),
    )

    answered = found(ALPHA)

    assert answered.update_in_progress is not None
    assert answered.update_in_progress.request_id == later
    assert answered.update_in_progress.status is Status.ACCEPTED
    assert [each.request_id for each in answered.earlier_updates] == [REQUEST_ID]


def test_a_device_that_only_a_request_names_has_no_facts() -> None:
    take(request(sent_at=at(0)), answer(answered_at=at(1)))

    answered = found(ALPHA)

    assert answered.sources == {}
    assert answered.update_in_progress is not None


def test_a_device_that_is_not_tracked_says_why() -> None:
    imported(device_type="IHD")

    assert found().not_tracked_reason is NotTrackedReason.TYPE_2


def test_dcc_alone_sees_what_was_told_to_nobody() -> None:
    imported(model="M1")

    assert who_sees() == {DCC}


def test_to_name_a_device_in_a_request_is_not_enough_to_see_it() -> None:
    bravos_id = RequestId(BRAVO_ID, DCC_ID, 1)
    take(request(bravos_id, sent_at=at(0)), inventory(at(0), user_id=None, model="M1"))
    assert who_sees() == {DCC}

    take(answer(bravos_id, answered_at=at(1), code="W110101", refused=[METER]))
    assert who_sees() == {DCC}


@pytest.mark.parametrize(
    "kind", [MessageKind.DEVICE_PRE_NOTIFICATION, MessageKind.UPDATE_INVENTORY_REQUEST]
)
def test_what_a_user_asks_dcc_to_enter_of_a_device_counts_once_dcc_has_taken_it(
    kind: MessageKind,
) -> None:
    asked = proposed(user_id=BRAVO_ID, kind=kind, device_type="CHF")
    take(inventory(at(0), user_id=None, model="M1"))

    take(asked)
    take(verdict(at(1), user_id=BRAVO_ID, is_accepted=False))
    take(verdict(at(1), user_id=BRAVO_ID, counter=2))  # of another request
    take(verdict(at(1), user_id=ALPHA_ID))  # of another User's
    assert who_sees() == {DCC}
    assert find_device(BRAVO, METER) is None
    assert found().facts.device_type is None
    assert found().not_tracked_reason is None

    take(verdict(at(2), user_id=BRAVO_ID))
    assert who_sees() == {BRAVO, DCC}
    assert found(BRAVO).not_tracked_reason is NotTrackedReason.COMMS_HUB
    assert found(BRAVO).sources["device_type"] == FactSource(
        learnt_at=at(2), kind=kind, code=None, message_id=asked.message_id
    )


def test_who_else_is_the_responsible_supplier_is_not_shown() -> None:
    take(inventory(at(0), model="M1", responsible_supplier=BRAVO_ID))

    shown = {viewer: found(viewer).facts.responsible_supplier for viewer in (ALPHA, BRAVO, DCC)}

    assert shown == {ALPHA: None, BRAVO: BRAVO_ID, DCC: BRAVO_ID}
    assert "responsible_supplier" not in found(ALPHA).sources


def test_whose_request_dcc_accepted_sees_the_device_but_no_update_of_others() -> None:
    bravos_id = RequestId(BRAVO_ID, DCC_ID, 1)
    take(
        request(bravos_id, sent_at=at(0)),
        answer(bravos_id, answered_at=at(1)),
        inventory(at(0), user_id=None, model="M1"),
    )

    assert who_sees() == {BRAVO, DCC}

    take(inventory(at(0), model="M1"))  # described to Alpha
    assert who_sees() == {ALPHA, BRAVO, DCC}
    assert found(ALPHA).updates == ()
    assert len(found(BRAVO).updates) == len(found(DCC).updates) == 1


def test_the_responsible_supplier_of_now_sees_the_device() -> None:
    take(inventory(at(0), user_id=None, responsible_supplier=ALPHA_ID))
    assert who_sees() == {ALPHA, DCC}

    take(inventory(at(1), user_id=None, responsible_supplier=BRAVO_ID))
    assert who_sees() == {BRAVO, DCC}


@pytest.mark.parametrize(
    "said",
    [
        (reported(Status.VERIFIED, at(1), request_id=None, image_hash=IMAGE_HASH),),
        (request(sent_at=at(0)),),
        (request(sent_at=at(0)), answer(answered_at=at(1))),
        (request(sent_at=at(0)), answer(answered_at=at(1), refused=[METER])),
        (activation(ActivationStep.REQUESTED, at(1)),),
        (activation(ActivationStep.ANSWERED, at(1), version=VERSION),),
        (inventory(at(1), model="M1"),),
        (inventory(at(1), user_id=None, model="M1", responsible_supplier=ALPHA_ID),),
    ],
    ids=[
        "a loose alert", "a request", "accepted", "refused", "an activation", "activated",
        "described", "supplied",
    ],
)  # fmt: skip
def test_a_devices_answer_says_whether_there_is_an_inventory_to_read(
    said: tuple[Message, ...],
) -> None:
    take(*said)

    for viewer in VIEWERS:
        device = find_device(viewer, METER)
        is_offered = device is not None and device.has_inventory
        assert is_offered == (find_inventory(viewer, METER) is not None), viewer.name


def test_nobody_sees_a_device_of_which_nothing_is_known() -> None:
    assert who_sees() == set()


def test_the_devices_on_the_same_hub_are_those_that_the_viewer_may_see() -> None:
    for device_id in METERS[:3]:
        imported(device_id, comms_hub_id=HUB, device_type="ESME")
    imported(METERS[3], comms_hub_id=Eui64(HUB + 1))
    take(inventory(at(0), METERS[0]), inventory(at(0), METERS[1]))

    assert found(DCC).hub_devices == tuple(on_hub(each) for each in METERS[1:3])
    assert found(ALPHA).hub_devices == (on_hub(METERS[1]),)


def test_devices_that_alerts_named_beside_the_hub_are_on_it_too() -> None:
    take(request(sent_at=at(0)), answer(answered_at=at(1)))
    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(2), METERS[:3]))

    beside = tuple(HubDevice(device_id=each, device_type=None) for each in METERS[1:3])
    assert found(ALPHA).hub_devices == beside
    assert found(DCC).hub_devices == beside


def test_a_device_that_a_later_message_places_elsewhere_is_not_on_the_hub_any_more() -> None:
    elsewhere = Eui64(HUB + 1)
    take(request(sent_at=at(0)), answer(answered_at=at(1)))
    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(2), METERS[:4]))

    # An inventory read, an older one, and an alert through another hub.
    take(inventory(at(3), METERS[1], comms_hub_id=elsewhere))
    take(inventory(at(1), METERS[2], comms_hub_id=elsewhere))
    moved = reported(Status.TRANSFERRED_TO_DEVICE, at(4), METERS[3:4])
    take(replace(moved, events=(replace(moved.events[0], comms_hub_id=elsewhere),)))

    for viewer in (ALPHA, DCC):
        assert [each.device_id for each in found(viewer).hub_devices] == [METERS[2]]
        assert [each.device_id for each in found(viewer, METERS[1]).hub_devices] == [METERS[3]]


def test_no_device_on_the_hub_is_shown_that_the_viewer_may_not_look_up() -> None:
    bravos_id = RequestId(BRAVO_ID, DCC_ID, 1)
    take(request(sent_at=at(0), device_ids=METERS[:2]), answer(answered_at=at(1)))
    take(request(bravos_id, sent_at=at(0), device_ids=METERS[2:]))
    take(answer(bravos_id, answered_at=at(1), refused=METERS[4:]))
    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(2), METERS[:2]))
    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(2), METERS[2:4], request_id=bravos_id))
    imported(METERS[4], comms_hub_id=HUB)

    def hub_devices(viewer: Viewer, device_id: Eui64) -> list[Eui64]:
        shown = [each.device_id for each in found(viewer, device_id).hub_devices]
        assert all(find_inventory(viewer, each) is not None for each in shown)
        return shown

    assert hub_devices(ALPHA, METERS[0]) == [METERS[1]]
    assert hub_devices(BRAVO, METERS[2]) == [METERS[3]]
    assert hub_devices(DCC, METERS[0]) == list(METERS[1:])
    assert find_inventory(STRANGER, METERS[0]) is None


def test_every_look_up_is_recorded_whatever_it_finds() -> None:
    take(request(sent_at=at(0)), answer(answered_at=at(1)))
    find_inventory(ALPHA, METER)
    find_inventory(STRANGER, METER)

    with pool().connection() as connection:
        rows = connection.execute(
            "SELECT viewer, kind, term, row_count FROM lookup_audit ORDER BY lookup_id"
        ).fetchall()
    assert rows == [
        ("Ada of Alpha", "inventory", str(METER), 1),
        ("a stranger", "inventory", str(METER), 0),
    ]

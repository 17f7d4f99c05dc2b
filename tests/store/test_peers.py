"""Is it only me? Counts of others, of nobody in particular, to those who may see the device."""

from collections.abc import Iterable

import pytest

from firmtrack.answers.peers import PeerGroup, PeerGroupKind, PeersAnswer, PeerScope
from firmtrack.domain.disclosure import FEWEST_DISTRIBUTIONS, FEWEST_USERS
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import CompletionStatus, Status
from firmtrack.domain.viewer import Viewer
from firmtrack.lookups.device import compare_device
from firmtrack.store.reports import performance
from tests.store.facts import (
    ALPHA,
    ALPHA_ID,
    BRAVO,
    BRAVO_ID,
    DCC,
    DCC_ID,
    HUB,
    METER,
    METERS,
    OTHER_VERSION,
    REQUEST_ID,
    STRANGER,
    answer,
    at,
    inventory,
    meter,
    reported,
    request,
    take,
)

OTHER_IDS = tuple(Eui64(BRAVO_ID + (number << 16)) for number in range(FEWEST_USERS))
EACH = FEWEST_DISTRIBUTIONS // FEWEST_USERS


def describe(
    devices: Iterable[Eui64],
    user_id: Eui64 = ALPHA_ID,
    *,
    model: str = "M1",
    csp_region: str = "North",
    comms_hub_id: Eui64 | None = None,
) -> None:
    """Let the inventory tell a User of devices."""
    for device in devices:
        take(
            inventory(
                at(0),
                device,
                user_id=user_id,
                manufacturer="1234",
                model=model,
                csp_region=csp_region,
                comms_hub_id=comms_hub_id,
            )
        )


def meters_of(number: int) -> tuple[Eui64, ...]:
    return tuple(meter(1000 * (number + 1) + index) for index in range(EACH))


def others_update(how_many: int = FEWEST_USERS) -> None:
    """Let so many other Users update as many devices each, of the same model, on the same day."""
    for number, user_id in enumerate(OTHER_IDS[:how_many]):
        devices = meters_of(number)
        request_id = RequestId(user_id, DCC_ID, 1)
        describe(devices, user_id)
        take(request(request_id, devices, sent_at=at(0)), answer(request_id))
        failed = reported(
            Status.COMMS_HUB_DELIVERY_FAILED, at(9), devices[:3], request_id=request_id
        )
        take(failed)


@pytest.fixture
def updated(database: str) -> None:
    """Alpha updates five meters of a model: one failed, one is done, one was another model's."""
    assert database
    take(request(sent_at=at(0)), answer())
    describe(METERS[:4])
    describe(METERS[4:], model="M2", csp_region="South")
    take(reported(Status.DEVICE_TRANSFER_FAILED, at(10), [METERS[1]], reason="image_discarded"))
    take(reported(Status.VERIFIED, at(10), [METERS[2]]))


def found(viewer: Viewer, device_id: Eui64 = METER) -> PeersAnswer:
    performance.refresh()
    answered = compare_device(viewer, device_id)
    assert answered is not None
    return answered


def group(answered: PeersAnswer, kind: PeerGroupKind) -> PeerGroup:
    (only,) = (each for each in answered.groups if each.kind is kind)
    return only


def counts(of: PeerGroup) -> tuple[int, int, int]:
    progress, failed, successful = map(
        of.count_of,
        (CompletionStatus.IN_PROGRESS, CompletionStatus.FAILED, CompletionStatus.SUCCESSFUL),
    )
    return progress, failed, successful


@pytest.mark.usefixtures("updated")
def test_a_devices_own_request_model_and_region_are_counted() -> None:
    answered = found(ALPHA)

    assert answered.request_id == REQUEST_ID
    assert [each.kind for each in answered.groups] == [
        PeerGroupKind.SERVICE_REQUEST,
        PeerGroupKind.MODEL_AND_VERSION,
        PeerGroupKind.REGION_AND_DAY,
    ]
    assert [counts(each) for each in answered.groups] == [(3, 1, 1), (2, 1, 1), (2, 1, 1)]
    assert {each.scope for each in answered.groups} == {PeerScope.YOUR_REQUESTS}


@pytest.mark.usefixtures("updated")
def test_another_version_and_another_day_are_other_groups() -> None:
    others = tuple(map(meter, range(50, 60)))
    describe(others)
    request_id = RequestId(ALPHA_ID, DCC_ID, 1001)
    take(request(request_id, others, sent_at=at(2 * 24 * 60), version=OTHER_VERSION))

    answered = found(ALPHA)

    assert counts(group(answered, PeerGroupKind.MODEL_AND_VERSION)) == (2, 1, 1)
    assert counts(group(answered, PeerGroupKind.REGION_AND_DAY)) == (2, 1, 1)


@pytest.mark.usefixtures("updated")
def test_the_devices_on_the_same_hub_count_by_their_newest_update() -> None:
    take(reported(Status.COMMS_HUB_DELIVERY_FAILED, at(20), METERS[:2]))  # both on HUB
    again = RequestId(ALPHA_ID, DCC_ID, 1001)
    take(request(again, [METERS[1]], sent_at=at(30)))

    answered = found(ALPHA)
    on_hub = group(answered, PeerGroupKind.COMMS_HUB)

    assert answered.facts is not None
    assert answered.facts.comms_hub_id == HUB
    # METERS[2] verified, METERS[1] is under way again, METERS[0] failed.
    assert counts(on_hub) == (1, 1, 1)


@pytest.mark.usefixtures("updated")
def test_another_partys_devices_on_the_hub_are_not_counted_but_dcc_counts_them() -> None:
    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(20)))
    theirs = meter(77)
    request_id = RequestId(BRAVO_ID, DCC_ID, 1)
    take(request(request_id, [theirs], sent_at=at(0)), answer(request_id))
    failed = [theirs]
    take(reported(Status.COMMS_HUB_DELIVERY_FAILED, at(20), failed, request_id=request_id))

    def failed_on_hub(viewer: Viewer) -> int:
        on_hub = group(found(viewer), PeerGroupKind.COMMS_HUB)
        return on_hub.count_of(CompletionStatus.FAILED)

    assert failed_on_hub(DCC) == failed_on_hub(ALPHA) + 1


@pytest.mark.usefixtures("updated")
def test_a_crowd_of_others_is_counted_with_ones_own() -> None:
    others_update()

    of_model = group(found(ALPHA), PeerGroupKind.MODEL_AND_VERSION)
    of_day = group(found(ALPHA), PeerGroupKind.REGION_AND_DAY)

    for each in (of_model, of_day):
        assert each.scope is PeerScope.ALL_PARTIES
        assert each.total == 4 + FEWEST_DISTRIBUTIONS
        assert each.count_of(CompletionStatus.FAILED) == 1 + 3 * FEWEST_USERS


@pytest.mark.usefixtures("updated")
def test_others_who_are_no_crowd_are_counted_for_dcc_alone() -> None:
    others_update(FEWEST_USERS - 1)

    def of_model(viewer: Viewer) -> tuple[PeerScope, int]:
        counted = group(found(viewer), PeerGroupKind.MODEL_AND_VERSION)
        return counted.scope, counted.total

    assert of_model(ALPHA) == (PeerScope.YOUR_REQUESTS, 4)
    assert of_model(DCC) == (PeerScope.ALL_PARTIES, 4 + EACH * (FEWEST_USERS - 1))


@pytest.mark.usefixtures("updated")
def test_what_the_viewer_may_not_see_has_no_peers() -> None:
    assert compare_device(STRANGER, METER) is None
    assert compare_device(BRAVO, METER) is None
    assert compare_device(ALPHA, meter(999)) is None


@pytest.mark.usefixtures("database")
def test_who_only_names_a_device_in_a_request_learns_nothing_of_its_hub_or_model() -> None:
    describe([METER], BRAVO_ID, comms_hub_id=HUB)
    take(request())

    assert [each.kind for each in found(ALPHA).groups] == [PeerGroupKind.SERVICE_REQUEST]

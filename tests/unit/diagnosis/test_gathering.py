from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from firmtrack.answers.devices import DeviceAnswer, DeviceDistribution, OthersUpdate
from firmtrack.diagnosis.diagnose import diagnose
from firmtrack.diagnosis.gathering import situations, wait_keys
from firmtrack.diagnosis.reading import diagnoses
from firmtrack.domain.pace import Pace
from firmtrack.domain.reconciliation import Flag, FlagKind
from firmtrack.domain.remedy import Again
from firmtrack.domain.scope import NotTrackedReason
from firmtrack.domain.stages import ActivationStatus, Stage, Status, Variant
from firmtrack.store.reports.waits import WaitKey
from tests.unit.diagnosis.facts import (
    DEVICE,
    IMAGE,
    INVENTORY,
    LATER_REQUEST,
    REQUEST,
    SINCE,
    SUBMITTED,
    USUAL,
    VERSION,
    activation,
    distribution,
    entry,
)

NOW = SINCE + timedelta(days=2)
SENT_IN_NORTH = WaitKey(
    request_id=LATER_REQUEST,
    stage=Stage.SENT_TO_CSP,
    device_type="ESME",
    csp_region="North",
    manufacturer="Meters of Leeds",
    model="EM-200",
)
UNDER_WAY = DeviceDistribution(
    distribution=distribution(Status.SENT_TO_CSP, request_id=LATER_REQUEST),
    history=(entry(Status.SENT_TO_CSP),),
    image=IMAGE,
    activations=(),
)
DONE = DeviceDistribution(
    distribution=distribution(Status.VERIFIED),
    history=(entry(Status.VERIFIED),),
    image=None,
    activations=(activation(ActivationStatus.REQUESTED),),
)
OF_ANOTHER_PARTY = OthersUpdate(
    variant=Variant.UPDATE_FIRMWARE,
    firmware_version=VERSION,
    submitted_at=SUBMITTED,
    status=Status.SENT_TO_CSP,
    updated_at=SINCE,
    steps=(),
)


def device(*distributions: DeviceDistribution, **changes: Any) -> DeviceAnswer:
    usual = DeviceAnswer(
        device_id=DEVICE,
        inventory=INVENTORY,
        is_inventory_anothers=False,
        has_inventory=True,
        not_tracked_reason=None,
        distributions=distributions,
        unattributed=(),
        other_activations=(),
        others_updates=(),
        supplier_changed_at=None,
        is_supplier_change_anothers=False,
        flags=(),
    )
    return replace(usual, **changes)


def test_each_distribution_has_its_own_situation_with_the_others_beside_it() -> None:
    flag = Flag(kind=FlagKind.SUSPENDED)
    first, second = situations(device(UNDER_WAY, DONE, flags=(flag,)), now=NOW, waits={})
    assert first.distribution is UNDER_WAY.distribution
    assert (first.history, first.image) == (UNDER_WAY.history, IMAGE)
    assert first.other_updates == (DONE.distribution,)
    assert second.other_updates == (UNDER_WAY.distribution,)
    assert second.activations == DONE.activations
    assert {first.flags, second.flags} == {(flag,)}
    assert {first.now, second.now} == {NOW}


def test_the_usual_is_asked_of_what_is_in_progress_and_taken_for_it() -> None:
    answer = device(UNDER_WAY, DONE)
    assert wait_keys(answer) == (SENT_IN_NORTH,)
    first, second = situations(answer, now=NOW, waits={SENT_IN_NORTH: USUAL})
    assert (first.wait, second.wait) == (USUAL, None)


def test_the_usual_is_asked_by_no_more_than_the_viewer_may_see() -> None:
    (key,) = wait_keys(device(UNDER_WAY, inventory=None))
    assert key == WaitKey(request_id=LATER_REQUEST, stage=Stage.SENT_TO_CSP)


@pytest.mark.parametrize("reason", NotTrackedReason)
def test_the_updates_of_a_device_that_is_not_tracked_have_no_diagnosis(
    reason: NotTrackedReason,
) -> None:
    answer = device(UNDER_WAY, DONE, not_tracked_reason=reason)
    assert diagnoses(answer, now=NOW) == {LATER_REQUEST: None, REQUEST: None}


def test_before_dcc_has_answered_the_usual_is_that_of_all_requests() -> None:
    received = distribution(Status.RECEIVED)
    (key,) = wait_keys(device(replace(UNDER_WAY, distribution=received)))
    assert key == WaitKey(request_id=REQUEST, stage=Stage.RECEIVED)


def test_what_an_operator_calls_slow_counts_where_nothing_is_usual() -> None:
    (limited,) = situations(device(UNDER_WAY), now=NOW, waits={}, slow_seconds=3600)
    assert diagnose(limited).pace is Pace.STALLED
    (unlimited,) = situations(device(UNDER_WAY), now=NOW, waits={})
    assert diagnose(unlimited).pace is None


def test_another_partys_update_counts_while_it_is_under_way() -> None:
    failed = DeviceDistribution(
        distribution=distribution(Status.REJECTED, reason="other_request_in_progress"),
        history=(),
        image=None,
        activations=(),
    )
    (waits,) = situations(device(failed, others_updates=(OF_ANOTHER_PARTY,)), now=NOW, waits={})
    over = replace(OF_ANOTHER_PARTY, status=Status.VERIFIED)
    (free,) = situations(device(failed, others_updates=(over,)), now=NOW, waits={})
    advice = [diagnose(each).resend for each in (waits, free)]
    assert [each and each.again for each in advice] == [Again.WAIT, Again.REMEDY_FIRST]

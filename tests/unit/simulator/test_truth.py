"""What the simulated world holds to be true of a distribution, and of an activation."""

from datetime import UTC, datetime, timedelta

import pytest

from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.domain.stages import ActivationStatus, CompletionStatus, Status
from firmtrack.simulator.truth import TrueActivation, TrueDistribution, TrueEvent

_NOON = datetime(2025, 1, 6, 12, tzinfo=UTC)


def _event(status: Status, hours: int, reason: str | None = None) -> TrueEvent:
    return TrueEvent(status, _NOON + timedelta(hours=hours), reason)


@pytest.fixture
def distribution() -> TrueDistribution:
    return TrueDistribution(Eui64(1), is_tracked=True)


def test_a_request_without_any_event_is_received_at_a_time_that_no_one_gave(
    distribution: TrueDistribution,
) -> None:
    assert distribution.current == TrueEvent(Status.RECEIVED, None)
    assert distribution.completion_status is CompletionStatus.IN_PROGRESS


def test_a_later_event_from_an_earlier_stage_changes_nothing(
    distribution: TrueDistribution,
) -> None:
    distribution.hear(_event(Status.VERIFIED, 1))
    distribution.hear(_event(Status.COMMS_HUB_DELIVERY_FAILED, 2, "N61"))
    assert distribution.current == _event(Status.VERIFIED, 1)
    assert distribution.completion_status is CompletionStatus.SUCCESSFUL


def test_the_latest_event_of_a_stage_counts(distribution: TrueDistribution) -> None:
    distribution.hear(_event(Status.DELIVERED_TO_COMMS_HUB, 1))
    distribution.hear(_event(Status.COMMS_HUB_DELIVERY_FAILED, 2, "N61"))
    assert distribution.current == _event(Status.COMMS_HUB_DELIVERY_FAILED, 2, "N61")
    assert distribution.completion_status is CompletionStatus.FAILED


def test_of_two_events_of_a_stage_the_one_that_dcc_told_last_counts(
    distribution: TrueDistribution,
) -> None:
    distribution.hear(_event(Status.COMMS_HUB_DELIVERY_FAILED, 2, "N61"))
    distribution.hear(_event(Status.DELIVERED_TO_COMMS_HUB, 1))
    assert distribution.current == _event(Status.COMMS_HUB_DELIVERY_FAILED, 2, "N61")


@pytest.mark.parametrize("own_first", [True, False])
def test_an_event_of_the_device_outweighs_one_of_all_of_the_same_stage(
    distribution: TrueDistribution, own_first: bool
) -> None:
    own = _event(Status.SEND_TO_CSP_FAILED, 1, "csp_interface_error")
    whole = _event(Status.SENT_TO_CSP, 2 if own_first else 0)
    if own_first:
        distribution.hear(own)
    distribution.hear_of_request(whole)
    if not own_first:
        distribution.hear(own)
    assert distribution.current == own


def test_an_event_of_all_moves_a_device_on_that_was_at_an_earlier_stage(
    distribution: TrueDistribution,
) -> None:
    distribution.hear_of_request(_event(Status.ACCEPTED, 0))
    distribution.hear_of_request(_event(Status.SENT_TO_CSP, 1))
    assert distribution.current == _event(Status.SENT_TO_CSP, 1)


@pytest.mark.parametrize("status", Status)
def test_every_status_has_its_completion_status(
    status: Status, distribution: TrueDistribution
) -> None:
    distribution.hear(_event(status, 0))
    expected = CompletionStatus.IN_PROGRESS
    if status in {Status.VERIFIED, Status.ACTIVATED}:
        expected = CompletionStatus.SUCCESSFUL
    elif status is Status.REJECTED or status.endswith("_failed"):
        expected = CompletionStatus.FAILED
    assert distribution.completion_status is expected


# Activation -----------------------------------------------------------------------------------

_VERSION = FirmwareVersion("01020304")


def _activation(*, is_cancelling: bool = False) -> TrueActivation:
    return TrueActivation(
        request_id=RequestId(Eui64(1), Eui64(2), 3),
        image_hash=bytes(32),
        distribution=None,
        is_cancelling=is_cancelling,
    )


def _state(activation: TrueActivation) -> tuple[ActivationStatus, str | None, datetime | None]:
    return activation.status, activation.reason, activation.updated_at


def test_an_activation_is_requested_until_anyone_says_more() -> None:
    activation = _activation()
    assert _state(activation) == (ActivationStatus.REQUESTED, None, None)
    activation.hear_acknowledged(_NOON)
    assert _state(activation) == (ActivationStatus.REQUESTED, None, _NOON)


def test_the_devices_answer_outweighs_dccs_whichever_comes_first() -> None:
    late, early = _activation(), _activation()
    late.hear_no_answer(_NOON, "N13")
    assert _state(late) == (ActivationStatus.FAILED, "N13", _NOON)
    for activation in (late, early):
        activation.hear_answer(_NOON + timedelta(hours=1), None, _VERSION)
    early.hear_no_answer(_NOON + timedelta(hours=2), "N13")
    for activation in (late, early):
        assert _state(activation) == (
            ActivationStatus.ACTIVATED,
            None,
            _NOON + timedelta(hours=1),
        )
        assert activation.firmware_version == _VERSION


def test_a_device_that_refuses_says_what_it_runs_all_the_same() -> None:
    activation = _activation()
    activation.hear_answer(_NOON, "hash_mismatch", _VERSION)
    assert _state(activation) == (ActivationStatus.FAILED, "hash_mismatch", _NOON)
    assert activation.firmware_version == _VERSION


def test_a_device_takes_note_of_a_plan_and_of_what_cancels_it() -> None:
    planned, cancelling = _activation(), _activation(is_cancelling=True)
    planned.hear_scheduled(_NOON)
    assert planned.status is ActivationStatus.SCHEDULED
    cancelling.hear_scheduled(_NOON + timedelta(hours=1))
    planned.hear_cancelled(_NOON + timedelta(hours=1))
    for activation in (planned, cancelling):
        assert _state(activation) == (
            ActivationStatus.CANCELLED,
            None,
            _NOON + timedelta(hours=1),
        )


def test_what_is_over_cannot_be_cancelled() -> None:
    activation = _activation()
    activation.hear_answer(_NOON, None, _VERSION)
    activation.hear_cancelled(_NOON + timedelta(hours=1))
    assert _state(activation) == (ActivationStatus.ACTIVATED, None, _NOON)

from datetime import UTC, datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from firmtrack.domain.precedence import current_event, precedence_of
from firmtrack.domain.stages import Status
from tests.rules import StatusEvent
from tests.unit.domain.strategies import events, histories


def said(status: Status, day: int, *, of_request: bool = False, digest: int = 0) -> StatusEvent:
    return StatusEvent(
        status=status,
        names_device=not of_request,
        occurred_at=datetime(2026, 3, day, tzinfo=UTC),
        digest=bytes([digest]) * 32,
    )


def status_of(*history: StatusEvent) -> Status | None:
    event = current_event(history)
    return None if event is None else event.status


def test_of_nothing_said_there_is_no_current_word() -> None:
    assert current_event([]) is None


def test_the_furthest_stage_counts_however_late_an_earlier_one_is_told() -> None:
    history = (said(Status.TRANSFERRED_TO_DEVICE, 2), said(Status.DELIVERED_TO_COMMS_HUB, 9))

    assert status_of(*history) is Status.TRANSFERRED_TO_DEVICE


def test_a_retry_that_succeeds_replaces_the_failure_before_it() -> None:
    history = (said(Status.DEVICE_TRANSFER_FAILED, 2), said(Status.TRANSFERRED_TO_DEVICE, 3))

    assert status_of(*history) is Status.TRANSFERRED_TO_DEVICE


def test_a_failure_after_a_success_of_the_same_stage_counts() -> None:
    history = (said(Status.VERIFIED, 2), said(Status.VERIFICATION_FAILED, 3))

    assert status_of(*history) is Status.VERIFICATION_FAILED


def test_word_about_the_device_counts_before_later_word_about_the_request() -> None:
    history = (said(Status.SEND_TO_CSP_FAILED, 2), said(Status.SENT_TO_CSP, 9, of_request=True))

    assert status_of(*history) is Status.SEND_TO_CSP_FAILED


def test_word_about_the_request_from_a_further_stage_counts_before_word_about_the_device() -> None:
    history = (said(Status.ACCEPTED, 9), said(Status.SENT_TO_CSP, 3, of_request=True))

    assert status_of(*history) is Status.SENT_TO_CSP


def test_word_about_the_request_counts_until_there_is_word_about_the_device() -> None:
    history = (
        said(Status.RECEIVED, 1, of_request=True),
        said(Status.ACCEPTED, 2, of_request=True),
        said(Status.SENT_TO_CSP, 3, of_request=True),
    )

    assert status_of(*history) is Status.SENT_TO_CSP


def test_two_words_of_one_moment_are_told_apart_by_their_messages() -> None:
    good = said(Status.VERIFIED, 2, digest=1)
    bad = said(Status.VERIFICATION_FAILED, 2, digest=2)

    assert status_of(good, bad) is Status.VERIFICATION_FAILED
    assert status_of(bad, good) is Status.VERIFICATION_FAILED


def test_what_is_said_to_the_request_does_not_concern_a_device_refused_by_name() -> None:
    history = (
        said(Status.ACCEPTED, 2, of_request=True),
        said(Status.REJECTED, 2),
        said(Status.SENT_TO_CSP, 3, of_request=True),
    )

    assert status_of(*history) is Status.REJECTED


def test_later_word_from_a_device_refused_by_name_still_counts() -> None:
    history = (said(Status.REJECTED, 2), said(Status.DELIVERED_TO_COMMS_HUB, 3))

    assert status_of(*history) is Status.DELIVERED_TO_COMMS_HUB


def test_a_device_both_refused_and_accepted_by_name_takes_the_later_word_and_no_request_step() -> (
    None
):
    history = (
        said(Status.REJECTED, 2),
        said(Status.ACCEPTED, 3),
        said(Status.SENT_TO_CSP, 4, of_request=True),
    )

    assert status_of(*history) is Status.ACCEPTED


def test_a_refusal_of_the_whole_request_is_no_refusal_by_name() -> None:
    history = (
        said(Status.REJECTED, 2, of_request=True),
        said(Status.SENT_TO_CSP, 3, of_request=True),
    )

    assert status_of(*history) is Status.SENT_TO_CSP


@given(st.data(), histories)
def test_the_order_of_arrival_changes_nothing(
    data: st.DataObject, history: list[StatusEvent]
) -> None:
    assert current_event(data.draw(st.permutations(history))) == current_event(history)


@given(st.data(), histories)
def test_word_that_arrives_twice_changes_nothing(
    data: st.DataObject, history: list[StatusEvent]
) -> None:
    assume(history)
    again = data.draw(st.lists(st.sampled_from(history), max_size=12))

    assert current_event([*history, *again]) == current_event(history)


@given(st.lists(events.filter(lambda event: event.status is not Status.REJECTED)), st.data())
def test_parts_may_be_folded_on_their_own_where_nobody_is_refused(
    history: list[StatusEvent], data: st.DataObject
) -> None:
    first, second, third = _in_three(history, data)

    left = _fold(_fold(first, second), third)
    right = _fold(first, _fold(second, third))

    assert current_event(left) == current_event(right) == current_event(history)


@given(histories, st.data())
def test_parts_may_be_folded_on_their_own_if_a_refusal_by_name_is_remembered(
    history: list[StatusEvent], data: st.DataObject
) -> None:
    first, second, third = (_summary(part) for part in _in_three(history, data))

    assert _joined(_joined(first, second), third) == _joined(first, _joined(second, third))
    assert _decision(_joined(_joined(first, second), third)) == current_event(history)


@given(histories)
def test_the_current_word_is_one_that_was_said(history: list[StatusEvent]) -> None:
    current = current_event(history)

    assert current in history if history else current is None


@given(histories)
def test_no_word_about_the_device_is_greater_than_the_current_word(
    history: list[StatusEvent],
) -> None:
    current = current_event(history)

    for event in history:
        if event.names_device:
            assert current is not None
            assert precedence_of(event) <= precedence_of(current)


@given(histories, events)
def test_one_more_word_becomes_current_or_changes_nothing_unless_it_refuses_by_name(
    history: list[StatusEvent], event: StatusEvent
) -> None:
    before, after = current_event(history), current_event([*history, event])
    refuses = event.names_device and event.status is Status.REJECTED

    assert after in (before, event) or refuses


@pytest.mark.parametrize("reason", [None, "N61"])
def test_the_reason_takes_no_part_in_the_order(reason: str | None) -> None:
    event = said(Status.COMMS_HUB_DELIVERY_FAILED, 2)
    reasoned = StatusEvent(
        status=event.status,
        names_device=True,
        occurred_at=event.occurred_at,
        digest=event.digest,
        reason=reason,
    )

    assert precedence_of(reasoned) == precedence_of(event)


def _in_three(
    history: list[StatusEvent], data: st.DataObject
) -> tuple[list[StatusEvent], list[StatusEvent], list[StatusEvent]]:
    cuts = sorted(data.draw(st.tuples(*[st.integers(0, len(history))] * 2)))
    return history[: cuts[0]], history[cuts[0] : cuts[1]], history[cuts[1] :]


def _fold(*parts: list[StatusEvent]) -> list[StatusEvent]:
    """The current word of the parts as a history of at most one word."""
    current = current_event([event for part in parts for event in part])
    return [] if current is None else [current]


# What a ledger keeps of a history: the greatest word about the device, the greatest about the
# request, and whether the device was refused by name.
Summary = tuple[StatusEvent | None, StatusEvent | None, bool]


def _summary(history: list[StatusEvent]) -> Summary:
    return (
        max((w for w in history if w.names_device), key=precedence_of, default=None),
        max((w for w in history if not w.names_device), key=precedence_of, default=None),
        any(w.names_device and w.status is Status.REJECTED for w in history),
    )


def _joined(one: Summary, other: Summary) -> Summary:
    return (
        max((w for w in (one[0], other[0]) if w), key=precedence_of, default=None),
        max((w for w in (one[1], other[1]) if w), key=precedence_of, default=None),
        one[2] or other[2],
    )


def _decision(summary: Summary) -> StatusEvent | None:
    of_device, of_request, is_refused = summary
    counted = [w for w in (of_device, None if is_refused else of_request) if w is not None]
    return max(counted, key=precedence_of, default=None)

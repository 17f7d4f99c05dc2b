"""An activation's status is that of its greatest word, whatever comes and in whatever order."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrack.domain.activation import (
    CANCELLING,
    Activation,
    ReportedActivationEvent,
    activations_of,
    distribution_of,
    settled_by_version,
)
from firmtrack.domain.attribution import Candidate
from firmtrack.domain.facts import ActivationEvent, MessageKind
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.domain.stages import ActivationStatus, ActivationStep

ALPHA = Eui64.parse("90-B3-D5-1F-30-01-00-00")
BRAVO = Eui64.parse("90-B3-D5-1F-30-02-00-00")
DCC = Eui64.parse("90-B3-D5-1F-30-00-00-02")
METER = Eui64.parse("00-DB-12-34-56-78-90-A1")
HASH, OTHER_HASH = b"\1" * 32, b"\2" * 32
VERSION, OTHER_VERSION = FirmwareVersion("0000A001"), FirmwareVersion("0000A002")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
RECORDED_AT = datetime(2026, 4, 1, tzinfo=UTC)

REQUESTED, ACKNOWLEDGED, SCHEDULED, NOT_ANSWERED, ANSWERED = ActivationStep


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def said(
    step: ActivationStep,
    minutes: float | None = 0,
    *,
    counter: int = 1,
    originator: Eui64 = ALPHA,
    reason: str | None = None,
    version: FirmwareVersion | None = None,
    image_hash: bytes | None = None,
    scheduled_for: datetime | None = None,
    kind: MessageKind = MessageKind.ACTIVATE_FIRMWARE_RESPONSE,
    message: int | None = None,
) -> ReportedActivationEvent:
    """Return a word; it is a failure if it has a reason."""
    event = ActivationEvent(
        request_id=RequestId(originator, METER, counter),
        step=step,
        is_failed=reason is not None,
        occurred_at=None if minutes is None else at(minutes),
        reason=reason,
        firmware_version=version,
        image_hash=image_hash,
        scheduled_for=scheduled_for,
    )
    return ReportedActivationEvent(
        event=event,
        message_id=UUID(int=message or abs(hash((event, kind))) % 2**128),
        recorded_at=RECORDED_AT,
        source_kind=kind,
    )


def requested(
    minutes: float | None = 0,
    *,
    counter: int = 1,
    originator: Eui64 = ALPHA,
    image_hash: bytes | None = HASH,
    scheduled_for: datetime | None = None,
) -> ReportedActivationEvent:
    return said(
        REQUESTED,
        minutes,
        counter=counter,
        originator=originator,
        image_hash=image_hash,
        scheduled_for=scheduled_for,
        kind=MessageKind.ACTIVATE_FIRMWARE_REQUEST,
    )


def cancels(minutes: float, *, counter: int, originator: Eui64 = ALPHA) -> ReportedActivationEvent:
    return requested(minutes, counter=counter, originator=originator, scheduled_for=CANCELLING)


def only(*events: ReportedActivationEvent) -> Activation:
    (activation,) = activations_of(events)
    return activation


def statuses(*events: ReportedActivationEvent) -> dict[int, ActivationStatus]:
    return {each.request_id.counter: each.status for each in activations_of(events)}


# One activation.


@pytest.mark.parametrize(
    ("events", "status", "reason"),
    [
        ([requested()], ActivationStatus.REQUESTED, None),
        ([said(ACKNOWLEDGED)], ActivationStatus.REQUESTED, None),
        ([said(SCHEDULED)], ActivationStatus.SCHEDULED, None),
        ([said(NOT_ANSWERED, reason="E21")], ActivationStatus.FAILED, "E21"),
        ([said(ANSWERED, version=VERSION)], ActivationStatus.ACTIVATED, None),
        ([said(ANSWERED, reason="hash_mismatch")], ActivationStatus.FAILED, "hash_mismatch"),
    ],
)
def test_a_word_makes_its_status(
    events: Sequence[ReportedActivationEvent], status: ActivationStatus, reason: str | None
) -> None:
    activation = only(*events)

    assert (activation.status, activation.reason) == (status, reason)
    assert activation.device_id == METER


def test_the_word_of_the_furthest_step_counts_and_of_one_step_the_latest() -> None:
    no_answer = said(NOT_ANSWERED, 5, reason="E21")

    assert only(no_answer, said(ACKNOWLEDGED, 9)).status is ActivationStatus.FAILED
    assert only(no_answer, said(ANSWERED, 1)).status is ActivationStatus.ACTIVATED
    assert only(no_answer, said(NOT_ANSWERED, 6, reason="E20")).reason == "E20"


def test_of_words_of_one_time_the_greatest_message_decides_and_one_without_time_never_does() -> (
    None
):
    first = said(NOT_ANSWERED, 5, reason="E20", message=1)
    second = said(NOT_ANSWERED, 5, reason="E21", message=2)
    timeless = said(NOT_ANSWERED, None, reason="E1", message=3)

    assert only(second, timeless, first).reason == "E21"


def test_what_only_one_word_says_stays_known() -> None:
    activation = only(requested(0, scheduled_for=MIDNIGHT), said(SCHEDULED, 2), said(ANSWERED, 9))

    assert activation.image_hash == HASH
    assert activation.scheduled_for == MIDNIGHT
    assert activation.requested_at == at(0)
    assert activation.updated_at == at(9)
    assert activation.is_answered
    assert [reported.event.step for reported in activation.events] == [
        ANSWERED,
        SCHEDULED,
        REQUESTED,
    ]


def test_where_dcc_gave_no_time_an_activation_has_that_of_our_learning_of_it() -> None:
    alone = only(requested(None))
    acknowledged = only(requested(None), said(ACKNOWLEDGED, 3))

    assert (alone.requested_at, alone.updated_at) == (RECORDED_AT, RECORDED_AT)
    assert (acknowledged.requested_at, acknowledged.updated_at) == (at(3), at(3))


def test_a_command_that_only_a_failure_names_is_no_activation() -> None:
    failure = said(NOT_ANSWERED, 3, reason="N12", kind=MessageKind.COMMAND_FAILURE)

    assert activations_of([failure]) == ()
    assert only(failure, requested()).reason == "N12"


def test_activations_come_latest_requested_first() -> None:
    events = [requested(0, counter=9), requested(5, counter=1), requested(5, counter=2)]

    assert [each.request_id.counter for each in activations_of(events)] == [2, 1, 9]


# Cancelling.


def test_a_cancelling_request_cancels_once_the_device_took_note() -> None:
    waiting = [requested(0, scheduled_for=MIDNIGHT), said(SCHEDULED, 1)]
    cancelling = cancels(5, counter=2)

    assert statuses(*waiting, cancelling) == {
        1: ActivationStatus.SCHEDULED,
        2: ActivationStatus.REQUESTED,
    }
    for step in (SCHEDULED, ANSWERED):
        taken = said(step, 6, counter=2)
        assert statuses(*waiting, cancelling, taken) == {
            1: ActivationStatus.CANCELLED,
            2: ActivationStatus.CANCELLED,
        }
        first = activations_of([*waiting, cancelling, taken])[1]
        assert (first.updated_at, first.is_cancelling) == (at(6), False)


def test_a_cancelling_request_that_failed_cancels_nothing() -> None:
    events = [
        requested(0, scheduled_for=MIDNIGHT),
        said(SCHEDULED, 1),
        cancels(5, counter=2),
        said(NOT_ANSWERED, 6, counter=2, reason="E21"),
    ]

    assert statuses(*events) == {1: ActivationStatus.SCHEDULED, 2: ActivationStatus.FAILED}
    assert activations_of(events)[0].scheduled_for is None


@pytest.mark.parametrize(
    "other",
    [
        requested(0, scheduled_for=MIDNIGHT, originator=BRAVO),
        requested(0, scheduled_for=MIDNIGHT, image_hash=OTHER_HASH),
        requested(9, scheduled_for=MIDNIGHT, counter=3),
        requested(0),
    ],
    ids=["another User's", "of another image", "a later one", "an immediate one"],
)
def test_a_cancelling_request_leaves_others_as_they_are(other: ReportedActivationEvent) -> None:
    events = [other, cancels(5, counter=2), said(SCHEDULED, 6, counter=2)]

    assert statuses(*events)[other.event.request_id.counter] is ActivationStatus.REQUESTED


@pytest.mark.parametrize(
    "end", [said(ANSWERED, 2, version=VERSION), said(ANSWERED, 2, reason="8F67")]
)
def test_what_has_ended_is_not_cancelled(end: ReportedActivationEvent) -> None:
    waiting = requested(0, scheduled_for=MIDNIGHT)
    before = statuses(waiting, end)[1]

    assert statuses(waiting, end, cancels(5, counter=2), said(SCHEDULED, 6, counter=2))[1] is before


def test_of_two_cancelling_requests_the_first_tells_since_when() -> None:
    events = [
        requested(0, scheduled_for=MIDNIGHT),
        cancels(5, counter=2),
        said(SCHEDULED, 6, counter=2),
        cancels(7, counter=3),
        said(SCHEDULED, 8, counter=3),
    ]

    (*_, first) = activations_of(events)
    assert first.updated_at == at(6)


# The distribution of its image.


def candidate(
    counter: int,
    submitted_at: datetime | None = NOON,
    image_hash: bytes | None = HASH,
    version: FirmwareVersion | None = VERSION,
) -> Candidate:
    return Candidate(
        request_id=RequestId(ALPHA, DCC, counter),
        submitted_at=submitted_at,
        image_hash=image_hash,
        firmware_versions=() if version is None else (version,),
    )


def test_an_activation_belongs_to_the_newest_distribution_before_it_with_its_hash() -> None:
    activation = only(requested(10))
    older, newer, later = candidate(1, at(0)), candidate(2, at(5)), candidate(3, at(11))
    other = candidate(4, at(6), OTHER_HASH)

    assert distribution_of(activation, [newer, older, later, other]) == newer.request_id
    assert distribution_of(activation, [later, other]) is None
    assert distribution_of(activation, [candidate(5, None)]) == RequestId(ALPHA, DCC, 5)


def test_without_a_hash_the_version_that_was_activated_tells_the_distribution() -> None:
    hashless = requested(10, image_hash=None)
    answered = said(ANSWERED, 12, version=VERSION)
    failed = said(ANSWERED, 12, version=VERSION, reason="hash_mismatch")
    requests = [candidate(1), candidate(2, version=OTHER_VERSION)]

    assert distribution_of(only(hashless, answered), requests) == requests[0].request_id
    # A device that failed states what it still runs, not what was asked for: nothing speaks against
    # the newest.
    assert distribution_of(only(hashless, failed), requests) == requests[1].request_id
    assert distribution_of(only(hashless), requests) == requests[1].request_id


def test_an_activation_belongs_to_no_request_that_refused_the_device() -> None:
    accepted, refused = candidate(1, at(0)), replace(candidate(2, at(5)), is_refused=True)

    assert distribution_of(only(requested(10)), [accepted, refused]) == accepted.request_id
    assert distribution_of(only(requested(10)), [refused]) is None


# Whatever the order.

some_events = st.builds(
    said,
    st.sampled_from(ActivationStep),
    st.none() | st.integers(0, 3),
    counter=st.sampled_from([1, 2, 2**64 - 1]),
    originator=st.sampled_from([ALPHA, BRAVO]),
    reason=st.none() | st.sampled_from(["E21", "hash_mismatch"]),
    version=st.none() | st.sampled_from([VERSION, OTHER_VERSION]),
    image_hash=st.none() | st.sampled_from([HASH, OTHER_HASH]),
    scheduled_for=st.sampled_from([None, MIDNIGHT, CANCELLING]),
    kind=st.sampled_from(
        [MessageKind.ACTIVATE_FIRMWARE_REQUEST, MessageKind.COMMAND_FAILURE],
    ),
    message=st.integers(1, 9),
)
histories = st.lists(some_events, max_size=9, unique_by=lambda reported: reported.message_id)


@given(st.data(), histories)
def test_the_order_of_the_words_changes_nothing(
    data: st.DataObject, events: list[ReportedActivationEvent]
) -> None:
    assert activations_of(data.draw(st.permutations(events))) == activations_of(events)


@given(histories)
def test_each_request_that_more_than_a_failure_names_is_one_activation(
    events: list[ReportedActivationEvent],
) -> None:
    activations = activations_of(events)

    assert sorted(each.request_id for each in activations) == sorted(
        {
            reported.event.request_id
            for reported in events
            if reported.source_kind is not MessageKind.COMMAND_FAILURE
        }
    )
    assert all(
        reported.event.request_id == each.request_id
        for each in activations
        for reported in each.events
    )


@given(histories)
def test_a_cancelling_request_touches_only_what_waits(
    events: list[ReportedActivationEvent],
) -> None:
    """What each request's own words say of it stands, but that waiting ones may be cancelled."""
    apart = {
        each.request_id: each
        for request_id in {reported.event.request_id for reported in events}
        for each in activations_of(
            reported for reported in events if reported.event.request_id == request_id
        )
    }
    for each in activations_of(events):
        alone = apart[each.request_id]
        if each != alone:
            assert each.status is ActivationStatus.CANCELLED
            assert alone.status in {ActivationStatus.REQUESTED, ActivationStatus.SCHEDULED}
            assert alone.scheduled_for is not None
            assert each == replace(
                alone, status=each.status, reason=None, updated_at=each.updated_at
            )


def answered(reason: str | None, version: FirmwareVersion | None) -> Activation:
    (made,) = activations_of(
        [said(REQUESTED, 0), said(ANSWERED, 5, reason=reason, version=version)]
    )
    return made


@pytest.mark.parametrize("reason", ["no_image_held", "hash_mismatch", "activation_failure", "8F67"])
def test_a_device_that_answers_with_the_images_version_runs_it_whatever_its_result(
    reason: str,
) -> None:
    settled = settled_by_version(answered(reason, VERSION), [VERSION])
    assert settled.status is ActivationStatus.ACTIVATED
    assert (settled.reason, settled.overruled_reason) == (None, reason)
    assert settled.firmware_version == VERSION
    assert settled.updated_at == at(5)


def test_a_device_that_answers_with_another_version_did_not_activate_it() -> None:
    failed = answered("no_image_held", OTHER_VERSION)
    assert settled_by_version(failed, [VERSION]) == failed
    assert settled_by_version(failed, []) == failed
    assert settled_by_version(answered("no_image_held", None), [VERSION]).reason == "no_image_held"


def test_a_version_is_the_same_however_it_is_written() -> None:
    failed = answered("no_image_held", FirmwareVersion("0000A001"))
    for written in ("a001", "A001", "0A001", "0xA001"):
        settled = settled_by_version(failed, [FirmwareVersion(written)])
        assert settled.status is ActivationStatus.ACTIVATED
    for other in ("A00l", "x0A001", "A002"):
        assert settled_by_version(failed, [FirmwareVersion(other)]) == failed


def test_what_dcc_alone_says_is_not_overruled_by_a_version() -> None:
    (failed,) = activations_of([said(NOT_ANSWERED, 5, reason="N13")])
    assert settled_by_version(failed, [VERSION]) == failed


def test_a_success_stays_one_and_a_cancelling_request_is_none() -> None:
    done = answered(None, OTHER_VERSION)
    assert settled_by_version(done, [VERSION]) == done
    (refused,) = activations_of(
        [
            said(REQUESTED, 0, scheduled_for=CANCELLING),
            said(ANSWERED, 5, reason="no_image_held", version=VERSION),
        ]
    )
    assert settled_by_version(refused, [VERSION]) == refused

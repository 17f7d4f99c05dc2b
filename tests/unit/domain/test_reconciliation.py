"""Each flag comes when what is told does not fit, and goes when later word settles it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest

from firmtrack.domain.activation import Activation, ReportedActivationEvent, activations_of
from firmtrack.domain.facts import ActivationEvent, DeviceFacts, MessageKind
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.domain.inventory import Knowledge, knowledge_of, merge_all
from firmtrack.domain.reconciliation import (
    NO_ANSWER_REASONS,
    Flag,
    FlagKind,
    WeighedUpdate,
    flags_of,
    header_version_flag,
    repeated_request_flag,
)
from firmtrack.domain.stages import ActivationStep, Status

ALPHA = Eui64.parse("90-B3-D5-1F-30-01-00-00")
DCC = Eui64.parse("90-B3-D5-1F-30-00-00-02")
METER = Eui64.parse("00-DB-12-34-56-78-90-A1")
OLD, NEW, NEWER = map(FirmwareVersion, ("00000001", "00000002", "00000003"))
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
CANCELLING = datetime(3000, 12, 31, tzinfo=UTC)
UPDATE_ID = RequestId(ALPHA, DCC, 1)

REQUESTED, ACKNOWLEDGED, SCHEDULED, NOT_ANSWERED, ANSWERED = ActivationStep


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def stated(minutes: float | None, **facts: str) -> DeviceFacts:
    learnt_at = None if minutes is None else at(minutes)
    return DeviceFacts(device_id=METER, learnt_at=learnt_at, **facts)  # type: ignore[arg-type]  # facts of the right types


def read(minutes: float | None, version: FirmwareVersion) -> DeviceFacts:
    """Return what an inventory read says: what DCC holds is what it says runs."""
    return stated(minutes, firmware_version=version, smi_firmware_version=version)


def known(*statements: DeviceFacts) -> Knowledge:
    merged = merge_all(
        knowledge_of(each, UUID(int=number)) for number, each in enumerate(statements, 1)
    )
    return merged[METER]


def activation(
    minutes: float,
    step: ActivationStep,
    *,
    counter: int = 1,
    reason: str | None = None,
    version: FirmwareVersion | None = None,
    scheduled_for: datetime | None = None,
) -> Activation:
    reported = ReportedActivationEvent(
        event=ActivationEvent(
            request_id=RequestId(ALPHA, METER, counter),
            step=step,
            is_failed=reason is not None,
            occurred_at=at(minutes),
            reason=reason,
            firmware_version=version,
            scheduled_for=scheduled_for,
        ),
        message_id=UUID(int=counter),
        recorded_at=at(99),
        source_kind=MessageKind.ACTIVATE_FIRMWARE_RESPONSE,
    )
    (made,) = activations_of([reported])
    return made


def update(
    *activations: Activation,
    status: Status = Status.VERIFIED,
    version: FirmwareVersion | None = NEW,
    header: FirmwareVersion | None = None,
    submitted: float = 0,
    updated: float = 5,
    counter: int = 1,
) -> WeighedUpdate:
    return WeighedUpdate(
        request_id=RequestId(ALPHA, DCC, counter),
        status=status,
        firmware_version=version,
        header_version=header,
        submitted_at=at(submitted),
        updated_at=at(updated),
        activations=activations,
    )


def kinds(
    inventory: Knowledge | None, *updates: WeighedUpdate, unmatched: Sequence[Activation] = ()
) -> list[FlagKind]:
    return [flag.kind for flag in flags_of(inventory, updates, unmatched)]


activated = activation(10, ANSWERED, version=NEW)


def test_where_nothing_is_known_nothing_is_amiss() -> None:
    assert kinds(None) == []
    assert kinds(None, update(activated)) == []
    assert kinds(known(read(0, OLD)), update()) == []


# Activated, but the inventory says the old version (MP105).


def test_an_activated_device_that_is_later_said_to_run_another_version_is_flagged() -> None:
    (flag,) = flags_of(known(read(11, OLD)), [update(activated)])

    assert flag == Flag(
        kind=FlagKind.ACTIVATED_BUT_OLD_VERSION,
        request_id=activated.request_id,
        expected_version=NEW,
        found_version=OLD,
    )
    assert kinds(known(read(11, OLD)), unmatched=[activated]) == [
        FlagKind.ACTIVATED_BUT_OLD_VERSION
    ]


def test_word_from_before_the_activation_and_a_read_that_repairs_it_are_no_trouble() -> None:
    assert kinds(known(read(9, OLD)), update(activated)) == []
    assert kinds(known(read(None, OLD)), update(activated)) == []
    repaired = known(read(11, OLD), read(12, NEW))
    assert kinds(repaired, update(activated)) == []


def test_a_ppmid_that_activated_by_itself_is_flagged_alike() -> None:
    ppmid = update(status=Status.ACTIVATED, updated=10)
    (flag,) = flags_of(known(read(11, OLD)), [ppmid])

    assert (flag.kind, flag.request_id) == (FlagKind.ACTIVATED_BUT_OLD_VERSION, UPDATE_ID)
    assert kinds(known(read(11, NEW)), ppmid) == []


def test_a_later_update_to_the_running_version_explains_it_unless_it_was_refused() -> None:
    earlier = update(activated)
    later = update(version=NEWER, submitted=20, updated=25, counter=2)
    refused = update(status=Status.REJECTED, version=NEWER, submitted=20, updated=25, counter=2)
    runs = known(read(30, NEWER))

    assert kinds(runs, later, earlier) == [FlagKind.VERSION_WITHOUT_ACTIVATION]
    assert kinds(runs, refused, earlier) == [FlagKind.ACTIVATED_BUT_OLD_VERSION]


def test_of_several_activations_the_latest_says_what_should_run() -> None:
    later = activation(20, ANSWERED, counter=2, version=NEWER)
    updates = [update(later, version=NEWER, submitted=5, counter=2), update(activated)]

    assert kinds(known(read(30, NEWER)), *updates) == []
    (flag,) = flags_of(known(read(30, NEW)), updates)
    assert (flag.kind, flag.expected_version) == (FlagKind.ACTIVATED_BUT_OLD_VERSION, NEWER)


def test_trying_again_in_vain_does_not_settle_it() -> None:
    again = activation(20, NOT_ANSWERED, counter=2, reason="E5")

    assert kinds(known(read(11, OLD)), update(again, activated)) == [
        FlagKind.ACTIVATED_BUT_OLD_VERSION
    ]


# A success, but with another version.


def test_a_success_answered_with_another_version_than_the_images_is_flagged() -> None:
    odd = activation(10, ANSWERED, version=OLD)
    (flag,) = flags_of(None, [update(odd)])

    assert flag == Flag(
        kind=FlagKind.ACTIVATED_WITH_OTHER_VERSION,
        request_id=odd.request_id,
        expected_version=NEW,
        found_version=OLD,
    )
    # What the answer itself teaches of the device settles nothing; a later read does.
    assert kinds(known(stated(10, firmware_version=OLD)), update(odd)) == [flag.kind]
    assert kinds(known(read(11, NEW)), update(odd)) == []
    assert kinds(known(read(9, NEW)), update(odd)) == [flag.kind]


def test_a_version_that_the_images_header_states_or_that_is_written_otherwise_is_its_own() -> None:
    odd = activation(10, ANSWERED, version=OLD)
    assert kinds(None, update(odd, header=OLD)) == [FlagKind.HEADER_VERSION_DIFFERS]
    assert kinds(None, update(odd, version=FirmwareVersion("1"))) == []
    assert kinds(None, update(odd, version=None)) == []


# No answer to an activation.


@pytest.mark.parametrize("reason", sorted(NO_ANSWER_REASONS))
def test_an_activation_that_the_device_did_not_answer_is_flagged(reason: str) -> None:
    lost = activation(10, NOT_ANSWERED, reason=reason)
    (flag,) = flags_of(known(read(9, OLD)), [update(lost)])

    assert flag == Flag(
        kind=FlagKind.ACTIVATION_NOT_ANSWERED,
        request_id=lost.request_id,
        expected_version=NEW,
        found_version=OLD,
        reason=reason,
    )
    assert kinds(None, update(lost)) == [FlagKind.ACTIVATION_NOT_ANSWERED]


def test_an_activation_that_was_refused_or_failed_on_the_device_was_answered() -> None:
    for step, reason in ((NOT_ANSWERED, "E5"), (ANSWERED, "hash_mismatch")):
        assert kinds(None, update(activation(10, step, reason=reason))) == []


def test_what_the_device_is_known_to_run_settles_a_lost_answer() -> None:
    lost = activation(10, NOT_ANSWERED, reason="N13")

    # It runs the version, and no activation says so: that stays to be seen.
    assert kinds(known(read(11, NEW)), update(lost)) == [FlagKind.VERSION_WITHOUT_ACTIVATION]


def test_a_later_activation_settles_a_lost_answer() -> None:
    lost = activation(10, NOT_ANSWERED, reason="N13")
    again = activation(20, ANSWERED, counter=2, version=NEW)

    assert kinds(known(read(9, OLD)), update(again, lost)) == []


@pytest.mark.parametrize("step", [REQUESTED, ACKNOWLEDGED, SCHEDULED])
def test_a_suspended_device_that_owes_an_answer_is_flagged(step: ActivationStep) -> None:
    waiting = update(activation(10, step))
    suspended = stated(11, device_status="Suspended")
    restored = stated(12, device_status="Commissioned")

    assert kinds(known(suspended), waiting) == [
        FlagKind.ACTIVATION_NOT_ANSWERED,
        FlagKind.SUSPENDED,
    ]
    assert kinds(known(suspended, restored), waiting) == []


def test_so_is_one_that_was_suspended_at_the_very_moment_of_the_request() -> None:
    waiting = update(activation(10, REQUESTED))

    assert kinds(known(stated(10, device_status="Suspended")), waiting) == [
        FlagKind.ACTIVATION_NOT_ANSWERED,
        FlagKind.SUSPENDED,
    ]
    assert kinds(known(stated(9, device_status="Suspended")), waiting) == [FlagKind.SUSPENDED]


def test_a_cancelling_request_owes_no_version() -> None:
    cancelling = activation(10, REQUESTED, scheduled_for=CANCELLING)

    assert kinds(known(stated(11, device_status="Suspended")), update(cancelling)) == [
        FlagKind.SUSPENDED
    ]


# Suspended.


def test_a_suspended_device_is_flagged_until_it_is_not() -> None:
    suspended = stated(1, device_status="Suspended")

    assert kinds(known(suspended)) == [FlagKind.SUSPENDED]
    assert kinds(known(suspended, stated(2, device_status="DeviceRestored"))) == []
    assert kinds(known(stated(2, device_status="Commissioned"), suspended)) == []


# The new version, and no activation.


def test_a_version_that_runs_without_an_activation_is_flagged_until_one_is_seen() -> None:
    runs = known(read(11, NEW))
    (flag,) = flags_of(runs, [update()])

    assert flag == Flag(
        kind=FlagKind.VERSION_WITHOUT_ACTIVATION, request_id=UPDATE_ID, found_version=NEW
    )
    assert kinds(runs, update(activation(10, REQUESTED))) == [FlagKind.VERSION_WITHOUT_ACTIVATION]
    assert kinds(runs, update(activated)) == []


def test_an_activation_is_seen_also_if_the_same_image_was_sent_again_since() -> None:
    again = update(submitted=20, updated=25, counter=2)

    assert kinds(known(read(30, NEW)), again, update(activated)) == []


def test_only_the_newest_update_asks_for_an_activation_and_only_for_what_runs_since() -> None:
    again = update(activation(20, ANSWERED, counter=2, version=NEW), submitted=15, counter=2)

    assert kinds(known(read(30, NEW)), again, update()) == []
    unseen = update(submitted=15, counter=2)
    assert [flag.request_id for flag in flags_of(known(read(30, NEW)), [unseen, update()])] == [
        unseen.request_id
    ]
    assert kinds(known(read(-1, NEW)), update()) == [FlagKind.REQUEST_FOR_RUNNING_VERSION]


def test_an_image_that_is_not_on_the_device_yet_is_not_what_it_runs() -> None:
    under_way = update(status=Status.TRANSFERRED_TO_DEVICE)

    assert kinds(known(read(11, NEW)), under_way) == []
    assert kinds(known(read(11, OLD)), update()) == []


# DCC's inventory and the device disagree.


def test_a_mismatch_is_flagged_until_either_is_read_again() -> None:
    mismatch = stated(5, firmware_version=NEW, smi_firmware_version=OLD)
    (flag,) = flags_of(known(mismatch), [])

    assert flag == Flag(
        kind=FlagKind.FIRMWARE_VERSION_MISMATCH, expected_version=OLD, found_version=NEW
    )
    assert kinds(known(mismatch, read(6, NEW))) == []
    assert kinds(known(mismatch, stated(6, firmware_version=NEW))) == []
    assert kinds(known(mismatch, read(4, NEW))) == [FlagKind.FIRMWARE_VERSION_MISMATCH]


# A request for what runs already.


def test_a_request_for_the_version_that_runs_is_flagged_unless_dcc_refused_it() -> None:
    ran_before = known(read(-1, NEW))
    (flag,) = flags_of(ran_before, [update(status=Status.ACCEPTED)])

    assert flag == Flag(
        kind=FlagKind.REQUEST_FOR_RUNNING_VERSION, request_id=UPDATE_ID, found_version=NEW
    )
    assert kinds(ran_before, update(status=Status.REJECTED)) == []
    assert kinds(known(read(-1, OLD)), update(status=Status.ACCEPTED)) == []
    assert kinds(known(read(3, NEW)), update(status=Status.ACCEPTED)) == []


# The version in the image's own header.


def test_a_version_that_the_images_header_does_not_state_is_flagged() -> None:
    expected = Flag(
        kind=FlagKind.HEADER_VERSION_DIFFERS,
        request_id=UPDATE_ID,
        expected_version=NEW,
        found_version=NEWER,
    )

    assert flags_of(None, [update(header=NEWER)]) == (expected,)
    assert header_version_flag(UPDATE_ID, NEW, NEWER) == expected
    assert kinds(None, update(header=NEW)) == []
    for versions in ((NEW, NEW), (None, NEW), (NEW, None)):
        assert header_version_flag(UPDATE_ID, *versions) is None


@pytest.mark.parametrize("spelling", ["0000b002", "B002", "0xB002"])
def test_another_spelling_of_a_version_is_no_other_version(spelling: str) -> None:
    new = FirmwareVersion("0000B002")
    written = FirmwareVersion(spelling)

    assert header_version_flag(UPDATE_ID, new, written) is None
    assert kinds(known(read(-1, written)), update(version=new, status=Status.ACCEPTED)) == [
        FlagKind.REQUEST_FOR_RUNNING_VERSION
    ]
    assert kinds(known(stated(1, firmware_version=new, smi_firmware_version=written))) == []


# The image itself.


def test_what_is_wrong_with_an_image_is_flagged() -> None:
    problem = "its header promises 9 octets in all, it has 8"
    (flag,) = flags_of(None, [replace(update(), image_problem=problem)])

    assert flag == Flag(kind=FlagKind.IMAGE_PROBLEM, request_id=UPDATE_ID, problem=problem)


# A Request ID with two contents.


@pytest.mark.parametrize(
    ("statements", "is_flagged"), [(0, False), (1, False), (2, True), (9, True)]
)
def test_a_request_id_under_which_different_contents_came_is_flagged(
    statements: int, is_flagged: bool
) -> None:
    expected = Flag(kind=FlagKind.REQUEST_STATED_TWICE, request_id=UPDATE_ID)
    assert repeated_request_flag(UPDATE_ID, statements) == (expected if is_flagged else None)


# All together.


def test_flags_come_in_the_order_of_their_kinds_whatever_the_order_of_the_statements() -> None:
    statements = [
        read(-1, OLD),
        stated(12, device_status="Suspended"),
        stated(13, firmware_version=OLD, smi_firmware_version=NEW),
    ]
    updates = [
        update(version=OLD, status=Status.ACCEPTED, submitted=14, counter=2, header=NEW),
        update(activation(11, REQUESTED, counter=2), activated),
    ]
    told = {tuple(kinds(known(*order), *updates)) for order in permutations(statements)}

    assert told == {
        (
            FlagKind.ACTIVATED_BUT_OLD_VERSION,
            FlagKind.ACTIVATION_NOT_ANSWERED,
            FlagKind.SUSPENDED,
            FlagKind.FIRMWARE_VERSION_MISMATCH,
            FlagKind.REQUEST_FOR_RUNNING_VERSION,
            FlagKind.HEADER_VERSION_DIFFERS,
        )
    }

"""The rules by which one of several facts counts."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from firmtrack.answers.side_parts import UNTOLD
from firmtrack.diagnosis.diagnose import diagnose
from firmtrack.diagnosis.phrases import as_sentence
from firmtrack.domain.disclosure import start_of_day
from firmtrack.domain.identifiers import FirmwareVersion
from firmtrack.domain.pace import Pace
from firmtrack.domain.reconciliation import Flag, FlagKind
from firmtrack.domain.remedy import Actor, Again
from firmtrack.domain.stages import ActivationStatus, Status
from tests.unit.diagnosis.facts import (
    HOUR,
    INVENTORY,
    LATER_REQUEST,
    OLD_VERSION,
    REQUEST,
    SINCE,
    SUBMITTED,
    USUAL,
    activation,
    distribution,
    entry,
    situation,
)


def test_an_activation_that_succeeded_counts_before_a_later_one_that_did_not() -> None:
    activated = activation(ActivationStatus.ACTIVATED)
    failed = activation(ActivationStatus.FAILED, reason="activation_failure")
    told = diagnose(situation(Status.VERIFIED, activations=(failed, activated)))
    assert "It activated the image" in told.sentence
    assert told.next_actor is Actor.NOBODY


def test_of_activations_without_success_the_latest_counts() -> None:
    refused = activation(ActivationStatus.FAILED, reason="E5")
    failed = activation(ActivationStatus.FAILED, reason="hash_mismatch")
    told = diagnose(situation(Status.VERIFIED, activations=(failed, refused)))
    assert "that the image that it holds is another one:" in told.sentence


def test_a_request_to_cancel_that_the_device_has_not_taken_leaves_the_activation() -> None:
    later = SINCE + timedelta(days=9)
    cancelling = activation(ActivationStatus.REQUESTED, is_cancelling=True)
    scheduled = activation(ActivationStatus.SCHEDULED, scheduled_for=later)
    told = diagnose(situation(Status.VERIFIED, activations=(cancelling, scheduled)))
    assert "It is to activate it on 23 November, 09:12 GMT." in told.sentence


def test_a_change_of_supplier_before_the_request_says_nothing_about_it() -> None:
    before, after = SUBMITTED - timedelta(hours=1), SUBMITTED
    told = [
        diagnose(situation(Status.VERIFIED, supplier_changed_at=at)).advice
        for at in (before, after)
    ]
    assert ["supplier changed" in advice for advice in told] == [False, True]


def test_only_a_later_request_outdoes_an_update_and_the_newest_is_named() -> None:
    earlier = distribution(Status.VERIFIED, request_id=LATER_REQUEST, submitted_at=SUBMITTED)
    told = diagnose(situation(Status.COMMS_HUB_DELIVERY_FAILED, other_updates=(earlier,)))
    assert told.next_actor is Actor.SUPPLIER
    later = [
        distribution(
            Status.VERIFIED,
            submitted_at=SUBMITTED + timedelta(days=days),
            firmware_version=FirmwareVersion(f"0{days}"),
        )
        for days in (1, 3, 2)
    ]
    outdone = diagnose(situation(Status.COMMS_HUB_DELIVERY_FAILED, other_updates=later))
    assert "version 03:" in outdone.advice
    assert (outdone.next_actor, outdone.resend) == (Actor.NOBODY, None)


def test_a_wait_that_a_later_success_has_ended_is_nobodys_and_has_no_pace() -> None:
    later = distribution(
        Status.VERIFIED, request_id=LATER_REQUEST, submitted_at=SUBMITTED + timedelta(days=1)
    )
    stalled = situation(Status.SENT_TO_CSP, 900 * HOUR, wait=USUAL)
    assert diagnose(stalled).pace is Pace.STALLED
    told = diagnose(replace(stalled, other_updates=(later,)))
    assert (told.pace, told.next_actor, told.resend) == (None, Actor.NOBODY, None)
    assert str(LATER_REQUEST) in told.advice
    earlier = replace(later, submitted_at=SUBMITTED)
    assert diagnose(replace(stalled, other_updates=(earlier,))).pace is Pace.STALLED


def test_a_failure_that_a_later_request_follows_up_asks_for_no_other() -> None:
    for status in (Status.RECEIVED, Status.SENT_TO_CSP):
        later = distribution(
            status, request_id=LATER_REQUEST, submitted_at=SUBMITTED + timedelta(days=1)
        )
        told = diagnose(
            situation(Status.COMMS_HUB_DELIVERY_FAILED, reason="N61", other_updates=(later,))
        )
        assert f"{LATER_REQUEST}, is under way" in told.advice
        assert "Send a new request" not in told.advice
        assert told.next_actor is Actor.NOBODY
        assert told.resend is not None
        assert told.resend.again is Again.WAIT


def test_a_failure_beside_an_open_update_waits_for_that_before_it_is_sent_again() -> None:
    earlier = distribution(Status.SENT_TO_CSP, request_id=LATER_REQUEST)
    for around in ({"other_updates": (earlier,)}, {"is_foreign_update_open": True}):
        told = diagnose(situation(Status.COMMS_HUB_DELIVERY_FAILED, reason="N61", **around))
        assert told.advice.startswith("Another update of the device is open:")
        assert told.next_actor is Actor.SUPPLIER


def test_an_activation_that_was_not_answered_needs_nothing_once_the_version_runs() -> None:
    runs = Flag(kind=FlagKind.VERSION_WITHOUT_ACTIVATION, request_id=REQUEST)
    lost = (activation(ActivationStatus.FAILED, reason="N13"),)
    without, told = (
        diagnose(situation(Status.VERIFIED, activations=lost, flags=flags))
        for flags in ((), (runs,))
    )
    assert without.next_actor is Actor.SUPPLIER
    assert told.next_actor is Actor.NOBODY
    assert "on this version all the same" in told.sentence


def test_an_activation_that_is_known_to_have_worked_is_not_said_to_be_lost() -> None:
    suspended = replace(INVENTORY, device_status="Suspended")
    worked, silent = (
        diagnose(situation(Status.VERIFIED, activations=(activation(status),), device=suspended))
        for status in (ActivationStatus.ACTIVATED, ActivationStatus.REQUESTED)
    )
    assert "its answer be lost" not in worked.advice
    assert "its answer be lost" in silent.advice


def test_dcc_answers_at_once_where_nothing_says_how_long_it_usually_takes() -> None:
    told = diagnose(situation(Status.RECEIVED, 5 * HOUR))
    assert "DCC answers a request at once." in told.sentence
    assert "If nothing comes, ask DCC’s Service Centre" in told.advice


def test_clocks_that_disagree_make_no_negative_wait() -> None:
    told = diagnose(situation(Status.SENT_TO_CSP, -9 * HOUR, wait=USUAL))
    assert "(as DCC dates it, which is still to come)" in told.sentence
    assert told.pace is Pace.USUAL


def test_clocks_that_are_a_little_apart_are_not_spoken_of() -> None:
    told = diagnose(situation(Status.SENT_TO_CSP, -60.0, wait=USUAL))
    assert "(less than a minute)" in told.sentence


def test_what_is_usual_that_could_not_be_told_is_not_called_unknown() -> None:
    told = diagnose(
        replace(situation(Status.SENT_TO_CSP, HOUR), is_usual_known=False, slow_seconds=None)
    )
    assert "Whether that is usual could not be told now." in told.sentence
    assert (told.waits, told.usual_seconds, told.pace) == (UNTOLD, None, None)


def test_the_evidence_is_the_latest_word_of_the_current_status() -> None:
    first = entry(Status.SENT_TO_CSP, SINCE - timedelta(hours=1))
    last = entry(Status.SENT_TO_CSP, message_id=UUID(int=2))
    told = diagnose(situation(Status.SENT_TO_CSP, history=(first, last)))
    assert told.evidence[0].message_id == UUID(int=2)


def test_a_flag_about_another_activation_casts_no_doubt() -> None:
    flag = Flag(
        kind=FlagKind.ACTIVATED_BUT_OLD_VERSION,
        request_id=LATER_REQUEST,
        found_version=OLD_VERSION,
    )
    done = (activation(ActivationStatus.ACTIVATED),)
    told = diagnose(situation(Status.VERIFIED, activations=done, flags=(flag,)))
    assert told.next_actor is Actor.NOBODY


def test_an_operators_wording_becomes_a_sentence() -> None:
    assert as_sentence("Hub is full") == "Hub is full."
    assert as_sentence("The hub is full.") == "The hub is full."


def test_what_is_cited_is_what_decides_though_an_own_message_of_that_day_says_the_same() -> None:
    own, anothers = (
        entry(Status.VERIFIED),
        entry(Status.VERIFIED, start_of_day(SINCE), message_id=None, is_anothers=True),
    )
    for is_anothers, cited in ((False, own.message_id), (True, None)):
        around = situation(Status.VERIFIED, history=(anothers, own))
        current = replace(around.distribution, is_anothers_event=is_anothers)
        first, *_ = diagnose(replace(around, distribution=current)).evidence
        assert first.message_id == cited

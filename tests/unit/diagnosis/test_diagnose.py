"""What holds of every diagnosis, whatever is known."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrack.answers.diagnoses import Diagnosis
from firmtrack.diagnosis.diagnose import diagnose
from firmtrack.diagnosis.news import news_of
from firmtrack.diagnosis.progress import ACTORS
from firmtrack.diagnosis.situation import Situation
from firmtrack.domain.facts import DeviceFacts, ImageFacts, IncidentKind
from firmtrack.domain.pace import Limits, Pace
from firmtrack.domain.reconciliation import Flag, FlagKind
from firmtrack.domain.remedy import Actor, Again
from firmtrack.domain.stages import (
    ActivationStatus,
    CompletionStatus,
    Party,
    Status,
    Variant,
    completion_of,
    stages_of,
)
from firmtrack.domain.waits import STEPS, Estimate, Stays
from firmtrack.duis import codes
from firmtrack.store.reports.waits import GROUP_FACTS, KnownWait
from tests.unit.diagnosis.facts import (
    ACTIVATION,
    DAY,
    DEVICE,
    HOUR,
    IMAGE,
    LATER_REQUEST,
    NEW_HUB,
    OLD_VERSION,
    REQUEST,
    SINCE,
    USUAL,
    VERSION,
    activation,
    distribution,
    entry,
    incident,
    situation,
)

EUI = re.compile(r"[0-9A-F]{2}(?:-[0-9A-F]{2}){7}", re.IGNORECASE)
OF_THE_VIEWER = {str(REQUEST.originator), str(REQUEST.target), str(DEVICE), str(NEW_HUB)}

codes_of_reasons = st.sampled_from([*codes.REASON_CODES, "N998", "E998877", "new_reason", "<b>"])
times = st.integers(-400, 400).map(lambda hours: SINCE + timedelta(hours=hours))
variants = st.sampled_from([*Variant, None])
statuses = st.sampled_from(Status)
words = st.none() | st.sampled_from(["Suspended", "Commissioned", "PPMID", "HCALCS", "EM-200"])
seconds = st.floats(0, 1e9)

devices = st.builds(
    DeviceFacts,
    device_id=st.just(DEVICE),
    learnt_at=times,
    device_type=words,
    manufacturer=words,
    model=words,
    device_status=words,
    csp_region=words,
    gbcs_version=words,
    firmware_version=st.none() | st.sampled_from([VERSION, OLD_VERSION]),
)
counts_by_step = st.dictionaries(st.integers(1, STEPS), st.integers(1, 10**6), max_size=5)
limits = st.none() | seconds
usuals = st.builds(
    KnownWait,
    limits=st.builds(
        Limits,
        slow_seconds=limits,
        allowed_seconds=limits,
        still_seconds=limits,
        moved_at=st.none() | times,
        left_seconds=limits,
        silent_from=st.none() | times,
        silent_seconds=limits,
        hub_seconds=limits,
    ),
    estimate=st.builds(
        Stays.of,
        counts_by_step.filter(lambda passed: sum(passed.values()) >= 100),
        counts_by_step,
        counts_by_step,
    ).map(Estimate),
    group=st.integers(0, len(GROUP_FACTS)).map(lambda facts: GROUP_FACTS[:facts]),
)
hardware = st.none() | st.integers(0, 0xFFFF)
images = st.builds(
    ImageFacts,
    size_bytes=st.just(1),
    minimum_hardware_version=hardware,
    maximum_hardware_version=hardware,
)
activations = st.builds(
    lambda status, changes: activation(status, **changes),
    st.sampled_from(ActivationStatus),
    st.fixed_dictionaries(
        {
            "reason": st.none() | codes_of_reasons,
            "is_cancelling": st.booleans(),
            "scheduled_for": st.none() | times,
            "updated_at": times,
        }
    ),
)
flags = st.builds(
    Flag,
    kind=st.sampled_from(FlagKind),
    request_id=st.none() | st.sampled_from([REQUEST, ACTIVATION]),
    found_version=st.just(OLD_VERSION),
)
updates = st.builds(
    lambda status, changes: distribution(status, request_id=LATER_REQUEST, **changes),
    statuses,
    st.fixed_dictionaries(
        {
            "submitted_at": times,
            "variant": variants,
            "firmware_version": st.none() | st.just(VERSION),
        }
    ),
)


incidents = st.builds(incident, st.sampled_from(IncidentKind), times, is_anothers=st.booleans())
unattributed = st.builds(
    lambda status, at, changes: entry(status, at, **changes),
    statuses,
    times,
    st.fixed_dictionaries(
        {
            "image_hash": st.none() | st.binary(min_size=32, max_size=32),
            "firmware_version": st.none() | st.sampled_from([VERSION, OLD_VERSION]),
        }
    ),
)


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    status = draw(statuses)
    return Situation(
        distribution=distribution(
            status,
            variant=draw(variants),
            reason=draw(st.none() | codes_of_reasons) if status.is_bad else None,
            firmware_version=draw(st.none() | st.just(VERSION)),
            image_hash=draw(st.none() | st.binary(min_size=32, max_size=32)),
        ),
        history=draw(st.lists(st.builds(entry, statuses, times), max_size=4)),
        now=draw(times),
        image=draw(st.none() | images),
        device=draw(st.none() | devices),
        activations=draw(st.lists(activations, max_size=3)),
        incidents=draw(st.lists(incidents, max_size=3)),
        unattributed=draw(st.lists(unattributed, max_size=2)),
        other_updates=draw(st.lists(updates, max_size=2)),
        is_foreign_update_open=draw(st.booleans()),
        flags=draw(st.lists(flags, max_size=3)),
        supplier_changed_at=draw(st.none() | times),
        wait=draw(st.none() | usuals),
        hub_since=draw(st.none() | times),
        slow_seconds=draw(st.none() | seconds),
    )


def texts_of(told: Diagnosis) -> Iterator[str]:
    yield from (told.sentence, told.advice)
    yield from (each.text for each in told.evidence)
    if told.resend is not None:
        yield from (told.resend.open_request, told.resend.expected, told.resend.version_path)


@given(situations())
def test_every_situation_is_told_in_whole_sentences(case: Situation) -> None:
    for text in texts_of(diagnose(case)):
        assert text[0].isupper() or text[0] == "“" or text.startswith("95%")
        assert text.endswith(".")
        assert "  " not in text
        assert ".." not in text
        assert "None" not in text


@given(situations())
def test_no_identifier_but_the_viewers_own_is_told(case: Situation) -> None:
    for text in texts_of(diagnose(case)):
        assert set(EUI.findall(text)) <= OF_THE_VIEWER


@given(situations())
def test_the_holder_is_who_must_do_the_next_stage(case: Situation) -> None:
    told = diagnose(case)
    status, variant = case.distribution.status, case.distribution.variant
    if completion_of(status, variant) is not CompletionStatus.IN_PROGRESS:
        assert (told.holder, told.pace, told.usual_seconds, told.waits) == (None,) * 4
        return
    ahead = [row.holder for row in stages_of(variant) if row.stage > status.stage]
    assert told.holder == (ahead or [Party.DEVICE])[0]


@given(situations())
def test_while_it_is_under_way_its_holder_decides_who_acts_next(case: Situation) -> None:
    told = diagnose(case)
    if told.holder is None:
        return
    is_activated = any(each.status is ActivationStatus.ACTIVATED for each in case.activations)
    if case.later_success is not None:
        assert told.next_actor is Actor.NOBODY
    elif news_of(case):
        assert is_activated or told.next_actor is not Actor.NOBODY
    elif is_activated:
        assert told.next_actor is Actor.NOBODY
    elif told.holder is Party.DEVICE and told.pace is Pace.STALLED:
        assert told.next_actor is Actor.SUPPLIER
    else:
        assert told.next_actor is ACTORS[told.holder]


@given(situations())
def test_waiting_longer_never_makes_the_pace_better(case: Situation) -> None:
    order = [Pace.USUAL, Pace.SLOW, Pace.STALLED]
    later = Situation(
        **{name: getattr(case, name) for name in Situation.__slots__ if name != "now"},
        now=case.now + timedelta(days=3),
    )
    first, second = diagnose(case).pace, diagnose(later).pace
    if first is None or second is None:
        assert first is second
    else:
        assert order.index(first) <= order.index(second)


@given(situations())
def test_nothing_is_sent_again_while_an_update_is_open(case: Situation) -> None:
    told = diagnose(case)
    if told.resend is not None and told.holder is not None:
        assert told.resend.again is Again.WAIT


@pytest.mark.parametrize("status", Status)
def test_late_word_of_success_clears_a_stall(status: Status) -> None:
    waiting = diagnose(situation(Status.DELIVERED_TO_COMMS_HUB, 30 * DAY, wait=USUAL))
    assert waiting.pace is Pace.STALLED
    moved_on = diagnose(situation(status, HOUR, wait=USUAL))
    assert moved_on.pace in {None, Pace.USUAL}


@pytest.mark.parametrize(
    ("waited", "pace"),
    [
        (0, Pace.USUAL),
        (26 * HOUR, Pace.USUAL),
        (26 * HOUR + 1, Pace.SLOW),
        (78 * HOUR, Pace.SLOW),
        (78 * HOUR + 1, Pace.STALLED),
    ],
)
def test_past_its_limits_it_is_slow_and_then_stalled(waited: float, pace: Pace) -> None:
    assert diagnose(situation(Status.SENT_TO_CSP, waited, wait=USUAL)).pace is pace


def test_what_is_usual_counts_before_what_an_operator_set() -> None:
    case = situation(Status.SENT_TO_CSP, 10 * HOUR, wait=USUAL, slow_seconds=HOUR)
    assert diagnose(case).pace is Pace.USUAL


def test_a_party_that_repeats_itself_starts_no_step_anew() -> None:
    first: datetime = SINCE - timedelta(days=9)
    history = (entry(Status.SENT_TO_CSP), entry(Status.SENT_TO_CSP, first))
    told = diagnose(situation(Status.SENT_TO_CSP, HOUR, wait=USUAL, history=history))
    assert (told.since, told.pace) == (first, Pace.STALLED)


def test_a_failure_is_dated_by_its_last_word() -> None:
    first = SINCE - timedelta(days=9)
    history = (
        entry(Status.COMMS_HUB_DELIVERY_FAILED),
        entry(Status.COMMS_HUB_DELIVERY_FAILED, first),
    )
    assert diagnose(situation(Status.COMMS_HUB_DELIVERY_FAILED, history=history)).since == SINCE


def test_evidence_names_the_message_that_decided() -> None:
    told = diagnose(situation(Status.DELIVERED_TO_COMMS_HUB))
    assert told.evidence[0].message_id == entry(Status.DELIVERED_TO_COMMS_HUB).message_id


@pytest.mark.parametrize("status", [status for status in Status if status.is_bad])
def test_every_reason_says_its_code_or_meaning_and_who_acts(status: Status) -> None:
    for code, row in codes.REASON_CODES.items():
        told = diagnose(situation(status, reason=code, image=IMAGE))
        assert told.next_actor is not Actor.NOBODY
        if row.meaning is None:
            assert (
                f"code {code}; Firmtrack does not know what it means: DUIS describes it."
                in told.sentence
            )
        elif codes.explains(code, status):
            assert row.meaning.lower() in told.sentence.lower()
        else:
            assert f"with code {code}; that code usually tells of something else" in told.sentence


def test_the_inventory_without_a_status_or_version_says_nothing_of_them() -> None:
    bare = DeviceFacts(device_id=DEVICE, learnt_at=None)
    without = diagnose(situation(Status.VERIFIED, device=None))
    assert diagnose(situation(Status.VERIFIED, device=bare)) == without

"""An answer never contradicts what its own page shows."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrack.diagnosis.diagnose import diagnose
from firmtrack.diagnosis.situation import Situation
from firmtrack.domain.facts import IncidentKind
from firmtrack.domain.remedy import Actor
from firmtrack.domain.stages import ActivationStatus, CompletionStatus, Stage, Status, Variant
from firmtrack.presentation.catalogue_incidents import INCIDENTS
from tests.unit.diagnosis.facts import (
    DAY,
    HOUR,
    IMAGE_HASH,
    LATER_REQUEST,
    OLD_VERSION,
    SINCE,
    USUAL,
    VERSION,
    activation,
    distribution,
    entry,
    incident,
    situation,
)

NOTHING_TO_DO = re.compile(
    r"nothing (for you )?to do|nothing for you|\bNothing\b|needs? nothing|no action", re.IGNORECASE
)
AFTER = SINCE + timedelta(hours=1)
GONE = {
    IncidentKind.DEVICE_REMOVED,
    IncidentKind.METER_DECOMMISSIONED,
    IncidentKind.PPMID_REMOVED,
}
OF_HUB = {IncidentKind.COMMS_HUB_DECOMMISSIONED, IncidentKind.COMMS_HUB_EXCHANGED}
OTHER_HASH = bytes(32)

times = st.integers(0, 200).map(lambda hours: SINCE + timedelta(hours=hours))
reasons = st.none() | st.sampled_from(
    ["N61", "N60", "N19", "N45", "8F1C", "8F72", "E4", "image_discarded", "X77", "I0"]
)
statuses = st.sampled_from([each for each in Status if each.stage is not Stage.RECEIVED])


@st.composite
def histories(draw: st.DrawFn) -> Situation:
    """A distribution that stands at the greatest of random words, with whatever befell it."""
    history = [
        entry(status, at, reason=draw(reasons) if status.is_bad else None)
        for status, at in draw(st.lists(st.tuples(statuses, times), min_size=1, max_size=6))
    ]
    current = max(history, key=lambda each: (each.status.stage, each.occurred_at))
    later = distribution(
        draw(statuses), request_id=LATER_REQUEST, submitted_at=draw(times), updated_at=draw(times)
    )
    return Situation(
        distribution=distribution(
            current.status,
            variant=draw(st.sampled_from(Variant)),
            reason=current.reason,
            updated_at=current.occurred_at,
        ),
        history=history,
        now=SINCE + timedelta(hours=400),
        wait=draw(st.none() | st.just(USUAL)),
        incidents=draw(
            st.lists(
                st.builds(
                    incident, st.sampled_from(IncidentKind), times, is_anothers=st.booleans()
                ),
                max_size=3,
            )
        ),
        unattributed=draw(
            st.lists(
                st.builds(
                    lambda status, at: entry(status, at, image_hash=OTHER_HASH),
                    st.sampled_from([Status.VERIFIED, Status.VERIFICATION_FAILED]),
                    times,
                ),
                max_size=2,
            )
        ),
        activations=draw(
            st.lists(
                st.builds(
                    lambda status, at: activation(status, updated_at=at, requested_at=at),
                    st.sampled_from(ActivationStatus),
                    times,
                ),
                max_size=2,
            )
        ),
        other_updates=draw(st.lists(st.just(later), max_size=1)),
    )


def bad_news(case: Situation) -> Iterator[datetime]:
    """When failures, removals and mismatches were told that bear on the distribution."""
    yield from (each.occurred_at for each in case.history if each.status.is_bad)
    yield from (each.occurred_at for each in case.unattributed)
    for each in case.incidents:
        kind = each.incident.kind
        at_hub = case.distribution.status is Status.DELIVERED_TO_COMMS_HUB
        if kind in GONE or (kind in OF_HUB and at_hub):
            yield each.ordered_at


def good_news(case: Situation) -> Iterator[datetime]:
    yield from (each.occurred_at for each in case.history if not each.status.is_bad)
    done = (each for each in case.activations if each.status is ActivationStatus.ACTIVATED)
    yield from (each.updated_at for each in done)


@given(histories())
def test_after_bad_news_nobody_is_told_that_there_is_nothing_to_do(case: Situation) -> None:
    if case.distribution.completion is CompletionStatus.SUCCESSFUL:
        return
    if max(bad_news(case), default=SINCE) < max(good_news(case), default=SINCE):
        return
    if not any(True for _ in bad_news(case)):
        return
    told = diagnose(case)
    assert NOTHING_TO_DO.search(told.sentence) is None, told.sentence
    assert NOTHING_TO_DO.search(told.advice) is None, told.advice


@given(histories())
def test_whatever_failed_is_never_said_to_need_nothing(case: Situation) -> None:
    if case.distribution.completion is not CompletionStatus.FAILED:
        return
    told = diagnose(case)
    assert NOTHING_TO_DO.search(told.sentence + told.advice) is None


@pytest.mark.parametrize("kind", [each for each in IncidentKind if each not in OF_HUB])
def test_an_incident_leads_the_answer_and_stands_in_its_evidence(kind: IncidentKind) -> None:
    told = diagnose(situation(Status.RECEIVED, wait=USUAL, incidents=(incident(kind),)))
    plain = diagnose(situation(Status.RECEIVED, wait=USUAL))
    if kind is IncidentKind.ALERT_THROTTLED:
        assert told == plain
        return
    assert plain.sentence.split(" (")[0] in told.sentence
    assert not told.sentence.startswith("The request has been")
    assert told.advice.startswith(INCIDENTS[kind].advice.user)
    assert told.next_actor is Actor.SUPPLIER
    source = incident(kind).source
    assert source is not None
    assert told.evidence[1].message_id == source.message_id


@pytest.mark.parametrize("kind", IncidentKind)
def test_an_incident_before_the_last_step_leads_nothing(kind: IncidentKind) -> None:
    before = incident(kind, SINCE - timedelta(hours=1))
    case = situation(Status.DELIVERED_TO_COMMS_HUB, wait=USUAL)
    assert diagnose(replace(case, incidents=(before,))) == diagnose(case)


@pytest.mark.parametrize("kind", sorted(OF_HUB))
def test_a_hub_that_is_gone_matters_only_while_the_image_is_there(kind: IncidentKind) -> None:
    gone = (incident(kind),)
    for status in (Status.SENT_TO_CSP, Status.TRANSFERRED_TO_DEVICE):
        case = situation(status, wait=USUAL)
        assert diagnose(replace(case, incidents=gone)) == diagnose(case)
    told = diagnose(situation(Status.DELIVERED_TO_COMMS_HUB, wait=USUAL, incidents=gone))
    assert "not likely to hand the image over any more" in told.sentence


def test_a_request_that_dcc_holds_is_held_however_late_its_own_arrival_is_known() -> None:
    early = incident(IncidentKind.REQUEST_QUARANTINED, SINCE - timedelta(days=3))
    told = diagnose(situation(Status.RECEIVED, incidents=(early,)))
    assert told.sentence.startswith("DCC said on 11 November, 09:12 GMT that it holds the request")
    answered = diagnose(situation(Status.ACCEPTED, incidents=(early,)))
    assert "quarantine" not in answered.sentence


def test_of_what_another_party_was_told_only_the_day_is_said() -> None:
    anothers = incident(IncidentKind.DEVICE_REMOVED, is_anothers=True)
    told = diagnose(situation(Status.SENT_TO_CSP, incidents=(anothers,)))
    assert "as it said on 14 November 2026." in told.sentence
    assert told.evidence[1].text == (
        "“Device removed from the inventory”, 14 November 2026: Another party’s message."
    )
    assert told.evidence[1].message_id is None


def test_another_image_of_unknown_kind_is_not_called_another() -> None:
    plain = entry(Status.VERIFIED, AFTER)
    same = entry(Status.VERIFIED, AFTER, image_hash=IMAGE_HASH)
    same_version = entry(Status.ACTIVATED, AFTER, firmware_version=VERSION)
    case = situation(Status.TRANSFERRED_TO_DEVICE, wait=USUAL)
    for told in (plain, same, same_version):
        assert diagnose(replace(case, unattributed=(told,))) == diagnose(case)
    other = entry(Status.ACTIVATED, AFTER, firmware_version=OLD_VERSION)
    assert OLD_VERSION in diagnose(replace(case, unattributed=(other,))).sentence


def test_a_success_of_the_activation_outlives_older_news() -> None:
    gone = incident(IncidentKind.DEVICE_REMOVED)
    done = activation(ActivationStatus.ACTIVATED, updated_at=SINCE + timedelta(hours=5))
    told = diagnose(
        situation(Status.TRANSFERRED_TO_DEVICE, DAY, incidents=(gone,), activations=(done,))
    )
    assert "it activated this image" in told.sentence
    undone = replace(done, updated_at=SINCE + timedelta(minutes=1))
    told = diagnose(
        situation(Status.TRANSFERRED_TO_DEVICE, 5 * HOUR, incidents=(gone,), activations=(undone,))
    )
    assert told.sentence.startswith("DCC removed the device")

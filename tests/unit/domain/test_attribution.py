"""Whose a word is that names no request: by the hash, the version, or whom it was sent to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrack.domain.attribution import Candidate, Clue, Evidence, best_candidate, is_refused_by
from firmtrack.domain.facts import Event
from firmtrack.domain.identifiers import (
    Eui64,
    FirmwareVersion,
    RequestId,
    comparable_version,
)
from firmtrack.domain.stages import Status
from tests.rules import StatusEvent, attribute
from tests.unit.domain.strategies import histories, request_ids, times

ALPHA = Eui64.parse("90-B3-D5-1F-30-01-00-00")
BRAVO = Eui64.parse("90-B3-D5-1F-30-02-00-00")
DCC = Eui64.parse("90-B3-D5-1F-30-00-00-02")
METER = Eui64.parse("00-DB-12-34-56-78-90-A1")
HASH, OTHER_HASH = b"\1" * 32, b"\2" * 32
VERSION, OTHER_VERSION = FirmwareVersion("0000A001"), FirmwareVersion("0000A002")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def request(
    counter: int,
    submitted_at: datetime | None = NOON,
    *versions: FirmwareVersion,
    originator: Eui64 = ALPHA,
    image_hash: bytes | None = HASH,
    is_refused: bool = False,
) -> Candidate:
    """Return a request for VERSION, unless it is for others."""
    return Candidate(
        request_id=RequestId(originator, DCC, counter),
        submitted_at=submitted_at,
        image_hash=image_hash,
        firmware_versions=versions or (VERSION,),
        is_refused=is_refused,
    )


def stub(counter: int, submitted_at: datetime | None = NOON, *, of: Eui64 = ALPHA) -> Candidate:
    """Return a request of which neither image nor version is known."""
    known = request(counter, submitted_at, originator=of, image_hash=None)
    return replace(known, firmware_versions=())


def receipt(occurred_at: datetime = NOON + DAY, image_hash: bytes = HASH) -> Event:
    return Event(
        device_id=METER, status=Status.VERIFIED, occurred_at=occurred_at, image_hash=image_hash
    )


def transfer(firmware_version: FirmwareVersion = VERSION) -> Event:
    return Event(
        device_id=METER,
        status=Status.TRANSFERRED_TO_DEVICE,
        occurred_at=NOON + DAY,
        firmware_version=firmware_version,
    )


def owner(event: Event, *candidates: Candidate, sent_to: Eui64 | None = ALPHA) -> RequestId | None:
    return attribute(event, sent_to, candidates)


hashes = st.sampled_from([None, HASH, OTHER_HASH])
versions = st.sampled_from([None, VERSION, OTHER_VERSION])
users = st.sampled_from([None, ALPHA, BRAVO])
candidates = st.lists(
    st.builds(
        Candidate,
        request_id=st.builds(
            RequestId, st.sampled_from([ALPHA, BRAVO]), st.just(DCC), st.integers(0, 4)
        ),
        submitted_at=st.none() | times,
        image_hash=hashes,
        firmware_versions=st.lists(
            st.sampled_from([VERSION, OTHER_VERSION, FirmwareVersion("a001")]), max_size=2
        ).map(tuple),
        is_refused=st.booleans(),
    ),
    max_size=6,
    unique_by=lambda candidate: candidate.request_id,
)
anonymous_events = st.builds(
    Event,
    device_id=st.just(METER),
    status=st.sampled_from(Status),
    occurred_at=times,
    image_hash=hashes,
    firmware_version=versions,
)
clues = st.builds(Clue, at=times, image_hash=hashes, firmware_version=versions, addressee=users)


def test_an_event_that_names_its_request_is_believed() -> None:
    named = RequestId(ALPHA, DCC, 7)
    event = replace(receipt(), request_id=named)

    assert owner(event, request(1)) == named
    assert owner(event) == named
    assert owner(event, replace(request(7), is_refused=True)) == named


def test_an_event_belongs_to_the_request_with_its_image() -> None:
    others = [request(1), request(2, image_hash=OTHER_HASH)]

    assert owner(receipt(), *others) == (ALPHA, DCC, 1)


def test_an_event_without_a_hash_belongs_to_the_request_with_its_version() -> None:
    others = [request(1), request(2, NOON, OTHER_VERSION)]

    assert owner(transfer(), *others) == (ALPHA, DCC, 1)


def test_the_newest_of_two_requests_with_the_same_image_has_the_event() -> None:
    older, newer = request(2, NOON - DAY), request(1, NOON)

    assert owner(receipt(), older, newer) == newer.request_id


def test_a_request_that_refused_the_device_takes_no_word_that_does_not_name_it() -> None:
    accepted, refused = request(1, NOON - DAY), request(2, NOON, is_refused=True)

    assert owner(receipt(), accepted, refused) == accepted.request_id
    assert owner(transfer(), accepted, refused) == accepted.request_id
    assert owner(receipt(), refused) is None


def test_among_equal_evidence_a_word_belongs_to_its_addressees_own_request() -> None:
    own, anothers = request(1, NOON - DAY), request(1, NOON, originator=BRAVO)

    assert owner(receipt(), own, anothers) == own.request_id
    assert owner(receipt(), own, anothers, sent_to=BRAVO) == anothers.request_id


def test_the_hash_ties_a_word_to_another_partys_request_rather_than_the_version_to_the_own() -> (
    None
):
    own = request(1, NOON, image_hash=None)
    anothers = request(1, NOON - DAY, originator=BRAVO)
    event = replace(receipt(), firmware_version=VERSION)

    assert owner(event, own, anothers) == anothers.request_id


def test_the_version_in_the_images_header_counts_as_the_stated_one_does() -> None:
    placeholder = FirmwareVersion("00000000")
    found = request(1, NOON, placeholder, VERSION, image_hash=None)

    assert owner(transfer(), found) == found.request_id
    assert owner(transfer(placeholder), found) == found.request_id
    assert owner(transfer(OTHER_VERSION), found) is None


@pytest.mark.parametrize("spelling", ["0000a001", "A001", "a001", "0A001", "0xA001", " A001 "])
def test_a_version_is_a_number_however_it_is_written(spelling: str) -> None:
    found = request(1, NOON, FirmwareVersion(spelling), image_hash=None)

    assert owner(transfer(), found) == found.request_id
    assert comparable_version(FirmwareVersion(spelling)) == VERSION


@pytest.mark.parametrize("spelling", ["A0010", "0xG", "v1", "1.2.3", "0x", "-A001"])
def test_what_is_no_such_number_equals_only_itself(spelling: str) -> None:
    found = request(1, NOON, FirmwareVersion(spelling), image_hash=None)

    assert owner(transfer(), found) is None
    assert owner(transfer(FirmwareVersion(spelling)), found) == found.request_id


def test_an_event_before_the_second_request_belongs_to_the_first() -> None:
    first, second = request(1, NOON), request(2, NOON + 2 * DAY)

    assert owner(receipt(NOON + DAY), first, second) == first.request_id


def test_an_event_at_the_very_moment_of_its_request_belongs_to_it() -> None:
    assert owner(receipt(NOON), request(1, NOON)) == (ALPHA, DCC, 1)


def test_an_event_before_every_request_fits_none() -> None:
    assert owner(receipt(NOON - DAY), request(1, NOON)) is None


def test_an_event_of_another_image_fits_none() -> None:
    assert owner(receipt(image_hash=OTHER_HASH), request(1)) is None


def test_a_differing_hash_is_not_healed_by_an_equal_version() -> None:
    event = replace(receipt(image_hash=OTHER_HASH), firmware_version=VERSION)

    assert owner(event, request(1)) is None


def test_an_equal_hash_outweighs_a_differing_version() -> None:
    event = replace(receipt(), firmware_version=OTHER_VERSION)

    assert owner(event, request(1)) == (ALPHA, DCC, 1)


def test_what_is_not_known_is_not_different_for_the_addressees_own_requests() -> None:
    older, newer = stub(1, NOON - DAY), stub(2)

    assert owner(receipt(), older, newer) == newer.request_id
    assert owner(receipt(), request(1, image_hash=None)) == (ALPHA, DCC, 1)
    assert owner(transfer(), stub(1)) == (ALPHA, DCC, 1)


def test_on_no_evidence_a_word_never_belongs_to_another_partys_request() -> None:
    assert owner(receipt(), stub(1, of=BRAVO)) is None
    assert owner(receipt(), stub(1), sent_to=None) is None
    assert owner(receipt(), stub(1, NOON - DAY), stub(1, of=BRAVO)) == (ALPHA, DCC, 1)


def test_any_evidence_outweighs_that_nothing_is_known() -> None:
    assert owner(transfer(), request(1, NOON - DAY), stub(2)) == (ALPHA, DCC, 1)
    assert owner(receipt(), request(1, NOON - DAY), stub(2)) == (ALPHA, DCC, 1)


def test_a_request_that_tells_no_time_counts_as_older_than_all_others() -> None:
    timeless, dated = request(9, None), request(1, NOON - 900 * DAY)

    assert owner(receipt(), timeless) == timeless.request_id
    assert owner(receipt(), timeless, dated) == dated.request_id


def test_a_request_that_turns_up_later_takes_the_event_over() -> None:
    first, late = request(1, NOON - DAY), request(2, NOON)

    assert owner(receipt(), first) == first.request_id
    assert owner(receipt(), first, late) == late.request_id


@given(st.data(), anonymous_events, users, candidates)
def test_the_order_of_the_requests_changes_nothing(
    data: st.DataObject, event: Event, user: Eui64 | None, requests: list[Candidate]
) -> None:
    shuffled = data.draw(st.permutations(requests))
    assert attribute(event, user, shuffled) == attribute(event, user, requests)


def plain_evidence(clue: Clue, candidate: Candidate) -> int:
    """The rule in other words: 3 the same hash, 2 the same version, 1 own and unknown, else 0."""
    hashes = {clue.image_hash, candidate.image_hash}
    numbers = {int(version, 16) for version in candidate.firmware_versions}
    if None not in hashes:
        return 3 if len(hashes) == 1 else 0
    if clue.firmware_version is not None and numbers:
        return 2 if int(clue.firmware_version, 16) in numbers else 0
    return 1 if candidate.request_id.originator == clue.addressee else 0


@given(clues, candidates)
def test_the_chosen_request_took_the_device_on_was_there_before_and_is_beaten_by_none(
    clue: Clue, requests: list[Candidate]
) -> None:
    rank = {
        each.request_id: (
            plain_evidence(clue, each),
            each.request_id.originator == clue.addressee,
            each.submitted_at is not None,
            each.submitted_at or NOON,
            each.request_id,
        )
        for each in requests
        if not each.is_refused
        and (each.submitted_at is None or each.submitted_at <= clue.at)
        and plain_evidence(clue, each)
    }

    chosen = best_candidate(clue, requests)

    if chosen is None:
        assert not rank
    else:
        assert rank[chosen.request_id] == max(rank.values())
        assert chosen.evidence == Evidence(rank[chosen.request_id][0])


@given(anonymous_events, users, candidates, st.sampled_from([HASH, OTHER_HASH]))
def test_a_request_for_another_image_changes_nothing(
    event: Event, user: Eui64 | None, requests: list[Candidate], image_hash: bytes
) -> None:
    event = replace(event, image_hash=HASH if image_hash == OTHER_HASH else OTHER_HASH)
    stranger = request(9, event.occurred_at, image_hash=image_hash)

    assert attribute(event, user, [*requests, stranger]) == attribute(event, user, requests)


@given(anonymous_events, users, candidates)
def test_a_request_that_refused_the_device_changes_nothing(
    event: Event, user: Eui64 | None, requests: list[Candidate]
) -> None:
    refused = request(9, event.occurred_at, is_refused=True)

    assert attribute(event, user, [*requests, refused]) == attribute(event, user, requests)


@given(anonymous_events, users, candidates, request_ids)
def test_no_request_changes_what_an_event_says_of_itself(
    event: Event, user: Eui64 | None, requests: list[Candidate], named: RequestId
) -> None:
    assert attribute(replace(event, request_id=named), user, requests) == named


def said(status: Status, day: int, *, of_device: bool = True) -> StatusEvent:
    return StatusEvent(
        status=status,
        names_device=of_device,
        occurred_at=NOON + day * DAY,
        digest=bytes([day]) * 32,
    )


def test_a_request_refused_a_device_if_its_greatest_word_says_so() -> None:
    refusal = said(Status.REJECTED, 2)
    accepted = said(Status.ACCEPTED, 1, of_device=False)
    sent = said(Status.SENT_TO_CSP, 3, of_device=False)

    assert is_refused_by([accepted, refusal, sent])
    assert is_refused_by([said(Status.REJECTED, 1, of_device=False)])
    assert not is_refused_by([accepted, sent])
    assert not is_refused_by([refusal, said(Status.DELIVERED_TO_COMMS_HUB, 1)])
    assert not is_refused_by([refusal, said(Status.ACCEPTED, 3)])
    assert not is_refused_by([])


@given(histories)
def test_no_request_refused_a_device_that_it_never_refused(events: list[StatusEvent]) -> None:
    kept = [event for event in events if event.status is not Status.REJECTED]
    assert not is_refused_by(kept)

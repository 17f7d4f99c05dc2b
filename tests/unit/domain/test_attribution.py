from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrack.domain.attribution import Candidate, agrees, attribute
from firmtrack.domain.facts import Event
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.domain.stages import Status
from tests.unit.domain.strategies import request_ids, times

ALPHA = Eui64.parse("90-B3-D5-1F-30-01-00-00")
DCC = Eui64.parse("90-B3-D5-1F-30-00-00-02")
METER = Eui64.parse("00-DB-12-34-56-78-90-A1")
HASH, OTHER_HASH = b"\1" * 32, b"\2" * 32
VERSION, OTHER_VERSION = FirmwareVersion("0000A001"), FirmwareVersion("0000A002")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def request(
    counter: int,
    submitted_at: datetime | None = NOON,
    image_hash: bytes | None = HASH,
    firmware_version: FirmwareVersion | None = VERSION,
) -> Candidate:
    return Candidate(
        request_id=RequestId(ALPHA, DCC, counter),
        submitted_at=submitted_at,
        image_hash=image_hash,
        firmware_version=firmware_version,
    )


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


hashes = st.sampled_from([None, HASH, OTHER_HASH])
versions = st.sampled_from([None, VERSION, OTHER_VERSION])
candidates = st.lists(
    st.builds(
        Candidate,
        request_id=request_ids,
        submitted_at=st.none() | times,
        image_hash=hashes,
        firmware_version=versions,
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


def test_an_event_that_names_its_request_is_believed() -> None:
    named = RequestId(ALPHA, DCC, 7)
    event = replace(receipt(), request_id=named)

    assert attribute(event, [request(1)]) == named
    assert attribute(event, []) == named


def test_an_event_belongs_to_the_request_with_its_image() -> None:
    assert attribute(receipt(), [request(1), request(2, image_hash=OTHER_HASH)]) == (ALPHA, DCC, 1)


def test_an_event_without_a_hash_belongs_to_the_request_with_its_version() -> None:
    others = [request(1), request(2, firmware_version=OTHER_VERSION)]

    assert attribute(transfer(), others) == (ALPHA, DCC, 1)


def test_the_newest_of_two_requests_with_the_same_image_has_the_event() -> None:
    older, newer = request(2, NOON - DAY), request(1, NOON)

    assert attribute(receipt(), [older, newer]) == newer.request_id


def test_an_event_before_the_second_request_belongs_to_the_first() -> None:
    first, second = request(1, NOON), request(2, NOON + 2 * DAY)

    assert attribute(receipt(NOON + DAY), [first, second]) == first.request_id


def test_an_event_at_the_very_moment_of_its_request_belongs_to_it() -> None:
    assert attribute(receipt(NOON), [request(1, NOON)]) == (ALPHA, DCC, 1)


def test_an_event_before_every_request_fits_none() -> None:
    assert attribute(receipt(NOON - DAY), [request(1, NOON)]) is None


def test_an_event_of_another_image_fits_none() -> None:
    assert attribute(receipt(image_hash=OTHER_HASH), [request(1)]) is None


def test_a_differing_hash_is_not_healed_by_an_equal_version() -> None:
    event = replace(receipt(image_hash=OTHER_HASH), firmware_version=VERSION)

    assert attribute(event, [request(1)]) is None


def test_an_equal_hash_outweighs_a_differing_version() -> None:
    event = replace(receipt(), firmware_version=OTHER_VERSION)

    assert attribute(event, [request(1)]) == (ALPHA, DCC, 1)


def test_the_version_decides_while_the_requests_hash_is_unknown() -> None:
    event = replace(receipt(), firmware_version=VERSION)

    assert attribute(event, [request(1, image_hash=None)]) == (ALPHA, DCC, 1)
    assert attribute(receipt(), [request(1, image_hash=None)]) is None


def test_a_request_that_tells_no_time_counts_as_older_than_all_others() -> None:
    timeless, dated = request(9, None), request(1, NOON - 900 * DAY)

    assert attribute(receipt(), [timeless]) == timeless.request_id
    assert attribute(receipt(), [timeless, dated]) == dated.request_id


def test_a_request_that_turns_up_later_takes_the_event_over() -> None:
    first, late = request(1, NOON - DAY), request(2, NOON)
    event = receipt()

    assert attribute(event, [first]) == first.request_id
    assert attribute(event, [first, late]) == late.request_id


@pytest.mark.parametrize("event", [receipt(), transfer()])
def test_a_request_of_which_neither_hash_nor_version_is_known_agrees_with_nothing(
    event: Event,
) -> None:
    unknown = request(1, image_hash=None, firmware_version=None)
    assert not agrees(event.image_hash, event.firmware_version, unknown)


@given(st.data(), anonymous_events, candidates)
def test_the_order_of_the_requests_changes_nothing(
    data: st.DataObject, event: Event, requests: list[Candidate]
) -> None:
    assert attribute(event, data.draw(st.permutations(requests))) == attribute(event, requests)


@given(anonymous_events, candidates)
def test_the_chosen_request_agrees_and_was_there_before_the_event_and_no_newer_one_does(
    event: Event, requests: list[Candidate]
) -> None:
    chosen = attribute(event, requests)
    fitting = {
        candidate.request_id: candidate.submitted_at
        for candidate in requests
        if agrees(event.image_hash, event.firmware_version, candidate)
        and (candidate.submitted_at is None or candidate.submitted_at <= event.occurred_at)
    }

    if chosen is None:
        assert not fitting
        return
    assert chosen in fitting
    submitted_at = fitting[chosen]
    for other in fitting.values():
        assert other is None or (submitted_at is not None and other <= submitted_at)


@given(anonymous_events, candidates, st.sampled_from([HASH, OTHER_HASH]))
def test_a_request_for_another_image_changes_nothing(
    event: Event, requests: list[Candidate], image_hash: bytes
) -> None:
    event = replace(event, image_hash=HASH if image_hash == OTHER_HASH else OTHER_HASH)
    stranger = request(3, event.occurred_at, image_hash=image_hash)

    assert attribute(event, [*requests, stranger]) == attribute(event, requests)


@given(anonymous_events, candidates, request_ids)
def test_no_request_changes_what_an_event_says_of_itself(
    event: Event, requests: list[Candidate], named: RequestId
) -> None:
    assert attribute(replace(event, request_id=named), requests) == named

"""Whose an event is, in every order in which the messages may come; the DUIS is read for real."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice, permutations

import pytest

from firmtrack.answers.devices import DeviceAnswer
from firmtrack.domain.attribution import Evidence
from firmtrack.domain.disclosure import start_of_day
from firmtrack.domain.identifiers import FirmwareVersion, RequestId
from firmtrack.domain.reconciliation import FlagKind
from firmtrack.domain.stages import CompletionStatus, Status
from firmtrack.domain.viewer import Viewer
from firmtrack.intake.envelopes import Envelope
from firmtrack.simulator.image import build_image
from firmtrack.store.consistency import disagreements
from firmtrack.store.reading import requests
from tests.looking import find_device
from tests.store import documents
from tests.store import test_past as past
from tests.store.documents import TOTAL_SIZE_AT, UPDATE, UPDATE_PPMID
from tests.store.facts import (
    ALL,
    ALPHA,
    ALPHA_ID,
    BRAVO,
    BRAVO_ID,
    DCC,
    DCC_ID,
    METER,
    STRANGER,
    VERSION,
    at,
)

pytestmark = pytest.mark.usefixtures("database")

FIRST, SECOND = RequestId(ALPHA_ID, DCC_ID, 1), RequestId(ALPHA_ID, DCC_ID, 2)
OF_BRAVO = RequestId(BRAVO_ID, DCC_ID, 2)
PLACEHOLDER, IN_HEADER = FirmwareVersion("00000000"), FirmwareVersion("ACDCACDC")


def in_many_orders(*envelopes: Envelope) -> Iterator[None]:
    """Take the messages in one by one, each time in another order; every fifth time all at once."""
    for number, order in enumerate(islice(permutations(envelopes), 0, None, 7)):
        past.empty()
        if number % 5:
            for each in order:
                documents.take(each)
        else:
            documents.take(*order)
        yield
        assert disagreements() == []


def seen(viewer: Viewer) -> DeviceAnswer:
    found = find_device(viewer, METER)
    assert found is not None
    return found


def statuses(viewer: Viewer) -> dict[RequestId, Status]:
    return {
        each.distribution.request_id: each.distribution.status
        for each in seen(viewer).distributions
    }


def test_a_refused_second_request_leaves_the_success_to_the_first() -> None:
    for _ in in_many_orders(
        documents.request(request_id=FIRST, sent_at=at(0)),
        documents.answer(at(1), request_id=FIRST),
        documents.request(request_id=SECOND, sent_at=at(10)),
        documents.answer(at(11), "W110101", request_id=SECOND, other_request_in_progress=(METER,)),
        documents.checked(at(20)),
    ):
        assert statuses(ALPHA) == {FIRST: Status.VERIFIED, SECOND: Status.REJECTED}


def test_the_same_of_a_ppmid() -> None:
    for _ in in_many_orders(
        documents.request(request_id=FIRST, sent_at=at(0), variant=UPDATE_PPMID),
        documents.answer(at(1), request_id=FIRST, variant=UPDATE_PPMID),
        documents.request(request_id=SECOND, sent_at=at(10), variant=UPDATE_PPMID),
        documents.answer(
            at(11), "W110401", request_id=SECOND, variant=UPDATE_PPMID,
            other_request_in_progress=(METER,),
        ),
        documents.ppmid_activated(at(20)),
    ):  # fmt: skip
        assert statuses(ALPHA) == {FIRST: Status.ACTIVATED, SECOND: Status.REJECTED}


def test_a_party_that_was_refused_sees_nothing_of_anothers_success() -> None:
    for _ in in_many_orders(
        documents.request(request_id=FIRST, sent_at=at(0), variant=UPDATE_PPMID),
        documents.answer(at(1), request_id=FIRST, variant=UPDATE_PPMID),
        documents.request(request_id=OF_BRAVO, sent_at=at(10), variant=UPDATE_PPMID),
        documents.answer(
            at(11), "W110401", request_id=OF_BRAVO, variant=UPDATE_PPMID,
            invalid_device_id=(METER,),
        ),
        documents.ppmid_activated(at(20)),
    ):  # fmt: skip
        assert statuses(ALPHA) == {FIRST: Status.ACTIVATED}
        assert statuses(BRAVO) == {OF_BRAVO: Status.REJECTED}
        reported = seen(BRAVO)
        assert reported.inventory is None
        assert not reported.unattributed
        assert not reported.has_inventory


def test_the_version_in_the_images_header_is_the_requests_too() -> None:
    for _ in in_many_orders(
        documents.request(
            request_id=FIRST, sent_at=at(0), variant=UPDATE_PPMID, version=PLACEHOLDER,
            header_version=IN_HEADER,
        ),
        documents.answer(at(1), request_id=FIRST, variant=UPDATE_PPMID),
        documents.ppmid_activated(at(20), version=IN_HEADER),
    ):  # fmt: skip
        assert statuses(ALPHA) == {FIRST: Status.ACTIVATED}
    for _ in in_many_orders(
        documents.request(
            request_id=FIRST, sent_at=at(0), version=PLACEHOLDER, header_version=IN_HEADER
        ),
        documents.answer(at(1), request_id=FIRST),
        documents.handed_over(at(20), version=IN_HEADER),
    ):
        assert statuses(ALPHA) == {FIRST: Status.TRANSFERRED_TO_DEVICE}


def test_an_event_that_nothing_speaks_against_belongs_to_a_request_never_seen() -> None:
    for _ in in_many_orders(
        documents.delivered(at(10), request_id=FIRST), documents.checked(at(20))
    ):
        assert statuses(ALPHA) == {FIRST: Status.VERIFIED}
        (entry, _delivered) = seen(ALPHA).distributions[0].history
        assert entry.evidence is Evidence.NOTHING_AGAINST


def test_an_image_of_another_size_than_its_header_says_is_flagged_and_still_has_its_hash() -> None:
    octets = bytearray(build_image(documents.plan(VERSION)))
    octets[TOTAL_SIZE_AT : TOTAL_SIZE_AT + 4] = (9_999).to_bytes(4, "little")
    for _ in in_many_orders(
        documents.request(request_id=FIRST, sent_at=at(0), image=bytes(octets)),
        documents.answer(at(1), request_id=FIRST),
        documents.checked(at(20)),
    ):
        assert statuses(ALPHA) == {FIRST: Status.VERIFIED}
        (flag,) = seen(ALPHA).flags
        assert flag.kind is FlagKind.IMAGE_PROBLEM
        assert flag.problem == "its header promises 9999 octets in all, it has 2000"
        found = requests.find_request(ALPHA, FIRST)
        assert found is not None
        assert found.flags == (flag,)


def test_an_envelope_from_after_dccs_answer_makes_the_request_no_younger() -> None:
    for _ in in_many_orders(
        documents.request(request_id=FIRST, sent_at=at(30)),
        documents.answer(at(1), request_id=FIRST),
        documents.checked(at(20)),
    ):
        assert statuses(ALPHA) == {FIRST: Status.VERIFIED}
        assert seen(ALPHA).distributions[0].distribution.submitted_at == at(1)


@pytest.mark.parametrize("is_known", [False, True])
def test_what_was_sent_to_a_party_it_always_sees(is_known: bool) -> None:
    alert = documents.ppmid_activated(at(20), sent_to=BRAVO_ID)
    asked_for = documents.upgrade_requested(at(2), sent_to=BRAVO_ID)
    documents.take(alert, asked_for)
    before = seen(BRAVO)
    if is_known:
        documents.take(
            documents.request(request_id=FIRST, sent_at=at(0), variant=UPDATE_PPMID),
            documents.answer(at(1), request_id=FIRST, variant=UPDATE_PPMID),
        )

    reported = seen(BRAVO)

    assert reported == before
    assert [each.status for each in reported.unattributed] == [Status.ACTIVATED, Status.RECEIVED]
    assert not reported.distributions
    assert find_device(STRANGER, METER) is None
    if is_known:
        assert statuses(ALPHA) == {FIRST: Status.ACTIVATED}


def test_after_a_change_of_supplier_the_sender_sees_the_day_of_what_the_new_one_was_sent() -> None:
    at_noon = at(3 * 60 + 17)
    for _ in in_many_orders(
        documents.request(request_id=FIRST, sent_at=at(0)),
        documents.answer(at(1), request_id=FIRST),
        documents.checked(at_noon, sent_to=BRAVO_ID),
    ):
        (of_alpha,) = seen(ALPHA).distributions
        entry = of_alpha.history[0]
        assert of_alpha.distribution.status is Status.VERIFIED
        assert of_alpha.distribution.completion is CompletionStatus.SUCCESSFUL
        assert of_alpha.distribution.updated_at == start_of_day(at_noon)
        assert entry.occurred_at == start_of_day(at_noon)
        assert (entry.message_id, entry.source_kind, entry.source_code) == (None, None, None)
        assert (entry.device_time, entry.is_anothers) == (None, True)
        assert listed_times(ALPHA) == [start_of_day(at_noon)]
        assert b"2026-03-01T00:00:00Z" in csv_of(ALPHA)

        (of_bravo,) = seen(BRAVO).unattributed
        assert (of_bravo.status, of_bravo.occurred_at) == (Status.VERIFIED, at_noon)
        assert listed_times(DCC) == [at_noon]
        assert b"2026-03-01T12:17:00Z" in csv_of(DCC)


def test_a_request_that_refuses_late_gives_back_what_it_had_taken() -> None:
    documents.take(
        documents.request(request_id=FIRST, sent_at=at(0)),
        documents.answer(at(1), request_id=FIRST),
        documents.request(request_id=SECOND, sent_at=at(10)),
        documents.checked(at(20)),
    )
    assert statuses(ALPHA) == {FIRST: Status.ACCEPTED, SECOND: Status.VERIFIED}

    documents.take(documents.answer(at(11), "E110101", request_id=SECOND))

    assert statuses(ALPHA) == {FIRST: Status.VERIFIED, SECOND: Status.REJECTED}


def test_a_later_event_that_names_it_makes_a_request_take_the_device_on_after_all() -> None:
    for _ in in_many_orders(
        documents.request(request_id=FIRST, sent_at=at(0)),
        documents.answer(
            at(1), "W110101", request_id=FIRST, variant=UPDATE, not_commissioned=(METER,)
        ),
        documents.delivered(at(10), request_id=FIRST),
        documents.checked(at(20)),
    ):
        assert statuses(ALPHA) == {FIRST: Status.VERIFIED}


def listed_times(viewer: Viewer) -> list[datetime]:
    page = requests.list_distributions(viewer, FIRST, ALL, limit=10)
    return [each.updated_at for each in page.items]


def csv_of(viewer: Viewer) -> bytes:
    return b"".join(
        requests.copy_distributions(
            viewer,
            FIRST,
            ALL,
            status_names={status: status.value for status in Status},
            reason_texts={},
            misfit_texts={},
        )
    )

"""What happened since somebody looked: everything once, and nothing that is not so any more."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.test import override_settings

from firmtrack.accounts.kinds import PartyKind
from firmtrack.accounts.models import User
from firmtrack.accounts.parties import add_party
from firmtrack.accounts.people import add_user
from firmtrack.accounts.viewers import viewer_of
from firmtrack.answers.happenings import Happenings, TroubleGroup
from firmtrack.domain.causes import Attribute, CauseKey, Trait
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.stages import Status
from firmtrack.domain.viewer import Viewer
from firmtrack.lookups import device
from firmtrack.lookups import request as request_lookup
from firmtrack.lookups.start import SinceLastLook, opened_last, since_last_look
from firmtrack.store.database import pool
from firmtrack.store.ledger.withdrawals import restore, withdraw
from firmtrack.store.reports import happenings, performance, standings
from firmtrack.store.visits import FIRST_SPAN, LONGEST_SPAN, VISIT_GAP
from tests.store.facts import (
    ALPHA,
    ALPHA_ID,
    BRAVO,
    BRAVO_ID,
    DCC,
    DCC_ID,
    METER,
    METERS,
    REQUEST_ID,
    STRANGER,
    answer,
    at,
    digest,
    reported,
    request,
    step,
    take,
)
from tests.store.test_withdrawals import reading

pytestmark = pytest.mark.usefixtures("database")

NOT_DELIVERED = Status.COMMS_HUB_DELIVERY_FAILED
DISCARDED = Status.DEVICE_TRANSFER_FAILED


def count() -> datetime:
    """Count as a server does, and return until when what happened is known."""
    with pool().connection() as connection:
        assert standings.count_due(connection)
    counted_at = happenings.last_counted_at()
    assert counted_at is not None
    return counted_at


def since(moment: datetime, viewer: Viewer = ALPHA) -> Happenings:
    until = happenings.last_counted_at()
    assert until is not None
    return happenings.happenings(viewer, moment, until, limit=5)


def ways(groups: Sequence[TroubleGroup]) -> list[tuple[Status, str | None, int]]:
    return [(each.status, each.reason, each.devices) for each in groups]


def failed(moment: datetime, viewer: Viewer = ALPHA) -> list[tuple[Status, str | None, int]]:
    return ways(since(moment, viewer).failed.largest)


def test_what_failed_is_told_once_by_request_and_reason() -> None:
    take(request(), answer(answered_at=at(1)))
    start = count()
    take(
        reported(NOT_DELIVERED, at(2), METERS[:2], reason="N61"),
        reported(DISCARDED, at(3), METERS[2:3], reason="image_discarded"),
    )
    then = count()
    assert failed(start) == [(NOT_DELIVERED, "N61", 2), (DISCARDED, "image_discarded", 1)]
    found = since(start).failed
    assert (found.groups, found.devices) == (2, 3)
    assert found.largest[0].request_id == REQUEST_ID
    assert failed(then) == []
    # A failure that is dated before, and one for another reason, are news; a repeat is none.
    take(
        reported(NOT_DELIVERED, at(0.5), METERS[3:4], reason="N61"),
        reported(NOT_DELIVERED, at(8), METERS[:1], reason="N61"),
        reported(NOT_DELIVERED, at(9), METERS[1:2], reason="N45"),
    )
    count()
    assert failed(then) == [(NOT_DELIVERED, "N45", 1), (NOT_DELIVERED, "N61", 1)]
    assert since(start).failed.devices == 4


def test_what_has_been_put_right_is_not_told_though_nobody_has_counted_since() -> None:
    asked = request(identity=digest("asked"))
    take(asked, answer(answered_at=at(1)))
    start = count()
    message = reported(NOT_DELIVERED, at(2), METERS[:1], reason="N61", identity=digest("failed"))
    take(message, reported(NOT_DELIVERED, at(2), METERS[1:2], reason="N61"))
    count()
    take(reported(Status.TRANSFERRED_TO_DEVICE, at(9), METERS[1:2]))
    assert failed(start) == [(NOT_DELIVERED, "N61", 1)]
    withdraw([message], "sent by mistake", reading(asked, message))
    assert failed(start) == []
    between = count()
    assert failed(start) == []
    restore([message], "it was none", reading(asked, message))
    count()
    assert failed(between) == [(NOT_DELIVERED, "N61", 1)]


def test_a_request_that_ended_is_told_until_it_is_under_way_again() -> None:
    take(request(device_ids=METERS[:2]), answer(answered_at=at(1)))
    start = count()
    take(reported(Status.VERIFIED, at(2), METERS[:1]))
    count()
    assert since(start).ended == []
    take(reported(Status.VERIFIED, at(3), METERS[1:2]))
    then = count()
    (ended,) = since(start).ended
    assert (ended.request_id, ended.device_count) == (REQUEST_ID, 2)
    assert since(then).ended == []
    # Another word about what has ended is no news.
    take(reported(Status.VERIFIED, at(4), METERS[1:2]))
    count()
    assert since(then).ended == []
    # A device that the request did not name before.
    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(5), METERS[4:5]))
    assert since(start).ended == []
    count()
    assert since(start).ended == []
    take(reported(Status.VERIFIED, at(6), METERS[4:5]))
    count()
    assert [each.request_id for each in since(then).ended] == [REQUEST_ID]


@pytest.fixture
def slow_after_an_hour() -> Iterator[None]:
    with override_settings(ENVIRONMENT=replace(settings.ENVIRONMENT, slow_after_hours=1)):
        yield


@pytest.mark.usefixtures("slow_after_an_hour")
def test_what_stalled_is_told_until_it_moves_on() -> None:
    take(request(), answer(answered_at=at(1)))
    take(step(Status.SENT_TO_CSP, at(2)))
    start = count()
    performance.refresh(now=at(3))
    assert since(start).stalled.devices == 0
    # Nothing comes: it is the clock alone that has them stall.
    with pool().connection() as connection:
        connection.execute("INSERT INTO cause_due SELECT request_key FROM request")
    performance.refresh(now=at(3) + timedelta(days=1))
    then = count()
    assert ways(since(start).stalled.largest) == [(Status.SENT_TO_CSP, None, len(METERS))]
    assert since(then).stalled.devices == 0
    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(90), METERS[:2]))
    assert since(start).stalled.devices == len(METERS) - 2
    count()
    assert since(start).stalled.devices == len(METERS) - 2
    # One fails at last: that is news, and it has stalled no more.
    take(reported(NOT_DELIVERED, at(95), METERS[3:4], reason="N61"))
    count()
    assert since(start).stalled.devices == len(METERS) - 3
    assert failed(then) == [(NOT_DELIVERED, "N61", 1)]


def test_a_party_is_told_of_its_own_alone_and_dcc_of_all() -> None:
    bravos = RequestId(BRAVO_ID, DCC_ID, 7)
    start = count()
    take(
        request(),
        request(bravos, METERS[:1]),
        reported(NOT_DELIVERED, at(2), METERS[:2], reason="N61"),
        reported(NOT_DELIVERED, at(2), METERS[:1], reason="N61", request_id=bravos),
    )
    count()
    assert failed(start, ALPHA) == [(NOT_DELIVERED, "N61", 2)]
    assert failed(start, BRAVO) == [(NOT_DELIVERED, "N61", 1)]
    assert [each.request_id for each in since(start, BRAVO).ended] == [bravos]
    assert since(start, ALPHA).ended == []
    nothing = since(start, STRANGER)
    assert (nothing.failed.devices, nothing.ended) == (0, [])
    assert since(start, DCC).failed.devices == 3


def test_the_largest_groups_are_told_and_how_many_there_are() -> None:
    start = count()
    made = [RequestId(ALPHA_ID, DCC_ID, number) for number in range(1, 9)]
    take(*(request(each, METERS) for each in made))
    take(
        *(
            reported(NOT_DELIVERED, at(2), METERS[: 1 + each.counter % 4], request_id=each)
            for each in made
        )
    )
    count()
    found = since(start).failed
    assert [each.devices for each in found.largest] == [4, 4, 3, 3, 2]
    assert (found.groups, found.devices) == (8, 20)


def test_what_was_recorded_before_anyone_counted_so_is_of_when_it_was_recorded() -> None:
    take(request(), reported(NOT_DELIVERED, at(2), METERS[:2], reason="N61"))
    with pool().connection() as connection:
        connection.execute("UPDATE standing_due SET is_old = true")
        connection.execute(
            "UPDATE dated_message SET recorded_at = %s WHERE kind = 4",
            (datetime(2026, 4, 1, tzinfo=UTC),),
        )
    count()
    assert failed(datetime(2026, 4, 2, tzinfo=UTC)) == []
    assert failed(datetime(2026, 3, 31, tzinfo=UTC)) == [(NOT_DELIVERED, "N61", 2)]


@pytest.fixture
def people() -> tuple[User, User, User]:
    alpha = add_party("Alpha Energy", PartyKind.LARGE_SUPPLIER, [ALPHA_ID])
    bravo = add_party("Bravo Power", PartyKind.SMALL_SUPPLIER, [BRAVO_ID])
    return (
        add_user("ada@alpha.example", alpha, "a long way to the meter"),
        add_user("alf@alpha.example", alpha, "a long way to the meter"),
        add_user("ben@bravo.example", bravo, "a long way to the meter"),
    )


People = tuple[User, User, User]


def told(looked: SinceLastLook) -> int:
    assert looked.found is not None
    return looked.found.failed.devices


def test_what_was_seen_is_told_for_the_visit_and_no_longer(people: People) -> None:
    ada, alf, ben = people
    now = datetime.now(UTC)
    take(request(), reported(NOT_DELIVERED, at(2), METERS[:1], reason="N61"))
    count()
    first = since_last_look(ada, now=now)
    assert (told(first), first.visit.last_at) == (1, None)
    assert first.visit.since == now - FIRST_SPAN
    # A minute later it is still there, and what came meanwhile with it.
    take(reported(NOT_DELIVERED, at(3), METERS[1:2], reason="N61"))
    seen_until = count()
    again = since_last_look(ada, now=now + timedelta(minutes=1))
    assert (told(again), again.visit.last_at) == (2, None)
    # In the next visit only what came after: of the one before nothing is lost, nothing told again.
    take(reported(NOT_DELIVERED, at(4), METERS[2:3], reason="N61"))
    count()
    later = now + timedelta(minutes=2) + VISIT_GAP
    for minutes in (0, 1, 30):
        next_visit = since_last_look(ada, now=later + timedelta(minutes=minutes))
        assert told(next_visit) == 1
        assert next_visit.visit.since == next_visit.visit.last_at == seen_until
    # Whoever has not looked has seen nothing.
    assert told(since_last_look(alf, now=later)) == 3
    assert told(since_last_look(ben, now=later)) == 0


def test_what_nobody_has_counted_yet_is_told_once_it_is(people: People) -> None:
    ada, *_ = people
    now = datetime.now(UTC)
    assert since_last_look(ada, now=now).found is None
    count()
    take(request(), reported(NOT_DELIVERED, at(2), METERS[:1], reason="N61"))
    assert told(since_last_look(ada, now=now)) == 0
    count()
    assert told(since_last_look(ada, now=now + 2 * VISIT_GAP)) == 1


def test_another_span_is_no_visit(people: People) -> None:
    ada, *_ = people
    now = datetime.now(UTC)
    take(request(), reported(NOT_DELIVERED, at(2), METERS[:1], reason="N61"))
    count()
    for _ in range(2):
        asked = since_last_look(ada, days=1, now=now)
        assert (told(asked), asked.visit.since) == (1, now - timedelta(days=1))
    assert since_last_look(ada, now=now).visit.last_at is None


def test_after_a_long_absence_it_is_said_when_one_looked(people: People) -> None:
    ada, *_ = people
    count()
    now = datetime.now(UTC)
    since_last_look(ada, now=now)
    after = since_last_look(ada, now=now + timedelta(days=200)).visit
    assert after.since == now + timedelta(days=200) - LONGEST_SPAN
    assert after.last_at is not None
    assert after.last_at < now
    assert not after.is_whole


def test_a_person_is_shown_what_they_opened_and_nobody_else_did(people: People) -> None:
    ada, alf, ben = people
    take(request(), request(RequestId(BRAVO_ID, DCC_ID, 7), METERS[:1]))
    viewer = viewer_of(ada)
    request_lookup.find_request(viewer, REQUEST_ID)
    device.find_device(viewer, METER)
    device.find_device(viewer, METERS[1])
    device.find_device(viewer, METER)
    request_lookup.find_request(viewer, RequestId(BRAVO_ID, DCC_ID, 7))  # not Ada's to see
    request_lookup.find_request(viewer_of(alf), REQUEST_ID)
    assert [each.found_id for each in opened_last(ada)] == [METER, METERS[1], REQUEST_ID]
    assert [each.found_id for each in opened_last(alf)] == [REQUEST_ID]
    assert opened_last(ben) == []


@pytest.mark.parametrize(
    "key",
    [
        CauseKey.of(NOT_DELIVERED, "N61", [Trait(Attribute.MODEL, "Q4")]),
        CauseKey.of(DISCARDED, None, [Trait(Attribute.MODEL, "A: 1")]),
        CauseKey.of(DISCARDED, None, [Trait(Attribute.CSP_REGION, "North West")]),
        CauseKey.of(
            Status.SENT_TO_CSP,
            None,
            [Trait(Attribute.CSP_REGION, "North"), Trait(Attribute.DEVICE_TYPE, "ESME")],
        ),
    ],
)
def test_a_cause_is_read_from_the_line_that_the_audit_keeps(key: CauseKey) -> None:
    assert CauseKey.of_line(str(key)) == key
    assert CauseKey.of_line(str(key)[:-1] + "\x00") is None
    assert CauseKey.of_line("anything") is None

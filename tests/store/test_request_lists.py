"""The list of requests is true now, whatever was counted and whatever came since."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmtrack.answers.request_lists import (
    ListedRequest,
    RequestFilter,
    RequestList,
    RequestPlace,
    RequestState,
)
from firmtrack.answers.requests import DistributionFilter
from firmtrack.domain.facts import Message
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.domain.pace import Pace
from firmtrack.domain.stages import CompletionStatus, Status
from firmtrack.domain.viewer import Viewer
from firmtrack.intake.files import envelopes_in
from firmtrack.intake.ingest import ingest
from firmtrack.intake.receive import Submitter
from firmtrack.simulator.scenario import Scenario
from firmtrack.store.database import pool
from firmtrack.store.ledger.recording import Batch, record
from firmtrack.store.ledger.withdrawals import restore, withdraw
from firmtrack.store.reading import requests
from firmtrack.store.reports import performance, standings
from firmtrack.store.reports.request_lists import list_requests
from tests.examples import examples
from tests.oracle.simulated import simulate
from tests.store import test_rules_in_sql as rules
from tests.store import test_withdrawals
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
    VERSION,
    answer,
    at,
    digest,
    reported,
    request,
    take,
)
from tests.store.test_withdrawals import reading

pytestmark = pytest.mark.usefixtures("database")

EVERY = RequestFilter()
OLDER = RequestId(ALPHA_ID, DCC_ID, 999)
BRAVOS = RequestId(BRAVO_ID, DCC_ID, 7)


def listed(viewer: Viewer = ALPHA, wanted: RequestFilter = EVERY) -> Sequence[ListedRequest]:
    return list_requests(viewer, wanted, limit=1000).items


def ids(found: RequestList | Sequence[ListedRequest]) -> list[RequestId]:
    items = found.items if isinstance(found, RequestList) else found
    return [each.request_id for each in items]


def count() -> None:
    with pool().connection() as connection:
        assert standings.count_due(connection)


def of_state(state: RequestState) -> list[RequestId]:
    return ids(listed(wanted=RequestFilter(state=state)))


def assert_true(viewer: Viewer, now: datetime | None = None) -> None:
    """Hold the list against each request's own look-up."""
    for each in listed(viewer):
        told = requests.find_request(viewer, each.request_id)
        assert told is not None
        assert each.completion_counts == told.completion_counts, each.request_id
        assert each.device_count == told.device_count
        rows = requests.list_distributions(
            viewer,
            each.request_id,
            DistributionFilter(completion=CompletionStatus.FAILED),
            limit=999,
        ).items
        expected = Counter((row.status, row.reason) for row in rows)
        assert each.failure_counts == expected
        assert list(each.failure_counts) == list(told.failure_counts)
        if now is not None:
            paces = requests.count_paces(viewer, each.request_id, now=now)
            stalled = sum(n for (_, pace), n in paces.items() if pace is Pace.STALLED)
            assert each.stalled_count == stalled


def test_a_simulated_world_is_listed_as_each_requests_look_up_tells_it(tmp_path: Path) -> None:
    start = datetime.now(UTC) - timedelta(days=30)
    scenario = Scenario(requests=14, devices=50, seed=3, start=start, days=30)
    world = simulate(scenario, tmp_path / "traffic.tar.gz")
    ingest(envelopes_in(world.written.traffic), Submitter.operator())
    assert_true(DCC)  # of what nobody has counted yet

    now = datetime.now(UTC)
    performance.refresh(now=now)
    assert_true(DCC, now)
    found = listed(DCC)
    assert [each.place for each in found] == sorted((each.place for each in found), reverse=True)
    assert len(found) >= 14
    assert any(each.stalled_count for each in found)
    assert any(len(each.failure_counts) > 1 for each in found)
    for state in RequestState:
        assert 0 < len(listed(DCC, RequestFilter(state=state))) < len(found)


def test_what_came_after_the_count_is_in_the_list_at_once() -> None:
    take(request(), answer(answered_at=at(1)))
    count()
    take(reported(Status.COMMS_HUB_DELIVERY_FAILED, at(5), METERS[:2], reason="N61"))
    assert_true(ALPHA)
    assert of_state(RequestState.WITH_FAILURES) == [REQUEST_ID]
    (found,) = listed()
    assert found.failure_counts == {(Status.COMMS_HUB_DELIVERY_FAILED, "N61"): 2}
    assert found.main_causes == [(Status.COMMS_HUB_DELIVERY_FAILED, "N61")]

    count()
    take(reported(Status.TRANSFERRED_TO_DEVICE, at(9), METERS[:2]))
    assert_true(ALPHA)
    assert of_state(RequestState.WITH_FAILURES) == []
    assert listed()[0].main_causes == []


@given(test_withdrawals.taken_back(), st.data())
@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_the_list_is_true_whatever_comes_and_goes_and_whenever_it_is_counted(
    drawn: tuple[rules.Delivery, list[tuple[bool, list[Message]]]], data: st.DataObject
) -> None:
    delivery, moves = drawn
    test_withdrawals.empty()
    for batch in delivery.batches:
        record(Batch(messages=batch), delivery.portions)
        if data.draw(st.booleans()):
            count()
        assert_true(DCC)
    for is_withdrawal, some in moves:
        if data.draw(st.booleans()):
            count()
        move = withdraw if is_withdrawal else restore
        move(some, "sent by mistake", reading(*delivery.history))
        assert_true(DCC)


def test_a_request_that_ends_and_begins_again_is_of_the_state_that_it_has_now() -> None:
    asked = request(device_ids=METERS[:1], identity=digest("asked"))
    take(asked, answer(answered_at=at(1)))
    count()
    assert (of_state(RequestState.UNDER_WAY), of_state(RequestState.ENDED)) == ([REQUEST_ID], [])
    verified = reported(Status.VERIFIED, at(9), identity=digest("verified"))
    take(verified)
    assert (of_state(RequestState.UNDER_WAY), of_state(RequestState.ENDED)) == ([], [REQUEST_ID])
    count()
    withdraw([verified], "sent by mistake", reading(asked, verified))
    assert (of_state(RequestState.UNDER_WAY), of_state(RequestState.ENDED)) == ([REQUEST_ID], [])
    count()
    restore([verified], "it was none", reading(asked, verified))
    assert_true(ALPHA)
    assert of_state(RequestState.ENDED) == [REQUEST_ID]


def test_a_word_that_names_no_request_counts_for_the_one_it_belongs_to_even_when_that_moves() -> (
    None
):
    take(request(OLDER, sent_at=at(0)), answer(OLDER, answered_at=at(1)))
    take(reported(Status.VERIFICATION_FAILED, at(90), request_id=None, version=VERSION))
    count()
    assert_true(ALPHA)
    assert [each.request_id for each in listed() if each.failure_counts] == [OLDER]
    # A request that comes late takes the word over.
    take(request(sent_at=at(60)), answer(answered_at=at(61)))
    assert_true(ALPHA)
    assert [each.request_id for each in listed() if each.failure_counts] == [REQUEST_ID]


def test_a_refusal_of_the_whole_request_counts_for_all_of_its_devices() -> None:
    take(request())
    count()
    take(answer(code="E110101"))
    assert_true(ALPHA)
    (found,) = listed()
    assert found.failure_counts == {(Status.REJECTED, "E110101"): len(METERS)}


def test_of_a_request_all_of_which_is_withdrawn_nothing_is_listed() -> None:
    only = request(identity=digest("only"))
    take(only)
    assert ids(listed()) == [REQUEST_ID]
    withdraw([only], "sent by mistake", reading(only))
    assert ids(listed()) == []


def test_a_party_sees_its_own_requests_alone_and_dcc_all() -> None:
    take(request(sent_at=at(0)), request(BRAVOS, METERS[:2], sent_at=at(1)))
    both = Viewer.of_user_ids("one of both", [ALPHA_ID, BRAVO_ID])
    for _ in range(2):
        assert ids(listed(ALPHA)) == [REQUEST_ID]
        assert ids(listed(BRAVO)) == [BRAVOS]
        assert ids(listed(STRANGER)) == []
        assert ids(listed(DCC)) == ids(listed(both)) == [BRAVOS, REQUEST_ID]
        count()
    assert not list_requests(STRANGER, EVERY, limit=5).has_any


def test_a_filter_takes_times_and_versions_however_they_are_spelled() -> None:
    take(
        request(OLDER, sent_at=at(0), version=FirmwareVersion("00010001")),
        request(sent_at=at(10), version=FirmwareVersion("00010002")),
    )

    def wanted(**filters: object) -> list[RequestId]:
        return ids(listed(wanted=RequestFilter(**filters)))  # type: ignore[arg-type]  # of the right types

    for spelled in ("00010001", "10001", "0x10001", " 00010001"):
        assert wanted(firmware_version=FirmwareVersion(spelled)) == [OLDER]
    assert wanted(firmware_version=FirmwareVersion("FF")) == []


def test_days_are_those_of_great_britain() -> None:
    # In summer a day of Great Britain begins at 23:00 UTC.
    at_midnight = datetime(2026, 6, 30, 23, 0, tzinfo=UTC)
    take(
        request(OLDER, sent_at=at_midnight - timedelta(seconds=1)),
        request(sent_at=at_midnight),
    )
    june, july = date(2026, 6, 30), date(2026, 7, 1)
    for wanted, expected in (
        (RequestFilter(submitted_from=july), [REQUEST_ID]),
        (RequestFilter(submitted_to=june), [OLDER]),
        (RequestFilter(submitted_from=june, submitted_to=july), [REQUEST_ID, OLDER]),
        (RequestFilter(submitted_from=date.min, submitted_to=date.max), [REQUEST_ID, OLDER]),
        (RequestFilter(submitted_from=date.max), []),
        (RequestFilter(submitted_to=date.min), []),
    ):
        assert ids(listed(wanted=wanted)) == expected


def test_pages_go_down_and_up_again_whatever_comes_meanwhile() -> None:
    made = [RequestId(ALPHA_ID, DCC_ID, number) for number in range(1, 12)]
    # Some at one time: then the ID decides.
    take(*(request(each, [METER], sent_at=at(each.counter // 3)) for each in made))
    newest_first = made[::-1]
    first = list_requests(ALPHA, EVERY, limit=4)
    assert (ids(first), first.has_newer, first.has_older) == (newest_first[:4], False, True)
    take(request(RequestId(ALPHA_ID, DCC_ID, 99), [METER], sent_at=at(99)))
    second = list_requests(ALPHA, EVERY, limit=4, below=first.items[-1].place)
    assert (ids(second), second.has_newer, second.has_older) == (newest_first[4:8], True, True)
    last = list_requests(ALPHA, EVERY, limit=4, below=second.items[-1].place)
    assert (ids(last), last.has_older) == (newest_first[8:], False)
    back = list_requests(ALPHA, EVERY, limit=4, above=last.items[0].place)
    assert ids(back) == ids(second)
    assert ids(list_requests(ALPHA, EVERY, limit=4, above=back.items[0].place)) == ids(first)
    above = list_requests(ALPHA, EVERY, limit=4, above=first.items[0].place)
    assert (len(above.items), above.has_newer) == (1, False)


def test_a_state_that_few_are_of_is_found_however_far_back() -> None:
    made = [RequestId(ALPHA_ID, DCC_ID, number) for number in range(1, 60)]
    take(*(request(each, [METER], sent_at=at(each.counter)) for each in made))
    take(*(answer(each, answered_at=at(100), code="E110101") for each in (made[0], made[7])))
    wanted = RequestFilter(state=RequestState.ENDED)
    for _ in range(2):
        first = list_requests(ALPHA, wanted, limit=1)
        assert (ids(first), first.has_older) == ([made[7]], True)
        last = list_requests(ALPHA, wanted, limit=1, below=first.items[0].place)
        assert (ids(last), last.has_older) == ([made[0]], False)
        assert ids(list_requests(ALPHA, wanted, limit=1, above=last.items[0].place)) == [made[7]]
        count()


def test_a_place_that_is_nobodys_is_a_place_all_the_same() -> None:
    take(request(sent_at=at(5)))
    place = RequestPlace(at(7), RequestId(Eui64(1), Eui64(2), 3))
    assert ids(list_requests(ALPHA, EVERY, limit=4, below=place)) == [REQUEST_ID]
    assert ids(list_requests(ALPHA, EVERY, limit=4, above=place)) == []

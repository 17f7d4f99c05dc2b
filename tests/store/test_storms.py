"""A device that repeats itself is answered as if each of its events were read singly."""

from dataclasses import replace
from datetime import datetime
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings

from firmtrack.answers.devices import HistoryEntry
from firmtrack.domain.dossier import Device, Distribution, ReportedEvent, fold
from firmtrack.domain.facts import Message
from firmtrack.domain.identifiers import FirmwareVersion
from firmtrack.domain.seeing import view_of
from firmtrack.domain.stages import Status
from firmtrack.domain.viewer import Viewer
from firmtrack.lookups import views
from firmtrack.lookups.device import PlaceGone, list_events
from firmtrack.lookups.seen import device_answer
from firmtrack.store.database import pool
from firmtrack.store.ledger.recording import Batch, record
from firmtrack.store.ledger.staging import writing_pool
from firmtrack.store.ledger.withdrawals import withdraw
from firmtrack.store.reading.dossiers import read_dossier
from tests.examples import examples
from tests.looking import find_device
from tests.store.drawn import METERS
from tests.store.facts import (
    ALPHA,
    ALPHA_ID,
    BRAVO_ID,
    DCC,
    METER,
    OTHER_VERSION,
    REQUEST_ID,
    STRANGER,
    VERSION,
    answer,
    at,
    inventory,
    reported,
    request,
    take,
)
from tests.store.test_rules_in_sql import empty, histories
from tests.store.test_withdrawals import BECAUSE, reading

pytestmark = pytest.mark.usefixtures("database")


def standing(each: Distribution) -> Distribution:
    """A distribution as it stands, without how its history was read."""
    return replace(each, history=())


def kinds(events: tuple[ReportedEvent, ...]) -> list[tuple[object, ...]]:
    """The events in their order, repeats that follow each other once, with how many they are."""
    found: list[tuple[object, ...]] = []
    for event in events:
        what = (event.status, event.names_device, event.reason, event.comms_hub_id,
                event.firmware_version, event.image_hash, event.evidence,
                event.reporter.kind, event.reporter.code, event.reporter.user_id)  # fmt: skip
        if found and found[-1][0] == what:
            found[-1] = (what, int(str(found[-1][1])) + event.times)
        else:
            found.append((what, event.times))
    return found


def read(meter: int, *, most_events: int) -> Device:
    with pool().connection() as connection:
        dossier = read_dossier(connection, METERS[meter], most_events=most_events)
    return fold(dossier)


@given(histories)
@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_events_read_by_runs_come_to_the_same_as_events_read_singly(history: list[Message]) -> None:
    empty()
    record(Batch(messages=history))
    for number in range(len(METERS)):
        single, runs = read(number, most_events=1_000), read(number, most_events=0)
        assert [standing(each) for each in runs.distributions] == [
            standing(each) for each in single.distributions
        ]
        assert [kinds(each.history) for each in runs.distributions] == [
            kinds(each.history) for each in single.distributions
        ]
        assert kinds(runs.unattributed) == kinds(single.unattributed)
        assert (runs.known, runs.named_hub) == (single.known, single.named_hub)
        seen = [device_answer(view_of(ALPHA, each)) for each in (single, runs)]
        assert seen[0] == seen[1]


def a_storm(count: int, *, version: FirmwareVersion = VERSION) -> None:
    take(
        *(
            reported(
                Status.TRANSFERRED_TO_DEVICE,
                at(10 + number),
                [METER],
                request_id=None,
                version=version,
                user_id=ALPHA_ID,
            )
            for number in range(count)
        )
    )


def test_repeats_are_one_entry_that_says_how_often_and_since_when() -> None:
    take(request(sent_at=at(0)), answer(answered_at=at(1)))
    a_storm(30)

    found = find_device(ALPHA, METER)

    assert found is not None
    latest = found.distributions[0].history[0]
    assert (latest.times, latest.first_at, latest.occurred_at) == (30, at(10), at(39))
    assert len(found.distributions[0].history) == 3


def test_a_run_is_cut_where_a_request_is_submitted_that_its_later_part_belongs_to() -> None:
    take(request(REQUEST_ID, [METER], sent_at=at(0), version=VERSION, image_hash=None))
    a_storm(30)
    second = REQUEST_ID._replace(counter=REQUEST_ID.counter + 1)
    take(request(second, [METER], sent_at=at(25), version=VERSION, image_hash=None))

    with pool().connection() as connection:
        device = fold(read_dossier(connection, METER, most_events=5))

    assert [
        (each.request_id, each.history[0].times, each.history[0].first_at)
        for each in device.distributions
    ] == [(second, 15, at(25)), (REQUEST_ID, 15, at(10))]


def test_a_storm_is_read_within_a_writers_transaction_too() -> None:
    take(request(sent_at=at(0)), answer(answered_at=at(1)))
    a_storm(30)

    with writing_pool().connection() as connection, connection.transaction():
        connection.execute("SELECT 1")
        within = fold(read_dossier(connection, METER, most_events=5))

    with pool().connection() as connection:
        assert within == fold(read_dossier(connection, METER, most_events=5))


def test_the_pages_of_a_long_history_fit_together_whatever_is_recorded_meanwhile() -> None:
    for number in range(10):
        a_storm_of_two(number)
    first = list_events(ALPHA, METER, None, limit=6)
    assert first is not None
    a_storm_of_two(99)
    a_storm_of_two(4.5)
    second = list_events(ALPHA, METER, None, limit=100, below=first.next_mark)
    assert second is not None
    assert (len(first.entries), first.following, second.skipped) == (6, 14, 8)
    assert (len(second.entries), second.following, second.next_mark) == (16, 0, None)
    pages = [*first.entries, *second.entries]
    times = [each.occurred_at for each in pages]
    assert times == sorted(times, reverse=True)
    assert len(set(times)) == 22
    assert max(times) < at(990) < at(999)
    assert at(45) in times


def test_the_pages_of_a_storm_fit_together_while_it_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(views, "read_dossier", partial(read_dossier, most_events=5))
    for number in range(5):
        a_storm_of_two(number)
        for _ in range(4):
            a_repeat(at(10 * number + 2))
    pages: list[HistoryEntry] = []
    below = None
    for number in range(15):
        found = list_events(ALPHA, METER, None, limit=1, below=below)
        assert found is not None
        assert found.skipped >= number
        pages += found.entries
        below = found.next_mark
        a_repeat(at(44))
        if below is None:
            break
    assert [each.times for each in pages] == [4, 1, 1] * 5
    assert len({each.mark for each in pages}) == 15


def by_runs(monkeypatch: pytest.MonkeyPatch) -> list[Message]:
    """Five pairs of repeats of two kinds by turns, so many that they are read by runs."""
    monkeypatch.setattr(views, "read_dossier", partial(read_dossier, most_events=5))
    events = [
        reported(
            Status.TRANSFERRED_TO_DEVICE,
            at(10 + number),
            request_id=None,
            version=OTHER_VERSION if number // 2 % 2 else VERSION,
        )
        for number in range(10)
    ]
    take(*events)
    return events


def test_a_run_that_grows_below_the_place_is_gone_on_from(monkeypatch: pytest.MonkeyPatch) -> None:
    by_runs(monkeypatch)
    first = list_events(ALPHA, METER, None, limit=2)
    assert first is not None
    assert [each.times for each in first.entries] == [2, 2]
    take(
        reported(Status.TRANSFERRED_TO_DEVICE, at(15.5), request_id=None, version=OTHER_VERSION),
    )
    second = list_events(ALPHA, METER, None, limit=9, below=first.next_mark)
    assert second is not None
    assert [(each.times, each.occurred_at) for each in second.entries] == [
        (1, at(15.5)), (2, at(15)), (2, at(13)), (2, at(11)),
    ]  # fmt: skip


def test_runs_that_become_one_are_gone_on_from(monkeypatch: pytest.MonkeyPatch) -> None:
    events = by_runs(monkeypatch)
    first = list_events(ALPHA, METER, None, limit=1)
    assert first is not None
    withdraw(events[6:8], BECAUSE, reading(*events))
    second = list_events(ALPHA, METER, None, limit=9, below=first.next_mark)
    assert second is not None
    assert [(each.times, each.occurred_at) for each in second.entries] == [
        (2, at(15)), (2, at(13)), (2, at(11)),
    ]  # fmt: skip


def test_anothers_update_stands_the_same_however_its_events_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    take(request(sent_at=at(0)), answer(answered_at=at(1)))
    take(inventory(at(2), responsible_supplier=BRAVO_ID))
    for number in range(4):
        take(
            reported(Status.DEVICE_TRANSFER_FAILED, at(10 + 3 * number), reason="8F1C"),
            reported(Status.TRANSFERRED_TO_DEVICE, at(11 + 3 * number)),
            reported(Status.TRANSFERRED_TO_DEVICE, at(12 + 3 * number)),
        )
    supplier = Viewer.of_user_ids("Ben", [BRAVO_ID], sees_others_updates=True)
    singly = find_device(supplier, METER)
    monkeypatch.setattr(views, "read_dossier", partial(read_dossier, most_events=5))

    assert singly is not None
    assert find_device(supplier, METER) == singly
    (update,) = singly.others_updates
    assert [(each.status, each.occurred_at) for each in update.steps] == [
        (Status.TRANSFERRED_TO_DEVICE, at(21)),
        (Status.DEVICE_TRANSFER_FAILED, at(19)),
        (Status.ACCEPTED, at(1)),
        (Status.RECEIVED, at(0)),
    ]


def test_a_place_in_another_history_or_of_what_was_taken_back_is_gone() -> None:
    events = [
        reported(
            Status.TRANSFERRED_TO_DEVICE, at(number), [meter], request_id=None, version=version
        )
        for meter in METERS[:2]
        for number, version in enumerate((VERSION, OTHER_VERSION, VERSION))
    ]
    take(*events)
    first = list_events(ALPHA, METERS[0], None, limit=2)
    assert first is not None
    assert list_events(ALPHA, METERS[0], None, limit=2, below=first.next_mark) is not None

    with pytest.raises(PlaceGone):
        list_events(ALPHA, METERS[1], None, limit=2, below=first.next_mark)
    assert list_events(ALPHA, METERS[0], REQUEST_ID, limit=2, below=first.next_mark) is None
    withdraw([events[1]], BECAUSE, reading())
    with pytest.raises(PlaceGone):
        list_events(ALPHA, METERS[0], None, limit=2, below=first.next_mark)


def a_repeat(occurred_at: datetime) -> None:
    take(
        reported(
            Status.TRANSFERRED_TO_DEVICE,
            occurred_at,
            [METER],
            request_id=None,
            version=FirmwareVersion("00000007"),
            user_id=ALPHA_ID,
        )
    )


def a_storm_of_two(number: float) -> None:
    """Two events that differ, so that nothing of them is a repeat."""
    for place, version in enumerate((VERSION, OTHER_VERSION)):
        take(
            reported(
                Status.TRANSFERRED_TO_DEVICE,
                at(10 * number + place),
                [METER],
                request_id=None,
                version=version,
                user_id=ALPHA_ID,
            )
        )


def test_a_history_is_listed_only_to_those_who_see_it() -> None:
    take(request(sent_at=at(0)), answer(answered_at=at(1)))

    assert list_events(STRANGER, METER, None, limit=10) is None
    assert list_events(STRANGER, METER, REQUEST_ID, limit=10) is None
    assert list_events(DCC, METER, REQUEST_ID._replace(counter=7), limit=10) is None
    mine = list_events(ALPHA, METER, REQUEST_ID, limit=1)
    assert mine is not None
    assert (len(mine.entries), mine.following) == (1, 1)

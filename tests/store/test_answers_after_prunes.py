"""Whatever is asked of what stays after a prune is answered as before, word for word."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from firmtrack.answers.causes import CausesQuestion
from firmtrack.answers.performance import PerformanceFilter
from firmtrack.answers.request_lists import RequestFilter
from firmtrack.answers.requests import DistributionFilter
from firmtrack.answers.side_parts import UNTOLD
from firmtrack.diagnosis.requests import summary_of
from firmtrack.domain.facts import Message
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.pace import Pace
from firmtrack.domain.stages import CompletionStatus, Status
from firmtrack.domain.viewer import Viewer
from firmtrack.domain.voice import voice_for
from firmtrack.lookups.as_of import Settled
from firmtrack.lookups.causes import find_causes, words_of
from firmtrack.lookups.device import find_device, list_events
from firmtrack.lookups.inventory import find_inventory
from firmtrack.lookups.message import find_message
from firmtrack.lookups.performance import delivery_performance
from firmtrack.lookups.request import download_distributions, open_request_page
from firmtrack.lookups.request_list import list_requests
from firmtrack.presentation import documents
from firmtrack.store.database import pool
from firmtrack.store.retention.facts import prune_facts
from tests.examples import examples
from tests.store.drawn import METERS
from tests.store.facts import (
    ALPHA,
    ALPHA_ID,
    BRAVO,
    DCC,
    DCC_ID,
    STRANGER,
    inventory,
    meter,
    reported,
    request,
    take,
)
from tests.store.pruned import (
    APRIL,
    MARCH,
    MAY,
    NOW,
    day,
    empty_all,
    first,
    histories,
)
from tests.store.pruned_world import World, known_to_stay
from tests.store.test_retention_months import count_all

VIEWERS = (ALPHA, BRAVO, DCC, STRANGER)
RECENT = RequestId(ALPHA_ID, DCC_ID, 950)
LATELY = NOW - timedelta(days=10)
FILTERS = (
    DistributionFilter(),
    DistributionFilter(completion=CompletionStatus.FAILED),
    DistributionFilter(completion=CompletionStatus.IN_PROGRESS),
    DistributionFilter(status=Status.VERIFIED),
    DistributionFilter(reason="N61"),
    DistributionFilter(pace=Pace.USUAL),
)

Update = tuple[Eui64, RequestId]
Told = dict[tuple[object, ...], object]


def recent() -> Iterator[Message]:
    """Yield a request that stays whole, in which meters of one model fail."""
    devices = [meter(2_000 + number) for number in range(60)]
    yield request(RECENT, devices, sent_at=LATELY)
    for number, each in enumerate(devices):
        yield inventory(
            LATELY, each, manufacturer="0123", model="odd" if number % 3 == 0 else "even"
        )
    failing = devices[::3] + devices[1:6:3]
    yield reported(Status.DEVICE_TRANSFER_FAILED, LATELY, failing, request_id=RECENT, reason="N61")
    yield reported(Status.VERIFIED, NOW - timedelta(days=8), devices[7::3], request_id=RECENT)
    yield reported(Status.VERIFIED, NOW - timedelta(days=8), devices[8::3], request_id=RECENT)


def record_then(begins_at: datetime) -> None:
    """Make all recorded when it was said, so that there is a past to ask about."""
    with pool().connection() as connection:
        tables = connection.execute(
            "SELECT c.relname, bool_or(a.attname = 'occurred_at') FROM pg_class AS c"
            " JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
            " AND NOT c.relispartition"
            " GROUP BY c.relname HAVING bool_or(a.attname = 'recorded_at')"
        ).fetchall()
        for table, has_time in tables:
            told_at = "least(greatest(occurred_at, %(begins_at)s), now())"
            connection.execute(
                sql.SQL("UPDATE {} SET recorded_at = {}").format(
                    sql.Identifier(table), sql.SQL(told_at if has_time else "%(begins_at)s")
                ),
                {"begins_at": begins_at},
            )


def of_devices(stays: set[Update], viewer: Viewer, as_of: Settled | None) -> Told:
    told: Told = {}
    for device_id in {device_id for device_id, _ in stays}:
        found = find_device(viewer, device_id, as_of=as_of)
        key = (device_id, viewer.name, as_of)
        told["device", *key] = found and documents.encode(
            documents.device(found.device, found.diagnoses, found.response_ids, found.voice)
        )
        known = find_inventory(viewer, device_id, as_of=as_of)
        told["inventory", *key] = known and (
            replace(known.inventory, hub_devices=()),  # others, whose updates may have gone
            known.diagnosis,
        )
    for device_id, request_id in stays:
        told["events", device_id, request_id, viewer.name, as_of] = list_events(
            viewer, device_id, request_id, limit=50, as_of=as_of
        )
    return told


def of_requests(
    stays: set[Update], thinned: set[RequestId], viewer: Viewer, as_of: Settled | None
) -> Told:
    """Return what is told of requests; of those that prunes have thinned, their rows that stay."""
    told: Told = {}
    for request_id in {request_id for _, request_id in stays}:
        left = {device_id for device_id, one in stays if one == request_id}
        for wanted in FILTERS if request_id in {RECENT, *thinned} else FILTERS[:1]:
            page = open_request_page(viewer, request_id, wanted, limit=50, as_of=as_of)
            file = download_distributions(viewer, request_id, wanted, as_of=as_of)
            key = (request_id, viewer.name, as_of, wanted)
            told["request", *key] = None
            if page is None:
                assert file is None
                continue
            assert page.distributions is not UNTOLD
            assert file is not None
            assert file is not UNTOLD
            rows, found = page.distributions.items, page.found.request
            lines = b"".join(file.blocks).splitlines()[1:]
            if request_id in thinned:
                told["rows", *key] = [each for each in rows if each.device_id in left]
                told["csv", *key] = [
                    line for line in lines if Eui64.parse(line.split(b",")[2].decode()) in left
                ]
            else:
                told["rows", *key], told["csv", *key] = page.distributions, lines
                told["counts", *key] = (page.found.paces, page.found.slower, file.rows)
                told["request", *key] = documents.encode(
                    documents.service_request(found, summary_of(found))
                )
    return told


def of_all(
    stays: set[Update], thinned: set[RequestId], viewer: Viewer, kept_from: datetime
) -> Told:
    whole = {request_id for _, request_id in stays} - thinned
    told: Told = {}
    listed = list_requests(viewer, RequestFilter(), limit=1_000)
    told["listed", viewer.name] = [each for each in listed.items if each.request_id in whole]
    causes = find_causes(viewer, CausesQuestion())
    assert causes is not None
    told["causes", viewer.name] = (causes.causes, words_of(causes, voice_for(viewer), kept_from))
    of_one = find_causes(viewer, CausesQuestion(request_id=RECENT))
    told["causes of one", viewer.name] = of_one and of_one.causes
    figures = delivery_performance(viewer, PerformanceFilter(first=kept_from.date()))
    # When they were counted is another moment.
    told["performance", viewer.name] = replace(figures, counted=None)  # type: ignore[arg-type]  # never None
    return told


def told_of(world: World, stays: set[Update], kept_from: datetime) -> Told:
    """Return all that is told of what stays: now to everyone, of past moments to who sees most."""
    told: Told = {}
    thinned = {world.request_id}
    for viewer in VIEWERS:
        past = [Settled(kept_from), Settled(NOW - timedelta(days=9))] if viewer is DCC else []
        for as_of in (None, *past):
            told |= of_devices(stays, viewer, as_of) | of_requests(stays, thinned, viewer, as_of)
        told |= of_all(stays, thinned, viewer, kept_from)
    for story in world.stories:
        if (story.device_id, story.request_id) in stays:
            for each in story.messages:
                told["message", each.message_id] = find_message(ALPHA, each.message_id)
    return told


def changed(before: Told, after: Told) -> list[tuple[object, ...]]:
    assert before.keys() == after.keys()
    return [key for key, each in before.items() if after[key] != each]


@pytest.mark.usefixtures("own_database")
def test_of_what_stays_every_answer_is_the_same_as_before() -> None:
    world, month = World(), 5
    world.tell()
    take(*recent())
    record_then(first(1))
    count_all()
    stays = known_to_stay(world, month) | {(meter(2_000 + number), RECENT) for number in (0, 1, 30)}
    before = told_of(world, stays, first(month))
    assert before["causes", ALPHA.name] != ((), [])

    prune_facts(first(month), is_rehearsal=False)

    assert changed(before, told_of(world, stays, first(month))) == []
    count_all()
    assert changed(before, told_of(world, stays, first(month))) == []


def words_of_first(viewer: Viewer) -> object:
    found = find_device(viewer, meter(1))
    assert found is not None
    return found.diagnoses[RequestId(ALPHA_ID, DCC_ID, 1)]


@pytest.mark.usefixtures("own_database")
@pytest.mark.parametrize(
    "later",
    [
        # That update has ended, and nobody else is to act.
        [
            request(
                RequestId(ALPHA_ID, DCC_ID, 2), [meter(1)], sent_at=day(3, 2), image_hash=b"2" * 32
            ),
            reported(
                Status.VERIFIED, day(3, 4), [meter(1)], request_id=RequestId(ALPHA_ID, DCC_ID, 2)
            ),
        ],
        # A word that fits no update, and tells of another image.
        [reported(Status.VERIFIED, day(3, 4), [meter(1)], request_id=None, image_hash=b"3" * 32)],
    ],
    ids=["a later success", "another image"],
)
def test_an_update_that_never_ended_is_explained_as_before(later: Sequence[Message]) -> None:
    stuck = RequestId(ALPHA_ID, DCC_ID, 1)
    arrived = reported(Status.DELIVERED_TO_COMMS_HUB, day(2, 3), [meter(1)], request_id=stuck)
    take(request(stuck, [meter(1)], sent_at=day(2, 2)), arrived)
    plain = words_of_first(ALPHA)
    take(*later)
    before = [words_of_first(viewer) for viewer in (ALPHA, DCC)]
    assert plain not in before

    prune_facts(first(6), is_rehearsal=False)
    prune_facts(first(7), is_rehearsal=False)

    assert [words_of_first(viewer) for viewer in (ALPHA, DCC)] == before


class ToldOfUpdates(NamedTuple):
    """What all viewers are told of each update, what of it in words, and what fits none of them."""

    facts: dict[tuple[str, Eui64, RequestId], object]
    words: dict[tuple[str, Eui64, RequestId], object]
    beside: dict[tuple[str, Eui64], object]


def told_of_updates() -> ToldOfUpdates:
    told = ToldOfUpdates({}, {}, {})
    for viewer in VIEWERS:
        for device_id in METERS:
            found = find_device(viewer, device_id)
            if found is None:
                continue
            told.beside[viewer.name, device_id] = found.device.unattributed
            for each in found.device.distributions:
                request_id = each.distribution.request_id
                told.facts[viewer.name, device_id, request_id] = each
                told.words[viewer.name, device_id, request_id] = found.diagnoses[request_id]
    return told


@pytest.mark.usefixtures("own_database")
@given(history=histories, kept_from=st.sampled_from([MARCH, APRIL, MAY, MAY]))
@settings(
    max_examples=examples(80),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_befell_it_what_stays_is_told_as_before(
    history: Sequence[Message], kept_from: datetime
) -> None:
    empty_all()
    take(*history)
    before = told_of_updates()

    prune_facts(kept_from, is_rehearsal=False)

    after = told_of_updates()
    assert after.facts == {key: before.facts[key] for key in after.facts}
    # What a viewer was told of another's update stands beside its own, and goes with the other.
    same = {
        (viewer, device_id, request_id)
        for viewer, device_id, request_id in after.words
        if after.beside[viewer, device_id] == before.beside[viewer, device_id]
    }
    assert {key: after.words[key] for key in same} == {key: before.words[key] for key in same}

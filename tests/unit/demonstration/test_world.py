"""The demonstration's world: the same whenever it is imagined, quiet but for its troubles."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from firmtrack.demonstration.estate import FLEETS, HUB_VERSIONS, troubles_of
from firmtrack.demonstration.world import (
    EDITION,
    HISTORY,
    Arrival,
    DemonstrationWorld,
    Pause,
    Sending,
)
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.stages import CompletionStatus, Status
from firmtrack.simulator.encoding import Encoder
from firmtrack.simulator.post import UpdateRequest
from firmtrack.simulator.responsibility import SupplierRow
from firmtrack.simulator.scenario import DEFAULT_SUPPLIERS
from firmtrack.simulator.updates import SentUpdate

BEGAN = datetime(2026, 3, 2, 8, 17, 5, tzinfo=UTC)
MADE = BEGAN + HISTORY


@pytest.fixture(scope="module")
def six_weeks() -> Sequence[Arrival]:
    """All that happens in the first six weeks."""
    return DemonstrationWorld(BEGAN).until(BEGAN + timedelta(weeks=6))


def updates_of(arrivals: Sequence[Arrival]) -> Iterator[SentUpdate]:
    for each in arrivals:
        happening = each.happening
        if isinstance(happening, Sending) and isinstance(happening.message.content, UpdateRequest):
            yield happening.message.content.update


def octets_of(arrivals: Sequence[Arrival]) -> list[tuple[datetime, bytes]]:
    encoder = Encoder(2, DEFAULT_SUPPLIERS)
    return [
        (each.at, encoder.octets_of(each.happening.message.content))
        for each in arrivals
        if isinstance(each.happening, Sending)
    ]


def test_it_is_the_same_whether_one_asks_once_or_every_few_minutes() -> None:
    at_once = DemonstrationWorld(BEGAN).until(BEGAN + timedelta(days=9))
    world, at, by_and_by = DemonstrationWorld(BEGAN), BEGAN, []
    while at < BEGAN + timedelta(days=9):
        at += timedelta(minutes=37)
        by_and_by += world.until(min(at, BEGAN + timedelta(days=9)))

    assert octets_of(at_once) == octets_of(by_and_by)


def test_data_of_this_edition_are_gone_on_with() -> None:
    """If this fails, what happens is another than before: raise EDITION, and set the digest."""
    happened = octets_of(DemonstrationWorld(BEGAN).until(BEGAN + timedelta(days=4)))
    digest = hashlib.sha256()
    for at, octets in happened:
        digest.update(at.isoformat().encode() + octets)

    assert (EDITION, digest.hexdigest()[:16]) == (1, "9379915fae5d41de")


def test_nothing_happens_before_what_was_told_already() -> None:
    world = DemonstrationWorld(BEGAN)
    before = BEGAN
    for hours in range(4, 24 * 12, 4):
        until = BEGAN + timedelta(hours=hours)
        for each in world.until(until, read_since=until - timedelta(hours=4)):
            assert before <= each.at <= until
            before = each.at
        before = max(before, until - timedelta(hours=4))


def test_readings_of_the_inventory_leave_the_rest_as_it_is() -> None:
    until = BEGAN + timedelta(days=2)
    without = octets_of(DemonstrationWorld(BEGAN).until(until))
    read = octets_of(DemonstrationWorld(BEGAN).until(until, read_since=BEGAN))

    assert set(without) < set(read)
    assert len(read) > len(without) + 24 * 60 * 2 / 1  # each a request and its answer


def test_a_message_comes_nearly_every_minute_while_it_lives() -> None:
    world = DemonstrationWorld(BEGAN)
    world.until(MADE)
    day = world.until(MADE + timedelta(days=1), read_since=MADE)

    minutes = {(each.at - MADE) // timedelta(minutes=1) for each in day}
    assert len(minutes) > 0.7 * 24 * 60
    assert len(day) < 5_000  # a year of it is a small database


def test_in_a_pause_nobody_asks_and_what_comes_later_goes_on() -> None:
    pause = Pause(BEGAN + timedelta(days=4), BEGAN + timedelta(days=9))
    world = DemonstrationWorld(BEGAN, [pause])
    asked = [each.submitted_at for each in updates_of(world.until(BEGAN + timedelta(days=12)))]

    assert not [at for at in asked if pause.since < at <= pause.until]
    assert [at for at in asked if at > pause.until]


def test_versions_go_up_and_never_down(six_weeks: Sequence[Arrival]) -> None:
    sent: dict[tuple[Eui64, str], int] = defaultdict(int)
    for update in updates_of(six_weeks):
        version = int(update.firmware_version, 16)
        fleet = update.supplier, update.model.name
        assert version > int(update.model.firmware_version, 16)
        assert version >= sent[fleet]
        assert update.firmware_version == update.image.firmware_version
        sent[fleet] = version
        for named in update.accepted():
            assert named.device is not None
            assert int(named.device.running.as_of(update.submitted_at), 16) < version
    assert set(sent) == set(FLEETS)


def test_the_estate_is_quiet_but_for_its_troubles(six_weeks: Sequence[Arrival]) -> None:
    troubles = troubles_of(BEGAN)
    statuses: Counter[CompletionStatus] = Counter()
    for update in updates_of(six_weeks):
        if update.submitted_at > BEGAN + timedelta(weeks=5) or update.is_refused:
            continue
        for named in update.accepted():
            if not any(trouble.befalls(update, named) for trouble in troubles):
                statuses[named.distribution.completion_status] += 1

    of = statuses.total()
    assert of > 2_000
    assert 0.01 < statuses[CompletionStatus.FAILED] / of < 0.03
    assert statuses[CompletionStatus.SUCCESSFUL] / of > 0.95


def test_few_hubs_are_old() -> None:
    rows = list(DemonstrationWorld(BEGAN).first_rows())
    hubs = Counter(row.home.comms_hub_version for row in rows if not isinstance(row, SupplierRow))

    assert 0.01 < hubs[HUB_VERSIONS[-1]] / hubs.total() < 0.04


def test_a_burst_is_cut_short_and_comes_again_whole(six_weeks: Sequence[Arrival]) -> None:
    short = [
        each.happening.message
        for each in six_weeks
        if isinstance(each.happening, Sending) and not each.happening.is_whole
    ]
    whole = {
        id(each.happening.message)
        for each in six_weeks
        if isinstance(each.happening, Sending) and each.happening.is_whole
    }

    assert 10 < len(short) < 400
    assert all(id(message) in whole for message in short)


def test_some_requests_are_refused_in_part_and_some_devices_move(
    six_weeks: Sequence[Arrival],
) -> None:
    history = [each for each in six_weeks if each.at < MADE]
    moves = [each for each in history if isinstance(each.happening, SupplierRow)]
    refused = [
        named
        for update in updates_of(history)
        for named in update.named
        if named.distribution.current.status is Status.REJECTED and named.refusal is not None
    ]

    assert len(moves) > 3
    assert len(refused) > 5

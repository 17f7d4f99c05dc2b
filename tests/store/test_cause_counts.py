"""How updates stand is counted by what they have in common, now and as of any moment."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from firmtrack.answers.causes import CausesQuestion
from firmtrack.answers.requests import DistributionFilter
from firmtrack.causes.cells import Cells, Standing
from firmtrack.domain.causes import PROFILE_ATTRIBUTES, Attribute, CauseKey, Trait
from firmtrack.domain.facts import Message
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.domain.pace import Pace
from firmtrack.domain.stages import CompletionStatus, Status
from firmtrack.domain.viewer import Viewer
from firmtrack.intake.files import envelopes_in
from firmtrack.intake.ingest import ingest
from firmtrack.intake.inventory_import import InventoryFile, import_inventory
from firmtrack.intake.receive import Submitter
from firmtrack.simulator.scenario import Scenario
from firmtrack.store.database import pool
from firmtrack.store.ledger.withdrawals import withdraw
from firmtrack.store.reading import requests
from firmtrack.store.reports import cause_cells, cause_counting, performance
from firmtrack.store.reports.cause_cells import PastTooLarge, compared_requests
from firmtrack.store.reports.cause_counting import profiles_of
from firmtrack.store.reports.causes import find_cause
from firmtrack.store.settling import settled
from tests.looking import find_inventory
from tests.oracle.simulated import simulate
from tests.store.facts import (
    ALPHA,
    ALPHA_ID,
    BRAVO,
    BRAVO_ID,
    DCC,
    DCC_ID,
    HUB,
    METER,
    METERS,
    MORNING,
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
from tests.store.test_withdrawals import reading

pytestmark = pytest.mark.usefixtures("database")

EVER = CausesQuestion(days=400)
OTHER_HUB = Eui64.parse("00-DB-12-34-56-78-90-0D")
LATER = RequestId(ALPHA_ID, DCC_ID, 1001)
NOW = MORNING + timedelta(days=20)


def cells_of(viewer: Viewer, *, now: datetime = NOW, as_of: datetime | None = None) -> Cells:
    with pool().connection() as connection:
        found = compared_requests(connection, viewer, EVER, now)
        if as_of is not None:
            return cause_cells.past_cells(connection, found, as_of)
        return cause_cells.present_cells(connection, found)


def lines(cells: Cells) -> Counter[tuple[object, ...]]:
    """Return all that the cells say, in any order."""
    said: Counter[tuple[object, ...]] = Counter()
    for place in range(len(cells.count)):
        traits = tuple(
            cells.values[attribute][cells.codes[attribute][place]] for attribute in Attribute
        )
        said[
            (
                cells.request_ids[cells.request[place]], *traits, int(cells.standing[place]),
                int(cells.stage[place]), cells.reasons[cells.reason[place]],
                int(cells.day[place]), int(cells.first[place]), int(cells.last[place]),
            )
        ] += int(cells.count[place])  # fmt: skip
    return said


def profile_of(cells: Cells, *, place: int = 0) -> dict[str, str]:
    return {
        attribute: cells.values[attribute][cells.codes[attribute][place]]
        for attribute in PROFILE_ATTRIBUTES
    }


def counted(*messages: Message, viewer: Viewer = ALPHA, now: datetime = NOW) -> Cells:
    take(*messages)
    performance.refresh(now=now)
    return cells_of(viewer, now=now)


def test_a_simulated_world_is_counted_as_the_look_ups_tell_it(tmp_path: Path) -> None:
    start = datetime.now(UTC) - timedelta(days=30)
    scenario = Scenario(requests=14, devices=50, seed=3, start=start, days=30)
    world = simulate(scenario, tmp_path / "traffic.tar.gz")
    ingest(envelopes_in(world.written.traffic), Submitter.operator())
    import_inventory(
        [InventoryFile.of_path(world.written.inventory)], skip_bad=False, on_read=lambda _: None
    )
    now = datetime.now(UTC)
    performance.refresh(now=now)
    cells = cells_of(DCC, now=now)

    told: Counter[tuple[object, ...]] = Counter()
    for request_id in cells.request_ids:
        stalled = {
            each.device_id
            for each in requests.list_distributions(
                DCC, request_id, DistributionFilter(pace=Pace.STALLED), limit=1000, now=now
            ).items
        }
        for each in requests.list_distributions(
            DCC, request_id, DistributionFilter(), limit=1000
        ).items:
            standing = {
                CompletionStatus.SUCCESSFUL: Standing.SUCCESSFUL,
                CompletionStatus.FAILED: Standing.FAILED,
                CompletionStatus.IN_PROGRESS: Standing.STALLED
                if each.device_id in stalled
                else Standing.WAITING,
            }[each.completion]
            known = find_inventory(DCC, each.device_id)
            facts = None if known is None else known.facts
            told[
                (
                    request_id, standing, each.status.stage, each.reason,
                    (facts and facts.model) or "", (facts and facts.csp_region) or "",
                )
            ] += 1  # fmt: skip

    said: Counter[tuple[object, ...]] = Counter()
    for line, count in lines(cells).items():
        traits = dict(zip(Attribute, line[1:12], strict=True))
        how = (*line[12:15], traits[Attribute.MODEL], traits[Attribute.CSP_REGION])
        said[(line[0], *how)] += count
    assert said == told
    assert {line[1] for line in told} == set(Standing)
    assert any(cells.codes[Attribute.COMMS_HUB_MODEL] > 0)
    assert any(cells.codes[Attribute.FROM_VERSION] > 0)
    assert lines(cells_of(DCC, now=now, as_of=now)) == lines(cells)
    assert_single_updates_are_told_the_same(cells)


def assert_single_updates_are_told_the_same(cells: Cells) -> None:
    """Hold the profiles of single updates against what was counted."""
    names = ", ".join(PROFILE_ATTRIBUTES)
    with pool().connection() as connection:
        rows = connection.execute(
            f"WITH {profiles_of('TABLE current_distribution', None)}"
            f" SELECT request_key, {names}, count(*) FROM update_profile"
            f" GROUP BY request_key, {names}"
        ).fetchall()
        keys = [
            each.request_key for each in compared_requests(connection, DCC, EVER, datetime.now(UTC))
        ]
    told: Counter[tuple[object, ...]] = Counter()
    for line, count in lines(cells).items():
        traits = dict(zip(Attribute, line[1:12], strict=True))
        told[(line[0], *(traits[attribute] for attribute in PROFILE_ATTRIBUTES))] += count
    place = dict(zip(keys, cells.request_ids, strict=True))
    assert {(place[key], *texts): count for key, *texts, count in rows} == told


def test_a_hubs_facts_are_the_inventorys_and_it_is_the_hub_that_the_update_came_through() -> None:
    cells = counted(
        request(device_ids=[METER], sent_at=at(0)),
        inventory(at(-60), METER, device_type="ESME", comms_hub_id=OTHER_HUB),
        inventory(at(-60), HUB, device_type="CHF", manufacturer="H", model="Hub 7",
                  firmware_version=FirmwareVersion("7")),
        inventory(at(-60), OTHER_HUB, device_type="CHF", manufacturer="H", model="Hub 9"),
    )  # fmt: skip
    assert profile_of(cells)["comms_hub_model"] == "Hub 9"

    cells = counted(reported(Status.DEVICE_TRANSFER_FAILED, at(60), [METER], reason="N"))
    assert profile_of(cells) == {
        "device_type": "ESME", "manufacturer": "", "model": "", "csp_region": "",
        "from_version": "", "comms_hub_manufacturer": "H", "comms_hub_model": "Hub 7",
        "comms_hub_firmware_version": "00000007",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("statements", "before"),
    [
        ([], ""),
        ([(-60, "01")], "00000001"),
        ([(-120, "01"), (-60, "0x02"), (60, "03")], "00000002"),
        # Told for the first time after the update began: as long as it is not what it brought.
        ([(60, "03")], "00000003"),
        ([(60, str(VERSION))], ""),
        ([(60, str(VERSION)), (120, "03")], ""),
    ],
)
def test_the_version_that_an_update_came_from_is_what_ran_when_it_began(
    statements: list[tuple[float, str]], before: str
) -> None:
    cells = counted(
        request(device_ids=[METER], sent_at=at(0)),
        *(
            inventory(at(minutes), METER, firmware_version=FirmwareVersion(version))
            for minutes, version in statements
        ),
    )
    assert profile_of(cells)["from_version"] == before


def test_what_states_no_time_is_of_when_it_was_recorded() -> None:
    take(inventory(None, METER, firmware_version=FirmwareVersion("01")))
    take(request(device_ids=[METER], sent_at=datetime.now(UTC)))
    cells = counted(inventory(None, METER, firmware_version=VERSION), now=datetime.now(UTC))
    assert profile_of(cells)["from_version"] == "00000001"


def test_what_a_later_update_may_have_brought_is_not_what_an_earlier_one_came_from() -> None:
    cells = counted(
        request(device_ids=[METER], sent_at=at(0)),
        request(LATER, [METER], sent_at=at(60), version=FirmwareVersion("09")),
        inventory(at(120), METER, firmware_version=FirmwareVersion("08")),
    )
    versions = {
        cells.request_ids[cells.request[place]]: profile_of(cells, place=place)["from_version"]
        for place in range(len(cells.count))
    }
    assert versions == {REQUEST_ID: "", LATER: "00000008"}


def test_of_a_word_to_another_user_the_day_alone_is_counted() -> None:
    cells = counted(
        request(device_ids=METERS, sent_at=at(0)),
        answer(answered_at=at(1)),
        reported(Status.DEVICE_TRANSFER_FAILED, at(60), [METERS[0]]),
        reported(Status.DEVICE_TRANSFER_FAILED, at(70), [METERS[1]], user_id=BRAVO_ID),
    )
    failed = cells.standing == Standing.FAILED
    times = {datetime.fromtimestamp(second, UTC) for second in cells.first[failed].tolist()} | {
        datetime.fromtimestamp(second, UTC) for second in cells.last[failed].tolist()
    }
    assert times == {at(60), MORNING.replace(hour=0)}


@pytest.mark.parametrize(
    "told_at", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC, microsecond=0)]
)
def test_any_time_that_a_message_may_state_is_of_a_day(told_at: datetime) -> None:
    counted(
        request(sent_at=at(0)),
        answer(answered_at=at(1)),
        reported(Status.DEVICE_TRANSFER_FAILED, told_at, METERS[:1], reason="image_discarded"),
    )
    key = CauseKey.of(
        Status.DEVICE_TRANSFER_FAILED,
        "image_discarded",
        [Trait(Attribute.SERVICE_REQUEST_ID, str(REQUEST_ID))],
    )

    found = find_cause(ALPHA, key, CausesQuestion(request_id=REQUEST_ID))

    assert found is not None
    (cause,) = found.causes
    assert cause.first_at == cause.last_at == told_at
    assert cause.by_day == ((told_at.date(), 1),)


def test_each_sees_its_own_updates_alone() -> None:
    own = counted(
        request(sent_at=at(0)),
        request(RequestId(BRAVO_ID, DCC_ID, 1), METERS[:2], sent_at=at(0)),
    )
    assert (own.count.sum(), own.request_ids) == (5, [REQUEST_ID])
    assert cells_of(BRAVO).count.sum() == 2
    assert cells_of(DCC).count.sum() == 7
    assert cells_of(STRANGER).count.sum() == 0


def test_the_past_is_counted_as_it_was_known() -> None:
    known = [
        request(sent_at=at(0)),
        answer(answered_at=at(1)),
        inventory(at(-60), METER, model="Q4"),
    ]
    take(*known)
    failure = reported(Status.DEVICE_TRANSFER_FAILED, at(60), METERS[:3], reason="image_discarded")
    before = settled(datetime.now(UTC))
    take(failure)
    take(inventory(at(-30), METER, model="Q5"))
    then = settled(datetime.now(UTC))
    withdraw([failure], "a test", reading(*known, failure))
    performance.refresh(now=NOW)

    def told(as_of: datetime | None) -> tuple[int, set[str]]:
        cells = cells_of(ALPHA, as_of=as_of)
        models = {cells.values[Attribute.MODEL][c] for c in cells.codes[Attribute.MODEL].tolist()}
        return int(cells.count[cells.standing == Standing.FAILED].sum()), models

    assert told(before) == (0, {"", "Q4"})
    assert told(then) == (3, {"", "Q5"})
    assert told(None) == (0, {"", "Q5"})


def test_a_past_of_too_many_updates_is_refused() -> None:
    counted(request(sent_at=at(0)))
    with pool().connection() as connection:
        found = compared_requests(connection, ALPHA, EVER, NOW)
        cause_cells.past_cells(connection, found, NOW, most=5)
        with pytest.raises(PastTooLarge):
            cause_cells.past_cells(connection, found, NOW, most=4)


def test_what_waits_is_looked_at_again_without_any_word() -> None:
    messages = [request(sent_at=at(0)), answer(answered_at=at(1))]
    early = counted(*messages, now=at(10))
    assert set(early.standing.tolist()) == {Standing.WAITING}
    with pool().connection() as connection:
        # What an operator calls slow is far exceeded: see the settings of the tests.
        connection.execute(
            "INSERT INTO wait_limit (request_key, segment_key, stage, estimate_key,"
            " allowed_seconds, still_seconds, passes, expected_passes)"
            " SELECT request_key, segment_key, 2, 0, 3600, 3600, 0, 0"
            " FROM request, device_segment"
        )
        connection.execute("UPDATE cause_count SET counted_at = '2026-01-01'")
        assert cause_counting.count_due(connection, now=NOW)
    late = cells_of(ALPHA)
    assert set(late.standing.tolist()) == {Standing.STALLED}

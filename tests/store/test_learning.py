"""What is usual is learnt from other requests, and what a cohort does is seen beside it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest

from firmtrack.answers.requests import DistributionFilter
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.pace import Pace
from firmtrack.domain.stages import Stage, Status
from firmtrack.domain.waits import FEWEST_STAYS
from firmtrack.store.database import pool
from firmtrack.store.numbers import to_bigint
from firmtrack.store.reading import requests
from firmtrack.store.reports import performance, waits
from tests.store.facts import (
    BRAVO,
    BRAVO_ID,
    DCC,
    DCC_ID,
    REQUEST_ID,
    STRANGER,
    at,
    inventory,
    meter,
    reported,
    request,
    take,
)

pytestmark = pytest.mark.usefixtures("database")

HOUR = 60.0
DAY = 24 * HOUR
CARLA_ID = Eui64.parse("90-B3-D5-1F-30-03-00-00")
FACTS = {
    "device_type": "ESME",
    "csp_region": "North",
    "manufacturer": "Meters of Leeds",
    "model": "EM-200",
}


def devices_of(first: int, count: int = 150) -> list[Eui64]:
    return [meter(first + number) for number in range(count)]


def roll_out(
    request_id: RequestId,
    devices: Sequence[Eui64],
    begins: float,
    *,
    hours: Sequence[float] = (),
    facts: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """At the hub from ``begins`` on, in minutes; one after the other is handed over after hours."""
    take(
        request(request_id, devices, sent_at=at(begins)),
        *(inventory(at(begins), each, **dict[str, Any](facts)) for each in devices if facts),
        reported(Status.DELIVERED_TO_COMMS_HUB, at(begins), devices, request_id=request_id),
        *(
            reported(
                Status.TRANSFERRED_TO_DEVICE,
                at(begins + lasted * HOUR),
                [device],
                request_id=request_id,
            )
            for lasted, device in zip(hours, devices, strict=False)
        ),
    )


def others(counter: int, party: Eui64 = BRAVO_ID) -> RequestId:
    return RequestId(party, DCC_ID, counter)


def known(
    request_id: RequestId = REQUEST_ID, facts: Mapping[str, str] = MappingProxyType({})
) -> waits.KnownWait | None:
    key = waits.WaitKey(request_id=request_id, stage=Stage.DELIVERED_TO_COMMS_HUB, **facts)
    waits.forget_recent()
    return waits.recent_waits([key]).get(key)


def paces(now: datetime, request_id: RequestId = REQUEST_ID) -> dict[Pace, int]:
    counts = requests.count_paces(DCC, request_id, now=now)
    return {pace: count for (_, pace), count in counts.items()}


def test_a_requests_own_stays_say_nothing_of_what_is_usual_for_it() -> None:
    roll_out(REQUEST_ID, devices_of(0, 300), 0, hours=[1] * 150)
    performance.refresh(now=at(2 * HOUR))
    assert known() is None
    roll_out(others(1), devices_of(1_000), -DAY, hours=[3] * 120)
    performance.refresh(now=at(2 * HOUR))
    found = known()
    assert found is not None
    assert found.estimate.stays.entered == 150
    assert found.estimate.stays.passes == 120


def test_a_narrow_group_is_of_two_parties_and_a_wider_one_stands_in_for_it() -> None:
    roll_out(others(1), devices_of(1_000, 200), -DAY, hours=[3] * 200, facts=FACTS)
    roll_out(REQUEST_ID, devices_of(0, 3), 0, facts=FACTS)
    performance.refresh(now=at(HOUR))
    found = known(facts=FACTS)
    assert found is not None
    assert found.group == ("device_type", "csp_region")
    roll_out(others(2, CARLA_ID), devices_of(2_000, 5), -DAY, hours=[3] * 5, facts=FACTS)
    performance.refresh(now=at(HOUR))
    found = known(facts=FACTS)
    assert found is not None
    assert found.group == waits.GROUP_FACTS


def test_a_group_of_too_few_is_told_by_the_next_wider_one() -> None:
    roll_out(
        others(1), devices_of(1_000, 100), -DAY, hours=[3] * 100, facts={"device_type": "ESME"}
    )
    roll_out(others(2), devices_of(2_000, 99), -DAY, hours=[9] * 99, facts=FACTS)
    roll_out(REQUEST_ID, devices_of(0, 3), 0, facts=FACTS)
    performance.refresh(now=at(HOUR))
    found = known(facts=FACTS)
    assert found is not None
    # Its own three are few enough to be left among them.
    assert (found.group, found.estimate.stays.entered) == (("device_type",), 202)


def test_what_began_long_ago_counts_only_where_too_few_began_since() -> None:
    roll_out(others(1), devices_of(1_000), -200 * DAY, hours=[60] * 150)
    roll_out(REQUEST_ID, devices_of(0, 3), 0)
    performance.refresh(now=at(HOUR))
    before = known()
    assert before is not None
    assert before.estimate.stays.longest_pass_seconds > 59 * 3600
    roll_out(others(2), devices_of(2_000, FEWEST_STAYS), -DAY, hours=[2] * FEWEST_STAYS)
    performance.refresh(now=at(HOUR))
    since = known()
    assert since is not None
    assert since.estimate.stays.passes == FEWEST_STAYS
    assert since.estimate.stays.longest_pass_seconds < 3 * 3600


def test_failures_and_those_that_still_wait_are_counted_too() -> None:
    devices = devices_of(1_000)
    roll_out(others(1), devices, -10 * DAY, hours=[2] * 100)
    failed = reported(
        Status.DEVICE_TRANSFER_FAILED, at(-9 * DAY), devices[100:120], request_id=others(1)
    )
    take(failed)
    roll_out(REQUEST_ID, devices_of(0, 3), 0)
    performance.refresh(now=at(HOUR))
    found = known()
    assert found is not None
    stays = found.estimate.stays
    assert (stays.passes, sum(stays.failed), sum(stays.waiting)) == (100, 20, 33)


def test_the_kind_of_a_request_that_only_alerts_tell_of_follows_from_the_devices_type() -> None:
    roll_out(others(1), devices_of(1_000), -DAY, hours=[3] * 150)
    stub = others(9)
    devices = devices_of(0, 2)
    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(0), devices, request_id=stub))
    take(inventory(at(1), devices[0], device_type="ESME"))
    performance.refresh(now=at(HOUR))
    assert known(stub, {"device_type": "ESME"}) is not None
    assert known(stub) is None


def test_quick_since_slow_once_and_now_silent_is_an_outage_within_hours() -> None:
    for week in range(6):
        begins = (7 * week - 50) * DAY
        hours = [0.5 + number / 50 for number in range(150)]
        roll_out(others(week), devices_of(1_000 * week), begins, hours=hours, facts=FACTS)
    roll_out(REQUEST_ID, devices_of(90_000, 300), -DAY, facts=FACTS)
    for hours_later in (1, 20):
        performance.refresh(now=at(-DAY + hours_later * HOUR))
        waits.forget_recent()
        expected = {Pace.USUAL: 300} if hours_later == 1 else {Pace.STALLED: 300}
        assert paces(at(-DAY + hours_later * HOUR)) == expected
    take(reported(Status.TRANSFERRED_TO_DEVICE, at(0), devices_of(90_000, 50)))
    performance.refresh(now=at(1))
    assert Pace.STALLED not in paces(at(1))


def test_word_of_a_cohort_ends_its_silence_before_what_is_usual_is_learnt_again() -> None:
    roll_out(others(1), devices_of(1_000), -DAY, hours=[3] * 150)
    roll_out(REQUEST_ID, devices_of(0, 3), 0)
    performance.refresh(now=at(30 * HOUR))
    assert paces(at(30 * HOUR)) == {Pace.STALLED: 3}
    take(reported(Status.TRANSFERRED_TO_DEVICE, at(29 * HOUR), [meter(0)]))
    assert performance.refresh(seconds=60)
    assert paces(at(30 * HOUR)) == {Pace.SLOW: 2}


def test_what_waits_behind_a_silent_hub_has_stalled_while_the_others_are_slow() -> None:
    roll_out(others(1), devices_of(1_000), -9 * DAY, hours=[h / 10 for h in range(150)])
    devices = devices_of(0)
    roll_out(REQUEST_ID, devices, 0, hours=[h / 10 for h in range(145)])
    with pool().connection() as connection:  # the hub of all others is not known
        connection.execute(
            "UPDATE recorded_event SET comms_hub_id = NULL WHERE NOT device_id = ANY (%s)",
            ([to_bigint(each) for each in devices[146:]],),
        )
        connection.execute("INSERT INTO stale_request SELECT request_key FROM request")
    performance.refresh(now=at(27 * HOUR))
    wanted = DistributionFilter(pace=Pace.STALLED)
    page = requests.list_distributions(DCC, REQUEST_ID, wanted, limit=9, now=at(27 * HOUR))
    assert [each.device_id for each in page.items] == devices[146:]
    since = waits.hub_silent_since(REQUEST_ID, Stage.DELIVERED_TO_COMMS_HUB, devices[149])
    assert since == at(0)
    assert waits.hub_silent_since(REQUEST_ID, Stage.DELIVERED_TO_COMMS_HUB, devices[145]) is None


def test_a_request_that_is_slower_as_a_whole_is_said_to_be_so_to_its_own_party_alone() -> None:
    roll_out(others(1), devices_of(1_000), -9 * DAY, hours=[1 + h / 50 for h in range(150)])
    roll_out(REQUEST_ID, devices_of(0), 0, hours=[4 + h / 10 for h in range(80)])
    performance.refresh(now=at(12 * HOUR))
    passes, expected = waits.relative_paces(DCC, REQUEST_ID)[Stage.DELIVERED_TO_COMMS_HUB]
    assert passes == 80
    assert expected > 150
    for viewer in (BRAVO, STRANGER):
        assert waits.relative_paces(viewer, REQUEST_ID) == {}


def test_one_odd_time_tells_nothing_of_the_waits_of_others() -> None:
    hours = [h / 50 for h in range(150)]
    roll_out(others(1), devices_of(1_000), -9 * DAY, hours=hours)
    roll_out(REQUEST_ID, devices_of(0, 3), 0)
    performance.refresh(now=at(30 * HOUR))
    before = known()
    assert before is not None
    late = datetime(2099, 1, 1, tzinfo=UTC)
    roll_out(others(2), devices_of(2_000, 2), -9 * DAY, hours=[1])
    take(reported(Status.TRANSFERRED_TO_DEVICE, late, [meter(2_001)], request_id=others(2)))
    take(reported(Status.TRANSFERRED_TO_DEVICE, late, [meter(0)]))
    performance.refresh(now=at(30 * HOUR))
    after = known()
    assert after is not None
    longest = after.estimate.stays.longest_pass_seconds
    assert longest == before.estimate.stays.longest_pass_seconds
    assert paces(at(30 * HOUR)) == {Pace.STALLED: 2}

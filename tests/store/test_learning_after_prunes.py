"""What is usual is learnt of what is kept whole: what a prune has thinned is left out."""

from datetime import datetime, timedelta

import pytest

from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.stages import Status
from firmtrack.domain.waits import Stays
from firmtrack.store.database import pool
from firmtrack.store.numbers import to_bigint
from firmtrack.store.reports import performance, waits
from firmtrack.store.retention.facts import prune_facts
from tests.store.facts import MORNING, REQUEST_ID, reported, take
from tests.store.pruned import NOW, day, first
from tests.store.test_learning import CARLA_ID, FACTS, devices_of, known, others, roll_out

pytestmark = pytest.mark.usefixtures("own_database")

FOUR_DAYS = timedelta(days=4)
QUICK, LONG = 2.0, 20 * 24.0


def minutes(moment: datetime) -> float:
    """Return when something begins, as ``roll_out`` takes it."""
    return (moment - MORNING) / timedelta(minutes=1)


ONE_HOUR_AGO = minutes(NOW - timedelta(hours=1))
WHOLE_MONTH = minutes(day(6, 2))


def thin(
    month: int,
    request_id: RequestId,
    first_device: int,
    *,
    quick: int = 0,
    long: int = 0,
    waiting: int = 0,
) -> None:
    """Tell of a request begun shortly before a month whose quick updates ended before it.

    Those that took long were handed over within the month, and some still wait.
    """
    began = first(month) - FOUR_DAYS
    devices = devices_of(first_device, quick + long + waiting)
    roll_out(request_id, devices, minutes(began), hours=[QUICK] * quick + [LONG] * long)
    ended_at = began + timedelta(days=1)
    take(reported(Status.VERIFIED, ended_at, devices[:quick], request_id=request_id))


def learn() -> waits.KnownWait | None:
    performance.refresh(now=NOW)
    return known()


def learnt() -> Stays:
    found = learn()
    assert found is not None
    return found.estimate.stays


@pytest.mark.parametrize("month", [5, 13])
def test_of_a_month_of_which_the_quick_have_gone_nothing_is_learnt(month: int) -> None:
    thin(month, others(1), 1_000, quick=150, long=120)
    roll_out(REQUEST_ID, devices_of(0, 3), ONE_HOUR_AGO)
    assert learnt().passes == 270

    pruned = prune_facts(first(month), is_rehearsal=False)

    assert pruned.distributions == 150
    assert learn() is None  # of the others it would be that all take weeks


def test_what_waits_since_such_a_month_is_not_counted_beside_what_began_later() -> None:
    thin(5, others(1), 1_000, quick=150, waiting=120)
    roll_out(others(2), devices_of(2_000, 100), WHOLE_MONTH, hours=[QUICK] * 100)
    roll_out(REQUEST_ID, devices_of(0, 3), ONE_HOUR_AGO)
    stays = learnt()
    assert (stays.passes, sum(stays.waiting)) == (250, 123)

    prune_facts(first(5), is_rehearsal=False)

    stays = learnt()
    assert (stays.passes, sum(stays.waiting)) == (100, 3)


def test_a_requests_own_stays_of_such_a_month_are_not_taken_from_those_of_others() -> None:
    thin(5, REQUEST_ID, 0, quick=100, long=50, waiting=3)
    roll_out(others(2), devices_of(2_000, 100), WHOLE_MONTH, hours=[LONG] * 100)

    prune_facts(first(5), is_rehearsal=False)

    assert learnt().passes == 100


def test_a_party_whose_stays_are_all_of_such_a_month_hides_no_other() -> None:
    began = minutes(first(5) - FOUR_DAYS)
    roll_out(others(1), devices_of(1_000, 200), WHOLE_MONTH, hours=[QUICK] * 200, facts=FACTS)
    roll_out(others(2, CARLA_ID), devices_of(2_000, 5), began, hours=[LONG] * 5, facts=FACTS)
    roll_out(REQUEST_ID, devices_of(0, 3), ONE_HOUR_AGO, facts=FACTS)
    performance.refresh(now=NOW)
    found = known(facts=FACTS)
    assert found is not None
    assert found.group == waits.GROUP_FACTS

    prune_facts(first(5), is_rehearsal=False)

    performance.refresh(now=NOW)
    found = known(facts=FACTS)
    assert found is not None
    assert found.group == ("device_type", "csp_region")


def test_how_long_hubs_take_is_not_learnt_of_those_that_took_longest() -> None:
    at_hubs = devices_of(1_000, 440)
    roll_out(others(1), at_hubs, minutes(first(5) - FOUR_DAYS), hours=[LONG] * 440)
    with pool().connection() as connection:  # four behind each of more than a hundred
        connection.execute(
            "UPDATE recorded_event SET comms_hub_id = device_id / 4 WHERE device_id = ANY (%s)",
            ([to_bigint(each) for each in at_hubs],),
        )
    roll_out(others(2), devices_of(2_000, 100), WHOLE_MONTH, hours=[QUICK] * 100)
    roll_out(REQUEST_ID, devices_of(0, 3), ONE_HOUR_AGO)
    before = learn()
    assert before is not None
    assert before.limits.hub_seconds is not None
    assert before.limits.hub_seconds > LONG * 3600

    prune_facts(first(5), is_rehearsal=False)

    after = learn()
    assert after is not None
    assert after.limits.hub_seconds is not None
    assert after.limits.hub_seconds < 10 * QUICK * 3600

"""What stalls is told once for each stage, and never what goes on as usual."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.stages import Status
from firmtrack.domain.waits import FEWEST_STAYS
from firmtrack.notices.stalled import queue_stalled
from firmtrack.store.database import pool
from firmtrack.store.reports import performance
from tests.store.facts import (
    ALPHA_ID,
    BRAVO_ID,
    DCC_ID,
    METER,
    at,
    imported,
    inventory,
    meter,
    reported,
    request,
    take,
)
from tests.store.server_processes import wait_until
from tests.store.test_status_changes import Change, queued, subscribe

OTHERS = RequestId(BRAVO_ID, DCC_ID, 5)


def everyone_else_passes_within_an_hour() -> None:
    """Let Bravo's devices show what is usual: from hub to device in an hour."""
    devices = [meter(100 + number) for number in range(FEWEST_STAYS)]
    take(request(OTHERS, devices, sent_at=at(0)))
    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(10), devices, request_id=OTHERS))
    take(reported(Status.TRANSFERRED_TO_DEVICE, at(70), devices, request_id=OTHERS))
    performance.refresh()


def find(minute: float) -> int:
    performance.refresh(now=at(minute))
    with pool().connection() as connection:
        return queue_stalled(connection, at(minute))


@pytest.fixture
def waiting(database: str) -> str:
    """Alpha is told, and one of its devices has waited since the tenth minute."""
    subscribe("Alpha Energy", ALPHA_ID)
    everyone_else_passes_within_an_hour()
    take(request(sent_at=at(0), device_ids=[METER]))
    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(10)))
    queued()
    return database


@pytest.mark.usefixtures("waiting")
def test_what_waits_three_times_as_long_as_usual_is_told_once() -> None:
    assert find(10 + 60) == 0
    assert find(10 + 6 * 60) == 1
    assert find(10 + 7 * 60) == 0

    assert queued() == [Change(ALPHA_ID, True, "distribution.stalled", None, (METER,))]


@pytest.mark.usefixtures("waiting")
def test_what_goes_on_is_not_stalled() -> None:
    take(reported(Status.TRANSFERRED_TO_DEVICE, at(60)))
    queued()

    assert find(10 + 6 * 60) == 0
    assert queued() == []


@pytest.mark.usefixtures("waiting")
def test_the_responsible_supplier_is_told_too_and_a_stranger_is_not() -> None:
    subscribe("Bravo Power", BRAVO_ID)
    take(inventory(at(0), METER, responsible_supplier=BRAVO_ID))

    assert find(10 + 6 * 60) == 1

    assert sorted(queued()) == [
        Change(ALPHA_ID, True, "distribution.stalled", None, (METER,)),
        Change(BRAVO_ID, False, "distribution.stalled", None, (METER,)),
    ]


def test_what_stalls_is_found_while_an_import_runs(waiting: str) -> None:
    import_stands = "SELECT FROM pg_locks WHERE relation = 'device'::regclass AND NOT granted"
    with ThreadPoolExecutor(1) as importer, psycopg.connect(waiting) as gate:
        gate.execute("LOCK device IN SHARE MODE")  # the import gets as far as writing there
        importing = importer.submit(imported, METER, responsible_supplier=BRAVO_ID)
        wait_until(lambda: gate.execute(import_stands).rowcount > 0)

        found = find(10 + 6 * 60)

        gate.rollback()
        assert (found, importing.result().changed) == (1, 1)

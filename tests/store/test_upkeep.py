"""A server counts what its pages show by itself, and no page does."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg
import pytest

from firmtrack.answers.peers import PeersQuestion
from firmtrack.answers.performance import PerformanceFilter
from firmtrack.domain.facts import DeviceFacts
from firmtrack.domain.identifiers import RequestId
from firmtrack.notices.periodic_jobs import PeriodicJobs
from firmtrack.store.consistency import disagreements
from firmtrack.store.database import pool, reading_pool
from firmtrack.store.locks import Lease, Task
from firmtrack.store.reports import performance
from firmtrack.store.reports.freshness import freshness
from firmtrack.store.reports.peers import count_peers
from firmtrack.upkeep import Upkeep
from tests.store.facts import (
    ALPHA,
    ALPHA_ID,
    DCC,
    DCC_ID,
    METER,
    METERS,
    REQUEST_ID,
    VERSION,
    answer,
    at,
    inventory,
    request,
    take,
)
from tests.store.server_processes import wait_until

ALL = PerformanceFilter()


def stale_count() -> int:
    with pool().connection() as connection:
        row = connection.execute("SELECT count(*) FROM stale_request").fetchone()
    assert row is not None
    return int(row[0])


@contextmanager
def kept_up(failed_seconds: float = 0.05) -> Iterator[Upkeep]:
    """Keep figures up until the block ends."""
    upkeep = Upkeep(look_seconds=0.05, failed_seconds=failed_seconds)
    upkeep.start()
    try:
        yield upkeep
    finally:
        upkeep.stop()


@pytest.mark.usefixtures("database")
def test_what_comes_is_counted_and_folded_without_anybody_asking() -> None:
    take(request(sent_at=at(0)), answer(answered_at=at(1)))
    with pool().connection() as connection:
        connection.execute("UPDATE arrival SET recorded_at = recorded_at - interval '1 hour'")

    with kept_up():
        wait_until(lambda: performance.delivery_performance(ALPHA, ALL).counted.at is not None, 60)
        take(answer(answered_at=at(2)))
        wait_until(lambda: not stale_count(), 60)
        wait_until(lambda: freshness(DCC, datetime.now(UTC)).counted_at is not None, 60)

    assert performance.delivery_performance(ALPHA, ALL).waiting == 0


@pytest.mark.usefixtures("database")
def test_it_ends_when_told() -> None:
    upkeep = Upkeep(look_seconds=3600)
    upkeep.start()

    upkeep.stop()  # would wait for an hour if it did not hear

    assert performance.refresh(seconds=10)


def test_it_ends_in_the_middle_of_a_count_which_is_then_taken_back(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    take(request(sent_at=at(0)), answer(answered_at=at(1)))
    stands = "SELECT FROM pg_locks WHERE relation = 'performance_count'::regclass AND NOT granted"
    with psycopg.connect(database) as gate:
        gate.execute("LOCK performance_count")  # the count gets no further than that
        with kept_up():
            wait_until(lambda: gate.execute(stands).rowcount > 0)

    assert stale_count() == 1
    assert caplog.messages == []
    assert performance.refresh(seconds=10)


def test_one_of_many_counts_and_another_takes_over_when_that_ends(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as other, kept_up():
        wait_until(lambda: performance.delivery_performance(ALPHA, ALL).counted.at is not None, 60)
        assert not Lease(Task.UPKEEP).is_ours(other)
    with psycopg.connect(database, autocommit=True) as other:
        lease = Lease(Task.UPKEEP)
        assert lease.is_ours(other)  # at once, since the other has ended it
        with kept_up():
            take(request(sent_at=at(0)))
            assert lease.is_ours(other)
            assert stale_count() == 1
            lease.end(other)
            wait_until(lambda: not stale_count(), 60)


def test_one_that_stood_still_and_goes_on_does_no_harm_beside_who_took_over(database: str) -> None:
    take(request(sent_at=at(0)), answer(answered_at=at(1)))
    stands = "SELECT FROM pg_locks WHERE relation = 'performance_count'::regclass AND NOT granted"
    over = "UPDATE lease SET until = '-infinity'"
    with psycopg.connect(database) as gate, psycopg.connect(database, autocommit=True) as clock:
        gate.execute("LOCK performance_count")
        with kept_up():
            wait_until(lambda: gate.execute(stands).rowcount > 0)  # it stands still, in a count
            (first,) = clock.execute("SELECT holder FROM lease").fetchone() or (None,)
            assert clock.execute(over).rowcount == 1
            with kept_up():
                took_over = "SELECT FROM lease WHERE holder <> %s"
                wait_until(lambda: clock.execute(took_over, (first,)).rowcount > 0)
                take(answer(answered_at=at(2)))
                gate.rollback()
                wait_until(lambda: not stale_count(), 60)
                wait_until(_is_all_counted, 60)

    assert disagreements() == []
    found = performance.delivery_performance(ALPHA, ALL)
    assert (found.total.distributions, found.waiting) == (len(METERS), 0)


def _is_all_counted() -> bool:
    with pool().connection() as connection:
        return connection.execute("SELECT FROM standing_due").rowcount == 0


@pytest.mark.usefixtures("database")
def test_a_count_that_fails_ends_neither_upkeep_nor_the_dispatchers_jobs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    take(request(sent_at=at(0)), answer(answered_at=at(1)))
    with pool().connection() as connection:
        connection.execute("ALTER TABLE uncounted_request RENAME TO taken_away")
        PeriodicJobs(interval_seconds=0).do_what_is_due(connection)
        failed = list(caplog.messages)
        assert failed[-1] == "Could not be told: delivery performance, counted anew."
    with kept_up():
        wait_until(lambda: len(caplog.messages) > len(failed))
        with pool().connection() as connection:
            connection.execute("ALTER TABLE taken_away RENAME TO uncounted_request")
        wait_until(lambda: not stale_count(), 60)


@pytest.mark.usefixtures("database")
def test_where_only_a_dispatcher_counts_even_the_oldest_request_is_counted_in_the_end() -> None:
    newest = RequestId(ALPHA_ID, DCC_ID, 2000)
    take(request(sent_at=at(0)), request(newest, sent_at=at(1)))
    jobs = PeriodicJobs(interval_seconds=0, counting_seconds=0.000_001)  # a request a time at most

    with pool().connection() as connection:
        for minute in range(20):
            take(answer(newest, answered_at=at(minute)))
            jobs.do_what_is_due(connection)

    found = performance.delivery_performance(ALPHA, ALL)
    assert found.counted.at is not None
    assert found.waiting <= 1
    assert found.total.distributions == 2 * len(METERS)


@pytest.mark.usefixtures("database")
def test_reads_of_figures_need_no_right_to_write() -> None:
    take(request(sent_at=at(0)), answer(answered_at=at(1)))
    take(inventory(at(0), METER, manufacturer="1234", model="M1", csp_region="North"))
    performance.refresh()
    take(answer(answered_at=at(2)))

    found = performance.delivery_performance(ALPHA, ALL)
    peers = count_peers(
        ALPHA,
        PeersQuestion(
            device_id=METER,
            request_id=REQUEST_ID,
            firmware_version=VERSION,
            submitted_at=at(0),
            facts=DeviceFacts(
                device_id=METER,
                learnt_at=at(0),
                manufacturer="1234",
                model="M1",
                csp_region="North",
            ),
        ),
    )
    fresh = freshness(DCC, datetime.now(UTC))

    assert found.waiting == 1
    assert len(peers.groups) == 3
    assert peers.counted.at == found.counted.at
    assert fresh.sources
    with (
        reading_pool().connection() as connection,
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
    ):
        connection.execute("DELETE FROM stale_request")

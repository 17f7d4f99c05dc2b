"""A server counts delivery performance by itself."""

import time

import pytest

from firmtrack.notices.periodic_jobs import PeriodicJobs
from firmtrack.store.database import pool
from firmtrack.store.reports import performance
from firmtrack.upkeep import Upkeep
from tests.store.facts import answer, at, request, take
from tests.store.server_processes import wait_until


def stale_count() -> int:
    with pool().connection() as connection:
        row = connection.execute("SELECT count(*) FROM stale_request").fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.usefixtures("database")
def test_what_comes_is_counted_without_anybody_asking() -> None:
    take(request(sent_at=at(0)), answer(answered_at=at(1)))
    upkeep = Upkeep(interval_seconds=0.05)
    upkeep.start()
    deadline = time.monotonic() + 300
    try:
        while stale_count() and time.monotonic() < deadline:
            time.sleep(0.05)  # what is waited for happens in another thread
    finally:
        upkeep.stop()

    assert stale_count() == 0


@pytest.mark.usefixtures("database")
def test_it_ends_when_told() -> None:
    upkeep = Upkeep(interval_seconds=3600)
    upkeep.start()

    upkeep.stop()  # would wait for an hour if it did not hear

    assert performance.refresh(seconds=10)


@pytest.mark.usefixtures("database")
def test_a_count_that_fails_ends_neither_upkeep_nor_the_dispatchers_jobs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    take(request(sent_at=at(0)), answer(answered_at=at(1)))
    with pool().connection() as connection:
        connection.execute("ALTER TABLE uncounted_request RENAME TO taken_away")
        PeriodicJobs(_due_at=0.0).do_what_is_due(connection)
        failed = list(caplog.messages)
        assert failed[-1] == "Could not be told: delivery performance, counted anew."
    upkeep = Upkeep(interval_seconds=0.05)
    upkeep.start()
    try:
        wait_until(lambda: len(caplog.messages) > len(failed))
        with pool().connection() as connection:
            connection.execute("ALTER TABLE taken_away RENAME TO uncounted_request")
        wait_until(lambda: not stale_count(), 60)
    finally:
        upkeep.stop()

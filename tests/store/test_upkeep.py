"""A server counts delivery performance by itself."""

import time

import pytest

from firmtrack.store import performance
from firmtrack.store.database import pool
from firmtrack.upkeep import Upkeep
from tests.store.facts import answer, at, request, take


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

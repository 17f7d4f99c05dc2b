"""A moment of which more may still be recorded is moved back to one that is settled."""

from datetime import datetime, timedelta

import pytest

from firmtrack.store.database import pool, reading_pool
from firmtrack.store.reading import requests
from firmtrack.store.settling import settled
from tests.store.facts import DCC, REQUEST_ID, request, take
from tests.store.open_writer import still_recording

pytestmark = pytest.mark.usefixtures("database")


def now() -> datetime:
    """Return the database's own clock, which times what is recorded."""
    with pool().connection() as connection:
        row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    moment: datetime = row[0]
    return moment


def test_what_is_recorded_later_by_who_has_begun_was_not_known_at_a_settled_moment() -> None:
    with still_recording(request()):
        asked = now()
        moment = settled(asked)
        assert requests.find_request(DCC, REQUEST_ID, as_of=asked) is None

    assert moment < asked
    # What was told of the moment that was asked for would be contradicted now.
    assert requests.find_request(DCC, REQUEST_ID, as_of=asked) is not None
    assert requests.find_request(DCC, REQUEST_ID, as_of=moment) is None
    assert settled(asked) == asked


def test_a_moment_before_all_open_writers_stays() -> None:
    take(request())
    moment = now()
    with still_recording(request()):
        assert settled(moment) == moment


def test_who_only_reads_moves_no_moment() -> None:
    with reading_pool().connection() as connection, connection.transaction():
        connection.execute("SELECT FROM message")
        moment = now()

        assert settled(moment) == moment


def test_a_moment_that_the_database_has_not_reached_is_moved_back_to_now() -> None:
    before = now()
    moment = settled(before + timedelta(days=1))

    assert before <= moment <= now()

"""The small world in a database of its own, and browsers' stand-ins signed in as its people."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import pytest

from firmtrack.store import database
from firmtrack.store.database import pool
from firmtrack.store.embedded import EmbeddedPostgres
from firmtrack.store.known_from import Kind, note_kept_from
from tests.databases import fresh_database
from tests.pages import causes
from tests.pages import world as world_of_tests
from tests.pages.browsing import Browsing

Forget = Callable[[Kind, datetime], None]


@dataclass(frozen=True, slots=True)
class Told:
    """A database in which the world has been told, and its people."""

    conninfo: str
    cast: world_of_tests.Cast


@pytest.fixture(scope="package")
def told(postgres: EmbeddedPostgres) -> Iterator[Told]:
    with fresh_database(postgres) as conninfo:
        database.use(conninfo)
        cast = world_of_tests.people()
        world_of_tests.tell()
        database.close()
        yield Told(conninfo, cast)


@pytest.fixture(scope="package")
def told_causes(postgres: EmbeddedPostgres) -> Iterator[Told]:
    """The world, and one in which failures have something in common."""
    with fresh_database(postgres) as conninfo:
        database.use(conninfo)
        cast = world_of_tests.people()
        world_of_tests.tell()
        causes.tell()
        database.close()
        yield Told(conninfo, cast)


@pytest.fixture
def cast(told: Told) -> Iterator[world_of_tests.Cast]:
    database.use(told.conninfo)
    yield told.cast
    database.close()


@pytest.fixture
def kept_only_from(cast: world_of_tests.Cast) -> Iterator[Forget]:
    """Return what says that a kind is kept from a moment on, until the test is over."""
    del cast  # its world is in use

    def note(kind: Kind, at: datetime) -> None:
        with pool().connection() as connection:
            note_kept_from(connection, kind, at)

    yield note
    with pool().connection() as connection:
        connection.execute("DELETE FROM retention")


@pytest.fixture
def anybody(cast: world_of_tests.Cast) -> Browsing:
    return Browsing.of_nobody()


@pytest.fixture
def ada(cast: world_of_tests.Cast) -> Browsing:
    return Browsing.signed_in(cast.ada)


@pytest.fixture
def ben(cast: world_of_tests.Cast) -> Browsing:
    return Browsing.signed_in(cast.ben)


@pytest.fixture
def olga(cast: world_of_tests.Cast) -> Browsing:
    return Browsing.signed_in(cast.olga)


@pytest.fixture
def stranger(cast: world_of_tests.Cast) -> Browsing:
    return Browsing.signed_in(cast.stranger)

"""A database of several hosts, the first of which says nothing: its machine has lost its power."""

import socket
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest
from django.db import connections
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from firmtrack.store.database import connected, hosts_in_use, pool, watched
from firmtrack.store.reachability import Watch
from tests.databases import used
from tests.journeys.processes import wait_until


class Silent:
    """A host that takes connections and never says a word."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.port = listener.getsockname()[1]
        self._taken: list[socket.socket] = []

    def knocks(self) -> int:
        """Return how many have connected since this was last asked."""
        before = len(self._taken)
        with suppress(BlockingIOError):
            while True:
                self._taken.append(self._listener.accept()[0])
        return len(self._taken) - before

    def close(self) -> None:
        for each in self._taken:
            each.close()


@pytest.fixture
def silent() -> Iterator[Silent]:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        listener.setblocking(False)
        with closing(Silent(listener)) as made:
            yield made


@pytest.fixture
def several(database: str, silent: Silent) -> Iterator[str]:
    """The host of the database that answers, which is named after the silent one."""
    said = conninfo_to_dict(database)
    host, port = str(said["host"]), str(said.get("port", ""))
    with used(make_conninfo(database, host=f"127.0.0.1,{host}", port=f"{silent.port},{port}")):
        yield host


def test_who_serves_finds_the_host_that_answers_and_connects_there_first(
    several: str, silent: Silent
) -> None:
    with watched():
        from_before = pool()
        wait_until(lambda: hosts_in_use()["host"].startswith(several), "it is found")
        from_before.wait()
        assert silent.knocks() > 0
        with from_before.connection(), from_before.connection() as another:
            assert another.info.host == several
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT 1")
        connections["default"].close()
        connected().close()
        assert silent.knocks() == 0


def test_where_no_host_says_a_word_the_database_is_away(silent: Silent) -> None:
    watch = Watch(f"host=127.0.0.1,127.0.0.1 port={silent.port},{silent.port}")
    with watch.running():
        wait_until(lambda: watch.is_away, "nobody answers")

"""The audits of look-ups that end together: one commit, before any of their answers leaves."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from firmtrack.domain.viewer import Viewer
from firmtrack.lookups.device import find_device
from firmtrack.store import audit
from tests.store.facts import ALPHA, METER, STRANGER

PATIENCE_SECONDS = 60
ENDED = "ended"
BAD = Viewer.of_user_ids("no text of PostgreSQL: \0", ())

_WRITES = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
  AND query LIKE '%%lookup_audit%%' AND pid <> %s
"""


class Threads:
    """Calls in threads of their own, and how each ended: None while it has not."""

    def __init__(self) -> None:
        self.ends: list[object] = []
        self._threads: list[threading.Thread] = []

    def start(self, call: Callable[[], object]) -> None:
        number = len(self.ends)
        self.ends.append(None)

        def run() -> None:
            try:
                call()
            except psycopg.Error as error:
                self.ends[number] = type(error)
            else:
                self.ends[number] = ENDED

        self._threads.append(threading.Thread(target=run))
        self._threads[-1].start()

    def join_first(self) -> None:
        self._threads[0].join(PATIENCE_SECONDS)

    def join(self) -> None:
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS)


@contextmanager
def held(database: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Let nobody write an audit until the block ends."""
    with psycopg.connect(database) as connection:
        connection.execute("LOCK TABLE lookup_audit IN SHARE MODE")
        yield connection


def writer_that_waits(database: str, *, other_than: int = 0) -> int:
    """Return the process of the server that waits to write audits, once there is one."""
    with psycopg.connect(database, autocommit=True) as connection:
        while not (found := connection.execute(_WRITES, (other_than,)).fetchall()):
            threading.Event().wait(0.01)
        ((writer,),) = found
        return int(writer)


def wait_until_waiting(count: int) -> None:
    while len(audit._record_together._waiting) < count:  # their only sign that they wait
        threading.Event().wait(0.001)


def recorded(database: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database, autocommit=True) as connection:
        return connection.execute(
            "SELECT viewer, row_count FROM lookup_audit ORDER BY lookup_id"
        ).fetchall()


def test_audits_that_wait_for_the_disk_together_are_one_commit(database: str) -> None:
    threads = Threads()
    with held(database):
        threads.start(lambda: audit.record_lookup(ALPHA, "device", "a", 0))
        writer_that_waits(database)
        for rows in range(1, 40):
            threads.start(lambda rows=rows: audit.record_lookup(STRANGER, "device", "b", rows))  # type: ignore[misc]
            wait_until_waiting(rows)
        assert threads.ends == [None] * 40
    threads.join()

    assert threads.ends == [ENDED] * 40
    expected = [(ALPHA.name, 0), *((STRANGER.name, rows) for rows in range(1, 40))]
    assert recorded(database) == expected
    with psycopg.connect(database) as connection:
        (row,) = connection.execute("SELECT count(DISTINCT xmin::text) FROM lookup_audit")
    assert row == (3,)  # the first, then as many as one statement takes, then the rest


def test_no_answer_leaves_before_its_audit_is_committed(database: str) -> None:
    threads = Threads()
    with held(database):
        threads.start(lambda: find_device(ALPHA, METER))
        threads.start(lambda: find_device(STRANGER, METER))
        writer_that_waits(database)
        wait_until_waiting(1)
        assert threads.ends == [None, None]
    threads.join()

    assert threads.ends == [ENDED, ENDED]
    assert sorted(recorded(database)) == sorted([(ALPHA.name, 0), (STRANGER.name, 0)])


def test_an_audit_that_cannot_be_written_fails_its_own_look_up_alone(database: str) -> None:
    threads = Threads()
    with held(database):
        threads.start(lambda: audit.record_lookup(ALPHA, "device", "a", 1))
        writer_that_waits(database)
        for number, viewer in enumerate((ALPHA, BAD, STRANGER), start=1):
            threads.start(lambda viewer=viewer: audit.record_lookup(viewer, "device", "b", 2))  # type: ignore[misc]
            wait_until_waiting(number)
    threads.join()

    assert threads.ends == [ENDED, ENDED, psycopg.DataError, ENDED]
    assert recorded(database) == [(ALPHA.name, 1), (ALPHA.name, 2), (STRANGER.name, 2)]


def test_a_look_up_whose_audit_the_database_lost_is_not_answered(database: str) -> None:
    threads = Threads()
    with held(database) as holder:
        threads.start(lambda: find_device(ALPHA, METER))
        writer = writer_that_waits(database)
        threads.start(lambda: audit.record_lookup(STRANGER, "device", "b", 3))
        wait_until_waiting(1)
        holder.execute("SELECT pg_terminate_backend(%s::integer)", (writer,))
        threads.join_first()
        assert threads.ends == [psycopg.errors.AdminShutdown, None]
    threads.join()

    assert threads.ends[1] is ENDED
    assert recorded(database) == [(STRANGER.name, 3)]


def test_while_the_database_is_lost_all_look_ups_that_wait_fail_at_once(database: str) -> None:
    threads = Threads()
    with held(database) as holder:
        threads.start(lambda: audit.record_lookup(ALPHA, "device", "a", 1))
        first = writer_that_waits(database)
        for number in (1, 2, 3):
            threads.start(lambda: audit.record_lookup(ALPHA, "device", "b", 2))
            wait_until_waiting(number)
        holder.execute("SELECT pg_terminate_backend(%s::integer)", (first,))
        second = writer_that_waits(database, other_than=first)
        holder.execute("SELECT pg_terminate_backend(%s::integer)", (second,))
        threads.join()

    assert threads.ends == [psycopg.errors.AdminShutdown] * 4
    assert recorded(database) == []
    audit.record_lookup(ALPHA, "device", "c", 4)
    assert recorded(database) == [(ALPHA.name, 4)]

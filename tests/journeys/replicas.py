"""A replica as this process follows it: in use, looked at once and no more, or paused."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import psycopg

from firmtrack.store import replica
from firmtrack.store.standby import Standby, Standing
from tests.journeys.own_postgres import OwnPostgres, conninfo_at
from tests.journeys.processes import wait_until


@contextmanager
def in_use(port: int, **how: float) -> Iterator[Standby]:
    """Yield the replica once look-ups read there; ``how`` are the options of Standby."""
    with replica.followed(conninfo_at(port), **how) as standby:
        assert standby is not None
        wait_until(lambda: standby.standing is Standing.IN_USE, "the replica is in use")
        yield standby


@contextmanager
def looked_at_once(port: int) -> Iterator[Standby]:
    """Yield the replica in use as it was found then, for longer than any test takes."""
    while True:  # if it was a moment behind it would be so for as long
        with replica.followed(conninfo_at(port), look_seconds=600) as standby:
            assert standby is not None
            wait_until(
                lambda: standby.standing is Standing.IN_USE or bool(standby.lag_bytes),
                "both were looked at",
            )
            if standby.standing is Standing.IN_USE:
                yield standby
                return


def wait_until_looked_at(standby: Standby) -> None:
    """Return once the replica is known to have all that the primary had when this was called."""
    began_at = time.monotonic()

    def is_known() -> bool:
        lag_seconds = standby.lag_seconds
        return lag_seconds is not None and lag_seconds < time.monotonic() - began_at

    wait_until(is_known, "both were looked at since, and the replica has all")


@contextmanager
def paused(server: OwnPostgres) -> Iterator[None]:
    """Have the standby replay nothing within the block: it answers as of its beginning."""
    with psycopg.connect(conninfo_at(server.port), autocommit=True) as connection:
        connection.execute("SELECT pg_wal_replay_pause()")
        state = "SELECT pg_get_wal_replay_pause_state()"
        wait_until(lambda: connection.execute(state).fetchone() == ("paused",), "it is paused")
        try:
            yield
        finally:
            connection.execute("SELECT pg_wal_replay_resume()")


@contextmanager
def held_up(server: OwnPostgres) -> Iterator[None]:
    """Have the standby replay nothing of what it receives, as while a reader is in its way."""
    (replaying,) = [
        each
        for each in psutil.Process(server.process_id).children()
        if "startup" in " ".join(each.cmdline())
    ]
    replaying.suspend()
    try:
        yield
    finally:
        replaying.resume()


def follow_nobody(server: OwnPostgres) -> None:
    """Have the standby be sent nothing more; return once that is so."""
    with psycopg.connect(conninfo_at(server.port), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET primary_conninfo = ''")
        connection.execute("SELECT pg_reload_conf()")
        receiving = "SELECT FROM pg_stat_wal_receiver"
        wait_until(lambda: not connection.execute(receiving).rowcount, "it is on its own")

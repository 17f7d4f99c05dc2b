"""What is looked at of the replica: that it is one of this database, and how far behind."""

import time

import psycopg
from django.conf import settings
from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.store.server import Server
from firmtrack.store.standby import (
    MOST_LAG_SECONDS,
    ask_primary,
    ask_received,
    ask_replica,
    find_problem,
)
from firmtrack.watching.doctor.findings import Finding, fail, ok, warn

_LOOK_SECONDS = 0.05


def check_replica(connection: Connection[TupleRow]) -> Finding:
    """Return whether look-ups can read on the replica, if the settings name one."""
    conninfo = settings.ENVIRONMENT.database_replica_url
    if conninfo is None:
        return ok("There is no replica: DATABASE_REPLICA_URL is not set.")
    try:
        with Server(conninfo, "replica").connected("firmtrack doctor") as replica:
            return _look(connection, replica)
    except psycopg.Error as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        return warn(
            f"The replica cannot be asked: {lines[0]}",
            "See that it runs, and that DATABASE_REPLICA_URL names it. Until then look-ups read on "
            "the primary.",
        )


def _look(primary: Connection[TupleRow], replica: Connection[TupleRow]) -> Finding:
    """Wait until the replica has what the primary has now, for as long as it may be behind."""
    problem = find_problem(primary, replica)
    if problem is not None:
        return fail(
            f"DATABASE_REPLICA_URL: {problem}", "Name a standby of this database there, or nothing."
        )
    began_at, wanted = time.monotonic(), ask_primary(primary)
    while True:
        found = ask_replica(replica)
        seconds = time.monotonic() - began_at
        if found.position >= wanted.position:
            return ok(f"The replica had all that is recorded within {seconds:.1f} seconds.")
        if seconds > MOST_LAG_SECONDS:
            reason, advice = _held_up(replica, wanted.position)
            return warn(
                f"The replica is {wanted.position - found.position:,} octets of the log behind, "
                f"and did not catch up within {MOST_LAG_SECONDS:.0f} seconds: {reason}.",
                f"{advice} Until then look-ups read on the primary.",
            )
        time.sleep(_LOOK_SECONDS)  # no standby tells anybody how far it has replayed


def _held_up(replica: Connection[TupleRow], wanted: int) -> tuple[str, str]:
    """Return why a replica has not come to a position, and what to do."""
    received = ask_received(replica)
    if received.is_paused:
        return "its replay is paused", "Have it go on: SELECT pg_wal_replay_resume()."
    if received.position is None or received.position < wanted:
        advice = (
            "See in its server's log why. If the primary has removed what it lacks, make it anew, "
            "with a replication slot, for which the primary keeps that."
        )
        if received.position is None:
            return "nothing was streamed to it", advice
        return "it lacks some of them", advice
    return (
        "it has received them, and not replayed them",
        "See whether a query there holds replay up.",
    )

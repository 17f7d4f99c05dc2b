"""The two stores of ``bench.scale``: built where they are missing, and held to the ledger."""

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from bench import national, national_check
from bench.national import National
from bench.report import console
from firmtrack.store import database
from firmtrack.store.embedded import EmbeddedPostgres
from firmtrack.store.reports import standings

_SPARE_BYTES = 2_000_000_000  # what is logged, and the samples
_GIGABYTE = 1e9
_SAMPLE = 399  # of each round the request of this number, which is of no month that goes soon


@dataclass(frozen=True, slots=True)
class Store:
    """A built store: the name of its database, and what it holds."""

    name: str
    national: National


def needed_bytes(events: int) -> int:
    """Return how much room on the disk the building of so many events takes at most."""
    return events * national.BYTES_PER_EVENT + _SPARE_BYTES


def build(directory: Path, sizes: Sequence[int]) -> list[Store]:
    """Return stores of so many events, built, or built on, below the directory.

    Ends the process if there is not enough room, or if the ledger would leave other rows.
    """
    place = directory / "postgresql"
    needed, free = needed_bytes(sum(sizes)), shutil.disk_usage(directory).free
    console.print(
        f"{sum(sizes):,} events take up to {needed / _GIGABYTE:.0f} GB in {directory};"
        f" {free / _GIGABYTE:.0f} GB are free"
    )
    if not place.exists() and free < needed:
        raise SystemExit("That is not enough room: name a --directory on another disk.")
    with EmbeddedPostgres(place, national.BUILDING) as server:
        stores = [_built(server, events) for events in sizes]
        for store in stores:
            _hold_to_ledger(server, store)
    return stores


def _built(server: EmbeddedPostgres, events: int) -> Store:
    began = time.monotonic()
    name = f"national_{events}"
    _make_database(server, name)
    made = national.build(server.conninfo(name), events)
    database.use(server.conninfo(name))
    with database.pool().connection() as connection:
        standings.count_due(connection)
    database.close()
    with psycopg.connect(server.conninfo(name), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE request_standing, standing_due, request")
    console.print(f"{name}: {made.events:,} events after {time.monotonic() - began:,.0f} s")
    return Store(name, made)


def _make_database(server: EmbeddedPostgres, name: str) -> None:
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        known = connection.execute("SELECT FROM pg_database WHERE datname = %s", (name,))
        if not known.rowcount:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    database.use(server.conninfo(name))
    database.migrate()
    database.close()


def _hold_to_ledger(server: EmbeddedPostgres, store: Store) -> None:
    """Have the ledger record a sample in a database of its own, and compare all rows."""
    numbers = [_SAMPLE, _SAMPLE + national.REQUESTS_A_ROUND]
    name = f"{store.name}_sample"
    drop = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name))
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        connection.execute(drop)
        _make_database(server, name)
        database.use(server.conninfo(name))
        national_check.record_by_ledger(store.national, numbers)
        conninfo = server.conninfo(store.name)
        different = national_check.differences(conninfo, store.national, numbers)
        database.close()
        connection.execute(drop)
    if different:
        raise SystemExit("\n".join(["The ledger leaves other rows:", *different]))
    updates = sum(len(store.national.devices_of(number)) for number in numbers)
    console.print(f"{store.name}: {updates:,} of its updates are as the ledger leaves them")

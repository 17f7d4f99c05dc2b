"""Whether what SQL has built is what the ledger leaves of the same messages, row by row.

Some requests, with all that their devices ever had, are recorded by the ledger in a database of its
own; then every table that has rows there is compared with the rows of the same in the built one.
"""

from collections.abc import Iterable, Sequence
from contextlib import closing

import psycopg
from psycopg import Connection
from psycopg.rows import TupleRow

from bench.filling import device_at
from bench.ledger import BATCH_EVENTS
from bench.national import REQUESTS_A_ROUND, National, inventory_of, messages_of
from firmtrack.store.database import conninfo_in_use, pool
from firmtrack.store.ledger.inventory import ImportedRow, import_rows
from firmtrack.store.ledger.recording import Batch, record
from firmtrack.store.numbers import request_parts, to_bigint
from firmtrack.store.reports import standings

_OF_DEVICES = "t.device_id = ANY (%(devices)s)"
_OF_REQUESTS = (
    "EXISTS (SELECT FROM request AS r WHERE r.request_key = t.request_key"
    " AND r.counter = ANY (%(counters)s))"
)
# Not those of the requests that earlier runs have measured with.
_EVENTS = (
    "t.device_id = ANY (%(devices)s) AND EXISTS (SELECT FROM request AS r"
    " WHERE r.counter = ANY (%(counters)s)"
    " AND (r.request_key = t.request_key"
    " OR t.request_key IS NULL AND r.image_hash = t.image_hash))"
)
_OF_MESSAGES = (
    f"t.message_id IN (SELECT message_id FROM recorded_event AS t WHERE {_EVENTS}"
    " UNION SELECT message_id FROM request WHERE counter = ANY (%(counters)s)"
    " UNION SELECT step_message_id FROM request WHERE counter = ANY (%(counters)s))"
)
# Which of a table's rows are those of the devices and requests.
_COMPARED = {
    "recorded_event": _EVENTS,
    "distribution": f"{_OF_DEVICES} AND {_OF_REQUESTS}",
    "device": _OF_DEVICES,
    "recorded_inventory_statement": _OF_DEVICES,
    "dated_message": _OF_MESSAGES,
    "undated_message": _OF_MESSAGES,
    "request": "t.counter = ANY (%(counters)s)",
    "recorded_request_statement": _OF_REQUESTS,
    "recorded_request_step": _OF_REQUESTS,
    "request_standing": _OF_REQUESTS,
}
# What the ledger leaves for those who count in the background, what these have counted, and what a
# migration has put there.
_MARKS = frozenset(
    {
        "arrival", "stale_device", "stale_request", "standing_due", "last_count", "cause_due",
        "django_migrations", "django_content_type", "auth_permission", "rereading", "served_from",
        "national_request", "national_step", "wait_limit_age",
    }
)  # fmt: skip
# Surrogate keys and clocks; changed_segment is a mark, too.
_NOT_COMPARED = ["request_key", "recorded_at", "counted_at", "ended_at", "changed_segment"]

_FILLED = """
SELECT relname FROM pg_class
WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace
ORDER BY relname
"""


def record_by_ledger(national: National, numbers: Iterable[int]) -> None:
    """Record some requests with all that is told of them in the database in use, and count them."""
    for number in numbers:
        told = list(messages_of(national, number))
        record(Batch(messages=told[:2]))  # the request and its answer come before its alerts
        for start in range(2, len(told), BATCH_EVENTS):
            record(Batch(messages=told[start : start + BATCH_EVENTS]))
        stated = [ImportedRow(*each) for each in enumerate(inventory_of(national, number), 1)]
        import_rows(stated, lambda _: None, lambda: True)
    with pool().connection() as connection:
        standings.count_due(connection)


def differences(built: str, national: National, numbers: Sequence[int]) -> list[str]:
    """Return what differs, a line each, between the built database and the one in use.

    ``numbers`` are the requests that are recorded in the one in use: for each the same of the other
    round is among them, so that it has all of their devices.
    """
    assert {(each + REQUESTS_A_ROUND) % (2 * REQUESTS_A_ROUND) for each in numbers} == set(numbers)
    asked = {
        "devices": [
            to_bigint(device_at(each)) for number in numbers for each in national.devices_of(number)
        ],
        "counters": [request_parts(national.request_id(each))[2] for each in numbers],
        "left_out": _NOT_COMPARED,
    }
    found = []
    with (
        closing(psycopg.connect(built)) as connection,
        closing(psycopg.connect(conninfo_in_use())) as recorded,
    ):
        for table in _tables(recorded):
            if table in _MARKS or not _has_rows(recorded, table):
                continue
            if table not in _COMPARED:
                found.append(f"{table}: the ledger leaves rows, and none are compared")
                continue
            ours, its = (_summary(each, table, asked) for each in (connection, recorded))
            if ours != its:
                found.append(f"{table}: built {ours}, by the ledger {its}")
    return found


def _tables(connection: Connection[TupleRow]) -> list[str]:
    return [name for (name,) in connection.execute(_FILLED)]


def _has_rows(connection: Connection[TupleRow], table: str) -> bool:
    row = connection.execute(f"SELECT EXISTS (SELECT FROM {table})".encode()).fetchone()
    return row == (True,)


def _summary(connection: Connection[TupleRow], table: str, asked: dict[str, object]) -> TupleRow:
    """Return how many rows these are, a digest of all of them, and the least as an example."""
    row = connection.execute(
        f"""
        SELECT count(*), md5(string_agg(text, ',' ORDER BY text)), min(text)
        FROM (
            SELECT (to_jsonb(t) - %(left_out)s::text[])::text COLLATE "C" AS text
            FROM {table} AS t WHERE {_COMPARED[table]}
        ) AS rows
        """.encode(),
        asked,
    ).fetchone()
    assert row is not None
    return row

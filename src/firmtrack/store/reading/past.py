"""The store as it was known at a past moment: tables of one connection that hide the real ones.

A query sees a temporary table before a table of the same name. So the connections here have empty
copies of the tables that change, filled for one look-up with what had been recorded by the moment,
and the very statements that answer the present answer the past. ``recorded_at`` is when the batch
that recorded a row began.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.store import ledger
from firmtrack.store.database import pool_of
from firmtrack.store.ledger import inventory
from firmtrack.store.numbers import request_parts, to_bigint
from firmtrack.store.reading import statement

# What the statements read, and the table that has its columns.
_HIDDEN_TABLES = {
    "request_statement": "recorded_request_statement",
    "request_step": "recorded_request_step",
    "request_naming": "recorded_request_naming",
    "request": "request",
    "event": "recorded_event",
    "distribution": "distribution",
    "activation_word": "recorded_activation_word",
    "device_incident": "recorded_device_incident",
    "request_incident": "recorded_request_incident",
    "comms_hub_incident": "recorded_comms_hub_incident",
    "device": "device",
    "inventory_statement": "recorded_inventory_statement",
    "supplier_change": "recorded_supplier_change",
    "device_acquaintance": "device_acquaintance",
}
_HIDDEN_VIEWS = ("current_distribution", "told_activation", "told_candidate")
# In this order: each reads what those before it have filled.
_FILL = (
    "past_event", "past_request_statement", "past_request_step", "past_request_naming",
    "past_activation_word", "past_inventory_statement", "past_supplier_change",
    "past_device_acquaintance",
    "past_request", "past_distribution", "past_device_incident", "past_request_incident",
    "past_comms_hub_incident",
)  # fmt: skip
_FOLD = ("fold_requests", "fold_names", "fold_devices")
_POOL_SIZE = 4


@contextmanager
def known_at(moment: datetime, about: Eui64 | RequestId) -> Iterator[Connection[TupleRow]]:
    """Lend a connection, in a transaction, that sees what was known at ``moment``.

    It sees that of one device, or of one request and its devices, and nothing of any other.
    """
    with (
        pool_of(_hide_tables, _POOL_SIZE).connection() as connection,
        connection.transaction(),
    ):
        if isinstance(about, Eui64):
            asked = {"device_id": to_bigint(about)}
            connection.execute(statement("past_device_scope"), asked)
        else:
            originator, target, counter = request_parts(about)
            asked = {"originator": originator, "target": target, "counter": counter}
            connection.execute(statement("past_request_scope"), asked | {"moment": moment})
        connection.execute(statement("past_requests_in_scope"), {"moment": moment})
        for name in _FILL:
            connection.execute(statement(name), {"moment": moment})
        rows = connection.execute("SELECT request_key FROM request").fetchall()
        for name in _FOLD:
            connection.execute(ledger.statement(name), {"request_keys": [key for (key,) in rows]})
        inventory.fold_anew(connection.cursor())
        yield connection


def _hide_tables(connection: Connection[TupleRow]) -> None:
    """Give a new connection its own, empty tables, and views and scopes over them."""
    views = [
        (name, connection.execute("SELECT pg_get_viewdef(%s::regclass)", (name,)).fetchone())
        for name in _HIDDEN_VIEWS
    ]
    for table, form in _HIDDEN_TABLES.items():
        connection.execute(
            f"CREATE TEMPORARY TABLE {table} (LIKE public.{form} INCLUDING INDEXES"
            " INCLUDING DEFAULTS INCLUDING GENERATED) ON COMMIT DELETE ROWS".encode()
        )
    for name, row in views:
        assert row is not None
        connection.execute(f"CREATE TEMPORARY VIEW {name} AS {row[0]}".encode())
    connection.execute(statement("past_scopes"))

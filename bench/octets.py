"""How many octets a row takes on the disk with its indexes, and a message under way: for sizing."""

from collections.abc import Mapping
from itertools import islice

import psycopg

from bench.counted_line import counted
from bench.disk import take_alerts
from bench.figures import Figure
from bench.run import Run
from bench.scene import (
    VERSION,
    device_ids,
    fresh_database,
    request_messages,
    requests_for,
)
from bench.traffic import Signatories, alert
from firmtrack.domain.facts import DeviceFacts
from firmtrack.domain.viewer import Viewer
from firmtrack.lookups import device
from firmtrack.store import database
from firmtrack.store.ledger.inventory import ImportedRow, import_rows
from firmtrack.store.ledger.recording import Batch, record

_ALERTS_PER_DEVICE = 5
_ALERTS_AT_ONCE = 1_000
_EVERYBODY = Viewer.of_dcc("bench")

# What is told of a row, and the tables that hold it.
_ROWS = {
    "an event": ("recorded_event",),
    "the signed alert that tells it, its body packed": ("dated_message",),
    "a device in a request": ("distribution",),
    "a device of the inventory, with what was stated of it": (
        "device", "recorded_inventory_statement",
    ),
    "a look-up in the audit": ("lookup_audit",),
}  # fmt: skip

_BYTES = """
SELECT coalesce(
    (
        SELECT sum(pg_total_relation_size(relid))::bigint
        FROM pg_partition_tree(%(table)s::regclass)
        WHERE isleaf
    ),
    pg_total_relation_size(%(table)s::regclass)
)
"""

_LOGGED = "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint"


def measure(run: Run) -> list[Figure]:
    """Return the octets of each, as signed alerts and look-ups take and leave them."""
    count = run.sized(50_000, least=1_000)
    devices = device_ids(count // _ALERTS_PER_DEVICE, seed=31)
    requests = requests_for(devices)
    pairs = [(request_id, each) for request_id, share in requests.items() for each in share]
    who = Signatories()
    alerts = (
        alert(*pair, turn * len(pairs) + number, who)
        for turn in range(_ALERTS_PER_DEVICE)
        for number, pair in enumerate(pairs)
    )
    alert_octets = 0
    with (
        fresh_database(run.server) as conninfo,
        counted(conninfo) as (through_line, line),
        psycopg.connect(conninfo, autocommit=True) as connection,
    ):
        before = _bytes(connection)
        record(Batch(messages=request_messages(requests)))
        database.use(through_line)
        logged = _one(connection, _LOGGED)
        while documents := list(islice(alerts, _ALERTS_AT_ONCE)):
            alert_octets += sum(map(len, documents))
            take_alerts(documents)
        logged = _one(connection, _LOGGED) - logged
        sent = line.sent_octets
        database.use(conninfo)
        import_rows(
            (
                ImportedRow(
                    number,
                    DeviceFacts(
                        device_id=each,
                        learnt_at=None,
                        device_type="ESME",
                        csp_region="North",
                        manufacturer="1001",
                        model="M1",
                        firmware_version=VERSION,
                    ),
                )
                for number, each in enumerate(devices, start=1)
            ),
            lambda _: None,
            lambda: True,
        )
        for each in devices:
            device.find_device(_EVERYBODY, each)
        connection.execute("VACUUM")
        grown = _bytes(connection)
        rows = {name: _count(connection, tables[0]) for name, tables in _ROWS.items()}
    on_its_way = {
        "the signed alert itself": alert_octets,
        "what is sent to the database for it": sent,
        "what it adds to the database’s write-ahead log": logged,
    }
    told = [
        Figure(
            f"octets: {name}",
            "–",
            None,
            octets / count,
            unit="octets",
            beside=f"of {count:,} alerts, {_ALERTS_AT_ONCE:,} in a batch",
        )
        for name, octets in on_its_way.items()
    ]
    return told + [
        Figure(
            f"octets on the disk: {name}",
            "–",
            None,
            (grown[name] - before[name]) / rows[name],
            unit="octets",
            beside=f"of {rows[name]:,} rows, indexes included",
        )
        for name in _ROWS
    ]


def _bytes(connection: psycopg.Connection[tuple[int]]) -> Mapping[str, int]:
    return {
        name: sum(_one(connection, _BYTES, {"table": table}) for table in tables)
        for name, tables in _ROWS.items()
    }


def _count(connection: psycopg.Connection[tuple[int]], table: str) -> int:
    return _one(connection, f"SELECT count(*) FROM {table}")


def _one(
    connection: psycopg.Connection[tuple[int]], query: str, asked: Mapping[str, str] | None = None
) -> int:
    row = connection.execute(query.encode(), asked).fetchone()
    assert row is not None
    return row[0]

"""A national store: two rounds of 400 requests over 14 months, as the ledger leaves them, by SQL.

Each device has an update of six events in both rounds. Messages about fifty devices tell the first
two events, and messages about one the others; the last names no request. A table is filled before
it has an index, a month in one transaction: what is interrupted goes on where it was. Bodies are of
an octet, and figures are not counted but for how requests stand: the jobs read neither.
"""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from hashlib import md5, sha256
from itertools import groupby
from math import ceil
from typing import Any

import psycopg
from psycopg import Connection, sql
from psycopg.rows import TupleRow

from bench.filling import SUPPLIERS, device_at
from bench.report import console
from bench.scene import DCC, USER
from firmtrack.domain.facts import (
    AnswerFacts,
    DeviceFacts,
    Event,
    ImageFacts,
    Message,
    MessageKind,
    RequestFacts,
    RequestStep,
)
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId, ResponseId
from firmtrack.domain.inventory import IMPORT_ID
from firmtrack.domain.stages import Status, Variant
from firmtrack.store.bodies import pack
from firmtrack.store.ledger.submission import OPERATOR
from firmtrack.store.months import EVENTS, MESSAGES, Month, MonthlyTable, month_of, months_of
from firmtrack.store.numbers import to_bigint

ROUNDS = 2
REQUESTS_A_ROUND = 400
EVENTS_PER_UPDATE = 6
MONTHS = 14
BYTES_PER_EVENT = 370
"""What an event takes on the disk with all that belongs to it, and what sorting takes."""

_STATUSES = (
    Status.ACCEPTED, Status.SENT_TO_CSP, Status.DELIVERED_TO_COMMS_HUB,
    Status.DELIVERED_TO_COMMS_HUB, Status.TRANSFERRED_TO_DEVICE, Status.VERIFIED,
)  # fmt: skip
# Of how many devices a message tells at most, at each place of the way.
_DEVICES_TOLD = (50, 50, 1, 1, 1, 1)
_BETWEEN_EVENTS = timedelta(hours=5)
_SPREAD_SECONDS = 3_000
_UPDATE_TAKES = EVENTS_PER_UPDATE * _BETWEEN_EVENTS + timedelta(seconds=_SPREAD_SECONDS)
_IMAGE = ImageFacts(size_bytes=1)
_LEARNT_AT = datetime(2025, 1, 1, tzinfo=UTC)
_REGIONS = ("North", "Central", "South")

BUILDING = {
    # What is built is worth nothing if the machine fails meanwhile: then it is built anew.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    # What is filled in the transaction that makes its table is not logged.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "maintenance_work_mem": "512MB",
    "max_parallel_maintenance_workers": "0",
}
"""Settings of the server while it is filled."""


@dataclass(frozen=True, slots=True)
class National:
    """How large the store is, when its first request was sent, and how long after it the next."""

    devices: int
    first_at: datetime
    interval: timedelta

    @classmethod
    def of(cls, events: int, months: Sequence[Month], now: datetime) -> "National":
        """Return the one of so many events, or a few more, over the months until now."""
        # Each request names as many.
        a_device = ROUNDS * EVENTS_PER_UPDATE
        devices = REQUESTS_A_ROUND * max(1, ceil(events / (a_device * REQUESTS_A_ROUND)))
        first_at = months[0].begins_at
        span = now.replace(minute=0, second=0, microsecond=0) - _UPDATE_TAKES - first_at
        seconds = int(span.total_seconds()) // (ROUNDS * REQUESTS_A_ROUND)
        return cls(devices, first_at, timedelta(seconds=seconds))

    @property
    def devices_per_request(self) -> int:
        """How many devices a request names."""
        return self.devices // REQUESTS_A_ROUND

    @property
    def events(self) -> int:
        """How many events there are."""
        return self.devices * ROUNDS * EVENTS_PER_UPDATE

    def request_id(self, number: int) -> RequestId:
        """Return the ID of a request, of 0 to 799."""
        return RequestId(Eui64(USER + number % SUPPLIERS), DCC, number)

    def devices_of(self, number: int) -> range:
        """Return the numbers of the devices that a request names; the same ones in both rounds."""
        first = number % REQUESTS_A_ROUND * self.devices_per_request
        return range(first, first + self.devices_per_request)


# The messages that the store is filled with, as facts: what the ledger is given to compare.


def messages_of(national: National, number: int) -> Iterator[Message]:
    """Yield a request, its answer, and the messages of its devices in their order."""
    request_id = national.request_id(number)
    sent_at = national.first_at + number * national.interval
    image_hash = sha256(b"%d" % number).digest()
    yield Message(
        digest=_digest(f"request {number}"),
        kind=MessageKind.UPDATE_FIRMWARE_REQUEST,
        body=b"",
        user_id=request_id.originator,
        occurred_at=sent_at,
        request=RequestFacts(
            request_id=request_id,
            variant=Variant.UPDATE_FIRMWARE,
            firmware_version=FirmwareVersion(f"{number:08d}"),
            image=ImageFacts(size_bytes=1, manufacturer_image_hash=image_hash),
            device_ids=tuple(device_at(each) for each in national.devices_of(number)),
            sent_at=sent_at,
        ),
    )
    yield Message(
        digest=_digest(f"answer {number}"),
        kind=MessageKind.UPDATE_FIRMWARE_RESPONSE,
        body=b"",
        user_id=request_id.originator,
        code="I0",
        response_id=ResponseId(DCC, request_id.originator, request_id.counter),
        occurred_at=sent_at,
        answer=AnswerFacts(
            request_id=request_id,
            variant=Variant.UPDATE_FIRMWARE,
            response_code="I0",
            answered_at=sent_at,
        ),
        steps=(RequestStep(request_id=request_id, status=Status.ACCEPTED, occurred_at=sent_at),),
    )
    for place, (status, most) in enumerate(zip(_STATUSES, _DEVICES_TOLD, strict=True), start=1):
        is_loose = place == EVENTS_PER_UPDATE
        for told, devices in _told_together(national.devices_of(number), most):
            occurred_at = (
                sent_at + place * _BETWEEN_EVENTS + timedelta(seconds=told % _SPREAD_SECONDS)
            )
            yield Message(
                digest=_digest(f"{number} {told} {place}"),
                kind=MessageKind.CSP_FIRMWARE_DELIVERY_STATUS,
                body=b"",
                user_id=request_id.originator,
                code="N60",
                response_id=ResponseId(
                    DCC, request_id.originator, told * EVENTS_PER_UPDATE + place
                ),
                occurred_at=occurred_at,
                events=tuple(
                    Event(
                        device_id=device_at(device),
                        status=status,
                        occurred_at=occurred_at,
                        request_id=None if is_loose else request_id,
                        image_hash=image_hash if is_loose else None,
                    )
                    for device in devices
                ),
            )


def _told_together(devices: range, most: int) -> Iterator[tuple[int, Iterator[int]]]:
    """Yield the devices that a message tells of, each time with the number that stands for them."""
    return groupby(devices, lambda device: device // most * most)


def inventory_of(national: National, number: int) -> Iterator[DeviceFacts]:
    """Yield what an inventory states of the devices that a request names."""
    for device in national.devices_of(number):
        yield DeviceFacts(
            device_id=device_at(device),
            learnt_at=_LEARNT_AT,
            device_type="ESME",
            csp_region=_REGIONS[device % 3],
            manufacturer="1001",
            model=f"M{device % 2}",
            comms_hub_id=Eui64(device_at(0) - (1 << 40) + device // 4),
        )


def _digest(name: str) -> bytes:
    """Return a digest whose first half, the message's ID, the database makes of the name, too."""
    return md5(name.encode(), usedforsecurity=False).digest() + bytes(16)


# The same by SQL.

_REQUESTS = """
CREATE TABLE national_request AS
SELECT n AS number, %(user)s + n %% %(suppliers)s AS originator, %(zero)s + n AS counter,
    %(first_at)s + n * %(interval)s AS sent_at, sha256(n::text::bytea) AS image_hash,
    md5('request ' || n)::uuid AS message_id, md5('answer ' || n)::uuid AS answer_id,
    n %% %(a_round)s * %(per_request)s::bigint AS first_device,
    (n %% %(a_round)s + 1) * %(per_request)s::bigint - 1 AS last_device,
    NULL::bigint AS request_key
FROM generate_series(0, %(requests)s - 1) AS n;
INSERT INTO undated_message
    (message_id, user_id, occurred_at, recorded_at, kind, code, body, submitter)
SELECT message_id, originator, sent_at, sent_at, 1, NULL, %(body)s, %(submitter)s
FROM national_request;
INSERT INTO request (originator, target, counter, message_id, recorded_at, sent_at, variant,
    stated_version, image_hash, image, statement_count, answered_at, stepped_at, step_stage,
    step_occurred_at, step_message_id)
SELECT originator, %(dcc)s, counter, message_id, sent_at, sent_at, '11.1',
    to_char(number, 'FM00000000'), image_hash, %(image)s::jsonb, 1, sent_at, sent_at, 2, sent_at,
    answer_id
FROM national_request
ORDER BY number;
UPDATE national_request AS n SET request_key = r.request_key
FROM request AS r WHERE r.message_id = n.message_id;
ALTER TABLE national_request ADD PRIMARY KEY (number);
INSERT INTO recorded_request_statement (request_key, message_id, recorded_at, sent_at, variant,
    stated_version, image_hash, image)
SELECT request_key, message_id, recorded_at, sent_at, variant, stated_version, image_hash, image
FROM request;
INSERT INTO recorded_request_step (request_key, message_id, occurred_at, recorded_at, stage, failed,
    variant, message_kind, code, user_id, responder, response_counter)
SELECT request_key, step_message_id, sent_at, sent_at, 2, false, '11.1', 2, 'I0', originator,
    %(dcc)s, counter
FROM request;
INSERT INTO standing_due (request_key) SELECT request_key FROM request;
ANALYZE national_request;
"""

# What is told of each device at each place of its way, in the order in which it is told.
_TOLD = """
    FROM national_request AS n
    CROSS JOIN generate_series(1, %(per_update)s) AS place
    CROSS JOIN LATERAL generate_series(n.first_device, n.last_device) AS i
    CROSS JOIN LATERAL (SELECT (%(told)s::integer[])[place] AS most) AS message
    CROSS JOIN LATERAL (SELECT i / most * most AS first_told) AS group_of
    CROSS JOIN LATERAL (
        SELECT n.sent_at + place * %(between)s + first_told %% %(spread)s * interval '1 second'
            AS occurred_at
    ) AS at
"""
_OF_MONTH = """
    WHERE n.sent_at < %(end)s AND n.sent_at > %(begin)s - %(takes)s
      AND occurred_at >= %(begin)s AND occurred_at < %(end)s
"""
# Hundreds are recorded at once, with one time.
_RECORDED_AT = "date_trunc('minute', occurred_at) + interval '1 minute'"
_MESSAGE_ID = "md5(n.number || ' ' || first_told || ' ' || place)::uuid"
_COUNTER = "%(zero)s + first_told::bigint * %(per_update)s + place"
_DEVICE_ID = "%(device)s + i * 2654435761 %% %(scattered)s"

_EVENTS_OF_MONTH = f"""
INSERT INTO {{part}} (device_id, request_key, message_id, occurred_at, recorded_at, stage, failed,
    image_hash, addressee, message_kind, code, responder, response_counter)
SELECT {_DEVICE_ID}, CASE WHEN place < %(per_update)s THEN n.request_key END, {_MESSAGE_ID},
    occurred_at, {_RECORDED_AT}, (%(stages)s::smallint[])[place], false,
    CASE WHEN place = %(per_update)s THEN n.image_hash END, n.originator, 3, 'N60',
    %(dcc)s, {_COUNTER}
{_TOLD}{_OF_MONTH}
"""
_MESSAGES_OF_MONTH = f"""
INSERT INTO {{part}}
    (message_id, user_id, occurred_at, recorded_at, kind, code, body, submitter, responder,
    response_counter)
SELECT {_MESSAGE_ID}, n.originator, occurred_at, {_RECORDED_AT}, 3, 'N60', %(body)s, %(submitter)s,
    %(dcc)s, {_COUNTER}
{_TOLD}{_OF_MONTH} AND i = greatest(first_told, n.first_device)
UNION ALL
SELECT n.answer_id, n.originator, n.sent_at, n.sent_at, 2, 'I0', %(body)s, %(submitter)s, %(dcc)s,
    n.counter
FROM national_request AS n
WHERE n.sent_at >= %(begin)s AND n.sent_at < %(end)s
"""
_DISTRIBUTIONS = f"""
INSERT INTO distribution
    (device_id, request_key, message_id, occurred_at, stage, recorded_at, addressee)
SELECT {_DEVICE_ID}, n.request_key, {_MESSAGE_ID}, occurred_at, 6, n.sent_at, n.originator
{_TOLD}
WHERE place = %(per_update)s
"""
_STATEMENTS = f"""
INSERT INTO recorded_inventory_statement (device_id, message_id, recorded_at, learnt_at,
    device_type, csp_region, manufacturer, model, comms_hub_id)
SELECT {_DEVICE_ID}, %(import)s, %(first_at)s, %(learnt_at)s, 'ESME',
    (%(regions)s::text[])[1 + i %% 3], '1001', 'M' || i %% 2, %(hub)s + i / 4
FROM generate_series(0, %(devices)s - 1) AS i
"""
_DEVICES = f"""
INSERT INTO device (device_id, message_id, learnt_at, device_type, csp_region, manufacturer, model,
    comms_hub_id)
SELECT {_DEVICE_ID}, %(import)s, %(learnt_at)s, 'ESME', (%(regions)s::text[])[1 + i %% 3], '1001',
    'M' || i %% 2, %(hub)s + i / 4
FROM generate_series(0, %(devices)s - 1) AS i
"""
_WHOLE_TABLES = {
    "distribution": _DISTRIBUTIONS,
    "recorded_inventory_statement": _STATEMENTS,
    "device": _DEVICES,
}
_MONTHLY_TABLES = {EVENTS: _EVENTS_OF_MONTH, MESSAGES: _MESSAGES_OF_MONTH}


def build(conninfo: str, events: int) -> National:
    """Fill an empty migrated database, or go on with it, and return what it holds.

    The server is to run with ``BUILDING``.
    """
    with _connected(conninfo) as connection:
        national = _begun(connection, events)
    values = _values(national)
    first = month_of(national.first_at)
    within = [first.after(number) for number in range(MONTHS)]

    def fill_months(table: MonthlyTable, statement: str) -> None:
        with _connected(conninfo) as connection:
            for month in within:
                _fill_month(connection, table, month, statement, values)

    def fill_messages_and_tables() -> None:
        fill_months(MESSAGES, _MESSAGES_OF_MONTH)
        with _connected(conninfo) as connection:
            for table, statement in _WHOLE_TABLES.items():
                _fill_table(connection, table, statement, values)

    with ThreadPoolExecutor(2) as workers:
        parts = [
            workers.submit(fill_months, EVENTS, _EVENTS_OF_MONTH),
            workers.submit(fill_messages_and_tables),
        ]
        for part in parts:
            part.result()
    with _connected(conninfo) as connection:
        connection.execute("VACUUM ANALYZE request, undated_message, recorded_request_statement")
        connection.execute("ANALYZE recorded_event, dated_message")
        connection.execute("CHECKPOINT")
    return national


def _connected(conninfo: str) -> Connection[TupleRow]:
    return psycopg.connect(conninfo, autocommit=True, cursor_factory=psycopg.ClientCursor)


def _begun(connection: Connection[TupleRow], events: int) -> National:
    """Return what the store is to hold, as it was begun, and begin it if it is not."""
    connection.execute(
        "CREATE TABLE IF NOT EXISTS national_step (step text PRIMARY KEY, facts jsonb)"
    )
    found = connection.execute("SELECT facts FROM national_step WHERE step = 'begun'").fetchone()
    if found is not None:
        facts: dict[str, Any] = found[0]
        return National(
            facts["devices"],
            datetime.fromisoformat(facts["first_at"]),
            timedelta(seconds=facts["interval_seconds"]),
        )
    row = connection.execute("SELECT now()").fetchone()
    assert row is not None
    national = National.of(events, months_of(connection, EVENTS), row[0])
    begun = {
        "devices": national.devices,
        "first_at": national.first_at.isoformat(),
        "interval_seconds": national.interval.total_seconds(),
    }
    with connection.transaction():
        connection.execute(_REQUESTS.encode(), _values(national))
        connection.execute(
            "INSERT INTO national_step VALUES ('begun', %s::jsonb)", (json.dumps(begun),)
        )
    return national


def _values(national: National) -> dict[str, object]:
    image = {
        name: value for name, value in asdict(_IMAGE).items() if name != "manufacturer_image_hash"
    }
    return {
        "user": to_bigint(USER),
        "dcc": to_bigint(DCC),
        "zero": to_bigint(0),
        "device": to_bigint(device_at(0)),
        "hub": to_bigint(Eui64(device_at(0) - (1 << 40))),
        "scattered": 1 << 40,
        "suppliers": SUPPLIERS,
        "requests": ROUNDS * REQUESTS_A_ROUND,
        "a_round": REQUESTS_A_ROUND,
        "per_request": national.devices_per_request,
        "devices": national.devices,
        "per_update": EVENTS_PER_UPDATE,
        "told": list(_DEVICES_TOLD),
        "stages": [int(status.stage) for status in _STATUSES],
        "first_at": national.first_at,
        "interval": national.interval,
        "between": _BETWEEN_EVENTS,
        "spread": _SPREAD_SECONDS,
        "takes": _UPDATE_TAKES,
        "image": json.dumps(image),
        "body": pack(b""),
        "submitter": OPERATOR.submitter,
        "import": IMPORT_ID,
        "learnt_at": _LEARNT_AT,
        "regions": list(_REGIONS),
    }


def _fill_month(
    connection: Connection[TupleRow],
    table: MonthlyTable,
    month: Month,
    statement: str,
    values: dict[str, object],
) -> None:
    """Put a filled part in the place of the empty one, unless that was done.

    Attached, it gets the indexes of its table.
    """
    part = table.part_of(month)
    if _is_done(connection, part):
        return
    begin, end = month.begins_at, month.after().begins_at
    names = {
        "parent": sql.Identifier(table.name),
        "part": sql.Identifier(part),
        "filled": sql.Identifier(f"{part}_filled"),
        "begin": sql.Literal(begin.isoformat()),
        "end": sql.Literal(end.isoformat()),
    }
    with connection.transaction():
        connection.execute(
            sql.SQL(
                "CREATE TABLE {filled} (LIKE {parent} INCLUDING DEFAULTS INCLUDING CONSTRAINTS"
                " INCLUDING STORAGE)"
            ).format(**names)
        )
        filled = connection.execute(
            statement.format(part=f"{part}_filled").encode(), values | {"begin": begin, "end": end}
        )
        for step in (
            "ALTER TABLE {parent} DETACH PARTITION {part}",
            "DROP TABLE {part}",
            "ALTER TABLE {filled} RENAME TO {part}",
            "ALTER TABLE {parent} ATTACH PARTITION {part} FOR VALUES FROM ({begin}) TO ({end})",
        ):
            connection.execute(sql.SQL(step).format(**names))
        _note_done(connection, part)
    connection.execute(sql.SQL("VACUUM ANALYZE {part}").format(**names))
    console.print(f"  {part}: {filled.rowcount:,} rows")


def _fill_table(
    connection: Connection[TupleRow], table: str, statement: str, values: dict[str, object]
) -> None:
    """Fill a table without its indexes, and make these afterwards, unless that was done."""
    if _is_done(connection, table):
        return
    constraints = connection.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = %s::regclass AND contype IN ('p', 'u')",
        (table,),
    ).fetchall()
    indexes = connection.execute(
        "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index AS i"
        " WHERE indrelid = %s::regclass AND NOT EXISTS ("
        "SELECT FROM pg_constraint WHERE conindid = i.indexrelid)",
        (table,),
    ).fetchall()
    its = sql.Identifier(table)
    with connection.transaction():
        connection.execute(sql.SQL("TRUNCATE {}").format(its))
        for name, _ in constraints:
            connection.execute(
                sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(its, sql.Identifier(name))
            )
        for name, _ in indexes:
            connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
        filled = connection.execute(statement.encode(), values)
        for name, definition in constraints:
            connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}".encode())
        for _, definition in indexes:
            connection.execute(definition.encode())
        _note_done(connection, table)
    connection.execute(sql.SQL("VACUUM ANALYZE {}").format(its))
    console.print(f"  {table}: {filled.rowcount:,} rows")


def _is_done(connection: Connection[TupleRow], step: str) -> bool:
    found = connection.execute("SELECT FROM national_step WHERE step = %s", (step,))
    return found.rowcount == 1


def _note_done(connection: Connection[TupleRow], step: str) -> None:
    connection.execute("INSERT INTO national_step VALUES (%s)", (step,))

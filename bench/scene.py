"""What the benchmarks share: a database of their own, and facts to fill it with."""

import random
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import psycopg
from psycopg import sql

from firmtrack.domain.facts import Event, ImageFacts, Message, MessageKind, RequestFacts
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId, ResponseId
from firmtrack.domain.stages import Status, Variant
from firmtrack.store import database
from firmtrack.store.embedded import EmbeddedPostgres
from firmtrack.store.numbers import to_bigint

USER = Eui64.parse("90-B3-D5-1F-30-01-00-00")
DCC = Eui64.parse("90-B3-D5-1F-30-00-00-02")
VERSION = FirmwareVersion("00010002")
START = datetime(2026, 1, 5, 8, tzinfo=UTC)
DEVICES_PER_REQUEST = 5_000

# The way of a device's update, one event each.
WAY = (
    Status.ACCEPTED,
    Status.SENT_TO_CSP,
    Status.DELIVERED_TO_COMMS_HUB,
    Status.TRANSFERRED_TO_DEVICE,
    Status.VERIFIED,
)

_EVENT_COLUMNS = (
    "device_id", "request_key", "message_id", "occurred_at", "recorded_at", "device_time",
    "comms_hub_id", "stage", "failed", "reason", "firmware_version", "image_hash",
)  # fmt: skip
_EVENT_TYPES = (
    "int8", "int8", "bytea", "timestamptz", "timestamptz", "timestamptz",
    "int8", "int2", "bool", "text", "text", "bytea",
)  # fmt: skip


@contextmanager
def fresh_database(server: EmbeddedPostgres) -> Iterator[str]:
    """Yield the conninfo of a new migrated database, the process's own until the block ends."""
    name = f"bench_{secrets.token_hex(4)}"
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        database.use(server.conninfo(name))
        database.migrate()
        try:
            yield server.conninfo(name)
        finally:
            database.close()
            connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def device_ids(count: int, seed: int) -> list[Eui64]:
    """Return ``count`` Device IDs without order, as manufacturers' numbers are."""
    chance = random.Random(seed)  # reproducible, not secret
    return [Eui64(0x00DB << 48 | number) for number in chance.sample(range(1 << 47), count)]


def requests_for(
    devices: Sequence[Eui64], *, first_counter: int = 1_000
) -> dict[RequestId, Sequence[Eui64]]:
    """Return requests that share the devices out among them."""
    shares = range(0, len(devices), DEVICES_PER_REQUEST)
    return {
        RequestId(USER, DCC, first_counter + number): devices[first : first + DEVICES_PER_REQUEST]
        for number, first in enumerate(shares)
    }


def request_messages(
    requests: Mapping[RequestId, Sequence[Eui64]], *, start: datetime = START
) -> list[Message]:
    """Return the Service Requests themselves, sent at ``start``."""
    return [
        Message(
            digest=sha256(str(request_id).encode()).digest(),
            kind=MessageKind.UPDATE_FIRMWARE_REQUEST,
            body=b"",
            user_id=USER,
            request=RequestFacts(
                request_id=request_id,
                variant=Variant.UPDATE_FIRMWARE,
                firmware_version=VERSION,
                image=ImageFacts(size_bytes=1, manufacturer_image_hash=image_hash(request_id)),
                device_ids=tuple(share),
                sent_at=start,
            ),
        )
        for request_id, share in requests.items()
    ]


def image_hash(request_id: RequestId) -> bytes:
    """Return the hash of the image that the request carries."""
    return sha256(f"image of {request_id}".encode()).digest()


def events_of(
    requests: Mapping[RequestId, Sequence[Eui64]], seed: int, *, start: datetime = START
) -> Iterator[Event]:
    """Yield every device's way, step by step, the devices in random order at each step.

    It begins an hour after ``start``.

    A device's own last word names no request: it is attributed by its image hash.
    """
    chance = random.Random(seed)  # reproducible, not secret
    pairs = [(request_id, device) for request_id, share in requests.items() for device in share]
    for hours, status in enumerate(WAY, start=1):
        chance.shuffle(pairs)
        is_loose = status is Status.VERIFIED
        for number, (request_id, device) in enumerate(pairs):
            yield Event(
                device_id=device,
                status=status,
                occurred_at=start + timedelta(hours=hours, seconds=number % 3_000),
                request_id=None if is_loose else request_id,
                image_hash=image_hash(request_id) if is_loose else None,
                firmware_version=None if is_loose else VERSION,
            )


def messages_of(
    events: Iterable[Event], events_per_message: int, *, name: str = ""
) -> Iterator[Message]:
    """Yield messages that tell the events, so many in each, or fewer, and of a device once.

    Those of another ``name`` are other messages.
    """
    for number, told in enumerate(_shares(events, events_per_message)):
        occurred_at = told[0].occurred_at
        yield Message(
            digest=sha256(f"{name} {number}".encode()).digest(),
            kind=MessageKind.CSP_FIRMWARE_DELIVERY_STATUS,
            body=b"",
            user_id=USER,
            code="N60",
            response_id=ResponseId(DCC, USER, number),
            occurred_at=occurred_at,
            events=tuple(replace(event, occurred_at=occurred_at) for event in told),
        )


def _shares(events: Iterable[Event], most: int) -> Iterator[tuple[Event, ...]]:
    """Yield the events, at most so many together, and none of one device twice."""
    share: dict[Eui64, Event] = {}
    for event in events:
        if len(share) == most or event.device_id in share:
            yield tuple(share.values())
            share = {}
        share[event.device_id] = event
    if share:
        yield tuple(share.values())


def copy_events(conninfo: str, events: Sequence[Event]) -> None:
    """Copy the events into one table with the same primary key, and nothing else: the limit."""
    with psycopg.connect(conninfo) as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bare")
        cursor.execute("CREATE TABLE bare (LIKE event, PRIMARY KEY (device_id, message_id))")
        columns = sql.SQL(", ").join(map(sql.Identifier, _EVENT_COLUMNS))
        copy_bare = sql.SQL("COPY bare ({}) FROM STDIN (FORMAT binary)").format(columns)
        with cursor.copy(copy_bare) as copy:
            copy.set_types(_EVENT_TYPES)
            for number, event in enumerate(events):
                message_id = sha256(number.to_bytes(8)).digest()[:16]
                copy.write_row(
                    (
                        to_bigint(event.device_id), 1, message_id, event.occurred_at, START, None,
                        None, int(event.status.stage), event.status.is_bad, event.reason,
                        event.firmware_version, event.image_hash,
                    )
                )  # fmt: skip

"""The API's look-up of one device, against a constant answer of the same server; and its growth."""

import json
import random
import socket
import threading
import time
from datetime import UTC, datetime

import psycopg

from bench.processes import PORT, serving
from bench.scene import DCC, USER, fresh_database
from bench.table import Figure, console
from firmtrack.accounts.kinds import PartyKind, TokenScope
from firmtrack.accounts.parties import add_party
from firmtrack.accounts.tokens import create_token
from firmtrack.domain.identifiers import Eui64
from firmtrack.store.embedded import EmbeddedPostgres
from firmtrack.store.numbers import to_bigint

CLIENTS = 16
_SECONDS = 6
_ROUNDS = 3
_EVENTS_PER_DEVICE = 6
_FIRST_DEVICE = 0x00DB_0000_0000_0000

# As the ledger leaves it, made by the database itself: 20,000 devices a request, the i-th device's
# ID scattered by a multiplication, six events each of which the last names no request.
_FILL = """
INSERT INTO request (originator, target, counter, message_id, recorded_at, sent_at, variant,
    stated_version, image_hash, statement_count, stepped_at, step_stage, step_occurred_at,
    step_message_id)
SELECT %(user)s, %(dcc)s, %(zero)s + r, gen_random_uuid(), now(), '2026-01-05', '11.1', '00010002',
    sha256(r::text::bytea), 1, '2026-01-05', 2, '2026-01-05', gen_random_uuid()
FROM generate_series(%(first)s / 20000, (%(last)s - 1) / 20000) AS r
ON CONFLICT DO NOTHING;
INSERT INTO recorded_request_statement (request_key, message_id, recorded_at, sent_at, variant,
    stated_version, image_hash, image)
SELECT request_key, message_id, recorded_at, sent_at, variant, stated_version, image_hash,
    '{"size_bytes": 1}'
FROM request AS r
WHERE NOT EXISTS (SELECT FROM recorded_request_statement AS s WHERE s.request_key = r.request_key);
INSERT INTO recorded_request_step (request_key, message_id, occurred_at, recorded_at, stage, failed,
    message_kind, code, user_id)
SELECT request_key, step_message_id, step_occurred_at, recorded_at, step_stage, step_failed,
    2, 'I0', originator
FROM request AS r
WHERE NOT EXISTS (SELECT FROM recorded_request_step AS s WHERE s.request_key = r.request_key);
CREATE TEMPORARY TABLE made AS
SELECT %(device)s + (i * 2654435761 %% 1099511627776) AS device_id, request_key, e AS step,
    gen_random_uuid() AS message_id, '2026-01-05'::timestamptz + e * interval '5 hours' AS at,
    image_hash
FROM generate_series(%(first)s, %(last)s - 1) AS i
JOIN request ON counter = %(zero)s + i / 20000
CROSS JOIN generate_series(1, 6) AS e;
INSERT INTO message SELECT message_id, %(user)s, at, now(), 3, 'N60', '\\x01' FROM made;
INSERT INTO message
SELECT told.message_id, originator, sent_at, now(), told.kind, NULL, '\\x01'
FROM request, LATERAL (VALUES (message_id, 1), (step_message_id, 2)) AS told (message_id, kind)
ON CONFLICT DO NOTHING;
INSERT INTO recorded_event (device_id, request_key, message_id, occurred_at, recorded_at, stage,
    failed, firmware_version, image_hash, addressee, message_kind, code)
SELECT device_id, CASE WHEN step < 6 THEN request_key END, message_id, at, now(), step,
    false, CASE WHEN step < 6 THEN '00010002' END, CASE WHEN step = 6 THEN image_hash END,
    %(user)s, 3, 'N60'
FROM made;
INSERT INTO distribution (device_id, request_key, message_id, occurred_at, stage, addressee)
SELECT device_id, request_key, message_id, at, step, %(user)s FROM made WHERE step = 6;
DROP TABLE made;
"""


def measure(server: EmbeddedPostgres, events: int) -> list[Figure]:
    """Return the figures for the rate at the full size, and for its growth from a tenth."""
    rates: dict[int, float] = {}
    constant = 0.0
    devices = 0
    with fresh_database(server) as conninfo:
        party = add_party("Alpha", PartyKind.LARGE_SUPPLIER, [USER])
        token = create_token(party, TokenScope.READ, created_at=datetime.now(UTC))
        for size in (events // 10, events):
            fill(conninfo, devices, size // _EVENTS_PER_DEVICE)
            devices = size // _EVENTS_PER_DEVICE
            with serving(conninfo):
                _check(token, devices)
                _load(_lookup_calls(token, devices))
                # In turns, so that a slow minute of the machine slows both.
                pairs = [
                    (_load([_call("/api/constant", token)]), _load(_lookup_calls(token, devices)))
                    for _ in range(_ROUNDS)
                ]
            constant, rates[size] = sorted(pairs, key=lambda pair: pair[1] / pair[0])[_ROUNDS // 2]
    return [
        Figure(
            f"API look-up of one device, {events:,} events, {CLIENTS} clients",
            "a constant JSON view of the same server",
            "at least 0.15 of its rate",
            f"{rates[events] / constant:.2f} ({rates[events]:,.0f} of {constant:,.0f} a second)",
        ),
        Figure(
            "growth of the same look-up",
            f"itself at {events // 10:,} events",
            "at most 1.3 times slower",
            f"{rates[events // 10] / rates[events]:.2f} times",
        ),
    ]


def fill(conninfo: str, first: int, last: int) -> None:
    """Fill in devices ``first`` to ``last``, each with an update of six events."""
    numbers = {
        "user": to_bigint(USER),
        "dcc": to_bigint(DCC),
        "zero": to_bigint(0),
        "device": to_bigint(_FIRST_DEVICE),
    }
    step = 200_000
    with psycopg.connect(conninfo, autocommit=True, cursor_factory=psycopg.ClientCursor) as made:
        for start in range(first, last, step):
            made.execute(_FILL, numbers | {"first": start, "last": min(start + step, last)})
            console.print(f"  {start:,} of {last:,} devices filled in")
        made.execute("VACUUM ANALYZE")
        made.execute("CHECKPOINT")


def _lookup_calls(token: str, devices: int) -> list[bytes]:
    chance = random.Random(8)  # reproducible, not secret
    return [
        _call(f"/api/v1/devices/{_device(chance.randrange(devices))}", token) for _ in range(20_000)
    ]


def _device(number: int) -> Eui64:
    return Eui64(_FIRST_DEVICE + number * 2654435761 % 1099511627776)


def _call(path: str, token: str) -> bytes:
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\nAuthorization: Bearer {token}\r\n\r\n"
    ).encode()


def _check(token: str, devices: int) -> None:
    """Make sure that what is measured is a whole answer."""
    with socket.create_connection(("127.0.0.1", PORT)) as connection:
        answer = _answer(connection, _lookup_calls(token, devices)[0])
    (distribution,) = json.loads(answer.split(b"\r\n\r\n", 1)[1])["distributions"]
    assert distribution["current_status"] == "verified", answer
    assert len(distribution["events"]) >= _EVENTS_PER_DEVICE, answer


def _load(calls: list[bytes]) -> float:
    """Return how many calls a second the clients get answered together."""
    until = time.monotonic() + _SECONDS
    counts = [0] * CLIENTS

    def client(number: int) -> None:
        mine = calls[number::CLIENTS] or calls
        with socket.create_connection(("127.0.0.1", PORT)) as connection:
            while time.monotonic() < until:
                _answer(connection, mine[counts[number] % len(mine)])
                counts[number] += 1

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.monotonic() - started)


def _answer(connection: socket.socket, call: bytes) -> bytes:
    connection.sendall(call)
    answer = connection.recv(65_536)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while len(body) < length:
        more = connection.recv(65_536)
        body += more
        answer += more
    assert answer.startswith(b"HTTP/1.1 200"), answer[:200]
    return answer

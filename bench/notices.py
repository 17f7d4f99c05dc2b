"""Notices: a backlog of webhook calls sent by the dispatcher, beside a bare loop of the same calls.

Both call the same receiver, a process of its own, one after the other; the bodies tell of ten
devices each. The loop keeps nothing of what it did.

And composing: changes of 50,000 devices into notices for a webhook and a mailbox; failures, which
belong to incidents, beside good news, which does not.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from random import Random
from statistics import median

import httpx
from psycopg import Connection
from psycopg.rows import TupleRow

from bench.figures import Figure, at_least, at_most
from bench.run import Run
from bench.scene import fresh_database
from bench.timing import median_ratio, seconds_of
from firmtrack.accounts.kinds import PartyKind
from firmtrack.accounts.parties import add_party
from firmtrack.domain.causes import Attribute, CauseKey, Trait
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.stages import Status
from firmtrack.domain.topics import DEFAULT_TOPICS, topic_of_status
from firmtrack.notices.calling import Caller
from firmtrack.notices.cloud_events import event_drafts
from firmtrack.notices.composing import compose_due
from firmtrack.notices.endpoint_queue import enqueue
from firmtrack.notices.endpoints import add_endpoint
from firmtrack.notices.grouping import Change, Matter
from firmtrack.notices.known_causes import keep_causes
from firmtrack.notices.sending import send_next
from firmtrack.notices.webhook import WEBHOOK
from firmtrack.store.database import pool
from firmtrack.store.numbers import to_bigint

_ROUNDS = 3
_ALPHA = Eui64.parse("90-B3-D5-1F-30-01-00-00")

_RECEIVER = """
import socketserver, sys
class Handler(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    def handle(self):
        while True:
            length = 0
            line = self.rfile.readline()
            if not line:
                return
            while line not in (b"\\r\\n", b""):
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
                line = self.rfile.readline()
            self.rfile.read(length)
            self.wfile.write(b"HTTP/1.1 204 No Content\\r\\n\\r\\n")
with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
    print(server.server_address[1], flush=True)
    server.serve_forever()
"""


_UPDATES = """
WITH made AS (
    INSERT INTO request (originator, target, counter, message_id, recorded_at, sent_at, variant,
        stated_version, statement_count)
    SELECT %(user_id)s, %(user_id)s, number, gen_random_uuid(), now(), now(), '11.1', '0000000A', 1
    FROM generate_series(0, 9) AS number
    RETURNING request_key, counter
), updates AS (
    INSERT INTO distribution (device_id, request_key, message_id, occurred_at, stage)
    SELECT hashint8(i)::bigint * 1000000 + i, request_key, gen_random_uuid(), now(), 4
    FROM generate_series(1, %(devices)s::bigint) AS i
    JOIN made ON made.counter = i %% 10
    RETURNING device_id
)
INSERT INTO device (device_id, message_id, learnt_at, device_type, manufacturer, model, csp_region)
SELECT device_id, gen_random_uuid(), now(), 'ESME', 'Acme', 'M' || device_id %% 7,
    'Region ' || device_id %% 3
FROM updates
"""
_CHANGES = """
INSERT INTO status_change (user_id, is_own, topic, reason, request_key, occurred_at, recorded_at,
    device_ids)
SELECT %(user_id)s, true, %(topic)s, %(reason)s, request_key, now(), now() - interval '1 minute',
    array_agg(device_id)
FROM (
    SELECT *, row_number() OVER (PARTITION BY request_key ORDER BY device_id) / 10 AS message
    FROM distribution
) AS each
GROUP BY request_key, message
"""
_EMPTY = "TRUNCATE notice, notice_try, party_incident, party_incident_device"
_GOOD, _BAD = Status.DELIVERED_TO_COMMS_HUB, Status.COMMS_HUB_DELIVERY_FAILED
_REASON = "N61"


def measure(run: Run) -> list[Figure]:
    """Return the figures for sending notices to one endpoint, and for composing them."""
    return [*_sending(run), *_composing(run)]


def _composing(run: Run) -> list[Figure]:
    devices = run.sized(50_000, least=100)
    causes = [
        CauseKey.of(_BAD, _REASON, [Trait(Attribute.MODEL, f"M{number}")]) for number in range(3)
    ]
    rounds = []
    with fresh_database(run.server), pool().connection() as connection:
        party = add_party("Alpha Energy", PartyKind.LARGE_SUPPLIER, [_ALPHA])
        for channel in ("webhook", "email"):
            connection.execute(
                "INSERT INTO notice_endpoint (party_id, channel, address, topics)"
                " VALUES (%s, %s, '', %s)",
                (party.pk, channel, list(DEFAULT_TOPICS)),
            )
        connection.execute(_UPDATES, {"user_id": to_bigint(_ALPHA), "devices": devices})
        connection.execute("ANALYZE")
        for _ in range(_ROUNDS):
            _know(connection, party.pk, [])
            good = _compose(connection, _GOOD, None)
            bad = _compose(connection, _BAD, _REASON)
            _know(connection, party.pk, causes)
            caused = _compose(connection, _BAD, _REASON)
            rounds.append((good, bad, caused))
    good, bad, known = (median(times) for times in zip(*rounds, strict=True))
    job = f"composing: failures of {devices:,} devices, ten in a message"
    against = f"the same devices with good news, {good:.2f} s"
    return [
        Figure(job, against, at_most(2), bad / good, beside=f"{bad:.2f} s"),
        Figure(f"{job}, three causes", against, at_most(4), known / good, beside=f"{known:.2f} s"),
    ]


def _know(connection: Connection[TupleRow], party_id: int, causes: list[CauseKey]) -> None:
    """Have these be the causes that are known."""
    connection.execute("DELETE FROM party_cause")
    keep_causes(connection, party_id, causes, datetime.now(UTC))


def _compose(connection: Connection[TupleRow], status: Status, reason: str | None) -> float:
    """Return how long it takes to compose a change of all devices."""
    connection.execute(_EMPTY)
    asked = {"user_id": to_bigint(_ALPHA), "topic": topic_of_status(status), "reason": reason}
    connection.execute(_CHANGES, asked)
    started = time.perf_counter()
    while compose_due(connection):
        pass
    return time.perf_counter() - started


def _sending(run: Run) -> list[Figure]:
    count = run.sized(2_000, least=10)
    pairs = []
    rates = []
    with (
        fresh_database(run.server),
        _receiver() as url,
        closing(Caller(may_be_private=True)) as caller,
    ):
        endpoint_id = _endpoint(url)
        for _ in range(_ROUNDS):
            bodies = _fill(endpoint_id, count)
            bare = seconds_of(lambda bodies=bodies: _loop(url, bodies))  # type: ignore[misc]  # a lambda that holds its own bodies
            with pool().connection() as connection:
                started = time.perf_counter()
                while send_next(connection, caller, chance=Random(1)):
                    pass
                taken = time.perf_counter() - started
            _assert_delivered(endpoint_id)
            pairs.append((bare, taken))
            rates.append(count / taken)
    return [
        Figure(
            f"notices: {count:,} webhook calls to one endpoint",
            "bare httpx loop to the same receiver",
            at_least(0.5),
            median_ratio(pairs),
            beside=f"{median(rates):,.0f} a second",
        )
    ]


@contextmanager
def _receiver() -> Iterator[str]:
    process = subprocess.Popen([sys.executable, "-c", _RECEIVER], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/"
    finally:
        process.kill()
        process.communicate()


def _endpoint(url: str) -> int:
    party = add_party("Alpha Energy", PartyKind.LARGE_SUPPLIER, [_ALPHA])
    made = add_endpoint(party, WEBHOOK, "https://receiver.example/")
    with pool().connection() as connection:
        connection.execute("UPDATE notice_endpoint SET address = %s", (url,))
    return made.endpoint_id


def _fill(endpoint_id: int, count: int) -> list[bytes]:
    """Have ``count`` notices wait, and return their bodies."""
    now = datetime.now(UTC)
    devices = tuple(map(Eui64, range(10)))
    change = Change(
        matter=Matter(
            user_id=Eui64(1),
            topic=topic_of_status(Status.VERIFIED),
            reason=None,
            service_request_id=None,
            firmware_version=None,
            details="{}",
            is_from_alert=False,
        ),
        occurred_at=now,
        device_ids=devices,
        device_count=len(devices),
    )
    drafts = [draft for _ in range(count) for draft in event_drafts([change], now)]
    with pool().connection() as connection, connection.transaction():
        enqueue(connection, endpoint_id, drafts, now)
    return [draft.body for draft in drafts]


def _loop(url: str, bodies: list[bytes]) -> None:
    with httpx.Client() as client:
        for body in bodies:
            client.post(
                url, content=body, headers={"Content-Type": "application/json"}
            ).raise_for_status()


def _assert_delivered(endpoint_id: int) -> None:
    with pool().connection() as connection:
        row = connection.execute(
            "SELECT count(*) FROM notice WHERE endpoint_id = %s AND state <> 'delivered'",
            (endpoint_id,),
        ).fetchone()
    assert row == (0,)

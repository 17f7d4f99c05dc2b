"""Notices: a backlog of webhook calls sent by the dispatcher, beside a bare loop of the same calls.

Both call the same receiver, a process of its own, one after the other; the bodies tell of ten
devices each. The loop keeps nothing of what it did.
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

from bench.figures import Figure, at_least
from bench.run import Run
from bench.scene import fresh_database
from bench.timing import median_ratio, seconds_of
from firmtrack.accounts.kinds import PartyKind
from firmtrack.accounts.parties import add_party
from firmtrack.domain.identifiers import Eui64
from firmtrack.notices.calling import Caller
from firmtrack.notices.cloud_events import event_about_endpoint
from firmtrack.notices.endpoint_queue import enqueue
from firmtrack.notices.endpoints import add_endpoint
from firmtrack.notices.sending import send_next
from firmtrack.notices.webhook import WEBHOOK
from firmtrack.store.database import pool

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


def measure(run: Run) -> list[Figure]:
    """Return the figure for sending notices to one endpoint."""
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
    devices = [{"device_id": str(Eui64(number)), "updated_at": None} for number in range(10)]
    drafts = [
        event_about_endpoint("endpoint.test", {"number": number, "devices": devices}, now)
        for number in range(count)
    ]
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

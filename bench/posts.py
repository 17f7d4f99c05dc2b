"""Single posts of 16 clients, a status each, beside as many messages of the kind in one batch."""

import json
import time
import urllib.request
from datetime import UTC, datetime

from bench.clients import CLIENTS, send_all
from bench.figures import Figure, at_least
from bench.processes import PORT, serving
from bench.run import Run
from bench.scene import DCC, device_ids, fresh_database, request_messages, requests_for
from bench.timing import median_ratio, medians
from bench.traffic import Signatories, alert
from firmtrack.accounts.kinds import PartyKind, TokenScope
from firmtrack.accounts.parties import add_party
from firmtrack.accounts.tokens import create_token
from firmtrack.store.ledger.recording import Batch, record

_ROUNDS = 3


def measure(run: Run) -> list[Figure]:
    """Return the rate of single posts as a share of that of one batch."""
    count = run.sized(5_000, least=32)
    requests = requests_for(device_ids(count, seed=8))
    pairs = [(request_id, device) for request_id, share in requests.items() for device in share]
    who = Signatories()
    rates = []
    with fresh_database(run.server) as conninfo:
        record(Batch(messages=request_messages(requests)))
        party = add_party("DCC", PartyKind.DCC, [DCC])
        token = create_token(party, TokenScope.INTAKE, created_at=datetime.now(UTC))
        with serving(conninfo):
            for number in range(2 * _ROUNDS + 2):
                # Each time of the same devices, but other messages.
                messages = [
                    alert(*pair, number * count + each, who) for each, pair in enumerate(pairs)
                ]
                rate = _batch(messages, token) if number % 2 else _single(messages, token)
                rates.append(rate)
    # The first of each is only to get going.
    turns = list(zip(rates[2::2], rates[3::2], strict=True))
    single, batch = medians(turns)
    return [
        Figure(
            f"single posts: {count:,} alerts, one a call, {CLIENTS} clients",
            "as many of the same kind in one POST /messages/batch",
            at_least(0.30),
            median_ratio(turns),
            beside=f"{single:,.0f} and {batch:,.0f} a second",
        )
    ]


def _single(messages: list[bytes], token: str) -> float:
    """Return how many messages a second the clients hand in, one a call."""
    return send_all([_post(message, token) for message in messages]).rate


def _post(body: bytes, token: str) -> bytes:
    return (
        f"POST /api/v1/messages HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\n"
        f"Authorization: Bearer {token}\r\nContent-Type: application/xml\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def _batch(messages: list[bytes], token: str) -> float:
    """Return how many messages a second are taken in one call."""
    body = b"\n".join(json.dumps({"xml": message.decode()}).encode() for message in messages)
    call = urllib.request.Request(
        f"http://127.0.0.1:{PORT}/api/v1/messages/batch",
        data=body,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"},
    )
    started = time.monotonic()
    with urllib.request.urlopen(call) as answer:
        outcomes = [json.loads(line)["outcome"] for line in answer]
    taken = time.monotonic() - started
    assert outcomes == ["recorded"] * len(messages)
    return len(messages) / taken

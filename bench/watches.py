"""Watches: what they cost those who record, and how long it takes to look at what is watched."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median

from django.conf import settings
from django.test import override_settings

from bench.figures import Figure, at_most
from bench.ledger import batched, record_all
from bench.run import Run
from bench.scene import (
    USER,
    WAY,
    device_ids,
    events_of,
    fresh_database,
    request_messages,
    requests_for,
)
from bench.timing import seconds_of
from firmtrack.accounts.kinds import PartyKind
from firmtrack.accounts.models import User
from firmtrack.accounts.parties import add_party
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.environment import Environment, MailServer
from firmtrack.notices.composing import compose_due
from firmtrack.store.database import pool
from firmtrack.store.ledger.recording import Batch, record
from firmtrack.store.numbers import request_parts, to_bigint

_ROUNDS = 3
_DEVICES, _REQUESTS = 1_000, 100
_KNOWN_OF_DEVICE = '{"updates": {"%s": {"outcome": "under_way"}}, "passed": []}'
_KNOWN_OF_REQUEST = (
    '{"counts": {"done": 0, "failed": 0, "under_way": 1}, "failed": {"count": 0},'
    ' "stalled": {"count": 0}}'
)
_ADD = """
INSERT INTO watch (person_id, party_id, device_id, request_key, endpoint_id, told, due_at)
SELECT %s, %s, %s, %s, endpoint_id, %s, now() + interval '1 day' FROM notice_endpoint
"""


def measure(run: Run) -> list[Figure]:
    """Return the figures for recording beside watches, and for looking at them."""
    events = run.sized(100_000, least=2_000)
    requests = requests_for(device_ids(events // len(WAY), seed=1))
    batches = list(batched(events_of(requests, seed=2), 500))
    rounds = []
    for _ in range(_ROUNDS):
        alone, _ = _recorded(run, requests, batches, ())
        devices = [each for share in requests.values() for each in share][:_DEVICES]
        watched, looked = _recorded(run, requests, batches, devices)
        rounds.append((alone, watched, looked))
    alone, watched, looked = (median(times) for times in zip(*rounds, strict=True))
    return [
        Figure(
            f"ledger: {events:,} events, 500 in a message, {_DEVICES:,} devices and up to"
            f" {_REQUESTS} of their requests watched",
            f"the same while nobody watches, {alone:.2f} s",
            at_most(1.3),
            watched / alone,
            beside=f"{watched:.2f} s; looking at all of them {looked:.2f} s",
        )
    ]


def _recorded(
    run: Run,
    requests: dict[RequestId, Sequence[Eui64]],
    batches: Iterable[Sequence[object]],
    devices: Sequence[Eui64],
) -> tuple[float, float]:
    """Return how long recording takes while the devices are watched, and then looking at them."""
    with fresh_database(run.server):
        record(Batch(messages=request_messages(requests)))
        if devices:
            _watch(requests, devices)
        taken = seconds_of(partial(record_all, batches))  # type: ignore[arg-type]  # messages
        with override_settings(ENVIRONMENT=_with_mail()), pool().connection() as connection:
            connection.execute("UPDATE watch SET due_at = now()")
            started = time.perf_counter()
            while compose_due(connection, grouping_delay=timedelta(), now=datetime.now(UTC)):
                pass
            return taken, time.perf_counter() - started


def _with_mail() -> Environment:
    """Return the settings with a server that takes mail, which nobody calls here."""
    server = MailServer(host="127.0.0.1", port=9, user="", password="", is_secure=False)
    environment: Environment = replace(settings.ENVIRONMENT, mail_server=server)
    return environment


def _watch(requests: dict[RequestId, Sequence[Eui64]], devices: Sequence[Eui64]) -> None:
    party = add_party("Alpha Energy", PartyKind.LARGE_SUPPLIER, [USER])
    person = User.objects.create(email="ada@alpha.example", party=party, role="viewer")
    request_of = {each: request_id for request_id, share in requests.items() for each in share}
    with pool().connection() as connection:
        connection.execute(
            "INSERT INTO notice_endpoint (person_id, person_party_id, channel, address, topics)"
            " VALUES (%s, %s, 'watch-email', '', '{}')",
            (person.pk, party.pk),
        )
        for device_id in devices:
            known = _KNOWN_OF_DEVICE % str(request_of[device_id])
            asked = (person.pk, party.pk, to_bigint(device_id), None, known)
            connection.execute(_ADD, asked)
        for request_id in list(requests)[:_REQUESTS]:
            row = connection.execute(
                "SELECT request_key FROM request"
                " WHERE originator = %s AND target = %s AND counter = %s",
                request_parts(request_id),
            ).fetchone()
            assert row is not None
            connection.execute(_ADD, (person.pk, party.pk, None, row[0], _KNOWN_OF_REQUEST))
        connection.execute("ANALYZE")

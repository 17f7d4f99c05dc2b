"""Stores to read from: many requests, one of them large, its Device IDs after all others.

A part of the large request's devices waits at the hub and a part on the way to the device; some
failed, some are done.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from math import ceil

import psycopg

from bench.filling import devices_for, fill, request_at
from bench.ledger import batched, record_all
from bench.run import Run
from bench.scene import DCC, START, USER, fresh_database, image_hash, request_messages
from firmtrack.accounts.kinds import PartyKind
from firmtrack.accounts.parties import add_party
from firmtrack.domain.facts import Event
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import Status
from firmtrack.lookups.as_of import Settled, past_of
from firmtrack.notices.cloud_events import event_about_endpoint
from firmtrack.notices.endpoint_queue import enqueue
from firmtrack.notices.endpoints import add_endpoint
from firmtrack.notices.event_data import EndpointTest
from firmtrack.notices.webhook import WEBHOOK
from firmtrack.store.database import pool
from firmtrack.store.ledger.quarantine import Refusal, mark_replayed
from firmtrack.store.ledger.recording import Batch, record
from firmtrack.store.reports import freshness, performance

OWNER_ID = Eui64(USER + 0x100)
"""Whose the large request is, and nothing else."""

_OTHER_REQUESTS = 104
_FIRST_OF_LARGE = 0x00DB_FFFF_0000_0000
_EVENTS_PER_KEPT_INPUT = 1_000
_WAITING_INPUTS = 50


@dataclass(frozen=True, slots=True)
class Store:
    """A filled store: how many devices beside those of the large request, its own in their order.

    ``known_at`` is a moment before the last that was recorded of the large request.
    """

    conninfo: str
    devices: int
    devices_per_request: int
    large: RequestId
    large_devices: Sequence[Eui64]
    known_at: Settled

    def request_of(self, number: int) -> RequestId:
        """Return which request names the device of this number."""
        return request_at(number, self.devices_per_request)


@contextmanager
def filled_store(run: Run, events: int) -> Iterator[Store]:
    """Yield a store of that many events and a large request; the process's own until the end."""
    with fresh_database(run.server) as conninfo:
        devices = devices_for(events)
        # There are as many at every size: the database plans by how many devices a request has, and
        # the way that reads all of them looks the better, the more these are.
        per_request = ceil(devices / _OTHER_REQUESTS)
        fill(conninfo, 0, devices, devices_per_request=per_request)
        large = RequestId(OWNER_ID, DCC, 1)
        large_devices = [Eui64(_FIRST_OF_LARGE + i) for i in range(run.sized(50_000, least=500))]
        known_at = _record_large(large, large_devices)
        count()
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        yield Store(conninfo, devices, per_request, large, large_devices, known_at)


def _record_large(large: RequestId, devices: Sequence[Eui64]) -> Settled:
    """Record the large request with the words of its devices, and return the moment before these.

    Each in ten has failed, three wait at the hub and four on the way; two are done.
    """
    (asked,) = request_messages({large: devices})
    record(Batch(messages=[replace(asked, user_id=OWNER_ID)]))
    at_hub = [
        Event(
            device_id=each,
            status=Status.COMMS_HUB_DELIVERY_FAILED
            if number % 10 == 0
            else Status.DELIVERED_TO_COMMS_HUB,
            reason="N61" if number % 10 == 0 else None,
            occurred_at=START + timedelta(hours=4, seconds=number % 3_600),
            request_id=large,
        )
        for number, each in enumerate(devices)
    ]
    record_events(at_hub, "at hub")
    past = past_of(datetime.now(UTC))
    assert past is not None
    further = [
        Event(
            device_id=each,
            status=Status.TRANSFERRED_TO_DEVICE if number % 10 < 8 else Status.VERIFIED,
            occurred_at=START + timedelta(hours=9, seconds=number % 3_600),
            request_id=large if number % 10 < 8 else None,
            image_hash=None if number % 10 < 8 else image_hash(large),
        )
        for number, each in enumerate(devices)
        if number % 10 > 3
    ]
    record_events(further, "further")
    return past.moment


def record_events(events: Sequence[Event], name: str) -> None:
    """Record the events by the ledger; ``name`` makes their messages others than those before."""
    record_all(batched(events, 500, name=name))


def count() -> None:
    """Count all figures anew, as a server does beside answering."""
    performance.refresh()
    with pool().connection() as connection:
        freshness.fold_arrivals(connection, settled_after=timedelta(0))


def keep_inputs(events: int) -> None:
    """Have the owner be sent a notice, and the operator keep a bad input, for every 1,000 events.

    All but some of the inputs were replayed.
    """
    number = max(_WAITING_INPUTS + 1, events // _EVENTS_PER_KEPT_INPUT)
    now = datetime.now(UTC)
    owner = add_party("Owner", PartyKind.LARGE_SUPPLIER, [OWNER_ID])
    endpoint = add_endpoint(owner, WEBHOOK, "https://receiver.example/")
    test = EndpointTest(endpoint_id=endpoint.endpoint_id, sentence="This is a test.", link=None)
    drafts = [event_about_endpoint("endpoint.test", test, now) for _ in range(number)]
    with pool().connection() as connection, connection.transaction():
        enqueue(connection, endpoint.endpoint_id, drafts, now)
    refusals = [
        Refusal(
            body=sha256(b"%d" % each).digest(),
            media_type="application/xml",
            received_at=None,
            origin="bench",
            submitter="operator",
            reason_code="malformed",
            reason="It is no XML.",
        )
        for each in range(number)
    ]
    for quarantine_id in record(Batch(refusals=refusals)).quarantine_ids[_WAITING_INPUTS:]:
        assert quarantine_id is not None, "the operator has no quota"
        mark_replayed(quarantine_id, "recorded")

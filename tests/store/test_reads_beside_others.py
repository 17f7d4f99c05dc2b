"""No read grows with the store: ten times as much of others' costs it hardly another block."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from firmtrack.answers.audit import AuditFilter
from firmtrack.answers.causes import CausesQuestion
from firmtrack.answers.performance import PerformanceFilter
from firmtrack.answers.request_lists import RequestFilter, RequestState
from firmtrack.answers.requests import DistributionFilter
from firmtrack.domain.causes import Attribute, CauseKey, Trait
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.pace import Pace
from firmtrack.domain.stages import CompletionStatus, Status
from firmtrack.domain.viewer import Viewer
from firmtrack.lookups import (
    causes,
    device,
    first_known,
    freshness,
    inventory,
    notices,
    performance,
    request,
    request_list,
    watches,
)
from firmtrack.lookups import message as message_lookup
from firmtrack.lookups.as_of import Settled
from firmtrack.lookups.audit import read_audit
from firmtrack.notices.watches import Watcher
from firmtrack.presentation.csv import distributions_csv
from firmtrack.store.database import conninfo_in_use, migrate, pool, reading_pool
from firmtrack.store.embedded import EmbeddedPostgres
from firmtrack.store.ledger.quarantine import list_quarantine
from firmtrack.store.numbers import to_bigint
from firmtrack.store.reading import requests
from firmtrack.store.reading.audit import list_opened
from firmtrack.store.reading.messages import (
    came_again,
    find_message,
    list_messages,
    response_ids_of_request,
)
from firmtrack.store.reports import happenings, waits
from firmtrack.store.reports import performance as figures
from tests.databases import QUICK, used
from tests.store.facts import (
    ALL,
    ALPHA,
    ALPHA_ID,
    BRAVO_ID,
    DCC,
    DCC_ID,
    HUB,
    METER,
    METERS,
    REQUEST_ID,
    answer,
    at,
    meter,
    reported,
    take,
)
from tests.store.facts import inventory as told_inventory
from tests.store.facts import request as sent
from tests.store.test_status_changes import subscribe

UNKNOWN = RequestId(ALPHA_ID, DCC_ID, 999_999)
_FEW, _MANY = 20, 200
_OTHERS = Path(__file__).with_name("others.sql").read_text("utf-8")
_UNTIL_PLANNED_ONCE = 8
_DEEPER = 20
"""Blocks that deeper indexes may add to a few searches of them."""

_LATER, _LATEST = b"\xff" * 7 + b"\xfe", b"\xff" * 8
"""The identities of messages with the greatest digests."""

AUDITED = replace(ALPHA, party="Alpha")
HERSELF = replace(AUDITED, name="Ada at her desk")
_A_DAY = datetime(2026, 11, 14, tzinfo=UTC)
_OTHERS_AUDIT = """
    INSERT INTO lookup_audit (viewer, kind, term, row_count, party, looked_up_at)
    SELECT 'bo', 'device', number::text, 1, 'Bravo', %(day)s + number * interval '1 second'
    FROM generate_series(%(first)s * 100, %(last)s * 100) AS number;
    INSERT INTO act (actor, party, kind, subject, detail, acted_at)
    SELECT 'bo', 'Bravo', 'signed_in', number::text, '', %(day)s + number * interval '1 second'
    FROM generate_series(%(first)s * 100, %(last)s * 100) AS number
"""

STRANGER = Viewer.of_user_ids("a stranger", [])
CAUSE = CauseKey.of(
    Status.COMMS_HUB_DELIVERY_FAILED,
    "N61",
    [Trait(Attribute.SERVICE_REQUEST_ID, str(REQUEST_ID))],
)
NONE_FITS = DistributionFilter(completion=CompletionStatus.SUCCESSFUL)


def everything(moment: Settled) -> Mapping[str, Callable[[], object]]:
    """Return every read of Alpha's, by what it answers; moment is the past asked for."""

    def listed(
        wanted: DistributionFilter, *, after: Eui64 | None = None, past: bool = False
    ) -> object:
        return request.list_distributions(
            ALPHA, REQUEST_ID, wanted, limit=2, after=after, as_of=moment if past else None
        )

    def csv(*, past: bool = False) -> bytes:
        return b"".join(distributions_csv(ALPHA, REQUEST_ID, ALL, as_of=moment if past else None))

    message = find_own_message()
    # So near that the same number of looks is needed before there was anything of others and after.
    before = Settled(moment - timedelta(days=1))
    stalled = DistributionFilter(pace=Pace.STALLED)
    reached = DistributionFilter(status=Status.DELIVERED_TO_COMMS_HUB)
    of_request = CausesQuestion(request_id=REQUEST_ID)
    return {
        "a request": lambda: request.find_request(ALPHA, REQUEST_ID),
        "its page": lambda: request.open_request_page(ALPHA, REQUEST_ID, ALL, limit=2),
        "its next page": lambda: listed(ALL, after=METERS[2]),
        "its page before another": lambda: request.open_request_page(
            ALPHA, REQUEST_ID, ALL, limit=2, before=METERS[-1]
        ),
        "its page before another of the past": lambda: request.open_request_page(
            ALPHA, REQUEST_ID, ALL, limit=2, before=METERS[-1], as_of=moment
        ),
        "its last page": lambda: listed(ALL, after=METERS[-1]),
        "those of a status": lambda: listed(reached),
        "those of a completion that none has": lambda: listed(NONE_FITS),
        "those of a reason": lambda: listed(DistributionFilter(reason="N61")),
        "those that have stalled": lambda: listed(stalled),
        "its CSV": csv,
        "an unknown request": lambda: request.find_request(ALPHA, UNKNOWN),
        "an unknown request's page": lambda: request.list_distributions(
            ALPHA, UNKNOWN, ALL, limit=2
        ),
        "a request of the past": lambda: request.find_request(ALPHA, REQUEST_ID, as_of=moment),
        "its page of the past": lambda: request.open_request_page(
            ALPHA, REQUEST_ID, ALL, limit=2, as_of=moment
        ),
        "those of a status in the past": lambda: listed(reached, past=True),
        "those of a reason in the past": lambda: listed(
            DistributionFilter(reason="N61"), past=True
        ),
        "those that had stalled": lambda: listed(stalled, past=True),
        "its CSV of the past": lambda: csv(past=True),
        "its requests": lambda: request_list.list_requests(ALPHA, RequestFilter(), limit=2),
        "its requests that ended": lambda: request_list.list_requests(
            ALPHA, RequestFilter(state=RequestState.ENDED), limit=2
        ),
        "what happened to its requests": lambda: happenings.happenings(
            ALPHA, at(0), datetime.now(UTC), limit=2
        ),
        "what one looked at last": lambda: list_opened(HERSELF, ["device"], limit=2),
        "a device": lambda: device.find_device(ALPHA, METER),
        "a device's page": lambda: device.open_device_page(ALPHA, METER),
        "a device of the past": lambda: device.find_device(ALPHA, METER, as_of=moment),
        "an unknown device": lambda: device.find_device(ALPHA, Eui64(1)),
        "a device's events": lambda: device.list_events(ALPHA, METER, REQUEST_ID, limit=2),
        "its peers": lambda: device.compare_device(ALPHA, METER),
        "its inventory, and what is on its hub": lambda: inventory.find_inventory(ALPHA, METER),
        "the inventory of the past": lambda: inventory.find_inventory(ALPHA, METER, as_of=moment),
        "since when a request is known": lambda: first_known.when_request_known(
            ALPHA, REQUEST_ID, before
        ),
        "since when a device is known": lambda: first_known.when_device_known(ALPHA, METER, before),
        "since when its inventory is known": lambda: first_known.when_inventory_known(
            ALPHA, METER, before
        ),
        "delivery performance": lambda: performance.delivery_performance(
            ALPHA, PerformanceFilter()
        ),
        "causes": lambda: causes.find_causes(ALPHA, of_request),
        "a cause": lambda: causes.open_cause(ALPHA, CAUSE, of_request),
        "a cause's devices": lambda: causes.download_devices(ALPHA, CAUSE, of_request),
        "a cause's new device list": lambda: causes.new_device_list(ALPHA, CAUSE, of_request),
        "causes of the past": lambda: causes.find_causes(ALPHA, of_request, as_of=moment),
        "freshness": lambda: freshness.freshness(DCC, datetime.now(UTC)),
        "notices, and where to": lambda: notices.open_notices_page(
            ALPHA, ALPHA, limit=2, state=None, before=None
        ),
        "what somebody watches": lambda: watches.list_watches(
            Watcher(person_id=0, party_id=0, email="ada@alpha.example", viewer=ALPHA)
        ),
        "its audit": lambda: read_audit(AUDITED, AuditFilter(), limit=2),
        "its audit of a kind and a day": lambda: read_audit(
            AUDITED,
            AuditFilter(
                kinds=frozenset({"signed_in"}), since=_A_DAY, until=_A_DAY + timedelta(days=1)
            ),
            limit=2,
        ),
        "a message": lambda: find_message(message),
        "a message as its party sees it": lambda: message_lookup.find_message(ALPHA, message),
        "another party's message": lambda: message_lookup.find_message(STRANGER, message),
        "DCC's IDs of answers to a request": lambda: response_ids_of_request(
            ALPHA, REQUEST_ID, as_of=None, limit=5
        ),
        "the newest message": lambda: list_messages(limit=1),
        "what came again": came_again,
        "what is quarantined": list_quarantine,
    }


def find_own_message() -> UUID:
    with pool().connection() as connection:
        row = connection.execute(
            "SELECT message_id FROM recorded_event WHERE device_id = %s LIMIT 1",
            (to_bigint(METER),),
        ).fetchone()
    assert row is not None
    found: UUID = row[0]
    return found


def add_others(first: int, last: int) -> None:
    numbers = {
        "user_id": to_bigint(BRAVO_ID),
        "dcc": to_bigint(DCC_ID),
        "zero": to_bigint(0),
        "first": first,
        "last": last,
    }
    with psycopg.connect(
        conninfo_in_use(), autocommit=True, cursor_factory=psycopg.ClientCursor
    ) as connection:
        connection.execute(_OTHERS, numbers)
        connection.execute(_OTHERS_AUDIT, {"day": _A_DAY, "first": first, "last": last})


def blocks_of(read: Callable[[], object]) -> int:
    """Return how many blocks of tables and indexes a read looks at, planned for any parameters.

    The least of three times: whatever else the server does only adds to it.
    """
    for _ in range(_UNTIL_PLANNED_ONCE):
        waits.forget_recent()
        read()
    counts = []
    for _ in range(3):
        waits.forget_recent()
        before = blocks_so_far()
        read()
        counts.append(blocks_so_far() - before)
    return min(counts)


def blocks_so_far() -> int:
    with ExitStack() as held:
        for each in (reading_pool(), pool()):
            for _ in range(each.get_stats()["pool_size"]):
                connection = held.enter_context(each.connection())
                connection.execute("SELECT pg_stat_force_next_flush()")
    with psycopg.connect(conninfo_in_use()) as counting:
        row = counting.execute(
            "SELECT sum(coalesce(heap_blks_hit, 0) + heap_blks_read"
            " + coalesce(idx_blks_hit, 0) + coalesce(idx_blks_read, 0)) FROM pg_statio_user_tables"
        ).fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture
def left_alone(tmp_path: Path, postgres_binaries: Path | None) -> Iterator[None]:
    """A database on a server where nobody else writes, and no autovacuum reads.

    Rows of before a change are looked at for as long as any open transaction of the whole server
    is older than the change, whichever database it writes to.
    """
    settings = QUICK | {"autovacuum": "off"}
    with (
        EmbeddedPostgres(tmp_path / "alone", settings, binaries=postgres_binaries) as server,
        used(server.conninfo("postgres")),
    ):
        migrate()
        yield


@pytest.mark.usefixtures("left_alone")
def test_no_read_grows_with_what_others_have() -> None:
    subscribe("Bravo Power", BRAVO_ID)
    subscribe("Alpha Energy", ALPHA_ID)
    take(sent(sent_at=at(0)), answer(answered_at=at(1)))
    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(3), METERS))
    for each in METERS[:2]:
        take(told_inventory(at(2), each, device_type="ESME", csp_region="North", comms_hub_id=HUB))
    add_others(0, _FEW - 1)
    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(3), METERS))
    take(reported(Status.COMMS_HUB_DELIVERY_FAILED, at(4), METERS[4:], reason="N61"))
    figures.refresh()
    # Of the same time and stage the one with the greater digest counts: the request has changed.
    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(3), METERS, identity=_LATER))
    with pool().connection() as connection:
        connection.execute("ANALYZE")
    device.find_device(HERSELF, METER)
    reads = everything(Settled(datetime.now(UTC)))
    found = causes.open_cause(ALPHA, CAUSE, CausesQuestion(request_id=REQUEST_ID))
    assert found is not None
    few = {name: blocks_of(read) for name, read in reads.items()}

    # Nobody tells the planner that there are more now.
    add_others(_FEW, _MANY - 1)
    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(3), METERS, identity=_LATEST))

    many = {name: blocks_of(read) for name, read in reads.items()}
    grown = {
        name: (few[name], many[name]) for name in reads if many[name] > few[name] * 1.2 + _DEEPER
    }
    assert grown == {}


@pytest.mark.usefixtures("left_alone")
def test_a_page_costs_what_it_shows_wherever_it_begins() -> None:
    devices = tuple(map(meter, range(2_000)))
    take(sent(device_ids=devices, sent_at=at(0)), answer(answered_at=at(1)))
    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(3), devices))
    moment = datetime.now(UTC)

    def page(
        after: Eui64 | None, wanted: DistributionFilter = ALL, as_of: datetime | None = None
    ) -> int:
        return blocks_of(
            lambda: requests.list_distributions(
                ALPHA, REQUEST_ID, wanted, limit=10, after=after, as_of=as_of
            )
        )

    first = page(None)
    assert first < len(devices) / 10
    for after in (devices[1_000], devices[-12], devices[-1]):
        assert page(after) <= first + _DEEPER
    # Of the past no more is folded than it takes to fill the page.
    reached = DistributionFilter(status=Status.DELIVERED_TO_COMMS_HUB)
    past = page(None, as_of=moment)
    assert past < len(devices)
    assert page(devices[1_000], reached, moment) <= past + _DEEPER
    assert page(None, NONE_FITS, moment) > len(devices)

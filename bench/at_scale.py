"""The jobs of ``bench.scale``: each with many events stored and with few, in turns."""

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median

import psycopg

from bench.clients import CLIENTS, Load, load
from bench.figures import Figure, at_least, at_most
from bench.filling import device_at
from bench.ledger import batched, record_all
from bench.lookup import call
from bench.national import MONTHS, REQUESTS_A_ROUND
from bench.national_stores import Store
from bench.processes import serving
from bench.reads import PAGE
from bench.report import console
from bench.run import Run
from bench.scene import WAY, events_of, request_messages, requests_for
from bench.timing import median_ratio, medians, percentile, seconds_of, usual_seconds
from firmtrack.accounts.kinds import PartyKind, TokenScope
from firmtrack.accounts.parties import add_party
from firmtrack.accounts.tokens import create_token
from firmtrack.answers.request_lists import RequestFilter
from firmtrack.answers.requests import DistributionFilter
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.viewer import Viewer
from firmtrack.lookups import device, request_list
from firmtrack.store import database
from firmtrack.store.ledger.recording import Batch, record
from firmtrack.store.months import EVENTS, months_of
from firmtrack.store.reading import requests
from firmtrack.store.retention.facts import prune_facts

_ROUNDS = 5
_LOADS = 3
_LOAD_SECONDS = 5
_LEDGER_EVENTS = 200_000
_LEAST_SHARE = 0.3
_EVERYBODY = Viewer.of_dcc("bench")


def measure(run: Run, few: Store, many: Store) -> Iterator[Figure]:
    """Yield the figures of all jobs."""
    jobs = _Jobs(run, few, many)
    yield jobs.ledger(500, "500 in a message")
    yield jobs.ledger(1, "each from a message of its own")
    yield jobs.look_ups()
    yield from jobs.reads()
    yield from jobs.prune()


class _Jobs:
    def __init__(self, run: Run, few: Store, many: Store) -> None:
        self._run = run
        self._few, self._many = few, many

    def _share(self) -> float:
        """Return how much of the full time to ask: statements are planned anew at first."""
        return min(1.0, max(_LEAST_SHARE, self._run.scale))

    @property
    def _stores(self) -> tuple[Store, Store]:
        return self._few, self._many

    @contextmanager
    def _used(self, store: Store) -> Iterator[str]:

        conninfo = self._run.server.conninfo(store.name)
        database.use(conninfo)
        try:
            yield conninfo
        finally:
            database.close()

    def ledger(self, events_per_message: int, how: str) -> Figure:
        """Return the rate with many stored as a share of that with few: both of devices stored."""
        events = self._run.sized(_LEDGER_EVENTS, least=500)
        start = datetime.now(UTC) - timedelta(hours=12)
        rates = []
        for number in range(_ROUNDS):
            console.print(f"measuring: ledger, {how}: round {number + 1} of {_ROUNDS}")
            rate = []
            for store in self._stores:
                counter = time.time_ns()  # no other run has had these requests
                some = _some_devices(store, events // len(WAY), seed=counter)
                requests = requests_for(some, first_counter=counter)
                told = list(events_of(requests, seed=number, start=start))
                batches = list(batched(told, events_per_message, name=str(counter)))
                with self._used(store):
                    record(Batch(messages=request_messages(requests, start=start)))
                    rate.append(len(told) / seconds_of(partial(record_all, batches)))
            rates.append((rate[1], rate[0]))
        many, few = medians(rates)
        return Figure(
            f"ledger with {self._many.national.events:,} events stored, {events:,} more in batches"
            f" of 10,000, {how}",
            f"itself with {self._few.national.events:,}",
            at_least(0.7),
            median_ratio(rates),
            beside=f"{many:,.0f} and {few:,.0f} a second",
        )

    def look_ups(self) -> Figure:
        """Return how much slower the API's look-up is: each beside the constant view."""
        seconds = _LOAD_SECONDS * self._share()
        slow: list[list[float]] = []
        mine: list[list[Load]] = []
        for number in range(_LOADS):
            console.print(f"measuring: look-ups of devices: round {number + 1} of {_LOADS}")
            shares, loads = [], []
            for store in self._stores:
                with self._used(store) as conninfo:
                    calls, constant = self._calls(store, number)
                with serving(conninfo):
                    load(calls, seconds)
                    found, limit = load(calls, seconds), load([constant], seconds)
                shares.append(limit.rate / found.rate)
                loads.append(found)
            slow.append(shares)
            mine.append(loads)
        few, many = (median(each[place].rate for each in mine) for place in (0, 1))
        late_few, late_many = (
            median(each[place].milliseconds(99) for each in mine) for place in (0, 1)
        )
        return Figure(
            f"API look-up of a device, first page, {self._many.national.events:,} events,"
            f" {CLIENTS} clients",
            f"itself with {self._few.national.events:,}, each beside the constant view",
            at_most(1.3),
            median_ratio([(each[1], each[0]) for each in slow]),
            unit="times",
            beside=f"{many:,.0f} and {few:,.0f} a second; of 100, 99 within {late_many:.0f} and"
            f" {late_few:.0f} ms",
        )

    def _calls(self, store: Store, number: int) -> tuple[list[bytes], bytes]:

        party = add_party(f"bench {time.time_ns()}", PartyKind.DCC, [])
        token = create_token(party, TokenScope.READ, created_at=datetime.now(UTC))
        devices = _some_devices(store, 20_000, seed=number)
        return (
            [call(f"/api/v1/devices/{each}", token) for each in devices],
            call("/api/constant", token),
        )

    def reads(self) -> Iterator[Figure]:
        """Yield how much slower a request's first page is, and the list of requests."""
        for what, read in (
            ("a request’s first page", _first_page),
            ("all requests, first page", _all_requests),
            ("a supplier’s requests, first page", _own_requests),
            ("a device, without HTTP", _device),
        ):
            pairs = []
            for number in range(_ROUNDS):
                taken = []
                for store in self._stores:
                    chance = random.Random(number)  # reproducible, not secret
                    with self._used(store):
                        action = partial(read, store, chance)
                        action()
                        taken.append(usual_seconds(action, within_seconds=self._share(), most=500))
                pairs.append((taken[1], taken[0]))
            many, few = (each * 1_000 for each in medians(pairs))
            yield Figure(
                f"{what}, {self._many.national.events:,} events",
                f"itself with {self._few.national.events:,}",
                at_most(1.3),
                median_ratio(pairs),
                unit="times",
                beside=f"{many:.3g} and {few:.3g} ms",
            )

    def prune(self) -> Iterator[Figure]:
        """Yield how long the oldest month takes to go, and how slow look-ups are meanwhile."""
        console.print("measuring: prune of the oldest month, and look-ups meanwhile")
        with self._used(self._many) as conninfo:
            with psycopg.connect(conninfo) as connection:
                month = months_of(connection, EVENTS)[0]
            chance = random.Random(9)  # reproducible, not secret
            look_up = partial(_device, self._many, chance)
            look_up()
            until = time.monotonic() + 2 * _LOAD_SECONDS * self._share()
            usual = []
            while time.monotonic() < until:
                usual.append(seconds_of(look_up))
            meanwhile = []
            began = time.monotonic()
            with ThreadPoolExecutor(1) as pruning:
                pruned = pruning.submit(prune_facts, month.after().begins_at, is_rehearsal=False)
                while not pruned.done():
                    meanwhile.append(seconds_of(look_up))
                taken = time.monotonic() - began
                console.print(f"  {pruned.result()}")
        events = self._many.national.events
        yield Figure(
            f"prune of one month of {MONTHS}, {events:,} events",
            "–",
            at_most(60),
            taken,
            unit="s",
        )
        yield Figure(
            f"look-up of a device while a month of {events:,} events is pruned: of 100, 99 within",
            "itself before",
            at_most(2),
            percentile(meanwhile, 99) / percentile(usual, 99),
            unit="times",
            beside=f"{percentile(meanwhile, 99) * 1_000:.1f} and"
            f" {percentile(usual, 99) * 1_000:.1f} ms; the slowest {max(meanwhile) * 1_000:.0f} and"
            f" {max(usual) * 1_000:.0f} ms",
        )


def _some_devices(store: Store, count: int, seed: int) -> list[Eui64]:

    chance = random.Random(seed)  # reproducible, not secret
    numbers = chance.sample(range(store.national.devices), min(count, store.national.devices))
    return [device_at(number) for number in numbers]


def _some_request(store: Store, chance: random.Random) -> RequestId:
    """Return one of the second round: months of the first may have gone."""
    return store.national.request_id(REQUESTS_A_ROUND + chance.randrange(REQUESTS_A_ROUND))


def _first_page(store: Store, chance: random.Random) -> object:

    found = requests.list_distributions(
        _EVERYBODY, _some_request(store, chance), DistributionFilter(), limit=PAGE, after=None
    )
    assert found is not None
    return found


def _all_requests(_: Store, __: random.Random) -> object:

    return request_list.list_requests(_EVERYBODY, RequestFilter(), limit=PAGE)


def _own_requests(store: Store, chance: random.Random) -> object:

    owner = Viewer.of_user_ids("Ada", [_some_request(store, chance).originator])
    return request_list.list_requests(owner, RequestFilter(), limit=PAGE)


def _device(store: Store, chance: random.Random) -> object:

    found = device.find_device(_EVERYBODY, device_at(chance.randrange(store.national.devices)))
    assert found is not None
    assert found.device.distributions
    return found

"""Three writers of single alerts beside a request of 50,000 devices, among ten million events.

How long the request holds any of the alerts up, each its own transaction. The writers are processes
and the request names devices that have had updates before; half of the requests come after a loose
word of each of their devices.
"""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from bench import national
from bench.alerting import WRITERS, alerting, ended
from bench.another import AnotherWriter, another_writer
from bench.figures import Figure, at_least, at_most
from bench.filling import device_at
from bench.ledger import batched, record_all
from bench.run import Run
from bench.scene import (
    DCC,
    USER,
    WAY,
    events_of,
    fresh_database,
    request_messages,
    requests_for,
)
from bench.timing import median_ratio, percentile, seconds_of
from firmtrack.accounts.kinds import PartyKind
from firmtrack.accounts.parties import add_party
from firmtrack.domain.identifiers import RequestId
from firmtrack.notices.endpoints import add_endpoint
from firmtrack.notices.webhook import WEBHOOK
from firmtrack.store.ledger.recording import Batch, record

_REQUESTS = 6
_LARGE = 50_000
_ALERTED_DEVICES = 2_000
_USUAL_SECONDS = 4.0
_HELD_UP_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class _Beside:
    """What the alerts took while a request was recorded."""

    is_late: bool
    alerts: Sequence[float]
    request_seconds: float


def measure(run: Run) -> list[Figure]:
    """Return what a second writer brings, and the longest waits of alerts, a party notified."""
    with fresh_database(run.server) as conninfo:
        stored = national.build(conninfo, run.sized(10_000_000, least=4_800))
        two_to_one = _two_to_one(run, conninfo, stored)
        party = add_party("Alpha", PartyKind.LARGE_SUPPLIER, [USER])
        add_endpoint(party, WEBHOOK, "https://receiver.example/")
        usual, beside = _waits(run, conninfo, stored)
    return [
        two_to_one,
        *(
            _figure(stored, usual, [each for each in beside if each.is_late is is_late])
            for is_late in (False, True)
        ),
    ]


def _figure(stored: national.National, usual: Sequence[float], rounds: Sequence[_Beside]) -> Figure:
    alerts = [seconds for each in rounds for seconds in each.alerts]
    when = " after a loose word of each" if rounds[0].is_late else ""
    devices = min(_LARGE, stored.devices)
    return Figure(
        f"{WRITERS} writers of single alerts beside a request of {devices:,} devices{when}, among"
        f" {stored.events:,} events: the longest wait",
        "their usual p99",
        at_most(_HELD_UP_SECONDS),
        max(alerts),
        unit="s",
        beside=f"usual p50 {percentile(usual, 50) * 1_000:.1f}, p99"
        f" {percentile(usual, 99) * 1_000:.1f}, most {max(usual) * 1_000:.0f} ms; beside it p50"
        f" {percentile(alerts, 50) * 1_000:.1f}, p99 {percentile(alerts, 99) * 1_000:.1f} ms;"
        f" the request takes {percentile([each.request_seconds for each in rounds], 50):.2f} s",
    )


def _waits(run: Run, conninfo: str, stored: national.National) -> tuple[list[float], list[_Beside]]:
    """Return what alerts take usually, and beside each of some requests."""
    start = datetime.now(UTC) - timedelta(hours=12)
    known = requests_for(
        [device_at(number % stored.devices) for number in range(WRITERS * _ALERTED_DEVICES)],
        first_counter=10_000,
    )
    # A device once: so few are stored in a small run that its IDs repeat.
    known = {request_id: list(dict.fromkeys(share)) for request_id, share in known.items()}
    record(Batch(messages=request_messages(known, start=start)))
    began_at, spans = time.monotonic(), []
    with ExitStack() as writers:
        pipes = [
            writers.enter_context(alerting(conninfo, known, start, number))
            for number in range(WRITERS)
        ]
        time.sleep(run.seconds(_USUAL_SECONDS))  # what is usual is what they do in so long
        usual_until = time.monotonic()
        for number in range(_REQUESTS):
            is_late = number % 2 == 1
            spans.append((is_late, *_record_large(stored, number, start, is_late=is_late)))
        taken = [each for pipe in pipes for each in ended(pipe)]
    usual = [each.seconds for each in taken if began_at <= each.began < usual_until]
    return usual, [
        _Beside(
            is_late,
            [e.seconds for e in taken if e.began < ended and e.began + e.seconds > began],
            ended - began,
        )
        for is_late, began, ended in spans
    ]


def _record_large(
    stored: national.National, number: int, start: datetime, *, is_late: bool
) -> tuple[float, float]:
    """Record a request of many devices and return from when to when that was."""
    devices = [
        device_at((number * 7_919 + each) % stored.devices)
        for each in range(min(_LARGE, stored.devices))
    ]
    request_id = RequestId(USER, DCC, 20_000 + number)
    large = request_messages({request_id: devices}, start=start)
    if is_late:
        told = events_of({request_id: devices}, seed=1, start=start)
        loose = [event for event in told if event.request_id is None]
        record_all(batched(loose, 500, name=f"loose {number}"))
    began = time.monotonic()
    record(Batch(messages=large))
    return began, time.monotonic()


def _two_to_one(run: Run, conninfo: str, stored: national.National) -> Figure:
    """Return how many times as fast two writers are as one, each a process with its share."""
    events = run.sized(100_000, least=2_000)
    start = datetime.now(UTC) - timedelta(hours=12)
    rates = []
    for number in range(3):
        rate = []
        for writers in (2, 1):
            counter = 100_000 + 1_000 * (2 * number + writers)
            devices = [
                device_at((counter + each) % stored.devices)
                for each in range(min(events // len(WAY), stored.devices))
            ]
            requests = requests_for(devices, first_counter=counter)
            record(Batch(messages=request_messages(requests, start=start)))
            told = list(events_of(requests, seed=number, start=start))
            shares = [
                list(batched(told[place::writers], 500, name=f"{counter} {place}"))
                for place in range(writers)
            ]
            with ExitStack() as held:
                others = [held.enter_context(another_writer(conninfo, each)) for each in shares]
                taken = seconds_of(partial(_all_record, others))
            rate.append(len(told) / taken)
        rates.append((rate[0], rate[1]))
    two, one = (sorted(each)[1] for each in zip(*rates, strict=True))
    return Figure(
        f"ledger with 2 writers, {events:,} events, 500 in a message, among {stored.events:,}",
        "itself with 1",
        at_least(1.6),
        median_ratio(rates),
        unit="times",
        beside=f"{two:,.0f} and {one:,.0f} a second",
    )


def _all_record(others: Sequence[AnotherWriter]) -> None:
    for other in others:
        other.begin()
    for other in others:
        other.wait()

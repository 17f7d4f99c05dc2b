"""Single alerts beside a request of 50,000 devices: how long it holds any of them up."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle

from bench.another import another_writer
from bench.figures import Figure, at_most
from bench.ledger import batched, record_all
from bench.run import Run
from bench.scene import (
    DCC,
    START,
    USER,
    device_ids,
    events_of,
    fresh_database,
    messages_of,
    request_messages,
)
from bench.timing import percentile
from firmtrack.accounts.kinds import PartyKind
from firmtrack.accounts.parties import add_party
from firmtrack.domain.facts import Event, Message
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import Status
from firmtrack.notices.endpoints import add_endpoint
from firmtrack.notices.webhook import WEBHOOK
from firmtrack.store.ledger.recording import Batch, record

_ROUNDS = 3
_ALERTED_DEVICES = 2_000
_USUAL_SECONDS = 2.0
_HELD_UP_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class _Waits:
    """How long alerts took before another process recorded the request, and meanwhile."""

    usual: list[float]
    beside: list[float]
    request_seconds: float


def measure(run: Run) -> list[Figure]:
    """Return how long an alert waits at most: with and without notices, and alerts that were first.

    Of these the request comes after a part of what its devices said, some of it without its ID.
    """
    return [
        _figure(run, is_notified=is_notified, is_last=is_last)
        for is_last in (False, True)
        for is_notified in (False, True)
    ]


def _figure(run: Run, *, is_notified: bool, is_last: bool) -> Figure:
    devices = run.sized(50_000, least=600)
    usual_seconds = run.seconds(_USUAL_SECONDS)
    rounds = []
    for number in range(_ROUNDS):
        with fresh_database(run.server) as conninfo:
            if is_notified:
                party = add_party("Alpha", PartyKind.LARGE_SUPPLIER, [USER])
                add_endpoint(party, WEBHOOK, "https://receiver.example/")
            large = {RequestId(USER, DCC, 2): device_ids(devices, seed=30 + number)}
            if is_last:
                record_all(batched(events_of(large, seed=1), 500, name="first"))
            rounds.append(_round(conninfo, request_messages(large), usual_seconds))
    longest = sorted(max(each.beside) for each in rounds)
    usual = [seconds for each in rounds for seconds in each.usual]
    held_up = [sum(seconds > _HELD_UP_SECONDS for seconds in each.beside) for each in rounds]
    whole = [each.request_seconds for each in rounds]
    when = ", which comes after its devices’ words" if is_last else ""
    return Figure(
        f"alerts beside a request of {devices:,} devices{when},"
        f" {'a' if is_notified else 'no'} party notified: the longest wait",
        "their usual p99",
        at_most(_HELD_UP_SECONDS),
        longest[-1],
        unit="s",
        beside=f"usual p99 {percentile(usual, 99) * 1_000:.1f} ms;"
        f" over {_HELD_UP_SECONDS} s in each round {', '.join(map(str, held_up))};"
        f" the request takes {percentile(whole, 50):.2f} s",
    )


def _round(conninfo: str, request: list[Message], usual_seconds: float) -> _Waits:
    """Record alerts, one a transaction, for a while and then until the request is recorded, too."""
    requests = {RequestId(USER, DCC, 1): device_ids(_ALERTED_DEVICES, seed=29)}
    record(Batch(messages=request_messages(requests)))
    alerts = _alerts(requests)
    usual: list[float] = []
    with another_writer(conninfo, [request]) as another:
        until = time.monotonic() + usual_seconds
        while time.monotonic() < until:
            usual.append(_seconds(next(alerts)))
        beside: list[float] = []
        another.begin()
        while not another.is_done():
            beside.append(_seconds(next(alerts)))
        done = another.end()
    return _Waits(usual, beside, done.ended - done.began)


def _seconds(alert: Message) -> float:
    started = time.monotonic()
    record(Batch(messages=[alert]))
    return time.monotonic() - started


def _alerts(requests: dict[RequestId, list[Eui64]]) -> Iterator[Message]:
    """Yield alerts without end, each of its own time."""
    ((request_id, devices),) = requests.items()
    events = (
        Event(
            device_id=device,
            status=Status.DELIVERED_TO_COMMS_HUB,
            occurred_at=START + timedelta(hours=1, seconds=number),
            request_id=request_id,
        )
        for number, device in enumerate(cycle(devices))
    )
    return messages_of(events, 1, name="alert")

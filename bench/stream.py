"""Stream to committed: small alerts by two workers, beside bare fetching and acknowledging."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

import psycopg
from nats.aio.client import Client

from bench.figures import Figure, Reach, at_least
from bench.processes import url_of
from bench.run import Run
from bench.scene import device_ids, fresh_database, request_messages, requests_for
from bench.timing import median_ratio, medians
from bench.traffic import Signatories, alert
from firmtrack.store.ledger.recording import Batch, record
from firmtrack.stream.connection import Access, backlog_of, connected, make_stream
from firmtrack.stream.names import CONSUMER, DUIS_SUBJECT, STREAM
from tests.streams import Cluster, Form, one_node

_T = TypeVar("_T")
# NATS's own flushing: a server that flushes each message and each acknowledgement is bound by its
# disk, so that whoever takes from it seems as fast as any other.
_FORM = Form(sync_interval="2m")
_ROUNDS = 3
_WORKERS = 2
_AT_ONCE = 500
_LOOK_SECONDS = 0.05
_FIRST_LOOK_SECONDS = 0.002
_PATIENCE_SECONDS = 600.0
_NEVER = "2999-01-01T00:00:00Z"
_WORKING = "SELECT count(*) FROM stream_worker"
_RECORDED = "SELECT count(*) FROM message"


def measure(run: Run) -> list[Figure]:
    """Return the figures with signatures off and on."""
    who = Signatories()
    trust_store = who.trust_store(run.scratch / "stream-trust")
    requests = requests_for(device_ids(run.sized(50_000, least=200), seed=3))
    pairs = [(request_id, device) for request_id, share in requests.items() for device in share]
    messages = [alert(*pair, number, who) for number, pair in enumerate(pairs)]
    size = sum(map(len, messages)) // len(messages)

    def figure(trust: Path | None, signatures: str, reach: Reach) -> Figure:
        taken = []
        for number in range(_ROUNDS):
            with one_node(run.scratch / f"stream-{signatures}-{number}", _FORM) as node:
                bare = _seconds_bare(node, messages)
                with fresh_database(run.server) as conninfo:
                    record(Batch(messages=request_messages(requests)))
                    seconds = _seconds_of_workers(node, messages, conninfo, trust)
                    _check(conninfo, len(messages) + len(requests))
            taken.append((bare, seconds))
        fetched, recorded = (len(messages) / seconds for seconds in medians(taken))
        return Figure(
            f"stream to committed: {len(pairs):,} alerts, 2 workers, signatures {signatures}",
            "bare JetStream fetch and ack of the same, 2 processes",
            reach,
            median_ratio(taken),
            beside=f"{recorded:,.0f} of {fetched:,.0f} a second, of {size:,} octets",
        )

    return [
        figure(None, "off", at_least(0.30)),
        figure(trust_store, "on", at_least(0.15)),
    ]


def _seconds_bare(node: Cluster, messages: Sequence[bytes]) -> float:
    """Return how long two processes take that do nothing but fetch and acknowledge."""
    words = [sys.executable, "-m", "bench.bare_consumer", node.url]
    with _put(node, messages), _running(words, dict(os.environ)) as consumers:
        for each in consumers:
            assert each.stdout is not None
            assert each.stdout.readline().strip() == b"ready"
        return _seconds_until_empty(node)


def _seconds_of_workers(
    node: Cluster, messages: Sequence[bytes], conninfo: str, trust: Path | None
) -> float:
    """Return how long two workers take that are ready, until all is committed and acknowledged."""
    env = {
        **os.environ,
        **node.environment,
        "FIRMTRACK_STREAM_UNSAFE": "1",
        "DATABASE_URL": url_of(conninfo),
        "DJANGO_SETTINGS_MODULE": "firmtrack.settings",
    }
    if trust is not None:
        env["FIRMTRACK_TRUST_STORE"] = str(trust)
    with _put(node, messages), _running([sys.executable, "-m", "firmtrack", "worker"], env):
        _wait_until(lambda: _number(conninfo, _WORKING) == _WORKERS)
        return _seconds_until_empty(node)


@contextmanager
def _put(node: Cluster, messages: Sequence[bytes]) -> Iterator[None]:
    """Have the messages in the stream, which gives none of them yet, for the block."""

    async def put(client: Client) -> None:
        await make_stream(client)
        await _pause(client, _NEVER)
        stream = client.jetstream(timeout=_PATIENCE_SECONDS)
        for first in range(0, len(messages), _AT_ONCE):
            some = messages[first : first + _AT_ONCE]
            await asyncio.gather(*(stream.publish(DUIS_SUBJECT, each) for each in some))

    _done(node, put)
    yield


async def _pause(client: Client, until: str | None) -> None:
    asked = {} if until is None else {"pause_until": until}
    subject = f"$JS.API.CONSUMER.PAUSE.{STREAM}.{CONSUMER}"
    answer = await client.request(subject, json.dumps(asked).encode(), timeout=10)
    assert "error" not in json.loads(answer.data), answer.data


def _seconds_until_empty(node: Cluster) -> float:
    """Return how long it takes from when the stream gives its first message until all is taken.

    What was asked of it while it paused it may leave unanswered for as long as that was to wait.
    """

    async def wait(client: Client) -> float:
        await _pause(client, None)
        deadline = time.perf_counter() + _PATIENCE_SECONDS
        began_at = None
        while not (backlog := await backlog_of(client)).is_empty:
            now = time.perf_counter()
            assert now < deadline, "it is never empty"
            if began_at is None and backlog.unacknowledged:
                began_at = now
            await asyncio.sleep(_LOOK_SECONDS if began_at else _FIRST_LOOK_SECONDS)
        assert began_at is not None
        return time.perf_counter() - began_at

    return _done(node, wait)


def _done(node: Cluster, what: Callable[[Client], Coroutine[None, None, _T]]) -> _T:
    async def do() -> _T:
        async with connected(Access(servers=(node.url,)), "bench") as client:
            return await what(client)

    return asyncio.run(do())


@contextmanager
def _running(
    words: Sequence[str], env: Mapping[str, str]
) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Have as many of the processes as there are workers for the block."""
    with ExitStack() as ended:
        found = []
        for _ in range(_WORKERS):
            process = subprocess.Popen(words, env=dict(env), stdout=subprocess.PIPE)
            ended.callback(process.communicate)
            ended.callback(process.terminate)
            found.append(process)
        yield found


def _wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "the workers never began"
        time.sleep(_LOOK_SECONDS)  # a worker of its own process tells the database alone


def _number(conninfo: str, statement: str) -> int:
    with psycopg.connect(conninfo) as connection:
        row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return int(row[0])


def _check(conninfo: str, expected: int) -> None:
    found = _number(conninfo, _RECORDED)
    assert found == expected, f"{found} messages are recorded, not {expected}"

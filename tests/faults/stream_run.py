"""A fault run on a stream: messages handed over while faults happen, and what holds after."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import nats
import psycopg

from firmtrack.accounts.kinds import PartyKind, TokenScope
from firmtrack.accounts.parties import add_party
from firmtrack.accounts.tokens import create_token
from firmtrack.intake.files import envelopes_in
from firmtrack.simulator.scenario import Scenario
from firmtrack.store import database
from firmtrack.stream.names import CONSUMER, STREAM
from tests.databases import used
from tests.faults.postgres import Postgres
from tests.faults.posting import Client, Post, Posted
from tests.faults.stream_faults import StreamFault
from tests.faults.stream_installation import StreamInstallation
from tests.faults.stream_posting import FAILURES, Publisher
from tests.faults.striking import Plan, Report, Striking, at_work, told_refusals, told_starts
from tests.faults.truth import assert_recorded_once
from tests.journeys.processes import ended, firmtrack, wait_until
from tests.oracle.simulated import Simulated, simulate
from tests.store.test_simulated_traffic import assert_tracker_knows

# With its image as text over what the nodes take as one message; without one, well below.
_IMAGE_BYTES = 150_000
_DOUBLED, _LATE = 0.05, 0.05
_BY_BOTH_SHARE = 0.1
_ASKED_OUTCOMES = 2_000
_CALL_SECONDS = 30.0
_LARGEST_PUBLISHED_BYTES = 100_000
_CONTROL = "control"
_SETTLED = {"recorded", "duplicate", "ignored"}

# What was recorded, without what only says when and in which order it was.
_COMPARED = {
    "messages": "SELECT message_id, kind, code, user_id, occurred_at FROM message",
    "events": "SELECT e.device_id, e.message_id, e.occurred_at, e.stage, e.failed, e.reason,"
    " e.device_time, e.comms_hub_id, e.firmware_version, e.image_hash, r.originator, r.target,"
    " r.counter FROM event AS e LEFT JOIN request AS r USING (request_key)",
    "steps": "SELECT s.message_id, s.stage, s.failed, s.reason, s.occurred_at FROM"
    " recorded_request_step AS s",
}


@dataclass(slots=True)
class CountedReport(Report):
    """What a run came to, and what the API says became of messages."""

    counts: dict[str, int] = field(default_factory=dict)


class StreamFaultRun:
    """One run in ``directory``; ``happen`` is all of it, and fails where a promise was broken."""

    def __init__(
        self,
        plan: Plan,
        faults: Sequence[StreamFault],
        directory: Path,
        *,
        acknowledged_within_seconds: float | None = None,
    ) -> None:
        self.plan = plan
        self.acknowledged_within_seconds = acknowledged_within_seconds
        self.faults = faults
        self.directory = directory
        self.report = CountedReport()
        self._chance = random.Random(plan.seed)

    def happen(self) -> CountedReport:
        """Run all of it, and return what it came to. Raises AssertionError."""
        world = simulate(
            Scenario(
                requests=self.plan.requests,
                devices=self.plan.devices,
                seed=self.plan.seed,
                shuffled=True,
                doubled=_DOUBLED,
                late=_LATE,
                image_bytes=_IMAGE_BYTES,
            ),
            self.directory / "traffic.tar.gz",
        )
        postgres = Postgres(self.directory / "disk", self.plan.settings, on_own_disk=False)
        installation = StreamInstallation(self.directory, postgres, trust=world.written.trust_store)
        try:
            postgres.make()
            with used(postgres.conninfo):
                self._run(world, installation)
        finally:
            installation.close()
        return self.report

    def _run(self, world: Simulated, installation: StreamInstallation) -> None:
        database.migrate()
        dcc = add_party("DCC", PartyKind.DCC, [])
        token = create_token(dcc, TokenScope.INTAKE, created_at=datetime.now(UTC))
        by_api, straight = self._divided(world)
        self.report.say(
            f"{installation.postgres.name}; {world.totals['messages']:,} messages, handed to the"
            f" API {by_api.total:,}, put straight on the stream {straight.total:,}."
        )
        installation.start(self.acknowledged_within_seconds)
        began_at = time.monotonic()
        striking = Striking(self.plan, self.directory, self.report, [by_api, straight])
        with at_work(_all_who_hand_over(by_api, straight, installation, token, self.plan.clients)):
            strikes = [(each.kind, partial(each.strike, installation)) for each in self.faults]
            striking.strike(strikes, self._chance)
            striking.wait_until(lambda: by_api.is_done and straight.is_done, "all is acknowledged")
        acknowledged_at = time.monotonic()
        self.report.say(
            f"{striking.acknowledged:,} hand-overs acknowledged in"
            f" {acknowledged_at - began_at:,.0f} s;"
            f" {by_api.counts['repeated'] + straight.counts['repeated']:,} were tried again because"
            " they were not."
        )
        self.report.say(f"Not acknowledged, API: {told_refusals(by_api)}.")
        self.report.say(f"Not acknowledged, stream: {told_refusals(straight)}.")
        self.report.say(f"Starts: {told_starts(installation.programs)}.")
        wait_until(
            lambda: is_empty(installation), "the stream is empty", self.plan.patience_seconds
        )
        self.report.say(
            f"The stream was empty {time.monotonic() - acknowledged_at:.1f} s after the last"
            " message was acknowledged."
        )
        self._verify(world, installation, by_api, token)

    def _divided(self, world: Simulated) -> tuple[Post, Post]:
        """Return what is handed to the API and what is put straight on the stream; some is both."""
        by_api: list[Posted] = []
        straight: list[Posted] = []
        for number, envelope in enumerate(envelopes_in(world.written.traffic)):
            message = Posted(number, envelope.body)
            is_large = len(message.octets) > _LARGEST_PUBLISHED_BYTES
            is_both = self._chance.random() < _BY_BOTH_SHARE
            if is_large or is_both or number % 2:
                by_api.append(message)
            if not is_large and (is_both or not number % 2):
                straight.append(message)
        assert any(len(each.octets) > _LARGEST_PUBLISHED_BYTES for each in by_api)
        seconds = self.plan.seconds
        return Post.of(by_api, self.plan.seed, seconds), Post.of(
            straight, self.plan.seed + 1, seconds
        )

    def _verify(
        self, world: Simulated, installation: StreamInstallation, by_api: Post, token: str
    ) -> None:
        began_at = time.monotonic()
        outcomes = Counter({outcome for _, outcome in by_api.acknowledged.values()})
        assert set(outcomes) == {"accepted"}, outcomes
        assert_recorded_once(world)
        assert_is_as_without_faults(world, installation, self.plan.patience_seconds)
        assert_nothing_refused_or_left(world)
        assert_tracker_knows(world)
        self.report.say(
            "Nothing is lost and nothing is there twice; every status is what the world knows."
        )
        urls = sorted(by_api.status_urls.values())
        assert len(urls) == by_api.total
        asked = self._chance.sample(urls, min(len(urls), _ASKED_OUTCOMES))
        told = Counter(outcome_of(installation.server_port, each, token) for each in asked)
        assert set(told) <= _SETTLED, told
        self.report.counts = dict(told)
        self.report.say(f"Asked what became of {len(asked):,} of them: {dict(told)}.")
        check = firmtrack("check", "--json", env=installation.env)
        status, output, errors = ended(check)
        assert status == 0, f"firmtrack check: {output[:2_000]} {errors[-2_000:]}"
        self.report.say(f"firmtrack check: whole. Verified in {time.monotonic() - began_at:.0f} s.")


def _all_who_hand_over(
    by_api: Post, straight: Post, installation: StreamInstallation, token: str, count: int
) -> list[Client | Publisher]:
    """Return clients of the API, and one who publishes."""
    ports = [installation.server_port]
    return [
        *(Client(by_api, ports, token, f"client {number}") for number in range(count)),
        Publisher(straight, installation.cluster.url.split(",")),
    ]


def is_empty(installation: StreamInstallation) -> bool:
    """Return whether nothing is left on the stream, and nothing is with a worker."""
    try:
        return asyncio.run(_is_empty(installation.cluster.url))
    except FAILURES:
        return False


async def _is_empty(url: str) -> bool:
    async with await nats.connect(url.split(",")) as client:
        info = await client.jsm().consumer_info(STREAM, CONSUMER)
        stream = await client.jsm().stream_info(STREAM)
    return not info.num_pending and not info.num_ack_pending and not stream.state.messages


def assert_is_as_without_faults(
    world: Simulated, installation: StreamInstallation, patience_seconds: float
) -> None:
    """The same traffic, taken in by a command into a database of its own, comes to the same."""
    conninfo = installation.postgres.conninfo
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {_CONTROL}")
    url = conninfo.rpartition("/")[0] + f"/{_CONTROL}"
    env = installation.env | {"DATABASE_URL": url, "FIRMTRACK_INTAKE": "direct"}
    ingest = firmtrack("ingest", world.written.traffic, env=env)
    _, errors = ingest.communicate(timeout=patience_seconds)
    assert ingest.returncode == 0, errors[-2_000:]
    for what, statement in _COMPARED.items():
        found, expected = (_digest(where, statement) for where in (conninfo, url))
        assert found == expected, f"{what}: {found} and, without faults, {expected}"


def _digest(conninfo: str, statement: str) -> tuple[int, str]:
    """Return how many rows there are, and a digest of them whatever their order."""
    with psycopg.connect(conninfo) as connection:
        row = connection.execute(
            "SELECT count(*), sum(hashtextextended(t::text, 0)::numeric)::text"
            f" FROM ({statement}) AS t".encode()
        ).fetchone()
    assert row is not None
    return row


def assert_nothing_refused_or_left(world: Simulated) -> None:
    """Nothing is in quarantine, and all that is not about firmware was counted, at least once."""
    with database.pool().connection() as connection:
        refused = connection.execute("SELECT reason_code, count(*) FROM quarantine GROUP BY 1")
        assert refused.fetchall() == []
        row = connection.execute("SELECT coalesce(sum(count), 0) FROM ignored_count").fetchone()
        assert row is not None
        assert row[0] >= world.totals["ignored"], (row[0], world.totals["ignored"])


def outcome_of(port: int, status_url: str, token: str) -> str:
    """Return what the API says became of a message that it took."""
    told: list[str] = []

    def is_told() -> bool:
        with suppress(HTTPException, OSError):  # the server may have just been killed
            told.append(str(_asked(port, status_url, token)["outcome"]))
        return bool(told)

    wait_until(is_told, f"{status_url} tells what became of it", _CALL_SECONDS)
    return told[0]


def _asked(port: int, url: str, token: str) -> Any:
    with closing(HTTPConnection("127.0.0.1", port, timeout=_CALL_SECONDS)) as connection:
        connection.request("GET", url, headers={"Authorization": f"Bearer {token}"})
        response = connection.getresponse()
        body = response.read()
    if response.status != 200:
        raise HTTPException(f"{response.status} {body[:200]!r}")
    return json.loads(body)

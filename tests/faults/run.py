"""A fault run: traffic posted while faults happen, and what must hold when they are over."""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from django.test import Client as Browser
from django.test import override_settings

from firmtrack.accounts.kinds import PartyKind, TokenScope
from firmtrack.accounts.parties import add_party
from firmtrack.accounts.people import add_user
from firmtrack.accounts.tokens import create_token
from firmtrack.domain.topics import TOPICS
from firmtrack.intake.files import envelopes_in
from firmtrack.notices.channels import channel_named
from firmtrack.notices.endpoints import add_endpoint
from firmtrack.settings import ENVIRONMENT
from firmtrack.simulator.output import open_traffic
from firmtrack.simulator.scenario import DEFAULT_SUPPLIERS, Scenario
from firmtrack.store import database
from tests.databases import used
from tests.faults.earlier import version_beside
from tests.faults.faults import Fault
from tests.faults.installation import Installation
from tests.faults.postgres import Postgres
from tests.faults.posting import Client, Post, Posted
from tests.faults.striking import (
    Happened,
    Plan,
    Report,
    Strike,
    Striking,
    at_work,
    told_refusals,
    told_starts,
)
from tests.faults.truth import (
    all_is_told,
    assert_every_status_was_told,
    assert_nothing_acknowledged_is_lost,
    assert_recorded_once,
)
from tests.faults.watching import Watcher, longest_gap
from tests.journeys.processes import PATIENCE_SECONDS, ended, firmtrack, wait_until
from tests.oracle.simulated import Simulated, simulate
from tests.store.receiver import Receiver
from tests.store.test_simulated_traffic import assert_tracker_knows

_INGESTED_EVERY = 20
_HEADINGS = "| fault | times | longest without a look-up | longest without an acknowledgement |"
PAGE_SECONDS = 30.0
PAGES = (
    "/firmware-distribution",
    "/service-requests/{0}",
    "/service-requests/{0}.csv",
    "/devices/{1}",
    "/devices/{1}/events?service_request_id={0}",
    "/inventory/{1}",
    "/delivery-performance",
    "/delivery-performance.csv",
    "/notices",
    "/guidance",
    "/guidance/reasons",
)
CALLS = (
    "/api/v1/service-requests/{0}",
    "/api/v1/service-requests/{0}/distributions",
    "/api/v1/service-requests/{0}/distributions.csv",
    "/api/v1/devices/{1}",
    "/api/v1/devices/{1}/events",
    "/api/v1/devices/{1}/peers",
    "/api/v1/delivery-performance",
    "/api/v1/freshness",
    "/api/v1/notices",
    "/api/v1/endpoints",
)


@dataclass(slots=True)
class TimedReport(Report):
    """What a run came to, with the times of all that was answered."""

    skipped: list[str] = field(default_factory=list)
    acknowledged_at: list[float] = field(default_factory=list)
    looked_up_at: list[float] = field(default_factory=list)

    def table(self) -> Iterator[str]:
        """Yield the lines of a table in Markdown: a row for each kind of fault."""
        yield _HEADINGS
        yield "|---|---|---|---|"
        kinds: dict[str, list[Happened]] = defaultdict(list)
        for each in self.happened:
            kinds[each.kind].append(each)
        for kind, times in kinds.items():
            looked = max(longest_gap(self.looked_up_at, t.began_at, t.mended_at) for t in times)
            posted = max(longest_gap(self.acknowledged_at, t.began_at, t.mended_at) for t in times)
            yield f"| {kind} | {len(times)} | {looked:.1f} s | {posted:.1f} s |"
        for kind in self.skipped:
            yield f"| {kind} | skipped: no disk of its own could be mounted | | |"


class FaultRun:
    """One run in ``directory``; ``happen`` is all of it, and fails where a promise was broken."""

    def __init__(self, plan: Plan, faults: Sequence[Fault], directory: Path) -> None:
        self.plan = plan
        self.faults = faults
        self.directory = directory
        self.report = TimedReport()
        self._chance = random.Random(plan.seed)

    def happen(self) -> TimedReport:
        """Run all of it, and return what it came to. Raises AssertionError."""
        world = self._simulated()
        beside_place = self.directory / "beside"
        beside_place.mkdir()
        beside = version_beside(beside_place)
        self.report.say(f"Side by side: {beside.told}.")
        postgres = Postgres(
            self.directory / "disk",
            self.plan.settings,
            on_own_disk=any(fault.needs_own_disk for fault in self.faults),
        )
        installation = Installation(
            self.directory, postgres, beside.environment, trust=world.written.trust_store
        )
        try:
            postgres.make()
            with Receiver() as receiver, used(postgres.conninfo):
                self._run(world, installation, receiver)
        finally:
            installation.close()
        return self.report

    def _simulated(self) -> Simulated:
        scenario = Scenario(
            requests=self.plan.requests,
            devices=self.plan.devices,
            seed=self.plan.seed,
            shuffled=True,
            doubled=0.02,
            late=0.05,
            image_bytes=2_048,
        )
        return simulate(scenario, self.directory / "traffic.tar.gz")

    def _run(self, world: Simulated, installation: Installation, receiver: Receiver) -> None:
        database.migrate()
        tokens = _people(receiver)
        messages = [
            Posted(number, envelope.body)
            for number, envelope in enumerate(envelopes_in(world.written.traffic))
        ]
        self.report.say(f"{installation.postgres.name}; {len(messages):,} messages.")
        installation.take_in(self._some_of(messages))
        installation.start()
        began_at = time.monotonic()
        post = Post.of(messages, self.plan.seed, self.plan.seconds)
        with (
            at_work(self._clients(post, installation, tokens.intake)),
            _watching(installation, tokens, world) as watcher,
        ):
            striking = Striking(self.plan, self.directory, self.report, [post])
            striking.strike(self._strikes(installation), self._chance)
            striking.wait_until(lambda: post.is_done, "all is acknowledged")
            acknowledged_at = time.monotonic()
            striking.wait_until(_is_ingested(installation), "the ingest is complete")
            _look_at_every_page(installation.server_port, world, tokens)
            _look_at_every_page(installation.beside_port, world, tokens)
            paged_at = time.monotonic()
        self.report.looked_up_at = watcher.answered_at
        self.report.acknowledged_at = sorted(post.acknowledged_at)
        self._tell(post, watcher, installation, acknowledged_at - began_at)
        self.report.say(
            f"Every page answered within {paged_at - acknowledged_at:.1f} s of the end."
        )
        self._verify(world, installation, receiver, post)

    def _some_of(self, messages: Sequence[Posted]) -> Path:
        """Return an archive of every twentieth message, to be taken in by a command as well."""
        archive = self.directory / "ingest.tar.gz"
        with open_traffic(archive) as write:
            for one in messages[::_INGESTED_EVERY]:
                write(f"{one.number:08d}", one.octets)
        return archive

    def _strikes(self, installation: Installation) -> list[tuple[str, Strike]]:
        """Return the faults that can happen here, and note the others."""
        has_own_disk = installation.postgres.has_own_disk
        can_be = [each for each in self.faults if has_own_disk or not each.needs_own_disk]
        self.report.skipped = [each.kind for each in self.faults if each not in can_be]
        return [(each.kind, partial(each.strike, installation)) for each in can_be]

    def _clients(self, post: Post, installation: Installation, token: str) -> list[Client]:
        """Return clients that post, most of them to the server behind the proxy."""
        ports = [installation.to_server.port, installation.to_server.port, installation.beside_port]
        return [
            Client(post, ports, token, f"client {number}") for number in range(self.plan.clients)
        ]

    def _tell(
        self, post: Post, watcher: Watcher, installation: Installation, seconds: float
    ) -> None:
        outcomes = Counter(outcome for _, outcome in post.acknowledged.values())
        self.report.say(
            f"{len(post.acknowledged):,} messages acknowledged in {seconds:,.0f} s:"
            f" {', '.join(f'{count:,} {name}' for name, count in sorted(outcomes.items()))};"
            f" {post.counts['repeated']:,} posted again because they were not acknowledged."
        )
        self.report.say(f"Calls not answered for: {told_refusals(post)}.")
        self.report.say(
            f"Starts: {told_starts(installation.programs)}."
            f" Look-ups: {len(watcher.answered_at):,} answered, {watcher.failures:,} not."
        )
        for line in self.report.table():
            self.report.say(line)

    def _verify(
        self, world: Simulated, installation: Installation, receiver: Receiver, post: Post
    ) -> None:
        began_at = time.monotonic()
        assert_nothing_acknowledged_is_lost(post)
        assert_recorded_once(world)
        assert_tracker_knows(world)
        self.report.say("Nothing acknowledged is lost; every status is what the world knows.")
        wait_until(all_is_told, "every notice is delivered", self.plan.patience_seconds)
        told = assert_every_status_was_told(world, receiver)
        self.report.say(
            f"{len(receiver.taken):,} notices received, {sum(receiver.acknowledged.values()):,}"
            f" with repeats; {told:,} final statuses told, and none left out."
        )
        check = firmtrack("check", "--json", env=installation.direct_env)
        status, output, errors = ended(check)
        assert status == 0, f"firmtrack check: {output[:2_000]} {errors[-2_000:]}"
        self.report.say(f"firmtrack check: whole. Verified in {time.monotonic() - began_at:.0f} s.")


@dataclass(frozen=True, slots=True)
class Tokens:
    """How the run calls: DCC's tokens, and the cookie of somebody who has signed in."""

    intake: str
    read: str
    cookie: str


def _people(receiver: Receiver) -> Tokens:
    """Add DCC, and a supplier with all User IDs who is told of everything."""
    now = datetime.now(UTC)
    dcc = add_party("DCC", PartyKind.DCC, [])
    alpha = add_party("Alpha Energy", PartyKind.LARGE_SUPPLIER, list(DEFAULT_SUPPLIERS))
    with override_settings(ENVIRONMENT=replace(ENVIRONMENT, notice_private_addresses=True)):
        topics = [topic.name for topic in TOPICS]
        add_endpoint(alpha, channel_named("webhook"), receiver.url, topics)
    browser = Browser()
    browser.force_login(add_user("ada@alpha.example", alpha, "a password for the fault run"))
    return Tokens(
        intake=create_token(dcc, TokenScope.INTAKE, created_at=now),
        read=create_token(dcc, TokenScope.READ, created_at=now),
        cookie="; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items()),
    )


@contextmanager
def _watching(installation: Installation, tokens: Tokens, world: Simulated) -> Iterator[Watcher]:
    device_id = world.of_kind("distribution")[0]["device_id"]
    watcher = Watcher(installation.to_server.port, f"/api/v1/devices/{device_id}", tokens.read)
    watcher.start()
    try:
        yield watcher
    finally:
        watcher.stop()
        watcher.join(PATIENCE_SECONDS)


def _is_ingested(installation: Installation) -> Callable[[], bool]:
    def is_so() -> bool:
        assert installation.ingest is not None
        return installation.ingest.is_done

    return is_so


def _look_at_every_page(port: int, world: Simulated, tokens: Tokens) -> None:
    """Fail unless each page and each look-up of the API answers 200, within seconds."""
    line = world.of_kind("distribution")[0]
    names = line["service_request_id"], line["device_id"]
    asked: list[tuple[str, dict[str, str]]] = [("/sign-in", {})]
    asked += [(path.format(*names), {"Cookie": tokens.cookie}) for path in PAGES]
    asked += [(path.format(*names), {"Authorization": f"Bearer {tokens.read}"}) for path in CALLS]
    for path, headers in asked:
        deadline = time.monotonic() + PAGE_SECONDS
        while (said := _answer(port, path, headers)) != "200":
            assert time.monotonic() < deadline, f"{path} answers {said}, not 200"
            time.sleep(0.1)  # what is waited for happens in another process


def _answer(port: int, path: str, headers: dict[str, str]) -> str:
    """Return the status that is answered, and what else there is to say if it is not 200."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=PAGE_SECONDS)) as connection:
        try:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            body = response.read()
        except (HTTPException, OSError) as error:
            return repr(error)
        return "200" if response.status == 200 else f"{response.status} {body[:200]!r}"

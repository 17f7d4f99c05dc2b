"""The portal while its database is away, and when it is back: a real server, really gone."""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple
from uuid import UUID

import psutil
import pytest
from django.test import Client

from firmtrack.accounts.kinds import PartyKind, TokenScope
from firmtrack.accounts.models import User
from firmtrack.accounts.parties import add_party, party_named
from firmtrack.accounts.tokens import create_token
from firmtrack.store.database import pool
from tests.databases import used
from tests.journeys import own_postgres
from tests.journeys.addresses import CALLS, PAGES
from tests.journeys.own_postgres import Line, OwnPostgres, conninfo_at
from tests.journeys.processes import ended, firmtrack, free_port, listens, on, wait_until
from tests.journeys.test_crashes import stage_report

# What waits for a database that never answers, waits far longer.
_ANSWER_SECONDS = 20.0
_CLIENTS = 12


class Answer(NamedTuple):
    """What came back for an address."""

    address: str
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Portal:
    """A portal that runs, somebody who is signed in there, and tokens."""

    port: int
    session: str
    reading: str
    posting: str

    def get(self, address: str) -> Answer:
        if address.startswith("/api/"):
            return self._asked("GET", address, {"Authorization": f"Bearer {self.reading}"})
        return self._asked("GET", address, {"Cookie": f"sessionid={self.session}"})

    def get_all(self, addresses: Sequence[str]) -> list[Answer]:
        with ThreadPoolExecutor(_CLIENTS) as clients:
            return list(clients.map(self.get, addresses))

    def post(self, number: int) -> Answer:
        headers = {"Authorization": f"Bearer {self.posting}", "Content-Type": "application/json"}
        return self._asked("POST", "/api/v1/messages", headers, stage_report(number))

    def _asked(
        self, method: str, address: str, headers: dict[str, str], body: bytes | None = None
    ) -> Answer:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=_ANSWER_SECONDS)) as connection:
            connection.request(method, address, body, headers)
            answer = connection.getresponse()
            said = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(address, answer.status, said, answer.read())

    def is_well(self) -> bool:
        """Return whether all of several calls are answered, whichever process has them."""
        return {answer.status for answer in self.get_all(["/api/v1/freshness"] * 16)} == {200}


@dataclass(slots=True)
class Posting:
    """Somebody who goes on posting, and keeps what was acknowledged."""

    portal: Portal
    acknowledged: list[UUID] = field(default_factory=list)
    refused: list[Answer] = field(default_factory=list)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        is_over = Event()
        thread = Thread(target=self._post, args=(is_over,))
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()

    def _post(self, is_over: Event) -> None:
        number = 0
        while not is_over.is_set():
            answer = self.portal.post(number)
            if answer.status == 200:
                self.acknowledged.append(UUID(json.loads(answer.body)["message_id"]))
            else:
                self.refused.append(answer)
            number += 1


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnPostgres]:
    directory = tmp_path_factory.mktemp("own") / "postgresql"
    with own_postgres.migrated(directory, has_world=True) as server:
        yield server


@pytest.fixture(scope="module")
def line(server: OwnPostgres) -> Iterator[Line]:
    line = Line(server.port)
    with line.open():
        yield line


@pytest.fixture(scope="module")
def portal(
    server: OwnPostgres, line: Line, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    with used(conninfo_at(server.port)):
        client = Client()
        ada = User.objects.get(email="ada@alpha.example")
        client.force_login(ada)
        dcc, now = add_party("A DCC system", PartyKind.DCC, []), datetime.now(UTC)
        reading = create_token(party_named("Alpha Energy"), TokenScope.READ, created_at=now)
        posting = create_token(dcc, TokenScope.INTAKE, created_at=now)
        session = client.cookies["sessionid"].value
    port = free_port()
    env = on(conninfo_at(line.port), tmp_path_factory.mktemp("portal"))
    process = firmtrack("serve", "--port", port, "--workers", 2, env=env)
    try:
        wait_until(lambda: listens(port), "the portal answers")
        yield Portal(port, session, reading, posting)
    finally:
        process.terminate()
        status, _, errors = ended(process)
        print(errors)  # of a test that fails
        assert status == 0


@pytest.mark.parametrize(
    ("leave", "come_back"),
    [
        (lambda server, _: server.stop(), lambda server, _: server.start()),
        (lambda server, _: server.freeze(), lambda server, _: server.thaw()),
        (lambda _, line: line.swallow(), lambda _, line: line.carry()),
    ],
    ids=["stopped", "frozen", "cut off"],
)
def test_without_its_database_a_portal_says_so_and_with_it_all_is_as_before(
    server: OwnPostgres,
    line: Line,
    portal: Portal,
    leave: Callable[[OwnPostgres, Line], None],
    come_back: Callable[[OwnPostgres, Line], None],
) -> None:
    wait_until(portal.is_well, "the portal is well")
    before = {answer.address: answer.status for answer in portal.get_all(PAGES + CALLS)}
    assert set(before.values()) == {200}
    posting = Posting(portal)
    with posting.going_on():
        wait_until(lambda: len(posting.acknowledged) > 10, "messages are taken in")
        leave(server, line)
        try:
            found = portal.get_all((*PAGES, *CALLS) * 2)
            wait_until(lambda: len(posting.refused) > 2, "messages are refused")
        finally:
            come_back(server, line)
        wait_until(portal.is_well, "the portal is well again")
        after = portal.get_all((*PAGES, *CALLS) * 3)
        taken = len(posting.acknowledged)
        wait_until(lambda: len(posting.acknowledged) > taken, "messages are taken in again")

    assert {answer.status for answer in found} == {503}
    for answer in (*found, *posting.refused):
        assert_says_that_the_database_is_away(answer)
    assert {answer.address for answer in after if answer.status != 200} == set()
    with used(conninfo_at(server.port)), pool().connection() as connection:
        kept = {row[0] for row in connection.execute("SELECT message_id FROM message")}
    assert set(posting.acknowledged) <= kept


def assert_says_that_the_database_is_away(answer: Answer) -> None:
    assert answer.status == 503, answer
    assert answer.headers["retry-after"] == "2"
    if answer.address.startswith("/api/"):
        assert answer.headers["content-type"] == "application/problem+json"
        assert json.loads(answer.body)["code"] == "database_away"
    else:
        assert "not available for the moment" in answer.body.decode()


def test_a_database_that_was_started_anew_leaves_no_page_with_a_connection_from_before(
    server: OwnPostgres, portal: Portal
) -> None:
    seen = set[int]()

    def are_all_shown() -> bool:
        statuses = {answer.status for answer in portal.get_all(PAGES * 6)}
        seen.update(statuses)
        return statuses == {200}

    for _ in range(3):
        wait_until(portal.is_well, "the portal is well")
        portal.get_all(PAGES * 3)  # so that many threads have a connection
        server.stop()
        server.start()
        wait_until(are_all_shown, "every page is shown again")
    assert seen <= {200, 503}  # on a busy machine one may be told to ask again, and nothing fails


def test_what_needs_no_database_is_answered_without_it(server: OwnPostgres, portal: Portal) -> None:
    server.stop()
    try:
        wait_until(lambda: portal.get("/guidance").status == 503, "the database has gone")
        with closing(HTTPConnection("127.0.0.1", portal.port, timeout=_ANSWER_SECONDS)) as visitor:
            visitor.request("GET", "/api/v1/openapi.json")
            assert visitor.getresponse().status == 200
    finally:
        server.start()


def test_processes_that_are_killed_without_a_database_are_followed_by_others(
    server: OwnPostgres, line: Line, portal: Portal, tmp_path: Path
) -> None:
    port = free_port()
    there = replace(portal, port=port)
    process = firmtrack(
        "serve", "--port", port, "--workers", 1, env=on(conninfo_at(line.port), tmp_path)
    )
    try:
        wait_until(lambda: listens(port), "the portal answers")
        server.stop()
        try:
            for _ in range(4):
                (worker,) = psutil.Process(process.pid).children()
                worker.kill()
                wait_until(partial(_another_works, process.pid, worker.pid), "another follows")
            wait_until(lambda: _status_at(there) == 503, "it answers")
        finally:
            server.start()
        wait_until(lambda: _status_at(there) == 200, "it is well again")
    finally:
        process.terminate()
        status, _, errors = ended(process)
        print(errors)  # of a test that fails
        assert status == 0


def _another_works(parent: int, killed: int) -> bool:
    found = [each for each in psutil.Process(parent).children() if each.pid != killed]
    return any(each.status() != psutil.STATUS_ZOMBIE for each in found)


def _status_at(portal: Portal) -> int:
    try:
        return portal.get("/guidance").status
    except (HTTPException, OSError):
        return 0


def test_a_server_that_is_started_without_its_database_says_so_in_one_line_and_ends(
    tmp_path: Path,
) -> None:
    nobody = conninfo_at(free_port())
    process = firmtrack("serve", "--port", free_port(), env=on(nobody, tmp_path))
    status, _, errors = ended(process)
    assert status == 1
    assert errors.startswith("firmtrack: the database cannot be reached: ")
    assert len(errors.splitlines()) == 1

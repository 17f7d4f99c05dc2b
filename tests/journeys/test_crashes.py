"""Killed in the middle: nothing acknowledged is lost, nothing is half-done, and to go on works."""

import json
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
import psycopg
import pytest

from firmtrack.accounts.kinds import PartyKind, TokenScope
from firmtrack.accounts.parties import add_party
from firmtrack.accounts.tokens import create_token
from firmtrack.store.consistency import disagreements
from firmtrack.store.database import pool
from firmtrack.store.embedded import EmbeddedPostgres
from tests.databases import used
from tests.examples import first_of
from tests.journeys.processes import (
    PATIENCE_SECONDS,
    ended,
    environment,
    firmtrack,
    free_port,
    listens,
    on,
    wait_until,
)
from tests.oracle.simulated import Simulated
from tests.store.test_simulated_traffic import assert_tracker_knows, simulated

_IN_AN_OPEN_TRANSACTION = """
SELECT pid
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
  AND backend_type = 'client backend' AND backend_xid IS NOT NULL
  AND wait_event = 'ClientRead' AND EXISTS (SELECT FROM message)
"""
"""Once some were recorded: where a transaction that wrote more waits for its client to go on."""

_IS_AT_REST = """
SELECT NOT EXISTS (
    SELECT
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
      AND backend_type = 'client backend' AND wait_event IS DISTINCT FROM 'ClientRead'
)
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    return simulated(tmp_path_factory.mktemp("traffic"), is_shuffled=True)


def recorded() -> int:
    with pool().connection() as connection:
        row = connection.execute("SELECT count(*) FROM message").fetchone()
    assert row is not None
    return int(row[0])


def descendants(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def assert_gone(processes: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(processes, timeout=PATIENCE_SECONDS)
    assert alive == []


@pytest.mark.parametrize("kills", first_of([2, 6]))
def test_an_ingest_that_is_killed_again_and_again_is_completed_by_the_next(
    database: str, world: Simulated, tmp_path: Path, kills: int
) -> None:
    chance = random.Random(7)
    env = on(database, tmp_path)
    total = world.totals["recorded"]
    for _ in range(kills):
        before = recorded()
        goal = before + chance.randrange(1, max(2, (total - before) // 2))
        ingest = firmtrack("ingest", world.written.traffic, env=env)
        wait_until(lambda goal=goal: recorded() >= goal, "some were recorded")  # type: ignore[misc]  # a lambda that holds its own goal
        readers = descendants(ingest)
        assert len(readers) >= 2
        time.sleep(chance.random() / 20)
        ingest.kill()
        ended(ingest)
        assert_gone(readers)
        assert disagreements() == []

    kept = recorded()
    status, output, _ = ended(firmtrack("ingest", world.written.traffic, "--json", env=env))

    assert status == 0
    tally = json.loads(output)
    assert (tally["recorded"], tally["duplicate"]) == (total - kept, kept)
    assert 0 < kept < total
    assert_tracker_knows(world)
    assert disagreements() == []


def test_an_ingest_whose_reader_is_killed_says_so(
    database: str, world: Simulated, tmp_path: Path
) -> None:
    ingest = firmtrack("ingest", world.written.traffic, env=on(database, tmp_path))
    wait_until(lambda: recorded() > 0, "some were recorded")
    family = descendants(ingest)
    readers = [reader for reader in family if "spawn_main" in " ".join(reader.cmdline())]
    readers[0].kill()

    status, _, errors = ended(ingest)

    assert status == 1
    assert errors.startswith("firmtrack: A process that reads messages was killed.")
    assert len(errors.splitlines()) == 1
    assert_gone(family)
    assert disagreements() == []


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[tuple[EmbeddedPostgres, dict[str, str]]]:
    """A data directory of the test's own, with its server running, and the settings for it."""
    env = environment(FIRMTRACK_DATA_DIR=tmp_path / "data")
    status, _, errors = ended(firmtrack("check", env=env))
    assert status == 0, errors
    with EmbeddedPostgres(tmp_path / "data" / "postgresql") as server:
        yield server, env


def test_an_ingest_whose_database_is_killed_says_so_and_is_completed_by_the_next(
    embedded: tuple[EmbeddedPostgres, dict[str, str]], world: Simulated
) -> None:
    server, env = embedded
    postmaster = (server.directory / "data" / "postmaster.pid").read_text().split("\n", 1)[0]
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        ingest = firmtrack("ingest", world.written.traffic, env=env)

        # In the middle of a transaction: between two an ingest goes on with a server that is back.
        backends: list[psutil.Process] = []

        def stands_still() -> bool:
            backends[:] = _frozen_in_a_transaction(psutil.Process(ingest.pid), connection)
            return bool(backends)

        wait_until(stands_still, "the ingest stood still in a transaction")
        family = descendants(ingest)
        os.kill(int(postmaster), signal.SIGKILL)
        for backend in backends:
            backend.kill()
        ingest.send_signal(signal.SIGCONT)

    status, _, errors = ended(ingest)

    assert status == 1
    assert "firmtrack: the database cannot be reached" in errors
    assert "Traceback" not in errors
    assert_gone([each for each in family if "spawn" in " ".join(_command_of(each))])
    wait_until(lambda: _answers(server), "the server was back")
    status, output, errors = ended(firmtrack("ingest", world.written.traffic, "--json", env=env))
    assert status == 0, errors
    assert json.loads(output)["duplicate"] > 0
    status, output, _ = ended(firmtrack("check", "--json", env=env))
    assert (status, json.loads(output)["is_whole"]) == (0, True)
    with used(server.conninfo()):
        assert_tracker_knows(world)


def _frozen_in_a_transaction(
    ingest: psutil.Process, connection: psycopg.Connection[Any]
) -> list[psutil.Process]:
    """Stop an ingest where it is, and the server's processes of its transactions that wrote.

    Those are stopped too, since a COMMIT may be on its way that a busy server has not read: it
    would be carried out, and the ingest would be between two transactions. The ingest goes on if
    it was in none.
    """
    _stop(ingest)
    wait_until(
        lambda: connection.execute(_IS_AT_REST).fetchone() == (True,), "its statements ended"
    )
    backends = [psutil.Process(pid) for (pid,) in connection.execute(_IN_AN_OPEN_TRANSACTION)]
    for backend in backends:
        _stop(backend)
    still = {pid for (pid,) in connection.execute(_IN_AN_OPEN_TRANSACTION)}
    if backends and still == {backend.pid for backend in backends}:
        return backends
    for each in (*backends, ingest):
        each.resume()
    return []


def _stop(process: psutil.Process) -> None:
    process.suspend()
    wait_until(lambda: process.status() == psutil.STATUS_STOPPED, "the process stood still")


def _command_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def _answers(server: EmbeddedPostgres) -> bool:
    try:
        psycopg.connect(server.conninfo()).close()
    except psycopg.OperationalError:
        return False
    return True


def stage_report(number: int) -> bytes:
    return json.dumps(
        {
            "specversion": "1.0",
            "type": "firmtrack.stage-report.v1",
            "source": "/dsp",
            "id": str(number),
            "data": {
                "service_request_id": (
                    f"90-B3-D5-1F-30-01-00-00:90-B3-D5-1F-30-00-00-02:{number % 7}"
                ),
                "device_ids": [f"00-DB-00-00-00-00-{n // 256:02X}-{n % 256:02X}" for n in
                               range(number % 50, number % 50 + 20)],
                "status": "delivered_to_comms_hub",
                "occurred_at": "2026-03-01T09:30:00Z",
            },
        }
    ).encode()  # fmt: skip


class Poster(threading.Thread):
    """Posts one report after the other until the server is gone; keeps what was acknowledged."""

    def __init__(self, port: int, token: str, first: int) -> None:
        super().__init__()
        self._port, self._token, self._first = port, token, first
        self.acknowledged: list[UUID] = []

    def run(self) -> None:
        with closing(
            HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_SECONDS)
        ) as connection:
            self._post(connection)

    def _post(self, connection: HTTPConnection) -> None:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        for number in range(self._first, self._first + 1_000_000):
            try:
                connection.request("POST", "/api/v1/messages", stage_report(number), headers)
                answer: dict[str, Any] = json.load(connection.getresponse())
            except (HTTPException, OSError, json.JSONDecodeError):
                return
            self.acknowledged.append(UUID(answer["message_id"]))


def test_a_server_that_is_killed_has_kept_what_it_acknowledged(
    database: str, tmp_path: Path
) -> None:
    dcc = add_party("DCC", PartyKind.DCC, [])
    token = create_token(dcc, TokenScope.INTAKE, created_at=datetime.now(UTC))
    port = free_port()
    server = firmtrack("serve", "--port", port, "--workers", 2, env=on(database, tmp_path))
    try:
        wait_until(lambda: listens(port), "the server listens")
        posters = [Poster(port, token, writer * 1_000_000) for writer in range(4)]
        for poster in posters:
            poster.start()
        wait_until(lambda: recorded() > 200, "some were recorded")
        processes = descendants(server)
        assert len(processes) >= 2
    finally:
        family = [psutil.Process(server.pid), *descendants(server)]
        for process in family:
            process.kill()
    for poster in posters:
        poster.join(timeout=PATIENCE_SECONDS)
    ended(server)

    acknowledged = {message_id for poster in posters for message_id in poster.acknowledged}
    with pool().connection() as connection:
        kept = {row[0] for row in connection.execute("SELECT message_id FROM message")}
    assert len(acknowledged) > 150
    assert acknowledged <= kept
    assert disagreements() == []


def test_a_portal_whose_workers_are_killed_again_and_again_goes_on(
    database: str, tmp_path: Path
) -> None:
    port = free_port()
    server = firmtrack("serve", "--port", port, "--workers", 2, env=on(database, tmp_path))
    try:
        wait_until(lambda: listens(port), "the server listens")
        for _ in range(3):
            killed = _workers(server)
            for worker in killed:
                worker.kill()
            psutil.wait_procs(killed)
            wait_until(lambda: len(_workers(server)) == 2, "others took their places")
        wait_until(lambda: listens(port), "the server listens again")
        assert server.poll() is None
    finally:
        server.terminate()
        assert ended(server)[0] == 0


def test_a_portal_whose_first_process_is_killed_ends_all_of_it(
    database: str, tmp_path: Path
) -> None:
    port = free_port()
    server = firmtrack("serve", "--port", port, "--workers", 2, env=on(database, tmp_path))
    wait_until(lambda: listens(port), "the server listens")
    workers = _workers(server)
    server.kill()
    ended(server)
    assert len(workers) == 2
    assert_gone(workers)


def _workers(server: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return the processes that answer: the children of the server that are one with it."""
    return [child for child in psutil.Process(server.pid).children() if _is_alive(child)]


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False

"""Through PgBouncer in transaction mode all goes on as ever, and nothing stays in a session."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

import httpx
import psycopg
import pytest
from django.test import Client

from firmtrack.accounts.kinds import TokenScope
from firmtrack.accounts.parties import party_named
from firmtrack.accounts.tokens import create_token
from firmtrack.domain.viewer import Viewer
from firmtrack.intake.files import envelopes_in
from firmtrack.intake.ingest import ingest
from firmtrack.intake.receive import Submitter
from firmtrack.notices.dispatcher import dispatch_once
from firmtrack.simulator.scenario import Scenario
from firmtrack.store import database
from firmtrack.store.consistency import disagreements
from firmtrack.store.database import pool
from firmtrack.store.ledger.recording import record
from firmtrack.store.reports import performance
from firmtrack.upkeep import Upkeep
from tests.databases import used
from tests.journeys import own_postgres
from tests.journeys.addresses import CALLS, PAGES
from tests.journeys.own_postgres import OwnPostgres, running
from tests.journeys.processes import (
    called,
    ended,
    firmtrack,
    free_port,
    listens,
    on,
    wait_until,
)
from tests.looking import find_device
from tests.oracle.simulated import Simulated, simulate
from tests.pages import world
from tests.pages.world import PASSWORD, VERIFIED
from tests.pooler import conninfo_at, pooled
from tests.store.test_ledger import batches_of, standing, traffic
from tests.store.test_simulated_traffic import assert_tracker_knows

# What a pooler gives each of its own connections, whoever had the session before.
_KEPT_APART = {
    "application_name",
    "client_encoding",
    "DateStyle",
    "TimeZone",
    "standard_conforming_strings",
}
# Whoever inserts holds this lock until it commits.
_ARE_RECORDED = """
SELECT FROM pg_locks WHERE relation = 'recorded_event'::regclass AND mode = 'RowExclusiveLock'
"""
_OF_EACH_TRANSACTION = {"transaction_isolation"}  # set anew by each that begins


@pytest.fixture
def server(tmp_path: Path) -> Iterator[OwnPostgres]:
    with running(tmp_path / "postgresql") as server:
        yield server


@pytest.fixture
def migrated(server: OwnPostgres) -> OwnPostgres:
    with used(own_postgres.conninfo_at(server.port)):
        database.migrate()
    return server


def assert_nothing_stays(port: int) -> None:
    """Hold that the session that is lent next has nothing of whoever had it before."""
    with psycopg.connect(conninfo_at(port), autocommit=True, prepare_threshold=None) as next_one:
        changed = next_one.execute("SELECT name FROM pg_settings WHERE source = 'session'")
        assert {name for (name,) in changed} <= _KEPT_APART | _OF_EACH_TRANSACTION
        for left in (
            "SELECT FROM pg_prepared_statements",
            "SELECT FROM pg_cursors WHERE is_holdable",
            "SELECT FROM pg_class WHERE relpersistence = 't'",
            "SELECT pg_listening_channels()",
            "SELECT FROM pg_locks WHERE locktype = 'advisory'",
        ):
            assert next_one.execute(left.encode()).rowcount == 0, left


def test_all_that_is_done_on_one_session_leaves_nothing_in_it(
    migrated: OwnPostgres, tmp_path: Path
) -> None:
    simulated = simulate(Scenario(requests=4, devices=40, seed=3), tmp_path / "traffic.tar.gz")
    with pooled(migrated.port, sessions=1) as port, used(conninfo_at(port)):
        world.people()
        world.tell()
        ingest(envelopes_in(simulated.written.traffic), Submitter.operator())
        performance.refresh()
        client = Client()
        signed_in = client.post(
            "/sign-in", {"username": "ada@alpha.example", "password": PASSWORD}, follow=True
        )
        assert signed_in.status_code == 200
        token = create_token(
            party_named("Alpha Energy"), TokenScope.READ, created_at=datetime.now(UTC)
        )
        for page in PAGES:
            answer = client.get(page)
            assert answer.status_code == 200, page
            assert b"".join(answer) if answer.streaming else answer.content
        for call in CALLS:
            answer = client.get(call, headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == 200, call
            assert b"".join(answer) if answer.streaming else answer.content
        for _ in range(12):  # more often than a statement that would be prepared
            assert find_device(Viewer.of_dcc("the test"), VERIFIED) is not None
        upkeep = Upkeep(look_seconds=0.05)
        upkeep.start()
        wait_until(_is_all_counted, "all is counted")
        upkeep.stop()
        dispatch_once(may_be_private=False)
        assert disagreements() == []

        assert_nothing_stays(port)


def _is_all_counted() -> bool:
    with pool().connection() as connection:
        return connection.execute("SELECT FROM standing_due").rowcount == 0


def test_more_writers_than_sessions_agree_with_one_alone(
    migrated: OwnPostgres, tmp_path: Path
) -> None:
    messages, writers = traffic(5), range(6)
    other_one = own_postgres.migrated(tmp_path / "other")
    with other_one as other, used(own_postgres.conninfo_at(other.port)):
        for writer in writers:
            for batch in batches_of(messages, writer):
                record(batch)
        expected = standing()

    with pooled(migrated.port, sessions=3) as port, used(conninfo_at(port)):

        def write(writer: int) -> int:
            receipts = [record(batch) for batch in batches_of(messages, writer)]
            return sum(sum(receipt.is_new) for receipt in receipts)

        with ThreadPoolExecutor(len(writers)) as threads:
            new = list(threads.map(write, writers))
        assert sum(new) == len(messages)
        assert disagreements() == []
        assert standing() == expected
        assert_nothing_stays(port)


def test_commands_and_a_portal_share_fewer_sessions_than_they_have_connections(
    server: OwnPostgres, tmp_path: Path
) -> None:
    scenario = Scenario(requests=6, devices=120, seed=11, shuffled=True)
    simulated = simulate(scenario, tmp_path / "traffic.tar.gz")
    with pooled(server.port, sessions=5) as port:
        env = on(conninfo_at(port), tmp_path)
        assert called("migrate", env=env).returncode == 0
        assert "answers through a pooler" in called("doctor", "--json", env=env).stdout
        _ingest_twice_killed_once(simulated, env, server)
        rehearsed = called("prune", "--dry-run", env=env)
        assert rehearsed.returncode == 0, rehearsed.stderr
        with used(conninfo_at(port)):
            world.people()
            assert_tracker_knows(simulated)
            assert disagreements() == []
            dcc = create_token(party_named("DCC"), TokenScope.READ, created_at=datetime.now(UTC))
        web = free_port()
        dispatching = firmtrack("dispatch", env=env)
        serving = firmtrack("serve", "--port", web, "--workers", 2, env=env)
        try:
            wait_until(lambda: listens(web), "the portal answers")
            _look_around(web, dcc, simulated)
            _is_counted(web, dcc)
        finally:
            for process in (serving, dispatching):
                process.terminate()
            for process in (serving, dispatching):
                status, _, errors = ended(process)
                assert status == 0, errors
                assert "Traceback" not in errors
        assert_nothing_stays(port)


def _ingest_twice_killed_once(
    simulated: Simulated, env: dict[str, str], server: OwnPostgres
) -> None:
    """Take the traffic in: by one that is killed with all its children, then by another."""
    path = simulated.written.traffic
    with psycopg.connect(own_postgres.conninfo_at(server.port), autocommit=True) as beside:
        killed = firmtrack("ingest", path, "--json", env=env, has_own_session=True)
        wait_until(lambda: beside.execute(_ARE_RECORDED).rowcount > 0, "events are being recorded")
        os.killpg(killed.pid, signal.SIGKILL)
    ended(killed)
    status, output, errors = ended(firmtrack("ingest", path, "--json", env=env))
    assert status == 0, output + errors


def _look_around(port: int, token: str, simulated: Simulated) -> None:
    address = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=address, follow_redirects=True, timeout=60) as visitor:
        form = visitor.get("/sign-in")
        csrf = form.text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        visitor.post(
            "/sign-in",
            data={
                "username": "olga@dcc.example",
                "password": PASSWORD,
                "csrfmiddlewaretoken": csrf,
            },
            headers={"Referer": f"{address}/sign-in"},
        )
        request_id = simulated.of_kind("request")[0]["service_request_id"]
        device_id = simulated.of_kind("device")[0]["device_id"]
        for _ in range(8):
            for page in (f"/service-requests/{request_id}", f"/devices/{device_id}", "/guidance"):
                found = visitor.get(page)
                assert found.status_code == 200
                assert "Sign out" in found.text
            called_up = visitor.get(
                f"/api/v1/devices/{device_id}", headers={"Authorization": f"Bearer {token}"}
            )
            assert called_up.status_code == 200, called_up.text


def _is_counted(port: int, token: str) -> None:
    """Wait until the portal has counted by itself what the commands recorded."""

    def is_counted() -> bool:
        with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
            connection.request(
                "GET", "/api/v1/delivery-performance", headers={"Authorization": f"Bearer {token}"}
            )
            found = connection.getresponse().read()
        return b'"waiting":0' in found and b'"counted_at":null' not in found

    wait_until(is_counted, "delivery performance is counted")

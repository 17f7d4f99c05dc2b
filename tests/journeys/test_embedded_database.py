"""The portal on its embedded database, while that is killed or out of room, without a new start."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from uuid import UUID

import pytest

from firmtrack.accounts.kinds import PartyKind, TokenScope
from firmtrack.accounts.parties import add_party
from firmtrack.accounts.tokens import create_token
from firmtrack.store.database import pool
from firmtrack.store.embedded import EmbeddedPostgres
from tests.databases import used
from tests.journeys.processes import (
    ended,
    environment,
    firmtrack,
    free_port,
    listens,
    wait_until,
)
from tests.journeys.test_crashes import stage_report
from tests.store.server_processes import postmaster_of, supervisor_of

_DISK_BYTES = 320 << 20
_ANSWER_SECONDS = 30.0


class Portal:
    """A portal on its embedded database, and who posts there."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._token = token
        self._number = 0
        self.acknowledged: set[UUID] = set()

    def post(self) -> int:
        """Post another message; return the status, 0 if there is no answer."""
        self._number += 1
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        with closing(
            HTTPConnection("127.0.0.1", self._port, timeout=_ANSWER_SECONDS)
        ) as connection:
            try:
                body = stage_report(self._number)
                connection.request("POST", "/api/v1/messages", body, headers)
                answer = connection.getresponse()
                said = json.load(answer)
            except (HTTPException, OSError):
                return 0
        if answer.status == 200:
            self.acknowledged.add(UUID(said["message_id"]))
        else:
            assert (answer.status, said["code"]) == (503, "database_away")
        return answer.status


@contextmanager
def portal_in(data: Path) -> Iterator[tuple[Portal, subprocess.Popen[str]]]:
    """Run the portal, and find at the end that all that was acknowledged is there."""
    with EmbeddedPostgres(data / "postgresql") as server, used(server.conninfo()):
        env = environment(FIRMTRACK_DATA_DIR=data)
        status, _, errors = ended(firmtrack("check", env=env))
        assert status == 0, errors
        dcc = add_party("DCC", PartyKind.DCC, [])
        token = create_token(dcc, TokenScope.INTAKE, created_at=datetime.now(UTC))
    port = free_port()
    process = firmtrack("serve", "--port", port, "--workers", 1, env=env)
    portal = Portal(port, token)
    try:
        wait_until(lambda: listens(port), "the portal answers")
        yield portal, process
        with (
            EmbeddedPostgres(data / "postgresql") as server,
            used(server.conninfo()),
            pool().connection() as connection,
        ):
            kept = {row[0] for row in connection.execute("SELECT message_id FROM message")}
        assert portal.acknowledged <= kept
    finally:
        process.terminate()
        status, _, errors = ended(process)
        print(errors)  # of a test that fails
        assert status == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own that is soon full."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={_DISK_BYTES},mode=755", "none", str(place)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"a disk of its own cannot be mounted here: {error}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_database_whose_disk_was_full_comes_back_when_there_is_room(small_disk: Path) -> None:
    with portal_in(small_disk / "data") as (portal, _):
        assert portal.post() == 200
        ballast = small_disk / "ballast"
        fill(ballast)
        wait_until(lambda: portal.post() == 503, "there is no room")
        database = small_disk / "data" / "postgresql"
        postmaster_of(database).kill()  # so that it must start without room, which it cannot
        wait_until(lambda: portal.post() == 503, "it has gone")
        assert [portal.post() for _ in range(3)] == [503] * 3
        ballast.unlink()
        wait_until(lambda: portal.post() == 200, "it is back")


def fill(ballast: Path) -> None:
    """Leave no room on the disk."""
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 4_096):
            try:
                while True:
                    file.write(os.urandom(size))
            except OSError:
                continue


def test_a_database_that_is_killed_with_who_kept_it_comes_back(tmp_path: Path) -> None:
    with portal_in(tmp_path / "data") as (portal, _):
        assert portal.post() == 200
        database = tmp_path / "data" / "postgresql"
        supervisor_of(database).kill()
        postmaster_of(database).kill()
        wait_until(lambda: portal.post() == 200, "it is back")

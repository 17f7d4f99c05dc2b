"""Clients that are slow, or do nothing, hold up nobody else: the portal itself, real sockets."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import NamedTuple

import pytest

from bench.scene import DCC, USER, device_ids, request_messages
from firmtrack.accounts.kinds import PartyKind, TokenScope
from firmtrack.accounts.parties import add_party
from firmtrack.accounts.tokens import create_token
from firmtrack.domain.identifiers import RequestId
from firmtrack.store.embedded import EmbeddedPostgres
from firmtrack.store.ledger.recording import Batch, record
from tests.databases import fresh_database, used
from tests.journeys.processes import (
    PATIENCE_SECONDS,
    ended,
    firmtrack,
    free_port,
    listens,
    on,
    wait_until,
)

_REQUEST_ID = RequestId(USER, DCC, 1)
_DEVICES = device_ids(50_000, seed=1)
_LOOK_UPS = 50
_SMALLEST_BUFFER = 4_096


class Portal(NamedTuple):
    """A portal that runs, with a request whose CSV is larger than what the kernel keeps of it."""

    port: int
    token: str

    def get(self, path: str) -> bytes:
        return (
            f"GET /api/v1/{path} HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Bearer {self.token}\r\n\r\n"
        ).encode()

    def octets_of(self, kind: str) -> bytes:
        """Return what a slow client of this kind sends, before it does nothing more."""
        return {
            "a body that never comes": (
                b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n"
                b"Content-Type: application/x-www-form-urlencoded\r\n"
                b"Cookie: csrftoken=" + b"x" * 32 + b"\r\n\r\n"
            ),
            "an answer that nobody reads": self.get(
                f"service-requests/{_REQUEST_ID}/distributions.csv"
            ),
            "headers that do not end": b"GET /sign-in HTTP/1.1\r\nHost: loc",
            "nothing at all": b"",
        }[kind]


@pytest.fixture(scope="module")
def portal(
    postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    directory: Path = tmp_path_factory.mktemp("portal")
    with fresh_database(postgres) as conninfo, used(conninfo):
        party = add_party("Alpha", PartyKind.LARGE_SUPPLIER, [USER])
        token = create_token(party, TokenScope.READ, created_at=datetime.now(UTC))
        record(Batch(messages=request_messages({_REQUEST_ID: _DEVICES})))
        port = free_port()
        server = firmtrack("serve", "--port", port, env=on(conninfo, directory))
        try:
            wait_until(lambda: listens(port), "the portal answers")
            yield Portal(port, token)
        finally:
            server.terminate()
            assert ended(server)[0] == 0


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("a body that never comes", 40),
        ("an answer that nobody reads", 40),
        ("headers that do not end", 40),
        ("nothing at all", 200),
    ],
)
def test_slow_clients_hold_up_nobody_else(portal: Portal, kind: str, count: int) -> None:
    with ExitStack() as held:
        for _ in range(count):
            slow = held.enter_context(socket.socket())
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALLEST_BUFFER)
            slow.settimeout(PATIENCE_SECONDS)
            slow.connect(("127.0.0.1", portal.port))
            slow.sendall(portal.octets_of(kind))
            if kind == "an answer that nobody reads":
                assert slow.recv(12) == b"HTTP/1.1 200"  # and no more of it
        assert_answers_others(portal)


def assert_answers_others(portal: Portal) -> None:
    with closing(HTTPConnection("127.0.0.1", portal.port, timeout=PATIENCE_SECONDS)) as connection:
        for device_id in _DEVICES[:_LOOK_UPS]:
            headers = {"Authorization": f"Bearer {portal.token}"}
            connection.request("GET", f"/api/v1/devices/{device_id}", headers=headers)
            answer = connection.getresponse()
            assert answer.status == 200
            assert json.load(answer)["device_id"] == str(device_id)


def test_a_client_that_reads_slowly_gets_all_of_its_answer(portal: Portal) -> None:
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALLEST_BUFFER)
        slow.connect(("127.0.0.1", portal.port))
        slow.sendall(portal.octets_of("an answer that nobody reads"))
        assert_answers_others(portal)
        answer = HTTPResponse(slow)
        answer.begin()
        assert len(answer.read().splitlines()) == 1 + len(_DEVICES)

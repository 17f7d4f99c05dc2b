"""Who a client is, and how often it is answered, by the whole server of two processes."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPResponse
from subprocess import Popen
from typing import NamedTuple

import pytest
from django.core.cache import cache

from firmtrack.accounts.kinds import PartyKind, TokenScope
from firmtrack.accounts.parties import add_party
from firmtrack.accounts.tokens import create_token
from firmtrack.domain.identifiers import Eui64
from firmtrack.gateway.proxies import UNDECLARED_PROXY
from firmtrack.store.embedded import EmbeddedPostgres
from firmtrack.web.models import SignInAttempt
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

_CALLS = 12
_USER = Eui64.parse("90-B3-D5-1F-30-01-00-00")


class Portal(NamedTuple):
    """A portal that believes 127.0.0.2, of two processes, and answers few calls by a token."""

    process: "Popen[str]"
    port: int
    database: str
    token: str

    def ask(
        self,
        path: str,
        *,
        peer: str = "127.0.0.1",
        method: str = "GET",
        body: str | None = None,
        **headers: str,
    ) -> tuple[HTTPResponse, str]:
        """Return an answer and its body; each call has a connection of its own."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = HTTPConnection(
            "127.0.0.1", self.port, timeout=PATIENCE_SECONDS, source_address=(peer, 0)
        )
        with closing(connection):
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return answer, answer.read().decode()


@pytest.fixture(scope="module")
def portal(
    postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    with fresh_database(postgres) as where:
        with used(where):
            alpha = add_party("Alpha", PartyKind.LARGE_SUPPLIER, [_USER])
            token = create_token(alpha, TokenScope.READ, created_at=datetime.now(UTC))
        port = free_port()
        settings = {
            "FIRMTRACK_TRUSTED_PROXIES": "127.0.0.2, fd00::/8",
            "FIRMTRACK_CALLS_PER_TOKEN": str(_CALLS),
        }
        env = on(where, tmp_path_factory.mktemp("data")) | settings
        process = firmtrack("serve", "--port", port, env=env)
        try:
            wait_until(lambda: listens(port), "the portal answers")
            yield Portal(process, port, where, token)
        finally:
            process.terminate()
            status, _, errors = ended(process)
    assert status == 0
    # One line for each stranger and each name, whichever process met it.
    assert errors.count("FIRMTRACK_TRUSTED_PROXIES does not name 127.0.0.1,") == 1
    assert errors.count("does not answer to 'evil.example'") == 1
    assert errors.count("A form of an https page was refused") == 1
    assert "Traceback" not in errors


def tried_from(portal: Portal) -> set[str]:
    """Return the addresses that sign-ins were tried from."""
    with used(portal.database):
        return set(SignInAttempt.objects.values_list("address", flat=True))


def sign_in(portal: Portal, peer: str, origin: str, **headers: str) -> int:
    """Return the status of a sign-in with a wrong password, from the form to the answer."""
    page, _ = portal.ask("/sign-in", peer=peer, **headers)
    cookie = (page.headers["Set-Cookie"] or "").partition(";")[0]
    answer, _ = portal.ask(
        "/sign-in",
        peer=peer,
        method="POST",
        body=f"username=ada%40alpha.example&password=wrong&csrfmiddlewaretoken={cookie.partition('=')[2]}",
        Origin=origin,
        Cookie=cookie,
        Content_Type="application/x-www-form-urlencoded",
        **headers,
    )
    return answer.status


def test_a_named_proxy_is_believed_who_the_client_is_and_that_it_came_by_https(
    portal: Portal,
) -> None:
    https = {
        "X_Forwarded_Proto": "https",
        "X_Forwarded_For": "198.51.100.9, 203.0.113.77:4711",
        "Host": "localhost",
    }
    assert sign_in(portal, "127.0.0.2", "https://localhost", **https) == 400
    assert "203.0.113.77" in tried_from(portal)
    assert "198.51.100.9" not in tried_from(portal)
    page, _ = portal.ask("/sign-in", peer="127.0.0.2", **https)
    assert "Secure" in page.headers["Set-Cookie"]


def test_who_is_not_named_is_left_for_the_doctor(portal: Portal) -> None:
    portal.ask("/sign-in", X_Forwarded_For="203.0.113.78")
    with used(portal.database):
        assert cache.get(UNDECLARED_PROXY) == "127.0.0.1"


def test_a_stranger_is_not_and_learns_what_is_missing(portal: Portal) -> None:
    https = {
        "X_Forwarded_Proto": "https",
        "X_Forwarded_For": "203.0.113.78",
        "Forwarded": "for=203.0.113.79;proto=https",
        "Host": "localhost",
    }
    assert sign_in(portal, "127.0.0.1", "http://localhost", **https) == 400
    assert not {"203.0.113.78", "203.0.113.79"} & tried_from(portal)
    assert "127.0.0.1" in tried_from(portal)
    page, _ = portal.ask("/sign-in", **https)
    assert "Secure" not in page.headers["Set-Cookie"]
    refused, text = portal.ask(
        "/sign-in", method="POST", body="", Origin="https://localhost", Host="localhost"
    )
    assert refused.status == 403
    assert "FIRMTRACK_TRUSTED_PROXIES" in text


def test_a_token_has_one_count_for_all_processes(portal: Portal) -> None:
    statuses = Counter[int]()
    for _ in range(3 * _CALLS):
        answer, text = portal.ask("/api/v1/notices", Authorization=f"Bearer {portal.token}")
        statuses[answer.status] += 1
        assert answer.headers["RateLimit-Policy"] == f'"token";q={_CALLS};w=60'
        if answer.status == 429:
            assert json.loads(text)["code"] == "too_many_calls"
            assert 1 <= int(answer.headers["Retry-After"]) <= 5
    # What is given back meanwhile is one in five seconds; what a race may lose is less than that.
    assert statuses[200] >= _CALLS
    assert statuses[429] >= 1
    assert set(statuses) == {200, 429}


def test_a_name_that_is_not_ours_is_told_so_on_pages_and_by_the_api(portal: Portal) -> None:
    for _ in range(4):
        page, text = portal.ask("/sign-in", Host="evil.example")
        assert page.status == 400
        assert "FIRMTRACK_ALLOWED_HOSTS" in text
        call, text = portal.ask("/api/v1/openapi.json", Host="evil.example")
        assert call.status == 400
        assert json.loads(text)["code"] == "unknown_host"

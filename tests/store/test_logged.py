"""What is logged of calls: who asked for what by IDs, and nothing personal, whatever goes wrong."""

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from firmtrack.accounts.kinds import PartyKind, Role, TokenScope
from firmtrack.accounts.models import User
from firmtrack.accounts.parties import add_party
from firmtrack.accounts.people import add_user
from firmtrack.accounts.tokens import create_token
from firmtrack.answers.side_parts import side_part
from firmtrack.logs import calls
from firmtrack.logs.lines import (
    ACCESS,
    TextLines,
    WithoutPaths,
    lines_of_json,
    without_personal_data,
)
from firmtrack.store.database import pool
from tests.store.facts import ALPHA_ID

PASSWORD = "a long enough pass phrase"
WRONG_PASSWORD = "not the pass phrase at all"
EMAIL = "ada.lovelace@alpha.example"
SEARCHED = "00-DB-12-34-56-78-90-A0"


class Log:
    """The lines that a handler of the product's own has written."""

    def __init__(self, formatter: logging.Formatter) -> None:
        self.stream = io.StringIO()
        self.handler = logging.StreamHandler(self.stream)
        self.handler.setFormatter(formatter)

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def log_as() -> Iterator[Callable[[logging.Formatter], Log]]:
    """Return what begins a log of all that is logged, access included."""
    root, access = logging.getLogger(), logging.getLogger(ACCESS)
    levels = root.level, access.level
    logs: list[Log] = []

    def begin(formatter: logging.Formatter) -> Log:
        made = Log(formatter)
        logs.append(made)
        root.addHandler(made.handler)
        root.setLevel(logging.INFO)
        access.setLevel(logging.INFO)
        return made

    yield begin
    for each in logs:
        root.removeHandler(each.handler)
    root.setLevel(levels[0])
    access.setLevel(levels[1])


@pytest.fixture
def token(database: str) -> str:
    alpha = add_party("Alpha Energy", PartyKind.LARGE_SUPPLIER, [ALPHA_ID])
    add_user(EMAIL, alpha, PASSWORD)
    return create_token(alpha, TokenScope.READ, TokenScope.INTAKE, created_at=datetime.now(UTC))


def live(token: str) -> None:
    """Sign in, wrongly and rightly, look things up, hand things in, and have things fail."""
    client = Client(raise_request_exception=False)
    client.post("/sign-in", {"username": EMAIL, "password": WRONG_PASSWORD})
    client.post("/sign-in", {"username": EMAIL, "password": PASSWORD})
    client.post("/sign-in", {"email": EMAIL, "password": PASSWORD})
    client.get("/firmware-distribution", {"search_by": "device_id", "search_term": SEARCHED})
    client.get(f"/devices/{SEARCHED}?search_term={EMAIL}")
    client.get("/nowhere", {"token": token})
    bearer = {"Authorization": f"Bearer {token}"}
    client.get(f"/api/v1/devices/{SEARCHED}", headers=bearer)
    client.get("/api/v1/devices/x", HTTP_AUTHORIZATION=f"Bearer {token}x")
    client.post("/api/v1/messages", f"<a>{EMAIL}</a>", "application/xml", headers=bearer)
    client.post("/api/v1/messages/batch", f"{EMAIL}\n{{}}", "application/x-ndjson", headers=bearer)
    with pool().connection() as connection:  # then whatever needs it fails
        connection.execute("ALTER TABLE lookup_audit RENAME TO hidden")
    try:
        client.get(f"/devices/{SEARCHED}", {"q": EMAIL})
        client.get(f"/api/v1/devices/{SEARCHED}", headers=bearer)
    finally:
        with pool().connection() as connection:
            connection.execute("ALTER TABLE hidden RENAME TO lookup_audit")
    side_part("what quotes", lambda: User.objects.create(email=EMAIL, party_id=1, role=Role.VIEWER))


@pytest.mark.parametrize("formatter", [TextLines, lines_of_json])
def test_a_log_holds_no_address_token_password_or_term(
    token: str,
    log_as: Callable[[logging.Formatter], Log],
    formatter: Callable[[], logging.Formatter],
) -> None:
    log = log_as(formatter())
    calls.begin(None)

    live(token)

    assert "already exists" in log.text, "the failure that quotes an address was logged"
    for secret in (EMAIL, PASSWORD, WRONG_PASSWORD, token, token[3:], SEARCHED, "127.0.0.1"):
        assert secret not in log.text


def test_each_line_is_one_event_with_the_id_of_its_call(
    token: str, log_as: Callable[[logging.Formatter], Log]
) -> None:
    log = log_as(lines_of_json())

    answer = Client().post(
        "/api/v1/messages",
        "<a/>",
        "application/xml",
        HTTP_AUTHORIZATION=f"Bearer {token}",
        HTTP_X_REQUEST_ID="from-the-proxy.1",
    )

    assert answer.headers["X-Request-ID"] == "from-the-proxy.1"
    (event,) = [each for each in log.events if each["logger"] == ACCESS]
    assert event["event"] == "call"
    assert event["level"] == "info"
    assert (event["method"], event["status"]) == ("POST", 422)
    assert event["route"] == "api:submit_message"
    assert event["request_id"] == "from-the-proxy.1"
    assert event["outcome"] == "quarantined"
    assert isinstance(event["quarantine_id"], int)
    assert event["ms"] > 0
    assert datetime.fromisoformat(event["timestamp"]).tzinfo is not None


@pytest.mark.parametrize("asked", ["", "a b", "x" * 65, "\n", "<script>", "-x", "ä"])
def test_a_request_id_that_is_not_well_formed_is_replaced(database: str, asked: str) -> None:
    answer = Client().get("/sign-in", HTTP_X_REQUEST_ID=asked)

    assert re.fullmatch(r"[0-9a-f]{24}", answer.headers["X-Request-ID"])


def test_a_call_that_fails_is_logged_by_its_route_even_without_access_lines(
    token: str, log_as: Callable[[logging.Formatter], Log]
) -> None:
    log = log_as(lines_of_json())
    logging.getLogger(ACCESS).setLevel(logging.ERROR)
    with pool().connection() as connection:
        connection.execute("ALTER TABLE lookup_audit RENAME TO hidden")
    client = Client(raise_request_exception=False)
    try:
        answers = [
            client.get(f"/api/v1/devices/{SEARCHED}", HTTP_AUTHORIZATION=f"Bearer {token}")
            for _ in range(2)
        ]
    finally:
        with pool().connection() as connection:
            connection.execute("ALTER TABLE hidden RENAME TO lookup_audit")

    failed = [each for each in log.events if each["logger"] == ACCESS]
    assert [each["status"] for each in failed] == [500, 500]
    assert failed[0]["route"] == "api:find_device"
    ids = [each.headers["X-Request-ID"] for each in answers]
    traced = [each for each in log.events if "exception" in each]
    assert {each["request_id"] for each in traced} == set(ids)


def test_a_line_cannot_be_forged(log_as: Callable[[logging.Formatter], Log]) -> None:
    log = log_as(lines_of_json())

    logging.getLogger("firmtrack").error("%s", 'one\n{"event": "two"}')

    assert len(log.events) == 1


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Key (email)=(ada@alpha.example) exists", "Key (email)=([address]) exists"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [token]"),
        ("postgresql://ada:geheim@db/x", "postgresql://ada:[password]@db/x"),
        ("of ft_abc-DEF_1.", "of [token]."),
        ("GET /find?search_term=x&y=z failed", "GET /find?[query] failed"),
        ("What now? Nothing.", "What now? Nothing."),
    ],
)
def test_what_is_personal_or_secret_is_blacked_out(text: str, cleaned: str) -> None:
    assert without_personal_data(text) == cleaned


def test_what_django_says_of_a_page_that_fails_names_no_path() -> None:
    record = logging.LogRecord(
        "django.request", 40, "", 1, "%s: %s", ("Internal Server Error", f"/devices/{SEARCHED}"),
        None,
    )  # fmt: skip

    assert WithoutPaths().filter(record)
    assert record.getMessage() == "Internal Server Error"

"""Who may call what, and how calls are refused that nothing answers."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection as django_connection
from django.http import HttpRequest, HttpResponseBase
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.accounts.kinds import TokenScope
from firmtrack.accounts.models import ApiToken
from firmtrack.accounts.parties import party_named
from firmtrack.accounts.tokens import create_token
from firmtrack.store.database import pool, reading_pool
from tests.api.calling import Caller
from tests.api.world import METERS, REQUEST_ID, UNKNOWN_METER, Cast

MESSAGE_ID = "00000000-0000-0000-0000-00000000002a"
LOOKUPS = (
    f"/service-requests/{REQUEST_ID}",
    f"/service-requests/{REQUEST_ID}/distributions",
    f"/service-requests/{REQUEST_ID}/distributions.csv",
    f"/devices/{METERS[0]}",
    f"/devices/{METERS[0]}/peers",
    f"/devices/{METERS[0]}/events",
    f"/inventory/{METERS[0]}",
    f"/messages/{MESSAGE_ID}",
    f"/messages/{MESSAGE_ID}/body",
    "/causes",
    "/delivery-performance",
    "/delivery-performance.csv",
    "/freshness",
    "/notices",
    "/endpoints",
    "/service-requests",
    f"/service-requests/{REQUEST_ID}/distributions.xlsx",
)
SUBMISSIONS = ("/messages", "/messages/batch")
STATUS = f"/messages/{MESSAGE_ID}/status"
EVERY_CALL = [
    *(("GET", path) for path in (*LOOKUPS, STATUS)),
    *(("POST", path) for path in SUBMISSIONS),
]


def test_every_published_call_is_in_these_tests(api: Caller) -> None:
    published = [
        (method.upper(), path)
        for path, methods in api.document()["paths"].items()
        for method in methods
    ]

    assert len(published) == len(EVERY_CALL)


@pytest.mark.parametrize(("method", "path"), EVERY_CALL)
def test_without_a_token_a_call_is_refused_and_told_what_is_wanted(
    api: Caller, method: str, path: str
) -> None:
    refused = api.call(method, path)

    assert refused.status == 401
    assert refused.headers["WWW-Authenticate"] == 'Bearer realm="Firmtrack"'


@pytest.mark.parametrize(("method", "path"), EVERY_CALL)
def test_an_unknown_an_expired_and_a_revoked_token_are_refused_alike(
    api: Caller, told: Cast, method: str, path: str
) -> None:
    now = datetime.now(UTC)
    alpha = party_named("Alpha")
    ended = now - timedelta(days=1)
    expired = create_token(alpha, TokenScope.READ, created_at=ended, expires_at=ended)
    revoked = create_token(alpha, TokenScope.READ, created_at=ended)
    ApiToken.objects.filter(ending=revoked[-4:]).update(revoked_at=now)

    unknown = api.call(method, path, "ft_unknown")

    assert unknown.status == 401
    assert unknown.headers["WWW-Authenticate"].endswith('error="invalid_token"')
    assert api.call(method, path, expired) == unknown
    assert api.call(method, path, revoked) == unknown


@pytest.mark.parametrize(("method", "path"), EVERY_CALL)
def test_a_token_of_the_other_scope_is_refused(
    api: Caller, told: Cast, method: str, path: str
) -> None:
    is_intakes = path == STATUS or path in SUBMISSIONS
    wrong, right = (told.alpha.read, "intake") if is_intakes else (told.alpha.intake, "read")

    refused = api.call(method, path, wrong)

    assert (refused.status, refused.json["code"]) == (403, "wrong_scope")
    assert f'scope="{right}"' in refused.headers["WWW-Authenticate"]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YWRhOmFkYQ==", "{token}"])
def test_another_kind_of_authorisation_is_refused(api: Caller, told: Cast, header: str) -> None:
    refused = api.call(
        "GET", LOOKUPS[3], headers={"Authorization": header.format(token=told.alpha.read)}
    )

    assert refused.status == 401


def test_the_word_bearer_may_be_written_in_any_case(api: Caller, told: Cast) -> None:
    found = api.call("GET", LOOKUPS[3], headers={"Authorization": f"bearer  {told.alpha.read} "})

    assert found.status == 200


def test_a_refused_call_learns_nothing_of_what_exists(api: Caller, told: Cast) -> None:
    assert api.get(LOOKUPS[3]) == api.get(f"/devices/{UNKNOWN_METER}")


@pytest.mark.parametrize("path", ["", "/", "/nothing", "/devices", "/devices/", "/openapi"])
def test_an_address_that_is_none_is_not_found(api: Caller, told: Cast, path: str) -> None:
    missing = api.get(path, told.alpha.read)

    assert (missing.status, missing.json["code"]) == (404, "not_found")


@pytest.mark.parametrize(("method", "path"), EVERY_CALL)
def test_another_method_is_refused_and_told_the_right_one(
    api: Caller, told: Cast, method: str, path: str
) -> None:
    refused = api.call("DELETE", path, told.alpha.read)

    assert (refused.status, refused.json["code"]) == (405, "method_not_allowed")
    assert refused.headers["Allow"] == ("GET, HEAD" if method == "GET" else method)


@pytest.mark.parametrize("path", LOOKUPS)
def test_head_is_answered_as_get_is_but_for_the_body(api: Caller, told: Cast, path: str) -> None:
    for token in (told.alpha.read, told.alpha.intake, told.stranger.read, "ft_unknown", None):
        got, asked = api.get(path, token), api.call("HEAD", path, token)

        assert (asked.status, asked.headers, asked.body) == (got.status, got.headers, b"")


@pytest.mark.parametrize("path", SUBMISSIONS)
def test_nothing_is_submitted_by_head(api: Caller, told: Cast, path: str) -> None:
    refused = api.call("HEAD", path, told.alpha.intake)

    assert (refused.status, refused.headers["Allow"]) == (405, "POST")


def test_a_device_is_found_with_three_statements_and_none_of_djangos(
    api: Caller, told: Cast, tmp_path: Path
) -> None:
    api.get(LOOKUPS[3], told.alpha.read)
    with (
        CaptureQueriesContext(django_connection) as by_django,
        traced_statements(tmp_path) as statements,
    ):
        api.get(LOOKUPS[3], told.alpha.read)

    # The token, the facts, the audit.
    assert len(statements) == 3, statements
    assert not by_django.captured_queries


@contextmanager
def traced_statements(directory: Path) -> Iterator[list[str]]:
    """Yield a list that holds, at the end, what the pool's connections executed."""
    statements: list[str] = []
    with (directory / "libpq-trace").open("w+") as file:
        for connection in every_pooled_connection():
            connection.pgconn.trace(file.fileno())
        yield statements
        for connection in every_pooled_connection():
            connection.pgconn.untrace()
        file.seek(0)
        sent = [line.rstrip().split("\t") for line in file]
    # Time, side, length, kind of message: libpq's own trace, as PQtrace documents it.
    # A statement's own text has lines too: they are shorter.
    statements += [row[3] for row in sent if row[1:2] == ["F"] and row[3] in {"Execute", "Query"}]


def every_pooled_connection() -> list[Connection[TupleRow]]:
    with ExitStack() as borrowed:
        return [
            borrowed.enter_context(each.connection())
            for each in (reading_pool(), pool())
            for _ in range(each.get_stats()["pool_size"])
        ]


def test_an_api_call_passes_no_middleware_but_its_own() -> None:
    shortcut, other = "firmtrack.api.shortcut.api_shortcut", "tests.api.test_access.never"
    with override_settings(MIDDLEWARE=[other, shortcut]), pytest.raises(ReachedError):
        Caller().get(LOOKUPS[3])
    with override_settings(MIDDLEWARE=[shortcut, other]):
        assert Caller().get(LOOKUPS[3]).status == 401


@pytest.mark.parametrize("path", ["/", "/apiary", "/sign-in"])
def test_a_page_is_passed_on_to_the_other_middleware(path: str) -> None:
    chain = ["firmtrack.api.shortcut.api_shortcut", "tests.api.test_access.never"]
    with override_settings(MIDDLEWARE=chain), pytest.raises(ReachedError):
        Client().get(path)


class ReachedError(Exception):
    """A call came to where it must not."""


def never(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """A middleware that an API call must not reach."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        raise ReachedError(request.path)

    return middleware

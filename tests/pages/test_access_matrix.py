"""Every address, by every method, for everyone, of what is theirs, another's, and nobody's."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from firmtrack.accounts import people, tokens
from firmtrack.accounts.kinds import Role, TokenScope
from firmtrack.accounts.models import ApiToken, Party, User
from firmtrack.api.application import api
from firmtrack.domain.facts import DeviceFacts, Message, MessageKind
from firmtrack.notices.endpoints import add_endpoint
from firmtrack.notices.webhook import WEBHOOK
from firmtrack.store.database import pool
from firmtrack.store.embedded import EmbeddedPostgres
from firmtrack.store.ledger.recording import Batch, record
from firmtrack.web.templating import id_element
from tests.databases import fresh_database, used
from tests.pages import causes, world
from tests.pages.access import (
    CALLERS,
    CALLS,
    METHODS,
    NOT_IN_THE_DOCUMENT,
    PAGES,
    VISITORS,
    Reach,
    Whose,
)
from tests.pages.browsing import content_of
from tests.pages.messages import BRAVO_ID, message

_API = "/api/v1/"
_PLACE = re.compile(r"<(?:\w+:)?(\w+)>|{(\w+)}")
_MISSING_NUMBER = "987654321"
_TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]*"')
# What addresses of signing in name: nothing that is anybody's.
_ANYBODYS = {"slug": "a-slug", "provider_id": "a-slug", "uidb36": "1", "key": "a-key"}
_NOBODYS = {
    "service_request_id": str(world.UNKNOWN_REQUEST),
    "device_id": str(world.UNKNOWN_DEVICE),
    "endpoint_id": _MISSING_NUMBER,
    "person_id": _MISSING_NUMBER,
    "token_id": _MISSING_NUMBER,
    "cause_id": causes.NOBODYS.cause_id,
    "message_id": str(world.UNKNOWN_MESSAGE),
}
NOW = datetime.now(UTC)
EVERYTHING = (TokenScope.READ, TokenScope.INTAKE)


@dataclass(frozen=True, slots=True)
class Matrix:
    """The browsers of all visitors, the tokens of all callers, the objects that addresses name."""

    clients: Mapping[str, Client]
    secrets: Mapping[str, str | None]
    objects: Mapping[Whose, Mapping[str, str]]


@pytest.fixture(scope="module")
def matrix(postgres: EmbeddedPostgres) -> Iterator[Matrix]:
    with fresh_database(postgres) as conninfo, used(conninfo):
        cast = world.people()
        world.tell()
        causes.tell()
        record(Batch(messages=(_of_bravos_device(),)))
        alpha, bravo, dcc = cast.ada.party, cast.ben.party, cast.olga.party
        world.hand_in(world.ALPHAS_MESSAGE, alpha)
        world.hand_in(world.BRAVOS_MESSAGE, bravo)
        objects = {
            Whose.ALPHAS: {
                "service_request_id": str(world.LARGE_REQUEST),
                "device_id": str(world.VERIFIED),
                "cause_id": causes.OF_REQUEST.cause_id,
                "message_id": str(world.ALPHAS_MESSAGE),
                **_things_of(alpha, "al@alpha.example"),
            },
            Whose.BRAVOS: {
                "service_request_id": str(world.BRAVO_REQUEST),
                "device_id": str(world.BRAVO_DEVICE),
                "cause_id": causes.OF_BRAVOS_REQUEST.cause_id,
                "message_id": str(world.BRAVOS_MESSAGE),
                **_things_of(bravo, "bo@bravo.example"),
            },
            Whose.NOBODYS: _NOBODYS,
        }
        leaving = {
            name: _person(f"{name.replace(' ', '.').replace(',', '')}@alpha.example", alpha, True)
            for name in (
                "disabled person",
                "ended session",
                "person moved to another party",
                "person who may do less now",
            )
        }
        users = {
            "owner": cast.ada,
            "colleague": _person("alan@alpha.example", alpha, True),
            "viewer": _person("alf@alpha.example", alpha, False),
            "party administrator": cast.ben,
            "other supplier": _person("bea@bravo.example", bravo, False),
            "DCC desk": _person("dan@dcc.example", dcc, False),
            "DCC administrator": cast.olga,
            **leaving,
        }
        clients = {name: _signed_in(user) for name, user in users.items()}
        secrets = {
            "anonymous": None,
            "owner": _token(alpha, *EVERYTHING, by=cast.ada),
            "token that only reads": _token(alpha, TokenScope.READ),
            "token that only submits": _token(alpha, TokenScope.INTAKE),
            "token for metrics": _token(alpha, TokenScope.METRICS),
            "other supplier": _token(bravo, *EVERYTHING),
            "DCC": _token(dcc, *EVERYTHING),
            "revoked token": _token(alpha, *EVERYTHING),
            "expired token": _token(alpha, *EVERYTHING, until=NOW - timedelta(seconds=1)),
            "token of a disabled person": _token(alpha, *EVERYTHING, by=leaving["disabled person"]),
            "token of a person moved to another party": _token(
                alpha, *EVERYTHING, by=leaving["person moved to another party"]
            ),
            "token of a person who may do less now": _token(
                alpha, *EVERYTHING, by=leaving["person who may do less now"]
            ),
            "person with a session and no token": None,
        }
        _let_leave(leaving, bravo, secrets["revoked token"])
        clients["anonymous"] = Client(SERVER_NAME="localhost")
        moved = User.objects.get(pk=leaving["person moved to another party"].pk)
        clients["moved person, signed in again"] = _signed_in(moved)
        clients["caller with a token at a page"] = Client(
            SERVER_NAME="localhost", headers={"Authorization": f"Bearer {secrets['owner']}"}
        )
        yield Matrix(clients, secrets, objects)


def _of_bravos_device() -> Message:
    described = DeviceFacts(
        device_id=world.BRAVO_DEVICE, learnt_at=world.IN_SUMMER, device_type="ESME"
    )
    return message(
        MessageKind.INVENTORY_RESPONSE,
        BRAVO_ID,
        code="I0",
        occurred_at=world.IN_SUMMER,
        devices=(described,),
    )


def _let_leave(leaving: Mapping[str, User], bravo: Party, revoked: str | None) -> None:
    """Take from everybody what they are to have lost, by what does so in the product."""
    people.disable(leaving["disabled person"])
    people.end_sessions(leaving["ended session"])
    people.move(leaving["person moved to another party"], bravo, Role.VIEWER)
    people.change_role(leaving["person who may do less now"], Role.VIEWER)
    assert revoked is not None
    tokens.revoke_token(ApiToken.objects.get(ending=revoked[-4:]).pk)


def _person(email: str, party: Party, is_administrator: bool) -> User:
    roles = {False: people.usual_role(party), True: Role.PARTY_ADMINISTRATOR}
    return people.add_user(email, party, world.PASSWORD, roles[is_administrator])


def _token(
    party: Party, *scopes: TokenScope, by: User | None = None, until: datetime | None = None
) -> str:
    return tokens.create_token(party, *scopes, created_at=NOW, expires_at=until, created_by=by)


def _things_of(party: Party, email: str) -> dict[str, str]:
    _token(party, TokenScope.READ)
    endpoint = add_endpoint(party, WEBHOOK, "https://alpha.example/notices")
    return {
        "endpoint_id": str(endpoint.endpoint_id),
        "person_id": str(_person(email, party, False).pk),
        "token_id": str(ApiToken.objects.latest("pk").pk),
    }


def _signed_in(user: User) -> Client:
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    client.get("/guidance")  # a session is known from its first page on
    return client


def routes(patterns: list[URLPattern | URLResolver], before: str = "/") -> Iterator[Any]:
    """Yield the route and the name of every address."""
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route, pattern.name


ROUTES = list(routes(get_resolver().url_patterns))
PAGE_ROUTES = {name: route for route, name in ROUTES if not route.startswith(_API)}


def documented() -> dict[str, set[str]]:
    """Return the methods of each path of the API, as its document publishes them."""
    return {
        path.removeprefix(_API): {method.upper() for method in methods}
        for path, methods in api.get_openapi_schema()["paths"].items()
    }


def test_every_page_has_a_row() -> None:
    assert PAGE_ROUTES.keys() == PAGES.keys()
    assert len(PAGE_ROUTES) == sum(not route.startswith(_API) for route, _ in ROUTES)
    for name, route in PAGE_ROUTES.items():
        names_something = _PLACE.search(route) is not None
        assert names_something == (PAGES[name].reach is not None) or PAGES[name].answers, name


def test_every_call_has_a_row() -> None:
    assert documented() == {path: set(call.methods) for path, call in CALLS.items()}
    served = {
        _PLACE.sub(r"{\1}", route.removeprefix(_API))
        for route, _ in ROUTES
        if route.startswith(_API)
    }
    assert served == CALLS.keys() | NOT_IN_THE_DOCUMENT
    for path, call in CALLS.items():
        assert ("{" in path) == (call.reach is not None), path


def filled(route: str, objects: Mapping[str, str]) -> str:
    """Return an address of a route: whose objects it names."""
    return _PLACE.sub(lambda place: (_ANYBODYS | dict(objects))[place[1] or place[2]], route)


def addresses(matrix: Matrix, route: str, reach: Reach | None) -> Iterator[tuple[Whose, str]]:
    """Yield the addresses of a route, one of each party's objects, if it names any."""
    for whose, objects in matrix.objects.items():
        if reach is not None or whose is Whose.ALPHAS:
            yield whose, filled(route, objects)


def undo(method: str) -> None:
    """Bring back what a form took away, so that the next one finds it."""
    if method == "POST":
        with pool().connection() as connection:
            connection.execute("UPDATE notice_endpoint SET removed_at = NULL")


def told(response: Any, objects: Mapping[str, str]) -> tuple[object, ...]:
    """Return all that an answer tells, but the IDs themselves and what is random in it."""
    content = content_of(response) if response.streaming else response.content
    for each in sorted((text for text in objects.values() if not text.isdigit()), key=len)[::-1]:
        for written in (str(id_element(each)), each, quote(each, safe="")):
            content = content.replace(written.encode(), b"ID")
    # A redirect to the sign-in page repeats the address.
    apart = {"Content-Length", "Location", "X-Request-ID", "RateLimit"}
    headers = {name: value for name, value in response.items() if name not in apart}
    return response.status_code, headers, _TOKEN.sub(b"", content)


def differing(hidden: Mapping[Whose, tuple[object, ...]]) -> list[object]:
    """Return what answers differ by that must not, nothing if they are the same."""
    first, *others = hidden.values() if hidden else [()]
    return [
        (mine, theirs)
        for other in others
        for mine, theirs in zip(first, other, strict=True)
        if mine != theirs
    ]


def check_pages(matrix: Matrix, who: str, methods: tuple[str, ...]) -> None:
    """Fail if a page answers somebody otherwise than the table says, or tells what it hides."""
    client, visitor = matrix.clients[who], VISITORS[who]
    wrong = []
    for (name, page), method in product(PAGES.items(), methods):
        hidden = {}
        for whose, address in addresses(matrix, PAGE_ROUTES[name], page.reach):
            # Who signs out at the matrix's table would be somebody else at the next row.
            asking = (
                Client(SERVER_NAME="localhost")
                if name in {"sign-out", "account_logout"}
                else client
            )
            response = asking.generic(method, address)
            undo(method)
            if response.status_code not in page.expected(visitor, method, whose):
                wrong.append((method, address, response.status_code))
            if response.status_code == 302 and not visitor.is_signed_in and not page.answers:
                # What confirms who one is leads there by another address.
                assert page.own or response.headers["Location"].startswith("/sign-in?"), address
            if page.reach is not None and not visitor.sees(page.reach, whose):
                hidden[whose] = told(response, matrix.objects[whose])
            elif response.streaming:
                content_of(response)
        assert differing(hidden) == [], (method, name)
    assert wrong == [], who


def check_calls(matrix: Matrix, who: str, methods: tuple[str, ...]) -> None:
    """Fail if the API answers somebody otherwise than the table says, or tells what it hides."""
    secret, caller = matrix.secrets[who], CALLERS[who]
    with_session = who == "person with a session and no token"
    client = matrix.clients["owner"] if with_session else Client(SERVER_NAME="localhost")
    headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}
    wrong = []
    for (path, call), method in product(CALLS.items(), methods):
        hidden = {}
        for whose, address in addresses(matrix, _API + path, call.reach):
            response: Any = client.generic(method, address, headers=headers)
            if response.status_code != caller.expected(call, method, whose):
                wrong.append((method, address, response.status_code))
            if response.status_code == 404:
                hidden[whose] = told(response, matrix.objects[whose])
            elif response.streaming:
                content_of(response)
        assert differing(hidden) == [], (method, path)
    assert wrong == [], who


@pytest.mark.parametrize("who", VISITORS)
def test_a_page_is_for_whom_the_table_says(matrix: Matrix, who: str) -> None:
    check_pages(matrix, who, ("GET", "POST"))


@pytest.mark.thorough
@pytest.mark.parametrize("who", VISITORS)
def test_a_page_is_for_whom_the_table_says_by_any_method(matrix: Matrix, who: str) -> None:
    check_pages(matrix, who, METHODS)


@pytest.mark.parametrize("who", CALLERS)
def test_a_call_is_for_whom_the_table_says(matrix: Matrix, who: str) -> None:
    check_calls(matrix, who, METHODS)

"""A walk over every address there is: whom each of them answers."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from firmtrack.accounts.kinds import TokenScope
from firmtrack.accounts.models import ApiToken, User
from firmtrack.accounts.tokens import create_token
from firmtrack.notices.endpoints import add_endpoint
from firmtrack.notices.webhook import WEBHOOK
from firmtrack.store.database import pool
from firmtrack.web.guidance import TOPICS
from tests.pages.browsing import Browsing
from tests.pages.causes import OF_REQUEST
from tests.pages.conftest import Told
from tests.pages.world import ALPHAS_MESSAGE, LARGE_REQUEST, VERIFIED, Cast, hand_in

# What Alpha owns, for each place that an address leaves open.
ENDPOINT_ID = 1_000_000
TOKEN_ID = 1_000_001
ALPHAS = {
    "service_request_id": str(LARGE_REQUEST),
    "device_id": str(VERIFIED),
    "endpoint_id": str(ENDPOINT_ID),
    "person_id": "1",  # the first of the world's people
    "token_id": str(TOKEN_ID),
    "cause_id": OF_REQUEST.cause_id,
    "message_id": str(ALPHAS_MESSAGE),
    "slug": "alpha",
    "provider_id": "alpha",
    "uidb36": "1",
    "key": "a-key",
}

PUBLIC = {
    "/sign-in",
    "/sign-in/code",
    "/sign-in/organisation",
    "/sign-in/organisation/alpha",
    "/sign-in/organisation/alpha/begin",
    "/sign-in/organisation/alpha/return",
    "/sign-out",
    "/password/forgotten",
    "/password/sent",
    "/password/choose/1/a-key",
    "/password/chosen",
    "/api/v1/openapi.json",
}
FOR_ALL_WHO_SIGN_IN = {
    "/",
    "/firmware-distribution",
    "/service-requests",
    "/delivery-performance",
    "/delivery-performance.csv",
    "/api/v1/delivery-performance",
    "/api/v1/delivery-performance.csv",
    "/api/v1/service-requests",
    "/api/v1/causes",
    "/api/v1/freshness",
    "/api/v1/notices",
    "/api/v1/endpoints",
    "/causes",
    "/notices",
    "/notices/endpoints/new",
    "/watching",
    "/people",
    "/people/invite",
    "/tokens",
    "/tokens/new",
    "/audit",
    "/audit.csv",
    "/account",
    "/account/confirm",
    "/account/confirm-code",
    "/account/password",
    "/account/second-factor",
    "/account/second-factor/add",
    "/account/second-factor/remove",
    "/account/recovery-codes",
    "/account/recovery-codes/new",
    "/guidance",
    *(f"/guidance/{topic}" for topic in TOPICS),
}
SUBMISSIONS = {"/api/v1/messages", "/api/v1/messages/batch"}
STATUS = f"/api/v1/messages/{ALPHAS_MESSAGE}/status"
NOWHERE = {"/api/v1/"}


def addresses(
    patterns: list[URLPattern | URLResolver], before: str = "/"
) -> Iterator[tuple[str, bool]]:
    """Yield every address, filled in with what is Alpha's, and whether it names anything."""
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        else:
            filled = re.sub(r"<(?:\w+:)?(\w+)>", lambda place: ALPHAS[place[1]], route)
            yield filled, filled != route


EVERY = dict(addresses(get_resolver().url_patterns))
OWNED = [
    address
    for address, names_something in EVERY.items()
    if names_something and address not in PUBLIC
]


@pytest.fixture(scope="module")
def told(told_causes: Told) -> Told:
    """The world in which Alpha has a cause, too."""
    return told_causes


@pytest.fixture
def alphas_endpoint(cast: Cast) -> Iterator[None]:
    """Give Alpha the endpoint ENDPOINT_ID; take it away afterwards."""
    with pool().connection() as connection:
        connection.execute(
            f"ALTER TABLE notice_endpoint ALTER COLUMN endpoint_id RESTART WITH {ENDPOINT_ID}"
        )
    made = add_endpoint(cast.ada.party, WEBHOOK, "https://alpha.example/notices")
    assert made.endpoint_id == ENDPOINT_ID
    yield
    with pool().connection() as connection:
        connection.execute("DELETE FROM notice_endpoint")


def token_of(user: User, scope: TokenScope) -> dict[str, str]:
    secret = create_token(user.party, scope, created_at=datetime.now(UTC))
    return {"Authorization": f"Bearer {secret}"}


def test_every_address_is_on_exactly_one_list() -> None:
    lists = [PUBLIC, FOR_ALL_WHO_SIGN_IN, SUBMISSIONS, NOWHERE, set(OWNED)]
    assert sum(map(len, lists)) == len(set().union(*lists))
    assert set(EVERY) == set().union(*lists)


@pytest.mark.parametrize("address", sorted(set(EVERY) - PUBLIC - NOWHERE))
def test_an_address_that_is_not_public_refuses_the_anonymous(
    anybody: Browsing, address: str
) -> None:
    is_submission = address in SUBMISSIONS
    response = anybody.client.post(address) if is_submission else anybody.get(address)
    if address.startswith("/api/"):
        assert response.status_code == 401
    elif address == "/":
        assert response.headers["Location"] == "/firmware-distribution"
    else:
        assert response.status_code == 302
        assert response.headers["Location"].startswith("/sign-in?")


@pytest.fixture
def alphas_token(cast: Cast) -> Iterator[None]:
    """Give Alpha the token TOKEN_ID; take it away afterwards."""
    create_token(cast.ada.party, TokenScope.READ, created_at=datetime.now(UTC))
    made = ApiToken.objects.latest("pk")
    ApiToken.objects.filter(pk=made.pk).update(id=TOKEN_ID)
    yield
    ApiToken.objects.filter(pk=TOKEN_ID).delete()


@pytest.fixture
def alphas_submission(cast: Cast) -> None:
    """Have ALPHAS_MESSAGE be one that Alpha handed in."""
    hand_in(ALPHAS_MESSAGE, cast.ada.party)


@pytest.mark.usefixtures("alphas_endpoint", "alphas_token", "alphas_submission")
@pytest.mark.parametrize("address", OWNED)
def test_what_is_alphas_is_not_there_for_the_other_supplier_or_the_stranger(
    cast: Cast, ada: Browsing, address: str
) -> None:
    for user, expected in ((cast.ada, 200), (cast.ben, 404), (cast.stranger, 404)):
        if address.startswith("/api/"):
            scope = TokenScope.INTAKE if address == STATUS else TokenScope.READ
            status = Client().get(address, headers=token_of(user, scope)).status_code
        else:
            status = Browsing.signed_in(user).get(address).status_code
        assert status == expected, user.email


@pytest.mark.parametrize("address", sorted(SUBMISSIONS))
def test_a_token_that_only_reads_submits_nothing(cast: Cast, address: str) -> None:
    response = Client().post(address, headers=token_of(cast.ada, TokenScope.READ))
    assert response.status_code == 403


@pytest.mark.parametrize("address", sorted(NOWHERE))
def test_an_address_that_only_others_begin_with_leads_nowhere(cast: Cast, address: str) -> None:
    headers = token_of(cast.ada, TokenScope.READ)
    assert Client().get(address, headers=headers).status_code == 404

"""How many calls are answered, for a token and for an address, and what a wrong name is told."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, override_settings

from firmtrack.accounts.kinds import TokenScope
from firmtrack.accounts.models import ApiToken
from firmtrack.accounts.parties import party_named
from firmtrack.accounts.tokens import create_token
from firmtrack.gateway import quotas
from tests.api.calling import Caller
from tests.api.world import Cast

_PATH = "/notices"


@pytest.fixture(autouse=True)
def few() -> Iterator[None]:
    """Have few calls answered: 3 by a token, 20 by an address, of which 2 with a wrong token."""
    quotas.TALLY.forget()
    environment = replace(settings.ENVIRONMENT, calls_per_token=3, calls_per_address=20)
    with override_settings(ENVIRONMENT=environment), pytest.MonkeyPatch.context() as patch:
        patch.setattr(quotas.TALLY, "clock", lambda: 1)  # however long the calls take
        yield
    quotas.TALLY.forget()


def described(api: Caller, token: str | None = None) -> Any:
    """Ask for the description of the API, which does not describe that."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return api.client.get("/api/v1/openapi.json", headers=headers)


def caller(address: str) -> Caller:
    return Caller(Client(enforce_csrf_checks=True, REMOTE_ADDR=address))


def test_each_answer_says_how_many_more_calls_there_will_be(api: Caller, told: Cast) -> None:
    answers = [api.get(_PATH, told.alpha.read) for _ in range(3)]
    assert [each.status for each in answers] == [200] * 3
    assert [each.left for each in answers] == ['"token";r=2;t=20', '"token";r=1;t=20',
                                               '"token";r=0;t=20']  # fmt: skip
    assert answers[0].headers["RateLimit-Policy"] == '"token";q=3;w=60'


def test_beyond_its_quota_a_token_is_refused_and_told_when_to_come_again(
    api: Caller, told: Cast
) -> None:
    for _ in range(3):
        api.get(_PATH, told.alpha.read)
    refused = api.get(_PATH, told.alpha.read)
    assert (refused.status, refused.json["code"]) == (429, "too_many_calls")
    assert refused.headers["Retry-After"] == "20"
    assert refused.left == '"token";r=0;t=20'
    assert refused.json["detail"].endswith(": 3 in 60 seconds. Try again in 20 seconds.")
    assert api.get(_PATH, told.bravo.read).status == 200


def test_a_token_has_one_quota_wherever_it_calls_from(told: Cast) -> None:
    addresses = ("10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:db8:1::1")
    statuses = [caller(address).get(_PATH, told.alpha.read).status for address in addresses]
    assert statuses == [200, 200, 200, 429]


def test_wrong_tokens_are_refused_but_good_ones_of_the_same_address_are_not(
    api: Caller, told: Cast
) -> None:
    answers = [api.get(_PATH, f"ft_{number}") for number in range(200)]
    assert [each.status for each in answers] == [401] * 2 + [429] * 198
    assert answers[1].headers["RateLimit-Policy"] == '"failures";q=2;w=60'
    assert answers[2].headers["Retry-After"] == "30"
    assert api.get(_PATH, told.alpha.read).status == 200
    fresh = create_token(party_named("Alpha"), TokenScope.READ, created_at=datetime.now(UTC))
    assert api.get(_PATH, fresh).status == 200
    assert described(api).status_code == 200


def test_a_token_that_is_revoked_counts_as_a_wrong_one(api: Caller, told: Cast) -> None:
    now = datetime.now(UTC)
    revoked = create_token(party_named("Alpha"), TokenScope.READ, created_at=now)
    ApiToken.objects.filter(ending=revoked[-4:]).update(revoked_at=now)
    assert api.get(_PATH, revoked).left == '"failures";r=1;t=30'


@pytest.mark.parametrize("token", [None, "ft_asked_for_by_nobody"])
def test_where_no_token_is_asked_for_the_address_counts(token: str | None) -> None:
    far, near = caller("10.0.0.1"), caller("10.0.0.2")
    statuses = [far.get("/nothing", token).status for _ in range(10)]
    statuses += [described(far, token).status_code for _ in range(11)]
    assert statuses == [404] * 10 + [200] * 10 + [429]
    assert described(near, token).status_code == 200


def test_calls_that_bring_no_token_count_too(api: Caller, told: Cast) -> None:
    statuses = [api.get(_PATH).status for _ in range(21)]
    assert statuses == [401] * 20 + [429]
    assert api.get(_PATH, told.alpha.read).status == 200


def test_without_limits_nothing_is_counted(api: Caller, told: Cast) -> None:
    environment = replace(settings.ENVIRONMENT, calls_per_token=None, calls_per_address=None)
    with override_settings(ENVIRONMENT=environment):
        answers = [api.get(_PATH, told.alpha.read) for _ in range(5)]
        answers += [api.get("/nothing") for _ in range(25)]
    assert {each.status for each in answers} == {200, 404}
    assert {each.left for each in answers} == {None}


def test_every_call_is_described_with_its_limits(api: Caller) -> None:
    for methods in api.document()["paths"].values():
        for operation in methods.values():
            for answer in operation["responses"].values():
                assert {"RateLimit", "RateLimit-Policy"} <= set(answer["headers"])
            assert "Retry-After" in operation["responses"]["429"]["headers"]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", '<b>"&', "é", ""])
def test_a_wrong_host_is_told_the_setting_and_nothing_else(
    told: Cast, caplog: pytest.LogCaptureFixture, host: str
) -> None:
    client = Client(HTTP_HOST=host) if host else Client(SERVER_NAME="a-server")
    for _ in range(3):
        refused = Caller(client).get(_PATH, told.alpha.read)
        assert (refused.status, refused.json["code"]) == (400, "unknown_host")
        assert refused.json["detail"].endswith("it is not among FIRMTRACK_ALLOWED_HOSTS.")
    assert len(caplog.messages) <= 1
    assert "Traceback" not in caplog.text

"""One-time codes: set up, asked for, good once, required by a party, removed."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import override_settings

from firmtrack.accounts.models import Party
from firmtrack.accounts.passwords import reset_totp
from firmtrack.accounts.sealing import unsealed
from firmtrack.web.models import SignInAttempt
from tests.pages.browsing import Browsing, page_of
from tests.pages.test_sessions import acts_of, is_let_in, signed_in
from tests.pages.world import LARGE_REQUEST, PASSWORD, UNDER_WAY, Cast

WRONG = "Enter the code that your app shows now, or a recovery code that you have not used"
ADD = "/account/second-factor/add"


@pytest.fixture(autouse=True)
def nobody_has_a_second_factor(cast: Cast) -> Iterator[None]:
    SignInAttempt.objects.all().delete()
    cache.clear()
    yield
    Authenticator.objects.all().delete()
    Party.objects.update(requires_totp=False)


@pytest.fixture
def required(cast: Cast) -> None:
    Party.objects.filter(name="Alpha Energy").update(requires_totp=True)


def code(secret: str, *, steps: int = 0) -> str:
    """Return what an app shows now, or so many half minutes later."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


def secret_on(browsing: Browsing) -> str:
    page = browsing.open(ADD)
    return page.one(".firmtrack-id").replace(" ", "")


def set_up(browsing: Browsing) -> tuple[str, list[str]]:
    """Set one-time codes up; return the secret, and the recovery codes."""
    secret = secret_on(browsing)
    answer = browsing.post(ADD, {"code": code(secret)})
    assert answer.headers["Location"] == "/account/recovery-codes"
    return secret, browsing.open("/account/recovery-codes").all(".firmtrack-codes li")


def with_password() -> Browsing:
    """Return somebody who has given Ada's password and not yet a code."""
    browsing = Browsing.of_nobody()
    sent = {"username": "ada@alpha.example", "password": PASSWORD, "next": "/notices"}
    answer = browsing.post("/sign-in", sent)
    assert answer.headers["Location"] == "/sign-in/code"
    return browsing


def give(browsing: Browsing, given: str) -> Any:
    return browsing.post("/sign-in/code", {"code": given})


def test_once_set_up_a_code_is_asked_for_after_the_password() -> None:
    secret, codes = set_up(signed_in())
    assert len(codes) == len(set(codes)) == 10
    ada = with_password()
    assert not is_let_in(ada)
    assert give(ada, code(secret, steps=1)).headers["Location"] == "/notices"
    assert is_let_in(ada)
    assert acts_of("totp_added")[-1][0] == "ada@alpha.example"
    assert acts_of("signed_in")[-1][3] == "password and one-time code, from 127.0.0.1"


def test_a_code_is_good_once_whoever_has_seen_it() -> None:
    secret, _ = set_up(signed_in())
    seen = code(secret, steps=1)
    assert give(with_password(), seen).status_code == 302
    for _ in range(2):
        page = page_of(give(with_password(), seen), "/sign-in/code")
        assert page.status == 400
        assert page.all(".govuk-error-summary a") == [WRONG]
    assert acts_of("sign_in_failed")[-1][3] == "one-time code"


def test_a_code_that_was_used_is_refused_for_as_long_as_an_app_may_show_it(cast: Cast) -> None:
    secret, _ = set_up(signed_in())
    seen = code(secret, steps=1)
    assert give(with_password(), seen).status_code == 302
    # django-allauth remembers it for half a minute, but it is good for longer.
    assert cache.delete(f"allauth.mfa.totp.used?user={cast.ada.pk}&code={seen}")
    assert give(with_password(), seen).status_code == 400


def test_the_code_of_setting_up_is_used_up() -> None:
    ada = signed_in()
    secret = secret_on(ada)
    first = code(secret)
    assert ada.post(ADD, {"code": first}).status_code == 302
    assert give(with_password(), first).status_code == 400


def test_codes_cannot_be_guessed() -> None:
    secret, _ = set_up(signed_in())
    anybody = with_password()
    given = [give(anybody, f"{number:06}").status_code for number in range(6)]
    assert given == [400] * 5 + [429]
    assert give(with_password(), code(secret, steps=1)).status_code == 429


def test_a_recovery_code_is_good_once_instead() -> None:
    _, codes = set_up(signed_in())
    assert give(with_password(), codes[3]).status_code == 302
    assert give(with_password(), codes[3]).status_code == 400
    assert give(with_password(), codes[4]).status_code == 302


def test_recovery_codes_are_shown_once_and_made_anew() -> None:
    ada = signed_in()
    _, first = set_up(ada)
    page = ada.open("/account/recovery-codes")
    assert not page.all(".firmtrack-codes li")
    assert "10 of your recovery codes are left" in ada.open("/account").text
    assert ada.post("/account/recovery-codes/new", {}).status_code == 302
    second = ada.open("/account/recovery-codes").all(".firmtrack-codes li")
    assert len(second) == 10
    assert not set(first) & set(second)
    assert give(with_password(), first[0]).status_code == 400


def test_secrets_are_stored_encrypted_even_before_they_count() -> None:
    ada = signed_in()
    secret = secret_on(ada)
    kept = Session.objects.get(session_key=ada.client.cookies["sessionid"].value).get_decoded()
    assert secret not in str(kept)
    assert ada.post(ADD, {"code": "000000"}).status_code == 400
    assert ada.post(ADD, {"code": code(secret)}).status_code == 302
    stored = {each.type: each.data for each in Authenticator.objects.all()}
    assert secret not in str(stored)
    assert unsealed(stored["totp"]["secret"]) == secret


def test_the_page_draws_the_secret_without_any_other_address() -> None:
    page = signed_in().open(ADD)
    (drawn,) = page.root.xpath("//svg/path/@d")
    assert re.fullmatch(r"[MHVzLhv0-9. ,-]+", drawn)
    assert not page.root.xpath("//img")


def test_a_secret_key_that_was_lost_lets_nobody_in_and_tells_nothing() -> None:
    secret, _ = set_up(signed_in())
    with override_settings(SECRET_KEY="another key, thirty-two characters long"):
        assert give(with_password(), code(secret, steps=1)).status_code == 400


def test_it_is_removed_by_who_does_not_need_it() -> None:
    ada = signed_in()
    set_up(ada)
    assert ada.get("/account/second-factor/remove").status_code == 200
    assert ada.post("/account/second-factor/remove", {}).headers["Location"] == "/account"
    assert not Authenticator.objects.exists(), "recovery codes alone are nothing"
    assert is_let_in(signed_in())
    assert acts_of("totp_removed")[-1][0] == "ada@alpha.example"


def test_who_sits_down_at_somebody_elses_browser_confirms_first() -> None:
    ada = signed_in()
    set_up(ada)
    session = ada.client.session
    for each in session["account_authentication_methods"]:
        each["at"] -= 3600
    session.save()
    for address in ("/account/second-factor/remove", "/account/recovery-codes/new"):
        answer = ada.client.post(address)
        assert answer.headers["Location"].startswith("/account/confirm?"), address
    assert Authenticator.objects.filter(type="totp").exists()
    page = ada.open("/account/recovery-codes/new")
    assert page.heading == "Confirm that it is you"
    wrong = ada.post("/account/confirm", {"password": "guess"})
    assert page_of(wrong, "/account/confirm").all(".govuk-error-summary a") == [
        "Enter your password"
    ]
    answer = ada.post("/account/confirm", {"password": PASSWORD, "next": "/account"})
    assert answer.headers["Location"] == "/account"
    assert ada.get("/account/recovery-codes/new").status_code == 200


PAGES = ["/firmware-distribution", "/account", "/notices", f"/service-requests/{LARGE_REQUEST}.csv"]


@pytest.mark.usefixtures("required")
@pytest.mark.parametrize("address", PAGES)
def test_where_a_party_requires_it_nothing_is_seen_before(ada: Browsing, address: str) -> None:
    answer = ada.get(address)
    assert (answer.status_code, answer.headers["Location"]) == (302, ADD)


@pytest.mark.usefixtures("required")
def test_a_page_that_was_open_when_it_was_required_is_loaded_again(ada: Browsing) -> None:
    headers = {"HX-Request": "true"}
    answer = ada.client.get(f"/devices/{UNDER_WAY}/status", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["HX-Refresh"] == "true"


@pytest.mark.usefixtures("required")
def test_nobody_of_another_party_is_led_anywhere(ben: Browsing) -> None:
    assert is_let_in(ben)


@pytest.mark.usefixtures("required")
def test_once_set_up_one_goes_on_and_cannot_remove_it() -> None:
    ada = signed_in()
    assert "requires" in ada.open(ADD).text
    set_up(ada)
    assert is_let_in(ada)
    ada.post("/account/second-factor/remove", {})
    assert Authenticator.objects.filter(type="totp").exists()
    assert "cannot be removed" in ada.open("/account/second-factor/remove").text


@pytest.mark.usefixtures("required")
def test_one_can_sign_out_without_it(ada: Browsing) -> None:
    assert ada.post("/sign-out", {}).headers["Location"] == "/sign-in"


@pytest.mark.usefixtures("required")
def test_an_operator_removes_what_was_lost_and_it_is_set_up_anew(cast: Cast) -> None:
    ada = signed_in()
    set_up(ada)
    assert reset_totp(cast.ada)
    assert not is_let_in(ada), "whoever has the lost app is out"
    assert not reset_totp(cast.ada)
    again = signed_in()
    assert again.get("/guidance").headers["Location"] == ADD


def test_a_sign_in_half_done_is_given_up_to_start_again() -> None:
    set_up(signed_in())
    anybody = with_password()
    assert anybody.get("/sign-in").headers["Location"] == "/sign-in/code"
    assert anybody.post("/sign-out", {}).headers["Location"] == "/sign-in"
    assert anybody.open("/sign-in").heading == "Sign in to Firmtrack"
    assert anybody.get("/sign-in/code").headers["Location"] == "/sign-in"


def test_who_is_disabled_between_password_and_code_is_not_let_in(cast: Cast) -> None:
    secret, _ = set_up(signed_in())
    anybody = with_password()
    type(cast.ada).objects.filter(pk=cast.ada.pk).update(is_active=False)
    try:
        assert give(anybody, code(secret, steps=1)).headers["Location"] == "/sign-in"
        assert not is_let_in(anybody)
    finally:
        type(cast.ada).objects.filter(pk=cast.ada.pk).update(is_active=True)

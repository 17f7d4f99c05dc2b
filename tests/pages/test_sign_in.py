from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from firmtrack.web import attempts
from firmtrack.web.models import SignInAttempt
from tests.pages.browsing import Browsing, page_of
from tests.pages.world import PASSWORD, VERIFIED, Cast

FAILURE = "Email address or password is incorrect"
NOW = datetime(2026, 11, 14, 9, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nobody_has_tried(cast: Cast) -> None:
    SignInAttempt.objects.all().delete()


def test_the_page_asks_for_e_mail_address_and_password(anybody: Browsing) -> None:
    page = anybody.open("/sign-in")
    assert page.status == 200
    assert page.title == "Sign in"
    assert page.heading == "Sign in to Firmtrack"
    assert page.all("label") == ["Email address", "Password"]
    assert page.root.xpath("//input/@autocomplete") == ["username", "current-password"]


@pytest.mark.parametrize("email", ["ada@alpha.example", " Ada@Alpha.Example "])
def test_ada_signs_in_and_out(anybody: Browsing, email: str) -> None:
    response = anybody.post("/sign-in", {"username": email, "password": PASSWORD})
    assert response.headers["Location"] == "/firmware-distribution"
    page = anybody.open("/firmware-distribution")
    assert page.one(".firmtrack-bar__account--bar span") == "ada@alpha.example, Alpha Energy"
    left = anybody.post("/sign-out", {})
    assert left.headers["Location"] == "/sign-in"
    assert anybody.get("/firmware-distribution").status_code == 302


def test_signing_in_leads_on_to_the_page_that_was_asked_for(anybody: Browsing) -> None:
    asked = anybody.open(f"/devices/{VERIFIED}")
    assert asked.root.xpath("//input[@name='next']/@value") == [f"/devices/{VERIFIED}"]
    response = anybody.post(
        "/sign-in",
        {"username": "ada@alpha.example", "password": PASSWORD, "next": f"/devices/{VERIFIED}"},
    )
    assert response.headers["Location"] == f"/devices/{VERIFIED}"


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org", "javascript:x"])
def test_signing_in_never_leads_to_another_site(anybody: Browsing, elsewhere: str) -> None:
    response = anybody.post(
        "/sign-in",
        {"username": "ada@alpha.example", "password": PASSWORD, "next": elsewhere},
    )
    assert response.headers["Location"] == "/firmware-distribution"


def test_who_has_signed_in_is_led_on(ada: Browsing) -> None:
    assert ada.get("/sign-in").headers["Location"] == "/firmware-distribution"


@pytest.mark.parametrize("email", ["ada@alpha.example", "nobody@alpha.example"])
def test_a_failure_does_not_tell_whether_the_account_exists(anybody: Browsing, email: str) -> None:
    page = page_of(anybody.post("/sign-in", {"username": email, "password": "guess"}), "/sign-in")
    assert page.status == 400
    assert page.title == "Error: Sign in"
    assert page.all(".govuk-error-summary a") == [FAILURE]
    (field,) = page.elements("#email")
    assert field.get("value") == email
    assert "guess" not in page.text


@pytest.mark.parametrize(
    ("sent", "sentences"),
    [
        ({}, ["Enter your email address", "Enter your password"]),
        (
            {"username": "ada", "password": "x"},
            ["Enter an email address in the correct form, like name@example.com"],
        ),
    ],
)
def test_what_is_missing_or_malformed_is_asked_for(
    anybody: Browsing, sent: dict[str, str], sentences: list[str]
) -> None:
    page = page_of(anybody.post("/sign-in", sent), "/sign-in")
    assert page.status == 400
    assert page.all(".govuk-error-summary a") == sentences


def test_after_five_failures_even_the_right_password_must_wait(anybody: Browsing) -> None:
    wrong = {"username": "ada@alpha.example", "password": "guess"}
    assert [anybody.post("/sign-in", wrong).status_code for _ in range(6)] == [400] * 5 + [429]
    right = {"username": "ada@alpha.example", "password": PASSWORD}
    page = page_of(anybody.post("/sign-in", right), "/sign-in")
    assert page.status == 429
    assert page.all(".govuk-error-summary a") == [
        "You have tried to sign in too many times. Wait 15 minutes, then try again"
    ]
    assert anybody.get("/firmware-distribution").status_code == 302


def test_an_account_that_does_not_exist_is_slowed_alike(anybody: Browsing) -> None:
    wrong = {"username": "nobody@alpha.example", "password": "guess"}
    assert [anybody.post("/sign-in", wrong).status_code for _ in range(6)] == [400] * 5 + [429]


def test_who_mistypes_now_and_then_is_never_shut_out(anybody: Browsing) -> None:
    for _ in range(3):
        for _ in range(4):
            anybody.post("/sign-in", {"username": "ada@alpha.example", "password": "guess"})
        right = {"username": "ada@alpha.example", "password": PASSWORD}
        assert anybody.post("/sign-in", right).status_code == 302
        anybody.post("/sign-out", {})
        anybody.client.cookies.clear()


def test_failures_at_one_account_leave_the_others_alone(anybody: Browsing) -> None:
    for _ in range(6):
        anybody.post("/sign-in", {"username": "ada@alpha.example", "password": "guess"})
    response = anybody.post("/sign-in", {"username": "ben@bravo.example", "password": PASSWORD})
    assert response.status_code == 302


def test_waiting_helps_and_what_was_refused_does_not_count(cast: Cast) -> None:
    guess = attempts.guess_of("ada@alpha.example", "192.0.2.1")
    for _ in range(5):
        assert attempts.may_try(guess, NOW)
        attempts.record(guess, NOW)
    assert not attempts.may_try(guess, NOW + timedelta(minutes=14, seconds=59))
    assert attempts.may_try(guess, NOW + timedelta(minutes=15))


def test_an_account_is_guarded_against_many_addresses(cast: Cast) -> None:
    guesses = [attempts.guess_of("ada@alpha.example", f"192.0.2.{n}") for n in range(21)]
    for guess in guesses[:20]:
        assert attempts.may_try(guess, NOW)
        attempts.record(guess, NOW)
    assert not attempts.may_try(guesses[20], NOW)


def test_an_address_may_not_try_one_password_on_every_account(cast: Cast) -> None:
    for number in range(200):
        attempts.record(attempts.guess_of(f"{number}@alpha.example", "192.0.2.1"), NOW)
    assert not attempts.may_try(attempts.guess_of("ada@alpha.example", "192.0.2.1"), NOW)
    assert attempts.may_try(attempts.guess_of("ada@alpha.example", "192.0.2.2"), NOW)


def test_who_guesses_from_a_shared_address_shuts_out_nobody_from_their_own_browser(
    anybody: Browsing,
) -> None:
    right = {"username": "ada@alpha.example", "password": PASSWORD}
    anybody.post("/sign-in", right)
    anybody.post("/sign-out", {})
    for number in range(200):
        attempts.record(attempts.guess_of(f"{number}@x.example", "127.0.0.1"), timezone.now())
    assert Browsing.of_nobody().post("/sign-in", right).status_code == 429
    bens = {"username": "ben@bravo.example", "password": PASSWORD}
    assert anybody.post("/sign-in", bens).status_code == 429, "it is not Ben's browser"
    assert anybody.post("/sign-in", right).status_code == 302


def test_nor_does_who_guesses_at_the_account_from_everywhere(cast: Cast) -> None:
    cookie = attempts.cookie_of("Ada@alpha.example")
    for number in range(20):
        attempts.record(attempts.guess_of("ada@alpha.example", f"192.0.2.{number}"), NOW)
    here = attempts.guess_of("ada@alpha.example", "198.51.100.1", cookie)
    assert not attempts.may_try(attempts.guess_of("ada@alpha.example", "198.51.100.1"), NOW)
    for _ in range(5):
        assert attempts.may_try(here, NOW)
        attempts.record(here, NOW)
    assert not attempts.may_try(here, NOW), "whoever stole the cookie guesses no faster"


@pytest.mark.parametrize("cookie", ["", "x", "x:y:z", "[]", attempts.COOKIE * 100])
def test_a_cookie_that_is_not_ours_is_none(cast: Cast, cookie: str) -> None:
    assert attempts.guess_of("ada@alpha.example", "192.0.2.1", cookie).browser == ""


def test_signing_in_forgives_and_old_attempts_are_forgotten(cast: Cast) -> None:
    guess = attempts.guess_of("ada@alpha.example", "192.0.2.1")
    attempts.record(guess, NOW)
    attempts.forgive(guess)
    assert not SignInAttempt.objects.exists()
    attempts.record(guess, NOW)
    attempts.record(guess, NOW + timedelta(hours=1))
    assert SignInAttempt.objects.count() == 1


def test_what_was_typed_as_the_account_is_not_stored(anybody: Browsing) -> None:
    anybody.post("/sign-in", {"username": "my.secret@password.example", "password": "x"})
    (attempt,) = SignInAttempt.objects.all()
    assert "secret" not in str(vars(attempt))


def test_signing_out_needs_a_form(ada: Browsing) -> None:
    assert ada.get("/sign-out").status_code == 405
    assert ada.get("/firmware-distribution").status_code == 200

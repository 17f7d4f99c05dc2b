"""Passwords: changed, forgotten, and chosen by who was invited."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.test import override_settings
from django.utils import timezone

from firmtrack.accounts.models import User
from firmtrack.accounts.passwords import set_password
from firmtrack.environment import MailServer
from firmtrack.web import mail as our_mail
from firmtrack.web.invitations import INVITATIONS, RESETS, LinkTokens, invite, link_parts
from firmtrack.web.models import SignInAttempt
from tests.pages.browsing import Browsing, page_of
from tests.pages.test_sessions import acts_of, is_let_in, signed_in
from tests.pages.world import PASSWORD, Cast

OTHER = "a shorter way to the hub"
_SERVER = MailServer(host="mail.example", port=25, user="", password="", is_secure=False)


@pytest.fixture(autouse=True)
def as_it_was(cast: Cast) -> Iterator[None]:
    SignInAttempt.objects.all().delete()
    cache.clear()
    yield
    set_password(cast.ada, PASSWORD)


@pytest.fixture
def mails() -> Iterator[list[Any]]:
    """The mails that were sent, by a server that takes mail."""
    with override_settings(
        ENVIRONMENT=replace(settings.ENVIRONMENT, mail_server=_SERVER),
        EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
    ):
        mail.outbox = []
        yield mail.outbox


def sent(mails: list[Any]) -> list[Any]:
    """Return the mails once those that wait are sent."""
    our_mail._sender().submit(lambda: None).result()
    return mails


def link_in(text: str) -> str:
    found = re.search(r"http://localhost(\S+)", text)
    assert found is not None
    return found[1]


def choose(browsing: Browsing, link: str, password: str = OTHER) -> Any:
    led_on = browsing.get(link)
    assert led_on.status_code == 302, "the address with the secret is left at once"
    return browsing.post(led_on.headers["Location"], {"password1": password, "password2": password})


def can_sign_in(password: str, email: str = "ada@alpha.example") -> bool:
    SignInAttempt.objects.all().delete()
    sent = {"username": email, "password": password}
    return bool(Browsing.of_nobody().post("/sign-in", sent).status_code == 302)


def test_one_changes_ones_password_and_is_signed_out_everywhere_else() -> None:
    here, there = signed_in(), signed_in()
    new = {"oldpassword": PASSWORD, "password1": OTHER, "password2": OTHER}
    assert here.post("/account/password", new).headers["Location"] == "/account"
    page = here.open("/account")
    assert "Your password was changed" in page.text
    assert [row[-1] for row in page.rows()] == ["This is here"]
    assert not is_let_in(there)
    assert can_sign_in(OTHER)
    assert not can_sign_in(PASSWORD)
    assert acts_of("password_changed")[-1][0] == "ada@alpha.example"


@pytest.mark.parametrize(
    ("entered", "sentences"),
    [
        (
            {},
            ["Enter your current password", "Enter a new password", "Enter the new password again"],
        ),
        (
            {"oldpassword": "guess", "password1": OTHER, "password2": OTHER},
            ["Enter your current password"],
        ),
        (
            {"oldpassword": PASSWORD, "password1": OTHER, "password2": f"{OTHER} "},
            ["Enter the same password in both fields"],
        ),
        (
            {"oldpassword": PASSWORD, "password1": "short", "password2": "short"},
            ["This password is too short. It must contain at least 12 characters."],
        ),
    ],
)
def test_a_password_that_cannot_be_is_said_to_be_so(
    ada: Browsing, entered: dict[str, str], sentences: list[str]
) -> None:
    page = page_of(ada.post("/account/password", entered), "/account/password")
    assert page.status == 400
    assert page.all(".govuk-error-summary a") == sentences
    assert can_sign_in(PASSWORD)


def test_without_a_mail_server_nobody_is_told_of_links(anybody: Browsing) -> None:
    assert anybody.get("/password/forgotten").status_code == 404
    assert "forgotten" not in anybody.open("/sign-in").text


def test_a_forgotten_password_is_chosen_anew_once_by_a_link(
    anybody: Browsing, mails: list[Any]
) -> None:
    elsewhere = signed_in()
    assert "I have forgotten my password" in anybody.open("/sign-in").links()
    answer = anybody.post("/password/forgotten", {"email": "Ada@alpha.example"})
    assert answer.headers["Location"] == "/password/sent"
    (told,) = sent(mails)
    assert told.to == ["ada@alpha.example"]
    link = link_in(told.body)
    assert choose(anybody, link).headers["Location"] == "/password/chosen"
    assert not is_let_in(elsewhere)
    assert can_sign_in(OTHER)
    page = Browsing.of_nobody().open(link)
    assert (page.status, page.heading) == (404, "The link is not good any more")
    assert acts_of("password_reset_asked")[-1][0] == "ada@alpha.example"


@pytest.mark.parametrize("email", ["nobody@alpha.example", "ben@bravo.example"])
def test_the_answer_is_the_same_whether_there_is_an_account(
    anybody: Browsing, mails: list[Any], cast: Cast, email: str
) -> None:
    User.objects.filter(pk=cast.ben.pk).update(is_active=False)
    try:
        for each in (email, "ada@alpha.example"):
            answer = anybody.post("/password/forgotten", {"email": each})
            assert answer.headers["Location"] == "/password/sent"
        assert [told.to for told in sent(mails)] == [["ada@alpha.example"]]
    finally:
        User.objects.filter(pk=cast.ben.pk).update(is_active=True)


def test_mail_that_is_not_taken_is_told_in_the_log_but_not_whose_it_was(
    anybody: Browsing, mails: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    backend = "django.core.mail.backends.smtp.EmailBackend"
    with override_settings(EMAIL_BACKEND=backend, EMAIL_HOST="127.0.0.1", EMAIL_PORT=9):
        answer = anybody.post("/password/forgotten", {"email": "ada@alpha.example"})
        sent(mails)
    assert answer.headers["Location"] == "/password/sent"
    assert "A mail about an account was not taken" in caplog.text
    assert "ada@" not in caplog.text


def test_nobody_is_flooded_with_links(anybody: Browsing, mails: list[Any]) -> None:
    asked = [
        anybody.post("/password/forgotten", {"email": "ada@alpha.example"}).status_code
        for _ in range(4)
    ]
    assert asked == [302, 302, 302, 429]
    assert len(sent(mails)) == 3


def test_who_comes_from_a_provider_alone_is_sent_no_link(
    anybody: Browsing, mails: list[Any], cast: Cast
) -> None:
    cast.ada.set_unusable_password()
    cast.ada.save()
    anybody.post("/password/forgotten", {"email": "ada@alpha.example"})
    assert sent(mails) == []


def test_who_is_invited_chooses_a_password_and_signs_in(
    anybody: Browsing, mails: list[Any], cast: Cast
) -> None:
    user = User.objects.create(
        email="new@alpha.example", party=cast.ada.party, role="viewer", invited_at=timezone.now()
    )
    try:
        link = invite("http://localhost/", user)
        (told,) = sent(mails)
        assert link_in(told.body) == link_in(link)
        page = page_of(anybody.client.get(link_in(link), follow=True), link)
        assert page.heading == "Choose a password"
        assert choose(anybody, link_in(link)).status_code == 302
        assert can_sign_in(OTHER, "new@alpha.example")
        assert Browsing.of_nobody().get(link_in(link)).status_code == 404
    finally:
        user.delete()


def test_a_later_invitation_ends_the_one_before_and_disabling_ends_both(cast: Cast) -> None:
    user = User(
        pk=10**6, email="new@alpha.example", party=cast.ada.party, invited_at=timezone.now()
    )
    first = INVITATIONS.make_token(user)
    assert INVITATIONS.check_token(user, first)
    user.invited_at = timezone.now()
    assert not INVITATIONS.check_token(user, first)
    second = INVITATIONS.make_token(user)
    user.is_active = False
    assert not INVITATIONS.check_token(user, second)


class _Later(LinkTokens):
    """The same tokens, some time later."""

    later = timedelta()

    def _now(self) -> Any:
        return super()._now() + self.later


@pytest.mark.parametrize(
    ("name", "lasts"), [("invitation", timedelta(days=7)), ("reset", timedelta(days=1))]
)
def test_a_link_ends_in_time(cast: Cast, name: str, lasts: timedelta) -> None:
    tokens = {"invitation": INVITATIONS, "reset": RESETS}[name]
    key = link_parts(cast.ada, tokens)["key"]
    later = _Later(name, lasts)
    later.later = lasts - timedelta(minutes=1)
    assert later.check_token(cast.ada, key)
    later.later = lasts + timedelta(minutes=1)
    assert not later.check_token(cast.ada, key)


@pytest.mark.parametrize("parts", ["1/x", "zzzzzzzzzzzzzz/x-y", "1/set-password", "-/-", "1/%00"])
def test_what_is_no_link_is_said_to_be_none(anybody: Browsing, parts: str) -> None:
    page = anybody.open(f"/password/choose/{parts}")
    assert (page.status, page.heading) == (404, "The link is not good any more")


def test_one_persons_link_is_nobody_elses(anybody: Browsing, cast: Cast) -> None:
    key = link_parts(cast.ada, RESETS)["key"]
    theirs = link_parts(cast.ben, RESETS)["uidb36"]
    assert anybody.get(f"/password/choose/{theirs}/{key}").status_code == 404

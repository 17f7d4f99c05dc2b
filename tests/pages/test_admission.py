"""What a visitor is told who asks too often, by a wrong name, or with a form that is not ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from django.conf import settings
from django.test import Client, override_settings

from firmtrack.gateway import quotas
from firmtrack.web.assets import asset_url
from tests.pages.browsing import Browsing, content_of, page_of


@contextmanager
def answered(calls: int | None) -> Iterator[None]:
    """Have so many pages answered for an address within the block."""
    quotas.TALLY.forget()
    environment = replace(settings.ENVIRONMENT, calls_per_address=calls)
    with override_settings(ENVIRONMENT=environment), pytest.MonkeyPatch.context() as patch:
        patch.setattr(quotas.TALLY, "clock", lambda: 1)  # however long the pages take
        yield
    quotas.TALLY.forget()


def test_who_asks_for_too_many_pages_is_told_when_to_come_again(
    ada: Browsing, ben: Browsing
) -> None:
    with answered(2):
        assert [ada.get("/guidance").status_code for _ in range(2)] == [200, 200]
        refused = ada.get("/guidance")
        page = page_of(refused, "/guidance")
        assert (page.status, page.title, page.heading) == (429, *["Too many pages"] * 2)
        assert "Try again in 30 seconds." in page.text
        assert refused.headers["Retry-After"] == "30"
        assert refused.headers["RateLimit"] == '"address";r=0;t=30'
        assert refused.headers["RateLimit-Policy"] == '"address";q=2;w=60'
        assert refused.headers["X-Frame-Options"] == "DENY"
        assert ben.get("/guidance").status_code == 429  # at the same address
        assert Client(REMOTE_ADDR="10.0.0.9").get("/sign-in").status_code == 200
        assert content_of(ada.get(asset_url("firmtrack.css")))
        assert Client().get("/api/v1/openapi.json").status_code == 429


def test_what_is_static_does_not_count(ada: Browsing) -> None:
    with answered(1):
        for _ in range(5):
            assert content_of(ada.get(asset_url("firmtrack.css")))
        assert ada.get("/guidance").status_code == 200


def test_without_a_limit_no_page_is_counted(ada: Browsing) -> None:
    with answered(None):
        for _ in range(5):
            assert "RateLimit" not in ada.get("/guidance").headers


@pytest.mark.parametrize(
    "host", ["evil.pages.example", "<script>alert(1)</script>", "é.pages.example"]
)
def test_a_wrong_name_is_told_the_setting_escaped_and_logged_at_most_once(
    caplog: pytest.LogCaptureFixture, host: str
) -> None:
    for _ in range(3):
        response = Client(HTTP_HOST=host).get("/sign-in")
        page = page_of(response, "/sign-in")
        assert (page.status, page.heading) == (400, "This host name is not allowed")
        assert page.all("main p")[0] == (
            f"Firmtrack does not answer to {host!a}: it is not among FIRMTRACK_ALLOWED_HOSTS."
        )
        assert b"<script>" not in response.content
    # Not at all, if other tests of this process have used up what is told in an hour.
    assert len([line for line in caplog.messages if ascii(host) in line]) <= 1
    assert "Traceback" not in caplog.text


def test_a_form_of_an_https_page_that_came_by_http_names_what_is_missing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """As all forms do behind a proxy that is not named."""
    client = Client(enforce_csrf_checks=True)
    for _ in range(2):
        headers = {"Origin": "https://testserver"}
        response = client.post("/sign-in", {"username": "x"}, headers=headers)
        page = page_of(response, "/sign-in")
        assert (page.status, page.heading) == (403, "The form could not be sent")
        assert "FIRMTRACK_TRUSTED_PROXIES" in page.text
    (line,) = (each for each in caplog.messages if "FIRMTRACK_TRUSTED_PROXIES" in each)
    assert line.startswith("A form of an https page was refused, since it came here by http.")


@pytest.mark.parametrize("origin", ["http://evil.example", "https://[", "null"])
def test_any_other_form_that_is_not_ours_is_refused_in_plain_words(origin: str) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/sign-in", {"username": "x"}, headers={"Origin": origin})
    page = page_of(response, "/sign-in")
    assert (page.status, page.heading) == (403, "The form could not be sent")
    assert "FIRMTRACK_TRUSTED_PROXIES" not in page.text

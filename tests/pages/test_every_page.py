"""What holds for every page: its headers, what it loads, and how it fails."""

import gzip
import re

import pytest
from django.test import Client

from firmtrack.store import database
from firmtrack.store.embedded import EmbeddedPostgres
from firmtrack.web.assets import asset_url
from firmtrack.web.models import SignInAttempt
from tests.pages.browsing import Browsing, content_of, page_of
from tests.pages.causes import Q4
from tests.pages.conftest import Told
from tests.pages.world import (
    ALPHAS_MESSAGE,
    LARGE_REQUEST,
    PASSWORD,
    UNKNOWN_DEVICE,
    UNKNOWN_MESSAGE,
    VERIFIED,
)

PAGES = [
    "/sign-in",
    "/account",
    "/account/password",
    "/account/second-factor/add",
    "/sign-in/organisation",
    "/password/choose/1/a-key",
    "/firmware-distribution",
    "/firmware-distribution?search_by=device_id&search_term=x",
    "/firmware-distribution?since=30",
    "/service-requests",
    "/service-requests?state=x",
    f"/service-requests/{LARGE_REQUEST}",
    f"/devices/{VERIFIED}",
    f"/inventory/{VERIFIED}",
    f"/messages/{ALPHAS_MESSAGE}",
    f"/messages/{UNKNOWN_MESSAGE}",
    "/delivery-performance",
    "/causes",
    f"/causes/{Q4.cause_id}",
    "/guidance",
    "/guidance/reasons",
    f"/devices/{UNKNOWN_DEVICE}",
    "/notices",
    "/notices/endpoints/new",
    "/watching",
    "/people",
    "/people/invite",
    "/tokens",
    "/tokens/new",
    "/audit",
    "/no-such-page",
]
POLICY = {
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "connect-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}


@pytest.fixture(scope="module")
def told(told_causes: Told) -> Told:
    """The world in which failures have something in common, too."""
    return told_causes


@pytest.mark.parametrize("address", PAGES)
def test_a_page_asks_the_browser_to_trust_little_and_keep_nothing(
    ada: Browsing, address: str
) -> None:
    headers = ada.get(address).headers
    assert set(headers["Content-Security-Policy"].split("; ")) == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "geolocation=()" in headers["Permissions-Policy"]
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("address", PAGES)
def test_head_is_answered_as_get_is_but_for_the_body(ada: Browsing, address: str) -> None:
    got, asked = ada.get(address), ada.client.head(address)
    assert (asked.status_code, asked.content) == (got.status_code, b"")
    assert set(asked.headers) == set(got.headers)
    assert asked.headers["Content-Type"] == got.headers["Content-Type"]


def test_a_file_download_is_not_kept_either(ada: Browsing) -> None:
    response = ada.get(f"/service-requests/{LARGE_REQUEST}.csv")
    assert response.headers["Cache-Control"] == "no-store"
    assert content_of(response)


@pytest.mark.parametrize("address", PAGES)
def test_a_page_begins_with_a_way_past_its_header(ada: Browsing, address: str) -> None:
    page = ada.open(address)
    first = page.elements("a")[0]
    assert first.text_content() == "Skip to main content"
    assert first.get("href") == "#main-content"
    assert len(page.elements("main")) == 1


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("firmtrack.css", 'text/css; charset="utf-8"'),
        ("firmtrack.js", 'text/javascript; charset="utf-8"'),
        ("govuk-frontend.min.js", 'text/javascript; charset="utf-8"'),
        ("favicon.svg", "image/svg+xml"),
        ("files/source-sans-3-latin-wght-normal.woff2", "font/woff2"),
        ("source-fonts.txt", 'text/plain; charset="utf-8"'),
    ],
)
def test_what_a_page_loads_may_be_kept_for_ever(
    anybody: Browsing, name: str, media_type: str
) -> None:
    response = anybody.get(asset_url(name))
    assert response.status_code == 200
    assert response.headers["Content-Type"] == media_type
    assert response.headers["Cache-Control"] == "max-age=315360000, public, immutable"
    assert content_of(response)


def test_the_stylesheet_is_sent_compressed_and_holds_no_crown_copyright_font(
    anybody: Browsing,
) -> None:
    response = anybody.client.get(asset_url("firmtrack.css"), headers={"Accept-Encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip"
    plain = gzip.decompress(content_of(response))
    assert b"GDS Transport" not in plain


def test_all_that_the_stylesheet_loads_are_fonts_that_come_with_it(anybody: Browsing) -> None:
    plain = content_of(anybody.get(asset_url("firmtrack.css"))).decode()
    faces = re.findall(r"@font-face{([^}]*)}", plain)
    files = re.findall(r"url\(\./(files/[^)]*)\)", plain)
    assert len(files) == len(faces) == plain.count("url(")
    assert all("font-display:swap" in face for face in faces)
    for name in files:
        response = anybody.get(asset_url(name))
        assert response.status_code == 200
        assert content_of(response).startswith(b"wOF2")


def test_a_page_asks_at_once_for_the_font_of_its_text(ada: Browsing) -> None:
    page = ada.open("/guidance")
    (address,) = page.root.xpath("//link[@rel='preload'][@as='font']/@href")
    assert content_of(ada.get(address)).startswith(b"wOF2")


def test_an_address_that_leads_nowhere_says_so(ada: Browsing, anybody: Browsing) -> None:
    for browsing in (ada, anybody):
        page = browsing.open("/no-such-page")
        assert page.status == 404
        assert page.heading == page.title == "Page not found"


def test_a_form_from_elsewhere_is_refused(cast: object) -> None:
    SignInAttempt.objects.all().delete()
    client = Client(enforce_csrf_checks=True, SERVER_NAME="localhost")
    sent = {"username": "ada@alpha.example", "password": PASSWORD}
    page = page_of(client.post("/sign-in", sent), "/sign-in")
    assert page.status == 403
    assert page.heading == page.title == "The form could not be sent"


def test_a_proxy_that_ends_tls_makes_the_forms_work_and_the_cookies_secure(cast: object) -> None:
    SignInAttempt.objects.all().delete()
    client = Client(enforce_csrf_checks=True, SERVER_NAME="localhost")
    by_proxy = {"Host": "localhost", "Origin": "https://localhost"}
    client.get("/sign-in", headers=by_proxy, secure=True)  # as the gateway has it of the proxy
    sent = {
        "username": "ada@alpha.example",
        "password": PASSWORD,
        "csrfmiddlewaretoken": client.cookies["csrftoken"].value,
    }
    assert client.post("/sign-in", sent, headers=by_proxy, secure=True).status_code == 302
    assert all(cookie["secure"] for cookie in client.cookies.values())


def test_without_a_database_a_page_says_that_it_is_away_and_nothing_of_it(
    ada: Browsing, caplog: pytest.LogCaptureFixture
) -> None:
    database.use("host=/nowhere dbname=the-secret-name")
    ada.client.raise_request_exception = False
    page = ada.open("/firmware-distribution")
    assert page.status == 503
    assert page.headers["Retry-After"] == "2"
    assert page.heading == page.title == "This page is not available for the moment"
    assert "secret" not in page.text
    assert "A page: the database failed" in caplog.text
    assert "/firmware-distribution" not in caplog.text


def test_a_fault_of_our_own_shows_no_more_than_that_it_is_one(
    ada: Browsing, caplog: pytest.LogCaptureFixture, postgres: EmbeddedPostgres
) -> None:
    database.use(postgres.conninfo("postgres"))  # which has none of our tables
    ada.client.raise_request_exception = False
    page = ada.open("/firmware-distribution")
    assert page.status == 500
    assert page.heading == page.title == "Something went wrong"
    assert "django_session" not in page.text
    assert "Internal Server Error" in caplog.text


@pytest.mark.parametrize("address", PAGES[6:13])
def test_a_page_cannot_be_written_to(ada: Browsing, address: str) -> None:
    assert ada.client.post(address).status_code == 405
    assert ada.client.delete(address).status_code == 405

"""Every page, to axe, to a narrow screen, and by the fonts that it is drawn with."""

from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import resolve
from playwright.sync_api import expect

from firmtrack.web.guidance import TOPICS
from firmtrack.web.urls import urlpatterns
from tests.journeys.fonts import fonts_of_the_machine
from tests.journeys.narrow_screen import assert_fits
from tests.journeys.visitor import Visitor
from tests.pages.activations import LOST, MOVED, MOVED_REQUEST, NOT_DISTRIBUTED, RUNNING
from tests.pages.causes import AGAIN, NORTH, Q4
from tests.pages.world import (
    ALPHAS_MESSAGE,
    COMMS_HUB,
    DISCARDED,
    LARGE_REQUEST,
    PPMID,
    REFUSED_REQUEST,
    STUB_REQUEST,
    UNDER_WAY,
    UNKNOWN_DEVICE,
    UNKNOWN_MESSAGE,
    VERIFIED,
)

UNKNOWN_ADDRESS = "/no-such-page"
SIGNED_IN = [
    "/firmware-distribution",
    "/firmware-distribution?since=30",
    "/firmware-distribution?search_term=",
    "/service-requests",
    "/service-requests?state=ended&firmware_version=FF",
    "/service-requests?submitted_from=x&state=x",
    f"/firmware-distribution?search_by=device_id&search_term={LARGE_REQUEST}",
    f"/service-requests/{LARGE_REQUEST}",
    f"/service-requests/{LARGE_REQUEST}?completion_status=failed",
    f"/service-requests/{LARGE_REQUEST}?completion_status=failed&current_status=accepted",
    f"/service-requests/{LARGE_REQUEST}?completion_status=nonsense",
    f"/service-requests/{LARGE_REQUEST}?reason=N61",
    f"/service-requests/{LARGE_REQUEST}?reason=nobody",
    f"/service-requests/{REFUSED_REQUEST}",
    f"/service-requests/{STUB_REQUEST}",
    f"/service-requests/{MOVED_REQUEST}",
    f"/devices/{VERIFIED}",
    f"/devices/{DISCARDED}",
    f"/devices/{UNDER_WAY}",
    f"/devices/{PPMID}",
    f"/devices/{COMMS_HUB}",
    f"/devices/{RUNNING}",
    f"/devices/{LOST}",
    f"/devices/{NOT_DISTRIBUTED}",
    f"/devices/{UNKNOWN_DEVICE}",
    f"/devices/{VERIFIED}/events",
    f"/inventory/{VERIFIED}",
    f"/messages/{ALPHAS_MESSAGE}",
    f"/messages/{UNKNOWN_MESSAGE}",
    f"/inventory/{UNDER_WAY}",
    f"/inventory/{COMMS_HUB}",
    f"/inventory/{LOST}",
    f"/inventory/{MOVED}",
    "/guidance",
    *(f"/guidance/{topic}" for topic in TOPICS),
    "/delivery-performance",
    "/delivery-performance?submitted_from=x",
    "/causes",
    "/causes?since=x",
    f"/causes?service_request_id={AGAIN}",
    f"/causes/{Q4.cause_id}",
    f"/causes/{NORTH.cause_id}",
    "/notices",
    "/notices/endpoints/new",
    "/watching",
    "/people",
    "/people/invite",
    "/people/1",
    "/people/1/disable",
    "/people/1/enable",
    "/tokens",
    "/tokens/new",
    "/audit",
    "/audit?day=x",
    "/account",
    "/account/password",
    UNKNOWN_ADDRESS,
]
# Looked at where a journey comes to them.
BY_A_JOURNEY = {"sign-in", "account_login", "endpoint", "endpoint-topics", "remove-endpoint"}
BY_A_JOURNEY |= {"revoke-token"}
BY_A_JOURNEY |= {
    "revoke-token",
    "mfa_authenticate",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_reauthenticate",
    "account_reauthenticate",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "organisation",
    "provider",
    "openid_connect_callback",
}
NO_PAGES = {
    "account_logout",
    "mfa_index",
    "provider-begin",
    "start",
    "sign-out",
    "service-request-csv",
    "service-request-xlsx",
    "cause-devices-xlsx",
    "service-request-status",
    "device-status",
    "delivery-performance-csv",
    "audit-csv",
    "message-body",
    "cause-devices",
    "cause-device-list",
}
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


def test_no_page_is_left_out() -> None:
    known = [urlsplit(each).path for each in SIGNED_IN if each != UNKNOWN_ADDRESS]
    looked_at = {resolve(path).url_name for path in known} | BY_A_JOURNEY
    assert looked_at == {pattern.name for pattern in urlpatterns} - NO_PAGES


def assert_anybody_can_use(visitor: Visitor) -> None:
    """Fail if axe finds something, wide or narrow, or if the page is wider than a narrow screen."""
    assert_axe_finds_nothing(visitor)
    assert_fits(visitor.page)
    assert_axe_finds_nothing(visitor)


def assert_axe_finds_nothing(visitor: Visitor) -> None:
    results = Axe().run(visitor.page, options=RULES)
    assert not results.violations_count, results.generate_report()


@pytest.mark.parametrize("address", SIGNED_IN)
def test_a_page_can_be_used_by_anybody_and_brings_its_fonts_along(
    scripted_ada: Visitor, address: str
) -> None:
    scripted_ada.page.goto(address)
    assert fonts_of_the_machine(scripted_ada.page) == set()
    assert_fits(scripted_ada.page)
    assert_axe_finds_nothing(scripted_ada)


@pytest.mark.thorough
@pytest.mark.parametrize("address", SIGNED_IN)
def test_a_wide_page_can_be_used_by_anybody(scripted_ada: Visitor, address: str) -> None:
    scripted_ada.page.goto(address)
    assert_axe_finds_nothing(scripted_ada)


def test_a_font_that_does_not_come_with_the_page_is_noticed(scripted_ada: Visitor) -> None:
    page = scripted_ada.page
    page.goto("/guidance")
    page.evaluate("document.querySelector('h1').style.fontFamily = 'monospace'")
    assert len(fonts_of_the_machine(page)) == 1


def test_what_is_too_wide_for_a_narrow_screen_is_named(scripted_ada: Visitor) -> None:
    page = scripted_ada.page
    page.goto("/guidance")
    page.evaluate("document.querySelector('h1').style.width = '400px'")
    with pytest.raises(AssertionError, match=r'px: <h1 class="govuk-heading-l".*> Guidance'):
        assert_fits(page)


def test_the_sign_in_page_can_be_used_by_anybody(scripted_ada: Visitor) -> None:
    page = scripted_ada.page
    page.context.clear_cookies()
    page.goto("/sign-in")
    assert fonts_of_the_machine(page) == set()
    assert_anybody_can_use(scripted_ada)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_anybody_can_use(scripted_ada)


def test_the_pages_of_an_endpoint_can_be_used_by_anybody(scripted_ada: Visitor) -> None:
    page = scripted_ada.page
    page.goto("/notices/endpoints/new")
    page.get_by_role("button", name="Add endpoint").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_anybody_can_use(scripted_ada)
    page.get_by_label("Address").fill("https://alpha.example/notices")
    page.get_by_role("button", name="Add endpoint").click()
    expect(page.get_by_role("alert")).to_contain_text("whsec_")
    place = page.url
    assert_anybody_can_use(scripted_ada)
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_role("alert")).to_contain_text("A test is to be sent")
    assert_anybody_can_use(scripted_ada)
    page.goto(f"{place}/topics")
    assert_anybody_can_use(scripted_ada)
    page.goto(f"{place}/remove")
    assert_anybody_can_use(scripted_ada)
    page.get_by_role("button", name="Remove endpoint").click()
    expect(page.get_by_role("alert")).to_contain_text("was removed")
    page.set_viewport_size({"width": 1280, "height": 800})
    scripted_ada.sees("Notices")


def test_the_states_of_watching_can_be_used_by_anybody(scripted_ada: Visitor) -> None:
    page = scripted_ada.page
    places = []
    for address in ("https://alpha.example/watched", "https://alpha.example/" + "long" * 40):
        page.goto("/notices/endpoints/new")
        page.get_by_label("Address").fill(address)
        page.get_by_role("button", name="Add endpoint").click()
        expect(page.get_by_role("alert")).to_contain_text("whsec_")
        places.append(page.url)
    page.goto(f"/service-requests/{LARGE_REQUEST}")
    page.get_by_text("Tell a webhook when").click()
    assert_anybody_can_use(scripted_ada)
    page.get_by_role("button", name="when it ends, fails or stalls").last.click()
    expect(page.get_by_role("button", name="Stop watching")).to_be_visible()
    assert_anybody_can_use(scripted_ada)
    page.goto(f"/causes/{Q4.cause_id}")
    page.get_by_text("Tell a webhook when").click()
    page.get_by_role("button", name="when this is over").first.click()
    expect(page.get_by_role("button", name="Stop watching")).to_be_visible()
    assert_anybody_can_use(scripted_ada)
    page.goto("/watching")
    assert_anybody_can_use(scripted_ada)
    for _ in range(2):
        page.get_by_role("button", name="Stop watching").first.click()
        expect(page.get_by_role("alert")).to_contain_text("no longer watching")
    assert_anybody_can_use(scripted_ada)
    for place in places:
        page.goto(f"{place}/remove")
        page.get_by_role("button", name="Remove endpoint").click()


def test_the_pages_of_people_and_tokens_can_be_used_by_anybody(scripted_ada: Visitor) -> None:
    page = scripted_ada.page
    page.goto("/tokens/new")
    page.get_by_role("button", name="Make token").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_anybody_can_use(scripted_ada)
    page.get_by_label("Name").fill("Dashboard")
    page.get_by_label("Look up requests").check()
    page.get_by_role("button", name="Make token").click()
    expect(page.get_by_role("alert")).to_contain_text("ft_")
    assert_anybody_can_use(scripted_ada)
    page.get_by_role("link", name="Revoke").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Revoke the token")
    assert_anybody_can_use(scripted_ada)
    page.get_by_role("button", name="Revoke token").click()
    expect(page.get_by_role("alert")).to_contain_text("is revoked")
    page.goto("/people/invite")
    page.get_by_role("button", name="Invite").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_anybody_can_use(scripted_ada)
    page.get_by_label("Email address").fill("ann@alpha.example")
    page.get_by_label("Viewer").check()
    page.get_by_role("button", name="Invite").click()
    expect(page.get_by_role("alert")).to_contain_text("is invited")
    assert_anybody_can_use(scripted_ada)
    page.goto("/people/1/disable")
    page.get_by_role("button", name="Disable").click()
    expect(page.get_by_role("alert")).to_contain_text("the last administrator")
    assert_anybody_can_use(scripted_ada)
    page.set_viewport_size({"width": 1280, "height": 800})

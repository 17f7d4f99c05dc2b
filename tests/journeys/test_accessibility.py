"""Every page, to axe and to a narrow screen."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from firmtrack.web.guidance import TOPICS
from tests.journeys.visitor import Visitor
from tests.pages.activations import LOST, MOVED, MOVED_REQUEST, NOT_DISTRIBUTED, RUNNING
from tests.pages.world import (
    COMMS_HUB,
    DISCARDED,
    LARGE_REQUEST,
    PPMID,
    REFUSED_REQUEST,
    STUB_REQUEST,
    UNDER_WAY,
    UNKNOWN_DEVICE,
    VERIFIED,
)

SIGNED_IN = [
    "/firmware-distribution",
    "/firmware-distribution?search_term=",
    f"/firmware-distribution?search_by=device_id&search_term={LARGE_REQUEST}",
    f"/service-requests/{LARGE_REQUEST}",
    f"/service-requests/{LARGE_REQUEST}?completion_status=failed",
    f"/service-requests/{LARGE_REQUEST}?completion_status=failed&current_status=accepted",
    f"/service-requests/{LARGE_REQUEST}?completion_status=nonsense",
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
    f"/inventory/{VERIFIED}",
    f"/inventory/{UNDER_WAY}",
    f"/inventory/{COMMS_HUB}",
    f"/inventory/{LOST}",
    f"/inventory/{MOVED}",
    "/guidance",
    *(f"/guidance/{topic}" for topic in TOPICS),
    "/delivery-performance",
    "/delivery-performance?submitted_from=x",
    "/notices",
    "/notices/endpoints/new",
    "/no-such-page",
]
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


def assert_anybody_can_use(visitor: Visitor) -> None:
    """Fail if axe finds something, or if the page is wider than a narrow screen."""
    results = Axe().run(visitor.page, options=RULES)
    assert not results.violations_count, results.generate_report()
    visitor.page.set_viewport_size({"width": 320, "height": 700})
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 320
    results = Axe().run(visitor.page, options=RULES)
    assert not results.violations_count, results.generate_report()


@pytest.mark.parametrize("address", SIGNED_IN)
def test_a_page_can_be_used_by_anybody(scripted_ada: Visitor, address: str) -> None:
    scripted_ada.page.goto(address)
    assert_anybody_can_use(scripted_ada)


def test_the_sign_in_page_can_be_used_by_anybody(scripted_ada: Visitor) -> None:
    page = scripted_ada.page
    page.context.clear_cookies()
    page.goto("/sign-in")
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

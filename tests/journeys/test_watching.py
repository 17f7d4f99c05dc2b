"""Ada has herself told of a device and a request, by keyboard, with and without JavaScript."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.visitor import Visitor
from tests.pages.world import LARGE_REQUEST, UNDER_WAY, VERIFIED

_MOST_STEPS = 60


@pytest.fixture
def with_webhook(ada: Visitor) -> Iterator[str]:
    """Alpha’s webhook, by which Ada may be told: its page; removed again afterwards."""
    page = ada.page
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto("/notices/endpoints/new")
    page.get_by_label("Address").fill("https://alpha.example/watched")
    page.get_by_role("button", name="Add endpoint").click()
    expect(page.get_by_role("alert")).to_contain_text("whsec_")
    place = page.url
    yield place
    page.goto(f"{place}/remove")
    page.get_by_role("button", name="Remove endpoint").click()
    expect(page.get_by_role("alert")).to_contain_text("was removed")


def press(page: Page, button: Locator) -> None:
    """Go to the button by the keyboard alone, from the page's beginning, and press it."""
    expect(button).to_be_visible()
    for _ in range(_MOST_STEPS):
        page.keyboard.press("Tab")
        if button.evaluate("button => button === document.activeElement"):
            page.keyboard.press("Enter")
            return
    pytest.fail("The keyboard does not reach the button")


@pytest.mark.usefixtures("with_webhook")
def test_ada_watches_a_device_and_a_request_and_stops(ada: Visitor) -> None:
    page = ada.page
    for place in (f"/devices/{UNDER_WAY}", f"/service-requests/{LARGE_REQUEST}"):
        page.goto(place)
        press(page, page.get_by_role("button", name="when it ends, fails or stalls"))
        watch = page.get_by_role("region", name="Watch")
        expect(watch).to_contain_text("You are watching this, by webhook to https://alpha.example")
        assert page.url.endswith(f"{place}#watch")

    page.goto("/watching")
    ada.sees("What you watch")
    expect(page.get_by_role("row")).to_have_count(3)
    press(page, page.get_by_role("button", name=f"Stop watching {UNDER_WAY}"))
    expect(page.get_by_role("alert")).to_contain_text("no longer watching")
    page.get_by_role("link", name=str(LARGE_REQUEST)).click()
    press(page, page.get_by_role("button", name="Stop watching"))
    expect(page.get_by_role("button", name="when it ends, fails or stalls")).to_be_visible()

    page.goto(f"/devices/{VERIFIED}")
    watch = page.get_by_role("region", name="Watch")
    expect(watch).to_have_text("No update of this device is under way: there is nothing to watch.")
    assert ada.complaints == []

"""Beginning the day: from the start page and the list of requests to what needs somebody."""

from playwright.sync_api import expect

from tests.journeys.narrow_screen import assert_fits
from tests.journeys.visitor import Visitor
from tests.pages.world import LARGE_REQUEST, REFUSED_REQUEST, VERIFIED


def test_ada_comes_by_keyboard_from_her_requests_to_the_devices_that_failed(ada: Visitor) -> None:
    page = ada.page
    page.goto("/firmware-distribution")
    page.get_by_role("link", name="Requests", exact=True).focus()
    page.keyboard.press("Enter")
    ada.sees("Requests")
    state = page.get_by_label("State")
    state.select_option("With failed devices")
    state.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**state=with_failures")
    expect(state).to_have_value("with_failures")
    row = page.locator("tbody tr").filter(has_text=str(LARGE_REQUEST))
    row.get_by_role("link", name="5 failed").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Devices 1 to 5 of 5 that match the filter")).to_be_visible()


def test_ada_finds_again_what_she_looked_at_and_sees_what_failed_since(ada: Visitor) -> None:
    page = ada.page
    page.goto(f"/devices/{VERIFIED}")
    page.goto("/firmware-distribution")
    # The form comes first: its first option is what the first Tab of the main part reaches.
    page.locator("#main-content").evaluate("main => { main.tabIndex = -1; main.focus(); }")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Service Request ID")).to_be_focused()
    news = page.get_by_role("region", name="Since you last looked")
    expect(news.get_by_role("heading", name="Failed")).to_be_visible()
    news.get_by_role("link", name="30 days").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#since")).to_have_text("In the last 30 days.")
    opened = page.get_by_role("region", name="What you looked at last")
    opened.get_by_role("link", name=str(VERIFIED)).first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/devices/{VERIFIED}")


def test_on_a_phone_the_form_comes_first_and_a_request_is_seen_with_how_it_stands(
    ada: Visitor,
) -> None:
    page = ada.page
    page.goto("/firmware-distribution")
    assert_fits(page)
    form = page.locator("main form").bounding_box()
    news = page.get_by_role("region", name="Since you last looked").bounding_box()
    assert form is not None
    assert news is not None
    assert form["y"] + form["height"] <= news["y"]
    page.goto("/service-requests")
    assert_fits(page)
    row = page.locator("tbody tr").filter(has_text=str(REFUSED_REQUEST))
    for part in (row.locator("th"), row.get_by_role("link", name="1 failed")):
        box = part.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320


def test_in_forced_colours_done_is_filled_and_failed_is_striped(ada: Visitor) -> None:
    page = ada.page
    page.emulate_media(forced_colors="active")
    page.goto("/service-requests")
    row = page.locator("tbody tr").filter(has_text=str(REFUSED_REQUEST))
    failed = row.locator(".firmtrack-standing__failed")
    assert failed.get_attribute("fill") == "url(#failed-pattern)"
    box = failed.bounding_box()
    assert box is not None
    assert box["width"] > 50
    stripe = page.locator(".firmtrack-standing__stripe")
    colour = "element => getComputedStyle(element).fill"
    assert stripe.evaluate(colour) == page.locator("body").evaluate(
        "body => getComputedStyle(body).color"
    )

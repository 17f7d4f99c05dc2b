"""A phone, a page magnified four times, and colours that the system forces."""

from collections import Counter

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.journeys.narrow_screen import assert_fits
from tests.journeys.visitor import Visitor
from tests.pages.causes import Q4
from tests.pages.world import LARGE_REQUEST, VERIFIED

PHONE: ViewportSize = {"width": 320, "height": 640}
MAGNIFIED: ViewportSize = {"width": 320, "height": 180}
"""A screen of 1280 by 720, magnified to 400%."""
WIDE: ViewportSize = {"width": 1280, "height": 800}
SECTIONS = {
    "/firmware-distribution": "Search",
    f"/devices/{VERIFIED}": "Search",
    f"/service-requests/{LARGE_REQUEST}": "Requests",
    "/delivery-performance": "Delivery performance",
    f"/causes/{Q4.cause_id}": "Causes",
    "/people/invite": "People",
    "/tokens/new": "Tokens",
    "/guidance/statuses": "Guidance",
}
STACKED = [
    "/delivery-performance",
    "/people",
    "/audit",
    "/account",
    f"/causes/{Q4.cause_id}",
    "/guidance/statuses",
    "/guidance/reasons",
    "/guidance/what-to-do",
    "/guidance/administration",
]
CONTROLS = [
    "/firmware-distribution",
    f"/devices/{VERIFIED}",
    f"/service-requests/{LARGE_REQUEST}",
    "/delivery-performance",
    "/audit",
    "/tokens/new",
]
# An outline or a thicker border is drawn in forced colours; shadows and backgrounds are not. What
# stands for a radio button or a check box is drawn before its label.
_FOCUS_MARK = """() => {
    const drawn = style => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    const element = document.activeElement;
    const label = element.matches("input[type=radio], input[type=checkbox]")
        ? element.nextElementSibling : null;
    return {
        name: element.cloneNode(false).outerHTML,
        isMarked: drawn(getComputedStyle(element))
            || label !== null && drawn(getComputedStyle(label, "::before")),
        isPage: element === document.body,
    };
}"""


@pytest.fixture
def page(ada: Visitor) -> Page:
    return ada.page


def test_on_a_narrow_screen_the_sections_are_folded_into_a_menu(page: Page) -> None:
    page.set_viewport_size(PHONE)
    page.goto("/delivery-performance")
    causes = page.get_by_role("link", name="Causes", exact=True)
    expect(causes).to_have_count(0)
    menu = page.get_by_text("Menu", exact=True)

    menu.focus()
    page.keyboard.press("Enter")

    expect(causes).to_have_count(1)
    expect(page.get_by_role("button", name="Sign out")).to_have_count(1)
    assert_fits(page)
    causes.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Causes")
    page.set_viewport_size(WIDE)
    expect(page.get_by_text("Menu", exact=True)).to_be_hidden()
    expect(page.get_by_role("navigation", name="Firmtrack")).to_have_count(1)
    expect(page.get_by_role("button", name="Sign out")).to_have_count(1)


@pytest.mark.parametrize("address", SECTIONS)
def test_a_page_magnified_four_times_shows_its_heading_on_the_first_screen(
    scripted_ada: Visitor, address: str
) -> None:
    page = scripted_ada.page
    page.set_viewport_size(MAGNIFIED)
    page.goto(address)
    box = page.get_by_role("heading", level=1).bounding_box()
    assert box is not None
    assert box["y"] + 30 <= MAGNIFIED["height"], box


@pytest.mark.parametrize("address", SECTIONS)
@pytest.mark.parametrize("size", [PHONE, WIDE], ids=["phone", "wide"])
def test_the_section_of_a_page_has_a_mark_that_is_no_colour(
    scripted_ada: Visitor, address: str, size: ViewportSize
) -> None:
    page = scripted_ada.page
    page.emulate_media(forced_colors="active")
    page.set_viewport_size(size)
    page.goto(address)
    if size == PHONE:
        page.get_by_text("Menu", exact=True).click()
    links = page.get_by_role("navigation", name="Firmtrack").get_by_role("link")
    marked = links.evaluate_all(
        """links => links.filter(link => {
            const style = getComputedStyle(link);
            return parseFloat(style.borderBottomWidth) + parseFloat(style.borderLeftWidth) > 0;
        }).map(link => link.textContent.trim())"""
    )
    assert marked == [SECTIONS[address]]
    current = links.evaluate_all(
        "links => links.map(link => link.ariaCurrent).filter(each => each !== null)"
    )
    assert len(current) == 1
    page.emulate_media(forced_colors="none")


@pytest.mark.parametrize("address", CONTROLS)
@pytest.mark.parametrize("size", [PHONE, WIDE], ids=["phone", "wide"])
def test_whatever_has_the_focus_is_seen_to_have_it_in_forced_colours(
    scripted_ada: Visitor, address: str, size: ViewportSize
) -> None:
    page = scripted_ada.page
    page.emulate_media(forced_colors="active")
    page.set_viewport_size(size)
    page.goto(address)
    for _ in range(40):
        page.keyboard.press("Tab")
        found = page.evaluate(_FOCUS_MARK)
        if found["isPage"]:
            break
        assert found["isMarked"], found["name"]
    page.emulate_media(forced_colors="none")


def _meanings(page: Page) -> Counter[str]:
    """Return how many cells, rows and headers the browser tells screen readers of."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    roles = Counter(each["role"]["value"] for each in nodes if not each.get("ignored"))
    told = ("table", "row", "columnheader", "rowheader", "cell")
    return Counter({role: roles[role] for role in told})


@pytest.mark.parametrize("address", STACKED)
def test_on_a_narrow_screen_a_table_hides_no_column_and_stays_a_table(
    scripted_ada: Visitor, address: str
) -> None:
    page = scripted_ada.page
    page.set_viewport_size(WIDE)
    page.goto(address)
    wide = _meanings(page)
    assert wide["table"]

    page.set_viewport_size(PHONE)

    assert _meanings(page) == wide
    cut = page.locator(".firmtrack-scroll").evaluate_all(
        "regions => regions.filter(each => each.scrollWidth > each.clientWidth + 1)"
        ".map(each => each.ariaLabel)"
    )
    assert not cut
    assert_fits(page)


def test_a_stacked_cell_says_what_it_is_and_a_screen_reader_hears_that_once(
    scripted_ada: Visitor,
) -> None:
    page = scripted_ada.page
    page.set_viewport_size(PHONE)
    page.goto("/people")
    shown = page.locator("td[data-label=Role]").first.evaluate(
        "cell => getComputedStyle(cell, '::before').content"
    )
    assert shown == '"Role" / ""'

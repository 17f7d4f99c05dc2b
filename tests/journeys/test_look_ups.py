import csv
from pathlib import Path

import pytest
from playwright.sync_api import expect

from firmtrack.presentation.csv import COLUMNS
from tests.journeys.processes import wait_until
from tests.journeys.visitor import Visitor
from tests.pages.world import (
    DEVICES,
    DISCARDED,
    LARGE_REQUEST,
    UNKNOWN_DEVICE,
    VERIFIED,
)


def test_ada_finds_a_request_filters_it_and_takes_the_csv_home(
    ada: Visitor, tmp_path: Path
) -> None:
    ada.search("Service Request ID", f" {str(LARGE_REQUEST).lower()} ")
    ada.sees(f"Service Request {LARGE_REQUEST}")
    page = ada.page
    assert page.url.endswith(f"/service-requests/{LARGE_REQUEST}")
    expect(page.locator("tbody tr")).to_have_count(50)
    page.get_by_label("Completion Status", exact=True).select_option("Failed")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("tbody tr")).to_have_count(5)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert tuple(header) == COLUMNS
    assert [row[2] for row in rows] == [str(device) for device in DEVICES[1:6]]


def test_ada_turns_the_pages_of_a_large_request(ada: Visitor) -> None:
    page = ada.page
    page.goto(f"/service-requests/{LARGE_REQUEST}")
    for position in ("51 to 100 of 120", "101 to 120 of 120"):
        page.get_by_role("link", name="Next page").click()
        expect(page.get_by_text(f"Devices {position}")).to_be_visible()
    expect(page.get_by_role("link", name="Next page")).to_have_count(0)
    page.get_by_role("link", name="First page").click()
    expect(page.get_by_text("Devices 1 to 50 of 120")).to_be_visible()


def test_ada_goes_from_a_request_to_a_device_and_sees_where_it_stopped(ada: Visitor) -> None:
    ada.search("Service Request ID", str(LARGE_REQUEST))
    ada.page.get_by_role("link", name=str(DISCARDED)).click()
    ada.sees(f"Device {DISCARDED}")
    stopped = ada.page.locator("[aria-current=step]")
    expect(stopped).to_contain_text("Stopped here, at the Communications Hub")


def test_ada_finds_a_device_without_its_separators(ada: Visitor) -> None:
    ada.search("Device ID", str(VERIFIED).replace("-", "").lower())
    ada.sees(f"Device {VERIFIED}")


@pytest.mark.parametrize(
    ("by", "term", "sentence", "field"),
    [
        (None, str(VERIFIED), "Select whether to search by", "search-by"),
        ("Device ID", "", "Enter a Device ID", "search-term"),
        ("Device ID", "00-DB", "Enter a Device ID in the correct form", "search-term"),
        ("Service Request ID", "7", "Enter a Service Request ID in the correct", "search-term"),
        ("Device ID", f"{VERIFIED}, {DISCARDED}", "Enter one ID: lists and files", "search-term"),
    ],
)
def test_an_error_leads_to_its_field(
    ada: Visitor, by: str | None, term: str, sentence: str, field: str
) -> None:
    ada.search(by, term)
    summary = ada.page.get_by_role("alert")
    summary.get_by_role("link", name=sentence).click()
    # The script moves the focus there; without it the browser goes there.
    expect(ada.page.locator(f"#{field}:focus, #{field}:target")).to_be_visible()


def test_an_id_of_the_other_kind_is_one_click_away(ada: Visitor) -> None:
    ada.search("Device ID", str(LARGE_REQUEST))
    ada.page.get_by_role("link", name="Search by Service Request ID instead").click()
    ada.sees(f"Service Request {LARGE_REQUEST}")
    ada.search("Service Request ID", str(VERIFIED))
    ada.page.get_by_role("link", name="Search by Device ID instead").click()
    ada.sees(f"Device {VERIFIED}")


def test_ben_finds_neither_what_is_adas_nor_what_is_nobodys(newcomer: Visitor) -> None:
    newcomer.sign_in("ben@bravo.example")
    newcomer.sees("Firmware Distribution Tracking")
    for device in (VERIFIED, UNKNOWN_DEVICE):
        newcomer.search("Device ID", str(device))
        newcomer.sees("Device ID not found")


def test_signing_in_fails_politely_and_signing_out_is_final(newcomer: Visitor) -> None:
    newcomer.sign_in(password="guess")
    alert = newcomer.page.get_by_role("alert")
    expect(alert).to_contain_text("Email address or password is incorrect")
    newcomer.sign_in()
    newcomer.sees("Firmware Distribution Tracking")
    newcomer.page.get_by_role("button", name="Sign out").click()
    newcomer.sees("Sign in to Firmtrack")
    newcomer.page.goto(f"/devices/{VERIFIED}")
    newcomer.sees("Sign in to Firmtrack")


def test_the_error_summary_takes_the_focus(scripted_ada: Visitor) -> None:
    scripted_ada.search("Device ID", "x")
    expect(scripted_ada.page.locator(".govuk-error-summary")).to_be_focused()


def test_the_keyboard_alone_searches_and_reaches_a_table_too_wide(
    scripted_ada: Visitor,
) -> None:
    page = scripted_ada.page
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto("/firmware-distribution")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type(str(LARGE_REQUEST))
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/service-requests/{LARGE_REQUEST}")
    region = page.get_by_role("region")
    for _ in range(30):  # past the links of the header, and the filter
        page.keyboard.press("Tab")
        if region.evaluate("region => region === document.activeElement"):
            break
    expect(region).to_be_focused()
    page.keyboard.press("ArrowRight")
    wait_until(lambda: region.evaluate("region => region.scrollLeft") > 0, "it has scrolled")

import csv
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import expect

from firmtrack.presentation.csv import COLUMNS
from tests.journeys.visitor import Visitor
from tests.pages.world import (
    DEVICES,
    DISCARDED,
    LARGE_REQUEST,
    NOT_DELIVERED,
    UNKNOWN_DEVICE,
    VERIFIED,
)


def test_ada_finds_a_request_filters_it_and_takes_the_csv_home(
    ada: Visitor, tmp_path: Path
) -> None:
    ada.search("Service Request ID", f" {str(LARGE_REQUEST).lower()} ")
    expect(ada.page.locator("#service-request-id")).to_have_text(str(LARGE_REQUEST))
    page = ada.page
    assert page.url.endswith(f"/service-requests/{LARGE_REQUEST}")
    devices = page.locator("table.firmtrack-devices tbody tr")
    expect(devices).to_have_count(50)
    page.get_by_label("Completion Status", exact=True).select_option("Failed")
    page.get_by_role("button", name="Filter").click()
    expect(devices).to_have_count(5)
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
    for position in ("51 to 100 of 120", "1 to 50 of 120"):
        page.get_by_role("link", name="Previous page").click()
        expect(page.get_by_text(f"Devices {position}")).to_be_visible()
    expect(page.get_by_role("link", name="Previous page")).to_have_count(0)


def test_ada_goes_from_the_sentence_to_a_cause_by_keyboard_and_takes_its_spreadsheet_home(
    ada: Visitor, tmp_path: Path
) -> None:
    page = ada.page
    page.goto(f"/service-requests/{LARGE_REQUEST}")
    expect(page.locator("#summary")).to_contain_text("1 of 120 done, 114 under way")
    page.get_by_role("link", name="5 failed", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Devices 1 to 5 of 5 that match the filter")).to_be_visible()
    by_reason = page.get_by_label("Reason code")
    by_reason.select_option("N61")
    by_reason.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Devices 1 to 1 of 1 that match the filter")).to_be_visible()
    expect(page.locator("table.firmtrack-devices tbody th")).to_have_text(str(NOT_DELIVERED))
    with page.expect_download() as download:
        page.get_by_role("link", name="Download Excel").focus()
        page.keyboard.press("Enter")
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.suffix == ".xlsx"
    _, row = openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)
    assert (row[2], row[6]) == (str(NOT_DELIVERED), "N61")


def test_on_a_phone_the_device_and_its_status_are_what_is_seen_of_a_row(ada: Visitor) -> None:
    page = ada.page
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(f"/service-requests/{LARGE_REQUEST}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    first = page.locator("table.firmtrack-devices tbody tr").nth(1)
    device, status = first.locator("th"), first.locator("td").first
    expect(device).to_contain_text(str(DEVICES[1]))
    expect(status).to_contain_text("Rejected by DCC")
    for cell in (device, status, first.get_by_text("not_applicable_firmware")):
        cell.scroll_into_view_if_needed()
        expect(cell).to_be_in_viewport()
    # Each part of the ID is in one line, whatever the width.
    for part in page.locator("#service-request-id .firmtrack-id__part").all():
        box, line = part.bounding_box(), page.locator("#service-request-id").bounding_box()
        assert box is not None
        assert line is not None
        assert box["height"] < line["height"] / 2
    about = page.get_by_text("About this request")
    expect(page.get_by_text("524,288 bytes")).to_be_hidden()
    about.click()
    expect(page.get_by_text("524,288 bytes")).to_be_visible()


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
        ("Device ID", "00-DB", "Enter a Device ID of 16 hexadecimal digits", "search-term"),
        ("Service Request ID", "7", "Enter a Service Request ID of two parts", "search-term"),
        ("Device ID", f"{VERIFIED}, {DISCARDED}", "Enter one ID: 2 were found", "search-term"),
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


def test_an_id_of_the_other_kind_is_shown_at_once_with_a_line_that_says_so(ada: Visitor) -> None:
    ada.search("Device ID", f"Service Request ID: {LARGE_REQUEST}")
    expect(ada.page.locator("#service-request-id")).to_have_text(str(LARGE_REQUEST))
    line = ada.page.locator("#searched")
    expect(line).to_have_text("You searched for a Device ID; this is a Service Request ID.")
    ada.search("Service Request ID", f'="{VERIFIED}"')
    ada.sees(f"Device {VERIFIED}")
    expect(line).to_have_text("You searched for a Service Request ID; this is a Device ID.")
    ada.search("Device ID", ada.page.url)
    ada.sees(f"Device {VERIFIED}")
    expect(line).to_have_count(0)


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


def test_the_keyboard_alone_searches_and_reaches_the_table_of_devices(
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
    region = page.get_by_role("region", name="Devices of the Service Request")
    for _ in range(90):  # past the links of the header, what failed and where all stand, the filter
        page.keyboard.press("Tab")
        if region.evaluate("region => region === document.activeElement"):
            break
    expect(region).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name=str(DEVICES[0]))).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320

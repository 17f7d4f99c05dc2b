"""From a request in which many failed to the cause, its devices, and whom to send it again."""

from pathlib import Path

from playwright.sync_api import expect

from tests.journeys.narrow_screen import assert_fits
from tests.journeys.visitor import Visitor
from tests.pages.causes import (
    AGAIN,
    DISCARDED,
    DISCARDING,
    NORTH,
    Q4,
    SILENT,
    TO_SEND_AGAIN,
    UPDATED_SINCE,
)

OF_Q4 = "Devices of model Q4: Transfer to device failed"
OF_NORTH = "Devices in CSP region North: stalled at “Sent to CSP”"


def downloaded(ada: Visitor, name: str, directory: Path) -> str:
    """Return what the file holds to which a link leads."""
    with ada.page.expect_download() as download:
        ada.page.get_by_role("link", name=name).click()
    path = directory / download.value.suggested_filename
    download.value.save_as(path)
    return path.read_text(encoding="utf-8")


def test_ada_goes_from_many_failures_to_the_cause_and_sends_the_right_ones_again(
    ada: Visitor, tmp_path: Path
) -> None:
    page = ada.page
    ada.search("Service Request ID", str(DISCARDING))
    expect(ada.page.locator("#service-request-id")).to_have_text(str(DISCARDING))
    expect(page.get_by_role("link", name="62 failed", exact=True)).to_be_visible()
    page.get_by_role("link", name="What these failures have in common").click()
    ada.sees("Causes")
    expect(page.get_by_text("60 of 100 updates of devices of model Q4")).to_be_visible()
    page.get_by_role("link", name=OF_Q4).click()
    ada.sees(OF_Q4)
    expect(page.get_by_text("55 of these 60 updates are safe to send again")).to_be_visible()
    listed = downloaded(ada, "Download new device list", tmp_path)
    assert listed.split(",") == [str(each) for each in TO_SEND_AGAIN]
    rows = downloaded(ada, "Download CSV of all devices", tmp_path).splitlines()
    assert len(rows) == 1 + len(DISCARDED)
    page.get_by_role("link", name=str(UPDATED_SINCE[0])).click()
    ada.sees(f"Device {UPDATED_SINCE[0]}")
    name = "What failures of this request have in common"
    to_causes = page.get_by_role("link", name=name, include_hidden=True)
    # An earlier update is folded.
    page.locator("details", has=to_causes).first.locator("summary").first.click()
    to_causes.click()
    ada.sees("Causes")


def test_ada_finds_what_stands_still_and_that_it_is_not_sent_again(ada: Visitor) -> None:
    page = ada.page
    page.goto(f"/service-requests/{SILENT}")
    page.get_by_role("link", name="What these failures have in common").click()
    page.get_by_role("link", name=OF_NORTH).click()
    ada.sees(OF_NORTH)
    expect(page.get_by_text("90 of 100 updates of devices in CSP region North")).to_be_visible()
    expect(page.get_by_text("None of these updates is safe to send again now.")).to_be_visible()
    expect(page.get_by_role("link", name="Download new device list")).to_have_count(0)


def test_ada_asks_about_another_period_and_where_nothing_stands_out(ada: Visitor) -> None:
    page = ada.page
    page.goto("/causes")
    page.get_by_label("Requests submitted in the last").select_option("90 days")
    page.get_by_role("button", name="Show").first.click()
    page.wait_for_url("**/causes?since=90")
    expect(page.get_by_role("link", name=OF_Q4)).to_be_visible()
    page.goto(f"/causes?service_request_id={AGAIN}")
    expect(page.get_by_role("heading", level=2)).to_have_text("Nothing stands out")
    page.get_by_role("link", name="Show it of all requests").click()
    expect(page.get_by_role("link", name=OF_Q4)).to_be_visible()


def test_ada_notes_what_she_found_out(ada: Visitor) -> None:
    page = ada.page
    page.goto(f"/causes/{NORTH.cause_id}")
    page.get_by_role("button", name="Keep note").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter what you want to note")
    page.get_by_label("Add a note").fill("The CSP knows of a fault.\nNews on Friday.")
    page.get_by_role("button", name="Keep note").click()
    expect(page.get_by_role("alert")).to_contain_text("Your note was kept.")
    note = page.locator(".firmtrack-note").first
    expect(note).to_contain_text("ada@alpha.example")
    expect(note).to_contain_text("News on Friday.")


def test_the_keyboard_alone_leads_from_a_request_to_its_cause(scripted_ada: Visitor) -> None:
    page = scripted_ada.page
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(f"/service-requests/{DISCARDING}")
    press_until(scripted_ada, "What these failures have in common")
    page.keyboard.press("Enter")
    scripted_ada.sees("Causes")
    press_until(scripted_ada, OF_Q4)
    page.keyboard.press("Enter")
    scripted_ada.sees(OF_Q4)
    press_until(scripted_ada, "The same as a table")
    page.keyboard.press("Enter")
    region = page.get_by_role("region", name="Updates by day")
    expect(region).to_be_visible()
    page.keyboard.press("Tab")
    expect(region).to_be_focused()
    press_until(scripted_ada, "Download new device list")
    assert_fits(page)


def test_a_chart_is_seen_in_the_colours_that_a_system_forces(scripted_ada: Visitor) -> None:
    page = scripted_ada.page
    page.emulate_media(forced_colors="active")
    page.goto(f"/causes/{Q4.cause_id}")
    for drawn in (".firmtrack-chart__bar", ".firmtrack-bar-chart"):
        colours = page.locator(drawn).first.evaluate(
            "drawn => [getComputedStyle(drawn).fill, getComputedStyle(document.body).color]"
        )
        assert colours[0] == colours[1], drawn
    page.emulate_media(forced_colors="none")


def press_until(visitor: Visitor, text: str) -> None:
    """Press Tab until what has the focus says this."""
    focused = "document.activeElement.textContent.trim()"
    for _ in range(60):
        visitor.page.keyboard.press("Tab")
        if visitor.page.evaluate(focused) == text:
            return
    raise AssertionError(f"The keyboard does not come to {text!r}.")

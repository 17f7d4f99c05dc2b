"""A device's page as people take it away: folded updates, a ticket, a message, paper."""

import re

from playwright.sync_api import expect

from tests.journeys.visitor import Visitor
from tests.pages.messages import ALPHA_ID
from tests.pages.world import (
    ALPHAS_MESSAGE,
    DISCARDED,
    LARGE_REQUEST,
    REFUSED_REQUEST,
    UNDER_WAY,
    VERIFIED,
)

EARLIER = re.compile("Version 0102030A, sent 14 November( 2026)?: In Progress")


def test_an_earlier_update_is_folded_and_unfolds(ada: Visitor) -> None:
    page = ada.page
    page.goto(f"/devices/{UNDER_WAY}")
    request_id = page.get_by_role("link", name=str(LARGE_REQUEST))
    expect(page.get_by_role("link", name=str(REFUSED_REQUEST)).first).to_be_visible()
    expect(request_id).to_be_hidden()

    page.get_by_role("heading", name=EARLIER).click()

    expect(request_id).to_be_visible()


def test_a_link_to_a_folded_update_unfolds_it(ada: Visitor) -> None:
    page = ada.page
    page.goto(f"/devices/{UNDER_WAY}#{LARGE_REQUEST}")

    expect(page.get_by_role("link", name=str(LARGE_REQUEST))).to_be_visible()


def test_a_history_leads_to_the_message_that_tells_it(ada: Visitor) -> None:
    page = ada.page
    page.goto(f"/devices/{VERIFIED}")
    page.get_by_role("table", name="History of distribution 1").get_by_role(
        "link", name=f"View message {ALPHAS_MESSAGE}"
    ).click()

    expect(page.get_by_role("heading", level=1)).to_have_text(
        "DCC’s response to the Service Request"
    )
    expect(page.get_by_role("region", name="Its text")).to_contain_text(
        f"<sr:ResponseID>90-B3-D5-1F-30-00-00-02:{ALPHA_ID}:4711</sr:ResponseID>"
    )
    with page.expect_download() as downloaded:
        page.get_by_role("link", name="Download the message").click()
    assert downloaded.value.suggested_filename == f"message-{ALPHAS_MESSAGE}.xml"


def test_a_ticket_can_be_taken_with_and_without_scripts(ada: Visitor) -> None:
    page = ada.page
    page.goto(f"/devices/{DISCARDED}")
    page.get_by_text("Copy for a ticket").click()
    box = page.get_by_role("textbox", name="Text for a ticket")
    expect(box).to_be_visible()
    assert f"Device ID: {DISCARDED}" in box.input_value()
    button = page.get_by_role("button", name="Copy the text")
    if button.is_visible():
        button.click()
        expect(page.get_by_role("button", name=re.compile("Copied|Selected"))).to_be_visible()
    box.focus()
    page.keyboard.press("Control+A")
    link = box.input_value().splitlines()[-1]
    page.goto(link)
    expect(page.locator("#as-of")).to_contain_text("This page shows what Firmtrack knew at")
    expect(page.get_by_text("The image was discarded.").first).to_be_visible()


def test_on_paper_all_evidence_is_there_and_nothing_to_click(ada: Visitor) -> None:
    page = ada.page
    page.goto(f"/devices/{UNDER_WAY}")
    expect(page.get_by_text("Printed")).to_be_hidden()

    page.emulate_media(media="print")

    # What a folded part holds has a place on paper.
    for evidence in page.locator(".firmtrack-answer .govuk-details__text").all():
        box = evidence.bounding_box()
        assert box is not None
        assert box["height"] > 0
    folded = page.get_by_role("link", name=str(LARGE_REQUEST))
    expect(folded).to_be_visible()
    expect(page.get_by_text("Printed")).to_contain_text(f"/devices/{UNDER_WAY}")
    expect(page.get_by_text("Printed")).to_contain_text("by ada@alpha.example, Alpha Energy.")
    for hidden in (".firmtrack-nav", ".firmtrack-back", ".firmtrack-ticket", ".govuk-skip-link"):
        for each in page.locator(hidden).all():
            expect(each).to_be_hidden()
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.emulate_media(media="screen")


def test_no_id_is_broken_on_paper(scripted_ada: Visitor) -> None:
    page = scripted_ada.page
    page.set_viewport_size({"width": 700, "height": 900})
    page.goto(f"/devices/{VERIFIED}")
    page.emulate_media(media="print")

    broken = page.evaluate(
        "[...document.querySelectorAll('.firmtrack-id__part')]"
        ".filter((each) => each.getClientRects().length > 1).map((each) => each.textContent)"
    )

    assert broken == []
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 1280, "height": 800})


def test_on_a_narrow_screen_nothing_of_a_history_is_hidden(scripted_ada: Visitor) -> None:
    page = scripted_ada.page
    page.set_viewport_size({"width": 320, "height": 640})
    for address in (f"/devices/{UNDER_WAY}", f"/inventory/{VERIFIED}"):
        page.goto(address)
        beyond = page.evaluate(
            "[...document.querySelectorAll('.firmtrack-stacked td, .firmtrack-stacked tbody th')]"
            ".filter((each) => each.getBoundingClientRect().right > 320).length"
        )
        assert beyond == 0
    page.set_viewport_size({"width": 1280, "height": 800})

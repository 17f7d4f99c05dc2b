"""Ada manages where her organisation is told, with and without JavaScript."""

from playwright.sync_api import expect

from tests.journeys.visitor import Visitor


def test_ada_adds_an_endpoint_looks_after_it_and_removes_it(ada: Visitor) -> None:
    page = ada.page
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto("/notices")
    page.get_by_role("link", name="Add an endpoint").click()
    ada.sees("Add an endpoint")
    page.get_by_label("Address").fill("http://127.0.0.1/notices")
    page.get_by_label("Received by DCC").check()
    page.get_by_role("button", name="Add endpoint").click()
    page.get_by_role("link", name="The address must begin with https://").click()
    expect(page.get_by_label("Address")).to_be_focused()
    expect(page.get_by_label("Received by DCC")).to_be_checked()

    page.get_by_label("Address").fill("https://alpha.example/notices")
    page.get_by_role("button", name="Add endpoint").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Endpoint")
    expect(page.get_by_role("alert")).to_contain_text("whsec_")
    page.reload()
    expect(page.get_by_text("whsec_")).to_have_count(0)

    page.get_by_role("button", name="Make a new secret").click()
    expect(page.get_by_role("alert")).to_contain_text("whsec_")
    expect(page.get_by_text("with the new secret and with the one before")).to_be_visible()
    page.get_by_role("link", name="Change what it hears about").click()
    page.get_by_label("Received by DCC").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("now hears about what you chose")
    expect(page.get_by_text("Received by DCC")).to_have_count(0)

    page.get_by_role("link", name="Remove this endpoint").click()
    page.get_by_role("button", name="Remove endpoint").click()
    ada.sees("Notices")
    expect(page.get_by_role("alert")).to_contain_text("was removed")
    expect(page.get_by_text("Notices go nowhere yet.")).to_be_visible()

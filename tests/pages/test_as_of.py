"""Result pages as of a past moment: what was known then, and the way there and back."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from firmtrack.presentation.as_of import typed_text
from firmtrack.presentation.times import day_text, local_text, utc_text
from firmtrack.store.database import pool
from firmtrack.store.ledger.staging import writing_pool
from tests.pages.browsing import Browsing, Page, content_of
from tests.pages.world import DISCARDED, LARGE_REQUEST, UNDER_WAY, VERIFIED

DEVICE = f"/devices/{UNDER_WAY}"
INVENTORY = f"/inventory/{VERIFIED}"
REQUEST = f"/service-requests/{LARGE_REQUEST}"
RESULTS = (DEVICE, INVENTORY, REQUEST)


def known() -> datetime:
    """Return a moment at which everything of the small world had been recorded."""
    with pool().connection() as connection:
        row = connection.execute("SELECT max(recorded_at) FROM message").fetchone()
    assert row is not None
    moment: datetime = row[0]
    return moment + timedelta(milliseconds=1)


def asked(moment: datetime) -> dict[str, str]:
    return {"as_of": utc_text(moment)}


def links_to_results(page: Page) -> list[str]:
    """Return the page's links to results, but for the one that leads to the present."""
    places = ("/devices/", "/inventory/", "/service-requests/")
    return [
        each.get("href")
        for each in page.elements("main a")
        if each.get("href").startswith(places) and each.text != "Show what is known now"
    ]


@pytest.mark.parametrize("address", RESULTS)
def test_a_page_of_the_past_says_so_and_leads_to_the_present(ada: Browsing, address: str) -> None:
    moment = known()

    page = ada.open(address, asked(moment))

    assert page.status == 200
    assert page.one("#as-of p strong").startswith("This page shows what Firmtrack knew at ")
    assert page.elements("#as-of time")[0].get("datetime") == utc_text(moment)
    assert page.links()["Show what is known now"] == address
    assert page.elements("#as-of-time")[0].get("value") == typed_text(moment)
    assert "Data complete to" not in page.text
    assert "Is it only me?" not in page.text


@pytest.mark.parametrize("address", RESULTS)
def test_every_link_to_a_result_keeps_the_moment(ada: Browsing, address: str) -> None:
    moment = known()

    links = links_to_results(ada.open(address, asked(moment)))

    assert links
    for link in links:
        assert parse_qs(urlsplit(link).query)["as_of"] == [utc_text(moment)], link


@pytest.mark.parametrize("address", RESULTS)
def test_a_page_of_the_present_asks_for_no_moment(ada: Browsing, address: str) -> None:
    page = ada.open(address)

    assert not page.elements("#as-of")
    assert all("as_of" not in link for link in links_to_results(page))
    assert page.elements("#as-of-time")[0].get("value") is None


def test_the_filters_and_pages_of_a_request_keep_the_moment(ada: Browsing) -> None:
    moment = known()

    page = ada.open(REQUEST, asked(moment) | {"completion_status": "in_progress"})
    hidden = {
        (form.get("action"), field.get("name"), field.get("value"))
        for form in page.elements("main form")
        for field in form.xpath(".//input[@type='hidden']")
    }

    assert (f"{REQUEST}#devices", "as_of", utc_text(moment)) in hidden
    assert (REQUEST, "completion_status", "in_progress") in hidden
    following = page.links()["Next page"]
    assert ada.open(following).one("#position").startswith("Devices 51 to ")
    assert parse_qs(urlsplit(following).query)["as_of"] == [utc_text(moment)]


@pytest.mark.parametrize("address", [*RESULTS, f"{REQUEST}.csv", f"{REQUEST}.xlsx"])
def test_before_anything_was_known_the_page_says_so_and_since_when_it_is(
    ada: Browsing, address: str
) -> None:
    before = known() - timedelta(days=1)

    page = ada.open(address, asked(before))

    what = "Service Request" if address.startswith("/service-requests/") else "device"
    assert page.status == 404
    assert page.heading == page.title == f"Nothing was known about this {what} then"
    assert page.elements("main time")[0].get("datetime") == utc_text(before)
    first_text = page.elements("main time")[1].get("datetime")
    assert first_text is not None
    first = datetime.fromisoformat(first_text)
    links = page.links()
    assert links["Show what is known now"] == address
    assert links["Show what was known at that moment"].startswith(f"{address}?as_of=")
    assert ada.get(links["Show what was known at that moment"]).status_code == 200
    assert ada.get(address, asked(first)).status_code == 200
    assert ada.get(address, asked(first - timedelta(seconds=1))).status_code == 404


@pytest.mark.parametrize("address", [*RESULTS, f"{REQUEST}.csv"])
def test_who_may_not_see_it_is_not_told_since_when_it_is_known(
    ben: Browsing, stranger: Browsing, address: str
) -> None:
    before = known() - timedelta(days=1)
    unknown_address = (
        address.replace(str(LARGE_REQUEST.counter), "77777")
        if address.startswith("/service-requests/")
        else f"{address[:-2]}EE"
    )

    for outsider in (ben, stranger):
        page = outsider.open(address, asked(before))
        unknown = outsider.open(unknown_address, asked(before))
        assert page.status == unknown.status == 404
        assert page.elements("main time")[0].get("datetime") == utc_text(before)
        assert "Firmtrack knew nothing of it that you may see." in page.one("#main-content")
        assert page.links()["show what is known now"] == address
        sought, other = (
            each.rsplit("/", 1)[1].removesuffix(".csv").removesuffix(".xlsx")
            for each in (address, unknown_address)
        )
        assert page.one("main").replace(sought, "") == unknown.one("main").replace(other, "")


@pytest.mark.parametrize("address", [*RESULTS, f"{REQUEST}.csv", f"{REQUEST}.xlsx"])
def test_the_past_is_nobody_elses(ben: Browsing, stranger: Browsing, address: str) -> None:
    for outsider in (ben, stranger):
        assert outsider.get(address, asked(known())).status_code == 404


@pytest.mark.parametrize("address", RESULTS)
@pytest.mark.parametrize("typed", ["yesterday", "31/02/2026 09:12", "14/11", '"><b>'])
def test_what_is_no_time_is_to_be_corrected_on_the_page_of_the_present(
    ada: Browsing, address: str, typed: str
) -> None:
    page = ada.open(address, {"as_of": typed})

    assert page.status == 400
    assert page.title.startswith("Error: ")
    assert page.heading == ada.open(address).heading
    sentence = "Enter a real day and time, like 14/11/2026 09:12"
    assert page.links()[sentence] == "#as-of-time"
    assert page.one("#as-of-error") == f"Error: {sentence}"
    assert page.elements("#as-of-time")[0].get("value") == typed
    assert "Data complete to" in page.text


def test_a_file_of_no_time_is_refused(ada: Browsing) -> None:
    assert ada.get(f"{REQUEST}.csv", {"as_of": "yesterday"}).status_code == 400


@pytest.mark.parametrize("address", RESULTS)
def test_a_time_may_be_typed_as_people_write_it(ada: Browsing, address: str) -> None:
    page = ada.open(address, {"as_of": typed_text(known() + timedelta(minutes=1))})
    assert page.status == 200


@pytest.mark.parametrize("address", RESULTS)
def test_times_as_pages_show_them_may_be_typed(ada: Browsing, address: str) -> None:
    shown = local_text(known() + timedelta(minutes=2))

    page = ada.open(address, {"as_of": shown})

    assert page.status == 200
    assert not page.elements(".govuk-error-summary")


@pytest.mark.parametrize("address", RESULTS)
def test_this_very_minute_and_today_are_now_and_not_to_come(ada: Browsing, address: str) -> None:
    for typed in (local_text(datetime.now(UTC)), day_text(datetime.now(UTC).date())):
        page = ada.open(address, {"as_of": typed})
        assert page.status == 200
        assert "still to come" not in page.text


@pytest.mark.parametrize("address", RESULTS)
def test_a_time_to_come_is_now_and_the_page_says_so(ada: Browsing, address: str) -> None:
    page = ada.open(address, asked(datetime.now(UTC) + timedelta(days=1)))

    assert page.one("#as-of").startswith("The time that was asked for is still to come")
    assert "Data complete to" in page.text


def test_a_download_of_the_past_is_the_page_of_the_past(ada: Browsing) -> None:
    moment = asked(known())

    page = ada.open(REQUEST, moment | {"completion_status": "failed"})
    file = content_of(ada.get(page.links()["Download CSV"]))

    assert len(file.splitlines()) == 1 + 5
    assert str(DISCARDED).encode() in file


@pytest.mark.parametrize("address", [*RESULTS, f"{REQUEST}.csv", f"{REQUEST}.xlsx"])
def test_the_audit_tells_of_which_moment(ada: Browsing, address: str) -> None:
    moment = known()

    ada.get(address, asked(moment)).close()

    with pool().connection() as connection:
        row = connection.execute(
            "SELECT as_of FROM lookup_audit ORDER BY lookup_id DESC LIMIT 1"
        ).fetchone()
    assert row == (moment,)


@pytest.mark.parametrize("address", RESULTS)
def test_a_moment_of_which_more_may_be_recorded_is_moved_back_and_that_is_said(
    ada: Browsing, address: str
) -> None:
    settled = known()
    with writing_pool().connection() as connection, connection.transaction():
        connection.execute("SELECT 1")
        earlier = ada.open(address, {"as_of": settled.isoformat()})
        later = ada.open(address, {"as_of": datetime.now(UTC).isoformat()})

    assert "is not settled yet" not in earlier.one("#as-of")
    assert "is not settled yet: more may still be recorded of it" in later.one("#as-of")

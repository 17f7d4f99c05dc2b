"""The list of requests, as everybody sees it: their own, newest first, and how each stands."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.stages import Variant
from firmtrack.store import database
from firmtrack.store.database import pool
from firmtrack.store.embedded import EmbeddedPostgres
from firmtrack.store.ledger.recording import Batch, record
from firmtrack.web.request_list import PAGE_LENGTH
from tests.databases import fresh_database
from tests.pages import world
from tests.pages.activations import ACTIVATED_REQUEST
from tests.pages.browsing import Browsing, Page, plain
from tests.pages.conftest import Told
from tests.pages.messages import ALPHA_ID, BROKER, SUBMITTED, delivered, request
from tests.pages.world import (
    BRAVO_REQUEST,
    LARGE_REQUEST,
    PPMID_REQUEST,
    REFUSED_REQUEST,
    STUB_REQUEST,
)

LIST = "/service-requests"


def rows(page: Page) -> list[list[str]]:
    """Return the cells of each row of the table."""
    return [[plain(cell) for cell in row.xpath("th|td")] for row in page.root.xpath("//tbody/tr")]


def listed(page: Page) -> list[str]:
    return [cells[0] for cells in rows(page)]


def test_a_supplier_sees_what_it_sent_newest_first(ada: Browsing) -> None:
    page = ada.open(LIST)
    assert (page.title, page.heading) == ("Requests", "Requests")
    assert set(listed(page)[:2]) == {str(STUB_REQUEST), str(REFUSED_REQUEST)}
    assert listed(page)[-1] == str(PPMID_REQUEST)
    assert str(LARGE_REQUEST) in listed(page)
    assert str(BRAVO_REQUEST) not in page.text


def test_how_a_request_stands_is_told_by_numbers_that_lead_to_its_devices(ada: Browsing) -> None:
    page = ada.open(LIST)
    (cells,) = (each for each in rows(page) if each[0] == str(LARGE_REQUEST))
    assert cells[1:] == [
        "0102030A 11.1", "14 November 2026, 09:12 GMT", "120",
        "1 done 114 under way 5 failed", "0",
        "No cause stands out: 5 are equally frequent",
    ]  # fmt: skip
    address = f"{LIST}/{LARGE_REQUEST}"
    for query, count in (
        ("completion_status=successful", 1),
        ("completion_status=in_progress", 114),
        ("completion_status=failed", 5),
    ):
        assert page.root.xpath("//main//a/@href").count(f"{address}?{query}#devices") == 1
        led = ada.open(f"{address}?{query}")
        assert f" of {count}" in led.one("#position")


def test_the_main_cause_leads_to_the_devices_that_it_is_of(ada: Browsing) -> None:
    page = ada.open(LIST)
    (cells,) = (each for each in rows(page) if each[0] == str(REFUSED_REQUEST))
    assert cells[-1] == "Rejected by DCC, code E110101, 1 device"
    led = ada.open(page.links()["Rejected by DCC, code E110101"].partition("#")[0])
    assert led.status == 200
    assert "Devices 1 to 1 of 1 that match the filter" in led.one("#position")


def test_what_is_not_known_yet_is_said(ada: Browsing) -> None:
    (cells,) = (each for each in rows(ada.open(LIST)) if each[0] == str(STUB_REQUEST))
    assert cells[1] == "0102030A"  # without which kind of request it is
    assert cells[4:] == ["0 done 1 under way 0 failed", "0", "None failed"]


def test_everybody_sees_their_own_and_dcc_all_with_whose_they_are(
    ben: Browsing, olga: Browsing, stranger: Browsing
) -> None:
    assert listed(ben.open(LIST)) == [str(BRAVO_REQUEST)]
    nothing = stranger.open(LIST)
    assert rows(nothing) == []
    assert nothing.one("#nothing") == "There is no request yet"
    all_of_them = rows(olga.open(LIST))
    whose = {cells[0]: cells[1] for cells in all_of_them}
    assert whose[str(BRAVO_REQUEST)] == "Bravo Power"
    assert whose[str(LARGE_REQUEST)] == "Alpha Energy"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"state": "ended"}, {PPMID_REQUEST, REFUSED_REQUEST, ACTIVATED_REQUEST}),
        ({"state": "with_failures"}, {LARGE_REQUEST, REFUSED_REQUEST}),
        ({"submitted_to": "2026-07-31"}, {PPMID_REQUEST}),
        ({"submitted_from": "1 7 2026", "submitted_to": "1 July 2026"}, {PPMID_REQUEST}),
        ({"state": "with_failures", "submitted_from": "2026-11-15"}, {REFUSED_REQUEST}),
    ],
)
def test_a_filter_leaves_what_fits(
    ada: Browsing, query: dict[str, str], expected: set[RequestId]
) -> None:
    page = ada.open(LIST, query)
    assert set(listed(page)) == {str(each) for each in expected}
    # The form has what was asked for.
    for name, value in query.items():
        chosen = page.root.xpath(
            "//main//input[@name=$name]/@value | //select[@name=$name]/option[@selected]/@value",
            name=name,
        )
        assert chosen == [value] or name.startswith("submitted")


@pytest.mark.parametrize("spelled", ["0102030A", "102030a", "0x0102030a", " 102030A "])
def test_a_version_is_found_however_it_is_spelled(ada: Browsing, spelled: str) -> None:
    assert str(LARGE_REQUEST) in listed(ada.open(LIST, {"firmware_version": spelled}))


def test_a_filter_that_nothing_fits_says_so_and_leads_back(ada: Browsing) -> None:
    page = ada.open(LIST, {"firmware_version": "FF", "state": "ended"})
    assert page.one("#nothing") == "No request matches the filter. Show all requests"
    assert "no device is in progress any more" in page.text
    assert page.links()["Show all requests"] == LIST


@pytest.mark.parametrize(
    "query",
    [
        {"submitted_from": "x"},
        {"submitted_from": "2026-11-02", "submitted_to": "2026-11-01"},
        {"state": "x"},
        {"firmware_version": "1" * 21},
    ],
)
def test_what_cannot_be_read_is_said_beside_its_field(ada: Browsing, query: dict[str, str]) -> None:
    page = ada.open(LIST, query)
    assert page.status == 400
    assert page.title.startswith("Error: ")
    assert page.elements(".govuk-error-summary a")
    assert rows(page) == []


@pytest.mark.parametrize("place", ["", "x", "A" * 44, "BAAAAAAAAAAAAAAA"])
@pytest.mark.parametrize("name", ["below", "above"])
def test_a_page_that_no_link_leads_to_is_refused(ada: Browsing, name: str, place: str) -> None:
    assert ada.get(LIST, {name: place}).status_code == 400


def test_the_look_up_is_audited_once(ada: Browsing) -> None:
    def audited() -> list[tuple[object, ...]]:
        with pool().connection() as connection:
            return connection.execute(
                "SELECT viewer, term, row_count FROM lookup_audit"
                " WHERE kind = 'service_requests' ORDER BY lookup_id"
            ).fetchall()

    before = audited()
    page = ada.open(LIST, {"state": "ended"})
    (entry,) = audited()[len(before) :]
    assert entry == ("ada@alpha.example", "state=ended", len(listed(page)))


def test_it_stands_in_the_navigation_after_the_search(ada: Browsing) -> None:
    links = ada.open(LIST).root.xpath("//nav[@aria-label='Firmtrack']//a")
    assert [plain(each) for each in links[:2]] == ["Search", "Requests"]
    assert links[1].get("aria-current") == "page"


@pytest.fixture
def many(postgres: EmbeddedPostgres) -> Iterator[Told]:
    """Alpha has sent a little more than two pages of requests, of one device each."""
    with fresh_database(postgres) as conninfo:
        database.use(conninfo)
        cast = world.people()
        for number in range(2 * PAGE_LENGTH + 3):
            send(number)
        yield Told(conninfo, cast)
        database.close()


def send(number: int) -> None:
    request_id = RequestId(ALPHA_ID, BROKER, number)
    at = SUBMITTED + timedelta(hours=number)
    record(Batch(messages=[request(request_id, Variant.UPDATE_FIRMWARE, world.DEVICES[:1], at)]))


def counters(page: Page) -> list[int]:
    return [RequestId.parse(each).counter for each in listed(page)]


def test_pages_follow_each_other_both_ways_whatever_is_sent_meanwhile(many: Told) -> None:
    ada = Browsing.signed_in(many.cast.ada)
    last = 2 * PAGE_LENGTH + 2
    first = ada.open(LIST)
    assert counters(first) == list(range(last, last - PAGE_LENGTH, -1))
    assert "Previous page" not in first.links()
    send(last + 1)
    second = ada.open(first.links()["Next page"])
    assert counters(second) == list(range(last - PAGE_LENGTH, last - 2 * PAGE_LENGTH, -1))
    third = ada.open(second.links()["Next page"])
    assert counters(third) == [2, 1, 0]
    assert "Next page" not in third.links()
    assert counters(ada.open(third.links()["Previous page"])) == counters(second)
    # Above it is more than a page by now, the nearest of which is the page that was.
    before = ada.open(second.links()["Previous page"])
    assert counters(before) == counters(first)
    # There is less than a page above: so the first is shown, whole.
    newest = ada.open(before.links()["Previous page"])
    assert counters(newest) == list(range(last + 1, last + 1 - PAGE_LENGTH, -1))


def test_a_filter_stays_from_page_to_page(many: Told) -> None:
    ada = Browsing.signed_in(many.cast.ada)
    record(
        Batch(
            messages=[
                delivered(
                    world.DEVICES[0], SUBMITTED, RequestId(ALPHA_ID, BROKER, number), reason="N61"
                )
                for number in range(PAGE_LENGTH + 1)
            ]
        )
    )
    first = ada.open(LIST, {"state": "with_failures"})
    second = ada.open(first.links()["Next page"])
    assert counters(first) + counters(second) == list(range(PAGE_LENGTH, -1, -1))

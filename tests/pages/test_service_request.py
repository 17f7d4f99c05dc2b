import csv
from io import StringIO

import pytest

from firmtrack.presentation.csv import COLUMNS
from tests.pages.browsing import Browsing, content_of
from tests.pages.messages import IMAGE_HASH
from tests.pages.world import (
    BRAVO_DEVICE,
    BRAVO_REQUEST,
    DEVICES,
    LARGE_REQUEST,
    REFUSED_REQUEST,
    STUB_REQUEST,
    UNKNOWN_REQUEST,
)

ADDRESS = f"/service-requests/{LARGE_REQUEST}"


def test_the_page_says_what_was_asked_and_what_dcc_answered(ada: Browsing) -> None:
    page = ada.open(ADDRESS)
    assert page.status == 200
    assert page.heading == page.title == f"Service Request {LARGE_REQUEST}"
    assert page.facts() == {
        "Service Reference Variant": "11.1 Update Firmware",
        "Firmware Version": "0102030A",
        "Image hash (SHA-256)": IMAGE_HASH.hex(),
        "Image size": "524,288 bytes",
        "Submitted": "14 November 2026, 09:12 GMT",
        "Devices": "120",
        "DCC’s answer": (
            "Accepted, without the devices in its lists. Code: W110101 14 November 2026, 09:13 GMT"
        ),
    }


def test_the_counts_by_completion_status_lead_to_their_devices(ada: Browsing) -> None:
    page = ada.open(ADDRESS)
    assert page.all(".firmtrack-counts li") == ["114 In Progress", "5 Failed", "1 Successful"]
    failed = ada.open(page.links()["Failed"].partition("#")[0])
    assert failed.one("#position").startswith("Devices 1 to 5 of 5 that match the filter")
    assert {row[3].split()[0] for row in failed.rows()} == {"Failed"}


def test_the_table_has_exactly_the_columns_of_the_csv(ada: Browsing) -> None:
    page = ada.open(ADDRESS)
    assert tuple(page.all("thead th")) == COLUMNS
    assert page.rows()[0] == [
        str(LARGE_REQUEST),
        "0102030A",
        str(DEVICES[0]),
        "Successful Verified by device",
        "",
        "15 November 2026, 13:12 GMT",
    ]
    assert page.rows()[1][3:5] == [
        "Failed Rejected by DCC",
        (
            "DCC left the device out of the request: not certified for the device’s model. "
            "Code: not_applicable_firmware"
        ),
    ]
    assert page.links()[str(DEVICES[0])] == f"/devices/{DEVICES[0]}"


def test_fifty_devices_a_page_lead_through_all_of_them_once(ada: Browsing) -> None:
    seen: list[str] = []
    address, positions = ADDRESS, []
    while address:
        page = ada.open(address)
        seen += [row[2] for row in page.rows()]
        positions.append(page.one("#position"))
        address = page.links().get("Next page", "").partition("#")[0]
    assert seen == [str(device) for device in DEVICES]
    assert positions == [
        "Devices 1 to 50 of 120, by Device ID.",
        "Devices 51 to 100 of 120, by Device ID.",
        "Devices 101 to 120 of 120, by Device ID.",
    ]
    assert page.links()["First page"] == f"{ADDRESS}#devices"


def test_a_filter_stays_on_the_next_page_and_on_the_way_back(ada: Browsing) -> None:
    page = ada.open(ADDRESS, {"completion_status": "in_progress", "current_status": "accepted"})
    assert page.one("#position") == "Devices 1 to 50 of 80 that match the filter, by Device ID."
    following = ada.open(page.links()["Next page"].partition("#")[0])
    assert following.one("#position").startswith("Devices 51 to 80 of 80 that match the filter")
    assert following.links()["First page"] == (
        f"{ADDRESS}?completion_status=in_progress&current_status=accepted#devices"
    )
    assert following.links()["Clear filter"] == f"{ADDRESS}#devices"
    assert following.root.xpath("//option[@selected]/@value") == [
        "in_progress",
        "accepted",
        "",
    ]


def test_the_filter_offers_every_status(ada: Browsing) -> None:
    page = ada.open(ADDRESS)
    assert page.all("#completion-status-filter option") == [
        "All",
        "In Progress",
        "Failed",
        "Successful",
    ]
    assert len(page.all("#current-status-filter option")) == 14


def test_complete_is_another_word_for_successful(ada: Browsing) -> None:
    page = ada.open(ADDRESS, {"completion_status": "complete"})
    assert page.one("#position").startswith("Devices 1 to 1 of 1 that match")


def test_a_filter_that_nothing_matches_says_so(ada: Browsing) -> None:
    page = ada.open(ADDRESS, {"completion_status": "failed", "current_status": "accepted"})
    assert page.status == 200
    assert page.one("#position") == "No device of this request matches the filter."
    assert not page.elements("table")


@pytest.mark.parametrize(
    "query",
    [
        {"completion_status": "finished"},
        {"current_status": "lost"},
        {"after": "first"},
        {"after": str(DEVICES[0]), "earlier": "-1"},
    ],
)
def test_an_address_that_asks_for_what_does_not_exist_is_refused(
    ada: Browsing, query: dict[str, str]
) -> None:
    page = ada.open(ADDRESS, query)
    assert page.status == 400
    assert page.heading == "The address is not right"


def test_the_csv_holds_every_device_that_the_filter_shows(ada: Browsing) -> None:
    page = ada.open(ADDRESS, {"completion_status": "failed"})
    response = ada.get(page.links()["Download CSV"])
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == (
        'attachment; filename="firmware-distribution-'
        '90-B3-D5-1F-30-01-00-00_90-B3-D5-1F-30-00-00-02_2000.csv"'
    )
    header, *rows = csv.reader(StringIO(content_of(response).decode()))
    assert tuple(header) == COLUMNS
    assert [row[2] for row in rows] == [row[2] for row in page.rows()]


def test_the_csv_without_a_filter_holds_all_pages(ada: Browsing) -> None:
    response = ada.get(ada.open(ADDRESS).links()["Download CSV"])
    assert len(content_of(response).splitlines()) == 1 + len(DEVICES)


def test_a_refusal_shows_its_code_and_no_invented_meaning(ada: Browsing) -> None:
    page = ada.open(f"/service-requests/{REFUSED_REQUEST}")
    assert page.facts()["DCC’s answer"] == (
        "DCC refused the request with code E110101; Firmtrack does not know what it means: "
        "DUIS describes it. "
        "17 November 2026, 09:12 GMT"
    )


def test_a_request_that_only_others_told_of_says_what_is_not_known(ada: Browsing) -> None:
    page = ada.open(f"/service-requests/{STUB_REQUEST}")
    assert page.status == 200
    facts = page.facts()
    assert facts["Service Reference Variant"].startswith("Not known yet")
    assert facts["DCC’s answer"] == "None received yet"
    assert page.one("#position") == "Devices 1 to 1 of 1, by Device ID."


@pytest.mark.parametrize("suffix", ["", ".csv", ".xlsx"])
def test_another_spelling_leads_to_the_one_address(ada: Browsing, suffix: str) -> None:
    spelled = str(LARGE_REQUEST).lower().replace("-", "")
    response = ada.get(f"/service-requests/{spelled}{suffix}?completion_status=failed")
    assert response.status_code == 301
    assert response.headers["Location"] == f"{ADDRESS}{suffix}?completion_status=failed"


@pytest.mark.parametrize("suffix", ["", ".csv", ".xlsx"])
def test_unknown_and_someone_elses_answer_alike(
    ada: Browsing, ben: Browsing, stranger: Browsing, suffix: str
) -> None:
    answers = [
        ben.open(f"/service-requests/{LARGE_REQUEST}{suffix}"),
        ben.open(f"/service-requests/{UNKNOWN_REQUEST}{suffix}"),
        stranger.open(f"/service-requests/{LARGE_REQUEST}{suffix}"),
        ada.open(f"/service-requests/{BRAVO_REQUEST}{suffix}"),
    ]
    for page in answers:
        assert page.status == 404
        assert page.heading == page.title == "Service Request ID not found"
    others, unknown = (
        page.text.replace(str(request_id), "X").replace(f">{request_id.counter}<", ">X<")
        for page, request_id in zip(answers, (LARGE_REQUEST, UNKNOWN_REQUEST), strict=False)
    )
    assert without_tokens(others) == without_tokens(unknown)


def test_dcc_sees_every_request(olga: Browsing) -> None:
    page = olga.open(f"/service-requests/{BRAVO_REQUEST}")
    assert page.status == 200
    assert page.rows()[0][2] == str(BRAVO_DEVICE)


@pytest.mark.parametrize("suffix", ["", ".csv", ".xlsx"])
def test_who_has_not_signed_in_is_asked_to_first(anybody: Browsing, suffix: str) -> None:
    response = anybody.get(f"{ADDRESS}{suffix}")
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/sign-in?next=")


@pytest.mark.parametrize("suffix", ["", ".csv", ".xlsx"])
def test_what_is_no_id_is_not_found(ada: Browsing, suffix: str) -> None:
    page = ada.open(f"/service-requests/nonsense{suffix}")
    assert page.status == 404
    assert page.heading == "Service Request ID not found"


def without_tokens(text: str) -> str:
    """Return a page's text less what is new in every answer."""
    kept = [line for line in text.splitlines() if "csrfmiddlewaretoken" not in line]
    return "\n".join(kept)

import csv
from io import BytesIO, StringIO

import openpyxl
import pytest

from firmtrack.domain.identifiers import Eui64
from firmtrack.presentation.csv import COLUMNS
from tests.pages.browsing import Browsing, Page, content_of, plain
from tests.pages.messages import IMAGE_HASH
from tests.pages.world import (
    BRAVO_DEVICE,
    BRAVO_REQUEST,
    DEVICES,
    DISCARDED,
    LARGE_REQUEST,
    NOT_DELIVERED,
    REFUSED_BY_NAME,
    REFUSED_REQUEST,
    STUB_REQUEST,
    UNKNOWN_REASON,
    UNKNOWN_REQUEST,
    UNPUBLISHED_REASON,
)

ADDRESS = f"/service-requests/{LARGE_REQUEST}"


def devices_shown(page: Page) -> list[list[str]]:
    """Return the rows of the table of devices."""
    tables = page.elements("table.firmtrack-devices")
    return [
        [plain(cell) for cell in row.xpath("./th | ./td")]
        for table in tables
        for row in table.xpath(".//tbody/tr")
    ]


def failures_shown(page: Page) -> list[list[str]]:
    """Return the rows of the failures by status and reason."""
    return [
        [plain(cell) for cell in row.xpath("./th | ./td")]
        for table in page.elements("table.firmtrack-failures")
        for row in table.xpath(".//tbody/tr")
    ]


def followed(browsing: Browsing, address: str) -> Page:
    """Return the page that a link leads to, which is to its devices."""
    where, _, fragment = address.partition("#")
    assert fragment == "devices"
    return browsing.open(where)


def test_the_page_begins_with_what_people_read_and_then_how_it_stands(ada: Browsing) -> None:
    page = ada.open(ADDRESS)
    assert page.status == 200
    assert page.title == f"Service Request {LARGE_REQUEST}"
    assert page.heading == "Service Request for version 0102030A"
    assert page.one("#service-request-id") == str(LARGE_REQUEST)
    assert page.one("#summary") == (
        "1 of 120 done, 114 under way, 5 failed. No cause stands out: 5 are equally frequent, "
        "1 device each."
    )
    order = [
        each.get("id") for each in page.root.xpath("//*[self::h1 or self::h2 or self::p][@id]")
    ]
    wanted = ["service-request-id", "summary", "failures", "completion-status", "what-to-do"]
    assert [each for each in order if each in wanted] == wanted
    text = plain(page.elements("main")[0])
    assert text.index("What to do") < text.index("Download CSV") < text.index("Device ID Current")


def test_what_was_asked_is_folded(ada: Browsing) -> None:
    page = ada.open(ADDRESS)
    (about,) = page.elements("details#about")
    assert about.get("open") is None
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


def test_each_number_of_the_sentence_leads_to_as_many_devices(ada: Browsing) -> None:
    page = ada.open(ADDRESS)
    links = {plain(each): each.get("href") for each in page.elements("#summary a")}
    assert list(links) == ["1 of 120 done", "114 under way", "5 failed"]
    for text, address in links.items():
        number = text.split()[0]
        assert f" of {number}" in followed(ada, address).one("#position")


def test_each_count_leads_to_as_many_devices(ada: Browsing) -> None:
    page = ada.open(ADDRESS)
    assert page.all(".firmtrack-counts li") == ["114 In Progress", "5 Failed", "1 Successful"]
    failed = followed(ada, page.links()["5 Failed"])
    assert failed.one("#position").startswith("Devices 1 to 5 of 5 that match the filter")
    assert {row[1].split()[0] for row in devices_shown(failed)} == {"Failed"}
    by_status = page.elements("ul.firmtrack-request__statuses a")
    assert sum(int(plain(each).split()[0]) for each in by_status) == 120
    for each in by_status:
        number = plain(each).split()[0]
        assert f" of {number} that" in followed(ada, each.get("href")).one("#position")


def test_failures_stand_by_status_and_reason_each_leading_to_its_devices(ada: Browsing) -> None:
    page = ada.open(ADDRESS)
    shown = failures_shown(page)
    assert [row[:2] for row in shown] == [
        ["1 device", "Rejected by DCC"],
        ["1 device", "Delivery to Communications Hub failed"],
        ["1 device", "Delivery to Communications Hub failed"],
        ["1 device", "Delivery to Communications Hub failed"],
        ["1 device", "Transfer to device failed"],
    ]
    links = page.elements("table.firmtrack-failures tbody th a")
    led_to = [followed(ada, each.get("href")) for each in links]
    assert [devices_shown(each)[0][0] for each in led_to] == [
        str(device)
        for device in (
            REFUSED_BY_NAME,
            UNPUBLISHED_REASON,
            NOT_DELIVERED,
            UNKNOWN_REASON,
            DISCARDED,
        )
    ]
    assert {each.one("#position") for each in led_to} == {
        "Devices 1 to 1 of 1 that match the filter, by Device ID."
    }


def test_what_to_do_is_the_catalogues_advice_for_each_reason(ada: Browsing) -> None:
    steps = ada.open(ADDRESS).all(".firmtrack-request__steps li")
    assert any(
        step.startswith("1 device (not_applicable_firmware): Compare version and model")
        for step in steps
    )
    assert sum(int(step.split()[0]) for step in steps) == 5


def test_the_table_begins_with_the_device_and_repeats_no_request(ada: Browsing) -> None:
    page = ada.open(ADDRESS)
    (table,) = page.elements("table.firmtrack-devices")
    assert [plain(each) for each in table.xpath(".//thead//th")] == [
        column for column in COLUMNS if column not in {"Service Request ID", "Firmware Version"}
    ]
    rows = devices_shown(page)
    assert rows[0] == [
        str(DEVICES[0]), "Successful Verified by device", "", "15 November 2026, 13:12 GMT",
    ]  # fmt: skip
    assert rows[1][1:3] == [
        "Failed Rejected by DCC",
        (
            "DCC left the device out of the request: not certified for the device’s model. "
            "Code: not_applicable_firmware"
        ),
    ]
    assert page.links()[str(DEVICES[0])] == f"/devices/{DEVICES[0]}"
    assert str(LARGE_REQUEST) not in plain(table)


def test_fifty_devices_a_page_lead_through_all_of_them_once_and_back(ada: Browsing) -> None:
    pages = [ada.open(ADDRESS)]
    assert "Previous page" not in pages[0].links()
    while following := pages[-1].links().get("Next page"):
        pages.append(followed(ada, following))
    seen = [row[0] for page in pages for row in devices_shown(page)]
    assert seen == [str(device) for device in DEVICES]
    assert [page.one("#position") for page in pages] == [
        "Devices 1 to 50 of 120, by Device ID.",
        "Devices 51 to 100 of 120, by Device ID.",
        "Devices 101 to 120 of 120, by Device ID.",
    ]
    assert pages[-1].links()["First page"] == f"{ADDRESS}#devices"
    back = pages[-1]
    for there in pages[-2::-1]:
        back = followed(ada, back.links()["Previous page"])
        assert devices_shown(back) == devices_shown(there)
        assert back.one("#position") == there.one("#position")
    assert "Previous page" not in back.links()


@pytest.mark.parametrize("earlier", ["0", "7", "999999999"])
def test_a_position_is_never_beyond_what_there_is(ada: Browsing, earlier: str) -> None:
    last = ada.open(ADDRESS, {"after": str(DEVICES[99]), "earlier": earlier})
    assert last.one("#position") == "Devices 101 to 120 of 120, by Device ID."
    middle = ada.open(ADDRESS, {"after": str(DEVICES[49]), "earlier": earlier})
    assert int(middle.one("#position").split()[3]) <= 120
    first = ada.open(ADDRESS, {"before": str(DEVICES[10]), "earlier": earlier})
    assert first.one("#position") == "Devices 1 to 50 of 120, by Device ID."


def test_a_filter_stays_on_the_next_page_and_on_the_way_back(ada: Browsing) -> None:
    page = ada.open(ADDRESS, {"completion_status": "in_progress", "current_status": "accepted"})
    assert page.one("#position") == "Devices 1 to 50 of 80 that match the filter, by Device ID."
    following = followed(ada, page.links()["Next page"])
    assert following.one("#position").startswith("Devices 51 to 80 of 80 that match the filter")
    assert following.links()["First page"] == (
        f"{ADDRESS}?completion_status=in_progress&current_status=accepted#devices"
    )
    assert following.links()["Clear filter"] == f"{ADDRESS}#devices"
    assert following.root.xpath("//option[@selected]/@value") == ["in_progress", "accepted", "", ""]
    back = followed(ada, following.links()["Previous page"])
    assert back.one("#position") == page.one("#position")


def test_the_filter_offers_every_status_and_the_reasons_that_the_request_has(
    ada: Browsing,
) -> None:
    page = ada.open(ADDRESS)
    assert page.all("#completion-status-filter option") == [
        "All",
        "In Progress",
        "Failed",
        "Successful",
    ]
    assert len(page.all("#current-status-filter option")) == 14
    reasons = page.all("#reason-filter option")
    assert reasons[0] == "All"
    assert sorted(reasons[1:]) == [
        "N45",
        "N61",
        "X77",
        "image_discarded",
        "not_applicable_firmware",
    ]


@pytest.mark.parametrize(
    ("reason", "device"),
    [("N61", NOT_DELIVERED), ("X77", UNKNOWN_REASON), ("image_discarded", DISCARDED)],
)
def test_a_reason_filters_page_and_files_alike(ada: Browsing, reason: str, device: Eui64) -> None:
    page = ada.open(ADDRESS, {"reason": reason})
    assert [row[0] for row in devices_shown(page)] == [str(device)]
    assert page.one("#position") == "Devices 1 to 1 of 1 that match the filter, by Device ID."
    assert page.root.xpath("//select[@name='reason']/option[@selected]/@value") == [reason]
    file = content_of(ada.get(page.links()["Download CSV"])).decode()
    assert [row[2] for row in csv.reader(StringIO(file))][1:] == [str(device)]
    sheet = openpyxl.load_workbook(BytesIO(content_of(ada.get(page.links()["Download Excel"]))))
    cells = list(sheet.worksheets[0].iter_rows(values_only=True))
    assert [(row[2], row[6], row[7]) for row in cells[1:]] == [(str(device), reason, "Failed")]


@pytest.mark.parametrize("reason", ["n61", "<b>", "N999", "no such code"])
def test_a_reason_that_no_device_has_is_an_empty_result_with_a_plain_line(
    ada: Browsing, reason: str
) -> None:
    page = ada.open(ADDRESS, {"reason": reason})
    assert page.status == 200
    assert page.one("#position") == (
        f"No device of this request failed with the reason code {reason}. Codes are compared as "
        "they stand: upper and lower case differ."
    )
    assert page.root.xpath("//select[@name='reason']/option[@selected]/@value") == [reason]
    assert devices_shown(page) == []


def test_complete_is_another_word_for_successful(ada: Browsing) -> None:
    page = ada.open(ADDRESS, {"completion_status": "complete"})
    assert page.one("#position").startswith("Devices 1 to 1 of 1 that match")


def test_a_filter_that_nothing_matches_says_so(ada: Browsing) -> None:
    page = ada.open(ADDRESS, {"completion_status": "failed", "current_status": "accepted"})
    assert page.status == 200
    assert page.one("#position") == "No device of this request matches the filter."
    assert devices_shown(page) == []


@pytest.mark.parametrize(
    "query",
    [
        {"completion_status": "finished"},
        {"current_status": "lost"},
        {"after": "first"},
        {"after": str(DEVICES[0]), "earlier": "-1"},
        {"before": "last"},
        {"before": str(DEVICES[0]), "after": str(DEVICES[0])},
        {"reason": "x" * 65},
        {"reason": "a\0b"},
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
    assert [row[2] for row in rows] == [row[0] for row in devices_shown(page)]


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
    assert devices_shown(page)[0][0] == str(BRAVO_DEVICE)


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

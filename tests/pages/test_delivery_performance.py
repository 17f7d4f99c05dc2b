import csv
from io import StringIO

from firmtrack.presentation.performance import CSV_COLUMNS
from firmtrack.store.database import pool
from firmtrack.store.numbers import to_bigint
from firmtrack.store.reports import performance
from tests.pages.browsing import Browsing, Page
from tests.pages.world import BRAVO_REQUEST, LARGE_REQUEST

ADDRESS = "/delivery-performance"
ALPHA_ID, BRAVO_ID = LARGE_REQUEST.originator, BRAVO_REQUEST.originator
ON_ONE_DAY = {"submitted_from": "2026-11-14", "submitted_to": "2026-11-14"}
"""When LARGE_REQUEST was submitted."""


def counts(page: Page) -> dict[str, str]:
    """Return the large figures, by their names."""
    numbers = page.all(".firmtrack-counts__number")
    items = page.all(".firmtrack-counts__count")
    return {
        item.removeprefix(number).strip(): number
        for item, number in zip(items, numbers, strict=True)
    }


def tables(page: Page) -> dict[str, list[list[str]]]:
    """Return the bodies of all tables, by their accessible names."""
    return {
        table.getparent().get("aria-label"): [
            [" ".join(cell.text_content().split()) for cell in row.xpath("./th | ./td")]
            for row in table.xpath(".//tbody/tr")
        ]
        for table in page.elements("table")
    }


def test_the_figures_are_of_the_viewers_own_requests(ada: Browsing) -> None:
    page = ada.open(ADDRESS, ON_ONE_DAY)

    assert page.status == 200
    assert page.heading == page.title == "Delivery performance"
    assert counts(page) == {
        "Devices": "120",
        "In Progress": "114",
        "Failed": "5",
        "Successful": "1",
        "Success rate": "16.7%",
    }
    shown = tables(page)
    assert shown["Times from submission"] == [
        ["to the Communications Hub", "21 hours", "27 hours", "36"],
        ["to the device", "28 hours", "28 hours", "1"],
        ["to completion", "29 hours", "29 hours", "1"],
    ]
    assert [row[0] for row in shown["Figures by CSP region"]] == ["Not known", "North"]
    hub_times = [row[6] for row in shown["Figures by CSP region"]]
    assert hub_times == ["21 hours 21 hours of 35", "27 hours 27 hours of 1"]
    assert shown["Devices by stage"][3:5] == [
        ["Delivered to Communications Hub", "30.0%", "36", "120", "34", "3"],
        ["Transferred to device", "0.8%", "1", "120", "0", "1"],
    ]
    assert len(shown["Reasons of failure"]) == 5
    assert all(row[2:] == ["1", "20.0%"] for row in shown["Reasons of failure"])
    assert "Figures by Supplier" not in shown


def test_it_says_how_old_the_figures_are_and_counts_nothing(ada: Browsing, ben: Browsing) -> None:
    counted = "Counted less than a minute ago ("
    performance.refresh()
    (fresh,) = (text for text in ada.open(ADDRESS).all("p") if text.startswith(counted))
    assert fresh.endswith("; nothing has changed since.")
    originator = {"originator": to_bigint(ALPHA_ID)}
    with pool().connection() as connection:
        connection.execute(
            "INSERT INTO stale_request SELECT request_key FROM request"
            " WHERE originator = %(originator)s",
            originator,
        )
        stale = connection.execute("SELECT FROM stale_request").rowcount
        for _ in range(2):
            (inset,) = ada.open(ADDRESS).all(".govuk-inset-text")
            assert inset.startswith(counted)
            assert inset.endswith(f"; {stale} requests have changed since.")
        assert ben.open(ADDRESS).all(".govuk-inset-text") == []
        assert connection.execute("SELECT FROM stale_request").rowcount == stale
    performance.refresh()


def test_a_chart_is_drawn_of_weeks_and_each_has_a_name(ada: Browsing) -> None:
    page = ada.open(ADDRESS)

    charts = page.root.xpath("//*[local-name()='svg'][@role='img']")
    assert len(charts) == 3
    for chart in charts:
        (name,) = page.all(f"#{chart.get('aria-labelledby')}")
        assert name.startswith("Time to ")
        assert chart.xpath(".//*[local-name()='polyline' or local-name()='line']")


def test_a_stage_of_one_kind_of_request_says_of_which(ada: Browsing) -> None:
    page = ada.open(ADDRESS)

    stages = {row[0]: row for row in tables(page)["Devices by stage"]}
    verified = stages["Verified by device Only 11.1 requests"]
    activated = stages["Activated by device Only 11.4 requests"]
    assert activated[1:4] == ["100.0%", "1", "1"]
    assert int(verified[3]) + int(activated[3]) < int(counts(page)["Devices"])


def test_a_period_leaves_out_what_was_submitted_at_other_times(ada: Browsing) -> None:
    page = ada.open(ADDRESS, {"submitted_from": "2026-07-01", "submitted_to": "2026-07-01"})

    assert counts(page)["Devices"] == "1"
    assert page.links()["Download CSV of these figures"] == (
        f"{ADDRESS}.csv?submitted_from=2026-07-01&submitted_to=2026-07-01"
    )
    nothing = ada.open(ADDRESS, {"submitted_to": "2020-01-01"})
    assert "There is no update request to count that matches." in nothing.all("p")


def test_a_day_that_is_none_is_refused_with_what_to_enter(ada: Browsing) -> None:
    for query, sentence in (
        ({"submitted_from": "soon"}, "Enter a real date, like 27 3 2026 or 2026-03-27"),
        (
            {"submitted_from": "2026-03-02", "submitted_to": "2026-03-01"},
            "The last day must not be before the first day",
        ),
    ):
        page = ada.open(ADDRESS, query)
        assert (page.status, page.title) == (400, "Error: Delivery performance")
        assert page.links()[sentence].startswith("#submitted-")
        assert ada.get(f"{ADDRESS}.csv", query).status_code == 400


def test_dcc_sees_all_suppliers_and_may_choose_one(olga: Browsing) -> None:
    page = olga.open(ADDRESS)
    chosen = olga.open(ADDRESS, {"supplier": str(BRAVO_ID)})

    suppliers = tables(page)["Figures by Supplier"]
    assert [row[0] for row in suppliers] == [
        f"Alpha Energy, {ALPHA_ID}",
        f"Bravo Power, {BRAVO_ID}",
    ]
    assert [row[:5] for row in tables(chosen)["Figures by Supplier"]] == [suppliers[1][:5]]
    assert counts(chosen)["Devices"] == suppliers[1][1]
    assert olga.get(ADDRESS, {"supplier": "Alpha"}).status_code == 400


def test_others_learn_nothing_of_what_is_not_theirs(ben: Browsing, stranger: Browsing) -> None:
    nothing = "There is no update request to count that matches."
    assert nothing in ben.open(ADDRESS, ON_ONE_DAY).all("p")
    assert "There is no update request to count." in stranger.open(ADDRESS).all("p")
    # To a supplier there is no list of suppliers to choose from, so nothing to ask by.
    assert ben.get(ADDRESS, {"supplier": str(ALPHA_ID)}).status_code == 400
    for browsing in (ben, stranger):
        page = browsing.open(ADDRESS)
        assert str(ALPHA_ID) not in page.text
        assert "North" not in page.text
        assert str(LARGE_REQUEST) not in page.text


def test_the_file_has_the_same_figures(ada: Browsing) -> None:
    response = ada.get(f"{ADDRESS}.csv", ON_ONE_DAY)

    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    header, total, *groups = csv.reader(StringIO(response.content.decode(), newline=""))
    assert tuple(header) == CSV_COLUMNS
    assert total[:7] == ["All", "", "120", "114", "5", "1", "0.1667"]
    assert all(len(row) == len(header) for row in groups)
    assert ["Firmware version", "0102030A"] in [row[:2] for row in groups]

"""The guidance explains what the tables hold, and every result leads to its place in it."""

from urllib.parse import urlsplit

import pytest

from firmtrack.api.application import api
from firmtrack.domain.stages import CompletionStatus, Status
from firmtrack.duis.codes import Sureness
from firmtrack.presentation import wording
from firmtrack.presentation.catalogue import CODES, kind_of
from firmtrack.presentation.catalogue_activations import ACTIVATIONS, FLAG_EXAMPLES
from firmtrack.presentation.catalogue_incidents import INCIDENTS
from firmtrack.presentation.catalogue_states import COMPLETIONS, STAGE_ENTRIES, STATUSES
from firmtrack.presentation.csv import COLUMNS
from firmtrack.presentation.flags import FLAG_NAMES
from firmtrack.store.wording import clear_wording, set_wording
from firmtrack.web.guidance import TOPICS, code_link
from tests.pages.browsing import Browsing, Page, plain
from tests.pages.world import DISCARDED, LARGE_REQUEST, REFUSED_REQUEST, UNDER_WAY, VERIFIED

RESULTS = [
    f"/devices/{VERIFIED}",
    f"/devices/{DISCARDED}",
    f"/inventory/{UNDER_WAY}",
    f"/service-requests/{LARGE_REQUEST}",
    f"/service-requests/{REFUSED_REQUEST}",
]


def ids_of(page: Page) -> set[str]:
    return set(map(str, page.root.xpath("//@id")))


def guidance_links(page: Page) -> set[str]:
    links = (link.get("href", "") for link in page.elements("main a"))
    return {link for link in links if link.startswith("/guidance")}


def facts_under(page: Page, anchor: str) -> dict[str, str]:
    """What the list that follows a heading says."""
    rows = page.root.xpath("//*[@id=$id]/ancestor::*[1]/following-sibling::dl[1]/div", id=anchor)
    return {plain(row[0]): plain(row[1]) for row in rows}


def row_of(page: Page, anchor: str) -> list[str]:
    (row,) = page.root.xpath("//th[@id=$id]/..", id=anchor)
    return [plain(cell) for cell in row]


def test_the_index_leads_to_every_page_and_every_page_back(ada: Browsing) -> None:
    index = ada.open("/guidance")
    assert index.heading == index.title == "Guidance"
    assert index.links() == {topic.title: f"/guidance/{topic.slug}" for topic in TOPICS.values()}
    for topic in TOPICS.values():
        page = ada.open(f"/guidance/{topic.slug}")
        assert page.status == 200
        assert page.heading == topic.title
        assert page.elements(".firmtrack-back a")[0].get("href") == "/guidance"


def test_every_page_leads_an_administrator_to_all_that_there_is(
    ada: Browsing, anybody: Browsing
) -> None:
    links = ada.open("/guidance").elements(".firmtrack-nav a")
    assert [link.get("href") for link in links] == [
        "/firmware-distribution",
        "/service-requests",
        "/delivery-performance",
        "/causes",
        "/notices",
        "/watching",
        "/people",
        "/tokens",
        "/audit",
        "/guidance",
    ]
    assert [link.get("href") for link in links if link.get("aria-current")] == ["/guidance"]
    assert not anybody.open("/sign-in").elements(".firmtrack-nav a")


def test_a_page_of_the_guidance_that_there_is_not_is_not_found(ada: Browsing) -> None:
    assert ada.open("/guidance/everything").status == 404


def test_every_code_has_its_place(ada: Browsing) -> None:
    page = ada.open("/guidance/reasons")
    assert set(CODES) <= ids_of(page)
    for code, entry in CODES.items():
        if entry.sureness is Sureness.UNKNOWN:
            (place,) = page.root.xpath("//*[@id=$id]", id=code)
            (kind,) = place.xpath("ancestor::tr/th")
            assert (plain(place), plain(kind)) == (code, kind_of(code))
        else:
            facts = {
                "Meaning": entry.meaning,
                "Usual causes": entry.advice.causes,
                "What you do": entry.advice.user,
                "What DCC does": entry.advice.dcc,
                "As DCC writes it": entry.written,
                "Source": f"{wording.SURENESS_NAMES[entry.sureness]}: {entry.source}",
            }
            if entry.written == code:
                del facts["As DCC writes it"]
            assert facts_under(page, code) == facts


def test_the_page_of_codes_is_short_enough_to_be_read(ada: Browsing) -> None:
    assert len(ada.open("/guidance/reasons").one("main").split()) < 3_600


def test_every_status_stage_outcome_and_flag_has_its_place(ada: Browsing) -> None:
    statuses = ada.open("/guidance/statuses")
    completions = ada.open("/guidance/completion-statuses")
    activations = ada.open("/guidance/activations")
    for page, entries in (
        (statuses, [*STATUSES.values()]),
        (completions, [*COMPLETIONS.values()]),
        (activations, [*ACTIVATIONS.values()]),
        (ada.open("/guidance/incidents"), [*INCIDENTS.values()]),
    ):
        for entry in entries:
            assert facts_under(page, entry.code)["Meaning"] == entry.meaning
    for stage in STAGE_ENTRIES.values():
        assert row_of(statuses, stage.code)[1] == stage.work
    for kind, text in FLAG_EXAMPLES.items():
        assert row_of(activations, kind.value) == [FLAG_NAMES[kind], text]


@pytest.mark.parametrize("address", RESULTS)
def test_every_link_from_a_result_leads_to_a_place_that_exists(ada: Browsing, address: str) -> None:
    links = guidance_links(ada.open(address))
    assert links
    for link in links:
        parts = urlsplit(link)
        page = ada.open(parts.path)
        assert page.status == 200
        assert not parts.fragment or parts.fragment in ids_of(page), link


def test_a_failed_device_leads_to_its_status_its_reason_and_its_completion_status(
    ada: Browsing,
) -> None:
    for address in (f"/devices/{DISCARDED}", f"/inventory/{DISCARDED}"):
        assert {
            f"/guidance/statuses#{Status.DEVICE_TRANSFER_FAILED.value}",
            "/guidance/reasons#image_discarded",
            f"/guidance/completion-statuses#{CompletionStatus.FAILED.value}",
        } <= guidance_links(ada.open(address))


def test_a_request_leads_to_the_code_of_dccs_answer(ada: Browsing) -> None:
    links = guidance_links(ada.open(f"/service-requests/{REFUSED_REQUEST}"))
    assert any(link.startswith("/guidance/reasons#E") for link in links)


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        ("With code E1: no.", "E1", "With code <a …#E1>E1</a>: no."),
        ("E11 is not E1.", "E1", "E11 is not <a …#E1>E1</a>."),
        ("No code.", "N19", "No code. Code: <a …#N19>N19</a>"),
        ("<b> X77", "X77", "&lt;b&gt; <a …#unknown-codes>X77</a>"),
        ("No.", '"><b>', "No. Code: <a …#unknown-codes>&#34;&gt;&lt;b&gt;</a>"),
    ],
)
@pytest.mark.usefixtures("cast")
def test_a_code_leads_to_its_place_whatever_it_is(text: str, code: str, expected: str) -> None:
    link = str(code_link(text, code))
    for tag in ('<span class="firmtrack-id__part">', "</span>"):
        link = link.replace(tag, "")
    short = link.replace('<a class="govuk-link firmtrack-id" href="/guidance/reasons', "<a …")
    assert short.replace('">', ">") == expected


def test_the_operators_wording_is_shown_as_theirs(ada: Browsing, stranger: Browsing) -> None:
    ours = {"E110101": "Too large.", "N61": "Out of reach.", "new-code": "New to all."}
    for code, text in ours.items():
        set_wording(code, text, set_by="olga.the.operator")
    try:
        for browsing in (ada, stranger):
            page = browsing.open("/guidance/reasons")
            explained = facts_under(page, "N61")
            assert explained["Meaning"] == "Out of reach."
            assert explained["Firmtrack’s own words"] == CODES["N61"].meaning
            for shown in (
                explained["Source"],
                row_of(page, "E110101")[1].removeprefix("Too large. "),
                row_of(page, "new-code")[1].removeprefix("New to all. "),
            ):
                assert shown.startswith("The wording of your Firmtrack’s own operators, ")
            assert "olga.the.operator" not in page.text
        assert "Out of reach." in ada.open("/guidance/what-to-do").text
    finally:
        for code in ours:
            clear_wording(code)


def test_the_csv_guide_names_the_columns_in_their_order(ada: Browsing) -> None:
    assert [row[0] for row in ada.open("/guidance/csv").rows()] == list(COLUMNS)


def test_the_api_guide_has_every_call_with_its_parameters(ada: Browsing) -> None:
    page = ada.open("/guidance/api")
    document = api.get_openapi_schema(path_prefix="/api/v1/")
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert f"{method.upper()} {path}" in page.all("p")
            assert operation["summary"] in page.all("h2")
            for parameter in operation["parameters"]:
                assert parameter["name"] in page.all("th code")

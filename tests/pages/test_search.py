import pytest

from tests.pages.browsing import Browsing
from tests.pages.world import LARGE_REQUEST, UNKNOWN_DEVICE, VERIFIED

FORM = "/firmware-distribution"


def test_the_start_leads_to_the_search_form(ada: Browsing) -> None:
    assert ada.get("/").headers["Location"] == FORM


def test_the_search_form_asks_for_the_kind_of_id_and_the_id(ada: Browsing) -> None:
    page = ada.open(FORM)
    assert page.status == 200
    assert page.heading == page.title == "Firmware Distribution Tracking"
    assert page.one("legend") == "Search by"
    assert page.all("label") == ["Service Request ID", "Device ID", "Search term"]
    assert page.all("main button") == ["Search"]
    assert [each.get("value") for each in page.root.xpath("//input[@type='radio']")] == [
        "service_request_id",
        "device_id",
    ]
    assert not page.elements(".govuk-error-summary")


def test_nothing_is_chosen_beforehand(ada: Browsing) -> None:
    assert not ada.open(FORM).root.xpath("//input[@checked]")


@pytest.mark.parametrize(
    ("by", "term", "address"),
    [
        (
            "service_request_id",
            f"  {str(LARGE_REQUEST).lower()} ",
            f"/service-requests/{LARGE_REQUEST}",
        ),
        (
            "service_request_id",
            str(LARGE_REQUEST).replace("-", ""),
            f"/service-requests/{LARGE_REQUEST}",
        ),
        ("device_id", str(VERIFIED).replace("-", ":").lower(), f"/devices/{VERIFIED}"),
        ("device_id", str(VERIFIED).replace("-", ""), f"/devices/{VERIFIED}"),
        ("device_id", str(VERIFIED).replace("-", " ") + "\n", f"/devices/{VERIFIED}"),
    ],
)
def test_a_search_leads_to_the_stable_address_of_its_result(
    ada: Browsing, by: str, term: str, address: str
) -> None:
    response = ada.get(FORM, {"search_by": by, "search_term": term})
    assert response.status_code == 302
    assert response.headers["Location"] == address
    assert ada.open(address).status == 200


@pytest.mark.parametrize(
    ("query", "target", "sentence"),
    [
        (
            {"search_term": str(VERIFIED)},
            "#search-by",
            "Select whether to search by Service Request ID or by Device ID",
        ),
        (
            {"search_by": "model", "search_term": str(VERIFIED)},
            "#search-by",
            "Select whether to search by Service Request ID or by Device ID",
        ),
        ({"search_by": "device_id"}, "#search-term", "Enter a Device ID"),
        (
            {"search_by": "service_request_id", "search_term": "  "},
            "#search-term",
            "Enter a Service Request ID",
        ),
        (
            {"search_by": "device_id", "search_term": "00-DB-12"},
            "#search-term",
            (
                "Enter a Device ID in the correct form: an EUI-64 of 16 hexadecimal digits, like "
                "00-DB-12-34-56-78-90-A1"
            ),
        ),
        (
            {"search_by": "service_request_id", "search_term": "1000"},
            "#search-term",
            (
                "Enter a Service Request ID in the correct form: two EUI-64s and a counter with "
                "colons between them, like 90-B3-D5-1F-30-01-00-00:90-B3-D5-1F-30-00-00-02:1000"
            ),
        ),
        (
            {"search_by": "device_id", "search_term": f"{VERIFIED}, {UNKNOWN_DEVICE}"},
            "#search-term",
            "Enter one ID: lists and files are not supported",
        ),
    ],
)
def test_an_error_says_what_to_enter_and_leads_to_its_field(
    ada: Browsing, query: dict[str, str], target: str, sentence: str
) -> None:
    page = ada.open(FORM, query)
    assert page.status == 400
    assert page.title == "Error: Firmware Distribution Tracking"
    (link,) = page.elements(".govuk-error-summary a")
    assert (link.text_content(), link.get("href")) == (sentence, target)
    assert page.one("main form .govuk-error-message") == f"Error: {sentence}"
    (field,) = page.elements(target)
    described = page.root.xpath("//*[@aria-describedby]/@aria-describedby")
    assert any(f"{target[1:]}-error" in ids.split() for ids in described), field


@pytest.mark.parametrize(
    ("query", "link", "address"),
    [
        (
            {"search_by": "device_id", "search_term": str(LARGE_REQUEST)},
            "Search by Service Request ID instead",
            f"/service-requests/{LARGE_REQUEST}",
        ),
        (
            {"search_by": "service_request_id", "search_term": str(VERIFIED).lower()},
            "Search by Device ID instead",
            f"/devices/{VERIFIED}",
        ),
    ],
)
def test_an_id_of_the_other_kind_is_found_in_one_click(
    ada: Browsing, query: dict[str, str], link: str, address: str
) -> None:
    page = ada.open(FORM, query)
    assert page.status == 400
    assert page.links()[link] == address


def test_what_was_typed_comes_back_and_stays_text(ada: Browsing) -> None:
    typed = '"><script>alert(1)</script>'
    page = ada.open(FORM, {"search_by": "device_id", "search_term": typed})
    (field,) = page.elements("#search-term")
    assert field.get("value") == typed
    assert page.root.xpath("//input[@type='radio'][@checked]/@value") == ["device_id"]


def test_who_has_not_signed_in_is_asked_to_first(anybody: Browsing) -> None:
    response = anybody.get(FORM, {"search_by": "device_id", "search_term": str(VERIFIED)})
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/sign-in?next=/firmware-distribution%3F")

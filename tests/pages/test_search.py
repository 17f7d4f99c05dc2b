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
        ("device_id", f'="{VERIFIED}"', f"/devices/{VERIFIED}"),
        ("device_id", f"http://testserver/devices/{VERIFIED}?as_of=x", f"/devices/{VERIFIED}"),
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
            "Enter a Device ID of 16 hexadecimal digits: only 6 were found",
        ),
        (
            {"search_by": "service_request_id", "search_term": "my request"},
            "#search-term",
            (
                "Enter a Service Request ID in the correct form: two EUI-64s and a counter with "
                "colons between them, like 90-B3-D5-1F-30-01-00-00:90-B3-D5-1F-30-00-00-02:1000"
            ),
        ),
        (
            {"search_by": "device_id", "search_term": f"{VERIFIED}, {UNKNOWN_DEVICE}"},
            "#search-term",
            "Enter one ID: 2 were found; lists and files are not supported",
        ),
        (
            {"search_by": "device_id", "search_term": str(VERIFIED).replace("0", "O", 1)},
            "#search-term",
            (
                "Check the Device ID: place 1, not counting separators, is the letter O; did you "
                "mean 0?"
            ),
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


OTHER_KINDS = [
    (
        "device_id",
        str(LARGE_REQUEST),
        f"/service-requests/{LARGE_REQUEST}",
        "You searched for a Device ID; this is a Service Request ID.",
    ),
    (
        "service_request_id",
        str(VERIFIED).lower(),
        f"/devices/{VERIFIED}",
        "You searched for a Service Request ID; this is a Device ID.",
    ),
    (
        "service_request_id",
        str(UNKNOWN_DEVICE),
        f"/devices/{UNKNOWN_DEVICE}",
        "You searched for a Service Request ID; this is a Device ID.",
    ),
]


@pytest.mark.parametrize(("by", "term", "address", "line"), OTHER_KINDS)
def test_an_id_of_the_other_kind_is_shown_at_once_with_a_line_that_says_so(
    ada: Browsing, by: str, term: str, address: str, line: str
) -> None:
    response = ada.get(FORM, {"search_by": by, "search_term": term})
    assert response.status_code == 302
    assert response.headers["Location"] == f"{address}?searched_for={by}"

    page = ada.open(response.headers["Location"])

    usual = ada.open(address)
    assert (page.status, page.heading) == (usual.status, usual.heading)
    assert page.one("#searched") == line
    assert not usual.elements("#searched")


@pytest.mark.parametrize(
    ("path", "address"),
    [
        (
            f"/devices/{LARGE_REQUEST}",
            f"/service-requests/{LARGE_REQUEST}?searched_for=device_id",
        ),
        (
            f"/inventory/{LARGE_REQUEST}",
            f"/service-requests/{LARGE_REQUEST}?searched_for=device_id",
        ),
        (f"/devices/{LARGE_REQUEST}/events", None),
        (
            f"/service-requests/{VERIFIED}",
            f"/devices/{VERIFIED}?searched_for=service_request_id",
        ),
        (
            f"/service-requests/{VERIFIED}.csv",
            f"/devices/{VERIFIED}?searched_for=service_request_id",
        ),
    ],
)
def test_an_address_with_an_id_of_the_other_kind_leads_to_its_result_at_the_same_moment(
    ada: Browsing, path: str, address: str | None
) -> None:
    address = address or f"/service-requests/{LARGE_REQUEST}?searched_for=device_id"
    assert ada.get(path).headers["Location"] == address
    past = ada.get(path, {"as_of": "14/11/2026 09:12"}).headers["Location"]
    assert past == f"{address}&as_of=14%2F11%2F2026+09%3A12"


@pytest.mark.parametrize("searched_for", ["device_id", "nonsense", "", '"><b>'])
def test_only_the_other_kind_has_a_line(ada: Browsing, searched_for: str) -> None:
    page = ada.open(f"/devices/{VERIFIED}", {"searched_for": searched_for})
    assert page.status == 200
    assert not page.elements("#searched")


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/devices/00-DB-12", "Enter a Device ID of 16 hexadecimal digits: only 6 were found."),
        (
            f"/service-requests/{VERIFIED}:{VERIFIED}",
            ("Enter the whole Service Request ID: the counter after its second part is missing."),
        ),
    ],
)
def test_an_address_without_an_id_says_what_is_wrong_with_it(
    ada: Browsing, path: str, sentence: str
) -> None:
    page = ada.open(path)
    assert page.status == 404
    assert sentence in page.all("main p")


def test_ones_own_user_id_is_told_from_a_device_id(ada: Browsing, ben: Browsing) -> None:
    user_id = LARGE_REQUEST.originator
    hint = "This is one of your organisation’s User IDs, and not a Device ID."
    assert ada.open(f"/devices/{user_id}").one("#hint") == hint
    assert not ben.open(f"/devices/{user_id}").elements("#hint")


def test_a_response_id_is_told_from_a_request_id(ada: Browsing) -> None:
    response_id = f"{LARGE_REQUEST.target}:{LARGE_REQUEST.originator}:7"
    page = ada.open(f"/service-requests/{response_id}")
    assert page.status == 404
    assert page.one("#hint").startswith("It may be a Response ID")


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

from collections.abc import Iterator

import pytest

from firmtrack.domain.identifiers import Eui64
from firmtrack.store.database import pool
from firmtrack.store.numbers import to_bigint
from tests.pages.browsing import Browsing, Page, plain
from tests.pages.messages import HUB
from tests.pages.world import (
    BRAVO_DEVICE,
    COMMS_HUB,
    DISCARDED,
    DISPLAY,
    LARGE_REQUEST,
    PPMID,
    PPMID_REQUEST,
    REFUSED_REQUEST,
    SMETS1_METER,
    UNDER_WAY,
    UNKNOWN_DEVICE,
    VERIFIED,
    Cast,
)


def timeline(page: Page, number: int = 0) -> list[tuple[str, str]]:
    """Return the timeline of a distribution: each stage's name and what is said of it."""
    stages = page.elements(".firmtrack-timeline")[number].xpath("./li")
    parts = (stage.xpath("./span") for stage in stages)
    return [(plain(name), plain(word)) for name, word in parts]


def test_a_successful_distribution_shows_every_stage_done(ada: Browsing) -> None:
    page = ada.open(f"/devices/{VERIFIED}")
    assert page.status == 200
    assert page.heading == page.title == f"Device {VERIFIED}"
    assert page.titles() == [
        "Version 0102030A, sent 14 November: Successful",
        "Is it only me?",
        "What is known of the device",
    ]
    assert timeline(page) == [
        ("Received", "Done, 14 November 2026, 09:12 GMT"),
        ("Validated", "Done, 14 November 2026, 09:13 GMT"),
        ("Sent to CSP", "Done: no message told of it, but a later stage was reached"),
        ("Delivered to Communications Hub", "Done, 15 November 2026, 11:12 GMT"),
        ("Transferred to device", "Done, 15 November 2026, 12:12 GMT"),
        ("Verified by device", "Done, 15 November 2026, 13:12 GMT"),
    ]


def test_the_history_names_the_message_behind_every_status(ada: Browsing) -> None:
    latest, transferred, *_, received = ada.open(f"/devices/{VERIFIED}").rows()
    assert latest[:4] == [
        "Verified by device Names no request; tied here by the image’s hash",
        "15 November 2026, 13:12 GMT",
        "1 January 2015, 00:03 GMT Device’s clock",
        "None",
    ]
    assert latest[4].startswith(
        "Device Alert: firmware distribution receipt, code 8F72 View message "
    )
    assert transferred[0] == (
        f"Transferred to device Communications Hub {HUB}"
        " Names no request; tied here by the firmware version"
    )
    assert received[0] == "Received by DCC Whole request"
    assert received[2] == "Not given"


def test_the_inventory_is_shown_as_dcc_holds_it(ada: Browsing) -> None:
    facts = ada.open(f"/devices/{VERIFIED}").facts()
    assert facts["Device type"] == "ESME"
    assert facts["CSP region"] == "North"
    assert facts["As of"] == "13 November 2026, 09:12 GMT"


def test_a_failed_distribution_shows_where_it_stopped_at_whom_and_why(ada: Browsing) -> None:
    page = ada.open(f"/devices/{DISCARDED}")
    assert page.titles() == [
        "Version 0102030A, sent 14 November: Failed",
        "Is it only me?",
    ]
    facts = page.facts()
    assert facts["Current Status"] == "Transfer to device failed, 15 November 2026, 16:12 GMT"
    assert facts["Stopped at"] == "The Communications Hub"
    assert facts["Reason"] == "The image was discarded. Code: image_discarded"
    assert timeline(page)[-2:] == [
        (
            "Transferred to device",
            "Stopped here, at the Communications Hub, 15 November 2026, 16:12 GMT",
        ),
        ("Verified by device", "Not reached"),
    ]


def test_the_newest_request_comes_first_and_one_under_way_says_who_has_it(ada: Browsing) -> None:
    page = ada.open(f"/devices/{UNDER_WAY}")
    links = page.links()
    assert [text for text in links if text.startswith(str(LARGE_REQUEST)[:46])] == [
        str(REFUSED_REQUEST),
        str(LARGE_REQUEST),
    ]
    assert links[str(LARGE_REQUEST)] == f"/service-requests/{LARGE_REQUEST}"
    assert page.titles()[:2] == [
        "Version 0102030A, sent 17 November: Failed",
        "Version 0102030A, sent 14 November: In Progress",
    ]
    assert timeline(page, 1)[-3:] == [
        (
            "Delivered to Communications Hub",
            "Done: this is the latest news, 15 November 2026, 05:12 GMT",
        ),
        (
            "Transferred to device",
            "Not reached yet: the update is with the Communications Hub",
        ),
        ("Verified by device", "Not reached"),
    ]


def test_all_updates_but_the_newest_are_folded_each_with_an_address_that_unfolds_it(
    ada: Browsing,
) -> None:
    newest, earlier = ada.open(f"/devices/{UNDER_WAY}").elements(".firmtrack-update__content")

    assert (newest.get("id"), earlier.get("id")) == (str(REFUSED_REQUEST), str(LARGE_REQUEST))
    assert not newest.xpath("ancestor::details")
    (folded,) = earlier.xpath("ancestor::details")
    assert "open" not in folded.attrib


def test_a_message_that_fits_no_request_is_shown_by_itself(ada: Browsing) -> None:
    page = ada.open(f"/devices/{UNDER_WAY}")
    assert page.all("h2")[-2:] == ["Told to you", "Is it only me?"]
    (row,) = page.elements("table")[-2].xpath(".//tbody/tr")
    assert plain(row).startswith("Verified by device 12 November 2026, 09:12 GMT")


def test_a_ppmid_ends_with_its_activation_in_summer_time(ada: Browsing) -> None:
    page = ada.open(f"/devices/{PPMID}")
    assert page.facts()["Service Request ID"] == str(PPMID_REQUEST)
    assert timeline(page)[-1] == ("Activated by device", "Done, 3 July 2026, 10:12 BST")
    assert "Verified by device" not in dict(timeline(page))


@pytest.mark.parametrize(
    ("device", "beginning"),
    [
        (COMMS_HUB, "This device is part of a Communications Hub."),
        (DISPLAY, "This is a Type 2 device,"),
        (SMETS1_METER, "This is a SMETS1 device."),
    ],
)
def test_a_device_out_of_scope_says_why_it_is_not_tracked(
    ada: Browsing, device: object, beginning: str
) -> None:
    page = ada.open(f"/devices/{device}")
    assert page.status == 200
    assert page.all("h2")[0] == "This device is not tracked"
    assert page.all(".govuk-inset-text p")[0].startswith(beginning)
    assert not page.elements(".firmtrack-timeline")


@pytest.fixture
def display_with_an_update(cast: Cast) -> Iterator[Eui64]:
    """A device of which the inventory learnt only after the request that it is a display."""
    told = "UPDATE recorded_inventory_statement SET device_type = %s WHERE device_id = %s"
    with pool().connection() as connection:
        connection.execute(told, ("IHD", to_bigint(VERIFIED)))
    yield VERIFIED
    with pool().connection() as connection:
        connection.execute(told, ("ESME", to_bigint(VERIFIED)))


def test_an_update_of_a_device_that_is_not_tracked_is_shown_without_advice(
    ada: Browsing, display_with_an_update: Eui64
) -> None:
    page = ada.open(f"/devices/{display_with_an_update}")
    assert page.all("h2")[0] == "This device is not tracked"
    assert page.elements(".firmtrack-timeline")
    assert not page.elements(".firmtrack-answer")


@pytest.mark.parametrize("rest", ["", "/events?as_of=2026-11-14"])
def test_another_spelling_leads_to_the_one_address(ada: Browsing, rest: str) -> None:
    response = ada.get(f"/devices/{str(VERIFIED).lower().replace('-', ':')}{rest}")
    assert response.status_code == 301
    assert response.headers["Location"] == f"/devices/{VERIFIED}{rest}"


def test_unknown_and_someone_elses_answer_alike(
    ada: Browsing, ben: Browsing, stranger: Browsing
) -> None:
    answers = {
        VERIFIED: ben.open(f"/devices/{VERIFIED}"),
        UNKNOWN_DEVICE: ben.open(f"/devices/{UNKNOWN_DEVICE}"),
        COMMS_HUB: stranger.open(f"/devices/{COMMS_HUB}"),
        BRAVO_DEVICE: ada.open(f"/devices/{BRAVO_DEVICE}"),
    }
    for page in answers.values():
        assert page.status == 404
        assert page.heading == page.title == "Device ID not found"
    mains = {
        plain(page.elements("main")[0]).replace(str(device), "X")
        for device, page in answers.items()
    }
    assert len(mains) == 1


def test_the_page_that_finds_nothing_offers_to_search_again(ada: Browsing) -> None:
    page = ada.open(f"/devices/{UNKNOWN_DEVICE}")
    (field,) = page.elements("#search-term")
    assert field.get("value") == str(UNKNOWN_DEVICE)
    assert page.root.xpath("//input[@type='radio'][@checked]/@value") == ["device_id"]
    assert page.root.xpath("//main//form/@action") == ["/firmware-distribution"]


def test_dcc_sees_every_device(olga: Browsing) -> None:
    assert olga.open(f"/devices/{BRAVO_DEVICE}").status == 200


def test_who_has_not_signed_in_is_asked_to_first(anybody: Browsing) -> None:
    response = anybody.get(f"/devices/{VERIFIED}")
    assert response.status_code == 302
    assert response.headers["Location"] == f"/sign-in?next=/devices/{VERIFIED}"


def test_what_is_no_id_is_not_found(ada: Browsing) -> None:
    assert ada.open("/devices/nonsense").heading == "Device ID not found"

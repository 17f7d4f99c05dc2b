import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.conf import settings
from django.test import override_settings

from tests.pages.activations import (
    ACTIVATED_REQUEST,
    LOST,
    MOVED,
    MOVED_REQUEST,
    NOT_DISTRIBUTED,
    OTHER_HASH,
    RUNNING,
)
from tests.pages.browsing import Browsing, Page, plain
from tests.pages.messages import ALPHA_ID, BRAVO_ID
from tests.pages.world import (
    DEVICES,
    PPMID,
    REFUSED_BY_NAME,
    STUB_REQUEST,
    UNKNOWN_DEVICE,
    VERIFIED,
)

MESSAGE_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def summaries(page: Page) -> list[dict[str, str]]:
    """Return what the summary lists of activations say, in order."""
    found = []
    for each in page.elements("dl"):
        names, values = each.xpath(".//dt"), each.xpath(".//dd")
        said = {plain(n): plain(v) for n, v in zip(names, values, strict=True)}
        if "Activation Status" in said:
            found.append(said)
    return found


def words(page: Page, label: str) -> list[list[str]]:
    """Return what the table of this name says was told: what, and when."""
    (table,) = page.root.xpath("//*[@role='region'][@aria-label=$label]/table", label=label)
    return [[plain(cell) for cell in row.xpath("./*")][:2] for row in table.xpath("./tbody/tr")]


def warnings(page: Page) -> list[str]:
    return [text.removeprefix("! Warning ") for text in page.all(".govuk-warning-text")]


def test_each_activation_of_the_image_is_a_part_of_its_distribution(ada: Browsing) -> None:
    page = ada.open(f"/devices/{RUNNING}")

    activated, cancelling, cancelled, failed = summaries(page)
    assert activated == {
        "Activation Status": "Activated, 11 November 2026, 02:12 GMT",
        "Requested": "11 November 2026, 01:12 GMT",
        "Firmware Version that the device stated": "0102030A",
    }
    assert cancelling["Activation Status"] == "Cancelled, 10 November 2026, 18:12 GMT"
    assert cancelling["Asks for"] == "Cancelling the activations of this image that are scheduled"
    assert "Scheduled for" not in cancelling
    assert cancelled["Activation Status"] == "Cancelled, 10 November 2026, 18:12 GMT"
    assert cancelled["Scheduled for"] == "11 November 2026, 21:12 GMT"
    assert failed["Activation Status"] == "Failed, 10 November 2026, 07:12 GMT"
    assert failed["Reason"].startswith("The device could not activate the image.")
    assert failed["Firmware Version that the device stated"] == "01020309"
    assert page.all("h3") == ["Stages", "Activation", "History"]
    assert page.all("h4") == [
        f"Activate Firmware request {ALPHA_ID}:{RUNNING}:{counter}" for counter in (4, 3, 2, 1)
    ]
    assert not warnings(page)


def test_an_activation_names_the_message_behind_every_word(ada: Browsing) -> None:
    page = ada.open(f"/devices/{RUNNING}")

    assert words(page, "History of activation 1 of distribution 1") == [
        ["Activated by device", "11 November 2026, 02:12 GMT"],
        ["Requested", "11 November 2026, 01:12 GMT"],
    ]
    first = page.rows()[0]
    assert first[2] == "9 November 2015, 09:12 GMT Device’s clock"
    assert first[4].startswith("Response to the Activate Firmware request, code I0 View message ")


def test_a_lost_answer_is_flagged_above_all_else_with_its_remedy(ada: Browsing) -> None:
    page = ada.open(f"/devices/{LOST}")

    assert page.titles()[:2] == [
        "Check this first",
        "Version 0102030A, sent 9 November: Successful",
    ]
    lost, suspended = warnings(page)
    assert lost.startswith("Activation not answered Activate Firmware request")
    assert "Read Firmware Version (11.2)" in lost
    assert suspended.startswith("The device is Suspended ")
    (activation,) = summaries(page)
    assert activation["Activation Status"] == "Failed, 10 November 2026, 09:12 GMT"
    assert activation["Reason"].startswith("DCC reported a failure with code N13:")


def test_an_inventory_shows_what_does_not_fit_too(ada: Browsing) -> None:
    page = ada.open(f"/inventory/{LOST}")

    assert page.all("h2")[0] == "Check this first"
    assert warnings(page) == warnings(ada.open(f"/devices/{LOST}"))


def test_an_activation_of_an_image_that_nobody_sent_is_shown_as_such(ada: Browsing) -> None:
    page = ada.open(f"/devices/{NOT_DISTRIBUTED}")

    assert page.all("h2") == ["Activations of other images"]
    assert page.all("h3") == [f"Image with hash {OTHER_HASH.hex()}"]
    (activation,) = summaries(page)
    assert activation["Activation Status"] == "Requested, 10 November 2026, 15:12 GMT"


def test_a_distribution_without_an_activation_says_so(ada: Browsing) -> None:
    unseen = "No Activate Firmware (11.3) request that you may see is for this image."
    assert unseen in ada.open(f"/devices/{VERIFIED}").all("p")
    assert "None is needed: a PPMID activates the image by itself." in (
        ada.open(f"/devices/{PPMID}").all("p")
    )


@pytest.mark.parametrize("path", ["service-requests", "devices", "inventory"])
def test_an_image_of_another_version_is_flagged_wherever_it_is_looked_for(
    ada: Browsing, path: str
) -> None:
    page = ada.open(f"/{path}/{MOVED_REQUEST if path == 'service-requests' else MOVED}")

    (warning,) = warnings(page)
    assert warning.startswith("Request and image state different versions Request ")
    assert "FFFFFFFF" in warning


def test_a_request_in_which_all_fits_is_not_flagged(ada: Browsing) -> None:
    assert not warnings(ada.open(f"/service-requests/{ACTIVATED_REQUEST}"))


def test_an_inventory_says_how_far_the_update_in_progress_is(ada: Browsing) -> None:
    assert ada.open(f"/inventory/{MOVED}").facts()["How far it is"] == (
        "Stage 4 of 6, Delivered to Communications Hub, since 10 November 2026, 05:12 GMT"
    )


def test_how_many_stages_there_are_is_not_said_before_the_request_has_come(ada: Browsing) -> None:
    page = ada.open(f"/inventory/{DEVICES[50]}")

    assert page.facts()["Service Request ID"] == str(STUB_REQUEST)
    assert page.facts()["How far it is"].startswith("Stage 4, Delivered to Communications Hub, ")


def test_dcc_sees_every_supplier_that_a_device_had(olga: Browsing) -> None:
    page = olga.open(f"/inventory/{MOVED}")

    assert "Responsible Supplier over time" in page.all("h2")
    (table,) = page.root.xpath("//*[@aria-label='Suppliers']/table")
    rows = [[plain(cell) for cell in row.xpath("./*")] for row in table.xpath("./tbody/tr")]
    assert [row[:2] for row in rows] == [
        [f"Bravo Power, {BRAVO_ID}", "10 November 2026, 07:12 GMT"],
        ["Changed; DCC’s alert does not say to whom", "10 November 2026, 06:12 GMT"],
        [f"Alpha Energy, {ALPHA_ID}", "9 November 2026, 08:12 GMT"],
    ]
    assert rows[0][2] == rows[2][2] == "Imported by an operator"
    assert rows[1][2].startswith("DCC Alert: change of supplier, code N5 View message ")


def test_the_new_supplier_is_not_told_who_it_was_before(ben: Browsing) -> None:
    page = ben.open(f"/inventory/{MOVED}")

    (table,) = page.root.xpath("//*[@aria-label='Suppliers']/table")
    assert [plain(row.xpath("./*")[0]) for row in table.xpath("./tbody/tr")] == [
        str(BRAVO_ID),
        "Changed; DCC’s alert does not say to whom",
        "Another party",
    ]
    assert str(ALPHA_ID) not in page.text


def test_the_old_supplier_is_not_told_who_it_is_now(ada: Browsing) -> None:
    page = ada.open(f"/inventory/{MOVED}")

    assert "Responsible Supplier over time" not in page.all("h2")
    assert str(BRAVO_ID) not in page.text


@pytest.fixture
def others_updates_shown() -> Iterator[None]:
    """The operator lets a Responsible Supplier see how far other parties' updates are."""
    shown = replace(settings.ENVIRONMENT, change_of_supplier_view=True)
    with override_settings(ENVIRONMENT=shown):
        yield


def test_unless_the_operator_wants_it_a_new_supplier_sees_nothing_of_others_updates(
    ben: Browsing,
) -> None:
    page = ben.open(f"/devices/{MOVED}")

    assert page.all("h2") == ["What is known of the device"]
    assert "Delivered to Communications Hub" not in page.text


@pytest.mark.usefixtures("others_updates_shown")
def test_a_new_supplier_may_see_how_far_anothers_update_is_and_not_whose(
    ada: Browsing, ben: Browsing
) -> None:
    page = ben.open(f"/devices/{MOVED}")

    assert page.all("h2") == ["Updates by other parties", "What is known of the device"]
    assert page.one("h3") == "Firmware Version 0102030A In Progress"
    assert page.facts()["Current Status"] == (
        "Delivered to Communications Hub, 10 November 2026, 05:12 GMT"
    )
    assert page.facts()["Submitted"] == "9 November 2026, 09:12 GMT"
    assert [plain(stage) for stage in page.elements(".firmtrack-timeline li")][:2] == [
        "Received Done, 9 November 2026, 09:12 GMT",
        "Validated Done, 9 November 2026, 09:12 GMT",
    ]
    assert str(ALPHA_ID) not in page.text
    assert OTHER_HASH.hex() not in page.text
    owners = ada.open(f"/devices/{MOVED}")
    message_ids = set(re.findall(MESSAGE_ID, owners.text))
    assert message_ids
    assert not any(message_id in page.text for message_id in message_ids)
    assert not warnings(page)


@pytest.mark.usefixtures("others_updates_shown")
def test_nobody_else_sees_more_for_it(ada: Browsing, stranger: Browsing, olga: Browsing) -> None:
    unknown = stranger.open(f"/devices/{UNKNOWN_DEVICE}")
    page = stranger.open(f"/devices/{MOVED}")

    assert page.status == 404
    shown, expected = (plain(each.elements("main")[0]) for each in (page, unknown))
    assert shown.replace(str(MOVED), "X") == expected.replace(str(UNKNOWN_DEVICE), "X")
    for browsing in (ada, olga):
        assert "Updates by other parties" not in browsing.open(f"/devices/{MOVED}").all("h2")
    assert ada.open(f"/devices/{MOVED}").titles()[1] == (
        "Version 0102030A, sent 9 November: In Progress"
    )


@pytest.mark.parametrize("device", [RUNNING, LOST, NOT_DISTRIBUTED])
def test_activations_are_the_originators_and_dccs_alone(
    ada: Browsing, ben: Browsing, stranger: Browsing, olga: Browsing, device: object
) -> None:
    assert ben.open(f"/devices/{device}").status == 404
    assert stranger.open(f"/devices/{device}").status == 404
    assert summaries(olga.open(f"/devices/{device}")) == summaries(ada.open(f"/devices/{device}"))


def test_a_device_leads_to_its_inventory_though_nothing_is_known_of_it(ada: Browsing) -> None:
    page = ada.open(f"/devices/{PPMID}")

    assert "What is known of the device" not in page.all("h2")
    assert page.links()["Inventory of this device"] == f"/inventory/{PPMID}"
    assert ada.open(f"/inventory/{PPMID}").status == 200


def test_a_device_that_was_only_named_leads_to_no_inventory(ada: Browsing) -> None:
    page = ada.open(f"/devices/{REFUSED_BY_NAME}")

    assert page.status == 200
    assert "Inventory of this device" not in page.links()
    assert ada.open(f"/inventory/{REFUSED_BY_NAME}").status == 404

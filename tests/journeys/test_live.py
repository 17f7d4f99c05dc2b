"""Somebody keeps a page open while messages come in, and asks what it said before they did."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from playwright.sync_api import expect

from firmtrack.domain.facts import Message, MessageKind
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import Status, Variant
from firmtrack.presentation.times import utc_text
from firmtrack.store import database
from firmtrack.store.ledger.recording import Batch, record
from tests.journeys.test_accessibility import assert_anybody_can_use
from tests.journeys.visitor import Visitor
from tests.pages.messages import (
    ALPHA_ID,
    BROKER,
    IMAGE_HASH,
    SUBMITTED,
    delivered,
    event_message,
    request,
)
from tests.pages.world import VERIFIED

Tell = Callable[[Message], datetime]

_REFRESHED = 120_000
"""Milliseconds within which a page has refreshed itself, on a slow machine as well."""

_numbers = count(1)


@pytest.fixture
def tell(portal_database: str) -> Tell:
    """Records a message beside the portal's server, and returns a moment after that."""

    def told(message: Message) -> datetime:
        database.use(portal_database)
        try:
            record(Batch(messages=[message]))
        finally:
            database.close()
        return datetime.now(UTC)

    return told


def fresh_update(tell: Tell) -> tuple[Eui64, RequestId]:
    """Let Alpha update a device that no other test looks at."""
    number = next(_numbers)
    device_id = Eui64(0x00DB_1234_5678_EE00 + number)
    request_id = RequestId(ALPHA_ID, BROKER, 7000 + number)
    tell(request(request_id, Variant.UPDATE_FIRMWARE, [device_id], SUBMITTED))
    return device_id, request_id


def verified(device_id: Eui64) -> Message:
    at = SUBMITTED + timedelta(hours=3)
    kind = MessageKind.FIRMWARE_DISTRIBUTION_RECEIPT_ALERT
    return event_message(kind, "8F72", device_id, Status.VERIFIED, at, None, image_hash=IMAGE_HASH)


def test_an_open_page_tells_what_comes_until_the_update_is_completed(
    scripted_ada: Visitor, tell: Tell
) -> None:
    device_id, request_id = fresh_update(tell)
    page = scripted_ada.page
    page.goto(f"/devices/{device_id}")
    news, status = page.locator("#live-news"), page.locator("#live-status")
    expect(news).to_be_empty()
    expect(status).to_contain_text("Received")

    tell(delivered(device_id, SUBMITTED + timedelta(hours=2), request_id))
    expect(news).to_contain_text(
        "the Current Status is Delivered to Communications Hub", timeout=_REFRESHED
    )
    expect(status.locator("[aria-current=step]")).to_contain_text("Delivered to Communications Hub")

    tell(verified(device_id))
    expect(news).to_contain_text("the Current Status is Verified by device", timeout=_REFRESHED)
    expect(status).to_contain_text("Successful")
    assert status.get_attribute("hx-get") is None
    assert_anybody_can_use(scripted_ada)


def test_the_counts_of_an_open_request_follow(scripted_ada: Visitor, tell: Tell) -> None:
    device_id, request_id = fresh_update(tell)
    page = scripted_ada.page
    page.goto(f"/service-requests/{request_id}")

    tell(delivered(device_id, SUBMITTED + timedelta(hours=2), request_id, reason="N61"))

    expect(page.locator("#live-news")).to_contain_text(
        "The only device failed. Cause: the image did not reach the Communications Hub (N61).",
        timeout=_REFRESHED,
    )
    assert page.locator("#live-status").get_attribute("hx-get") is None


def test_whose_session_ends_is_led_to_the_sign_in(scripted_ada: Visitor, tell: Tell) -> None:
    device_id, _ = fresh_update(tell)
    page = scripted_ada.page
    page.goto(f"/devices/{device_id}")

    page.context.clear_cookies()

    page.wait_for_url(re.compile("/sign-in"), timeout=_REFRESHED)
    scripted_ada.complaints.clear()  # the refresh that was refused, as it should be


def test_ada_sees_what_was_known_before_and_comes_back(ada: Visitor, tell: Tell) -> None:
    device_id, request_id = fresh_update(tell)
    before = datetime.now(UTC)
    tell(delivered(device_id, SUBMITTED + timedelta(hours=2), request_id))
    page = ada.page

    page.goto(f"/devices/{device_id}?as_of={utc_text(before)}")
    expect(page.locator("#as-of")).to_contain_text("This page shows what Firmtrack knew at")
    expect(page.locator("#live-status")).not_to_contain_text("N60")
    page.get_by_role("link", name=str(request_id)).click()
    expect(page.locator("#as-of")).to_contain_text("This page shows what Firmtrack knew at")
    page.get_by_role("link", name="Show what is known now").click()
    page.get_by_role("link", name=str(device_id)).click()
    expect(page.locator("#live-status")).to_contain_text("N60")


def test_a_page_of_the_past_can_be_used_by_anybody(scripted_ada: Visitor, tell: Tell) -> None:
    _, request_id = fresh_update(tell)
    moment = utc_text(datetime.now(UTC))
    for address in (
        f"/devices/{VERIFIED}",
        f"/inventory/{VERIFIED}",
        f"/service-requests/{request_id}",
    ):
        scripted_ada.page.goto(f"{address}?as_of={moment}")
        expect(scripted_ada.page.locator("#as-of")).to_be_visible()
        assert_anybody_can_use(scripted_ada)


def test_ada_types_a_time(ada: Visitor) -> None:
    ada.page.goto(f"/devices/{VERIFIED}")
    ada.page.get_by_label("Show what was known at").fill("1/1/2100 09:12")
    ada.page.get_by_role("button", name="Show", exact=True).click()
    expect(ada.page.locator("#as-of")).to_contain_text("still to come")

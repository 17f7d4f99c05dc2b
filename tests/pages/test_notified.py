"""Beside an entry of a device's history the page says who was notified, where it may say so."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from firmtrack.notices import endpoints
from firmtrack.notices.endpoint_queue import Draft, enqueue
from firmtrack.notices.webhook import WEBHOOK
from firmtrack.store.database import pool
from tests.pages.browsing import Browsing
from tests.pages.world import LARGE_REQUEST, VERIFIED, Cast

PAGE = f"/devices/{VERIFIED}"


@pytest.fixture
def notices(cast: Cast) -> Iterator[None]:
    """Alpha was notified that the device verified its image, and the delivery waits to be sent."""
    made = endpoints.add_endpoint(cast.ada.party, WEBHOOK, "https://alpha.example/notices")
    verified, delivered = (
        Draft(
            notice_id=uuid4(),
            topic=f"distribution.{status}",
            body=b"{}",
            service_request_id=LARGE_REQUEST,
            device_ids=(VERIFIED,),
            device_count=1,
        )
        for status in ("verified", "delivered_to_comms_hub")
    )
    with pool().connection() as connection:
        enqueue(connection, made.endpoint_id, [verified, delivered], datetime.now(UTC))
        connection.execute(
            "UPDATE notice SET state = 'delivered', settled_at = '2026-11-15T13:12:05Z'"
            " WHERE notice_id = %s",
            (verified.notice_id,),
        )
    yield
    with pool().connection() as connection:
        connection.execute("DELETE FROM notice_endpoint")


@pytest.mark.usefixtures("notices")
@pytest.mark.parametrize("who", ["ada", "olga"])
def test_the_page_says_who_was_notified_and_when(cast: Cast, who: str) -> None:
    rows = Browsing.signed_in(getattr(cast, who)).open(PAGE).rows()

    first_cells = [row[0] for row in rows]
    verified = next(cell for cell in first_cells if cell.startswith("Verified by device"))
    assert verified.endswith(" Told to Alpha Energy by webhook, 15 November 2026, 13:12 GMT")
    waiting = [cell for cell in first_cells if "To be told" in cell]
    assert len(waiting) == 1
    assert waiting[0].startswith("Delivered to Communications Hub")
    assert waiting[0].endswith("To be told to Alpha Energy by webhook")


@pytest.mark.usefixtures("notices")
@pytest.mark.parametrize("who", ["ben", "stranger"])
def test_who_may_not_see_the_device_does_not_see_who_was_notified(cast: Cast, who: str) -> None:
    response = Browsing.signed_in(getattr(cast, who)).get(PAGE)

    assert response.status_code == 404
    assert "Alpha" not in response.content.decode()


@pytest.mark.usefixtures("notices")
def test_a_refresh_says_it_too(ada: Browsing) -> None:
    assert "Told to Alpha Energy by webhook" in ada.get(f"{PAGE}/status").content.decode()


def test_where_nobody_is_notified_nothing_is_said_of_it(ada: Browsing) -> None:
    text = ada.open(PAGE).one("main")

    assert "Told to" not in text
    assert "told to" not in text


@pytest.mark.usefixtures("notices")
def test_a_channel_of_a_newer_firmtrack_is_told_by_its_name(ada: Browsing) -> None:
    with pool().connection() as connection:
        connection.execute("UPDATE notice_endpoint SET channel = 'pigeon'")

    assert "Told to Alpha Energy by pigeon" in ada.open(PAGE).one("main")

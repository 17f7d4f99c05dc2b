"""What people paste into a ticket: true, whole, in UTC, with a link that shows the same later."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from firmtrack.store import database
from firmtrack.store.embedded import EmbeddedPostgres
from firmtrack.store.ledger.recording import Batch, record
from tests.databases import fresh_database
from tests.pages import world
from tests.pages.browsing import Browsing
from tests.pages.conftest import Told
from tests.pages.messages import HUB, SUBMITTED, delivered
from tests.pages.world import (
    ALPHAS_MESSAGE,
    DISCARDED,
    LARGE_REQUEST,
    NOT_DELIVERED,
    REFUSED_REQUEST,
    UNDER_WAY,
)

RESPONSE_ID = "90-B3-D5-1F-30-00-00-02:90-B3-D5-1F-30-01-00-00:4711"


@pytest.fixture(scope="module")
def told(postgres: EmbeddedPostgres) -> Iterator[Told]:
    """The world in a database of its own, since more happens in it."""
    with fresh_database(postgres) as conninfo:
        database.use(conninfo)
        cast = world.people()
        world.tell()
        database.close()
        yield Told(conninfo, cast)


def ticket(who: Browsing, address: str, number: int = 0) -> list[str]:
    """Return the lines of a page's text for a ticket."""
    text: str = who.open(address).elements("textarea.firmtrack-ticket")[number].text_content()
    return text.strip().splitlines()


def test_a_ticket_on_an_update_says_what_the_page_says(ada: Browsing) -> None:
    lines = ticket(ada, f"/devices/{DISCARDED}")

    assert lines[0].startswith("The update failed at the Communications Hub on 15 November")
    assert lines[1] == ""
    assert lines[2:8] == [
        f"Device ID: {DISCARDED}",
        f"Service Request ID: {LARGE_REQUEST}",
        "Firmware Version: 0102030A",
        "Sent: 2026-11-14T09:12:00Z",
        "Current Status: Transfer to device failed, reason image_discarded, 2026-11-15T16:12:00Z",
        f"Communications Hub: {HUB}",
    ]
    assert f"- {RESPONSE_ID} (Accepted by DCC, 2026-11-14T09:13:00Z)" in lines
    assert "Who acts next: The supplier" in lines
    assert lines[-2].startswith("As known to Firmtrack at 20")


def test_its_link_shows_the_same_when_more_has_come_since(ada: Browsing) -> None:
    before = ticket(ada, f"/devices/{NOT_DELIVERED}")
    link = urlsplit(before[-1])
    assert (link.scheme, link.netloc) == ("http", "testserver") or link.netloc == "localhost"
    assert link.fragment == str(LARGE_REQUEST)
    record(Batch(messages=(delivered(NOT_DELIVERED, SUBMITTED.replace(day=20), LARGE_REQUEST),)))

    assert "Delivered" in ticket(ada, f"/devices/{NOT_DELIVERED}")[6]
    then = ticket(ada, f"{link.path}?{link.query}")
    assert then[2:-2] == before[2:-2]
    # Opened as of the moment, the page's own ticket is of that moment, too.
    assert parse_qs(urlsplit(then[-1]).query).keys() == {"as_of"}


def test_each_update_has_a_ticket_of_its_own(ada: Browsing) -> None:
    newest, earlier = (ticket(ada, f"/devices/{UNDER_WAY}", number) for number in (0, 1))

    assert f"Service Request ID: {REFUSED_REQUEST}" in newest
    assert f"Service Request ID: {LARGE_REQUEST}" in earlier


def test_a_ticket_on_a_request_has_its_sentence_and_dccs_answer(
    ada: Browsing, olga: Browsing
) -> None:
    lines = ticket(ada, f"/service-requests/{LARGE_REQUEST}")

    assert " failed. " in lines[0]
    assert f"Service Request ID: {LARGE_REQUEST}" in lines
    assert "DCC’s answer: W110101, 2026-11-14T09:13:00Z" in lines
    assert lines[lines.index("DCC’s Response IDs:") + 1] == f"- {RESPONSE_ID}"
    assert ticket(olga, f"/service-requests/{LARGE_REQUEST}")[2:-2] == lines[2:-2]


def test_a_ticket_tells_a_desk_what_the_desk_does(olga: Browsing) -> None:
    assert any(
        line.startswith("What to do: Tell the supplier")
        for line in ticket(olga, f"/devices/{DISCARDED}")
    )
    assert str(ALPHAS_MESSAGE) not in "\n".join(ticket(olga, f"/devices/{DISCARDED}"))

"""A device that says much: repeats are one entry, and a long history has pages."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from firmtrack.domain.facts import Message
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.stages import Variant
from firmtrack.store.ledger.recording import Batch, record
from tests.pages import world
from tests.pages.browsing import Browsing
from tests.pages.messages import ALPHA_ID, BROKER, SUBMITTED, delivered, request
from tests.pages.world import DEVICES, Cast

REPEATING, TALKATIVE = DEVICES[60:62]
REQUEST = RequestId(ALPHA_ID, BROKER, 5000)
VERSIONS = ("N61", "N45")


def _storm() -> Iterator[Message]:
    yield request(REQUEST, Variant.UPDATE_FIRMWARE, [REPEATING, TALKATIVE], SUBMITTED)
    for number in range(30):
        at = SUBMITTED + timedelta(hours=number)
        yield delivered(REPEATING, at, REQUEST, reason="N61")
    for number in range(450):
        at = SUBMITTED + timedelta(minutes=number)
        yield delivered(TALKATIVE, at, REQUEST, reason=VERSIONS[number % 2])


@pytest.fixture
def ada(cast: Cast) -> Browsing:
    record(Batch(messages=tuple(_storm())))
    return Browsing.signed_in(cast.ada)


@pytest.fixture
def cast(database: str) -> Cast:
    return world.people()


def test_repeats_stand_on_the_page_once_with_how_often_and_since_when(ada: Browsing) -> None:
    page = ada.open(f"/devices/{REPEATING}")

    rows = page.rows()
    assert len(rows) == 2
    assert rows[0][1] == "15 November 2026, 14:12 GMT 30 times since 14 November 2026, 09:12 GMT"
    assert "times" not in rows[1][1]


def test_a_long_history_goes_on_where_the_page_says(ada: Browsing) -> None:
    page = ada.open(f"/devices/{TALKATIVE}")
    assert len(page.rows()) == 200
    assert "The first 200 of 451 entries. Show the others" in page.all("p")

    further = ada.open(page.links()["Show the others"])
    assert further.heading == f"History of device {TALKATIVE}"
    assert "Entries 201 to 400 of 451." in further.all("p")
    last = ada.open(further.links()["Further entries"])
    assert "Entries 401 to 451 of 451." in last.all("p")
    assert "Further entries" not in last.links()
    times = [row[1] for each in (page, further, last) for row in each.rows()]
    assert len(times) == 451


def test_a_long_history_of_the_past_stays_of_its_moment(ada: Browsing) -> None:
    moment = datetime.now(UTC).isoformat()
    later = SUBMITTED + timedelta(minutes=450)
    record(Batch(messages=(delivered(TALKATIVE, later, REQUEST, reason=VERSIONS[0]),)))
    page = ada.open(f"/devices/{TALKATIVE}?as_of={quote(moment)}")
    assert "The first 200 of 451 entries. Show the others" in page.all("p")

    further = ada.open(page.links()["Show the others"])
    assert "Entries 201 to 400 of 451." in further.all("p")
    assert any("what Firmtrack knew at" in each for each in further.all("p"))
    last = ada.open(further.links()["Further entries"])
    assert "Entries 401 to 451 of 451." in last.all("p")
    (back_link,) = last.elements("nav.firmtrack-back a")
    back = ada.open(back_link.get("href", ""))
    assert "The first 200 of 451 entries. Show the others" in back.all("p")
    assert "of 452 entries" in "".join(ada.open(f"/devices/{TALKATIVE}").all("p"))
    address = f"/devices/{TALKATIVE}/events?service_request_id={REQUEST}"
    assert ada.open(f"{address}&as_of=once").status == 400


def test_a_history_is_not_found_by_others_nor_by_a_page_that_is_not_there(
    ada: Browsing, cast: Cast
) -> None:
    address = f"/devices/{TALKATIVE}/events?service_request_id={REQUEST}"
    assert ada.open(address).status == 200
    for person in (cast.ben, cast.stranger):
        assert Browsing.signed_in(person).open(address).status == 404
    assert Browsing.signed_in(cast.olga).open(address).status == 200
    assert ada.open(f"{address}&cursor=nonsense").status == 400
    assert ada.open(f"{address}&cursor=AwAAAAAAAAAAAAAAAAAA").status == 400
    assert ada.open(f"/devices/{TALKATIVE}/events?service_request_id=nonsense").status == 400
    assert Browsing.of_nobody().get(address).status_code == 302

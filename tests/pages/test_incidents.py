"""What befell an update, on pages: what happened, when, what is known of it, and from where."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from firmtrack.domain.facts import Incident, IncidentKind, Message, MessageKind
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import Variant
from firmtrack.presentation.times import utc_text
from firmtrack.store import database
from firmtrack.store.database import pool
from firmtrack.store.embedded import EmbeddedPostgres
from firmtrack.store.ledger.recording import Batch, record
from tests.databases import fresh_database
from tests.pages import world as world_of_tests
from tests.pages.browsing import Browsing, Page, plain
from tests.pages.conftest import Told
from tests.pages.messages import (
    ALPHA_ID,
    BRAVO_ID,
    BROKER,
    HUB,
    SUBMITTED,
    answer,
    delivered,
    message,
    request,
)

DEVICE = Eui64.parse("00-DB-12-34-56-78-DD-01")
LONE = Eui64.parse("00-DB-12-34-56-78-DD-02")
HELD_DEVICE = Eui64.parse("00-DB-12-34-56-78-DD-03")
NEW_HUB = Eui64.parse("00-DB-12-34-56-00-00-02")
REQUEST = RequestId(ALPHA_ID, BROKER, 7000)
HELD = RequestId(ALPHA_ID, BROKER, 7001)
BRAVOS = RequestId(BRAVO_ID, BROKER, 7000)
PAGE = f"/devices/{DEVICE}"


def befell(
    kind: MessageKind, code: str, hours: float, incident: IncidentKind, **said: Any
) -> Message:
    at = SUBMITTED + timedelta(hours=hours)
    return message(
        kind,
        code=code,
        occurred_at=at,
        incidents=(Incident(kind=incident, occurred_at=at, **said),),
    )


def story() -> Iterable[Message]:
    """Alpha's update is at a hub that is exchanged; Bravo's request for the device came later."""
    yield request(REQUEST, Variant.UPDATE_FIRMWARE, [DEVICE], SUBMITTED)
    yield answer(REQUEST, Variant.UPDATE_FIRMWARE, "I0", SUBMITTED + timedelta(minutes=1))
    yield delivered(DEVICE, SUBMITTED + timedelta(hours=20), REQUEST)
    yield befell(
        MessageKind.DEVICE_LOG_RESTORED, "N48", 30, IncidentKind.COMMS_HUB_EXCHANGED,
        comms_hub_id=HUB, new_comms_hub_id=NEW_HUB,
    )  # fmt: skip
    for number in range(3):
        yield befell(
            MessageKind.DEVICE_FIRMWARE_ALERT, "8F1B", 10 + number,
            IncidentKind.POWER_ON_VERIFICATION_FAILED, device_id=DEVICE, reason="8F1B",
            device_time=SUBMITTED - timedelta(days=4000), throttled_sequence=1,
            throttled_count=1200 + number,
        )  # fmt: skip
    yield befell(
        MessageKind.DUIS_VERSION_MISMATCH, "N999", 14, IncidentKind.MESSAGE_NOT_CARRIED,
        device_id=DEVICE, reason="<N65>",
    )  # fmt: skip
    yield befell(
        MessageKind.DEVICE_STATUS_CHANGE_EVENT, "N9", 1, IncidentKind.DEVICE_REMOVED,
        device_id=LONE,
    )  # fmt: skip
    yield request(HELD, Variant.UPDATE_FIRMWARE, [HELD_DEVICE], SUBMITTED)
    yield befell(
        MessageKind.QUARANTINED_REQUEST, "AD1", 1, IncidentKind.REQUEST_QUARANTINED,
        request_id=HELD, reason="ADDCCThresholdBreach",
    )  # fmt: skip
    yield request(
        BRAVOS, Variant.UPDATE_FIRMWARE, [DEVICE], SUBMITTED + timedelta(hours=1), user_id=BRAVO_ID
    )
    yield answer(
        BRAVOS, Variant.UPDATE_FIRMWARE, "I0", SUBMITTED + timedelta(hours=2), user_id=BRAVO_ID
    )


@pytest.fixture(scope="module")
def told(postgres: EmbeddedPostgres) -> Iterator[Told]:
    with fresh_database(postgres) as conninfo:
        database.use(conninfo)
        cast = world_of_tests.people()
        record(Batch(messages=tuple(story())))
        database.close()
        yield Told(conninfo, cast)


def rows_of(page: Page, label: str) -> list[list[str]]:
    (table,) = page.root.xpath("//div[@aria-label=$label]/table", label=label)
    return [[plain(cell) for cell in row] for row in table.xpath("./tbody/tr")]


def test_what_befell_an_update_stands_under_its_history_and_leads_its_answer(
    ada: Browsing,
) -> None:
    page = ada.open(PAGE)

    exchanged, not_carried, failed = rows_of(page, "What else befell distribution 1")
    assert exchanged[:4] == [
        "Communications Hub exchanged",
        "15 November 2026, 15:12 GMT",
        "Not given",
        f"Communications Hub: {HUB} Communications Hub in its place: {NEW_HUB}",
    ]
    assert exchanged[4].startswith("DCC Alert: device log restored, code N48 View message ")
    assert not_carried[0] == "Word that the User’s version of DUIS cannot carry"
    assert not_carried[3] == "Not carried: <N65>"
    assert failed[1] == ("14 November 2026, 21:12 GMT 3 times since 14 November 2026, 19:12 GMT")
    assert failed[3] == "Code: 8F1B Repeats that DCC throttled: 1,202"
    assert failed[4].startswith("Alert of the device about its firmware, code 8F1B")
    assert "Done: no further stage was told of" in page.text
    assert "latest news" not in page.text
    answer = page.one(".firmtrack-answer__sentence")
    assert "The Communications Hub that the image is at seems to have been exchanged" in answer


def test_every_incident_leads_to_its_place_in_the_guidance(ada: Browsing) -> None:
    links = [link.get("href") for link in ada.open(PAGE).elements("main th a")]
    guided = [link for link in links if link.startswith("/guidance/incidents#")]
    assert len(guided) == 3
    ids = set(map(str, ada.open("/guidance/incidents").root.xpath("//@id")))
    assert {link.partition("#")[2] for link in guided} <= ids


def test_a_device_that_no_request_names_shows_what_befell_it(ada: Browsing) -> None:
    page = ada.open(f"/devices/{LONE}")
    ((what, *_),) = rows_of(page, "What else befell this device")
    assert what == "Device removed from the inventory"


def test_a_request_that_dcc_holds_says_so(ada: Browsing, ben: Browsing) -> None:
    page = ada.open(f"/service-requests/{HELD}")
    ((what, _, _, known, *_),) = rows_of(page, "What else befell this request")
    assert (what, known) == ("Held in quarantine by DCC", "Breach: ADDCCThresholdBreach")
    device = ada.open(f"/devices/{HELD_DEVICE}")
    assert "that it holds the request in quarantine" in device.one(".firmtrack-answer__sentence")
    assert ben.open(f"/service-requests/{HELD}").status == 404


def test_another_party_sees_the_devices_own_facts_by_the_day(ben: Browsing) -> None:
    ((what, when, at, known, source, learnt),) = rows_of(
        ben.open(PAGE), "What else befell distribution 1"
    )
    assert (what, when, at, known) == (
        "Firmware verification failed at power-on",
        "14 November 2026",
        "Not given",
        "Nothing more",
    )
    assert (source, learnt) == ("Another party’s message", "Not shown")


@pytest.mark.parametrize("path", [PAGE, f"/devices/{LONE}", f"/service-requests/{HELD}"])
def test_a_stranger_is_told_of_nothing(stranger: Browsing, anybody: Browsing, path: str) -> None:
    assert stranger.open(path).status == 404
    assert stranger.open(path).text.count("befell") == 0
    assert anybody.open(path).address.startswith("/sign-in")


def test_as_of_a_moment_before_all_of_it_nothing_is_known(ada: Browsing) -> None:
    with pool().connection() as connection:
        row = connection.execute("SELECT min(recorded_at) FROM message").fetchone()
    assert row is not None
    before = {"as_of": utc_text(row[0] - timedelta(seconds=1))}
    assert ada.open(f"/devices/{LONE}", before).status == 404
    after = {"as_of": utc_text(row[0] + timedelta(seconds=1))}
    assert rows_of(ada.open(PAGE, after), "What else befell distribution 1")

"""What failures have in common, as everybody sees it: their own, exactly, and no one else's."""

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.http import HttpResponse
from django.test import Client

from firmtrack.accounts.kinds import Role
from firmtrack.accounts.people import add_user
from firmtrack.domain.causes import Attribute, CauseKey, Trait
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import Status, Variant
from firmtrack.presentation.times import day_text, utc_text
from firmtrack.store import database
from firmtrack.store.cause_notes import NOTE_CHARACTERS
from firmtrack.store.database import pool
from firmtrack.store.embedded import EmbeddedPostgres
from firmtrack.store.known_from import Kind
from firmtrack.store.ledger.recording import Batch, record
from firmtrack.store.reports import performance
from tests.databases import fresh_database
from tests.pages import world
from tests.pages.browsing import Browsing, Page, content_of
from tests.pages.causes import (
    AGAIN,
    BRAVOS,
    BRAVOS_Q4_DEVICES,
    DISCARDED,
    DISCARDING,
    NOBODYS,
    NORTH,
    OF_BRAVOS_REQUEST,
    OF_OLD_REQUEST,
    OF_REQUEST,
    Q4,
    SILENT,
    STALLED,
    TO_SEND_AGAIN,
    UNDER_WAY,
    UPDATED_SINCE,
    tell,
)
from tests.pages.conftest import Forget, Told
from tests.pages.messages import ALPHA_ID, BRAVO_ID, BROKER, delivered, request
from tests.pages.test_delivery_performance import tables

LIST = "/causes"
FAILED = f"/causes/{Q4.cause_id}"
STANDS_STILL = f"/causes/{NORTH.cause_id}"
NEW_LIST = f"{FAILED}/new-device-list.txt"
FILE = f"{FAILED}/devices.csv"


@pytest.fixture(scope="module")
def told(postgres: EmbeddedPostgres) -> Iterator[Told]:
    """Only the world of causes: all figures are known."""
    with fresh_database(postgres) as conninfo:
        database.use(conninfo)
        cast = world.people()
        tell()
        database.close()
        yield Told(conninfo, cast)


@pytest.fixture
def vera(cast: world.Cast) -> Iterator[Browsing]:
    """Vera of Alpha, who may only look."""
    person = add_user("vera@alpha.example", cast.ada.party, world.PASSWORD, Role.VIEWER)
    yield Browsing.signed_in(person)
    person.delete()


@pytest.fixture
def unnoted(cast: world.Cast) -> Iterator[None]:
    """Take away afterwards what was noted."""
    yield
    with pool().connection() as connection:
        connection.execute("TRUNCATE cause_note")


def sentences(page: Page) -> list[str]:
    return page.all(".firmtrack-cause__sentence")


def shares(page: Page) -> list[str]:
    return page.all(".firmtrack-share__value")


def back(page: Page) -> str:
    """Return where the link above a page leads."""
    (link,) = page.elements("nav.firmtrack-back a")
    return str(link.get("href"))


def text_of(response: HttpResponse) -> str:
    return response.content.decode()


def test_ada_sees_her_causes_greatest_first_with_exact_counts(ada: Browsing) -> None:
    page = ada.open(LIST)
    assert page.status == 200
    assert page.heading == page.title == "Causes"
    assert page.all("h2") == [
        "Devices in CSP region North: stalled at “Sent to CSP”",
        "Devices of model Q4: Transfer to device failed",
    ]
    stalled, failed = sentences(page)
    assert stalled.startswith(
        "90 of 100 updates of devices in CSP region North that were due to go on from “Sent to "
        "CSP” have stalled there. Of the 445 others that were due, none has."
    )
    assert stalled.endswith(f"All of them are of Service Request {SILENT}.")
    assert failed.startswith(
        "60 of 103 updates of devices of model Q4 that got so far failed at the stage "
        "“Transferred to device”. The image was discarded. Of the 350 others that got so far, 2 "
        "failed in the same way. First on "
    )
    assert failed.endswith(f"All of them are of Service Request {DISCARDING}.")
    assert shares(page) == ["90 of 100", "0 of 445", "60 of 103", "2 of 350"]
    assert page.all(".firmtrack-cause__tags") == ["Stalled Open", "Failed Open"]
    (counted,) = (each for each in page.all("p") if "updates were compared" in each)
    assert counted.startswith("545 updates were compared. They were counted ")


def test_requests_of_which_not_all_updates_are_kept_are_not_compared_and_that_is_said(
    ada: Browsing, kept_only_from: Forget
) -> None:
    of_five_days = ada.open(LIST, {"since": "5"})
    assert shares(of_five_days)
    assert shares(of_five_days) != shares(ada.open(LIST))
    assert of_five_days.elements("#not-whole") == []

    # After one request of five days ago, and before that of four days ago.
    kept_from = datetime.now(UTC) - timedelta(days=4, hours=12)
    kept_only_from(Kind.FACTS, kept_from)

    said = (
        f"Compared are requests submitted from {day_text(kept_from.date())} on: of earlier ones "
        "not all updates are kept any more."
    )
    page = ada.open(LIST)
    assert shares(page) == shares(of_five_days)
    assert sentences(page) == sentences(of_five_days)
    assert page.one("#not-whole") == said
    assert ada.open(FAILED).one("#not-whole") == said
    assert ada.open(STANDS_STILL).status == 404
    assert ada.get(f"/causes/{NORTH.cause_id}/devices.csv").status_code == 404
    # Who asks for none of those is told of nothing else.
    assert ada.open(LIST, {"since": "4"}).elements("#not-whole") == []


def test_of_a_request_of_which_not_all_is_kept_it_is_not_said_that_nothing_stands_out(
    ada: Browsing, kept_only_from: Forget
) -> None:
    query = {"service_request_id": str(SILENT)}
    assert ada.open(LIST, query).elements("#nothing") == []
    kept_from = datetime.now(UTC) - timedelta(days=4, hours=12)

    kept_only_from(Kind.FACTS, kept_from)

    page = ada.open(LIST, query)
    assert page.status == 200
    assert sentences(page) == []
    assert "Nothing stands out" not in page.text
    assert page.one("#nothing").startswith("So this request is not compared.")
    assert page.one("#not-whole") == (
        f"Compared are requests submitted from {day_text(kept_from.date())} on: of earlier ones, "
        "as this one is, not all updates are kept any more."
    )


def test_each_supplier_sees_its_own_alone_and_dcc_all(
    ada: Browsing, ben: Browsing, olga: Browsing, stranger: Browsing
) -> None:
    assert shares(ben.open(LIST)) == ["50 of 75", "1 of 75"]
    assert shares(olga.open(LIST)) == ["110 of 178", "3 of 425", "90 of 100", "0 of 595"]
    for browsing, others, own in ((ada, BRAVO_ID, ALPHA_ID), (ben, ALPHA_ID, BRAVO_ID)):
        for address in (LIST, FAILED):
            text = browsing.open(address).text
            assert str(others) not in text
            assert str(own) in text
    nothing = stranger.open(LIST)
    assert sentences(nothing) == []
    assert nothing.one("#nothing").startswith("There is no update to compare: ")
    assert stranger.open(FAILED).status == 404


def test_the_same_cause_of_two_suppliers_is_to_each_its_own(ada: Browsing, ben: Browsing) -> None:
    alphas, bravos = (tables(each.open(FAILED))["Figures of the comparison"] for each in (ada, ben))
    assert alphas == [
        ["With this in common", "60", "103", "58%"],
        ["Without", "2", "350", "1%"],
    ]
    assert bravos == [["With this in common", "50", "75", "67%"], ["Without", "1", "75", "1%"]]
    assert content_of(ben.get(FILE)).decode().count(str(BRAVOS)) == 50
    assert str(DISCARDING) not in content_of(ben.get(FILE)).decode()
    listed = text_of(ben.get(NEW_LIST)).split(",")
    assert listed == [str(each) for each in BRAVOS_Q4_DEVICES[:50]]


def test_a_cause_can_be_asked_about_of_one_request(ada: Browsing) -> None:
    page = ada.open(LIST, {"service_request_id": str(DISCARDING)})
    (sentence,) = sentences(page)
    assert sentence.startswith(
        "In this Service Request, 60 of 100 updates of devices of model Q4 that got so far failed "
        "at the stage “Transferred to device”. The image was discarded. Of the 350 others, of all "
        "requests, that got so far, 2 failed in the same way."
    )
    (link,) = (each.get("href") for each in page.elements(".firmtrack-cause__title a"))
    assert link == f"{FAILED}?service_request_id={str(DISCARDING).replace(':', '%3A')}"
    asked = ada.open(link)
    assert tables(asked)["Figures of the comparison"] == [
        ["With this in common, in this request", "60", "100", "60%"],
        ["Without, in all requests", "2", "350", "1%"],
    ]
    assert asked.links()["Show it of all requests"] == FAILED
    assert back(asked) == link.replace(FAILED, LIST)


def test_a_request_without_a_cause_says_what_that_means(ada: Browsing) -> None:
    page = ada.open(LIST, {"service_request_id": str(AGAIN)})
    assert sentences(page) == []
    assert page.one("#nothing") == "Nothing stands out"
    assert "That does not mean that nothing fails" in page.text
    assert "545 updates were compared." in page.text


def test_another_suppliers_request_and_none_at_all_are_the_same(ada: Browsing) -> None:
    pages = [
        ada.open(LIST, {"service_request_id": each})
        for each in (str(BRAVOS), str(world.UNKNOWN_REQUEST), "x", "<b>")
    ]
    assert {page.status for page in pages} == {404}
    assert len({re.sub('value="[^"]*"', "", page.text) for page in pages}) == 1


@pytest.mark.parametrize(
    "cause_id",
    [
        "x",
        "W10",
        Q4.cause_id[:-1],
        f"{Q4.cause_id}=",
        "A" * 3_000,
        "é",
        NOBODYS.cause_id,
        OF_BRAVOS_REQUEST.cause_id,
    ],
)
@pytest.mark.parametrize("file", ["", "/devices.csv", "/devices.xlsx", "/new-device-list.txt"])
def test_what_is_no_cause_or_anothers_is_not_there(ada: Browsing, cause_id: str, file: str) -> None:
    page = ada.open(f"/causes/{cause_id}{file}")
    assert page.status == 404
    assert page.heading == "Page not found"


def test_what_is_bravos_is_there_for_bravo_and_dcc(ben: Browsing, olga: Browsing) -> None:
    for browsing in (ben, olga):
        assert browsing.open(f"/causes/{OF_BRAVOS_REQUEST.cause_id}").status == 200


@pytest.mark.parametrize("since", ["0", "-1", "401", "x", "7.5", "9" * 40])
def test_a_period_that_there_is_not_is_said_to_be_none(ada: Browsing, since: str) -> None:
    page = ada.open(LIST, {"since": since})
    assert page.status == 400
    assert page.title == "Error: Causes"
    assert page.links()["Select a period, or ask for 1 to 400 days"] == "#since"
    assert sentences(page) == []
    assert ada.get(FAILED, {"since": since}).status_code == 400


@pytest.mark.parametrize(
    ("since", "count", "periods"),
    [("7", 2, 3), ("90", 2, 3), ("400", 2, 4), ("3", 0, 4), ("", 2, 3)],
)
def test_a_period_holds_the_requests_that_were_submitted_in_it(
    ada: Browsing, since: str, count: int, periods: int
) -> None:
    page = ada.open(LIST, {"since": since})
    assert len(sentences(page)) == count
    assert len(page.elements("#since")[0].xpath("./option")) == periods
    for link in page.elements(".firmtrack-cause__title a"):
        assert ("since=" in link.get("href")) == (since in {"7", "90", "400"})


def test_the_page_of_a_cause_says_what_to_do_and_how_it_stands(ada: Browsing) -> None:
    page = ada.open(FAILED)
    assert page.heading == page.title == "Devices of model Q4: Transfer to device failed"
    facts = page.facts()
    assert facts["What to do"].startswith("The manufacturer is likely to have to act next.")
    assert facts["State"].startswith("Open It still does harm")
    assert facts["Reason"] == "The image was discarded. Code: image_discarded"
    assert facts["In common"] == "Model: Q4"
    assert page.links()[str(DISCARDING)] == f"/service-requests/{DISCARDING}"
    assert "All are of one request." in page.all("p")


def test_the_chart_by_day_says_the_same_as_its_table(ada: Browsing) -> None:
    page = ada.open(FAILED)
    (chart,) = page.root.xpath("//*[local-name()='svg'][@role='img']")
    assert page.one(f"#{chart.get('aria-labelledby')}") == "Updates by day, in Great Britain"
    heights = [float(bar.get("height")) for bar in chart.xpath("./*[local-name()='rect']")]
    assert heights == [40.0, 20.0]
    by_day = tables(page)["Updates by day"]
    assert [row[1] for row in by_day] == ["40", "20"]
    labels = page.all(".firmtrack-chart__label span")
    assert labels == ["40", by_day[0][0], by_day[1][0]]


def test_a_failure_at_the_end_of_time_makes_no_chart_too_long(ada: Browsing) -> None:
    request_id, sent_at = RequestId(ALPHA_ID, BROKER, 5004), datetime.now(UTC) - timedelta(days=40)
    devices = (Eui64(0x00DB1234567A0001), Eui64(0x00DB1234567A0002))
    ends = (sent_at + timedelta(hours=1), datetime(9999, 12, 31, 23, 59, tzinfo=UTC))
    failures = [
        delivered(device, at, request_id, reason="N61")
        for device, at in zip(devices, ends, strict=True)
    ]
    sent = request(request_id, Variant.UPDATE_FIRMWARE, devices, sent_at)
    record(Batch(messages=(sent, *failures)))
    performance.refresh()
    of_it = [Trait(Attribute.SERVICE_REQUEST_ID, str(request_id))]
    key = CauseKey.of(Status.COMMS_HUB_DELIVERY_FAILED, "N61", of_it)
    page = ada.open(f"/causes/{key.cause_id}")
    assert page.status == 200
    assert len(page.root.xpath("//*[local-name()='rect'][@class='firmtrack-chart__bar']")) == 2
    assert re.fullmatch(r"Updates by 24,2\d\d days, in Great Britain", page.one("#chart"))
    assert tables(page)["Updates by day"][1] == ["31 December 9999", "1"]


def test_the_new_device_list_leaves_out_what_is_not_to_be_sent_again(ada: Browsing) -> None:
    page = ada.open(FAILED)
    again = " ".join(page.all("section"))
    assert "55 of these 60 updates are safe to send again" in again
    left_out = [each for each in page.all("li") if each[:2] in {"3:", "2:"}]
    assert len(left_out) == 2
    assert left_out[0].startswith("2: A request that names the device may still be open")
    assert left_out[1].startswith("3: A later update of the device is Successful")
    response = ada.get(NEW_LIST)
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="new-device-list.txt"'
    assert text_of(response) == ",".join(map(str, TO_SEND_AGAIN))


def test_what_stands_still_is_not_sent_again(ada: Browsing) -> None:
    page = ada.open(STANDS_STILL)
    assert "None of these updates is safe to send again now." in " ".join(page.all("p"))
    assert "Download new device list" not in page.links()
    assert text_of(ada.get(f"{STANDS_STILL}/new-device-list.txt")) == ""
    assert len(tables(page)["Devices of the cause"]) == len(STALLED)


def test_its_devices_are_listed_each_with_whether_it_is_in_the_list(ada: Browsing) -> None:
    page = ada.open(FAILED)
    rows = tables(page)["Devices of the cause"]
    assert [row[0] for row in rows] == [str(each) for each in DISCARDED]
    told = {row[0]: row[2] for row in rows}
    assert [told[str(each)] for each in UPDATED_SINCE] == ["No: updated since"] * 3
    assert [told[str(each)] for each in UNDER_WAY] == ["No: a request may be open"] * 2
    assert {told[str(each)] for each in TO_SEND_AGAIN} == {"Yes"}
    assert page.links()[str(DISCARDED[0])] == f"/devices/{DISCARDED[0]}"
    octets = content_of(ada.get(page.links()["Download CSV of all devices"]))
    header, *cells = csv.reader(StringIO(octets.decode(), newline=""))
    assert header[-1] == "In New Device List"
    assert {row[2]: row[-1] for row in cells} == told


def test_a_request_and_a_failed_device_lead_to_their_causes(ada: Browsing) -> None:
    asked = f"{LIST}?service_request_id={DISCARDING}"
    of_request = ada.open(f"/service-requests/{DISCARDING}").links()
    assert of_request["What these failures have in common"] == asked
    of_device = ada.open(f"/devices/{DISCARDED[5]}").links()
    assert of_device["What failures of this request have in common"] == asked
    assert len(sentences(ada.open(asked))) == 1
    stalled = ada.open(f"/service-requests/{SILENT}").links()
    assert stalled["What these failures have in common"] == asked.replace("5001", "5002")


def test_where_nothing_fails_nothing_leads_to_causes(ada: Browsing) -> None:
    assert "What these failures have in common" not in ada.open(f"/service-requests/{AGAIN}").text
    of_device = ada.open(f"/devices/{TO_SEND_AGAIN[0]}")
    assert of_device.text.count("What failures of this request have in common") == 1
    updated = ada.open(f"/devices/{UPDATED_SINCE[0]}")
    assert updated.text.count("What failures of this request have in common") == 1


def test_a_moment_is_kept_through_all_links(ada: Browsing) -> None:
    moment = utc_text(datetime.now(UTC).replace(microsecond=0) + timedelta(days=-400))
    page = ada.open(LIST, {"as_of": moment, "since": "90"})
    assert page.status == 200
    assert page.one("#nothing").startswith("There is no update to compare")
    assert page.links()["Show what is known now"] == f"{LIST}?since=90"
    assert ada.get(FAILED, {"as_of": moment}).status_code == 404
    mistyped = ada.open(LIST, {"as_of": "yesterday"})
    assert mistyped.status == 400
    assert len(sentences(mistyped)) == 2
    assert ada.get(FILE, {"as_of": "yesterday"}).status_code == 400


def settled_now() -> str:
    """Return a moment that is past and settled, by which all in the world was known."""
    with pool().connection() as connection:
        row = connection.execute(
            "SELECT max(recorded_at) + interval '1 microsecond' FROM message"
        ).fetchone()
    assert row is not None
    return utc_text(row[0])


def test_a_cause_of_the_past_says_so_and_keeps_it(ada: Browsing) -> None:
    page = ada.open(FAILED, {"as_of": settled_now()})
    assert page.status == 200
    links = page.links()
    assert "as_of=" in back(page)
    assert "as_of=" in links[str(DISCARDING)]
    assert "as_of=" in links[str(DISCARDED[0])]
    assert "as_of=" in links["Download CSV of all devices"]
    assert "Download new device list" not in links
    assert "note" not in [each.get("name") for each in page.elements("textarea")]
    assert tables(page)["Figures of the comparison"][0] == [
        "With this in common",
        "60",
        "103",
        "58%",
    ]
    assert content_of(ada.get(links["Download CSV of all devices"])).count(b"\r\n") == 61


@pytest.mark.usefixtures("unnoted")
def test_a_note_is_kept_shown_and_on_record(ada: Browsing, cast: world.Cast) -> None:
    response = ada.post(f"{FAILED}?since=90", {"note": "  Asked them.\r\nThey answer soon.  "})
    assert (response.status_code, response.headers["Location"]) == (302, f"{FAILED}?since=90#notes")
    page = ada.open(FAILED)
    assert page.one(".govuk-notification-banner__heading") == "Your note was kept."
    (note,) = page.elements(".firmtrack-note__text")
    assert note.text_content() == "Asked them.\nThey answer soon."
    assert page.one(".firmtrack-note").startswith("ada@alpha.example, ")
    audit = ada.open("/audit", {"kind": "cause_noted"})
    assert [row[1:4] for row in audit.rows()] == [
        [
            "ada@alpha.example",
            "Noted something about a cause",
            "device_transfer_failed image_discarded: model Q4",
        ]
    ]


@pytest.mark.usefixtures("unnoted")
def test_a_note_is_shown_to_nobody_else(ada: Browsing, ben: Browsing, olga: Browsing) -> None:
    ada.post(FAILED, {"note": "Between ourselves."})
    assert "Between ourselves." in ada.open(FAILED).text
    for browsing in (ben, olga):
        page = browsing.open(FAILED)
        assert page.status == 200
        assert "Between ourselves." not in page.text


@pytest.mark.usefixtures("unnoted")
def test_what_is_unseen_in_a_note_is_shown_and_markup_is_only_text(ada: Browsing) -> None:
    ada.post(FAILED, {"note": "a\u202eb <script>alert(1)</script>"})
    (note,) = ada.open(FAILED).elements(".firmtrack-note__text")
    assert note.text_content() == "a‹U+202E›b <script>alert(1)</script>"
    assert len(note) == 0


@pytest.mark.usefixtures("unnoted")
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "Enter what you want to note"),
        (" \r\n ", "Enter what you want to note"),
        ("x" * (NOTE_CHARACTERS + 1), "The note must have 2,000 characters or fewer"),
        ("a\0b", "Null characters are not allowed."),
    ],
)
def test_what_is_no_note_is_refused_and_says_why(
    ada: Browsing, cast: world.Cast, text: str, problem: str
) -> None:
    response = ada.post(FAILED, {"note": text})
    assert response.status_code == 400
    assert problem in response.content.decode()
    assert "Error: Devices of model Q4" in response.content.decode()
    assert ada.open(FAILED).elements(".firmtrack-note") == []


@pytest.mark.usefixtures("unnoted")
def test_ends_of_lines_count_once(ada: Browsing) -> None:
    text = "x\r\n" * (NOTE_CHARACTERS // 2 - 1) + "xy"
    assert ada.post(FAILED, {"note": text}).status_code == 302


@pytest.mark.usefixtures("unnoted")
def test_who_may_only_look_notes_nothing(vera: Browsing, cast: world.Cast) -> None:
    page = vera.open(FAILED)
    assert page.status == 200
    assert page.elements("textarea") == []
    assert "Your organisation’s administrators may note something." in page.all("p")
    assert vera.post(FAILED, {"note": "Let me."}).status_code == 403
    assert vera.open(FAILED).elements(".firmtrack-note") == []


@pytest.mark.usefixtures("unnoted")
def test_nobody_notes_anything_about_what_is_not_theirs(ada: Browsing, stranger: Browsing) -> None:
    for browsing, address in (
        (ada, f"/causes/{OF_BRAVOS_REQUEST.cause_id}"),
        (ada, "/causes/x"),
        (stranger, FAILED),
    ):
        assert browsing.post(address, {"note": "Hello."}).status_code == 404
    with pool().connection() as connection:
        assert connection.execute("SELECT FROM cause_note").rowcount == 0


def test_a_note_from_elsewhere_is_refused(cast: world.Cast) -> None:
    client = Client(enforce_csrf_checks=True, SERVER_NAME="localhost")
    client.force_login(cast.ada)
    assert client.post(FAILED, {"note": "Forged."}).status_code == 403


def test_a_cause_that_does_not_stand_out_is_told_as_it_is(ada: Browsing) -> None:
    page = ada.open(f"/causes/{OF_REQUEST.cause_id}")
    assert page.status == 200
    assert tables(page)["Figures of the comparison"] == [
        ["With this in common", "62", "300", "21%"],
        ["Without", "0", "153", "0%"],
    ]


def test_a_kept_link_to_a_cause_leads_there_when_its_requests_are_older(ada: Browsing) -> None:
    address = f"/causes/{OF_OLD_REQUEST.cause_id}"
    page = ada.open(address)
    assert page.status == 200
    assert "Of requests submitted in the last 400 days." in page.text
    assert tables(page)["Figures of the comparison"][0] == ["With this in common", "3", "20", "15%"]
    assert back(page) == f"{LIST}?since=400"
    assert content_of(ada.get(page.links()["Download CSV of all devices"])).count(b"\r\n") == 4
    assert ada.get(address, {"since": "30"}).status_code == 404


def test_each_look_at_a_cause_is_on_record_once(ada: Browsing) -> None:
    with pool().connection() as connection:
        connection.execute("TRUNCATE lookup_audit")
        for address in (LIST, FAILED, NEW_LIST):
            ada.get(address)
        content_of(ada.get(FILE))
        rows = connection.execute(
            "SELECT viewer, kind, row_count FROM lookup_audit ORDER BY lookup_id"
        ).fetchall()
    assert rows == [
        ("ada@alpha.example", "causes", 2),
        ("ada@alpha.example", "cause", 60),
        ("ada@alpha.example", "cause_device_list", 55),
        ("ada@alpha.example", "cause_csv", 60),
    ]


def test_the_guidance_names_all_that_can_be_in_common_and_every_state(ada: Browsing) -> None:
    page = ada.open("/guidance/causes")
    shown = tables(page)
    assert len(shown["What can be in common"]) == len(Attribute)
    assert [row[0] for row in shown["How a cause stands"]] == ["Open", "Quiet", "Over"]
    assert page.links()["Causes"] == LIST

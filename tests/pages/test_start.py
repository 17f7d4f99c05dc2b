"""The start page: the search first, and beside it what happened since somebody looked."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from psycopg import sql

from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.stages import Variant
from firmtrack.store import database
from firmtrack.store.database import pool
from firmtrack.store.embedded import EmbeddedPostgres
from firmtrack.store.ledger.recording import Batch, record
from firmtrack.store.reports import performance
from tests.databases import fresh_database
from tests.pages import world
from tests.pages.browsing import Browsing
from tests.pages.messages import ALPHA_ID, BRAVO_ID, BROKER, SUBMITTED, delivered, request

START = "/firmware-distribution"
NO_NEWS = "What happened could not be told now. You can still search."
ALPHAS = RequestId(ALPHA_ID, BROKER, 5)
BRAVOS = RequestId(BRAVO_ID, BROKER, 5)
FIRST, SECOND, *OTHERS = world.DEVICES[:5]


@pytest.fixture
def cast(postgres: EmbeddedPostgres) -> Iterator[world.Cast]:
    """The people, in a world of their own in which one request of Alpha's is under way."""
    with fresh_database(postgres) as conninfo:
        database.use(conninfo)
        people = world.people()
        record(
            Batch(
                messages=[
                    request(ALPHAS, Variant.UPDATE_FIRMWARE, [FIRST, SECOND], SUBMITTED),
                    request(BRAVOS, Variant.UPDATE_FIRMWARE, OTHERS, SUBMITTED, user_id=BRAVO_ID),
                ]
            )
        )
        performance.refresh()
        yield people
        database.close()


def fail(*devices: object, request_id: RequestId = ALPHAS) -> None:
    at = SUBMITTED + timedelta(hours=5)
    messages = [delivered(each, at, request_id, reason="N61") for each in devices]  # type: ignore[arg-type]  # devices
    record(Batch(messages=messages))
    performance.refresh()


def go_away() -> None:
    """Let an hour and more go by since everybody looked."""
    with pool().connection() as connection:
        connection.execute("UPDATE person_visit SET shown_at = shown_at - interval '61 minutes'")


@contextmanager
def without(table: str, column: str) -> Iterator[None]:
    """Have the database miss a column for a while."""
    rename = sql.SQL("ALTER TABLE {} RENAME COLUMN {} TO {}")
    names = sql.Identifier(table), sql.Identifier(column), sql.Identifier("missing")
    with pool().connection() as connection:
        connection.execute(rename.format(*names))
    yield
    with pool().connection() as connection:
        connection.execute(rename.format(names[0], names[2], names[1]))


def test_the_form_comes_first_and_asks_what_it_asked_before(ada: Browsing) -> None:
    page = ada.open(START)
    assert page.heading == "Firmware Distribution Tracking"
    (form,) = page.root.xpath("//main//form")
    assert [each.get("name") for each in form.xpath(".//input")] == [
        "search_by", "search_by", "search_term",
    ]  # fmt: skip
    assert form.getparent().getparent().xpath("(.//form | .//section)[1]")[0] is form
    assert page.all("main h2") == ["What you looked at last", "Since you last looked"]


def test_the_first_look_says_so_and_shows_what_fails_by_request_and_reason(ada: Browsing) -> None:
    fail(FIRST)
    page = ada.open(START)
    assert page.one("#since").startswith("This is the first time that you look.")
    assert page.one("#news-failed") == "Failed: 1 device"
    led = ada.open(page.links()["1 device"].partition("#")[0])
    assert led.status == 200
    assert str(FIRST) in led.text
    assert "of 1 that match" in led.one("#position")


def test_what_was_seen_is_not_told_in_the_next_visit_but_what_came_is(ada: Browsing) -> None:
    fail(FIRST)
    for _ in range(2):  # looking again takes nothing away
        assert ada.open(START).one("#news-failed") == "Failed: 1 device"
    go_away()
    page = ada.open(START)
    assert page.one("#no-news") == "No request ended, and no device failed or stalled."
    assert page.one("#since").startswith("Since today ") or "yesterday" in page.one("#since")
    fail(SECOND)
    page = ada.open(START)
    assert page.one("#news-failed") == "Failed: 1 device"
    assert page.all("#news-ended") == ["Requests that ended"]
    assert "0 of 2 devices done, 2 failed" in page.text
    # Of another span all is told, and it is no visit.
    week = ada.open(page.links()["7 days"])
    assert week.one("#since") == "In the last 7 days."
    assert week.one("#news-failed") == "Failed: 2 devices"
    assert ada.open(START).one("#news-failed") == "Failed: 1 device"


def test_everybody_is_told_of_their_own_and_dcc_of_all(
    ada: Browsing, ben: Browsing, olga: Browsing, stranger: Browsing
) -> None:
    fail(FIRST)
    fail(*OTHERS, request_id=BRAVOS)
    assert ada.open(START).one("#news-failed") == "Failed: 1 device"
    bens = ben.open(START)
    assert bens.one("#news-failed") == "Failed: 3 devices"
    assert str(ALPHAS) not in bens.text
    assert olga.open(START).one("#news-failed") == "Failed: 4 devices"
    assert stranger.open(START).all("#no-news")


def test_what_one_opened_is_listed_newest_first_without_repeats(
    ada: Browsing, ben: Browsing
) -> None:
    assert "that you open are listed here" in ada.open(START).text
    for address in (
        f"/devices/{FIRST}",
        f"/service-requests/{ALPHAS}",
        f"/service-requests/{BRAVOS}",  # which is not there for Ada
        f"/devices/{FIRST}",
    ):
        ada.open(address)
    links = ada.open(START).root.xpath("//section[@aria-labelledby='opened-last']//a/@href")
    assert links == [f"/devices/{FIRST}", f"/service-requests/{ALPHAS}"]
    assert not ben.open(START).root.xpath("//section[@aria-labelledby='opened-last']//a")


def test_a_look_is_audited(ada: Browsing) -> None:
    fail(FIRST)
    ada.open(START)
    with pool().connection() as connection:
        rows = connection.execute(
            "SELECT viewer, row_count FROM lookup_audit WHERE kind = 'since_last_look'"
        ).fetchall()
    assert rows == [("ada@alpha.example", 1)]


@pytest.mark.parametrize(
    ("table", "column", "said"),
    [
        ("trouble_update", "found_at", NO_NEWS),
        ("person_visit", "shown_at", NO_NEWS),
        ("lookup_audit", "lookup_id", "This could not be told now."),
        ("party_incident", "cause_id", NO_NEWS),
    ],
)
def test_the_form_is_there_whatever_of_the_rest_cannot_be_told(
    ada: Browsing, table: str, column: str, said: str
) -> None:
    fail(FIRST)
    with without(table, column):
        page = ada.open(START)
    assert page.status == 200
    assert page.root.xpath("//main//form//input[@name='search_term']")
    assert said in page.text
    # What was not shown is told when it can be.
    assert ada.open(START).one("#news-failed") == "Failed: 1 device"


@pytest.mark.parametrize("since", ["0", "x", "8", "-1", "99999999999999999999"])
def test_a_span_that_is_not_offered_is_none(ada: Browsing, since: str) -> None:
    assert "first time" in ada.open(START, {"since": since}).one("#since")

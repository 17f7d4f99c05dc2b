"""What an answer can do without costs its own section when it fails, never the answer."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from psycopg import sql

from firmtrack.store import database
from firmtrack.store.embedded import EmbeddedPostgres
from firmtrack.store.reports import waits
from tests.databases import fresh_database, used
from tests.pages import world
from tests.pages.browsing import Browsing
from tests.pages.world import LARGE_REQUEST, UNDER_WAY

DEVICE = f"/devices/{UNDER_WAY}"
INVENTORY = f"/inventory/{UNDER_WAY}"
REQUEST = f"/service-requests/{LARGE_REQUEST}"


@pytest.fixture(scope="module")
def own(postgres: EmbeddedPostgres) -> Iterator[Browsing]:
    """Ada's browser, on a database of which tests may take tables away."""
    with fresh_database(postgres) as conninfo, used(conninfo):
        cast = world.people()
        world.tell()
        yield Browsing.signed_in(cast.ada)


@contextmanager
def gone(table: str) -> Iterator[None]:
    """Take a table away until the block ends."""
    rename = sql.SQL("ALTER TABLE {} RENAME TO {}")
    names = sql.Identifier(table), sql.Identifier(f"{table}_taken_away")
    with database.pool().connection() as connection:
        connection.execute(rename.format(*names))
        waits.forget_recent()
        try:
            yield
        finally:
            connection.execute(rename.format(*reversed(names)))
            waits.forget_recent()


@pytest.mark.parametrize(
    ("table", "address", "said"),
    [
        ("source_last", DEVICE, "How fresh the data are could not be told now."),
        ("source_silence", INVENTORY, "How fresh the data are could not be told now."),
        ("arrival", REQUEST, "How fresh the data are could not be told now."),
        ("comms_hub_device", DEVICE, "How other devices fare could not be told now."),
        ("notice", DEVICE, "Which parties were told of it could not be told now."),
        ("wait_limit", DEVICE, "Whether that is usual could not be told now."),
        ("wait_limit", DEVICE, "Could not be told now"),
        ("wait_limit", INVENTORY, "Whether that is usual could not be told now."),
        ("wait_limit", REQUEST, "Whether any waits longer than is usual could not be told now."),
        (
            "wait_limit",
            f"{REQUEST}?pace=slow",
            "Which devices of this request wait so could not be told now.",
        ),
    ],
)
def test_a_side_part_that_fails_costs_its_own_section_of_a_page(
    own: Browsing, caplog: pytest.LogCaptureFixture, table: str, address: str, said: str
) -> None:
    assert said not in own.open(address).text
    with gone(table):
        page = own.open(address)

    assert page.status == 200
    assert said in page.text
    failures = [each for each in caplog.records if each.name == "firmtrack.answers.side_parts"]
    assert failures
    assert all(each.exc_info is not None for each in failures)
    assert {each.levelno for each in failures} == {logging.ERROR}


@pytest.mark.parametrize("address", [f"{DEVICE}/status", f"{REQUEST}/status"])
@pytest.mark.parametrize("table", ["wait_limit", "notice"])
def test_nor_does_it_cost_a_refresh(own: Browsing, table: str, address: str) -> None:
    with gone(table):
        assert own.get(address).status_code == 200


def test_the_operators_wording_that_cannot_be_read_costs_no_answer(own: Browsing) -> None:
    with gone("code_wording"):
        assert own.open(REQUEST).status == 200

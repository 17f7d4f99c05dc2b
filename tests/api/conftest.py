"""The API on a database of the test's own, with the cast, and what has happened so far."""

from collections.abc import Iterator

import pytest

from firmtrack.store.embedded import EmbeddedPostgres
from firmtrack.store.reports import performance
from tests.api.calling import Caller
from tests.api.world import (
    DISPLAY,
    METERS,
    MORNING,
    Cast,
    accepted_but_for,
    delivered_to_hub,
    inventory_of,
    make_cast,
    stage_report,
    update_firmware,
)
from tests.databases import fresh_database, used


@pytest.fixture
def api() -> Caller:
    """The API, nobody signed in."""
    return Caller()


@pytest.fixture
def cast(database: str) -> Cast:
    """The parties and their tokens, before anything happened."""
    return make_cast()


@pytest.fixture(scope="module")
def told(postgres: EmbeddedPostgres) -> Iterator[Cast]:
    """The cast, after Alpha's request: one meter left out, one delivered to, one not, two wait.

    The tests of a module share it, so they only look; none of them may ask for ``database``, too,
    since a process uses one database at a time.
    """
    with fresh_database(postgres) as conninfo, used(conninfo):
        cast = make_cast()
        _tell(cast)
        yield cast


def _tell(cast: Cast) -> None:
    api = Caller()
    for xml in (
        update_firmware(),
        accepted_but_for(METERS[4]),
        delivered_to_hub(METERS[0], is_success=True),
        delivered_to_hub(METERS[1], is_success=False),
        inventory_of(METERS[0]),
        inventory_of(DISPLAY, "IHD"),
    ):
        sent = api.post(
            "/messages",
            cast.alpha.intake,
            xml,
            "application/xml",
            **{"ce-time": MORNING.isoformat()},
        )
        assert sent.status == 200, sent.body
    report = api.post("/messages", cast.dcc.intake, stage_report("1"), "application/json")
    assert report.status == 200, report.body
    performance.refresh()

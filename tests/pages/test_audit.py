"""Every look-up leaves a trace of who asked for what and how much they got."""

import pytest

from firmtrack.store.database import pool
from tests.pages.browsing import Browsing, content_of
from tests.pages.world import LARGE_REQUEST, UNDER_WAY, VERIFIED


def latest_lookup() -> tuple[str, str, str, int]:
    with pool().connection() as connection:
        row = connection.execute(
            "SELECT viewer, kind, term, row_count FROM lookup_audit ORDER BY lookup_id DESC LIMIT 1"
        ).fetchone()
    assert row is not None
    return row


@pytest.mark.parametrize(
    ("address", "kind", "term", "rows"),
    [
        (f"/service-requests/{LARGE_REQUEST}", "service_request", LARGE_REQUEST, 50),
        (
            f"/service-requests/{LARGE_REQUEST}?completion_status=failed",
            "service_request",
            LARGE_REQUEST,
            5,
        ),
        (f"/devices/{UNDER_WAY}", "device", UNDER_WAY, 2),
    ],
)
def test_a_look_up_is_recorded_with_what_it_showed(
    ada: Browsing, address: str, kind: str, term: object, rows: int
) -> None:
    ada.open(address)
    assert latest_lookup() == ("ada@alpha.example", kind, str(term), rows)


def test_a_download_is_recorded_with_the_rows_of_the_file(ada: Browsing) -> None:
    address = f"/service-requests/{LARGE_REQUEST}.csv"
    file = content_of(ada.get(address, {"completion_status": "failed"}))
    assert latest_lookup() == ("ada@alpha.example", "distributions_csv", str(LARGE_REQUEST), 5)
    assert len(file.splitlines()) == 1 + 5


@pytest.mark.parametrize("address", [f"/service-requests/{LARGE_REQUEST}", f"/devices/{VERIFIED}"])
def test_a_look_up_that_found_nothing_is_recorded_too(ben: Browsing, address: str) -> None:
    ben.open(address)
    viewer, _, term, rows = latest_lookup()
    assert (viewer, term, rows) == ("ben@bravo.example", address.rpartition("/")[2], 0)

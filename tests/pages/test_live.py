"""Refreshes of the status part: only news is sent, only news is audited, to nobody else."""

import json
from typing import Any

import pytest

from firmtrack.store.database import pool
from tests.pages.browsing import Browsing
from tests.pages.world import LARGE_REQUEST, PPMID, PPMID_REQUEST, UNDER_WAY, VERIFIED

DEVICE = f"/devices/{UNDER_WAY}"
REQUEST = f"/service-requests/{LARGE_REQUEST}"
UNDER_WAY_RESULTS = (DEVICE, REQUEST)
COMPLETED_RESULTS = (f"/devices/{VERIFIED}", f"/devices/{PPMID}")


def lookups() -> int:
    with pool().connection() as connection:
        row = connection.execute("SELECT count(*) FROM lookup_audit").fetchone()
    assert row is not None
    return int(row[0])


def refresh(browsing: Browsing, address: str, seen: str = "") -> Any:
    headers = {"HX-Request": "true", "If-None-Match": seen}
    return browsing.client.get(f"{address}/status", headers=headers)


@pytest.mark.parametrize("address", UNDER_WAY_RESULTS)
def test_a_page_of_something_in_progress_asks_for_its_own_news(ada: Browsing, address: str) -> None:
    page = ada.open(address)
    (part,) = page.elements("#live-status")
    (config,) = page.root.xpath("//meta[@name='htmx-config']/@content")

    assert part.get("hx-get") == f"{address}/status"
    assert json.loads(part.get("hx-headers"))["If-None-Match"]
    assert json.loads(config)["allowEval"] is False
    assert json.loads(config)["includeIndicatorStyles"] is False
    assert page.elements("#live-news")[0].get("aria-live") == "polite"


@pytest.mark.parametrize("address", [*COMPLETED_RESULTS, f"/service-requests/{PPMID_REQUEST}"])
def test_a_page_of_something_completed_asks_for_nothing(ada: Browsing, address: str) -> None:
    page = ada.open(address)

    assert page.elements("#live-status")[0].get("hx-get") is None
    assert not page.root.xpath("//script[contains(@src, 'htmx')]")
    assert "hx-get" not in refresh(ada, address).content.decode()


@pytest.mark.parametrize("address", UNDER_WAY_RESULTS)
def test_a_page_of_the_past_asks_for_nothing(ada: Browsing, address: str) -> None:
    with pool().connection() as connection:
        row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    page = ada.open(address, {"as_of": row[0].isoformat()})

    assert page.elements("#live-status")[0].get("hx-get") is None


@pytest.mark.parametrize("address", UNDER_WAY_RESULTS)
def test_as_long_as_nothing_changed_nothing_is_sent_nor_audited(
    ada: Browsing, address: str
) -> None:
    (part,) = ada.open(address).elements("#live-status")
    seen = json.loads(part.get("hx-headers"))["If-None-Match"]
    before = lookups()

    answer = refresh(ada, address, seen)

    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["ETag"] == seen
    assert lookups() == before


@pytest.mark.parametrize("address", UNDER_WAY_RESULTS)
def test_news_is_the_part_that_the_page_shows_and_is_audited(ada: Browsing, address: str) -> None:
    (part,) = ada.open(address).elements("#live-status")
    before = lookups()

    answer = refresh(ada, address, '"what was seen before"')

    assert answer.status_code == 200
    sent = answer.content.decode()
    assert answer.headers["ETag"] == json.loads(part.get("hx-headers"))["If-None-Match"]
    assert 'id="live-status"' in sent
    assert 'id="live-news" hx-swap-oob="innerHTML"' in sent
    assert "<html" not in sent
    assert lookups() == before + 1


@pytest.mark.parametrize("address", UNDER_WAY_RESULTS)
def test_a_refresh_is_nobody_elses_whatever_it_has_seen(
    ada: Browsing, ben: Browsing, stranger: Browsing, address: str
) -> None:
    seen = refresh(ada, address).headers["ETag"]

    for outsider in (ben, stranger):
        assert refresh(outsider, address, seen).status_code == 404


def test_what_one_person_has_seen_says_nothing_to_another(ada: Browsing, olga: Browsing) -> None:
    assert refresh(ada, DEVICE).headers["ETag"] != refresh(olga, DEVICE).headers["ETag"]


@pytest.mark.parametrize("address", UNDER_WAY_RESULTS)
def test_whose_session_has_ended_is_told_to_load_the_page_again(
    anybody: Browsing, address: str
) -> None:
    answer = refresh(anybody, address)

    assert answer.status_code == 401
    assert answer.headers["HX-Refresh"] == "true"


@pytest.mark.parametrize("address", ["/devices/x/status", "/service-requests/x/status"])
def test_what_is_no_id_has_no_news(ada: Browsing, address: str) -> None:
    assert ada.get(address).status_code == 404

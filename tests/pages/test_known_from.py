"""Pages say from when on they know where something older has gone, and else nothing of it."""

import csv
from collections import Counter
from datetime import UTC, datetime
from io import StringIO

import pytest

from firmtrack.presentation.times import utc_text
from firmtrack.store.database import pool
from firmtrack.store.known_from import Kind
from tests.pages.browsing import Browsing, content_of
from tests.pages.conftest import Forget
from tests.pages.test_as_of import DEVICE, INVENTORY, REQUEST, RESULTS, asked, known
from tests.pages.test_delivery_performance import counts, tables

LATER = datetime(2028, 3, 1, tzinfo=UTC)
"""After all that the small world has: all of it is of a time of which not all is kept."""


@pytest.mark.parametrize("address", RESULTS)
def test_a_past_of_which_not_all_is_kept_is_told_to_be_less(
    ada: Browsing, kept_only_from: Forget, address: str
) -> None:
    assert ada.open(address, asked(known())).elements("#not-whole") == []

    kept_only_from(Kind.FACTS, LATER)

    assert (
        ada.open(address, asked(known()))
        .one("#not-whole")
        .startswith(
            "Firmtrack keeps updates from 1 March 2028 on. Of the time before, only those are left"
        )
    )
    # Of the present nothing was left out that is not said elsewhere.
    assert ada.open(address).elements("#not-whole") == []


def test_what_the_inventory_held_is_always_kept(ada: Browsing, kept_only_from: Forget) -> None:
    kept_only_from(Kind.FACTS, LATER)

    page = ada.open(INVENTORY, asked(datetime(2015, 1, 1, tzinfo=UTC)))

    assert page.status == 404
    assert "Firmtrack knew nothing about" in page.text
    assert "kept" not in page.text


def test_nothing_then_may_mean_that_it_is_gone(ada: Browsing, kept_only_from: Forget) -> None:
    moment = asked(datetime(2015, 1, 1, tzinfo=UTC))
    first = ada.open(DEVICE, moment)
    assert first.heading == "Nothing was known about this device then"
    assert "Firmtrack knew nothing about" in first.text
    kept_only_from(Kind.FACTS, LATER)

    for address in (DEVICE, REQUEST):
        page = ada.open(address, moment)

        assert page.status == 404
        assert page.heading.startswith("Nothing that is still kept was known about this ")
        assert "Firmtrack knew nothing" not in page.text
        assert "what ended before may be no longer kept." in page.text
    nowhere = ada.open("/devices/00-DB-12-34-56-78-90-99", moment)
    assert nowhere.status == 404
    assert "Firmtrack knew nothing" not in nowhere.text
    assert "Firmtrack keeps updates from 1 March 2028 on" in nowhere.text


def test_delivery_performance_counts_whole_requests_alone_and_says_since_when(
    ada: Browsing, kept_only_from: Forget
) -> None:
    expected = ada.open("/delivery-performance", {"submitted_from": "2026-11-15"})
    everything = ada.open("/delivery-performance")
    file = ada.get("/delivery-performance.csv", {"submitted_from": "2026-11-15"}).content
    assert counts(everything) != counts(expected)
    assert everything.elements("#not-whole") == []

    kept_only_from(Kind.FACTS, datetime(2026, 11, 15, tzinfo=UTC))

    page = ada.open("/delivery-performance")
    assert counts(page) == counts(expected)
    assert tables(page) == tables(expected)
    assert page.one("#not-whole").startswith(
        "These figures are of requests submitted from 15 November 2026 on; the week in which"
    )
    rows = list(csv.reader(StringIO(ada.get("/delivery-performance.csv").content.decode())))
    assert rows[1][:2] == ["Submitted from", "2026-11-15T00:00:00Z"]
    assert [rows[0], *rows[2:]] == list(csv.reader(StringIO(file.decode())))
    # Who asks for whole requests alone is told of nothing else.
    later = ada.open("/delivery-performance", {"submitted_from": "2026-11-16"})
    assert later.elements("#not-whole") == []


def test_the_audit_and_its_file_say_from_when_on_they_are_whole(
    olga: Browsing, kept_only_from: Forget
) -> None:
    said = "The audit is kept from 1 March 2020 on; what is older is gone."
    assert olga.open("/audit").elements("#not-whole") == []
    assert said not in content_of(olga.get("/audit.csv")).decode()

    kept_only_from(Kind.ACTS, datetime(2019, 3, 1, tzinfo=UTC))
    kept_only_from(Kind.LOOKUPS, datetime(2020, 3, 1, tzinfo=UTC))

    assert olga.open("/audit").one("#not-whole") == said
    *_, last = csv.reader(StringIO(content_of(olga.get("/audit.csv")).decode()))
    assert last == [utc_text(datetime(2020, 3, 1, tzinfo=UTC)), "", "", "", said, "", "", ""]
    one_day = content_of(olga.get("/audit.csv", {"day": "2026-11-14"})).decode()
    assert said not in one_day


def test_the_page_of_notices_says_from_when_on_they_are_kept(
    ada: Browsing, kept_only_from: Forget
) -> None:
    assert ada.open("/notices").elements("#not-whole") == []

    kept_only_from(Kind.NOTICES, datetime(2025, 10, 1, tzinfo=UTC))

    assert ada.open("/notices").one("#not-whole") == (
        "Notices are kept from 1 October 2025 on. Of those before, only what still waits or goes on"
        " is left."
    )


ABSENT = {
    "/devices/00-DB-12-34-56-78-90-99": "updates",
    "/service-requests/90-B3-D5-1F-30-01-00-00:90-B3-D5-1F-30-00-00-02:4711": "updates",
    "/messages/00000000-0000-4000-8000-000000000000": "messages",
}


@pytest.mark.parametrize("address", ABSENT)
def test_of_an_id_of_which_nothing_is_known_it_is_told_since_when_anything_is_kept(
    ada: Browsing, kept_only_from: Forget, address: str
) -> None:
    assert "kept" not in ada.open(address).one("main")

    kept_only_from(Kind.FACTS, LATER)

    page = ada.open(address)
    assert page.status == 404
    assert page.one("#not-whole").startswith(
        f"Firmtrack keeps {ABSENT[address]} from 1 March 2028 on"
    )


@pytest.mark.parametrize("address", [DEVICE, REQUEST])
def test_someone_elses_is_told_of_in_the_same_words_as_what_went_or_never_was(
    ben: Browsing, kept_only_from: Forget, address: str
) -> None:
    kept_only_from(Kind.FACTS, LATER)
    nothing = "/devices/00-DB-12-34-56-78-90-99" if address == DEVICE else list(ABSENT)[1]

    anothers, absent = ben.open(address), ben.open(nothing)

    assert anothers.status == absent.status == 404
    assert anothers.one("#not-whole") == absent.one("#not-whole")


def test_the_list_of_requests_says_from_when_on_it_is_whole(
    ada: Browsing, kept_only_from: Forget
) -> None:
    assert ada.open("/service-requests").elements("#not-whole") == []

    kept_only_from(Kind.FACTS, datetime(2026, 11, 1, tzinfo=UTC))

    assert ada.open("/service-requests").one("#not-whole") == (
        "Firmtrack keeps updates from 1 November 2026 on. Of requests submitted before, only those"
        " are listed of which an update is left, and only what is left is counted."
    )
    # Who asks for none of those is told of nothing else.
    later = ada.open("/service-requests", {"submitted_from": "2026-11-01"})
    assert later.elements("#not-whole") == []


def test_the_list_of_requests_says_that_none_failed_only_of_what_is_left(
    ada: Browsing, kept_only_from: Forget
) -> None:
    begin = datetime(2026, 11, 15, tzinfo=UTC)
    wholly = {"submitted_from": "2026-11-15"}
    without_failures = ada.open("/service-requests").all("td").count("None failed")
    of_these_later = ada.open("/service-requests", wholly).all("td").count("None failed")
    assert 0 < of_these_later < without_failures

    kept_only_from(Kind.FACTS, begin)

    said = Counter(ada.open("/service-requests").all("td"))
    assert said["None failed"] == of_these_later
    assert said["Of those still kept, none failed"] == without_failures - of_these_later
    assert ada.open("/service-requests", wholly).all("td").count("None failed") == of_these_later


def test_a_list_without_any_request_does_not_say_that_none_ever_came(
    stranger: Browsing, kept_only_from: Forget
) -> None:
    kept_only_from(Kind.FACTS, LATER)

    page = stranger.open("/service-requests")

    assert page.one("#nothing") == "There is no request"
    assert "received nothing" not in page.text


def test_the_files_of_a_request_of_which_some_went_are_of_those_that_are_left(
    ada: Browsing, kept_only_from: Forget
) -> None:
    assert "All devices: Download CSV" in ada.open(REQUEST).one("main")
    kept_only_from(Kind.FACTS, LATER)
    with pool().connection() as connection:
        connection.execute(
            "INSERT INTO pruned_distribution (request_key, completion, count, kept_from)"
            " SELECT request_key, 'failed', 7, %s FROM request",
            (LATER,),
        )
    try:
        page = ada.open(REQUEST)
    finally:
        with pool().connection() as connection:
            connection.execute("DELETE FROM pruned_distribution")

    assert "All devices that are still kept: Download CSV" in page.one("main")

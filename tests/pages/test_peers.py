"""Is it only me?, on the page of a device; and how fresh all of it is."""

from datetime import UTC, datetime

from firmtrack.store.known_from import Kind
from tests.pages.browsing import Browsing, plain
from tests.pages.conftest import Forget
from tests.pages.world import COMMS_HUB, DISCARDED, VERIFIED


def test_a_device_is_compared_with_what_it_has_something_in_common_with(ada: Browsing) -> None:
    page = ada.open(f"/devices/{DISCARDED}")
    (table,) = page.root.xpath("//section[@aria-labelledby='peers']//table")
    rows = [[plain(cell) for cell in row.xpath("./th | ./td")] for row in table.xpath(".//tr")]

    assert rows == [
        ["In common", "Counted", "In Progress", "Failed", "Successful"],
        ["Devices on the same Communications Hub", "Your requests", "35", "5", "1"],
        ["Devices in the same Service Request", "Your requests", "114", "5", "1"],
    ]


def test_where_nothing_was_distributed_there_is_nothing_to_compare(olga: Browsing) -> None:
    assert "Is it only me?" not in olga.open(f"/devices/{COMMS_HUB}").text


def test_what_is_counted_in_the_background_is_said_to_be(ada: Browsing, olga: Browsing) -> None:
    said = "Models and regions were counted "
    assert not any(said in text for text in ada.open(f"/devices/{DISCARDED}").all("p"))
    texts = [text for text in olga.open(f"/devices/{VERIFIED}").all("p") if said in text]
    assert len(texts) == 1
    assert texts[0].endswith("GMT): what came since may not be among them.")


def test_of_what_is_no_longer_kept_it_is_said_that_it_is_not_counted(
    ada: Browsing, kept_only_from: Forget
) -> None:
    assert ada.open(f"/devices/{DISCARDED}").elements("#peers-not-whole") == []

    kept_only_from(Kind.FACTS, datetime(2025, 10, 1, tzinfo=UTC))

    assert ada.open(f"/devices/{DISCARDED}").one("#peers-not-whole") == (
        "Firmtrack keeps updates from 1 October 2025 on: of those that ended before, only what is "
        "left is counted."
    )


def test_every_result_says_how_fresh_it_is(ada: Browsing) -> None:
    for address in (f"/devices/{VERIFIED}", f"/inventory/{VERIFIED}"):
        (summary, *_) = ada.open(address).all("main details summary")
        assert summary.startswith("Data complete to ")

from tests.pages.browsing import Browsing
from tests.pages.messages import HUB
from tests.pages.world import COMMS_HUB, SHARED_DEVICE, UNDER_WAY, UNKNOWN_DEVICE, VERIFIED


def test_the_inventory_shows_what_runs_and_where_each_fact_comes_from(ada: Browsing) -> None:
    page = ada.open(f"/inventory/{VERIFIED}")

    assert page.status == 200
    assert page.heading == page.title == f"Inventory of device {VERIFIED}"
    assert "Firmware version that runs now: 01020309" in page.all("p")
    rows = {row[0]: row[1:] for row in page.rows()}
    assert rows["Device type"][:2] == ["ESME", "13 November 2026, 09:12 GMT"]
    assert rows["Device type"][2].startswith(
        "DCC’s response to an inventory read, code I0 View message"
    )
    assert rows["Communications Hub"][:2] == [str(HUB), "15 November 2026, 12:12 GMT"]


def test_an_update_in_progress_says_how_far_it_is(ada: Browsing) -> None:
    page = ada.open(f"/inventory/{UNDER_WAY}")

    assert page.all("h2")[0] == "Update in progress"
    assert "Current Status" in page.facts()


def test_device_and_inventory_lead_to_each_other(ada: Browsing) -> None:
    def addresses(address: str) -> list[str | None]:
        return [link.get("href") for link in ada.open(address).elements("main a")]

    assert f"/inventory/{VERIFIED}" in addresses(f"/devices/{VERIFIED}")
    assert f"/devices/{VERIFIED}" in addresses(f"/inventory/{VERIFIED}")


def test_a_device_that_is_not_tracked_says_why(ada: Browsing) -> None:
    assert "This device is not tracked" in ada.open(f"/inventory/{COMMS_HUB}").all("h2")


def test_another_writing_of_the_id_leads_to_the_one_address(ada: Browsing) -> None:
    response = ada.get(f"/inventory/{str(VERIFIED).lower()}")

    assert response.status_code == 301
    assert response.headers["Location"] == f"/inventory/{VERIFIED}"


def test_what_is_not_theirs_is_to_others_as_if_it_did_not_exist(
    ada: Browsing, ben: Browsing, olga: Browsing
) -> None:
    unknown = ben.open(f"/inventory/{UNKNOWN_DEVICE}")
    others = ben.open(f"/inventory/{VERIFIED}")

    assert (unknown.status, others.status) == (404, 404)
    assert unknown.heading == others.heading == "Device ID not found"
    assert olga.open(f"/inventory/{VERIFIED}").status == 200
    assert ada.open("/inventory/x").status == 404


def test_of_a_message_to_another_party_only_the_day_is_shown(
    ada: Browsing, ben: Browsing, olga: Browsing, stranger: Browsing
) -> None:
    def row(seen: Browsing, fact: str) -> list[str]:
        rows = {row[0]: row[1:] for row in seen.open(f"/inventory/{SHARED_DEVICE}").rows()}
        return rows[fact]

    def as_of(seen: Browsing) -> str:
        return seen.open(f"/devices/{SHARED_DEVICE}").facts()["As of"]

    assert row(ben, "Model") == ["WXYZ", "13 November 2026", "Another party’s message"]
    assert row(ada, "Device type") == ["GSME", "13 November 2026", "Another party’s message"]
    for its_party, fact, time in ((ada, "Model", "10:12"), (ben, "Device type", "09:12")):
        for seen in (its_party, olga):
            _, learnt_at, source = row(seen, fact)
            assert learnt_at == f"13 November 2026, {time} GMT"
            assert source.startswith("DCC’s response to an inventory read, code I0 View message ")
    assert as_of(ben) == "13 November 2026"
    assert as_of(ada) == as_of(olga) == "13 November 2026, 10:12 GMT"
    assert stranger.open(f"/inventory/{SHARED_DEVICE}").status == 404

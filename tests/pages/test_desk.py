"""DCC's staff read advice for the desk, and suppliers' names; suppliers read neither."""

from tests.pages.activations import LOST, MOVED
from tests.pages.browsing import Browsing, plain
from tests.pages.messages import ALPHA_ID, BRAVO_ID
from tests.pages.world import DISCARDED, LARGE_REQUEST, NOT_DELIVERED, VERIFIED

ALPHA = f"Alpha Energy, {ALPHA_ID}"
BRAVO = f"Bravo Power, {BRAVO_ID}"


def test_the_desk_is_told_what_the_desk_does_and_the_supplier_what_it_does(
    ada: Browsing, olga: Browsing
) -> None:
    to_supplier = ada.open(f"/devices/{NOT_DELIVERED}").facts()["What to do"]
    to_desk = olga.open(f"/devices/{NOT_DELIVERED}").facts()["What to do"]

    assert "quote the Service Request ID and the Device ID to DCC’s Service Centre" in to_supplier
    assert to_desk.startswith("Ask the Communications Service Provider why it could not deliver")
    assert "Service Centre" not in to_desk


def test_the_desk_is_told_whose_a_request_is(ada: Browsing, olga: Browsing) -> None:
    facts = olga.open(f"/devices/{DISCARDED}").facts()
    assert facts["Sent by"] == ALPHA
    assert facts["Who acts next"] == f"The supplier: {ALPHA}"
    assert olga.open(f"/inventory/{VERIFIED}").facts()["Sent by"] == ALPHA

    asked = f"/service-requests/{LARGE_REQUEST}"
    assert olga.open(asked).one("#sent-by") == f"Sent by {ALPHA}"
    assert not ada.open(asked).root.xpath("//*[@id='sent-by']")

    assert "Sent by" not in ada.open(f"/devices/{DISCARDED}").facts()
    assert ALPHA not in ada.open(f"/devices/{DISCARDED}").one("main")


def test_the_desk_is_told_who_the_responsible_supplier_is(olga: Browsing) -> None:
    page = olga.open(f"/inventory/{MOVED}")
    assert [row[1] for row in page.rows() if row[0] == "Responsible Supplier"] == [BRAVO]
    periods = page.root.xpath("//section[@aria-labelledby='suppliers']//tbody/tr/th")
    assert [plain(each) for each in periods] == [
        BRAVO,
        "Changed; DCC’s alert does not say to whom",
        ALPHA,
    ]


def test_a_flag_tells_the_desk_to_tell_the_supplier(ada: Browsing, olga: Browsing) -> None:
    reading = "end a Read Firmware Version (11.2) to the device"
    assert f"S{reading}" in ada.open(f"/devices/{LOST}").one(".firmtrack-flags")
    assert f"Tell the supplier to s{reading}" in olga.open(f"/devices/{LOST}").one(
        ".firmtrack-flags"
    )


def test_the_guidance_advises_each_as_what_they_are(ada: Browsing, olga: Browsing) -> None:
    for topic in ("what-to-do", "reasons", "statuses", "incidents", "activations"):
        to_supplier = ada.open(f"/guidance/{topic}").one("main")
        to_desk = olga.open(f"/guidance/{topic}").one("main")
        assert "ell the supplier" not in to_supplier
        assert "ell the supplier" in to_desk
        assert "ask DCC’s Service Centre" not in to_desk


def test_the_causes_of_a_request_advise_the_desk(olga: Browsing) -> None:
    page = olga.open(f"/causes?service_request_id={LARGE_REQUEST}")
    assert "Service Centre" not in page.one("main")

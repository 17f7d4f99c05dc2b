"""A message's own page: what it says and its text, for whom it may be seen by."""

from tests.pages.browsing import Browsing
from tests.pages.world import (
    ALPHAS_MESSAGE,
    BRAVOS_MESSAGE,
    LARGE_REQUEST,
    REFUSED_BY_NAME,
    UNKNOWN_MESSAGE,
    VERIFIED,
)

PAGE = f"/messages/{ALPHAS_MESSAGE}"
RESPONSE_ID = "90-B3-D5-1F-30-00-00-02:90-B3-D5-1F-30-01-00-00:4711"


def test_a_message_says_what_it_is_whose_and_what_it_reports(ada: Browsing) -> None:
    page = ada.open(PAGE)

    assert page.heading == "DCC’s response to the Service Request"
    facts = page.facts()
    assert facts["DCC’s Response ID"] == RESPONSE_ID
    assert facts["Request ID in its header"] == str(LARGE_REQUEST)
    assert facts["Code"].startswith("W110101 Accepted, without the devices in its lists. Certain:")
    assert facts["DCC’s time"] == "14 November 2026, 09:13 GMT"
    assert facts["Devices (1)"] == str(REFUSED_BY_NAME)
    assert facts["What it reports"] == (
        "Accepted by DCC: the request as a whole"
        " Rejected by DCC, reason not_applicable_firmware: 1 device"
    )
    assert facts["Firmtrack’s number"] == str(ALPHAS_MESSAGE)
    text = page.elements("pre")[0].text_content()
    assert f"<sr:ResponseID>{RESPONSE_ID}</sr:ResponseID>" in text


def test_its_file_is_what_is_kept(ada: Browsing) -> None:
    file = ada.get(f"{PAGE}/body")

    assert file.headers["Content-Type"] == "application/xml"
    assert file.headers["Content-Disposition"] == (
        f'attachment; filename="message-{ALPHAS_MESSAGE}.xml"'
    )
    assert RESPONSE_ID.encode() in file.content


def test_a_history_leads_to_it_dccs_id_first(ada: Browsing) -> None:
    page = ada.open(f"/devices/{VERIFIED}")
    (accepted,) = [row for row in page.rows() if row[0].startswith("Accepted by DCC")]

    assert accepted[4].startswith(
        "DCC’s response to the Service Request, code W110101"
        f" Response ID {RESPONSE_ID} · View message"
    )
    assert f"Firmtrack’s number {ALPHAS_MESSAGE}" in accepted[4]
    assert page.links()[f"View message {ALPHAS_MESSAGE}"] == PAGE


def test_another_partys_message_is_answered_as_one_that_there_is_not(
    ada: Browsing, ben: Browsing, stranger: Browsing
) -> None:
    for who, whose in ((ben, ALPHAS_MESSAGE), (ada, BRAVOS_MESSAGE), (stranger, ALPHAS_MESSAGE)):
        for ending in ("", "/body"):
            missing = who.get(f"/messages/{UNKNOWN_MESSAGE}{ending}")
            refused = who.get(f"/messages/{whose}{ending}")
            assert missing.status_code == refused.status_code == 404
            assert masked(refused.content, whose) == masked(missing.content, UNKNOWN_MESSAGE)


def masked(page: bytes, message_id: object) -> bytes:
    """Return a page without what it repeats of its address, and what differs each time."""
    lines = page.replace(str(message_id).encode(), b"ID").splitlines()
    return b"\n".join(line for line in lines if b"csrfmiddlewaretoken" not in line)


def test_what_cannot_be_read_any_more_is_shown_as_it_is(ben: Browsing) -> None:
    page = ben.open(f"/messages/{BRAVOS_MESSAGE}")

    assert page.status == 200
    assert "The readers of today cannot read it" in page.text
    assert page.elements("pre")[0].text_content() == "<x/>"


def test_dccs_staff_see_every_message(olga: Browsing) -> None:
    assert olga.get(PAGE).status_code == 200
    assert olga.get(f"/messages/{BRAVOS_MESSAGE}").status_code == 200


def test_an_id_in_another_form_leads_to_its_address(ada: Browsing) -> None:
    moved = ada.get(f"/messages/{str(ALPHAS_MESSAGE).upper()}")
    assert (moved.status_code, moved.headers["Location"]) == (301, PAGE)
    for odd in ("x", "0" * 500, "{}"):
        assert ada.get(f"/messages/{odd}").status_code == 404

"""A message: what it says, for whom it may be seen by, and for nobody else."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest

from firmtrack.domain.identifiers import Eui64, ResponseId
from firmtrack.duis import documents as d
from firmtrack.duis.writer import write
from firmtrack.intake.withdrawing import withdraw
from firmtrack.store.database import pool
from firmtrack.store.embedded import EmbeddedPostgres
from tests.api.calling import Answer, Caller
from tests.api.world import (
    ALPHA_ID,
    BRAVO_ID,
    DCC_ID,
    HUB,
    METERS,
    MORNING,
    REQUEST_ID,
    VERSION,
    Cast,
    accepted_but_for,
    make_cast,
    stage_report,
    update_firmware,
)
from tests.databases import fresh_database, used

UNKNOWN = "00000000-0000-0000-0000-00000000002a"


@dataclass(frozen=True, slots=True)
class Told:
    """The cast, and the IDs of the messages that were taken in, by what they are."""

    cast: Cast
    sent: dict[str, str]


def delivered_to(user: Eui64, counter: int, meter: Eui64 = METERS[0]) -> bytes:
    """Return DCC's alert, to any User, that Alpha's image reached a hub."""
    return write(
        d.DccAlert(
            response_id=ResponseId(DCC_ID, user, counter),
            responded_at=MORNING,
            alert_code="N60",
            body=d.CspFirmwareDeliveryStatus(
                update_firmware_request_id=REQUEST_ID,
                comms_hub_device_id=HUB,
                target_device_id=meter,
                firmware_version=VERSION,
                time_stamp=MORNING,
                comms_hub_transfer_status=d.CommsHubTransferStatus.SUCCESS,
            ),
        )
    )


@pytest.fixture(scope="module")
def told(postgres: EmbeddedPostgres) -> Iterator[Told]:
    """Alpha's request, its answer, alerts about it to Alpha and to Bravo, and stage reports."""
    with fresh_database(postgres) as conninfo, used(conninfo):
        cast, api = make_cast(), Caller()
        bodies = {
            "request": update_firmware(),
            "answer": accepted_but_for(METERS[4]),
            "alert": delivered_to(ALPHA_ID, 71),
            "alert to Bravo": delivered_to(BRAVO_ID, 72, METERS[1]),
            "report": stage_report("of all"),
            "report of some": stage_report("of some", device_ids=[str(METERS[2])], reason="E1"),
        }
        sent = {}
        for name, body in bodies.items():
            media_type = "application/json" if name.startswith("report") else "application/xml"
            token = cast.dcc.intake
            taken = api.post("/messages", token, body, media_type)
            assert taken.json["outcome"] == "recorded", taken.json
            sent[name] = taken.json["message_id"]
        yield Told(cast, sent)


def find(api: Caller, told: Told, name: str, token: str | None = None) -> Answer:
    return api.get(f"/messages/{told.sent[name]}", token or told.cast.alpha.read)


SEEN_BY_ALPHA = ["request", "answer", "alert", "report", "report of some"]


@pytest.mark.parametrize("name", SEEN_BY_ALPHA)
def test_alpha_and_dcc_see_what_is_alphas_and_nobody_else_does(
    api: Caller, told: Told, name: str
) -> None:
    assert find(api, told, name).status == 200
    assert find(api, told, name, told.cast.dcc.read).json == find(api, told, name).json
    for other in (told.cast.bravo, told.cast.stranger):
        assert find(api, told, name, other.read) == api.get(f"/messages/{UNKNOWN}", other.read)
        body = f"/messages/{told.sent[name]}/body"
        assert api.get(body, other.read) == api.get(f"/messages/{UNKNOWN}/body", other.read)


def test_what_was_sent_to_bravo_about_alphas_request_is_bravos_alone(
    api: Caller, told: Told
) -> None:
    name = "alert to Bravo"
    nothing = api.get(f"/messages/{UNKNOWN}", told.cast.alpha.read)
    assert nothing.status == 404
    assert find(api, told, name) == nothing
    found = find(api, told, name, told.cast.bravo.read)
    assert found.json["response_id"] == f"{DCC_ID}:{BRAVO_ID}:72"
    assert find(api, told, name, told.cast.dcc.read).status == 200


def test_an_alert_is_told_with_its_ids_its_code_and_its_times(api: Caller, told: Told) -> None:
    found = find(api, told, "alert").json

    assert found["kind"] == "csp_firmware_delivery_status"
    assert found["response_id"] == f"{DCC_ID}:{ALPHA_ID}:71"
    assert found["code"] == {
        "code": "N60",
        "text": "The image reached the Communications Hub. Likely: industry usage.",
        "sureness": "likely",
    }
    assert (found["user_id"], found["sent_by_user"]) == (str(ALPHA_ID), False)
    assert found["occurred_at"] == found["device_time"] == "2026-03-01T09:00:00Z"
    assert found["service_request_ids"] == [str(REQUEST_ID)]
    assert found["device_ids"] == [str(METERS[0])]
    assert found["statuses"] == [{"status": "delivered_to_comms_hub", "reason": None, "devices": 1}]
    assert found["comms_hub_id"] == str(HUB)
    assert found["text_is_whole"]
    assert f"<sr:ResponseID>{DCC_ID}:{ALPHA_ID}:71</sr:ResponseID>" in found["text"]


def test_a_request_is_shown_without_its_image_and_with_what_was_read_of_it(
    api: Caller, told: Told
) -> None:
    found = find(api, told, "request").json

    assert found["request_id"] == str(REQUEST_ID)
    assert found["response_id"] is None
    assert found["sent_by_user"]
    assert found["device_count"] == len(METERS)
    assert found["image"]["size_bytes"] == len(b"not a firmware image, and told so")
    assert found["image"]["problem"]
    assert "<sr:FirmwareImage/>" in found["text"]
    body = api.get(f"/messages/{told.sent['request']}/body", told.cast.alpha.read)
    assert (body.status, body.media_type) == (200, "application/xml")
    assert b"<sr:FirmwareImage></sr:FirmwareImage>" in body.body


def test_a_stage_report_is_told_by_its_own_fields(api: Caller, told: Told) -> None:
    of_all = find(api, told, "report").json
    assert of_all["user_id"] is None
    assert of_all["stage_report"] == {"source": "/dsp", "id": "of all"}
    assert of_all["statuses"] == [{"status": "sent_to_csp", "reason": None, "devices": 0}]
    assert '"specversion": "1.0"' in of_all["text"]
    of_some = find(api, told, "report of some").json
    assert of_some["device_ids"] == [str(METERS[2])]
    assert of_some["statuses"] == [{"status": "sent_to_csp", "reason": "E1", "devices": 1}]
    body = api.get(f"/messages/{told.sent['report']}/body", told.cast.alpha.read)
    assert body.media_type == "application/json"


def test_the_answer_of_a_device_has_dccs_response_ids(api: Caller, told: Told) -> None:
    (found,) = api.get(f"/devices/{METERS[0]}", told.cast.alpha.read).json["distributions"]
    sources = {each["source"]["message_id"]: each["source"] for each in found["events"]}

    assert sources[told.sent["alert"]]["response_id"] == f"{DCC_ID}:{ALPHA_ID}:71"
    assert sources[told.sent["answer"]]["response_id"].startswith(f"{DCC_ID}:{ALPHA_ID}:")
    assert sources[told.sent["request"]]["response_id"] is None
    assert sources[told.sent["report"]]["response_id"] is None
    events = api.get(
        f"/devices/{METERS[0]}/events", told.cast.alpha.read, service_request_id=str(REQUEST_ID)
    )
    assert events.json["items"] == found["events"]


def test_of_a_word_to_another_party_no_response_id_is_told(api: Caller, told: Told) -> None:
    (found,) = api.get(f"/devices/{METERS[1]}", told.cast.alpha.read).json["distributions"]
    word = found["events"][0]["source"]

    assert word["is_another_partys"]
    assert (word["message_id"], word["response_id"]) == (None, None)


@pytest.mark.parametrize("malformed", ["x", "0", "{}", "a" * 300])
def test_what_is_no_message_id_is_refused(api: Caller, told: Told, malformed: str) -> None:
    refused = api.get(f"/messages/{malformed}", told.cast.alpha.read)

    assert (refused.status, refused.json["code"]) == (400, "malformed_parameter")


def test_every_look_up_of_a_message_is_recorded_once(api: Caller, told: Told) -> None:
    alpha = told.cast.alpha.read
    api.get(f"/messages/{told.sent['alert']}", alpha)
    api.get(f"/messages/{told.sent['alert to Bravo']}", alpha)
    api.get(f"/messages/{told.sent['alert']}/body", alpha)
    with pool().connection() as connection:
        newest = connection.execute(
            "SELECT kind, term, row_count FROM lookup_audit ORDER BY lookup_id DESC LIMIT 3"
        ).fetchall()

    assert newest[::-1] == [
        ("message", told.sent["alert"], 1),
        ("message", told.sent["alert to Bravo"], 0),
        ("message_body", told.sent["alert"], 1),
    ]


def test_a_message_that_was_taken_back_says_so_and_to_dcc_alone_why(
    api: Caller, cast: Cast
) -> None:
    taken = api.post("/messages", cast.dcc.intake, update_firmware(), "application/xml")
    message_id = taken.json["message_id"]
    withdraw([UUID(message_id)], "Bravo made it up")

    found = api.get(f"/messages/{message_id}", cast.alpha.read)

    assert found.json["withdrawn_at"] is not None
    assert b"made it up" not in found.body

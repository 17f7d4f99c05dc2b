"""What befell an update, sent in as DUIS and answered by API: the words of each, and to whom."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from firmtrack.domain.identifiers import RequestId, ResponseId
from firmtrack.domain.stages import Variant
from firmtrack.duis import documents as d
from firmtrack.duis.writer import write
from firmtrack.presentation.times import utc_text
from firmtrack.store.database import pool
from tests.api.calling import Caller
from tests.api.world import Cast
from tests.store import test_past as past
from tests.unit.duis import samples
from tests.unit.duis.samples import ALPHA, HUB, METER, NOW, PPMID, REQUEST_ID
from tests.unit.gbcs import encoders as enc

DEVICE = f"/devices/{METER}"
REQUEST = f"/service-requests/{REQUEST_ID}"

ASKED = samples.update_firmware()
ACCEPTED = samples.update_firmware_response()
DELIVERED = samples.dcc_alert("N60", samples.csp_status())
TRANSFERRED = samples.dcc_alert("N62", samples.hub_alert())


def at(document: Any, hours: float) -> Any:
    """Return a response or alert as DCC sent it some hours after its first answer."""
    return replace(document, responded_at=NOW + timedelta(hours=hours))


def delivered(hours: float) -> d.DccAlert:
    body = replace(samples.csp_status(), time_stamp=NOW + timedelta(hours=hours))
    return replace(DELIVERED, responded_at=NOW + timedelta(hours=hours), body=body)


def tell(api: Caller, cast: Cast, *documents: d.Document) -> None:
    for document in documents:
        headers = {"ce-time": utc_text(NOW)} if document is ASKED else {}
        sent = api.post("/messages", cast.dcc.intake, write(document), "application/xml", **headers)
        assert sent.status == 200, sent.body
        assert sent.json["outcome"] in {"recorded", "duplicate"}


def distribution(api: Caller, cast: Cast, path: str = DEVICE, **query: str) -> Any:
    """Return Alpha's only distribution of a device, without the year in what it is told."""
    (only,) = api.get(path, cast.alpha.read, **query).json["distributions"]
    only["diagnosis"]["sentence"] = only["diagnosis"]["sentence"].replace(" 2026,", ",")
    return only


@pytest.mark.parametrize(
    ("name", "before", "kind", "sentence", "advice"),
    [
        (
            "quarantined",
            (),
            "request_quarantined",
            (
                "DCC said on 4 March, 10:06 GMT that it holds the request in quarantine "
                "(ADUserThresholdBreach)."
            ),
            "confirm it, or cancel it",
        ),
        (
            "request failed",
            (ACCEPTED,),
            "command_failed",
            "DCC said on 4 March, 10:06 GMT that the request failed for this device (N13).",
            "Ask DCC’s Service Centre, with the code,",
        ),
        (
            "alert not carried",
            (ACCEPTED,),
            "message_not_carried",
            "On 4 March, 10:06 GMT DCC had word that the User’s version of DUIS cannot carry (N60)",
            "move to a later version of DUIS",
        ),
        (
            "alert about a device not carried",
            (ACCEPTED,),
            "message_not_carried",
            "On 4 March, 10:06 GMT DCC had word that the User’s version of DUIS cannot carry (N63)",
            "move to a later version of DUIS",
        ),
        (
            "response not carried",
            (),
            "message_not_carried",
            "On 4 March, 10:06 GMT DCC had word that the User’s version of DUIS cannot carry",
            "move to a later version of DUIS",
        ),
        (
            "removed",
            (ACCEPTED, delivered(2)),
            "device_removed",
            "DCC removed the device from its inventory, as it said on 4 March, 10:06 GMT.",
            "have it added and commissioned again",
        ),
        (
            "meter decommissioned",
            (ACCEPTED, delivered(2)),
            "meter_decommissioned",
            "The meter was decommissioned or withdrawn, as DCC said on 4 March, 10:06 GMT.",
            "If the meter is still in use",
        ),
        (
            "hub decommissioned",
            (ACCEPTED, delivered(2)),
            "comms_hub_decommissioned",
            (
                "The Communications Hub that the image is at was decommissioned, as DCC said on "
                "4 March, 10:06 GMT. It is not likely to hand the image over any more."
            ),
            "Read the inventory (8.2) for the hub",
        ),
        (
            "hub exchanged",
            (ACCEPTED, delivered(2)),
            "comms_hub_exchanged",
            (
                "The Communications Hub that the image is at seems to have been exchanged for "
                "00-DB-12-34-56-78-90-B2, as DCC said on 4 March, 10:06 GMT."
            ),
            "Read the inventory (8.2) for the hub",
        ),
        (
            "firmware changed",
            (ACCEPTED, at(TRANSFERRED, 2)),
            "firmware_changed",
            "The device said on 4 March, 10:06 GMT that the firmware that it runs has changed",
            "Read the firmware version (11.2)",
        ),
        (
            "verification at power-on failed",
            (ACCEPTED, at(TRANSFERRED, 2)),
            "power_on_verification_failed",
            "The device said on 4 March, 10:06 GMT that the verification of its firmware failed",
            "ask the manufacturer",
        ),
        (
            "metrology verification failed",
            (ACCEPTED, at(TRANSFERRED, 2)),
            "metrology_verification_failed",
            "The device said on 4 March, 10:06 GMT that the verification of its metrology firmware",
            "ask the manufacturer",
        ),
    ],
)
def test_what_befell_an_update_leads_its_answer_until_it_goes_on(
    api: Caller,
    cast: Cast,
    name: str,
    before: tuple[d.Document, ...],
    kind: str,
    sentence: str,
    advice: str,
) -> None:
    tell(api, cast, ASKED, *before, at(samples.INCIDENTS[name], 5))

    found = distribution(api, cast)

    (incident,) = found["incidents"]
    assert incident["kind"] == kind
    assert incident["occurred_at"] == "2026-03-04T10:06:07Z"
    assert incident["source"]["message_id"] == found["diagnosis"]["evidence"][1]["message_id"]
    assert sentence in found["diagnosis"]["sentence"]
    assert found["diagnosis"]["sentence"].index(sentence) == 0
    assert advice in found["diagnosis"]["advice"]
    assert found["diagnosis"]["next_actor"] == "supplier"
    assert "othing" not in found["diagnosis"]["advice"]
    assert found["completion_status"] == "in_progress"
    for token in (cast.bravo.read, cast.stranger.read):
        assert api.get(DEVICE, token).status == 404
        assert api.get(REQUEST, token).status == 404

    tell(api, cast, at(TRANSFERRED, 9))

    later = distribution(api, cast)
    assert later["incidents"] == [incident]
    assert sentence not in later["diagnosis"]["sentence"]


def test_a_ppmid_that_was_removed_leads_its_answer(api: Caller, cast: Cast) -> None:
    asked = samples.update_firmware(device_ids=(PPMID,), variant=Variant.UPDATE_PPMID_FIRMWARE)
    accepted = samples.update_firmware_response(variant=Variant.UPDATE_PPMID_FIRMWARE)
    tell(api, cast, asked, accepted, at(samples.INCIDENTS["PPMID removed"], 5))
    found = distribution(api, cast, f"/devices/{PPMID}")
    assert found["diagnosis"]["sentence"].startswith("The PPMID was removed from its hub")
    (incident,) = found["incidents"]
    assert incident["comms_hub_id"] == str(HUB)


def test_a_quarantined_request_says_so_itself(api: Caller, cast: Cast) -> None:
    tell(api, cast, ASKED, at(samples.INCIDENTS["quarantined"], 5))
    for token in (cast.alpha.read, cast.dcc.read):
        (incident,) = api.get(REQUEST, token).json["incidents"]
        assert incident["kind"] == "request_quarantined"
        assert incident["service_request_id"] == str(REQUEST_ID)
        assert incident["reason"] == "ADUserThresholdBreach"


def test_the_order_and_the_number_of_messages_change_nothing(api: Caller, cast: Cast) -> None:
    story = (ASKED, ACCEPTED, delivered(2), at(samples.INCIDENTS["hub exchanged"], 5))
    seen = set()
    for order in permutations(story):
        past.empty()
        tell(api, cast, *order, *order)
        found = distribution(api, cast)
        seen.add((str(found["incidents"]), found["diagnosis"]["sentence"].split(" The image")[0]))
    assert len(seen) == 1


def test_as_of_a_moment_before_it_came_it_is_not_known(api: Caller, cast: Cast) -> None:
    tell(api, cast, ASKED, ACCEPTED)
    with pool().connection() as connection:
        row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    tell(api, cast, at(samples.INCIDENTS["removed"], 5))
    past = distribution(api, cast, as_of=utc_text(row[0]))
    assert past["incidents"] == []
    assert past["diagnosis"]["sentence"].startswith("DCC accepted the update")
    assert distribution(api, cast)["incidents"] != []


def test_throttled_repeats_are_one_entry_with_their_count(api: Caller, cast: Cast) -> None:
    alert = samples.device_alert(samples.receipt(0x8F1B), 0x8F1B)
    tell(
        api,
        cast,
        ASKED,
        ACCEPTED,
        *(
            at(
                replace(
                    alert,
                    response_id=ResponseId(METER, ALPHA, 3000 + count),
                    throttled_alert_sequence_id=9,
                    throttled_alert_count=count,
                ),
                count,
            )
            for count in (1, 2, 3)
        ),
    )
    (incident,) = distribution(api, cast)["incidents"]
    assert (incident["times"], incident["throttled_count"]) == (3, 3)
    assert incident["first_at"] == "2026-03-04T06:06:07Z"
    assert incident["occurred_at"] == "2026-03-04T08:06:07Z"


def test_of_an_event_the_throttled_repeats_stand_beside_it(api: Caller, cast: Cast) -> None:
    throttled = replace(delivered(2), throttled_alert_sequence_id=9, throttled_alert_count=12)
    tell(api, cast, ASKED, ACCEPTED, throttled)
    found = distribution(api, cast)
    (incident,) = found["incidents"]
    assert (incident["kind"], incident["throttled_count"]) == ("alert_throttled", 12)
    assert incident["source"]["message_id"] in {
        each["source"]["message_id"] for each in found["events"]
    }
    assert found["diagnosis"]["sentence"].startswith("The image has been at the Communications Hub")


# An answer never contradicts what its own page shows.


def test_a_device_that_verified_another_image_is_said_to_have(api: Caller, cast: Cast) -> None:
    tell(api, cast, ASKED, ACCEPTED, at(TRANSFERRED, 2), at(samples.device_alert(), 5))
    (event,) = api.get(DEVICE, cast.alpha.read).json["unattributed_events"]
    told = distribution(api, cast)["diagnosis"]
    assert told["sentence"].startswith(
        "On 4 March, 10:06 GMT the device verified another image than this request’s: its hash is "
        + "01" * 32
    )
    assert event["source"]["message_id"] in {each["message_id"] for each in told["evidence"]}
    assert "othing" not in told["advice"]


def test_the_status_makes_the_words_and_the_code_is_evidence(api: Caller, cast: Cast) -> None:
    failed = replace(DELIVERED, body=samples.csp_status(d.CommsHubTransferStatus.FAILURE))
    tell(api, cast, ASKED, ACCEPTED, at(failed, 5))
    found = distribution(api, cast)
    assert found["current_status"] == "comms_hub_delivery_failed"
    assert found["current_status_reason"]["code"] == "N60"
    for text in (
        found["current_status_reason"]["text"],
        found["diagnosis"]["sentence"],
        found["diagnosis"]["advice"],
    ):
        assert "reached the Communications Hub" not in text
        assert "othing" not in text
    csv = api.get(f"{REQUEST}/distributions.csv", cast.alpha.read).body.decode()
    assert "with code N60; that code usually tells of something else" in csv


def test_a_ppmid_that_fails_after_it_succeeded_failed_and_runs_it(api: Caller, cast: Cast) -> None:
    asked = samples.update_firmware(device_ids=(PPMID,), variant=Variant.UPDATE_PPMID_FIRMWARE)
    accepted = samples.update_firmware_response(variant=Variant.UPDATE_PPMID_FIRMWARE)
    done = at(samples.dcc_alert("N57", samples.ppmid_alert()), 5)
    failed = at(
        samples.dcc_alert("N57", samples.ppmid_alert(d.ActivateImageResultCode.ACTIVATION_FAILURE)),
        9,
    )
    tell(api, cast, asked, accepted, failed, done)
    found = api.get(f"/devices/{PPMID}", cast.alpha.read).json
    only = distribution(api, cast, f"/devices/{PPMID}")
    assert only["current_status"] == "activation_failed"
    assert found["inventory"]["firmware_version"] == samples.VERSION
    assert (
        "Before that, on 4 March, 10:06 GMT, the device had said that it activated this version: "
        "as far as any word tells, it runs it." in only["diagnosis"]["sentence"]
    )


# Activations.

_ACTIVATION = RequestId(ALPHA, METER, 1001)


def answered(result: int, version: str, hours: float, counter: int = 1001) -> d.DeviceResponse:
    payload = enc.signed(
        enc.grouped(
            0x0012,
            enc.activation_outcome(result, bytes.fromhex(version)),
            cra=enc.RESPONSE,
            counter=counter,
            date_time=enc.DLMS_TIME,
        )
    )
    return d.DeviceResponse(
        response_id=ResponseId(METER, ALPHA, counter),
        responded_at=NOW + timedelta(hours=hours),
        request_id=RequestId(ALPHA, METER, counter),
        response_code="I0",
        service_reference="11.3",
        service_reference_variant="11.3",
        gbcs_payload=payload,
    )


def activate(image_hash: bytes, counter: int = 1001) -> d.ActivateFirmwareRequest:
    return d.ActivateFirmwareRequest(
        request_id=RequestId(ALPHA, METER, counter), firmware_hash=image_hash
    )


def verified(api: Caller, cast: Cast) -> bytes:
    """Let the meter verify the request's image, and return its hash."""
    tell(api, cast, ASKED, ACCEPTED)
    image_hash = bytes.fromhex(api.get(REQUEST, cast.alpha.read).json["image"]["hash"])
    receipt = samples.RECEIPT_8F72.replace(b"\x01" * 32, image_hash)
    tell(api, cast, at(samples.device_alert(receipt), 5))
    assert distribution(api, cast)["current_status"] == "verified"
    return image_hash


def test_a_device_that_holds_no_image_and_has_the_new_version_runs_it(
    api: Caller, cast: Cast
) -> None:
    image_hash = verified(api, cast)
    failure = samples.dcc_alert(
        "N13", d.CommandFailure(command_request_id=_ACTIVATION, device_id=METER)
    )
    tell(api, cast, activate(image_hash), at(failure, 6))
    (lost,) = distribution(api, cast)["activations"]
    assert (lost["status"], lost["reason"]) == ("failed", "N13")

    tell(api, cast, activate(image_hash, 1002), answered(1, samples.VERSION, 9, 1002))

    found = distribution(api, cast)
    first = found["activations"][0]
    assert (first["status"], first["reason"]) == ("activated", None)
    assert first["firmware_version"] == samples.VERSION
    assert "that is what it runs, and DCC takes it over" in found["diagnosis"]["sentence"]
    assert "Update Firmware" not in found["diagnosis"]["advice"]
    device = api.get(DEVICE, cast.alpha.read).json
    assert device["inventory"]["firmware_version"] == samples.VERSION
    assert device["flags"] == []


def test_a_device_that_holds_no_image_and_has_the_old_version_failed(
    api: Caller, cast: Cast
) -> None:
    image_hash = verified(api, cast)
    tell(api, cast, activate(image_hash), answered(1, "00000001", 6))
    (found,) = distribution(api, cast)["activations"]
    assert (found["status"], found["reason"]) == ("failed", "no_image_held")


def test_a_success_with_the_old_version_is_flagged(api: Caller, cast: Cast) -> None:
    image_hash = verified(api, cast)
    tell(api, cast, activate(image_hash), answered(0, "00000001", 6))
    found = distribution(api, cast)
    device = api.get(DEVICE, cast.alpha.read).json
    assert [flag["code"] for flag in device["flags"]] == ["activated_with_other_version"]
    assert "Yet it answered with version 00000001" in found["diagnosis"]["sentence"]
    assert found["diagnosis"]["next_actor"] == "supplier"

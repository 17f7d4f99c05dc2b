"""What the answers look like as JSON."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from firmtrack.answers.devices import (
    MARK_OCTETS,
    DeviceAnswer,
    DeviceDistribution,
    HistoryEntry,
    OthersStep,
    OthersUpdate,
)
from firmtrack.answers.diagnoses import Diagnosis
from firmtrack.answers.requests import DistributionAnswer, DistributionPage, RequestAnswer
from firmtrack.domain.activation import Activation
from firmtrack.domain.attribution import Evidence
from firmtrack.domain.facts import DeviceFacts, ImageFacts, MessageKind
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.domain.reconciliation import Flag, FlagKind
from firmtrack.domain.remedy import Actor
from firmtrack.domain.scope import NotTrackedReason
from firmtrack.domain.stages import ActivationStatus, CompletionStatus, Party, Status, Variant
from firmtrack.presentation import documents

REQUEST_ID = RequestId.parse("90-B3-D5-1F-30-01-00-00:90-B3-D5-1F-30-00-00-02:1000")
ACTIVATION_ID = RequestId.parse("90-B3-D5-1F-30-01-00-00:00-DB-12-34-56-78-90-A0:7")
METER = Eui64.parse("00-DB-12-34-56-78-90-A0")
HUB = Eui64.parse("00-DB-12-34-56-78-90-0C")
MESSAGE_ID = UUID("0f0e0d0c-0b0a-0908-0706-050403020100")
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NOON_TEXT = "2026-03-01T12:00:00Z"
IMAGE_HASH = bytes(range(32))


def a_distribution(status: Status, reason: str | None = None) -> DistributionAnswer:
    return DistributionAnswer(
        request_id=REQUEST_ID,
        variant=Variant.UPDATE_FIRMWARE,
        device_id=METER,
        firmware_version=FirmwareVersion("0A0B0C0D"),
        image_hash=IMAGE_HASH,
        submitted_at=NOON,
        status=status,
        reason=reason,
        updated_at=NOON.replace(microsecond=250_000),
    )


def an_entry(**changed: Any) -> HistoryEntry:
    values: dict[str, Any] = {
        "status": Status.TRANSFERRED_TO_DEVICE,
        "occurred_at": NOON,
        "recorded_at": NOON,
        "names_device": True,
        "reason": None,
        "device_time": None,
        "comms_hub_id": HUB,
        "firmware_version": None,
        "image_hash": None,
        "source_kind": MessageKind.FIRMWARE_TRANSFER_ALERT,
        "source_code": "N62",
        "message_id": MESSAGE_ID,
        "first_at": NOON,
        "first_recorded_at": NOON,
        "mark": bytes(MARK_OCTETS),
    }
    return HistoryEntry(**values | changed)


def an_activation() -> Activation:
    return Activation(
        request_id=ACTIVATION_ID,
        status=ActivationStatus.FAILED,
        reason="hash_mismatch",
        is_cancelling=False,
        is_answered=True,
        scheduled_for=NOON + timedelta(days=1),
        image_hash=IMAGE_HASH,
        firmware_version=FirmwareVersion("0A0B0C0C"),
        requested_at=NOON,
        updated_at=NOON,
        events=(),
    )


DIAGNOSIS = Diagnosis(
    sentence="The device has had the image since noon.",
    holder=Party.DEVICE,
    since=NOON,
    usual_seconds=None,
    waits=None,
    pace=None,
    next_actor=Actor.NOBODY,
    next_actor_name="Nobody needs to act",
    advice="Nothing for you to do yet.",
    evidence=(),
    resend=None,
)


def a_device(**changed: Any) -> DeviceAnswer:
    values: dict[str, Any] = {
        "device_id": METER,
        "inventory": None,
        "is_inventory_anothers": False,
        "has_inventory": False,
        "not_tracked_reason": None,
        "distributions": (),
        "unattributed": (),
        "other_activations": (),
        "others_updates": (),
        "supplier_changed_at": None,
        "is_supplier_change_anothers": False,
        "flags": (),
    }
    return DeviceAnswer(**values | changed)


def device_json(**changed: Any) -> dict[str, Any]:
    shown: dict[str, Any] = as_json(
        documents.device(a_device(**changed), {REQUEST_ID: DIAGNOSIS}, {})
    )
    return shown


SUMMARY = "None of 3 done, 2 under way, 1 failed."


def a_request(**changed: Any) -> RequestAnswer:
    values: dict[str, Any] = {
        "request_id": REQUEST_ID,
        "variant": Variant.UPDATE_PPMID_FIRMWARE,
        "firmware_version": FirmwareVersion("0A0B0C0D"),
        "image": ImageFacts(size_bytes=1024, manufacturer_image_hash=IMAGE_HASH),
        "submitted_at": NOON,
        "response_code": "W110401",
        "answered_at": NOON,
        "device_count": 3,
        "completion_counts": {CompletionStatus.FAILED: 1, CompletionStatus.IN_PROGRESS: 2},
        "status_counts": {Status.REJECTED: 1, Status.ACCEPTED: 2},
        "failure_counts": {(Status.REJECTED, "not_commissioned"): 1},
    }
    return RequestAnswer(**values | changed)


def as_json(answer: Any) -> Any:
    return json.loads(documents.encode(answer))


def test_a_distribution_under_way_has_the_fields_of_the_contract_in_order() -> None:
    shown = as_json(documents.distribution(a_distribution(Status.DELIVERED_TO_COMMS_HUB)))

    assert list(shown.items()) == [
        ("service_request_id", "90-B3-D5-1F-30-01-00-00:90-B3-D5-1F-30-00-00-02:1000"),
        ("service_reference_variant", "11.1"),
        ("device_id", "00-DB-12-34-56-78-90-A0"),
        ("firmware_version", "0A0B0C0D"),
        ("image_hash", IMAGE_HASH.hex()),
        ("submitted_at", NOON_TEXT),
        ("completion_status", "in_progress"),
        ("current_status", "delivered_to_comms_hub"),
        ("current_status_reason", None),
        ("current_status_updated_at", "2026-03-01T12:00:00.250000Z"),
        ("stage", "delivered_to_comms_hub"),
        ("point_of_failure", None),
    ]


def test_a_failed_distribution_says_why_and_where_and_at_whom() -> None:
    shown = as_json(
        documents.distribution(a_distribution(Status.REJECTED, "other_request_in_progress"))
    )

    assert shown["completion_status"] == "failed"
    assert shown["stage"] == "validated"
    assert shown["point_of_failure"] == {"stage": "validated", "party": "dsp"}
    assert shown["current_status_reason"]["code"] == "other_request_in_progress"
    assert shown["current_status_reason"]["text"]


def test_a_code_that_nobody_knows_is_shown_as_it_came() -> None:
    shown = as_json(documents.distribution(a_distribution(Status.VERIFICATION_FAILED, "8FZZ")))

    assert shown["current_status_reason"]["code"] == "8FZZ"
    assert "8FZZ" in shown["current_status_reason"]["text"]


def test_what_is_not_known_is_null() -> None:
    unknown = DistributionAnswer(
        request_id=REQUEST_ID,
        variant=None,
        device_id=METER,
        firmware_version=None,
        image_hash=None,
        submitted_at=NOON,
        status=Status.VERIFIED,
        reason=None,
        updated_at=NOON,
    )

    shown = as_json(documents.distribution(unknown))

    assert shown["service_reference_variant"] is None
    assert shown["firmware_version"] is None
    assert shown["image_hash"] is None
    assert shown["completion_status"] == "successful"


def test_a_page_holds_its_distributions_and_where_the_next_begins() -> None:
    page = DistributionPage(items=(a_distribution(Status.ACCEPTED),), last_device_id=METER)

    shown = as_json(documents.distribution_list(page, "AbCd"))

    assert [item["device_id"] for item in shown["items"]] == [str(METER)]
    assert shown["next_cursor"] == "AbCd"


def test_a_device_has_the_fields_of_the_contract_in_order() -> None:
    distribution = DeviceDistribution(
        distribution=a_distribution(Status.TRANSFERRED_TO_DEVICE),
        history=(an_entry(),),
        image=None,
        activations=(),
    )

    shown = device_json(distributions=(distribution,))

    assert list(shown) == [
        "device_id",
        "tracked",
        "not_tracked_reason",
        "inventory",
        "distributions",
        "unattributed_events",
        "flags",
        "other_activations",
        "others_updates",
        "incidents",
        "unattributed_events_next_cursor",
    ]
    assert shown["tracked"] is True
    assert shown["flags"] == shown["other_activations"] == shown["others_updates"] == []
    assert shown["incidents"] == shown["distributions"][0]["incidents"] == []
    (shown_distribution,) = shown["distributions"]
    assert list(shown_distribution)[-4:] == [
        "events", "activations", "diagnosis", "events_next_cursor",
    ]  # fmt: skip
    assert shown_distribution["events_next_cursor"] is None
    assert shown_distribution["activations"] == []
    assert list(shown_distribution["diagnosis"]) == [
        "sentence",
        "holder",
        "since",
        "usual_seconds",
        "pace",
        "next_actor",
        "advice",
        "evidence",
        "resend",
        "waits",
    ]


def test_an_activation_has_the_fields_of_the_contract_wherever_it_stands() -> None:
    distribution = DeviceDistribution(
        distribution=a_distribution(Status.VERIFIED),
        history=(),
        image=None,
        activations=(an_activation(),),
    )

    shown = device_json(distributions=(distribution,), other_activations=(an_activation(),))

    (activation,) = shown["distributions"][0]["activations"]
    assert list(activation.items()) == [
        ("service_request_id", "90-B3-D5-1F-30-01-00-00:00-DB-12-34-56-78-90-A0:7"),
        ("status", "failed"),
        ("scheduled_for", "2026-03-02T12:00:00Z"),
        ("reason", "hash_mismatch"),
        ("firmware_version", "0A0B0C0C"),
        ("updated_at", NOON_TEXT),
    ]
    assert shown["other_activations"] == [activation]


def test_a_flag_is_a_code_and_what_to_do() -> None:
    shown = device_json(flags=(Flag(kind=FlagKind.SUSPENDED),))

    (flag,) = shown["flags"]
    assert flag["code"] == "suspended"
    assert "Read Firmware Version (11.2)" in flag["text"]


def test_a_request_whose_image_is_another_version_is_flagged() -> None:
    image = ImageFacts(size_bytes=1, header_version=FirmwareVersion("FFFFFFFF"))

    shown = as_json(documents.service_request(a_request(image=image), SUMMARY))

    assert [flag["code"] for flag in shown["flags"]] == ["header_version_differs"]
    assert as_json(documents.service_request(a_request(), SUMMARY))["flags"] == []


def test_another_partys_update_is_how_far_it_is_and_when() -> None:
    update = OthersUpdate(
        variant=Variant.UPDATE_FIRMWARE,
        firmware_version=FirmwareVersion("0A0B0C0D"),
        submitted_at=NOON,
        status=Status.COMMS_HUB_DELIVERY_FAILED,
        updated_at=NOON,
        steps=(OthersStep(status=Status.COMMS_HUB_DELIVERY_FAILED, occurred_at=NOON),),
    )

    shown = device_json(others_updates=(update,))

    assert shown["others_updates"] == [
        {
            "service_reference_variant": "11.1",
            "firmware_version": "0A0B0C0D",
            "submitted_at": NOON_TEXT,
            "completion_status": "failed",
            "current_status": "comms_hub_delivery_failed",
            "stage": "delivered_to_comms_hub",
            "current_status_updated_at": NOON_TEXT,
            "stages": [{"status": "comms_hub_delivery_failed", "occurred_at": NOON_TEXT}],
        }
    ]


def test_an_event_names_its_hub_and_its_message() -> None:
    entry = an_entry(device_time=NOON.replace(year=2015), reason=None)

    shown = device_json(unattributed=(entry,))

    assert shown["unattributed_events"] == [
        {
            "status": "transferred_to_device",
            "occurred_at": NOON_TEXT,
            "device_time": "2015-03-01T12:00:00Z",
            "reason": None,
            "comms_hub_id": "00-DB-12-34-56-78-90-0C",
            "source": {
                "kind": "firmware_transfer_alert",
                "code": "N62",
                "message_id": str(MESSAGE_ID),
                "is_another_partys": False,
                "response_id": None,
            },
            "attribution": None,
            "times": 1,
            "first_at": NOON_TEXT,
            "last_at": NOON_TEXT,
        }
    ]


def test_an_event_names_what_ties_it_to_its_request_and_not_whose_message_tells_it() -> None:
    entry = an_entry(
        evidence=Evidence.NOTHING_AGAINST,
        is_anothers=True,
        source_kind=None,
        source_code=None,
        message_id=None,
    )

    (shown,) = device_json(unattributed=(entry,))["unattributed_events"]

    assert shown["attribution"] == "nothing_against"
    assert shown["source"] == {
        "kind": None, "code": None, "message_id": None, "is_another_partys": True,
        "response_id": None,
    }  # fmt: skip


def test_an_event_without_a_hub_has_none() -> None:
    shown = device_json(unattributed=(an_entry(comms_hub_id=None),))

    assert shown["unattributed_events"][0]["comms_hub_id"] is None


@pytest.mark.parametrize("reason", list(NotTrackedReason))
def test_a_device_out_of_scope_says_why(reason: NotTrackedReason) -> None:
    shown = device_json(not_tracked_reason=reason)

    assert shown["tracked"] is False
    assert shown["not_tracked_reason"] == reason.value


def test_the_inventory_shows_what_dcc_holds_and_null_for_the_rest() -> None:
    facts = DeviceFacts(
        device_id=METER,
        learnt_at=NOON,
        device_type="ESME",
        manufacturer="00AB",
        model="0001",
        smets_version="SMETS2 V5.1",
        device_status="Commissioned",
        firmware_version=FirmwareVersion("0A0B0C0D"),
        smi_firmware_version=FirmwareVersion("0A0B0C0C"),
        firmware_version_status="Active",
        gbcs_version="4.1",
        csp_region="North",
    )

    shown = device_json(inventory=facts)

    assert shown["inventory"] == {
        "device_type": "ESME",
        "manufacturer": "00AB",
        "model": "0001",
        "smets_version": "SMETS2 V5.1",
        "device_status": "Commissioned",
        "firmware_version": "0A0B0C0D",
        "smi_firmware_version": "0A0B0C0C",
        "firmware_version_status": "Active",
        "gbcs_version": "4.1",
        "csp_region": "North",
        "comms_hub_id": None,
        "responsible_supplier": None,
        "updated_at": NOON_TEXT,
    }


def test_a_request_counts_every_completion_status_and_each_status_that_there_is() -> None:
    shown = as_json(documents.service_request(a_request(), SUMMARY))

    assert shown["device_count"] == 3
    assert shown["completion_status_counts"] == {"in_progress": 2, "failed": 1, "successful": 0}
    assert shown["current_status_counts"] == {"rejected": 1, "accepted": 2}
    assert shown["summary"] == SUMMARY
    assert shown["failures"] == [
        {
            "current_status": "rejected",
            "reason": {
                "code": "not_commissioned",
                "text": "DCC left the device out of the request: not commissioned in the "
                "inventory.",
            },
            "count": 1,
        }
    ]
    assert shown["answer"] == {"code": "W110401", "answered_at": NOON_TEXT}
    assert shown["image"]["hash"] == IMAGE_HASH.hex()
    assert shown["image"]["size_bytes"] == 1024


def test_a_request_known_by_name_alone_has_no_image_and_no_answer() -> None:
    stub = a_request(variant=None, image=None, response_code=None, answered_at=None)

    shown = as_json(documents.service_request(stub, SUMMARY))

    assert shown["service_reference_variant"] is None
    assert shown["image"] is None
    assert shown["answer"] is None


def test_the_command_line_adds_all_distributions_to_a_request() -> None:
    alone = as_json(documents.service_request(a_request(), SUMMARY))

    blocks = documents.service_request_with_distributions(
        a_request(), SUMMARY, [a_distribution(Status.ACCEPTED), a_distribution(Status.VERIFIED)]
    )
    shown = json.loads(b"".join(blocks))

    assert {name: shown[name] for name in alone} == alone
    assert [each["current_status"] for each in shown["distributions"]] == ["accepted", "verified"]
    of_none = documents.service_request_with_distributions(a_request(), SUMMARY, [])
    assert json.loads(b"".join(of_none)) == alone | {"distributions": []}

"""What webhooks carry: each event is exactly what its description says, and says it in words."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from msgspec import convert, json
from msgspec.json import schema

from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import ActivationStatus, Status
from firmtrack.domain.topics import MISMATCH, STALLED, topic_of_activation, topic_of_status
from firmtrack.notices.cloud_events import event_drafts
from firmtrack.notices.event_data import CloudEvent
from firmtrack.notices.grouping import Change, Matter
from firmtrack.notices.webhook_description import ENVELOPE, EVENT_KINDS, WEBHOOK_HEADERS

USER = Eui64.parse("90-B3-D5-1F-30-01-00-00")
REQUEST = RequestId(USER, Eui64.parse("90-B3-D5-1F-30-00-00-02"), 1000)
METERS = tuple(Eui64(0x00DB_1234_0000_0000 + number) for number in range(1, 5))
AT = datetime(2026, 3, 1, 9, 1, tzinfo=UTC)


def told(
    topic: str,
    *,
    devices: tuple[Eui64, ...] | None = METERS[:1],
    reason: str | None = None,
    request: RequestId | None = REQUEST,
    **details: object,
) -> dict[str, object]:
    """Return the data of the one event that tells of a change, read as its description has it."""
    matter = Matter(
        user_id=USER,
        topic=topic,
        reason=reason,
        service_request_id=request,
        firmware_version="0A0B0C0D",
        details=json.encode(details).decode(),
        is_from_alert=False,
        incident_id=UUID(int=1),
    )
    change = Change(
        matter=matter,
        occurred_at=AT,
        device_ids=devices,
        device_count=50_000 if devices is None else len(devices),
    )
    (draft,) = event_drafts([change], AT)
    event = json.decode(draft.body)
    kind = EVENT_KINDS[topic]
    assert event["type"] == kind.event_type
    assert set(event) == set(ENVELOPE.__struct_fields__)
    read = convert(event["data"], kind.data, str_keys=True)
    # Nothing is sent that the description does not name.
    assert json.decode(json.encode(read)) == event["data"]
    data: dict[str, object] = event["data"]
    return data


@pytest.mark.parametrize("status", list(Status))
def test_each_status_of_an_update_is_told_with_a_sentence_and_what_its_reason_means(
    status: Status,
) -> None:
    data = told(topic_of_status(status), reason="N61" if status.is_bad else None)
    assert str(data["sentence"]).startswith(f"The status of device {METERS[0]} changed to “")
    assert str(REQUEST) in str(data["sentence"])
    assert (data["reason_text"] is None) is not status.is_bad
    if status.is_bad:
        assert "N61" in str(data["reason_text"])


@pytest.mark.parametrize("status", list(ActivationStatus))
def test_each_status_of_an_activation_is_told(status: ActivationStatus) -> None:
    data = told(topic_of_activation(status), firmware_version="0000BEEF")
    assert data["firmware_version"] == "0000BEEF"
    assert "activation of firmware version 0000BEEF on device" in str(data["sentence"])


def test_sentences_are_of_one_device_of_many_and_of_all() -> None:
    topic = topic_of_status(Status.DELIVERED_TO_COMMS_HUB)
    end = f"in the update to firmware version 0A0B0C0D by Service Request {REQUEST}."
    became = "changed to “Delivered to Communications Hub”"
    assert told(topic)["sentence"] == f"The status of device {METERS[0]} {became} {end}"
    many = told(topic, devices=METERS)
    assert many["sentence"] == f"The status of 4 devices {became} {end}"
    whole = told(topic, devices=None)
    assert whole["sentence"] == f"The status of all 50,000 devices {became} {end}"
    assert whole["devices"] == "all"


def test_a_correction_says_so_and_anothers_update_does_not_say_whose() -> None:
    data = told(topic_of_status(Status.VERIFIED), request=None, is_correction=True)
    assert data["is_correction"] is True
    assert "was corrected to “Verified by device” in another party’s update" in str(
        data["sentence"]
    )
    assert str(USER) not in str(data["sentence"])


def test_what_stands_still_and_what_disagrees_are_told() -> None:
    stalled = told(STALLED, devices=METERS, current_status="sent_to_csp")
    assert str(stalled["sentence"]).startswith("4 devices stand still at “Sent to CSP” in")
    assert stalled["current_status"] == "sent_to_csp"
    mismatch = told(
        MISMATCH, request=None, firmware_version_device="00000002", firmware_version_smi="00000001"
    )
    assert mismatch["sentence"] == (
        f"Device {METERS[0]} runs firmware version 00000002,"
        " and the Smart Metering Inventory lists 00000001."
    )


def test_every_kind_can_be_described_as_json_schema() -> None:
    for kind in EVENT_KINDS.values():
        described = schema(kind.data)["$defs"][kind.data.__name__]
        assert {"sentence", "link", "reason_text"} <= set(described["properties"])
        assert kind.summary
    assert set(CloudEvent.__struct_fields__) == set(
        schema(ENVELOPE)["$defs"]["CloudEvent"]["properties"]
    )
    assert [each.name for each in WEBHOOK_HEADERS] == [
        "webhook-id", "webhook-timestamp", "webhook-signature"
    ]  # fmt: skip

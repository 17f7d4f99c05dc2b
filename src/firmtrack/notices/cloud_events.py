"""What a notice says as a CloudEvent (CloudEvents 1.0): the form that most channels have."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from msgspec import UNSET, json

from firmtrack.domain.topics import MISMATCH, STALLED
from firmtrack.notices.change_wording import change_link, change_reason_text, change_sentence
from firmtrack.notices.endpoint_queue import Draft
from firmtrack.notices.event_data import (
    ChangedDevice,
    CloudEvent,
    DeviceChange,
    DistributionStalled,
    EndpointSwitchedOff,
    EndpointTest,
    EventData,
    VersionsDisagree,
)
from firmtrack.notices.grouping import Change, Group, grouped

SOURCE = "/firmtrack"

_DATA_OF_TOPIC: dict[str, type[DeviceChange]] = {
    STALLED: DistributionStalled,
    MISMATCH: VersionsDisagree,
}


def event_type(topic: str) -> str:
    """Return the ``type`` of events about a topic."""
    return f"firmtrack.{topic}.v1"


def event_drafts(changes: Iterable[Change], now: datetime) -> list[Draft]:
    """Return the notices that tell of the changes, as few as their order allows, in that order."""
    return [_draft(group, now) for group in grouped(changes)]


def event_about_endpoint(
    topic: str, data: EndpointSwitchedOff | EndpointTest, now: datetime
) -> Draft:
    """Return a notice about an endpoint itself."""
    notice_id = uuid4()
    return Draft(notice_id=notice_id, topic=topic, body=event(notice_id, topic, now, data))


def _draft(group: Group, now: datetime) -> Draft:
    notice_id = uuid4()
    matter = group.matter
    return Draft(
        notice_id=notice_id,
        topic=matter.topic,
        body=event(notice_id, matter.topic, now, _data(group)),
        user_id=matter.user_id,
        reason=matter.reason,
        service_request_id=matter.service_request_id,
        device_ids=None if group.devices is None else tuple(group.devices),
        device_count=group.device_count,
        incident_id=matter.incident_id,
    )


def _data(group: Group) -> DeviceChange:
    matter = group.matter
    details: dict[str, Any] = json.decode(matter.details)
    kind = _DATA_OF_TOPIC.get(matter.topic, DeviceChange)
    more = {
        name: details.get(name, UNSET)
        for name in kind.__struct_fields__
        if name not in _OF_EVERY_CHANGE
    }
    request_id = matter.service_request_id
    return kind(
        user_id=str(matter.user_id),
        service_request_id=None if request_id is None else str(request_id),
        # An activation says itself which version it is of.
        firmware_version=details.get("firmware_version", matter.firmware_version),
        status=matter.topic.partition(".")[2],
        reason=matter.reason,
        updated_at=_in_utc(group.occurred_at),
        device_count=group.device_count,
        devices="all"
        if group.devices is None
        else [
            ChangedDevice(device_id=str(device_id), updated_at=_in_utc(at))
            for device_id, at in group.devices.items()
        ],
        incident_id=matter.incident_id,
        reason_text=change_reason_text(matter),
        sentence=change_sentence(group, details),
        link=change_link(group),
        **more,
    )


_OF_EVERY_CHANGE = frozenset(DeviceChange.__struct_fields__) - {"is_correction"}


def event(notice_id: UUID, topic: str, created_at: datetime, data: EventData) -> bytes:
    """Return a CloudEvent about ``topic`` in structured JSON, whose ``id`` is the notice's."""
    return json.encode(
        CloudEvent(
            id=notice_id,
            source=SOURCE,
            type=event_type(topic),
            time=created_at.astimezone(UTC),
            data=data,
        )
    )


def _in_utc(at: datetime | None) -> datetime | None:
    return None if at is None else at.astimezone(UTC)

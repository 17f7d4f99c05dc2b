"""What a notice says as a CloudEvent (CloudEvents 1.0): the form that most channels have."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from msgspec import json

from firmtrack.notices.endpoint_queue import Draft
from firmtrack.notices.grouping import Change, Group, grouped

SOURCE = "/firmtrack"


def event_drafts(changes: Iterable[Change], now: datetime) -> list[Draft]:
    """Return the notices that tell of the changes, as few as their order allows, in that order."""
    return [_draft(group, now) for group in grouped(changes)]


def event_about_endpoint(topic: str, data: Mapping[str, object], now: datetime) -> Draft:
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


def _data(group: Group) -> Mapping[str, object]:
    matter = group.matter
    request_id = None if matter.service_request_id is None else str(matter.service_request_id)
    return {
        "user_id": str(matter.user_id),
        "service_request_id": request_id,
        "firmware_version": matter.firmware_version,
        "status": matter.topic.partition(".")[2],
        "reason": matter.reason,
        "updated_at": _time(group.occurred_at),
        "device_count": group.device_count,
        "devices": "all"
        if group.devices is None
        else [
            {"device_id": str(device_id), "updated_at": _time(at)}
            for device_id, at in group.devices.items()
        ],
        "incident_id": None if matter.incident_id is None else str(matter.incident_id),
        **json.decode(matter.details),
    }


def event(notice_id: UUID, topic: str, created_at: datetime, data: Mapping[str, Any]) -> bytes:
    """Return a CloudEvent about ``topic`` in structured JSON, whose ``id`` is the notice's."""
    return json.encode(
        {
            "specversion": "1.0",
            "id": str(notice_id),
            "source": SOURCE,
            "type": f"firmtrack.{topic}.v1",
            "time": _time(created_at),
            "datacontenttype": "application/json",
            "data": data,
        }
    )


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")

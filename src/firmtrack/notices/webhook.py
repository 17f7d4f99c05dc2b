"""The webhook: what its body says (CloudEvents 1.0), how it is signed (Standard Webhooks 1.0)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from msgspec import json
from standardwebhooks.webhooks import Webhook

from firmtrack.notices.grouping import Group

CONTENT_TYPE = "application/cloudevents+json"
SOURCE = "/firmtrack"


def body_of(notice_id: UUID, group: Group, created_at: datetime) -> bytes:
    """Return the call's body: a CloudEvent in JSON whose ``id`` is the notice's."""
    matter = group.matter
    request_id = None if matter.service_request_id is None else str(matter.service_request_id)
    return event(
        notice_id,
        matter.topic,
        created_at,
        {
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
            **json.decode(matter.details),
        },
    )


def event(notice_id: UUID, topic: str, created_at: datetime, data: Mapping[str, Any]) -> bytes:
    """Return a CloudEvent about ``topic`` in structured JSON."""
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


def headers_of(
    notice_id: str, body: bytes, secrets: Sequence[str], now: datetime
) -> dict[str, str]:
    """Return the headers of a call made ``now``, signed with each of ``secrets``."""
    text = body.decode()
    signatures = (Webhook(secret).sign(notice_id, now, text) for secret in secrets)
    return {
        "Content-Type": CONTENT_TYPE,
        "User-Agent": "Firmtrack",
        "webhook-id": notice_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")

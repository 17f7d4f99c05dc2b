"""An endpoint's queue: notices as they are drafted for it, wait, and are sent in their order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.notices import statement
from firmtrack.store.numbers import to_bigint

_NO_LONGER_NEWEST = """
UPDATE notice SET is_newest = false
WHERE endpoint_id = %s AND incident_id = ANY (%s::uuid[]) AND incident_id IS NOT NULL AND is_newest
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A notice as it will be stored."""

    notice_id: UUID
    topic: str
    body: bytes
    user_id: Eui64 | None = None
    reason: str | None = None
    service_request_id: RequestId | None = None
    device_ids: Sequence[Eui64] | None = None
    device_count: int = 0
    incident_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingNotice:
    """A notice that waits to be sent: ``notice_id`` is the same at every try."""

    notice_id: UUID
    body: bytes
    incident_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointQueue:
    """A queue and its endpoint: ``secrets`` are those to sign with, the newest first, sealed.

    ``party_id`` is None of a person's own. ``failures`` counts those since the last success.
    """

    endpoint_id: int
    party_id: int | None
    channel: str
    address: str
    secrets: Sequence[bytes]
    failures: int


def enqueue(
    connection: Connection[TupleRow], endpoint_id: int, drafts: Iterable[Draft], now: datetime
) -> None:
    """Have the drafts sent to the endpoint, in their order, after what waits already."""
    waiting = list(drafts)
    newest = {
        draft.incident_id: draft.notice_id for draft in waiting if draft.incident_id is not None
    }
    with connection.cursor() as cursor:
        if newest:
            cursor.execute(_NO_LONGER_NEWEST, (endpoint_id, list(newest)))
        cursor.executemany(
            statement("insert_notice"),
            [
                {
                    "notice_id": draft.notice_id,
                    "endpoint_id": endpoint_id,
                    "user_id": None if draft.user_id is None else to_bigint(draft.user_id),
                    "topic": draft.topic,
                    "reason": draft.reason,
                    "service_request_id": None
                    if draft.service_request_id is None
                    else str(draft.service_request_id),
                    "device_ids": None
                    if draft.device_ids is None
                    else list(map(to_bigint, draft.device_ids)),
                    "device_count": draft.device_count,
                    "incident_id": draft.incident_id,
                    "is_newest": draft.incident_id is None
                    or newest[draft.incident_id] == draft.notice_id,
                    "body": draft.body,
                    "now": now,
                }
                for draft in waiting
            ],
        )

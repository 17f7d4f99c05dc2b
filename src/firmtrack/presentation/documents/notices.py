"""Notices and endpoints, as the API says them."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from firmtrack.answers import notices as notice_answers
from firmtrack.presentation.documents.fields import Count, EuiText, RequestIdText


class Endpoint(Struct, frozen=True):
    """Where your party is told of changes, and how that fares.

    failures counts those since the last success; waiting and dead are counts of notices. It is
    told nothing while disabled_at is set.
    """

    endpoint_id: int
    party: str
    channel: str
    address: str
    topics: list[str]
    created_at: datetime
    disabled_at: datetime | None
    disabled_reason: str | None
    failures: Count
    waiting: Count
    dead: Count
    last_delivered_at: datetime | None


class EndpointList(Struct, frozen=True):
    """All endpoints, in the order in which they were made."""

    items: list[Endpoint]


class NoticeTry(Struct, frozen=True):
    """One try to send a notice: the receiver's status code, or else the problem."""

    started_at: datetime
    milliseconds: Count
    status_code: int | None
    problem: str | None


class Notice(Struct, frozen=True):
    """What was, or is to be, sent to whom about what, and every try.

    state is waiting, delivered or dead: given up. device_ids are the first of device_count; null
    is the whole request or, by email, an incident of more devices than a few. incident_id is the
    incident that it names: what makes many updates fail, or stand still; null is that it is of
    none.
    """

    notice_id: UUID
    endpoint_id: int
    party: str
    channel: str
    address: str
    topic: str
    reason_code: str | None
    service_request_id: RequestIdText | None
    device_ids: list[EuiText] | None
    device_count: Count
    created_at: datetime
    state: str
    settled_at: datetime | None
    incident_id: UUID | None
    tries: list[NoticeTry]


class NoticeList(Struct, frozen=True):
    """Notices, newest first; follow next_cursor until it is null.

    kept_from is from when on all are kept, null if none ever went.
    """

    items: list[Notice]
    next_cursor: str | None
    kept_from: datetime | None


def endpoint_list(found: list[notice_answers.EndpointAnswer]) -> EndpointList:
    """Return the endpoints in their order."""
    return EndpointList(
        items=[
            Endpoint(
                endpoint_id=each.endpoint_id,
                party=each.party,
                channel=each.channel,
                address=each.address,
                topics=list(each.topics),
                created_at=each.created_at,
                disabled_at=each.disabled_at,
                disabled_reason=each.disabled_reason,
                failures=each.failures,
                waiting=each.waiting,
                dead=each.dead,
                last_delivered_at=each.last_delivered_at,
            )
            for each in found
        ]
    )


def notice_list(
    page: notice_answers.NoticePage, next_cursor: str | None, kept_from: datetime | None
) -> NoticeList:
    """Return a page of notices."""
    items = list(map(_notice, page.items))
    return NoticeList(items=items, next_cursor=next_cursor, kept_from=kept_from)


def _notice(found: notice_answers.NoticeAnswer) -> Notice:
    return Notice(
        notice_id=found.notice_id,
        endpoint_id=found.endpoint_id,
        party=found.party,
        channel=found.channel,
        address=found.address,
        topic=found.topic,
        reason_code=found.reason,
        service_request_id=found.service_request_id,
        device_ids=None if found.device_ids is None else list(map(str, found.device_ids)),
        device_count=found.device_count,
        created_at=found.created_at,
        state=found.state,
        settled_at=found.settled_at,
        incident_id=found.incident_id,
        tries=[
            NoticeTry(
                started_at=each.started_at,
                milliseconds=each.milliseconds,
                status_code=each.status_code,
                problem=each.problem,
            )
            for each in found.tries
        ],
    )

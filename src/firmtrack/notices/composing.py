"""Queued changes to notices: for each endpoint of a party what it chose, in as few calls as may be.

The queue is emptied in the transaction that writes the notices. One process at a time does it for a
party, so that a party's notices are in the order of their changes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from msgspec import json
from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.domain.facts import MessageKind
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.notices import duis_alerts, statement, webhook
from firmtrack.notices.channels import Channel
from firmtrack.notices.grouping import Change, Group, Matter, grouped
from firmtrack.store.numbers import KIND_OF_NUMBER, eui_of, request_id_of, to_bigint

GROUPING_DELAY = timedelta(seconds=5)
"""How long a change waits for others that may go out in the same call; no longer."""

_DEVICES_AT_ONCE = 50_000
_COMPOSE_LOCK = 0x46524D4E

_ALERT_KINDS = frozenset(
    {
        MessageKind.CSP_FIRMWARE_DELIVERY_STATUS,
        MessageKind.FIRMWARE_TRANSFER_ALERT,
        MessageKind.FIRMWARE_DISTRIBUTION_FAILURE,
        MessageKind.FIRMWARE_UPGRADE_REQUESTED,
        MessageKind.PPMID_FIRMWARE_UPGRADE_ALERT,
        MessageKind.FIRMWARE_VERSION_MISMATCH,
        MessageKind.COMMAND_FAILURE,
    }
)


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


def compose_ripe(
    connection: Connection[TupleRow], *, grouping_delay: timedelta = GROUPING_DELAY
) -> int:
    """Compose what has waited for ``grouping_delay``; return how many notices that made."""
    ripe = connection.execute(statement("find_ripe"), {"grouping": grouping_delay}).fetchall()
    return sum(_compose(connection, party_id, user_ids) for party_id, user_ids in ripe)


def enqueue(
    connection: Connection[TupleRow], endpoint_id: int, drafts: Iterable[Draft], now: datetime
) -> None:
    """Have the drafts sent to the endpoint, in their order, after what waits already."""
    with connection.cursor() as cursor:
        cursor.executemany(
            statement("insert"),
            [
                (
                    draft.notice_id,
                    endpoint_id,
                    None if draft.user_id is None else to_bigint(draft.user_id),
                    draft.topic,
                    draft.reason,
                    None if draft.service_request_id is None else str(draft.service_request_id),
                    None if draft.device_ids is None else list(map(to_bigint, draft.device_ids)),
                    draft.device_count,
                    draft.body,
                    now,
                    now,
                )
                for draft in drafts
            ],
        )


def notice_about_endpoint(topic: str, data: Mapping[str, object], now: datetime) -> Draft:
    """Return a notice about an endpoint itself, in the form of a webhook's."""
    notice_id = uuid4()
    return Draft(notice_id=notice_id, topic=topic, body=webhook.event(notice_id, topic, now, data))


def _compose(connection: Connection[TupleRow], party_id: int, user_ids: Sequence[int]) -> int:
    with connection.transaction():
        locked = connection.execute(
            "SELECT pg_try_advisory_xact_lock(%s, %s::integer)", (_COMPOSE_LOCK, party_id)
        ).fetchone()
        if locked != (True,):
            return 0
        rows = connection.execute(
            statement("take_changes"),
            {"users": list(user_ids), "devices": _DEVICES_AT_ONCE},
        ).fetchall()
        changes = [_change(row) for row in rows]
        endpoints = connection.execute(statement("open_endpoints"), (party_id,)).fetchall()
        now = datetime.now(UTC)
        made = 0
        for endpoint_id, channel, topics in endpoints:
            wanted = [change for change in changes if change.matter.topic in topics]
            drafts = _DRAFTERS[Channel(channel)](connection, wanted, now)
            enqueue(connection, endpoint_id, drafts, now)
            made += len(drafts)
    return made


def _change(row: TupleRow) -> Change:
    (user_id, is_own, topic, reason, occurred_at, device_ids, details, originator, target, counter,
     firmware_version, kind, device_count) = row  # fmt: skip
    devices = None if device_ids is None else tuple(map(eui_of, device_ids))
    request_id = None
    if is_own and counter is not None:
        if target is None:  # an 11.3, whose target is the device
            (target,) = device_ids
        request_id = request_id_of(originator, target, counter)
    return Change(
        matter=Matter(
            user_id=eui_of(user_id),
            topic=topic,
            reason=reason,
            service_request_id=request_id,
            firmware_version=firmware_version,
            details=json.encode(details or {}).decode(),
            is_from_alert=kind is not None and KIND_OF_NUMBER[kind] in _ALERT_KINDS,
        ),
        occurred_at=occurred_at,
        device_ids=devices,
        device_count=device_count,
    )


def _webhook_drafts(
    _: Connection[TupleRow], changes: Sequence[Change], now: datetime
) -> list[Draft]:
    return [_webhook_draft(group, now) for group in grouped(changes)]


def _webhook_draft(group: Group, now: datetime) -> Draft:
    notice_id = uuid4()
    return Draft(
        notice_id=notice_id,
        topic=group.matter.topic,
        body=webhook.body_of(notice_id, group, now),
        user_id=group.matter.user_id,
        reason=group.matter.reason,
        service_request_id=group.matter.service_request_id,
        device_ids=None if group.devices is None else tuple(group.devices),
        device_count=group.device_count,
    )


def _alert_drafts(
    connection: Connection[TupleRow], changes: Sequence[Change], now: datetime
) -> list[Draft]:
    return [
        Draft(
            notice_id=uuid4(),
            topic=alert.change.matter.topic,
            body=alert.octets,
            user_id=alert.change.matter.user_id,
            reason=alert.change.matter.reason,
            service_request_id=alert.change.matter.service_request_id,
            device_ids=(alert.device_id,),
            device_count=1,
        )
        for alert in duis_alerts.alerts_for(connection, changes, now)
    ]


_Drafter = Callable[[Connection[TupleRow], Sequence[Change], datetime], list[Draft]]

_DRAFTERS: Mapping[Channel, _Drafter] = {
    Channel.WEBHOOK: _webhook_drafts,
    Channel.DUIS: _alert_drafts,
    Channel.EMAIL: _webhook_drafts,
}

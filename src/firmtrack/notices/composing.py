"""Queued changes to notices: for each endpoint of a party what it chose, in as few calls as may be.

The queue is emptied in the transaction that writes the notices. One process at a time does it for a
party, so that a party's notices are in the order of their changes. What belongs to an incident is
told by it, and people are told of the incident instead.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID

from msgspec import json
from psycopg import Connection
from psycopg.rows import DictRow, TupleRow, dict_row

from firmtrack.diagnosis import causes as diagnosis
from firmtrack.domain.facts import MessageKind
from firmtrack.notices import statement
from firmtrack.notices.assigning import assigned
from firmtrack.notices.channels import CHANNELS
from firmtrack.notices.endpoint_queue import enqueue
from firmtrack.notices.grouping import Change, Matter
from firmtrack.notices.incident_wording import PhraseOf
from firmtrack.notices.open_endpoints import open_endpoints
from firmtrack.notices.party_incidents import open_incidents
from firmtrack.notices.telling import tell_incidents
from firmtrack.notices.watch_telling import tell_watches
from firmtrack.store.locks import AdvisoryKey, take_if_free
from firmtrack.store.numbers import KIND_OF_NUMBER, eui_of, request_id_of

GROUPING_DELAY = timedelta(seconds=5)
"""How long a change waits for others that may go out in the same call; no longer."""

FOREIGN_DELAY = timedelta(minutes=10)
"""How long a change is left to a newer Firmtrack where a channel of the party's is not known here;
then it is composed for its other endpoints alone."""

_DEVICES_AT_ONCE = 50_000

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


def compose_due(
    connection: Connection[TupleRow],
    *,
    grouping_delay: timedelta = GROUPING_DELAY,
    now: datetime | None = None,
    phrase_of: PhraseOf = diagnosis.phrase_of,
) -> int:
    """Compose what has waited for ``grouping_delay``; return how many notices that made.

    ``now`` is the moment by which incidents are told and end, None for the present.
    """
    moment = datetime.now(UTC) if now is None else now
    asked = {
        "grouping": grouping_delay,
        "foreign": FOREIGN_DELAY,
        "channels": list(CHANNELS),
        "now": moment,
    }
    due = {
        party_id
        for name in ("find_due_parties", "find_due_incidents")
        for (party_id,) in connection.execute(statement(name), asked)
    }
    made = sum(_compose(connection, party_id, moment, phrase_of) for party_id in sorted(due))
    return made + tell_watches(connection, moment, grouping_delay)


def _compose(
    connection: Connection[TupleRow], party_id: int, now: datetime, phrase_of: PhraseOf
) -> int:
    with connection.transaction():
        if not take_if_free(connection, AdvisoryKey.COMPOSING, party_id):
            return 0
        endpoints = open_endpoints(connection, party_id)
        # First what is over: what comes now is no part of it.
        incidents = open_incidents(connection, party_id)
        made = tell_incidents(connection, incidents, endpoints, now, phrase_of)
        # Read under the lock: whoever takes a User ID from the party holds it, too.
        user_ids = [
            user_id
            for (user_id,) in connection.execute(
                "SELECT user_id FROM notice_subscriber WHERE party_id = %s", (party_id,)
            )
        ]
        taken = _take_changes(connection, user_ids)
        incidents = open_incidents(connection, party_id)
        changes = assigned(connection, party_id, taken, incidents, now)
        for endpoint in endpoints:
            wanted = [
                change
                for change in changes
                if change.matter.topic in endpoint.topics
                and not (endpoint.channel.is_digest and change.matter.incident_id is not None)
            ]
            drafts = endpoint.channel.drafts(connection, wanted, now)
            enqueue(connection, endpoint.endpoint_id, drafts, now)
            made += len(drafts)
    return made


def _take_changes(connection: Connection[TupleRow], user_ids: Sequence[int]) -> list[Change]:
    asked = {"users": list(user_ids), "devices": _DEVICES_AT_ONCE}
    with connection.cursor(row_factory=dict_row) as cursor:
        taken = cursor.execute(statement("take_changes"), asked).fetchall()
    taken.sort(key=itemgetter("change_id"))
    requests = _requests_of(connection, taken)
    kinds = _kinds_of(connection, taken)
    return [
        _change(row, requests.get(row["request_key"]), kinds.get(row["message_id"]))
        for row in taken
    ]


class _Request(NamedTuple):
    """A request that a change names; ``device_count`` is counted only where it befell all."""

    originator: int
    target: int
    counter: int
    firmware_version: str | None
    device_count: int


def _requests_of(
    connection: Connection[TupleRow], rows: Sequence[DictRow]
) -> Mapping[int, _Request]:
    named = {row["request_key"] for row in rows if row["request_key"] is not None}
    whole = {row["request_key"] for row in rows if row["device_ids"] is None}
    asked = {"request_keys": list(named), "whole": list(whole & named)}
    return {
        key: _Request(*values)
        for key, *values in connection.execute(statement("changed_requests"), asked)
    }


def _kinds_of(
    connection: Connection[TupleRow], rows: Sequence[DictRow]
) -> Mapping[UUID, MessageKind]:
    named = [row["message_id"] for row in rows if row["message_id"] is not None]
    asked = {"message_ids": named}
    return {
        message_id: KIND_OF_NUMBER[kind]
        for message_id, kind in connection.execute(statement("kinds_of_messages"), asked)
    }


def _change(row: DictRow, request: _Request | None, kind: MessageKind | None) -> Change:
    device_ids = row["device_ids"]
    request_id = None
    if row["is_own"] and request is not None:
        request_id = request_id_of(request.originator, request.target, request.counter)
    elif row["is_own"] and row["counter"] is not None:
        (target,) = device_ids  # an 11.3, whose target is the device
        request_id = request_id_of(row["originator"], target, row["counter"])
    devices_of_request = 0 if request is None else request.device_count
    return Change(
        matter=Matter(
            user_id=eui_of(row["user_id"]),
            topic=row["topic"],
            reason=row["reason"],
            service_request_id=request_id,
            firmware_version=None if request is None else request.firmware_version,
            details=json.encode(row["details"] or {}).decode(),
            is_from_alert=kind in _ALERT_KINDS,
        ),
        occurred_at=row["occurred_at"],
        device_ids=None if device_ids is None else tuple(map(eui_of, device_ids)),
        device_count=devices_of_request if device_ids is None else len(device_ids),
        request_key=row["request_key"],
        is_own=row["is_own"],
    )

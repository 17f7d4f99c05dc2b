"""What who records has to do with retention: what is told of what has gone, and of what is going.

Neither costs anything while nothing has gone: of messages that carry a recent time nobody asks.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import TupleRow

from firmtrack.domain.facts import Message
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.retention import Kept, is_before_retention, service_requests_of
from firmtrack.store.ledger import statement
from firmtrack.store.numbers import eui_of, request_id_of, request_parts, to_bigint

BEFORE_RETENTION = "before_retention"
"""As what kind a message is ignored that tells only of what has gone."""

ALWAYS_KEPT = timedelta(days=28)
"""Facts of the present month and of the one before it are never let go: the shortest two months."""

_KEPT_FROM = "SELECT kept_from FROM retention WHERE kind = 'facts'"


class LeftOut(NamedTuple):
    """Messages that were new, and yet are not to be recorded.

    ``gone`` tell only of what is no longer kept. ``known`` were here before, and have told what the
    inventory holds.
    """

    gone: frozenset[UUID] = frozenset()
    known: frozenset[UUID] = frozenset()


def leave_out_gone(
    cursor: Cursor[TupleRow], messages: Collection[Message], now: datetime | None = None
) -> LeftOut:
    """Return which of the messages, just inserted as new, tell nothing new of what is kept.

    Their rows are taken out again. ``now`` is the present moment, if not the clock's.
    """
    recent = (now or datetime.now(UTC)) - ALWAYS_KEPT
    asked = [each for each in messages if not _is_recent(each, recent)]
    if not asked:
        return LeftOut()
    found = cursor.execute(_KEPT_FROM).fetchone()
    if found is None:
        return LeftOut()
    (kept_from,) = found
    asked = [each for each in asked if not each.is_dated or _is_before(each, kept_from)]
    gone = frozenset(each.message_id for each in _gone(asked, kept_from, _kept(cursor, asked)))
    known = _known(cursor, asked)
    if gone or known:
        cursor.execute(statement("take_out_messages"), {"message_ids": [*gone, *known]})
    return LeftOut(gone, known)


def note_touched(cursor: Cursor[TupleRow], messages: Sequence[Message]) -> None:
    """Leave of what something is recorded, for the prune that is running: it lets none of it go."""
    devices = [(device_id, each) for each in messages for device_id in _devices_of(each)]
    parts = [request_parts(request_id) for request_id in _requests_of(messages)]
    cursor.execute(
        statement("note_touched"),
        {
            "devices": [to_bigint(device_id) for device_id, _ in devices],
            "of_devices": [each.message_id for _, each in devices],
            "times": [each.occurred_at for _, each in devices],
            "message_ids": [each.message_id for each in messages],
            "message_times": [each.occurred_at for each in messages],
            "originators": [part[0] for part in parts],
            "targets": [part[1] for part in parts],
            "counters": [part[2] for part in parts],
            "hubs": [to_bigint(hub) for hub in _hubs_of(messages)],
        },
    )


def _known(cursor: Cursor[TupleRow], messages: Iterable[Message]) -> frozenset[UUID]:
    """Return which of the messages have told what the inventory holds, and went themselves."""
    told = [each for each in messages if each.is_dated and _tells_inventory(each)]
    if not told:
        return frozenset()
    devices = {facts.device_id for each in told for facts in each.devices}
    devices.update(each.supplier_change.device_id for each in told if each.supplier_change)
    verdicts = [request_parts(each.verdict.request_id) for each in told if each.verdict]
    cursor.execute(
        statement("known_statements"),
        {
            "message_ids": [each.message_id for each in told],
            "devices": [to_bigint(device_id) for device_id in devices],
            "originators": [part[0] for part in verdicts],
            "targets": [part[1] for part in verdicts],
            "counters": [part[2] for part in verdicts],
        },
    )
    return frozenset(row[0] for row in cursor)


def _tells_inventory(message: Message) -> bool:
    return bool(message.devices or message.supplier_change or message.verdict)


def _is_recent(message: Message, recent: datetime) -> bool:
    return message.is_dated and message.occurred_at is not None and message.occurred_at >= recent


def _is_before(message: Message, kept_from: datetime) -> bool:
    return message.occurred_at is not None and message.occurred_at < kept_from


def _gone(messages: Iterable[Message], kept_from: datetime, kept: Kept) -> list[Message]:
    """Return those that tell only of what has gone; what others of them make known is kept."""
    gone = []
    # A request comes with the word about it: what is told of it is judged after it.
    for each in sorted(messages, key=lambda each: each.is_dated):
        if is_before_retention(each, kept_from, kept):
            gone.append(each)
        else:
            kept = kept.with_all_of(each)
    return gone


def _kept(cursor: Cursor[TupleRow], messages: Sequence[Message]) -> Kept:
    """Return what is kept of all that the messages name."""
    parts = [request_parts(request_id) for request_id in _requests_of(messages)]
    pairs = [
        (to_bigint(event.device_id), request_parts(event.request_id))
        for message in messages
        for event in message.events
        if event.request_id is not None
    ]
    asked: dict[str, object] = {
        "originators": [part[0] for part in parts],
        "targets": [part[1] for part in parts],
        "counters": [part[2] for part in parts],
        "devices": sorted({to_bigint(each) for one in messages for each in _devices_of(one)}),
        "hubs": [to_bigint(hub) for hub in _hubs_of(messages)],
    }
    requests, thinned, pruned, activations = (
        frozenset[RequestId]().union(
            request_id_of(*row[1:])
            for row in cursor.execute(statement("kept_requests"), asked)
            if row[0] == what
        )
        for what in ("known", "thinned", "pruned", "activation")
    )
    devices = frozenset(eui_of(row[0]) for row in cursor.execute(statement("kept_devices"), asked))
    hubs = frozenset(eui_of(row[0]) for row in cursor.execute(statement("kept_hubs"), asked))
    of_thinned = [(device, part) for device, part in pairs if request_id_of(*part) in thinned]
    updates = cursor.execute(
        statement("kept_updates"),
        {
            "devices": [device for device, _ in of_thinned],
            "originators": [part[0] for _, part in of_thinned],
            "targets": [part[1] for _, part in of_thinned],
            "counters": [part[2] for _, part in of_thinned],
        },
    )
    return Kept(
        requests=requests,
        thinned=thinned,
        pruned=pruned,
        activations=activations,
        devices=devices,
        hubs=hubs,
        updates=frozenset((eui_of(row[0]), request_id_of(*row[1:])) for row in updates),
    )


def _requests_of(messages: Iterable[Message]) -> list[RequestId]:
    return sorted(frozenset[RequestId]().union(*map(service_requests_of, messages)))


def _devices_of(message: Message) -> frozenset[Eui64]:
    named = {event.device_id for event in message.events}
    named.update(each.device_id for each in message.incidents if each.device_id is not None)
    # An incident may be of an activation, whose request's target is its device.
    named.update(each.request_id.target for each in message.incidents if each.request_id)
    if message.activation is not None:
        named.add(message.activation.request_id.target)
    return frozenset(named)


def _hubs_of(messages: Iterable[Message]) -> list[Eui64]:
    hubs = {each.comms_hub_id for message in messages for each in message.incidents}
    return sorted(hub for hub in hubs if hub is not None)

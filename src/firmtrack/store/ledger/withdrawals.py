"""Messages taken back, and their taking back taken back: facts with a time of their own.

Nothing that was recorded is changed. The views of the facts leave out what is withdrawn, and what
is folded from facts is folded anew for all that the messages concern.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import TupleRow, class_row

from firmtrack.domain.facts import Message
from firmtrack.domain.identifiers import RequestId
from firmtrack.store.ledger import (
    changes,
    inventory,
    marks,
    proposals,
    retention,
    staging,
    statement,
)
from firmtrack.store.ledger.requests import hold_requests, keys_of
from firmtrack.store.locks import AdvisoryKey, again_after_deadlock, take
from firmtrack.store.numbers import to_bigint
from firmtrack.store.reading.messages import KeptMessage, kept_messages

Read = Callable[[KeptMessage], Message]
"""Reads a kept message again, under the ID that it has."""

_CORRECTION = {"is_correction": True}


def withdraw(messages: Sequence[Message], because: str, read: Read) -> frozenset[UUID]:
    """Let the messages count no more; return the IDs of those that did until now.

    ``read`` is asked for other messages, too. All that they concern is derived anew in one
    transaction, and who had been notified is notified again.
    """
    return _move("withdraw_messages", messages, because, read)


def restore(messages: Sequence[Message], because: str, read: Read) -> frozenset[UUID]:
    """Let withdrawn messages count again; return the IDs of those that had been withdrawn."""
    return _move("restore_messages", messages, because, read)


@again_after_deadlock
def _move(how: str, messages: Sequence[Message], because: str, read: Read) -> frozenset[UUID]:
    named = frozenset[RequestId]().union(
        *(message.named_requests() | message.befallen_requests() for message in messages)
    )
    with staging.writing() as cursor:
        known, _ = hold_requests(cursor, frozenset(), named)
        keys = keys_of(known)
        take(cursor, AdvisoryKey.ATTRIBUTION)
        take(cursor, AdvisoryKey.INVENTORY)
        # What has gone with its month meanwhile has gone.
        messages = [each for each in messages if each.named_requests() <= keys.keys()]
        if not messages:
            return frozenset()
        moment = inventory.moment(cursor)
        staging.stage_names(cursor, messages, keys)
        staging.stage_events(cursor, messages, keys)
        told = changes.listeners(cursor)
        if told.is_pruning:
            retention.note_touched(cursor, messages)
        is_notified = told.are_notified
        request_keys = list(keys.values())
        before: changes.Activations = {}
        if is_notified:
            cursor.execute(statement("concern_devices"), {"request_keys": request_keys})
            changes.hold_statuses(cursor, request_keys)
            before = changes.hold_activations(cursor, messages)
        cursor.execute(
            statement(how),
            {
                "message_ids": [message.message_id for message in messages],
                "moment": moment,
                "because": because,
            },
        )
        moved = frozenset(row[0] for row in cursor)
        _derive(cursor, messages, request_keys, moment, read)
        _derive_inventory(cursor, messages)
        marks.mark_stale(cursor, named)
        marks.mark_concerned(cursor)
        if is_notified:
            changes.queue_changes(cursor, request_keys, _CORRECTION)
            changes.queue_activations(cursor, messages, before, _CORRECTION)
        if told.are_watching:
            changes.mark_watched(cursor, request_keys)
    return moved


def _derive(
    cursor: Cursor[TupleRow],
    messages: Sequence[Message],
    request_keys: Collection[int],
    moment: datetime,
    read: Read,
) -> None:
    """Make anew what is kept beside the facts, of all that the messages speak of."""
    _stage_counted_names(cursor, messages, request_keys, read)
    derived = {"request_keys": list(request_keys), "moment": moment}
    cursor.execute(statement("concern_devices"), derived)
    for name in (
        "end_distributions", "begin_distributions", "renew_namings", "concern_devices",
        "fold_requests", "fold_names", "fold_devices",
    ):  # fmt: skip
        cursor.execute(statement(name), derived)


def _derive_inventory(cursor: Cursor[TupleRow], messages: Sequence[Message]) -> None:
    """Fold anew the devices of which the messages state anything, ask it of DCC, or take it."""
    named = {facts.device_id for message in messages for facts in message.devices}
    named.update(
        message.proposal.facts.device_id for message in messages if message.proposal is not None
    )
    answered = {message.verdict.request_id for message in messages if message.verdict is not None}
    named.update(each.facts.device_id for each in proposals.taken(cursor, answered))
    if named:
        with cursor.copy("COPY restated_device (device_id) FROM STDIN (FORMAT binary)") as copy:
            copy.set_types(("int8",))
            for device_id in sorted(named):
                copy.write_row((to_bigint(device_id),))
        inventory.fold_anew(cursor)


class _Stated(NamedTuple):
    """Which message counts as a statement of which request."""

    request_key: int
    message_id: UUID


def _stage_counted_names(
    cursor: Cursor[TupleRow],
    messages: Sequence[Message],
    request_keys: Collection[int],
    read: Read,
) -> None:
    """Copy which devices the requests' own lists name, of those that count, into counted_name."""
    at_hand = {message.message_id: message for message in messages}
    with cursor.connection.cursor(row_factory=class_row(_Stated)) as rows:
        rows.execute(
            "SELECT request_key, message_id FROM request_statement WHERE request_key = ANY (%s)",
            (list(request_keys),),
        )
        stated = rows.fetchall()
    elsewhere = [each.message_id for each in stated if each.message_id not in at_hand]
    for kept in kept_messages(cursor, elsewhere):
        at_hand[kept.message_id] = read(kept)
    names = {
        (to_bigint(device_id), each.request_key)
        for each in stated
        for device_id in _listed(at_hand[each.message_id])
    }
    with cursor.copy(
        "COPY counted_name (device_id, request_key) FROM STDIN (FORMAT binary)"
    ) as copy:
        copy.set_types(("int8", "int8"))
        for name in sorted(names):
            copy.write_row(name)


def _listed(message: Message) -> Iterable[int]:
    return () if message.request is None else message.request.device_ids

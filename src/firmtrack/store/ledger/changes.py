"""Changes of current status, queued for those to be notified, in the ledger's transaction.

What a transaction changed is found by comparing the statuses before and after it: whatever moved
them, be it an event, a step, a late request or an answer that refuses devices. A status that nobody
could ever read, since another followed in the same transaction, is not queued. Of what a person
watches it is enough to note that something was recorded: it is read when they are told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from firmtrack.domain.activation import Activation
from firmtrack.domain.dossier import fold
from firmtrack.domain.facts import Message, MessageKind
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.seeing import chapters_for
from firmtrack.domain.stages import STAGES
from firmtrack.domain.topics import MISMATCH, topic_of_activation, topic_of_status
from firmtrack.domain.viewer import Viewer
from firmtrack.store.ledger import statement
from firmtrack.store.locks import AdvisoryKey, take
from firmtrack.store.numbers import eui_of, to_bigint
from firmtrack.store.reading.dossiers import read_dossier

# By 2 * stage + (1 if failed) - 1, from 1: how the statement finds the topic of a status.
_TOPIC_LIST = [
    None if status is None else topic_of_status(status)
    for row in STAGES
    for status in (row.good, row.bad)
]
Activations = Mapping[RequestId, Activation]


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who is told of what is recorded; of whom there is none, nothing here needs to be called.

    ``are_notified``: a party, of changes. ``are_watching``: a person, of a device or a request.
    ``is_pruning``: who lets old facts go at present (``firmtrack.store.ledger.retention``).
    """

    are_notified: bool
    are_watching: bool
    is_pruning: bool


def listeners(cursor: Cursor[TupleRow]) -> Listeners:
    """Return whether any party is notified of anything, anybody watches anything, or prunes."""
    cursor.execute(
        "SELECT EXISTS (SELECT FROM notice_subscriber),"
        " EXISTS (SELECT FROM watch WHERE cause_id IS NULL),"
        " EXISTS (SELECT FROM preparing_prune WHERE began_at > now() - interval '1 day')"
    )
    row = cursor.fetchone()
    assert row is not None
    return Listeners(*row)


def mark_watched(cursor: Cursor[TupleRow], request_keys: Sequence[int] = ()) -> None:
    """Queue that something was recorded of what people watch: how it stands is read later.

    To be called once the batch's events are staged and its requests folded; ``request_keys`` are
    those that it changes.
    """
    cursor.execute(statement("mark_watched"), {"request_keys": list(request_keys)})


def hold_statuses(cursor: Cursor[TupleRow], request_keys: Sequence[int] = ()) -> None:
    """Keep the current statuses that the staged batch may change, and lock their rows.

    ``request_keys`` are the requests that the batch may itself change.
    """
    cursor.execute(statement("lock_distributions"))
    cursor.execute(statement("hold_statuses"), {"request_keys": list(request_keys)})


def hold_concerned_statuses(cursor: Cursor[TupleRow], request_keys: Sequence[int]) -> None:
    """Keep the statuses of the devices that attribution concerns, as ``hold_statuses`` does.

    To be called where these are found only after the requests that the batch changes are folded.
    """
    cursor.execute(statement("hold_concerned_statuses"), {"request_keys": list(request_keys)})


def queue_changes(
    cursor: Cursor[TupleRow],
    request_keys: Sequence[int] = (),
    details: Mapping[str, object] | None = None,
) -> None:
    """Queue what is no more as ``hold_statuses``, called with the same requests, found it.

    ``details`` is what else there is to say of each.
    """
    cursor.execute(
        statement("write_changes"),
        {
            "request_keys": list(request_keys),
            "topics": _TOPIC_LIST,
            "details": None if details is None else Jsonb(details),
        },
    )


def hold_activations(cursor: Cursor[TupleRow], messages: Iterable[Message]) -> Activations:
    """Return the activations of the messages' devices as they stand before the messages count.

    Other batches with activations then wait: which status one leaves depends on all its events.
    """
    take(cursor, AdvisoryKey.ACTIVATIONS)
    return _activations(cursor, messages)


def queue_activations(
    cursor: Cursor[TupleRow],
    messages: Iterable[Message],
    before: Activations,
    details: Mapping[str, object] | None = None,
) -> None:
    """Queue each activation whose status or reason differs from ``before``.

    ``details`` is what else there is to say of each.
    """
    for request_id, activation in sorted(_activations(cursor, messages).items()):
        earlier = before.get(request_id)
        if earlier is not None and (earlier.status, earlier.reason) == (
            activation.status,
            activation.reason,
        ):
            continue
        _queue_device_change(
            cursor,
            _DeviceChange(
                topic=topic_of_activation(activation.status),
                device_id=to_bigint(request_id.target),
                originator=to_bigint(request_id.originator),
                counter=to_bigint(request_id.counter),
                occurred_at=activation.updated_at,
                reason=activation.reason,
                message_id=activation.events[0].message_id,
                details={"firmware_version": activation.firmware_version, **(details or {})},
            ),
        )


def queue_mismatches(cursor: Cursor[TupleRow], messages: Iterable[Message]) -> None:
    """Queue the mismatches of firmware versions that the inventory does not hold yet.

    To be called before the inventory learns what the messages say.
    """
    for message in messages:
        if message.kind is not MessageKind.FIRMWARE_VERSION_MISMATCH or message.user_id is None:
            continue
        (facts,) = message.devices
        cursor.execute(
            """
            SELECT FROM device
            WHERE device_id = %s AND firmware_version = %s AND smi_firmware_version = %s
            """,
            (to_bigint(facts.device_id), facts.firmware_version, facts.smi_firmware_version),
        )
        if cursor.rowcount:
            continue
        _queue_device_change(
            cursor,
            _DeviceChange(
                topic=MISMATCH,
                device_id=to_bigint(facts.device_id),
                originator=to_bigint(message.user_id),
                counter=None,
                occurred_at=facts.learnt_at,
                reason=None,
                message_id=message.message_id,
                details={
                    "firmware_version_device": facts.firmware_version,
                    "firmware_version_smi": facts.smi_firmware_version,
                },
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _DeviceChange:
    """A change that concerns one device; ``counter`` is that of an 11.3, None for no request."""

    topic: str
    device_id: int
    originator: int
    counter: int | None
    occurred_at: datetime | None
    reason: str | None
    message_id: UUID
    details: Mapping[str, object]


def _queue_device_change(cursor: Cursor[TupleRow], change: _DeviceChange) -> None:
    cursor.execute(
        statement("write_change_of_device"),
        {
            "topic": change.topic,
            "device_id": change.device_id,
            "originator": change.originator,
            "counter": change.counter,
            "occurred_at": change.occurred_at,
            "reason": change.reason,
            "message_id": change.message_id,
            "details": Jsonb(change.details),
        },
    )


def _activations(cursor: Cursor[TupleRow], messages: Iterable[Message]) -> Activations:
    """Return all activations of the devices that messages activate, each as its User sees it."""
    device_ids = {
        message.activation.request_id.target
        for message in messages
        if message.activation is not None
    }
    found: dict[RequestId, Activation] = {}
    for device_id in sorted(device_ids):
        device = fold(read_dossier(cursor.connection, device_id))
        for originator in {each.request_id.originator for each in device.activations}:
            viewer = Viewer.of_user_ids("", _party_of(cursor, originator))
            for activation in chapters_for(viewer, device).all():
                found[activation.request_id] = activation
    return found


def _party_of(cursor: Cursor[TupleRow], user_id: Eui64) -> frozenset[Eui64]:
    """Return the User IDs of the party to be notified that has this one; else this one alone."""
    cursor.execute(statement("user_ids_of_party"), {"user_id": to_bigint(user_id)})
    return frozenset({user_id, *(eui_of(row[0]) for row in cursor)})

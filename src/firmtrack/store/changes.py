"""Changes of current status, queued for those who are told of them, in the ledger's transaction.

What a transaction changed is found by comparing the statuses before and after it: whatever moved
them, be it an event, a step, a late request or an answer that refuses devices. A status that nobody
could ever read, since another followed in the same transaction, is not told.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from firmtrack.domain.activation import Activation
from firmtrack.domain.attribution import Candidate
from firmtrack.domain.facts import Message, MessageKind
from firmtrack.domain.identifiers import FirmwareVersion, RequestId
from firmtrack.domain.stages import STAGES
from firmtrack.domain.topics import MISMATCH, topic_of_activation, topic_of_status
from firmtrack.store.activation_rows import activations_in, chapters_of
from firmtrack.store.numbers import eui_of, request_id_of, to_bigint
from firmtrack.store.sql import statement

# By 2 * stage + (1 if failed) - 1, from 1: how the statement finds the topic of a status.
_TOPIC_LIST = [
    None if status is None else topic_of_status(status)
    for row in STAGES
    for status in (row.good, row.bad)
]
_ACTIVATION_LOCK = 0x4649524E
_HELD_STATUS = """
CREATE TEMPORARY TABLE IF NOT EXISTS held_status (
    device_id bigint, request_key bigint, stage smallint, failed boolean, reason text
) ON COMMIT DELETE ROWS
"""

Activations = Mapping[RequestId, Activation]


def is_anyone_told(cursor: Cursor[TupleRow]) -> bool:
    """Return whether any party is told of anything; if not, nothing here needs to be called."""
    cursor.execute("SELECT EXISTS (SELECT FROM notice_subscriber)")
    row = cursor.fetchone()
    assert row is not None
    return bool(row[0])


def hold_statuses(cursor: Cursor[TupleRow], request_keys: Sequence[int] = ()) -> None:
    """Keep the current statuses that the staged batch may change, and lock their rows.

    ``request_keys`` are the requests that the batch may itself change.
    """
    cursor.execute("SET LOCAL client_min_messages = warning")
    cursor.execute(_HELD_STATUS)
    cursor.execute(statement("notices_lock_distributions"))
    cursor.execute(statement("notices_hold_statuses"), {"request_keys": list(request_keys)})


def queue_changes(cursor: Cursor[TupleRow], request_keys: Sequence[int] = ()) -> None:
    """Queue what is no more as ``hold_statuses``, called with the same requests, found it."""
    cursor.execute(
        statement("notices_write_changes"),
        {"request_keys": list(request_keys), "topics": _TOPIC_LIST},
    )


def hold_activations(cursor: Cursor[TupleRow], messages: Iterable[Message]) -> Activations:
    """Return the activations of the messages' devices as they stand before the messages count.

    Other batches with activations then wait: which status one leaves depends on all words.
    """
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_ACTIVATION_LOCK,))
    return _activations(cursor, messages)


def queue_activations(
    cursor: Cursor[TupleRow], messages: Iterable[Message], before: Activations
) -> None:
    """Queue each activation whose status or reason differs from ``before``."""
    for request_id, activation in sorted(_activations(cursor, messages).items()):
        earlier = before.get(request_id)
        if earlier is not None and (earlier.status, earlier.reason) == (
            activation.status,
            activation.reason,
        ):
            continue
        _tell(
            cursor,
            _Told(
                topic=topic_of_activation(activation.status),
                device_id=to_bigint(request_id.target),
                originator=to_bigint(request_id.originator),
                counter=to_bigint(request_id.counter),
                occurred_at=activation.updated_at,
                reason=activation.reason,
                message_id=activation.words[0].message_id,
                details={"firmware_version": activation.firmware_version},
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
        _tell(
            cursor,
            _Told(
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
class _Told:
    """A change that concerns one device; ``counter`` is that of an 11.3, None for no request."""

    topic: str
    device_id: int
    originator: int
    counter: int | None
    occurred_at: datetime | None
    reason: str | None
    message_id: UUID
    details: Mapping[str, object]


def _tell(cursor: Cursor[TupleRow], told: _Told) -> None:
    cursor.execute(
        statement("notices_write_change_of_device"),
        {
            "topic": told.topic,
            "device_id": told.device_id,
            "originator": told.originator,
            "counter": told.counter,
            "occurred_at": told.occurred_at,
            "reason": told.reason,
            "message_id": told.message_id,
            "details": Jsonb(told.details),
        },
    )


def _activations(cursor: Cursor[TupleRow], messages: Iterable[Message]) -> Activations:
    device_ids = {
        to_bigint(message.activation.request_id.target)
        for message in messages
        if message.activation is not None
    }
    cursor.execute(
        """
        SELECT device_id, json_agg(word)::text
        FROM told_activation WHERE device_id = ANY (%s) GROUP BY device_id
        """,
        (sorted(device_ids),),
    )
    found = [(device_id, activations_in(eui_of(device_id), rows)) for device_id, rows in cursor]
    brought = _brought(cursor, sorted(device_ids))
    return {
        activation.request_id: activation
        for device_id, activations in found
        for activation in _settled(activations, brought.get(device_id, ()))
    }


def _settled(
    activations: Sequence[Activation], brought: Sequence[tuple[Candidate, FirmwareVersion | None]]
) -> Iterator[Activation]:
    """Yield the activations as the versions of the images that were brought have them."""
    chapters = chapters_of(
        activations,
        [candidate for candidate, _ in brought],
        {candidate.request_id: header for candidate, header in brought},
    )
    yield from chapters.others
    for of_request in chapters.of_request.values():
        yield from of_request


def _brought(
    cursor: Cursor[TupleRow], device_ids: list[int]
) -> Mapping[int, Sequence[tuple[Candidate, FirmwareVersion | None]]]:
    """Return the requests that name each device, with the version in the image's own header."""
    cursor.execute(
        """
        SELECT d.device_id, r.originator, r.target, r.counter, r.submitted_at, r.image_hash,
            r.firmware_version, r.image ->> 'header_version'
        FROM distribution AS d JOIN request AS r USING (request_key)
        WHERE d.device_id = ANY (%s)
        """,
        (device_ids,),
    )
    brought: dict[int, list[tuple[Candidate, FirmwareVersion | None]]] = {}
    for device_id, *parts, submitted_at, image_hash, version, header in cursor:
        candidate = Candidate(
            request_id=request_id_of(*parts),
            submitted_at=submitted_at,
            image_hash=image_hash,
            firmware_version=version,
        )
        brought.setdefault(device_id, []).append((candidate, header))
    return brought

"""Temporary tables that carry a batch into the database, and the COPY that fills them.

They belong to one connection, each of the writers' pool, and are empty outside a transaction.
"""

from collections.abc import Iterable, Mapping

from psycopg import Connection, Cursor
from psycopg.rows import TupleRow

from firmtrack.domain.facts import Event, Message
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.inventory import EUI_FACTS, FACT_NAMES
from firmtrack.store.bodies import pack
from firmtrack.store.database import WRITING, Pool, pool_of
from firmtrack.store.numbers import KIND_NUMBERS, request_parts, to_bigint

_TABLES = """
CREATE TEMPORARY TABLE staged_message (
    message_id uuid, user_id bigint, occurred_at timestamptz, kind smallint, code text, body bytea
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE staged_event (
    device_id bigint, request_key bigint, message_id uuid, occurred_at timestamptz,
    device_time timestamptz, comms_hub_id bigint, stage smallint, failed boolean, reason text,
    firmware_version text, image_hash bytea, addressee bigint, message_kind smallint, code text
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE staged_name (
    device_id bigint, request_key bigint
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE staged_device (
    LIKE device INCLUDING DEFAULTS, row_number bigint
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE staged_statement (
    device_id bigint, message_id uuid, taken_by uuid, learnt_at timestamptz, user_id bigint,
    message_kind smallint, code text, {facts}
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE restated_device (
    device_id bigint
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE staged_activation_event (
    device_id bigint, originator bigint, counter bigint, message_id uuid, occurred_at timestamptz,
    device_time timestamptz, step smallint, failed boolean, reason text, firmware_version text,
    image_hash bytea, scheduled_for timestamptz, message_kind smallint, code text
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE concerned_device (
    device_id bigint
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE changed_request (
    request_key bigint, whole_at timestamptz, image_hash bytea, comparable_versions text[]
) ON COMMIT DELETE ROWS;
""".format(
    facts=", ".join(f"{name} {'bigint' if name in EUI_FACTS else 'text'}" for name in FACT_NAMES)
)

_COPY_MESSAGES = """
COPY staged_message (message_id, user_id, occurred_at, kind, code, body)
FROM STDIN (FORMAT binary)
"""
# A uuid is sent as its 16 octets, as a bytea is.
_MESSAGE_TYPES = ("bytea", "int8", "timestamptz", "int2", "text", "bytea")

_COPY_EVENTS = """
COPY staged_event (device_id, request_key, message_id, occurred_at, device_time, comms_hub_id,
    stage, failed, reason, firmware_version, image_hash, addressee, message_kind, code)
FROM STDIN (FORMAT binary)
"""
_EVENT_TYPES = (
    "int8", "int8", "bytea", "timestamptz", "timestamptz", "int8",
    "int2", "bool", "text", "text", "bytea", "int8", "int2", "text",
)  # fmt: skip

_COPY_NAMES = "COPY staged_name (device_id, request_key) FROM STDIN (FORMAT binary)"

_COPY_ACTIVATION_EVENTS = """
COPY staged_activation_event (device_id, originator, counter, message_id, occurred_at, device_time,
    step, failed, reason, firmware_version, image_hash, scheduled_for, message_kind, code)
FROM STDIN (FORMAT binary)
"""
_ACTIVATION_EVENT_TYPES = (
    "int8", "int8", "int8", "bytea", "timestamptz", "timestamptz",
    "int2", "bool", "text", "text", "bytea", "timestamptz", "int2", "text",
)  # fmt: skip


def writing_pool() -> Pool:
    """Return the pool of those who record facts, with the staging tables. Raises DatabaseNotOpen.

    Whoever looks at the server's activity knows them by WRITING.
    """
    return pool_of(WRITING, _create_tables)


def _create_tables(connection: Connection[TupleRow]) -> None:
    connection.execute(_TABLES)


def stage_messages(cursor: Cursor[TupleRow], messages: Iterable[Message]) -> None:
    """Copy the messages, in their order, into ``staged_message``."""
    with cursor.copy(_COPY_MESSAGES) as copy:
        copy.set_types(_MESSAGE_TYPES)
        for message in messages:
            copy.write_row(
                (
                    message.digest[:16],
                    None if message.user_id is None else to_bigint(message.user_id),
                    message.occurred_at,
                    KIND_NUMBERS[message.kind],
                    message.code,
                    pack(message.body),
                )
            )


def stage_events(
    cursor: Cursor[TupleRow], messages: Iterable[Message], keys: Mapping[RequestId, int]
) -> None:
    """Copy the messages' events into ``staged_event``, named requests as their keys."""
    with cursor.copy(_COPY_EVENTS) as copy:
        copy.set_types(_EVENT_TYPES)
        for message in messages:
            message_id = message.digest[:16]
            addressee = None if message.user_id is None else to_bigint(message.user_id)
            kind = KIND_NUMBERS[message.kind]
            for event in message.events:
                copy.write_row(
                    (
                        *_place(event, keys), message_id, *_event_columns(event), addressee, kind,
                        message.code,
                    )
                )  # fmt: skip


def stage_names(
    cursor: Cursor[TupleRow], messages: Iterable[Message], keys: Mapping[RequestId, int]
) -> None:
    """Copy which devices the messages' requests name into ``staged_name``."""
    with cursor.copy(_COPY_NAMES) as copy:
        copy.set_types(("int8", "int8"))
        for message in messages:
            if message.request is not None:
                key = keys[message.request.request_id]
                for device_id in message.request.device_ids:
                    copy.write_row((to_bigint(device_id), key))


def stage_activation_events(cursor: Cursor[TupleRow], messages: Iterable[Message]) -> None:
    """Copy what the messages report of activations into ``staged_activation_event``."""
    with cursor.copy(_COPY_ACTIVATION_EVENTS) as copy:
        copy.set_types(_ACTIVATION_EVENT_TYPES)
        for message in messages:
            event = message.activation
            if event is not None:
                originator, device_id, counter = request_parts(event.request_id)
                copy.write_row(
                    (
                        device_id, originator, counter, message.digest[:16], event.occurred_at,
                        event.device_time, int(event.step), event.is_failed, event.reason,
                        event.firmware_version, event.image_hash, event.scheduled_for,
                        KIND_NUMBERS[message.kind], message.code,
                    )
                )  # fmt: skip


def _place(event: Event, keys: Mapping[RequestId, int]) -> tuple[int, int | None]:
    key = None if event.request_id is None else keys[event.request_id]
    return to_bigint(event.device_id), key


def _event_columns(event: Event) -> tuple[object, ...]:
    return (
        event.occurred_at,
        event.device_time,
        None if event.comms_hub_id is None else to_bigint(event.comms_hub_id),
        int(event.status.stage),
        event.status.is_bad,
        event.reason,
        event.firmware_version,
        event.image_hash,
    )

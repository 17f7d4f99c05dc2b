"""Tables that carry a batch into the database, and the COPY that fills them.

They are ordinary tables but for the log, which they are left out of, and are empty outside a
transaction. Each set of them stands in a schema of its own, a place, which a transaction takes for
as long as it lasts (docs/decisions/050).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from weakref import WeakKeyDictionary

from psycopg import Connection, Cursor, OperationalError, Rollback
from psycopg.rows import TupleRow
from psycopg.types.string import BytesBinaryDumper

from firmtrack.domain.facts import Message
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.inventory import EUI_FACTS, FACT_NAMES
from firmtrack.domain.stages import Status
from firmtrack.store.bodies import pack
from firmtrack.store.database import WRITING, pool_of
from firmtrack.store.ledger.submission import Submission
from firmtrack.store.locks import FREE_PART, AdvisoryKey, take
from firmtrack.store.numbers import KIND_NUMBERS, request_parts, response_parts, to_bigint
from firmtrack.store.places import MOST, PREFIX
from firmtrack.store.server import Pool
from firmtrack.store.shards import settle_place

_FACTS = ", ".join(f"{name} {'bigint' if name in EUI_FACTS else 'text'}" for name in FACT_NAMES)
_TABLES = {
    "staged_message": """
        message_id uuid, user_id bigint, occurred_at timestamptz, kind smallint, code text,
        body bytea, submitter text, token text, responder bigint, response_counter bigint,
        is_dated boolean
    """,
    "staged_event": """
        device_id bigint, request_key bigint, message_id uuid, occurred_at timestamptz,
        device_time timestamptz, comms_hub_id bigint, stage smallint, failed boolean, reason text,
        firmware_version text, image_hash bytea, addressee bigint, message_kind smallint, code text,
        responder bigint, response_counter bigint
    """,
    "staged_name": "device_id bigint, request_key bigint",
    "staged_device": "LIKE device INCLUDING DEFAULTS, row_number bigint",
    "staged_statement": f"""
        device_id bigint, message_id uuid, taken_by uuid, learnt_at timestamptz, user_id bigint,
        message_kind smallint, code text, responder bigint, response_counter bigint, {_FACTS}
    """,
    "restated_device": "device_id bigint",
    "staged_activation_event": """
        device_id bigint, originator bigint, counter bigint, message_id uuid,
        occurred_at timestamptz, device_time timestamptz, step smallint, failed boolean,
        reason text, firmware_version text, image_hash bytea, scheduled_for timestamptz,
        message_kind smallint, code text, addressee bigint, responder bigint,
        response_counter bigint
    """,
    # Pairs that were not named before the batch.
    "new_name": "device_id bigint, request_key bigint, PRIMARY KEY (device_id, request_key)",
    # Devices of which a loose event may belong elsewhere than before, if it happened since then.
    "concerned_device": "device_id bigint, since timestamptz DEFAULT '-infinity'",
    "changed_request": """
        request_key bigint, has_come boolean, whole_at timestamptz, image_hash bytea,
        comparable_versions text[]
    """,
    "loose_device": "device_id bigint, latest_at timestamptz",
    "counted_name": "device_id bigint, request_key bigint, PRIMARY KEY (device_id, request_key)",
    "held_status": """
        device_id bigint, request_key bigint, stage smallint, failed boolean, reason text,
        PRIMARY KEY (device_id, request_key)
    """,
}
# A table of some pages is emptied by deleting its rows. What was deleted leaves its place taken, so
# one that has grown is given a new file; not while somebody else reads it, as a backup does.
_LARGE_BYTES = 65_536
_EMPTY = """
IF pg_relation_size('{{place}}.{name}') > {large} THEN
    BEGIN
        LOCK TABLE {{place}}.{name} IN ACCESS EXCLUSIVE MODE NOWAIT;
        TRUNCATE {{place}}.{name};
    EXCEPTION WHEN lock_not_available THEN
        DELETE FROM {{place}}.{name};
        is_small := false;
    END;
ELSIF pg_relation_size('{{place}}.{name}') > 0 THEN
    DELETE FROM {{place}}.{name};
END IF;
"""
_EMPTY_ALL = """
CREATE FUNCTION {{place}}.empty_staging() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE is_small boolean := true;
BEGIN {emptied} RETURN is_small; END $$;
"""
_TABLE = """
CREATE UNLOGGED TABLE {{place}}.{name} ({columns}) WITH (autovacuum_enabled = off);
"""
_PLACE = (
    "CREATE SCHEMA {place};"
    + "".join(_TABLE.format(name=name, columns=columns) for name, columns in _TABLES.items())
    + _EMPTY_ALL.format(
        emptied="".join(_EMPTY.format(name=name, large=_LARGE_BYTES) for name in _TABLES)
    )
)
# Processes of two versions have places of their own.
_PREFIX = f"{PREFIX}{sha256(_PLACE.encode()).hexdigest()[:6]}_"

_COPY_MESSAGES = """
COPY staged_message (message_id, user_id, occurred_at, kind, code, body, submitter, token,
    responder, response_counter, is_dated)
FROM STDIN (FORMAT binary)
"""
# A uuid is sent as its 16 octets, as a bytea is.
_MESSAGE_TYPES = (
    "bytea", "int8", "timestamptz", "int2", "text", "bytea", "text", "text", "int8", "int8",
    "bool",
)  # fmt: skip

_COPY_EVENTS = """
COPY staged_event (device_id, request_key, message_id, occurred_at, device_time, comms_hub_id,
    stage, failed, reason, firmware_version, image_hash, addressee, message_kind, code,
    responder, response_counter)
FROM STDIN (FORMAT binary)
"""
_EVENT_TYPES = (
    "int8", "int8", "bytea", "timestamptz", "timestamptz", "int8",
    "int2", "bool", "text", "text", "bytea", "int8", "int2", "text", "int8", "int8",
)  # fmt: skip

_COPY_NAMES = "COPY staged_name (device_id, request_key) FROM STDIN (FORMAT binary)"

_COPY_ACTIVATION_EVENTS = """
COPY staged_activation_event (device_id, originator, counter, message_id, occurred_at, device_time,
    step, failed, reason, firmware_version, image_hash, scheduled_for, message_kind, code,
    addressee, responder, response_counter)
FROM STDIN (FORMAT binary)
"""
_ACTIVATION_EVENT_TYPES = (
    "int8", "int8", "int8", "bytea", "timestamptz", "timestamptz",
    "int2", "bool", "text", "text", "bytea", "timestamptz", "int2", "text", "int8", "int8", "int8",
)  # fmt: skip


# A network that is cut leaves the server with a transaction of which nobody will ever say more, and
# its locks, for which all other writers would wait. Between two statements none of ours takes long.
_LEFT_BEHIND = (
    b"SET tcp_keepalives_idle = 5",
    b"SET tcp_keepalives_interval = 2",
    b"SET tcp_keepalives_count = 3",
    b"SET tcp_user_timeout = '10s'",
)
_TAKE_PLACE = f"""
SELECT place, to_regnamespace(%(prefix)s || place) IS NOT NULL,
    set_config('search_path', %(prefix)s || place || ', ' || current_setting('search_path'), true),
    set_config('idle_in_transaction_session_timeout', '10s', true)
FROM ({FREE_PART}) AS free (place)
"""  # noqa: S608 - of our own words alone
_STAGED_STATUS = {status: (int(status.stage), status.is_bad) for status in Status}


def writing_pool() -> Pool:
    """Return the pool of those who record facts, with the staging tables. Raises DatabaseNotOpen.

    Whoever looks at the server's activity knows them by WRITING.
    """
    return pool_of(WRITING, _LEFT_BEHIND, _prepare)


def _prepare(connection: Connection[TupleRow]) -> None:
    # The one for octets that is written in C; psycopg's own choice adds 2 µs to each value.
    connection.adapters.register_dumper(bytes, BytesBinaryDumper)


@contextmanager
def writing() -> Iterator[Cursor[TupleRow]]:
    """Yield a cursor in one transaction of the writers' pool, committed when the block ends.

    The staging tables are empty before and after. Raises DatabaseNotOpen.
    """
    with writing_pool().connection() as connection, writing_on(connection) as cursor:
        yield cursor


@contextmanager
def writing_on(connection: Connection[TupleRow]) -> Iterator[Cursor[TupleRow]]:
    """Yield the same on a connection of the writers' pool."""
    try:
        with connection.transaction(), connection.cursor() as cursor:
            place = _take_place(cursor)
            yield cursor
            cursor.execute("SELECT empty_staging()")
            is_small = cursor.fetchone() == (True,)
            # The same again, in which this connection's statements are planned.
            _next_places[connection] = place if is_small else place % MOST + 1
    except Rollback as error:
        # So psycopg says that it could not go back to a savepoint: the connection broke meanwhile.
        raise OperationalError(*error.args) from error


_next_places: WeakKeyDictionary[Connection[TupleRow], int] = WeakKeyDictionary()


def _take_place(cursor: Cursor[TupleRow]) -> int:
    """Take a place until the transaction ends, in which the statements find the staging tables.

    Return its number. A place is made when it is needed first; if all are taken, one is waited for.
    """
    first = _next_places.get(cursor.connection, 1)
    found = _take_one_of(cursor, [first])
    if found is None:
        others = [*range(first + 1, MOST + 1), *range(1, first)]
        found = _take_one_of(cursor, others)
    if found is None:
        take(cursor, AdvisoryKey.STAGING, first)
        found = _take_one_of(cursor, [first])
    assert found is not None
    place, is_made = found
    if not is_made:
        schema = f"{_PREFIX}{place}"
        cursor.execute(_PLACE.format(place=schema).encode())
        settle_place(cursor, schema)
    return place


def _take_one_of(cursor: Cursor[TupleRow], places: Sequence[int]) -> tuple[int, bool] | None:
    """Take the first of the places that is free; return it and whether it is made."""
    asked = {"prefix": _PREFIX, "key": AdvisoryKey.STAGING.value, "parts": places}
    found = cursor.execute(_TAKE_PLACE, asked).fetchone()
    return None if found is None else (found[0], found[1])


def stage_messages(
    cursor: Cursor[TupleRow], handed_in: Iterable[tuple[Message, Submission]]
) -> None:
    """Copy the messages, with who handed them in, in their order into ``staged_message``."""
    with cursor.copy(_COPY_MESSAGES) as copy:
        copy.set_types(_MESSAGE_TYPES)
        write = copy.write_row
        for message, submission in handed_in:
            responder, response_counter = response_parts(message.response_id)
            write(
                (
                    message.digest[:16],
                    None if message.user_id is None else to_bigint(message.user_id),
                    message.occurred_at,
                    KIND_NUMBERS[message.kind],
                    message.code,
                    pack(message.body),
                    submission.submitter,
                    submission.token,
                    responder,
                    response_counter,
                    message.is_dated,
                )
            )


def stage_events(
    cursor: Cursor[TupleRow], messages: Iterable[Message], keys: Mapping[RequestId, int]
) -> None:
    """Copy the messages' events into ``staged_event``, named requests as their keys."""
    with cursor.copy(_COPY_EVENTS) as copy:
        copy.set_types(_EVENT_TYPES)
        write = copy.write_row
        for message in messages:
            if not message.events:
                continue
            message_id = message.digest[:16]
            addressee = None if message.user_id is None else to_bigint(message.user_id)
            kind, code = KIND_NUMBERS[message.kind], message.code
            responder, response_counter = response_parts(message.response_id)
            for event in message.events:
                stage, is_failed = _STAGED_STATUS[event.status]
                request_id, hub = event.request_id, event.comms_hub_id
                write(
                    (
                        to_bigint(event.device_id),
                        None if request_id is None else keys[request_id],
                        message_id, event.occurred_at, event.device_time,
                        None if hub is None else to_bigint(hub), stage, is_failed, event.reason,
                        event.firmware_version, event.image_hash, addressee, kind, code,
                        responder, response_counter,
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
                        None if message.user_id is None else to_bigint(message.user_id),
                        *response_parts(message.response_id),
                    )
                )  # fmt: skip

"""Recorded messages read again, after the readers have learnt to read them otherwise.

A new edition of the readers makes other facts of some bodies. So that an older database answers as
if all its traffic were taken in anew, each kept body is read again, the facts of its message are
corrected where they differ, and all that is folded from facts is folded anew: in portions, each one
transaction with its bookmark, so that to end in the middle loses nothing. Nobody is notified of
what changes: it happened long ago. A fact that the readers tell no more would stay; there is none
yet.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import TupleRow

from firmtrack.domain.facts import Message
from firmtrack.domain.identifiers import RequestId
from firmtrack.store.bodies import unpack
from firmtrack.store.database import writing_pool
from firmtrack.store.ledger import incidents, inventory, proposals, staging, statement
from firmtrack.store.ledger.recording import (
    known_request_keys,
    record_supplier_change,
    request_columns,
)
from firmtrack.store.locks import AdvisoryKey, held, take
from firmtrack.store.numbers import (
    KIND_NUMBERS,
    KIND_OF_NUMBER,
    numbers_of,
    to_bigint,
)
from firmtrack.store.reading.messages import KeptMessage

EDITION = 3
"""The edition of the readers in ``duis`` and ``intake``: to be raised, with a line here, when they
make other facts of a body than before, or when what is folded from facts is folded otherwise.

2: whose an event is that names no request; ``occurred_at`` of a CSPFirmwareDeliveryStatus is the
ResponseDateTime, its TimeStamp stands beside it; a carrier's time counts only within bounds;
incidents. 3: statements of the inventory are whole: what only the row of a device held before.
"""

_MESSAGES_AT_ONCE = 500
_OCTETS_AT_ONCE = 2 * 1024 * 1024
_REQUESTS_AT_ONCE = 100
_DEVICES_AT_ONCE = 5_000
_LEAST_KEY, _GREATEST_KEY = -(1 << 63), (1 << 63) - 1


Read = Callable[[KeptMessage], Message | None]
"""Reads a kept message again; None if it cannot be read any more, so that its facts stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a re-reading is: ``share``, 0 to 1, is of the phase that it is in."""

    phase: str
    share: float
    messages: int
    corrected: int
    unreadable: int

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do."""
        return self.phase == "done"


def is_due() -> bool:
    """Return whether messages wait to be read again by this edition of the readers."""
    with writing_pool().connection() as connection:
        row = connection.execute(
            "SELECT phase FROM rereading WHERE edition = %s", (EDITION,)
        ).fetchone()
    return row != ("done",)


def reread(read: Read) -> Iterator[Progress]:
    """Read all again that waits, and yield how far that is after each commit.

    One process at a time does; another waits, and does what is left, if anything.
    """
    with writing_pool().connection() as connection, held(connection, AdvisoryKey.REREADING):
        connection.execute(
            "INSERT INTO rereading (edition) VALUES (%s) ON CONFLICT DO NOTHING", (EDITION,)
        )
        is_done = False
        while not is_done:
            with connection.transaction(), connection.cursor() as cursor:
                progress = _do_some(cursor, read)
            yield progress
            is_done = progress.is_done


def _do_some(cursor: Cursor[TupleRow], read: Read) -> Progress:
    take(cursor, AdvisoryKey.ATTRIBUTION)
    cursor.execute(
        "SELECT phase, after_message, after_request, after_device FROM rereading"
        " WHERE edition = %s",
        (EDITION,),
    )
    phase, after_message, after_request, after_device = _one(cursor)
    if phase == "messages":
        _reread_some(cursor, after_message, read)
    elif phase == "requests":
        _fold_some_requests(cursor, after_request)
    elif phase == "distributions":
        _fold_some_distributions(cursor, after_device)
    return _progress(cursor)


def _reread_some(cursor: Cursor[TupleRow], after: UUID, read: Read) -> None:
    cursor.execute(
        statement("reread_portion"),
        {"after": after, "messages": _MESSAGES_AT_ONCE, "octets": _OCTETS_AT_ONCE},
    )
    rows = cursor.fetchall()
    if not rows:
        _go_on(cursor, "phase = 'requests'")
        return
    kept = [_kept(row) for row in rows]
    readings = [(each, reading) for each in kept if (reading := read(each)) is not None]
    messages = [message for _, message in readings]
    corrected = _correct(cursor, messages)
    _correct_rows(cursor, messages, rows)
    _correct_sending(cursor, messages)
    _go_on(
        cursor,
        "after_message = %s, messages = messages + %s, corrected = corrected + %s,"
        " unreadable = unreadable + %s",
        (kept[-1].message_id, len(kept), corrected, len(kept) - len(readings)),
    )


def _kept(row: TupleRow) -> KeptMessage:
    message_id, _, occurred_at, recorded_at, kind, _, body = row
    return KeptMessage(
        message_id=message_id,
        kind=KIND_OF_NUMBER[kind],
        body=unpack(body),
        occurred_at=occurred_at,
        recorded_at=recorded_at,
    )


def _correct(cursor: Cursor[TupleRow], messages: Sequence[Message]) -> int:
    """Make what is stored of the messages what they say; return how many facts that changed."""
    keys = _request_keys(cursor, messages)
    staging.stage_events(cursor, messages, keys)
    staging.stage_activation_events(cursor, messages)
    corrected = 0
    for name in (
        "reread_correct_events",
        "reread_correct_activation_events",
    ):
        cursor.execute(statement(name))
        corrected += int(_one(cursor)[0])
    cursor.execute(statement("insert_names"))
    cursor.execute(statement("place_devices"))
    for message in messages:
        for step in message.steps:
            cursor.execute(
                statement("reread_correct_step"),
                {
                    "request_key": keys[step.request_id],
                    "message_id": message.message_id,
                    "occurred_at": step.occurred_at,
                    "stage": int(step.status.stage),
                    "failed": step.status.is_bad,
                    "reason": step.reason,
                    "variant": None if message.answer is None else str(message.answer.variant),
                    **numbers_of(message),
                },
            )
            corrected += cursor.rowcount
    incidents.record(cursor, messages)
    return corrected + _correct_devices(cursor, messages)


def _request_keys(cursor: Cursor[TupleRow], messages: Sequence[Message]) -> dict[RequestId, int]:
    """Return the keys of all requests that the messages name, with rows for those without one."""
    named = frozenset[RequestId]().union(*(message.named_requests() for message in messages))
    if named:
        cursor.execute(statement("insert_requests"), request_columns(named))
    return known_request_keys(cursor, named)


def _correct_devices(cursor: Cursor[TupleRow], messages: Sequence[Message]) -> int:
    stated = [*inventory.statements_of(messages), *proposals.record(cursor, messages)]
    for message in messages:
        record_supplier_change(cursor, message)
    return inventory.restate(cursor, stated) if stated else 0


def _correct_rows(
    cursor: Cursor[TupleRow], messages: Sequence[Message], rows: Sequence[TupleRow]
) -> None:
    """Correct what the messages' own rows say, of those that say something else."""
    stored = {row[0]: (row[1], row[2], row[4], row[5]) for row in rows}
    wrong = [
        (message.message_id, reading)
        for message in messages
        if (reading := _row_of(message)) != stored[message.message_id]
    ]
    if wrong:
        cursor.execute(
            statement("reread_correct_messages"),
            {
                "message_ids": [message_id for message_id, _ in wrong],
                "users": [reading[0] for _, reading in wrong],
                "occurred_ats": [reading[1] for _, reading in wrong],
                "kinds": [reading[2] for _, reading in wrong],
                "codes": [reading[3] for _, reading in wrong],
            },
        )


def _row_of(message: Message) -> tuple[int | None, datetime | None, int, str | None]:
    user_id = None if message.user_id is None else to_bigint(message.user_id)
    return user_id, message.occurred_at, KIND_NUMBERS[message.kind], message.code


def _correct_sending(cursor: Cursor[TupleRow], messages: Sequence[Message]) -> None:
    requests = [(each.message_id, each.request) for each in messages if each.request is not None]
    keys = known_request_keys(cursor, frozenset(request.request_id for _, request in requests))
    for message_id, request in requests:
        cursor.execute(
            statement("reread_correct_sending"),
            {
                "request_key": keys[request.request_id],
                "message_id": message_id,
                "sent_at": request.sent_at,
            },
        )


def _fold_some_requests(cursor: Cursor[TupleRow], after: int) -> None:
    rows = cursor.execute(
        "SELECT request_key FROM request WHERE request_key > %s ORDER BY request_key LIMIT %s",
        (after, _REQUESTS_AT_ONCE),
    ).fetchall()
    if not rows:
        _go_on(cursor, "phase = 'distributions'")
        return
    folded = {"request_keys": [key for (key,) in rows]}
    # What events tell matters only beside the request's own times, which are folded first.
    cursor.execute(
        "DELETE FROM recorded_request_naming WHERE request_key = ANY (%(request_keys)s)", folded
    )
    for name in (
        "fold_requests",
        "reread_namings",
        "fold_requests",
    ):
        cursor.execute(statement(name), folded)
    _go_on(cursor, "after_request = %s", (rows[-1][0],))


def _fold_some_distributions(cursor: Cursor[TupleRow], after: int | None) -> None:
    last = None
    if after != _GREATEST_KEY:
        first = _LEAST_KEY if after is None else after + 1
        cursor.execute(
            statement("reread_next_devices"),
            {"first": first, "limit": _DEVICES_AT_ONCE},
        )
        (last,) = _one(cursor)
    if last is None:
        cursor.execute("INSERT INTO stale_request SELECT request_key FROM request")
        _go_on(cursor, "phase = 'done', ended_at = now()")
        return
    for name in ("fold_names", "fold_devices"):
        cursor.execute(statement(name))
    _go_on(cursor, "after_device = %s", (last,))


def _go_on(cursor: Cursor[TupleRow], changes: str, values: tuple[object, ...] = ()) -> None:
    cursor.execute(
        f"UPDATE rereading SET {changes} WHERE edition = %s".encode(),  # noqa: S608 - our own words alone
        (*values, EDITION),
    )


def _progress(cursor: Cursor[TupleRow]) -> Progress:
    # A message's key is random, and so is a device's place among EUI-64s only in part: what share
    # of them has passed is known of messages alone.
    cursor.execute(
        "SELECT phase, after_message, messages, corrected, unreadable FROM rereading"
        " WHERE edition = %s",
        (EDITION,),
    )
    phase, after_message, messages, corrected, unreadable = _one(cursor)
    return Progress(
        phase=phase,
        share=after_message.int / (1 << 128) if phase == "messages" else 1.0,
        messages=messages,
        corrected=corrected,
        unreadable=unreadable,
    )


def _one(cursor: Cursor[TupleRow]) -> TupleRow:
    row = cursor.fetchone()
    assert row is not None
    return row

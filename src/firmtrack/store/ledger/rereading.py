"""Recorded messages read again, after the readers have learnt to read them otherwise.

A new edition of the readers makes other facts of some bodies. So that an older database answers as
if all its traffic were taken in anew, each kept body is read again, the facts of its message are
corrected where they differ, and all that is folded from facts is folded anew: in portions, each one
transaction with its bookmark, so that to end in the middle loses nothing. Nobody is notified of
what changes: it happened long ago. A fact that the readers find no more would stay; there is none.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from psycopg import Connection, Cursor
from psycopg.rows import TupleRow, class_row

from firmtrack.domain.facts import UNDATED_KINDS, Message
from firmtrack.domain.identifiers import RequestId
from firmtrack.store.bodies import unpack
from firmtrack.store.ledger import changes, incidents, inventory, proposals, staging, statement
from firmtrack.store.ledger.recording import record_supplier_change
from firmtrack.store.ledger.requests import hold_requests, keys_of, known_requests
from firmtrack.store.locks import AdvisoryKey, again_after_deadlock, take
from firmtrack.store.numbers import (
    KIND_NUMBERS,
    KIND_OF_NUMBER,
    numbers_of,
    response_parts,
    to_bigint,
)
from firmtrack.store.reading.messages import KeptMessage

EDITION = 4
"""The edition of the readers in ``duis`` and ``intake``: to be raised, with a line here, when they
make other facts of a body than before, or when what is folded from facts is folded otherwise.

2: whose an event is that names no request; ``occurred_at`` of a CSPFirmwareDeliveryStatus is the
ResponseDateTime, its TimeStamp stands beside it; a carrier's time counts only within bounds;
incidents. 3: statements of the inventory are whole; only rows of devices were kept of them before.
4: DCC's Response ID.
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
    without_body: int

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do."""
        return self.phase == "done"


def is_due() -> bool:
    """Return whether messages wait to be read again by this edition of the readers."""
    with staging.writing_pool().connection() as connection:
        row = connection.execute(
            "SELECT phase FROM rereading WHERE edition = %s", (EDITION,)
        ).fetchone()
    return row != ("done",)


def is_of_newer(connection: Connection[TupleRow]) -> bool:
    """Return whether newer readers have begun to read again, or have, what is recorded."""
    found = connection.execute("SELECT coalesce(max(edition), 0) FROM rereading").fetchone()
    return found is not None and found[0] > EDITION


def reread(read: Read) -> Iterator[Progress]:
    """Read all again that waits, and yield how far that is after each commit.

    Several processes that do take turns, a portion each.
    """
    with staging.writing_pool().connection() as connection:
        connection.execute(
            "INSERT INTO rereading (edition) VALUES (%s) ON CONFLICT DO NOTHING", (EDITION,)
        )
        is_done = False
        while not is_done:
            progress = _do_some(connection, read)
            yield progress
            is_done = progress.is_done


@again_after_deadlock
def _do_some(connection: Connection[TupleRow], read: Read) -> Progress:
    with staging.writing_on(connection) as cursor:
        take(cursor, AdvisoryKey.REREADING)
        bookmark = _bookmark(cursor)
        if bookmark.phase == "messages":
            _reread_some(cursor, bookmark.after_message, read)
        elif bookmark.phase == "requests":
            _fold_some_requests(cursor, bookmark.after_request)
        elif bookmark.phase == "distributions":
            _fold_some_distributions(cursor, bookmark.after_device)
        return _bookmark(cursor).progress()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bookmark:
    """How far this edition is, as ``rereading`` keeps it."""

    phase: str
    after_message: UUID
    after_request: int
    after_device: int | None
    messages: int
    corrected: int
    unreadable: int
    without_body: int

    def progress(self) -> Progress:
        # A message's key is random, and so is a device's place among EUI-64s only in part: what
        # share of them has passed is known of messages alone.
        return Progress(
            phase=self.phase,
            share=self.after_message.int / (1 << 128) if self.phase == "messages" else 1.0,
            messages=self.messages,
            corrected=self.corrected,
            unreadable=self.unreadable,
            without_body=self.without_body,
        )


def _bookmark(cursor: Cursor[TupleRow]) -> _Bookmark:
    with cursor.connection.cursor(row_factory=class_row(_Bookmark)) as rows:
        rows.execute(
            "SELECT phase, after_message, after_request, after_device, messages, corrected,"
            " unreadable, without_body FROM rereading WHERE edition = %s",
            (EDITION,),
        )
        found = rows.fetchone()
    assert found is not None
    return found


class _Described(NamedTuple):
    """What a message's own row says of it."""

    user_id: int | None
    occurred_at: datetime | None
    kind: int
    code: str | None
    responder: int | None
    response_counter: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recorded:
    """A row of ``message``, with what is kept of its body."""

    message_id: UUID
    user_id: int | None
    occurred_at: datetime | None
    recorded_at: datetime
    kind: int
    code: str | None
    body: bytes | None
    responder: int | None
    response_counter: int | None

    def kept(self, body: bytes) -> KeptMessage:
        return KeptMessage(
            message_id=self.message_id,
            kind=KIND_OF_NUMBER[self.kind],
            body=unpack(body),
            occurred_at=self.occurred_at,
            recorded_at=self.recorded_at,
        )

    def described(self) -> _Described:
        return _Described(
            self.user_id, self.occurred_at, self.kind, self.code, self.responder,
            self.response_counter,
        )  # fmt: skip


def _reread_some(cursor: Cursor[TupleRow], after: UUID, read: Read) -> None:
    with cursor.connection.cursor(row_factory=class_row(_Recorded)) as rows:
        rows.execute(
            statement("reread_portion"),
            {"after": after, "messages": _MESSAGES_AT_ONCE, "octets": _OCTETS_AT_ONCE},
        )
        portion = rows.fetchall()
    if not portion:
        _go_on(cursor, "phase = 'requests'")
        return
    readings = [
        read(recorded.kept(recorded.body)) for recorded in portion if recorded.body is not None
    ]
    messages = [message for message in readings if message is not None]
    corrected = _correct(cursor, messages)
    _correct_rows(cursor, messages, portion)
    _correct_sending(cursor, messages)
    _go_on(
        cursor,
        "after_message = %s, messages = messages + %s, corrected = corrected + %s,"
        " unreadable = unreadable + %s, without_body = without_body + %s",
        (
            portion[-1].message_id,
            len(readings),
            corrected,
            len(readings) - len(messages),
            len(portion) - len(readings),
        ),
    )


def _correct(cursor: Cursor[TupleRow], messages: Sequence[Message]) -> int:
    """Make what is stored of the messages what they report; return how many facts that changed."""
    named = frozenset[RequestId]().union(*(message.named_requests() for message in messages))
    known, _ = hold_requests(cursor, named)  # whatever a kept message names is kept
    keys = keys_of(known)
    take(cursor, AdvisoryKey.ATTRIBUTION)
    staging.stage_events(cursor, messages, keys)
    staging.stage_activation_events(cursor, messages)
    cursor.execute(statement("reread_leave_gone"))
    corrected = 0
    for name in (
        "reread_correct_events",
        "reread_correct_activation_events",
    ):
        cursor.execute(statement(name))
        corrected += int(_one(cursor)[0])
    cursor.execute(statement("leave_out_withdrawn"))
    cursor.execute(statement("insert_names"), {"request_keys": list(keys.values())})
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


def _correct_devices(cursor: Cursor[TupleRow], messages: Sequence[Message]) -> int:
    stated = [*inventory.statements_of(messages), *proposals.record(cursor, messages)]
    for message in messages:
        record_supplier_change(cursor, message)
    return inventory.restate(cursor, stated) if stated else 0


def _correct_rows(
    cursor: Cursor[TupleRow], messages: Sequence[Message], portion: Sequence[_Recorded]
) -> None:
    """Correct the messages' own rows, of those that are read otherwise now."""
    stored = {recorded.message_id: recorded.described() for recorded in portion}
    wrong = {
        message.message_id: read
        for message in messages
        if (read := _description_of(message)) != stored[message.message_id]
    }
    if wrong:
        cursor.execute(
            statement("reread_correct_messages"),
            {
                "message_ids": list(wrong),
                "users": [each.user_id for each in wrong.values()],
                "occurred_ats": [each.occurred_at for each in wrong.values()],
                "kinds": [each.kind for each in wrong.values()],
                "codes": [each.code for each in wrong.values()],
                "responders": [each.responder for each in wrong.values()],
                "response_counters": [each.response_counter for each in wrong.values()],
                "are_dated": [
                    KIND_OF_NUMBER[each.kind] not in UNDATED_KINDS for each in wrong.values()
                ],
            },
        )


def _description_of(message: Message) -> _Described:
    user_id = None if message.user_id is None else to_bigint(message.user_id)
    return _Described(
        user_id, message.occurred_at, KIND_NUMBERS[message.kind], message.code,
        *response_parts(message.response_id),
    )  # fmt: skip


def _correct_sending(cursor: Cursor[TupleRow], messages: Sequence[Message]) -> None:
    requests = [(each.message_id, each.request) for each in messages if each.request is not None]
    stated = frozenset(request.request_id for _, request in requests)
    keys = keys_of(known_requests(cursor, stated))
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
    # In the order of all who hold requests.
    cursor.execute(
        "SELECT FROM request WHERE request_key = ANY (%(request_keys)s)"
        " ORDER BY originator, target, counter FOR NO KEY UPDATE",
        folded,
    )
    take(cursor, AdvisoryKey.ATTRIBUTION)
    # What events report matters only beside the request's own times, which are folded first. Of
    # those that have gone with their months nothing but this is left.
    cursor.execute(
        "DELETE FROM recorded_request_naming AS n WHERE request_key = ANY (%(request_keys)s)"
        " AND NOT EXISTS"
        " (SELECT FROM pruned_distribution AS p WHERE p.request_key = n.request_key)",
        folded,
    )
    for name in (
        "fold_requests",
        "reread_namings",
        "fold_requests",
    ):
        cursor.execute(statement(name), folded)
    _go_on(cursor, "after_request = %s", (rows[-1][0],))


def _fold_some_distributions(cursor: Cursor[TupleRow], after: int | None) -> None:
    take(cursor, AdvisoryKey.ATTRIBUTION)
    last = None
    if after != _GREATEST_KEY:
        first = _LEAST_KEY if after is None else after + 1
        portion = {"first": first, "limit": _DEVICES_AT_ONCE}
        cursor.execute(statement("reread_next_devices"), portion)
        (last,) = _one(cursor)
        if _fold_left_devices(cursor):
            cursor.execute(statement("reread_next_devices"), portion)
    if last is None:
        cursor.execute("INSERT INTO stale_request SELECT request_key FROM request")
        _go_on(cursor, "phase = 'done', ended_at = now()")
        return
    for name in ("fold_names", "fold_devices"):
        cursor.execute(statement(name))
    _go_on(cursor, "after_device = %s", (last,))


def _fold_left_devices(cursor: Cursor[TupleRow]) -> bool:
    """Fold those of the concerned devices that batches left as these would, if anybody is notified.

    What that changes is news. Return whether it was done; then no device is concerned any more.
    """
    cursor.execute("SELECT EXISTS (SELECT FROM unfolded_device)")
    if not _one(cursor)[0] or not changes.listeners(cursor).are_notified:
        return False
    cursor.execute(statement("reread_left_devices"))
    changes.hold_statuses(cursor)
    cursor.execute(statement("fold_devices"))
    changes.queue_changes(cursor)
    cursor.execute("DELETE FROM concerned_device")
    return True


def _go_on(cursor: Cursor[TupleRow], changes: str, values: tuple[object, ...] = ()) -> None:
    cursor.execute(
        f"UPDATE rereading SET {changes} WHERE edition = %s".encode(),  # noqa: S608 - of our own names alone
        (*values, EDITION),
    )


def _one(cursor: Cursor[TupleRow]) -> TupleRow:
    row = cursor.fetchone()
    assert row is not None
    return row

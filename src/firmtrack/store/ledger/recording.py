"""The one way by which facts enter the store: any number of messages, one transaction, sets.

Any number of processes may record at once. What they agree on without talking is in the rows: the
primary keys make a message count once, and the greatest event wins whoever writes it. They talk in
one case. Whether a loose event belongs to a request depends on which requests there are; so a batch
that changes the requests, or which devices they name, holds the attribution lock alone, and every
other batch holds it shared (docs/decisions/003).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeAlias
from uuid import UUID

from psycopg import Cursor, Rollback
from psycopg.rows import TupleRow, class_row
from psycopg.types.json import Jsonb

from firmtrack.domain.facts import Event, ImageFacts, Message, RequestFacts
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.stages import Status
from firmtrack.store.ledger import (
    changes,
    incidents,
    inventory,
    marks,
    proposals,
    staging,
    statement,
)
from firmtrack.store.ledger.quarantine import Refusal, quarantine
from firmtrack.store.locks import AdvisoryKey, take, take_shared
from firmtrack.store.numbers import numbers_of, request_id_of, request_parts, to_bigint


class KnownRequest(NamedTuple):
    """A request that has a row.

    settled: what names it for a single device, from ``whole_at`` on, leaves attribution as it is.
    """

    key: int
    originator: int
    target: int
    counter: int
    is_settled: bool
    whole_at: datetime | None

    @property
    def request_id(self) -> RequestId:
        """Its Request ID."""
        return request_id_of(self.originator, self.target, self.counter)

    def is_unmoved_by(self, event: Event) -> bool:
        """Return whether ``event``, which names it, leaves attribution as it is.

        Unless its device is new to the request, or was ever refused: only the database knows that.
        """
        return (
            self.is_settled
            and self.whole_at is not None
            and event.occurred_at >= self.whole_at
            and event.status is not Status.REJECTED
        )


KnownRequests: TypeAlias = dict[RequestId, KnownRequest]


@dataclass(frozen=True, slots=True)
class Submission:
    """Who hands messages in: a party's name or ``operator``; the ending of the token, if by one."""

    submitter: str
    token: str | None = None


OPERATOR = Submission("operator")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one transaction records; ``ignored`` counts messages not about firmware by kind."""

    messages: Sequence[Message] = ()
    submission: Submission = OPERATOR
    refusals: Sequence[Refusal] = ()
    ignored: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a batch's transaction did, in the batch's order, once it is committed.

    ``is_new`` is of each message whether it was recorded now; a message that was there before,
    or earlier in the batch, is a duplicate.
    """

    is_new: tuple[bool, ...]
    quarantine_ids: tuple[int, ...]


def record(batch: Batch) -> Receipt:
    """Record a batch in one transaction and return what it did, after the commit."""
    with (
        staging.writing_pool().connection() as connection,
        connection.transaction(),
        connection.cursor() as cursor,
    ):
        is_new = _record_messages(cursor, batch.messages, batch.submission)
        quarantine_ids = quarantine(cursor, batch.refusals)
        _count_ignored(cursor, batch.ignored)
    return Receipt(is_new=is_new, quarantine_ids=quarantine_ids)


def _record_messages(
    cursor: Cursor[TupleRow], messages: Sequence[Message], submission: Submission
) -> tuple[bool, ...]:
    first_of = {message.digest: message for message in reversed(messages)}
    candidates = sorted(first_of.values(), key=lambda message: message.digest)
    new_ids = _insert_messages(cursor, candidates, submission)
    new = [message for message in candidates if message.message_id in new_ids]
    if new:
        _record_facts(cursor, new)
    return _is_first(messages, new_ids)


def _is_first(messages: Sequence[Message], new_ids: frozenset[UUID]) -> tuple[bool, ...]:
    """Return of each message whether it is the first in the batch with its, a new, ID."""
    waiting = set(new_ids)
    is_first = []
    for message in messages:
        is_first.append(message.message_id in waiting)
        waiting.discard(message.message_id)
    return tuple(is_first)


def _insert_messages(
    cursor: Cursor[TupleRow], messages: Sequence[Message], submission: Submission
) -> frozenset[UUID]:
    if not messages:
        return frozenset()
    staging.stage_messages(cursor, messages)
    cursor.execute(statement("insert_messages"), asdict(submission))
    new_ids = frozenset(row[0] for row in cursor)
    if len(new_ids) < len(messages):
        cursor.execute(statement("keep_withdrawn_again"), asdict(submission))
    return new_ids


def _record_facts(cursor: Cursor[TupleRow], messages: Sequence[Message]) -> None:
    """Record what new messages report: beside other writers if that is enough, else alone."""
    incidents.record(cursor, messages)
    named = frozenset[RequestId]().union(*(message.named_requests() for message in messages))
    is_notified = changes.is_anyone_notified(cursor)
    if any(map(_changes_requests, messages)) or not _record_beside_others(
        cursor, messages, named, is_notified=is_notified
    ):
        _record_alone(cursor, messages, named, is_notified=is_notified)
    marks.mark_stale(cursor, named | _befallen(messages))
    _record_activations(cursor, messages, is_notified=is_notified)
    if is_notified:
        changes.queue_mismatches(cursor, messages)
    _record_devices(cursor, messages)
    marks.mark_arrivals(cursor, messages)


def _changes_requests(message: Message) -> bool:
    stated = (message.request is not None, message.answer is not None)
    return any(stated) or bool(message.steps) or bool(message.befallen_requests())


def _befallen(messages: Sequence[Message]) -> frozenset[RequestId]:
    return frozenset[RequestId]().union(*(message.befallen_requests() for message in messages))


def _record_beside_others(
    cursor: Cursor[TupleRow],
    messages: Sequence[Message],
    named: frozenset[RequestId],
    *,
    is_notified: bool,
) -> bool:
    """Record events that leave what attribution sees as it is.

    Return whether that sufficed; if not, nothing was written.
    """
    with cursor.connection.transaction() as savepoint:
        take_shared(cursor, AdvisoryKey.ATTRIBUTION)
        known = _known_requests(cursor, named)
        if not all(
            event.request_id in known and known[event.request_id].is_unmoved_by(event)
            for message in messages
            for event in message.events
            if event.request_id is not None
        ):
            raise Rollback(savepoint)
        staging.stage_events(cursor, messages, _keys_of(known))
        if is_notified:
            changes.hold_statuses(cursor)
        cursor.execute(statement("insert_events"))
        if _fold_events(cursor):
            raise Rollback(savepoint)
        _place_devices(cursor, messages)
        if is_notified:
            changes.queue_changes(cursor)
        return True
    return False


def _record_alone(
    cursor: Cursor[TupleRow],
    messages: Sequence[Message],
    named: frozenset[RequestId],
    *,
    is_notified: bool,
) -> None:
    take(cursor, AdvisoryKey.ATTRIBUTION)
    _insert_requests(cursor, named)
    known = _known_requests(cursor, named)
    # An incident makes no request known: it may be one of another service.
    befallen = known_request_keys(cursor, _befallen(messages))
    changed_keys = {*_keys_of(known).values(), *befallen.values()}
    changed = {"request_keys": sorted(changed_keys)}
    cursor.execute(statement("remember_requests"), changed)
    staging.stage_names(cursor, messages, _keys_of(known))
    staging.stage_events(cursor, messages, _keys_of(known))
    if is_notified:
        changes.hold_statuses(cursor, changed["request_keys"])
    for message in messages:
        _record_request_facts(cursor, message, known)
    for name in (
        "insert_events",
        "insert_namings",
        "insert_names",
        "refuse_devices",
    ):
        cursor.execute(statement(name))
    cursor.execute(statement("fold_requests"), changed)
    cursor.execute(statement("name_devices"))
    cursor.execute(statement("decline_devices"), changed)
    _fold_events(cursor)
    cursor.execute(statement("keep_changed_requests"))
    cursor.execute(statement("keep_loose_devices"))
    cursor.execute(statement("fold_devices"))
    _place_devices(cursor, messages)
    if is_notified:
        changes.queue_changes(cursor, changed["request_keys"])


def _fold_events(cursor: Cursor[TupleRow]) -> bool:
    """Fold the staged events and return whether any may change what attribution sees."""
    cursor.execute(statement("fold_events"))
    return bool(_one(cursor)[0])


def _place_devices(cursor: Cursor[TupleRow], messages: Sequence[Message]) -> None:
    if any(event.comms_hub_id is not None for message in messages for event in message.events):
        cursor.execute(statement("place_devices"))


def known_request_keys(
    cursor: Cursor[TupleRow], request_ids: frozenset[RequestId]
) -> dict[RequestId, int]:
    """Return the keys of those of the requests that have a row."""
    return _keys_of(_known_requests(cursor, request_ids))


def _known_requests(cursor: Cursor[TupleRow], request_ids: frozenset[RequestId]) -> KnownRequests:
    if not request_ids:
        return {}
    with cursor.connection.cursor(row_factory=class_row(KnownRequest)) as rows:
        rows.execute(statement("known_requests"), request_columns(request_ids))
        return {known.request_id: known for known in rows}


def _insert_requests(cursor: Cursor[TupleRow], request_ids: frozenset[RequestId]) -> None:
    if request_ids:
        cursor.execute(statement("insert_requests"), request_columns(request_ids))


def request_columns(request_ids: frozenset[RequestId]) -> list[list[int]]:
    """Return the three columns that store the Request IDs, in any order."""
    return [list(column) for column in zip(*map(request_parts, request_ids), strict=True)]


def _keys_of(known: KnownRequests) -> dict[RequestId, int]:
    return {request_id: request.key for request_id, request in known.items()}


def _record_request_facts(cursor: Cursor[TupleRow], message: Message, known: KnownRequests) -> None:
    """Record what a message reports of a request as a whole."""
    if message.request is not None:
        _insert_statement(cursor, message, message.request, known)
    for step in message.steps:
        cursor.execute(
            statement("insert_step"),
            {
                "request_key": known[step.request_id].key,
                "message_id": message.message_id,
                "occurred_at": step.occurred_at,
                "stage": int(step.status.stage),
                "failed": step.status.is_bad,
                "reason": step.reason,
                "variant": None if message.answer is None else str(message.answer.variant),
                **numbers_of(message),
            },
        )


def _insert_statement(
    cursor: Cursor[TupleRow], message: Message, request: RequestFacts, known: KnownRequests
) -> None:
    cursor.execute(
        statement("insert_statement"),
        {
            "request_key": known[request.request_id].key,
            "message_id": message.message_id,
            "sent_at": request.sent_at,
            "variant": str(request.variant),
            "stated_version": request.firmware_version,
            "image_hash": request.image.manufacturer_image_hash,
            "image": Jsonb(_image_as_json(request.image)),
        },
    )


def _image_as_json(image: ImageFacts) -> dict[str, object]:
    facts = asdict(image)
    del facts["manufacturer_image_hash"]  # has a column of its own, which attribution compares
    return facts


def _record_activations(
    cursor: Cursor[TupleRow], messages: Sequence[Message], *, is_notified: bool
) -> None:
    if not any(message.activation is not None for message in messages):
        return
    before = changes.hold_activations(cursor, messages) if is_notified else {}
    staging.stage_activation_events(cursor, messages)
    cursor.execute(statement("insert_activation_events"))
    if is_notified:
        changes.queue_activations(cursor, messages, before)


def _record_devices(cursor: Cursor[TupleRow], messages: Sequence[Message]) -> None:
    stated = [*inventory.statements_of(messages), *proposals.record(cursor, messages)]
    if stated:
        inventory.state(cursor, stated)
    for message in messages:
        record_supplier_change(cursor, message)


def record_supplier_change(cursor: Cursor[TupleRow], message: Message) -> None:
    """Record that the message reports a change of supplier, if it does."""
    change = message.supplier_change
    if change is not None:
        cursor.execute(
            statement("insert_supplier_change"),
            {
                "device_id": to_bigint(change.device_id),
                "message_id": message.message_id,
                "told_at": change.reported_at,
                **numbers_of(message),
            },
        )


def _count_ignored(cursor: Cursor[TupleRow], ignored: Mapping[str, int]) -> None:
    for kind, count in sorted(ignored.items()):
        cursor.execute(statement("count_ignored"), (kind, count))


def _one(cursor: Cursor[TupleRow]) -> TupleRow:
    row = cursor.fetchone()
    assert row is not None
    return row

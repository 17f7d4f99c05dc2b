"""The one way by which facts enter the store: any number of messages, one transaction, sets.

Any number of processes may record at once. What they agree on without talking is in the rows: the
primary keys make a message count once, and the greatest event wins whoever writes it. They talk in
one case. Whether a loose event belongs to a request depends on which requests there are; so a batch
that changes the requests, or which devices they name, holds the attribution lock alone, and every
other batch holds it shared (docs/decisions/003).
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from psycopg import Cursor, DataError, Rollback
from psycopg.rows import TupleRow

from firmtrack.domain.facts import Message
from firmtrack.domain.identifiers import RequestId
from firmtrack.errors import FirmtrackError
from firmtrack.measures import MEASURES
from firmtrack.measures.table import LEDGER_BATCH_SECONDS
from firmtrack.store.database import SERVER_FAILURES
from firmtrack.store.ledger import (
    changes,
    incidents,
    inventory,
    marks,
    proposals,
    retention,
    staging,
    statement,
)
from firmtrack.store.ledger.quarantine import Refusal, quarantine
from firmtrack.store.ledger.requests import (
    hold_requests,
    keys_of,
    known_requests,
    record_request_facts,
)
from firmtrack.store.ledger.submission import OPERATOR, Submission
from firmtrack.store.locks import AdvisoryKey, again_after_deadlock, take, take_shared
from firmtrack.store.numbers import numbers_of, to_bigint
from firmtrack.store.shards import shards_of_devices
from firmtrack.store.together import Together

_MOST_TOGETHER = 100


class NotRecordable(FirmtrackError):
    """A message says something that the database cannot hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one transaction records; ``ignored`` counts messages not about firmware by kind.

    ``most_quarantined_bytes`` is how much may wait in quarantine of the submitters with a quota.
    """

    messages: Sequence[Message] = ()
    submission: Submission = OPERATOR
    refusals: Sequence[Refusal] = ()
    ignored: Mapping[str, int] = field(default_factory=dict)
    most_quarantined_bytes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a batch's transaction did, in the batch's order, once it is committed.

    ``is_new`` is of each message whether it was recorded now; a message that was there before,
    or earlier in the batch, is a duplicate. ``is_gone`` is of each whether it tells only of what is
    no longer kept: it was counted as ignored. A quarantine ID is None if there was no room for it.
    """

    is_new: tuple[bool, ...]
    is_gone: tuple[bool, ...]
    quarantine_ids: tuple[int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Portions:
    """What is done at once while nobody else may record: tens of milliseconds' work on one server.

    ``devices`` are folded anew in one transaction; on a cluster half as many of each shard, if that
    is more. ``events`` that name no request and are newer than what the batch brings are looked
    through; if there are more, the devices are.
    """

    devices: int = 100
    events: int = 2_000

    def devices_on(self, shards: int) -> int:
        """Return how many devices are folded in one transaction."""
        # To ask a shard takes as long as to fold some tens of devices there, whether it has any.
        return max(self.devices, self.devices * shards // 2)


PORTIONS = Portions()


def record(batch: Batch, portions: Portions = PORTIONS) -> Receipt:
    """Record a batch in one transaction and return what it did, after the commit.

    Single messages that other threads record meanwhile may share the transaction. Of a request that
    comes after the events of many devices, these are folded in further transactions.
    Raises NotRecordable if the database cannot hold what a message says; then nothing is recorded.
    """
    try:
        if _is_single(batch) and portions is PORTIONS:
            return _record_together(batch)
        (receipt,) = _record_all([batch], portions)
    except (DataError, UnicodeError, OverflowError) as error:
        raise NotRecordable from error
    return receipt


def _is_single(batch: Batch) -> bool:
    """Return whether the batch is one message that holds nobody up."""
    # What goes into quarantine takes locks in an order of its own batch alone.
    return (
        len(batch.messages) == 1 and not batch.refusals and not _changes_requests(batch.messages[0])
    )


def _record_all(batches: Sequence[Batch], portions: Portions = PORTIONS) -> Sequence[Receipt]:
    began_at = time.perf_counter()
    receipts, is_folded = _transact(batches, portions)
    MEASURES.observe(LEDGER_BATCH_SECONDS, seconds=time.perf_counter() - began_at)
    if not is_folded:
        fold_unfolded(portions)
    return receipts


@again_after_deadlock
def _transact(batches: Sequence[Batch], portions: Portions) -> tuple[Sequence[Receipt], bool]:
    """Record the batches; return what that did, and whether all is folded."""
    with staging.writing() as cursor:
        are_new, gone, is_folded = _record_messages(cursor, batches, portions)
        are_gone = [
            tuple(bool(gone) and each.message_id in gone for each in one.messages)
            for one in batches
        ]
        ids = [_quarantine(cursor, batch) for batch in batches]
        for batch in batches:
            _count_ignored(cursor, batch.ignored)
        if gone:
            _count_ignored(cursor, {retention.BEFORE_RETENTION: sum(map(sum, are_gone))})
    receipts = [
        Receipt(is_new=is_new, is_gone=is_gone, quarantine_ids=quarantine_ids)
        for is_new, is_gone, quarantine_ids in zip(are_new, are_gone, ids, strict=True)
    ]
    return receipts, is_folded


def _quarantine(cursor: Cursor[TupleRow], batch: Batch) -> tuple[int | None, ...]:
    return quarantine(cursor, batch.refusals, batch.most_quarantined_bytes)


# Without its database none is recorded: to try each for itself would make all wait for it in turn.
_record_together = Together(_record_all, most=_MOST_TOGETHER, all_fail_of=SERVER_FAILURES)


def _record_messages(
    cursor: Cursor[TupleRow], batches: Sequence[Batch], portions: Portions
) -> tuple[Sequence[tuple[bool, ...]], frozenset[UUID], bool]:
    """Record the batches' messages and return of each, batch by batch, whether it was new.

    Return also which tell only of what has gone, and whether all is folded; if not, devices were
    left for fold_unfolded.
    """
    handed_in: dict[tuple[bytes, Submission], Message] = {}
    for batch in batches:
        for message in batch.messages:
            handed_in.setdefault((message.digest, batch.submission), message)
    # The order of the digests is every writer's; of one message the first counts.
    candidates = sorted(handed_in.items(), key=lambda each: each[0][0])
    new_ids = _insert_messages(cursor, [(each, by) for (_, by), each in candidates])
    new = {message.digest: message for _, message in candidates if message.digest[:16] in new_ids}
    gone, known = retention.leave_out_gone(cursor, new.values())
    if gone or known:
        left_out = gone | known
        new = {digest: each for digest, each in new.items() if each.message_id not in left_out}
        new_ids = frozenset(digest[:16] for digest in new)
    is_folded = not new or _record_facts(cursor, list(new.values()), portions)
    waiting = set(new_ids)
    are_new = [tuple(_is_first(each, waiting) for each in batch.messages) for batch in batches]
    return are_new, gone, is_folded


def _is_first(message: Message, waiting: set[bytes]) -> bool:
    """Return whether the message is the first with its, a new, ID, which then waits no more."""
    message_id = message.digest[:16]
    if message_id in waiting:
        waiting.remove(message_id)
        return True
    return False


def _insert_messages(
    cursor: Cursor[TupleRow], handed_in: Sequence[tuple[Message, Submission]]
) -> frozenset[bytes]:
    """Insert what is new of the messages, and return the octets of its message IDs."""
    if not handed_in:
        return frozenset()
    staging.stage_messages(cursor, handed_in)
    cursor.execute(statement("insert_messages"))
    new_ids = frozenset(row[0] for row in cursor)
    if len(new_ids) < len(handed_in):
        cursor.execute(statement("keep_withdrawn_again"))
    return new_ids


def _record_facts(
    cursor: Cursor[TupleRow], messages: Sequence[Message], portions: Portions
) -> bool:
    """Record what new messages report: beside other writers if that is enough, else alone.

    Return whether all is folded.
    """
    incidents.record(cursor, messages)
    named = frozenset[RequestId]().union(*(message.named_requests() for message in messages))
    told = changes.listeners(cursor)
    if told.is_pruning:
        retention.note_touched(cursor, messages)
    is_folded = True
    if any(map(_changes_requests, messages)) or not _record_beside_others(
        cursor, messages, named, told
    ):
        is_folded = _record_alone(cursor, messages, named, portions, told)
    marks.mark_stale(cursor, named | _befallen(messages))
    _record_activations(cursor, messages, is_notified=told.are_notified)
    if told.are_notified:
        changes.queue_mismatches(cursor, messages)
    _record_devices(cursor, messages)
    marks.mark_arrivals(cursor, messages)
    return is_folded


def _changes_requests(message: Message) -> bool:
    return (
        message.request is not None
        or message.answer is not None
        or bool(message.steps)
        or (bool(message.incidents) and bool(message.befallen_requests()))
    )


def _befallen(messages: Sequence[Message]) -> frozenset[RequestId]:
    return frozenset[RequestId]().union(
        *(message.befallen_requests() for message in messages if message.incidents)
    )


def _record_beside_others(
    cursor: Cursor[TupleRow],
    messages: Sequence[Message],
    named: frozenset[RequestId],
    told: changes.Listeners,
) -> bool:
    """Record events that leave what attribution sees as it is.

    Return whether that sufficed; if not, nothing was written.
    """
    with cursor.connection.transaction() as savepoint:
        take_shared(cursor, AdvisoryKey.ATTRIBUTION)
        known = known_requests(cursor, named)
        if not all(
            event.request_id in known and known[event.request_id].is_unmoved_by(event)
            for message in messages
            for event in message.events
            if event.request_id is not None
        ):
            raise Rollback(savepoint)
        staging.stage_events(cursor, messages, keys_of(known))
        if told.are_notified:
            changes.hold_statuses(cursor)
        cursor.execute(statement("insert_events"))
        if _fold_events(cursor):
            raise Rollback(savepoint)
        _place_devices(cursor, messages)
        if told.are_notified:
            changes.queue_changes(cursor)
        if told.are_watching:
            changes.mark_watched(cursor)
        return True
    return False


def _record_alone(
    cursor: Cursor[TupleRow],
    messages: Sequence[Message],
    named: frozenset[RequestId],
    portions: Portions,
    told: changes.Listeners,
) -> bool:
    """Record what may change what attribution sees, and return whether all is folded.

    What takes long, the names of a large request, is written before the lock is taken: nobody else
    sees it yet, and nobody else names a request whose row is held, unless it is settled.
    """
    known, new = hold_requests(cursor, named, _befallen(messages))
    keys = keys_of(known)
    changed = {"request_keys": sorted(keys.values())}
    earlier = {"request_keys": [key for key in changed["request_keys"] if key not in new]}
    cursor.execute(statement("remember_requests"), earlier)
    staging.stage_names(cursor, messages, keys)
    staging.stage_events(cursor, messages, keys)
    record_request_facts(cursor, messages, keys)
    cursor.execute(statement("insert_events"))
    cursor.execute(statement("insert_namings"))
    unsettled = [request.key for request in known.values() if not request.is_settled]
    cursor.execute(statement("insert_names"), {"request_keys": unsettled})
    if not earlier["request_keys"] and _name_many(messages, portions):
        return _record_new_requests(cursor, changed["request_keys"], portions, told)
    take(cursor, AdvisoryKey.ATTRIBUTION)
    if told.are_notified:
        changes.hold_statuses(cursor, earlier["request_keys"])
    if len(unsettled) < len(known):
        cursor.execute(statement("insert_names"), changed)
    cursor.execute(statement("refuse_devices"))
    cursor.execute(statement("fold_requests"), changed)
    cursor.execute(statement("name_devices"))
    cursor.execute(statement("decline_devices"), changed)
    cursor.execute(statement("keep_changed_requests"))
    is_folded = _concern_loose_devices(cursor, portions)
    if told.are_notified:
        changes.hold_concerned_statuses(cursor, changed["request_keys"])
    _fold_events(cursor)
    cursor.execute(statement("fold_devices"))
    _place_devices(cursor, messages)
    if told.are_notified:
        changes.queue_changes(cursor, changed["request_keys"])
    if told.are_watching:
        changes.mark_watched(cursor, changed["request_keys"])
    return is_folded


def _name_many(messages: Sequence[Message], portions: Portions) -> bool:
    """Return whether all that is told is of requests as a whole, and of more than a portion."""
    devices = sum(len(each.request.device_ids) for each in messages if each.request is not None)
    return devices > portions.devices and not any(each.events for each in messages)


def _record_new_requests(
    cursor: Cursor[TupleRow], request_keys: list[int], portions: Portions, told: changes.Listeners
) -> bool:
    """Record what is told of requests that were not known, and return whether all is folded.

    Nobody else sees these yet, so that nothing waits for the lock but what others may add
    meanwhile: loose events. The devices that had any are left, and folded after the batch.
    """
    changed = {"request_keys": request_keys}
    cursor.execute(statement("fold_requests"), changed)
    if told.are_notified:
        changes.queue_changes(cursor, request_keys)
    cursor.execute(statement("decline_devices"), changed)
    earliest = _earliest_concern(cursor)
    are_left = earliest is not None and _leave_of_many_events(cursor, earliest, portions)
    take(cursor, AdvisoryKey.ATTRIBUTION)
    if told.are_watching:
        changes.mark_watched(cursor, request_keys)
    if earliest is None or are_left:
        return not are_left
    if _leave_of_many_events(cursor, earliest, portions):
        return False
    cursor.execute(statement("keep_loose_devices"))
    if not _one(cursor)[0]:
        return True
    cursor.execute(statement("leave_concerned"))
    return False


def _leave_of_many_events(cursor: Cursor[TupleRow], earliest: str, portions: Portions) -> bool:
    """Leave all devices concerned if many loose events are newer; else find those of these."""
    asked = {"earliest": earliest, "most": portions.events}
    cursor.execute(statement("find_recent_loose_devices"), asked)
    if _one(cursor)[0] < portions.events:
        return False
    cursor.execute(statement("leave_unfolded"), {**asked, "most": 0})
    return bool(_one(cursor)[0])


def _concern_loose_devices(cursor: Cursor[TupleRow], portions: Portions) -> bool:
    """Keep the devices concerned of which a loose event may belong elsewhere than before.

    Return whether these are all; if not, they are left to be folded after the batch.

    Few events are newer than a new request: they are looked for by their time first. After a
    request that comes late they are looked for device by device, of many devices after the batch.
    """
    earliest = _earliest_concern(cursor)
    if earliest is None:
        return True
    asked = {"earliest": earliest, "most": portions.events}
    cursor.execute(statement("find_recent_loose_devices"), asked)
    if _one(cursor)[0] == portions.events:
        asked["most"] = portions.devices
        cursor.execute(statement("leave_unfolded"), asked)
        if _one(cursor)[0]:
            return False
        cursor.execute(statement("find_loose_devices"))
    cursor.execute(statement("keep_loose_devices"))
    if _one(cursor)[0] <= portions.devices:
        return True
    cursor.execute(statement("leave_concerned"))
    return False


def _earliest_concern(cursor: Cursor[TupleRow]) -> str | None:
    """Return from since when, as PostgreSQL writes it, an event may belong elsewhere now."""
    cursor.execute(statement("earliest_concern"))
    earliest: str | None = _one(cursor)[0]
    return earliest


def fold_unfolded(portions: Portions = PORTIONS) -> None:
    """Fold anew all devices that batches left, in portions, and commit each.

    Whoever leaves any does this; who finds some was left by one that was killed.
    """
    # Those who serve look again and again, and nearly always nothing is left.
    if _fold_some_unfolded(portions.devices) < portions.devices:
        return
    with staging.writing_pool().connection() as connection:
        most = portions.devices_on(shards_of_devices(connection))
    while _fold_some_unfolded(most) == most:
        pass


@again_after_deadlock
def _fold_some_unfolded(most: int) -> int:
    with staging.writing() as cursor:
        cursor.execute(statement("take_unfolded"), {"most": most})
        unfolded = cursor.fetchall()
        if unfolded:
            _concern_unfolded(cursor, unfolded)
            _fold_concerned(cursor)
    return len(unfolded)


def _concern_unfolded(cursor: Cursor[TupleRow], unfolded: Sequence[TupleRow]) -> None:
    devices, since = zip(*unfolded, strict=True)
    taken = {"devices": list(devices), "since": list(since)}
    cursor.execute(statement("concern_unfolded"), taken)
    cursor.execute(statement("keep_loose_unfolded"), taken)


def _fold_concerned(cursor: Cursor[TupleRow]) -> None:
    take(cursor, AdvisoryKey.ATTRIBUTION)
    told = changes.listeners(cursor)
    if told.are_notified:
        changes.hold_statuses(cursor)
    cursor.execute(statement("fold_devices"))
    if told.are_notified:
        changes.queue_changes(cursor)
    if told.are_watching:
        changes.mark_watched(cursor)


def _fold_events(cursor: Cursor[TupleRow]) -> bool:
    """Fold the staged events and return whether any may change what attribution sees."""
    cursor.execute(statement("fold_events"))
    return bool(_one(cursor)[0])


def _place_devices(cursor: Cursor[TupleRow], messages: Sequence[Message]) -> None:
    if any(event.comms_hub_id is not None for message in messages for event in message.events):
        cursor.execute(statement("place_devices"))


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

"""The inventory's one write: what batches and imports state of devices, in sets.

Statements are appended, and deleted only if a message is read again and does not state them. The
row of a device is what they come to: a statement is merged into it as it comes; where one is taken
back, or read otherwise, the row is folded anew from all that count.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from psycopg import Cursor, Rollback
from psycopg.rows import TupleRow, class_row

from firmtrack.domain.facts import DeviceFacts, Message, MessageKind
from firmtrack.domain.identifiers import Eui64, ResponseId
from firmtrack.domain.inventory import (
    EUI_FACTS,
    FACT_NAMES,
    IMPORT_ID,
    Knowledge,
    Origin,
    knowledge_of,
    merge_all,
)
from firmtrack.store.ledger import inventory_sql, statement
from firmtrack.store.ledger.staging import writing
from firmtrack.store.locks import AdvisoryKey, take
from firmtrack.store.numbers import KIND_NUMBERS, eui_of, response_parts, to_bigint

# Not by a loop over the names: a million rows come this way.
_facts_of = attrgetter(*FACT_NAMES)
_EUI_PLACES = tuple(FACT_NAMES.index(name) for name in EUI_FACTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedFacts:
    """What a message states of a device.

    ``taken_by`` is the answer with which DCC took what the message only proposes, None of what it
    states itself. ``user_id`` is the User that is party to it, ``response_id`` DCC's ID of it; None
    if it has none.
    """

    facts: DeviceFacts
    message_id: UUID
    message_kind: MessageKind
    code: str | None
    user_id: Eui64 | None
    response_id: ResponseId | None = None
    taken_by: UUID | None = None


class _Uncounted(NamedTuple):
    """Of which statement, by what it is known, a row of uncounted_statements tells."""

    message_id: UUID
    taken_by: UUID | None


class ImportedRow(NamedTuple):
    """What one row of an import states of a device; ``number`` counts the import's rows."""

    number: int
    statement: DeviceFacts


@dataclass(frozen=True, slots=True)
class RepeatedDevice:
    """A row of an import about a device that an earlier row of it describes."""

    number: int
    device_id: Eui64


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReceipt:
    """What an import did: how many of its rows changed what is known, and how many did not.

    Not ``is_kept``: it left everything as it was.
    """

    changed: int
    unchanged: int
    is_kept: bool


def statements_of(messages: Iterable[Message]) -> Iterator[StatedFacts]:
    """Yield what the messages state of devices themselves, not what they only propose."""
    for message in messages:
        for facts in message.devices:
            yield StatedFacts(
                facts=facts,
                message_id=message.message_id,
                message_kind=message.kind,
                code=message.code,
                user_id=message.user_id,
                response_id=message.response_id,
            )


def state(cursor: Cursor[TupleRow], statements: Sequence[StatedFacts]) -> None:
    """Append statements of messages, each once, and merge those that count into the rows.

    What DCC took may have been stated before, and may be of a message that is withdrawn.
    """
    stage_statements(cursor, statements)
    cursor.execute(inventory_sql.INSERT)
    uncounted: set[_Uncounted] = set()
    if any(each.taken_by is not None for each in statements):
        with cursor.connection.cursor(row_factory=class_row(_Uncounted)) as rows:
            uncounted.update(rows.execute(statement("uncounted_statements")))
    learn(
        cursor,
        merge_all(
            knowledge_of(each.facts, each.message_id)
            for each in statements
            if _Uncounted(each.message_id, each.taken_by) not in uncounted
        ).values(),
    )


def restate(cursor: Cursor[TupleRow], statements: Sequence[StatedFacts]) -> int:
    """Make what messages stated what they are read to state now; return how many that changed.

    The rows of their devices are folded anew.
    """
    take(cursor, AdvisoryKey.INVENTORY)
    stage_statements(cursor, statements)
    cursor.execute(inventory_sql.FORGET_MISREAD)
    cursor.execute(inventory_sql.INSERT_READ)
    corrected = cursor.rowcount
    fold_anew(cursor)
    return corrected


def stage_statements(cursor: Cursor[TupleRow], statements: Iterable[StatedFacts]) -> None:
    """Copy what messages state of devices into ``staged_statement``."""
    with cursor.copy(inventory_sql.COPY_STATEMENTS) as copy:
        copy.set_types(inventory_sql.STATEMENT_TYPES)
        for each in statements:
            values = ((name, getattr(each.facts, name)) for name in FACT_NAMES)
            copy.write_row(
                (
                    to_bigint(each.facts.device_id),
                    each.message_id.bytes,
                    None if each.taken_by is None else each.taken_by.bytes,
                    each.facts.learnt_at,
                    None if each.user_id is None else to_bigint(each.user_id),
                    KIND_NUMBERS[each.message_kind],
                    each.code,
                    *response_parts(each.response_id),
                    *(None if value is None else _stored(name, value) for name, value in values),
                )
            )


def fold_anew(cursor: Cursor[TupleRow]) -> None:
    """Make the rows of ``restated_device`` what the statements that count come to.

    The caller holds the inventory's lock, and the attribution lock alone: nobody else states any.
    """
    cursor.execute(inventory_sql.FOLD)
    cursor.execute(statement("end_devices"))


def learn(cursor: Cursor[TupleRow], known: Iterable[Knowledge]) -> None:
    """Merge what is known of devices, each once, into the inventory."""
    with cursor.copy(inventory_sql.COPY_DEVICES) as copy:
        copy.set_types(inventory_sql.DEVICE_TYPES)
        for each in known:
            values = (
                _stored(name, each.facts[name].value) if name in each.facts else None
                for name in FACT_NAMES
            )
            origin = each.latest
            copy.write_row(
                (
                    to_bigint(each.device_id), origin.learnt_at, origin.message_id.bytes,
                    *values, _older(each), None,
                )
            )  # fmt: skip
    cursor.execute(inventory_sql.MERGE)


def import_rows(
    rows: Iterable[ImportedRow],
    refuse: Callable[[RepeatedDevice], object],
    is_wanted: Callable[[], bool],
) -> ImportReceipt:
    """Merge an import into the inventory in one transaction, and return what it did.

    Of several rows about one device the first counts; each other goes to ``refuse``. At the end
    ``is_wanted`` tells whether to keep the import.
    """
    with writing() as cursor:
        staged = _stage_import(cursor, rows)
        repeated = _take_out_repeated(cursor, refuse)
        if not is_wanted():
            raise Rollback
        # Of two imports at once the one that is merged later counts, and is recorded later.
        take(cursor, AdvisoryKey.INVENTORY)
        cursor.execute(inventory_sql.INSERT_IMPORT, {"moment": moment(cursor)})
        cursor.execute(inventory_sql.MERGE)
        row = cursor.fetchone()
        assert row is not None
        changed = int(row[0])
        return ImportReceipt(changed=changed, unchanged=staged - repeated - changed, is_kept=True)
    return ImportReceipt(changed=0, unchanged=0, is_kept=False)


def _stage_import(cursor: Cursor[TupleRow], rows: Iterable[ImportedRow]) -> int:
    """Copy the rows into ``staged_device`` as they come, and return how many they were."""
    staged = 0
    origin = IMPORT_ID.bytes
    with cursor.copy(inventory_sql.COPY_DEVICES) as copy:
        copy.set_types(inventory_sql.DEVICE_TYPES)
        for row in rows:
            stated = row.statement
            values = list(_facts_of(stated))
            for place in _EUI_PLACES:
                if values[place] is not None:
                    values[place] = to_bigint(values[place])
            copy.write_row(
                (to_bigint(stated.device_id), stated.learnt_at, origin, *values, None, row.number)
            )
            staged += 1
    return staged


class _TakenOut(NamedTuple):
    """A row that was staged, and is no more."""

    row_number: int
    device_id: int


def _take_out_repeated(cursor: Cursor[TupleRow], refuse: Callable[[RepeatedDevice], object]) -> int:
    with cursor.connection.cursor(row_factory=class_row(_TakenOut)) as rows:
        rows.execute(
            """
            DELETE FROM staged_device AS s
            USING (
                SELECT device_id, min(row_number) AS first
                FROM staged_device GROUP BY device_id HAVING count(*) > 1
            ) AS twice
            WHERE s.device_id = twice.device_id AND s.row_number > twice.first
            RETURNING s.row_number, s.device_id
            """
        )
        for row in rows:
            refuse(RepeatedDevice(row.row_number, eui_of(row.device_id)))
        return rows.rowcount


def moment(cursor: Cursor[TupleRow]) -> datetime:
    """Return the database's time once a lock is held: whoever recorded before began before."""
    row = cursor.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    now: datetime = row[0]
    return now


def _stored(name: str, value: object) -> object:
    if name in EUI_FACTS:
        assert isinstance(value, Eui64)
        return to_bigint(value)
    return value


def _older(known: Knowledge) -> dict[str, list[str | None]] | None:
    places = {
        name: _as_json(fact.origin)
        for name, fact in known.facts.items()
        if fact.origin != known.latest
    }
    return places or None


def _as_json(origin: Origin) -> list[str | None]:
    at = origin.learnt_at
    return [None if at is None else at.isoformat(), str(origin.message_id)]

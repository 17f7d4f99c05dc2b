"""What Users ask DCC to enter in its inventory, and what of it DCC has taken.

Request and answer come in any order, and in any two batches. So a batch that holds one of either
waits for every other such batch: whoever comes second sees both.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import TupleRow, class_row
from psycopg.types.json import Jsonb

from firmtrack.domain.facts import DeviceFacts, Message, Proposal
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.inventory import EUI_FACTS, FACT_NAMES, facts_once_taken
from firmtrack.store.ledger import statement
from firmtrack.store.ledger.inventory import StatedFacts
from firmtrack.store.locks import AdvisoryKey, take
from firmtrack.store.numbers import KIND_OF_NUMBER, eui_of, request_parts, to_bigint


def record(cursor: Cursor[TupleRow], messages: Sequence[Message]) -> list[StatedFacts]:
    """Record what messages propose and what DCC answers; return all that DCC has then taken.

    Of the requests that the messages are about, what was taken before is among it.
    """
    proposals = [(each.proposal, each.message_id) for each in messages if each.proposal is not None]
    verdicts = [(each.verdict, each.message_id) for each in messages if each.verdict is not None]
    touched = {proposal.request_id for proposal, _ in proposals}
    touched.update(verdict.request_id for verdict, _ in verdicts)
    if not touched:
        return []
    take(cursor, AdvisoryKey.PROPOSALS)
    cursor.executemany(
        statement("insert_proposal"),
        [_row(proposal, by) for proposal, by in proposals],
    )
    cursor.executemany(
        statement("insert_verdict"),
        [
            (*request_parts(verdict.request_id), by, verdict.is_accepted, verdict.answered_at)
            for verdict, by in verdicts
        ],
    )
    return taken(cursor, touched)


def taken(cursor: Cursor[TupleRow], request_ids: Collection[RequestId]) -> list[StatedFacts]:
    """Return all that DCC has taken of what the requests proposed, a statement an answer."""
    if not request_ids:
        return []
    columns = [list(column) for column in zip(*map(request_parts, request_ids), strict=True)]
    with cursor.connection.cursor(row_factory=class_row(_Taken)) as rows:
        rows.execute(statement("taken_proposals"), columns)
        return [row.statement() for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """A row of what was proposed, and taken."""

    originator: int
    message_id: UUID
    device_id: int
    facts: Mapping[str, str]
    message_kind: int
    code: str | None
    taken_by: UUID
    answered_at: datetime

    def statement(self) -> StatedFacts:
        facts = _facts(eui_of(self.device_id), self.facts)
        return StatedFacts(
            facts=facts_once_taken(facts, self.answered_at),
            message_id=self.message_id,
            message_kind=KIND_OF_NUMBER[self.message_kind],
            code=self.code,
            user_id=eui_of(self.originator),
            taken_by=self.taken_by,
        )


def _row(proposal: Proposal, message_id: UUID) -> tuple[object, ...]:
    named = ((name, getattr(proposal.facts, name)) for name in FACT_NAMES)
    facts = {name: str(value) for name, value in named if value is not None}
    device_id = to_bigint(proposal.facts.device_id)
    return (*request_parts(proposal.request_id), message_id, device_id, Jsonb(facts))


def _facts(device_id: Eui64, stored: Mapping[str, str]) -> DeviceFacts:
    values: dict[str, Any] = {
        name: Eui64.parse(value) if name in EUI_FACTS else value for name, value in stored.items()
    }
    return DeviceFacts(device_id=device_id, learnt_at=None, **values)

"""What Users ask DCC to enter in its inventory, and what of it DCC has taken.

Request and answer come in any order, and in any two batches. So a batch that holds one of either
waits for every other such batch: whoever comes second sees both.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from firmtrack.domain.facts import DeviceFacts, Message, Proposal
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.inventory import FACT_NAMES, Knowledge, knowledge_once_taken
from firmtrack.store.ledger import statement
from firmtrack.store.ledger.inventory import EUI_FACTS
from firmtrack.store.locks import AdvisoryKey, take
from firmtrack.store.numbers import eui_of, request_id_of, request_parts, to_bigint


class Taken(NamedTuple):
    """What a proposal made known that DCC has taken, and the User that proposed it."""

    knowledge: Knowledge
    user_id: Eui64


def record(cursor: Cursor[TupleRow], messages: Sequence[Message]) -> list[Taken]:
    """Record what new messages propose and what DCC answers; return all that DCC has then taken.

    Of the requests that the messages are about, what was taken before is among it: to learn it
    again changes nothing.
    """
    proposals = [(each.proposal, each.message_id) for each in messages if each.proposal is not None]
    verdicts = [(each.verdict, each.message_id) for each in messages if each.verdict is not None]
    touched = {said.request_id for said, _ in proposals}
    touched.update(said.request_id for said, _ in verdicts)
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
    columns = [list(column) for column in zip(*map(request_parts, touched), strict=True)]
    cursor.execute(statement("taken_proposals"), columns)
    return [_taken(row) for row in cursor]


def _row(proposal: Proposal, message_id: UUID) -> tuple[object, ...]:
    told = ((name, getattr(proposal.facts, name)) for name in FACT_NAMES)
    facts = {name: str(value) for name, value in told if value is not None}
    device_id = to_bigint(proposal.facts.device_id)
    return (*request_parts(proposal.request_id), message_id, device_id, Jsonb(facts))


def _taken(row: TupleRow) -> Taken:
    originator, target, counter, message_id, device_id, facts, answered_at = row
    request_id = request_id_of(originator, target, counter)
    proposal = Proposal(request_id=request_id, facts=_facts(eui_of(device_id), facts))
    return Taken(knowledge_once_taken(proposal, answered_at, message_id), request_id.originator)


def _facts(device_id: Eui64, stored: Mapping[str, str]) -> DeviceFacts:
    values: dict[str, Any] = {
        name: Eui64.parse(value) if name in EUI_FACTS else value for name, value in stored.items()
    }
    return DeviceFacts(device_id=device_id, learnt_at=None, **values)

"""Whether the store is whole: what it keeps beside the facts is what the facts come to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.domain.facts import UNDATED_KINDS, MessageKind
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.inventory import IMPORT_ID
from firmtrack.store.database import reading_pool
from firmtrack.store.numbers import KIND_NUMBERS, eui_of, request_id_of
from firmtrack.store.reports.performance import uncounted_requests
from firmtrack.store.reports.snapshots import snapshot
from firmtrack.store.statements import statements_in

statement = statements_in(__name__)

_WITHOUT_FACTS = frozenset(
    {
        MessageKind.UPDATE_FIRMWARE_REQUEST,
        MessageKind.INVENTORY_RESPONSE,
        MessageKind.FIRMWARE_VERSION_RESPONSE,
        MessageKind.FIRMWARE_VERSION_MISMATCH,
        MessageKind.DEVICE_STATUS_CHANGE_EVENT,
    }
)


_KEPT = b"""
SELECT coalesce((SELECT kept_from FROM retention WHERE kind = 'facts'), '-infinity')::text,
    EXISTS (SELECT 1 FROM preparing_prune)
"""
_REQUESTS = b"""
SELECT request_key, originator, target, counter
FROM request
WHERE request_key = ANY (%(request_keys)s)
"""
_UP_TO_A_LIMIT = b"""
SELECT device_id, request_key, message_id
FROM (
{found}
) AS found
ORDER BY request_key, device_id, message_id
LIMIT %(limit)s
"""


class DisagreementKind(StrEnum):
    """What is wrong with the store; each but the last is found by the statement of its name."""

    DISTRIBUTION_IS_NOT_ITS_GREATEST_EVENT = "distribution_is_not_its_greatest_event"
    DISTRIBUTION_IS_NOT_WHAT_NAMES_IT = "distribution_is_not_what_names_it"
    REQUEST_IS_NOT_WHAT_IT_STATES = "request_is_not_what_it_states"
    REQUEST_IS_NOT_AT_ITS_GREATEST_STEP = "request_is_not_at_its_greatest_step"
    DEVICE_IS_NOT_WHAT_IS_STATED_OF_IT = "device_is_not_what_is_stated_of_it"
    FACT_WITHOUT_MESSAGE = "fact_without_message"
    MESSAGE_WITHOUT_FACTS = "message_without_facts"
    EVENT_IS_NOT_OF_ITS_MESSAGES_TIME = "event_is_not_of_its_messages_time"
    MESSAGE_AMONG_THOSE_OF_OTHER_KINDS = "message_among_those_of_other_kinds"
    REQUEST_WITHOUT_DISTRIBUTIONS = "request_without_distributions"
    REQUEST_NOT_COUNTED = "request_not_counted"


_BY_STATEMENT = [
    kind for kind in DisagreementKind if kind is not DisagreementKind.REQUEST_NOT_COUNTED
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """One place where the store is not whole; what does not apply is None."""

    kind: DisagreementKind
    device_id: Eui64 | None
    request_id: RequestId | None
    message_id: UUID | None


def disagreements(*, limit: int = 1_000) -> list[Disagreement]:
    """Return up to ``limit`` disagreements, by kind and request; none if the store is whole.

    Before them all requests that delivery performance had to pass over.

    Computes every distribution and every device anew from its facts, as of one moment: others may
    go on writing.
    """
    with reading_pool().connection() as connection, snapshot(connection):
        given = {**_given(connection), "limit": limit}
        found = [
            _Found(kind, *row) for kind in _BY_STATEMENT for row in _rows(connection, kind, given)
        ]
        keys = list({each.request_key for each in found if each.request_key is not None})
        requests = {
            key: request_id_of(*parts)
            for key, *parts in connection.execute(_REQUESTS, {"request_keys": keys})
        }
    named = [each.disagreement(requests) for each in found]
    named.sort(key=_place)
    return _not_counted() + named[:limit]


class _Found(NamedTuple):
    """A disagreement as it is found."""

    kind: DisagreementKind
    device_id: int | None
    request_key: int | None
    message_id: UUID | None

    def disagreement(self, requests: Mapping[int, RequestId]) -> Disagreement:
        return Disagreement(
            kind=self.kind,
            device_id=None if self.device_id is None else eui_of(self.device_id),
            request_id=None if self.request_key is None else requests.get(self.request_key),
            message_id=self.message_id,
        )


def _given(connection: Connection[TupleRow]) -> Mapping[str, object]:
    """Return what the statements ask with: among it since when facts are kept whole."""
    row = connection.execute(_KEPT).fetchone()
    assert row is not None
    kept_from, is_pruning = row
    return {
        "kept_from": kept_from,
        "is_pruning": is_pruning,
        "kinds_with_facts": [
            number for kind, number in KIND_NUMBERS.items() if kind not in _WITHOUT_FACTS
        ],
        "undated_kinds": [KIND_NUMBERS[kind] for kind in UNDATED_KINDS],
        "import_id": IMPORT_ID,
    }


def _rows(
    connection: Connection[TupleRow], kind: DisagreementKind, given: Mapping[str, object]
) -> Sequence[TupleRow]:
    text = _UP_TO_A_LIMIT.replace(b"{found}", statement(kind.value))
    return connection.execute(text, given).fetchall()


def _place(found: Disagreement) -> tuple[str, ...]:
    return tuple(
        "" if part is None else str(part)
        for part in (found.kind, found.request_id, found.device_id, found.message_id)
    )


def _not_counted() -> list[Disagreement]:
    return [
        Disagreement(
            kind=DisagreementKind.REQUEST_NOT_COUNTED,
            device_id=None,
            request_id=request_id,
            message_id=None,
        )
        for request_id, _ in uncounted_requests()
    ]

"""Requests as the ledger takes hold of them: their rows, and the facts of each as a whole.

Whoever records what names a request, or takes it back, holds the request's row until the end of its
transaction. Rows are taken in one order, and before the attribution lock.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import NamedTuple, TypeAlias

from psycopg import Cursor
from psycopg.rows import TupleRow, class_row
from psycopg.types.json import Jsonb

from firmtrack.domain.facts import Event, ImageFacts, Message, RequestFacts
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.stages import Status
from firmtrack.store.ledger import statement
from firmtrack.store.numbers import numbers_of, request_id_of, request_parts


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


KnownRequests: TypeAlias = Mapping[RequestId, KnownRequest]


def known_requests(cursor: Cursor[TupleRow], request_ids: frozenset[RequestId]) -> KnownRequests:
    """Return those of the requests that have a row."""
    if not request_ids:
        return {}
    with cursor.connection.cursor(row_factory=class_row(KnownRequest)) as rows:
        rows.execute(statement("known_requests"), _columns(request_ids))
        return {known.request_id: known for known in rows}


def hold_requests(
    cursor: Cursor[TupleRow],
    named: frozenset[RequestId],
    befallen: frozenset[RequestId] = frozenset(),
) -> tuple[KnownRequests, frozenset[int]]:
    """Lock the rows of the requests until the transaction ends; return them, and which are new.

    Those that are ``named`` get a row where they have none, and its key is among the new. That
    something befell a request makes no row: it may be one of another service.
    """
    if not named and not befallen:
        return {}, frozenset()
    cursor.execute(statement("hold_requests"), [*_columns(named), *_columns(befallen)])
    new = frozenset(key for key, is_new in cursor if is_new)
    return known_requests(cursor, named | befallen), new


def keys_of(known: KnownRequests) -> dict[RequestId, int]:
    """Return the keys of the requests' rows."""
    return {request_id: request.key for request_id, request in known.items()}


def record_request_facts(
    cursor: Cursor[TupleRow], messages: Iterable[Message], keys: Mapping[RequestId, int]
) -> None:
    """Record what the messages report of requests as a whole."""
    for message in messages:
        if message.request is not None:
            _insert_statement(cursor, message, message.request, keys)
        for step in message.steps:
            cursor.execute(
                statement("insert_step"),
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


def _insert_statement(
    cursor: Cursor[TupleRow],
    message: Message,
    request: RequestFacts,
    keys: Mapping[RequestId, int],
) -> None:
    cursor.execute(
        statement("insert_statement"),
        {
            "request_key": keys[request.request_id],
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


def _columns(request_ids: frozenset[RequestId]) -> list[list[int]]:
    """Return the three columns that store the Request IDs, in any order."""
    parts = [request_parts(request_id) for request_id in request_ids]
    return [[part[column] for part in parts] for column in range(3)]

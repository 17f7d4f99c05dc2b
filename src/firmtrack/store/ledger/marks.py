"""Marks of what is to be counted anew, and of where messages came from, left with what is recorded.

Whoever counts takes them away. A row of the inventory that moves to another segment of figures is
marked by the statement that moves it: firmtrack.store.ledger.inventory_sql.
"""

from collections.abc import Collection, Iterable, Sequence

from psycopg import Cursor
from psycopg.rows import TupleRow

from firmtrack.domain.facts import Message
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.sources import PRECISION, SOURCE_OF_KIND, MessageSource
from firmtrack.store.ledger import statement
from firmtrack.store.numbers import KIND_NUMBERS, request_parts, to_bigint

_CSP_KINDS = [
    KIND_NUMBERS[kind] for kind, source in SOURCE_OF_KIND.items() if source is MessageSource.CSP
]


def mark_stale(cursor: Cursor[TupleRow], named: Iterable[RequestId]) -> None:
    """Mark what the staged batch is about, as part of its transaction.

    ``named`` are all requests that its messages name.
    """
    parts = [request_parts(request_id) for request_id in named]
    columns = [[part[column] for part in parts] for column in range(3)]
    cursor.execute(statement("mark_stale"), columns)


def mark_concerned(cursor: Cursor[TupleRow]) -> None:
    """Mark all requests of the devices in ``concerned_device``."""
    cursor.execute("INSERT INTO stale_device SELECT DISTINCT device_id FROM concerned_device")


def mark_arrivals(cursor: Cursor[TupleRow], messages: Sequence[Message]) -> None:
    """Mark from which sources the staged batch's messages come, as part of its transaction."""
    arriving = sorted(
        {
            (SOURCE_OF_KIND[message.kind], user_id)
            for message in messages
            if SOURCE_OF_KIND[message.kind] is not MessageSource.CSP
            for user_id in _users_of(message)
        },
        key=str,
    )
    has_csp = any(SOURCE_OF_KIND[message.kind] is MessageSource.CSP for message in messages)
    cursor.execute(
        statement("mark_arrivals"),
        {
            "sources": [source for source, _ in arriving],
            "senders": [None if each is None else to_bigint(each) for _, each in arriving],
            "csp": MessageSource.CSP,
            "csp_kinds": _CSP_KINDS if has_csp else [],
            "precision": PRECISION,
        },
    )


def _users_of(message: Message) -> Collection[Eui64 | None]:
    """Return whose a message is; of one addressed to nobody, those whose requests it names."""
    if message.user_id is not None:
        return (message.user_id,)
    named = message.named_requests() | message.befallen_requests()
    return {request_id.originator for request_id in named} or (None,)

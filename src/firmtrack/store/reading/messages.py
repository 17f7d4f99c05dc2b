"""Recorded messages, as the operator reads them: who handed them in, and whether they count."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg import Connection, Cursor
from psycopg.rows import DictRow, TupleRow, class_row, dict_row

from firmtrack.domain.facts import ImageFacts, MessageKind
from firmtrack.domain.identifiers import Eui64, RequestId, ResponseId
from firmtrack.domain.viewer import Viewer
from firmtrack.store.bodies import unpack
from firmtrack.store.database import reading_pool
from firmtrack.store.numbers import KIND_OF_NUMBER, eui_of, request_parts, response_id_of
from firmtrack.store.reading import statement
from firmtrack.store.reading.seeing import asked_by
from firmtrack.store.replica import look_up


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMessage:
    """A recorded message as it is kept; of an Update Firmware request without its image."""

    message_id: UUID
    kind: MessageKind
    body: bytes
    occurred_at: datetime | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedMessage:
    """What is known of a recorded message beside what it says.

    ``submitter`` is the party that handed it in, or ``operator``, and ``token`` the ending of its
    token; None is not known, or, of a token, none. ``withdrawn_at`` and ``withdrawn_because`` are
    None while it counts.
    """

    message_id: UUID
    kind: MessageKind
    code: str | None
    user_id: Eui64 | None
    occurred_at: datetime | None
    recorded_at: datetime
    submitter: str | None
    token: str | None
    withdrawn_at: datetime | None
    withdrawn_because: str | None
    response_id: ResponseId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CameAgain:
    """From whom a withdrawn message came again: how many times, since when."""

    message_id: UUID
    submitter: str
    token: str | None
    first_at: datetime
    times: int


def list_messages(
    *,
    submitter: str | None = None,
    token: str | None = None,
    since: datetime | None = None,
    message_ids: Sequence[UUID] | None = None,
    withdrawn_only: bool = False,
    limit: int | None = None,
) -> list[RecordedMessage]:
    """Return the messages that all that is given holds of, the last recorded first."""
    asked = {
        "submitter": submitter,
        "token": token,
        "since": since,
        "message_ids": None if message_ids is None else list(message_ids),
        "withdrawn_only": withdrawn_only,
        "limit": limit,
    }
    with (
        reading_pool().connection() as connection,
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        return [_recorded(row) for row in cursor.execute(statement("list_messages"), asked)]


def find_message(message_id: UUID) -> tuple[RecordedMessage, KeptMessage | None] | None:
    """Return a message and what is kept of it, None if none of this ID was recorded.

    Of a message whose body is not kept any more that is None, too. Raises UnreadableBody if
    what is kept of it is damaged.
    """
    with (
        reading_pool().connection() as connection,
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        row = cursor.execute(statement("find_message"), (message_id,)).fetchone()
    if row is None:
        return None
    stored = row.pop("body")
    recorded = _recorded(row)
    if stored is None:
        return recorded, None
    return recorded, KeptMessage(
        message_id=message_id,
        kind=recorded.kind,
        body=unpack(stored),
        occurred_at=recorded.occurred_at,
        recorded_at=recorded.recorded_at,
    )


def image_of(message_id: UUID, request_id: RequestId) -> ImageFacts | None:
    """Return what was read of the image of the request that the message is, None if it is none."""
    originator, target, counter = request_parts(request_id)
    with reading_pool().connection() as connection:
        row = connection.execute(
            statement("image_of_message"),
            {
                "originator": originator,
                "target": target,
                "counter": counter,
                "message_id": message_id,
            },
        ).fetchone()
    if row is None:
        return None
    image_hash, image = row
    return ImageFacts(manufacturer_image_hash=image_hash, **image)


@look_up
def response_ids_of_request(
    connection: Connection[TupleRow],
    viewer: Viewer,
    request_id: RequestId,
    *,
    as_of: datetime | None,
    limit: int,
) -> tuple[ResponseId, ...]:
    """Return DCC's Response IDs of its answers to a request that the viewer may see, latest first.

    Those that were recorded by ``as_of``; None is now.
    """
    originator, target, counter = request_parts(request_id)
    asked = {
        **asked_by(viewer),
        "originator": originator,
        "target": target,
        "counter": counter,
        "moment": as_of,
        "limit": limit,
    }
    rows = connection.execute(statement("response_ids_of_request"), asked)
    return tuple(response_id_of(*parts) for parts in rows)


def came_again(message_id: UUID | None = None) -> list[CameAgain]:
    """Return from whom withdrawn messages came again that had not handed them in, first come first.

    Those of one message, or of all.
    """
    with (
        reading_pool().connection() as connection,
        connection.cursor(row_factory=class_row(CameAgain)) as cursor,
    ):
        return cursor.execute(statement("find_again"), {"message_id": message_id}).fetchall()


def kept_messages(
    source: Connection[TupleRow] | Cursor[TupleRow], message_ids: Iterable[UUID]
) -> list[KeptMessage]:
    """Return the messages with these IDs of which the body is kept, in any order."""
    connection = source.connection if isinstance(source, Cursor) else source
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(statement("kept_bodies"), (list(message_ids),))
        return [
            KeptMessage(**row | {"kind": KIND_OF_NUMBER[row["kind"]], "body": unpack(row["body"])})
            for row in cursor
        ]


def _recorded(row: DictRow) -> RecordedMessage:
    user_id, responder = row["user_id"], row.pop("responder")
    counter = row.pop("response_counter")
    has_response_id = user_id is not None and responder is not None
    return RecordedMessage(
        **row
        | {
            "kind": KIND_OF_NUMBER[row["kind"]],
            "user_id": None if user_id is None else eui_of(user_id),
            "response_id": response_id_of(responder, user_id, counter) if has_response_id else None,
        }
    )

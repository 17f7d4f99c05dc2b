"""The quarantine: what could not be taken, and what became of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from operator import itemgetter

from psycopg import Cursor
from psycopg.rows import TupleRow, class_row

from firmtrack.store.database import pool, reading_pool
from firmtrack.store.ledger import statement

_TEXT_CHARACTERS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Input that could not be taken, with the reason.

    ``is_whole`` is False if ``body`` is not all of it: then it cannot be replayed.
    """

    body: bytes
    media_type: str
    received_at: datetime | None
    origin: str
    submitter: str
    reason_code: str
    reason: str
    is_whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineEntry:
    """One input that could not be taken, without its octets.

    ``replay_outcome`` is what became of it when it was replayed, None while it waits.
    """

    quarantine_id: int
    reason_code: str
    reason: str
    origin: str
    submitter: str
    media_type: str
    received_at: datetime | None
    recorded_at: datetime
    times_received: int
    body_bytes: int
    is_whole: bool
    replay_outcome: str | None


def list_quarantine(*, waiting_only: bool = True) -> list[QuarantineEntry]:
    """Return the entries, oldest first; all of them, or those that wait to be replayed."""
    with (
        reading_pool().connection() as connection,
        connection.cursor(row_factory=class_row(QuarantineEntry)) as cursor,
    ):
        cursor.execute(
            statement("list_quarantine"),
            {"waiting_only": waiting_only, "quarantine_id": None},
        )
        return cursor.fetchall()


def find_quarantined(quarantine_id: int) -> tuple[QuarantineEntry, bytes] | None:
    """Return an entry and its octets, None if there is no such entry."""
    with (
        reading_pool().connection() as connection,
        connection.cursor(row_factory=class_row(QuarantineEntry)) as cursor,
    ):
        cursor.execute(
            statement("list_quarantine"),
            {"waiting_only": False, "quarantine_id": quarantine_id},
        )
        entry = cursor.fetchone()
        body = connection.execute(statement("quarantined_body"), (quarantine_id,)).fetchone()
    return None if entry is None or body is None else (entry, body[0])


def mark_replayed(quarantine_id: int, outcome: str) -> None:
    """Note that the entry was taken after all, and with which outcome."""
    with pool().connection() as connection:
        connection.execute(statement("mark_replayed"), (outcome, quarantine_id))


def quarantine(cursor: Cursor[TupleRow], refusals: Sequence[Refusal]) -> tuple[int, ...]:
    """Keep the refusals, the same input once, and return their numbers in the same order.

    All writers in one locking order, by identity.
    """
    identities = [_identity_of(refusal) for refusal in refusals]
    times_received = Counter(identities)
    ids = {
        identity: _quarantine_one(cursor, identity, refusal, times_received[identity])
        for identity, refusal in sorted(
            dict(zip(identities, refusals, strict=True)).items(), key=itemgetter(0)
        )
    }
    return tuple(ids[identity] for identity in identities)


def _quarantine_one(
    cursor: Cursor[TupleRow], identity: bytes, refusal: Refusal, times_received: int
) -> int:
    cursor.execute(
        statement("quarantine"),
        {
            "identity": identity,
            "times_received": times_received,
            "is_whole": refusal.is_whole,
            "body": refusal.body,
            "media_type": refusal.media_type,
            "received_at": refusal.received_at,
            "origin": _storable(refusal.origin),
            "submitter": refusal.submitter,
            "reason_code": refusal.reason_code,
            "reason": _storable(refusal.reason),
        },
    )
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def _storable(text: str) -> str:
    """Return text that may come from outside as PostgreSQL can hold it: no NUL, no surrogate."""
    whole = text[:_TEXT_CHARACTERS].encode("utf-8", "backslashreplace").decode()
    return whole.replace("\0", "\\0")


def _identity_of(refusal: Refusal) -> bytes:
    whole = refusal.body if refusal.is_whole else refusal.body + _storable(refusal.origin).encode()
    return sha256(whole).digest()

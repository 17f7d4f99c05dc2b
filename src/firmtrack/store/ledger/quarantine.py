"""The quarantine: what could not be taken, and what became of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from operator import itemgetter
from types import MappingProxyType

from psycopg import Cursor
from psycopg.rows import TupleRow, class_row

from firmtrack.store.acts import OPERATOR, Act, ActKind, record_act
from firmtrack.store.bodies import LARGEST_BODY_BYTES, pack, unpack
from firmtrack.store.database import pool, reading_pool
from firmtrack.store.ledger import statement
from firmtrack.store.ledger.quarantine_quotas import quotas_of

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


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscardedEntry:
    """One input that the operator took out of the quarantine for good, and why.

    ``sha256`` is that of its octets, in hexadecimal; of one that was not kept whole, of these and
    where it came from.
    """

    quarantine_id: int
    sha256: str
    body_bytes: int
    reason_code: str
    origin: str
    submitter: str
    recorded_at: datetime
    times_received: int
    discarded_at: datetime
    discarded_by: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Discarding:
    """What is to be discarded, by whom and why.

    Either entries by their numbers, or what waits of a ``submitter``; of these only such as were
    first received ``before`` then, if that is given.
    """

    quarantine_ids: Sequence[int] | None = None
    submitter: str | None = None
    before: datetime | None = None
    discarded_by: str
    because: str
    actor: str = OPERATOR
    """How the audit names who does."""


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
    if entry is None or body is None:
        return None
    stored, unpacked_bytes = body
    return entry, stored if unpacked_bytes is None else unpack(stored)


def mark_replayed(quarantine_id: int, outcome: str) -> None:
    """Note that the entry was taken after all, and with which outcome."""
    with pool().connection() as connection:
        connection.execute(statement("mark_replayed"), (outcome, quarantine_id))


def discard(wanted: Discarding) -> list[int]:
    """Take entries out for good, in one transaction, and return their numbers, ascending.

    A record of each stays, without its octets. The same input received again is judged anew.
    """
    with pool().connection() as connection, connection.transaction():
        rows = connection.execute(
            statement("discard_quarantined"),
            {
                "quarantine_ids": None
                if wanted.quarantine_ids is None
                else list(wanted.quarantine_ids),
                "submitter": wanted.submitter,
                "before": wanted.before,
                "discarded_by": _storable(wanted.discarded_by),
                "because": _storable(wanted.because),
            },
        ).fetchall()
        discarded = sorted(row[0] for row in rows)
        for quarantine_id in discarded:
            act = Act(
                actor=wanted.actor,
                party=None,
                kind=ActKind.QUARANTINE_DISCARDED,
                subject=f"entry {quarantine_id}",
                detail=_storable(wanted.because),
            )
            record_act(connection, act)
    return discarded


def list_discarded() -> list[DiscardedEntry]:
    """Return what was discarded, in that order."""
    with (
        reading_pool().connection() as connection,
        connection.cursor(row_factory=class_row(DiscardedEntry)) as cursor,
    ):
        cursor.execute(statement("list_discarded"))
        return cursor.fetchall()


def quarantine(
    cursor: Cursor[TupleRow],
    refusals: Sequence[Refusal],
    most_bytes: Mapping[str, int] = MappingProxyType({}),
) -> tuple[int | None, ...]:
    """Keep the refusals, the same input once, and return their numbers in the same order.

    ``most_bytes`` is how much may wait of the submitters that have a quota. The number of an input
    for which there is no room is None; of it nothing is kept but a count.
    All writers in one locking order, by submitter and then by identity.
    """
    identities = [_identity_of(refusal) for refusal in refusals]
    times_received = Counter(identities)
    by_identity = dict(zip(identities, refusals, strict=True))
    quotas = quotas_of(cursor, most_bytes, (refusal.submitter for refusal in refusals))
    known = _known(cursor, identities) if quotas else frozenset()
    ids: dict[bytes, int | None] = dict.fromkeys(identities)
    admitted = []
    for identity, refusal in by_identity.items():  # those that came first have room first
        quota = quotas.get(refusal.submitter)
        times = times_received[identity]
        if quota is None or identity in known or quota.admits(len(refusal.body), times):
            admitted.append((identity, refusal))
    for identity, refusal in sorted(admitted, key=itemgetter(0)):
        ids[identity] = _quarantine_one(cursor, identity, refusal, times_received[identity])
    for quota in quotas.values():
        quota.note_refused()
    return tuple(ids[identity] for identity in identities)


def _known(cursor: Cursor[TupleRow], identities: Sequence[bytes]) -> frozenset[bytes]:
    """Return which of the inputs are kept already: they need no room."""
    cursor.execute(statement("quarantine_known"), {"identities": list(identities)})
    return frozenset(row[0] for row in cursor)


def _quarantine_one(
    cursor: Cursor[TupleRow], identity: bytes, refusal: Refusal, times_received: int
) -> int:
    is_packed = len(refusal.body) <= LARGEST_BODY_BYTES
    cursor.execute(
        statement("quarantine"),
        {
            "identity": identity,
            "times_received": times_received,
            "is_whole": refusal.is_whole,
            "body": pack(refusal.body) if is_packed else refusal.body,
            "unpacked_bytes": len(refusal.body) if is_packed else None,
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

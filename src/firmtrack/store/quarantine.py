"""The quarantine, as the operator reads it: what could not be taken, and what became of it."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from firmtrack.store.database import pool
from firmtrack.store.sql import statement


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
        pool().connection() as connection,
        connection.cursor(row_factory=class_row(QuarantineEntry)) as cursor,
    ):
        cursor.execute(
            statement("list_quarantine"), {"waiting_only": waiting_only, "quarantine_id": None}
        )
        return cursor.fetchall()


def find_quarantined(quarantine_id: int) -> tuple[QuarantineEntry, bytes] | None:
    """Return an entry and its octets, None if there is no such entry."""
    with (
        pool().connection() as connection,
        connection.cursor(row_factory=class_row(QuarantineEntry)) as cursor,
    ):
        cursor.execute(
            statement("list_quarantine"), {"waiting_only": False, "quarantine_id": quarantine_id}
        )
        entry = cursor.fetchone()
        body = connection.execute(statement("quarantined_body"), (quarantine_id,)).fetchone()
    return None if entry is None or body is None else (entry, body[0])


def mark_replayed(quarantine_id: int, outcome: str) -> None:
    """Note that the entry was taken after all, and with which outcome."""
    with pool().connection() as connection:
        connection.execute(statement("mark_replayed"), (outcome, quarantine_id))

"""How much of one submitter may wait in quarantine, and what became of the rest."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from psycopg import Cursor
from psycopg.rows import TupleRow, class_row

from firmtrack.store.database import reading_pool
from firmtrack.store.ledger import statement
from firmtrack.store.locks import AdvisoryKey, take_part

LEAST_BYTES = 4_096
"""An input counts as this much at least: each has a row, and somebody has to look at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineUse:
    """What of one submitter waits, and what was not kept because too much did.

    ``octets`` are as they count against the quota.
    """

    submitter: str
    items: int
    octets: int
    times_refused: int
    octets_refused: int
    last_refused_at: datetime | None


class Quota:
    """What room there is for one submitter's inputs, until the transaction ends.

    Others who put inputs of the same submitter into quarantine wait for it, so that all together
    keep to the quota exactly.
    """

    def __init__(self, cursor: Cursor[TupleRow], submitter: str, most_bytes: int) -> None:
        take_part(cursor, AdvisoryKey.QUARANTINE, submitter)
        asked = {"submitter": submitter, "least_bytes": LEAST_BYTES}
        cursor.execute(statement("quarantine_in_use"), asked)
        (in_use,) = cursor.fetchone() or (0,)
        self._cursor = cursor
        self._submitter = submitter
        self._left_bytes = most_bytes - in_use
        self._times_refused = self._octets_refused = 0

    def admits(self, size_bytes: int, times: int) -> bool:
        """Return whether there is room for an input of this size; if so it is taken up."""
        needed = max(size_bytes, LEAST_BYTES)
        if needed <= self._left_bytes:
            self._left_bytes -= needed
            return True
        self._times_refused += times
        self._octets_refused += times * size_bytes
        return False

    def note_refused(self) -> None:
        """Record how much found no room."""
        if self._times_refused:
            self._cursor.execute(
                statement("quarantine_overflow"),
                {
                    "submitter": self._submitter,
                    "times": self._times_refused,
                    "octets": self._octets_refused,
                },
            )


def quotas_of(
    cursor: Cursor[TupleRow], most_bytes: Mapping[str, int], submitters: Iterable[str]
) -> Mapping[str, Quota]:
    """Return the quotas of those of the submitters that have one, taken in every writer's order."""
    return {
        submitter: Quota(cursor, submitter, most_bytes[submitter])
        for submitter in sorted(set(submitters))
        if submitter in most_bytes
    }


def quarantine_use() -> list[QuarantineUse]:
    """Return what of each submitter waits or was not kept, by name."""
    with (
        reading_pool().connection() as connection,
        connection.cursor(row_factory=class_row(QuarantineUse)) as cursor,
    ):
        cursor.execute(statement("list_quarantine_use"), {"least_bytes": LEAST_BYTES})
        return cursor.fetchall()

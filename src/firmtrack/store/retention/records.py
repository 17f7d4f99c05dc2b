"""The audit: look-ups and acts, of which whole months go by the time they were recorded."""

from collections.abc import Mapping
from datetime import datetime

from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.answers.pruning import Ended, What
from firmtrack.store.known_from import Kind, note_kept_from
from firmtrack.store.months import ACTS, LOOKUPS, MonthlyTable
from firmtrack.store.retention.whole_months import drop_months

TABLES: Mapping[Kind, tuple[What, MonthlyTable]] = {
    Kind.LOOKUPS: (What.LOOKUPS, LOOKUPS),
    Kind.ACTS: (What.ACTS, ACTS),
}


def prune_records(
    connection: Connection[TupleRow], kind: Kind, kept_from: datetime, *, is_rehearsal: bool
) -> Ended:
    """Drop what was recorded before a month's beginning; of a rehearsal, say what would go."""
    what, table = TABLES[kind]

    def note(at: Connection[TupleRow]) -> None:
        note_kept_from(at, kind, kept_from)

    gone = drop_months(connection, table, kept_from, note, is_rehearsal=is_rehearsal)
    return Ended(
        what=what, kept_from=kept_from, rows=gone.rows, octets=gone.octets, months=gone.months
    )

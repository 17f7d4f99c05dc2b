"""From when on each kind of record is known whole: what the table ``retention`` says."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum

from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.store.replica import look_up

_MONTHS_OF_YEAR = 12

_READ = "SELECT kind, kept_from FROM retention"
_NOTE = """
INSERT INTO retention (kind, kept_from, pruned_at) VALUES (%s, %s, now())
ON CONFLICT (kind) DO UPDATE
SET kept_from = greatest(retention.kept_from, excluded.kept_from), pruned_at = excluded.pruned_at
"""


class Kind(StrEnum):
    """What has a life of its own."""

    FACTS = "facts"
    BODIES = "bodies"
    LOOKUPS = "lookups"
    ACTS = "acts"
    NOTICES = "notices"
    QUARANTINE = "quarantine"


@look_up
def known_from(connection: Connection[TupleRow], kind: Kind) -> datetime | None:
    """Return the moment from which on all of a kind is kept, None if nothing ever went."""
    return kept_from_of(connection).get(kind)


def kept_from_of(connection: Connection[TupleRow]) -> Mapping[Kind, datetime]:
    """Return of each kind of which something may have gone from when on it is kept whole."""
    return {Kind(kind): at for kind, at in connection.execute(_READ)}


def note_kept_from(connection: Connection[TupleRow], kind: Kind, kept_from: datetime) -> None:
    """Keep that a kind is whole from a moment on, and perhaps not before; it never moves back."""
    connection.execute(_NOTE, (kind, kept_from))


def month_before(now: datetime, months: int) -> datetime:
    """Return the beginning, in UTC, of the month that is so many before that of ``now``."""
    now = now.astimezone(UTC)
    year, month = divmod(now.year * _MONTHS_OF_YEAR + now.month - 1 - months, _MONTHS_OF_YEAR)
    return datetime(year, month + 1, 1, tzinfo=UTC)

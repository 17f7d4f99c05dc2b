"""When something last came from each source, and whether it is silent longer than usual.

It is of the whole system and of nobody in particular: times, no numbers and no identifiers. Writers
only add a row every few seconds, upkeep folds them, readers only read (docs/decisions/013, 023).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.answers.freshness import Freshness, SourceFreshness
from firmtrack.domain.sources import MessageSource
from firmtrack.store.database import reading_pool
from firmtrack.store.locks import AdvisoryKey, take_if_free
from firmtrack.store.reading.as_of import settled
from firmtrack.store.reports import rows_of
from firmtrack.store.reports.last_counts import CountedFigures, last_count, note_count

LEARNT_FROM = timedelta(days=28)
"""The rhythm is learnt from the silences of these last weeks."""

FEWEST_DAYS = 5
"""With fewer days on which a silence began in that hour, nothing is called usual."""

_SETTLED_AFTER = timedelta(minutes=1)
_FOLDED_AT_ONCE = 100_000


@dataclass(frozen=True, slots=True)
class _SourceRow:
    """A row of read_freshness; ``region`` is empty where it is not known, or of no CSP."""

    source: str
    region: str
    last_at: datetime
    usual_seconds: int | None


@dataclass(frozen=True, slots=True)
class _Folded:
    """The row of fold_arrivals: how many were folded."""

    arrivals: int


def freshness(now: datetime) -> Freshness:
    """Return how fresh the store is at ``now``, for any viewer: it identifies nobody.

    What came last is read as it is, what is usual as it was last folded.
    """
    with reading_pool().connection() as connection:
        return read_freshness(connection, now)


def read_freshness(connection: Connection[TupleRow], now: datetime) -> Freshness:
    """Return the same by a connection."""
    asked = {"now": now, "learnt_from": LEARNT_FROM, "fewest_days": FEWEST_DAYS}
    counted = last_count(connection, CountedFigures.ARRIVALS)  # before what it is of
    rows = rows_of(connection, _SourceRow, "read_freshness", asked)
    return Freshness(
        read_at=now,
        sources=tuple(sorted((_source(row, now) for row in rows), key=_place)),
        counted_at=counted.at,
    )


def fold_arrivals(
    connection: Connection[TupleRow], *, settled_after: timedelta = _SETTLED_AFTER
) -> bool:
    """Fold arrivals into silences, and return whether nothing is left that has settled.

    What came longer ago than ``settled_after`` has, unless a writer has been at it for as long.
    One process at a time folds; to another that is at it, nothing is left. What is too old to learn
    from is dropped.
    """
    with connection.transaction():
        if not take_if_free(connection, AdvisoryKey.FOLDING_ARRIVALS):
            return True
        settled_at = settled(datetime.now(UTC) - settled_after)
        asked = {"settled_at": settled_at, "limit": _FOLDED_AT_ONCE}
        (folded,) = rows_of(connection, _Folded, "fold_arrivals", asked)
        is_all = folded.arrivals < _FOLDED_AT_ONCE
        if is_all:
            note_count(connection, CountedFigures.ARRIVALS, settled_at)
        if folded.arrivals:
            connection.execute(
                "DELETE FROM source_silence"
                " WHERE hour_at < (SELECT max(recorded_at) FROM source_last) - %s::interval",
                (LEARNT_FROM,),
            )
    return is_all


def _source(row: _SourceRow, now: datetime) -> SourceFreshness:
    return SourceFreshness(
        source=MessageSource(row.source),
        csp_region=row.region or None,
        last_at=row.last_at,
        silent_seconds=max(0, int((now - row.last_at).total_seconds())),
        usual_silence_seconds=row.usual_seconds,
    )


def _place(each: SourceFreshness) -> tuple[int, str]:
    return list(MessageSource).index(each.source), each.csp_region or "~"

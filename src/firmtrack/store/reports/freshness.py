"""When something last came from each source, and whether it is silent longer than usual.

DCC's staff are told the times of the whole system. A party is told its own, and of others in what
quarter of an hour something last came, where they are a crowd. Writers
only add a row every few seconds, upkeep folds them, readers only read (docs/decisions/013, 023).
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.answers.freshness import Freshness, SourceFreshness
from firmtrack.domain.disclosure import FEWEST_USERS, STEP_OF_TIME, step_of
from firmtrack.domain.sources import MessageSource
from firmtrack.domain.viewer import Viewer
from firmtrack.store.locks import AdvisoryKey, take_if_free
from firmtrack.store.numbers import to_bigint
from firmtrack.store.replica import look_up
from firmtrack.store.reports import rows_of
from firmtrack.store.reports.last_counts import CountedFigures, last_count, note_count
from firmtrack.store.settling import settled

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
    is_in_crowd: bool
    usual_seconds: int | None


@dataclass(frozen=True, slots=True)
class _Folded:
    """The row of fold_arrivals: how many were folded."""

    arrivals: int


def read_freshness(connection: Connection[TupleRow], viewer: Viewer, now: datetime) -> Freshness:
    """Return how fresh the store is at ``now``, as far as ``viewer`` may be told.

    What came last is read as it is, what is usual as it was last folded.
    """
    asked = {
        "now": now,
        "learnt_from": LEARNT_FROM,
        "fewest_days": FEWEST_DAYS,
        "fewest_users": FEWEST_USERS,
        "own": None if viewer.sees_all else [to_bigint(each) for each in viewer.user_ids],
        "step": STEP_OF_TIME,
        "step_began_at": step_of(now),
    }
    counted = last_count(connection, CountedFigures.ARRIVALS)  # before what it is of
    rows = rows_of(connection, _SourceRow, "read_freshness", asked)
    told = _source if viewer.sees_all else _coarse_source
    return Freshness(
        read_at=now,
        sources=tuple(sorted((told(row, now) for row in rows), key=_place)),
        counted_at=counted.at,
        is_of_all=viewer.sees_all,
    )


freshness = look_up(read_freshness)


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
        asked = {"settled_at": settled_at, "limit": _FOLDED_AT_ONCE, "step": STEP_OF_TIME}
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


def _coarse_source(row: _SourceRow, now: datetime) -> SourceFreshness:
    """Return a source as parties are told of it: nothing that a single other one can be seen by."""
    usual = row.usual_seconds
    step = int(STEP_OF_TIME.total_seconds())
    return replace(
        _source(row, now),
        usual_silence_seconds=None if usual is None else -(-usual // step) * step,
        # What came in this step is not told yet, and of the last one only that something did.
        margin=2 * STEP_OF_TIME,
    )


def _place(each: SourceFreshness) -> tuple[int, str]:
    return list(MessageSource).index(each.source), each.csp_region or "~"

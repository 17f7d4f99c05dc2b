"""When something last came from each source, and whether it is silent longer than usual.

It is told of the whole system, and tells of nobody: times, no numbers and no identifiers. Writers
only add a row every few seconds; whoever reads folds them (docs/decisions/013).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from psycopg import Connection, Cursor
from psycopg.rows import TupleRow

from firmtrack.answers.freshness import (
    PRECISION,
    SOURCE_OF_KIND,
    Freshness,
    Source,
    SourceFreshness,
)
from firmtrack.domain.facts import Message
from firmtrack.store.database import pool
from firmtrack.store.locks import AdvisoryKey, take_if_free
from firmtrack.store.numbers import to_bigint
from firmtrack.store.reports import statement

LEARNT_FROM = timedelta(days=28)
"""The rhythm is learnt from the silences of these last weeks."""

FEWEST_DAYS = 5
"""With fewer days on which a silence began in that hour, nothing is called usual."""

_SETTLED = timedelta(minutes=1)
_FOLDED_AT_ONCE = 100_000


def mark_arrivals(cursor: Cursor[TupleRow], messages: Sequence[Message]) -> None:
    """Mark from which sources new messages come, as part of their transaction."""
    sources = {SOURCE_OF_KIND[message.kind] for message in messages}
    csp_devices = {
        to_bigint(event.device_id)
        for message in messages
        if SOURCE_OF_KIND[message.kind] is Source.CSP
        for event in message.events
    }
    cursor.execute(
        statement("mark_arrivals"),
        {
            "sources": sorted(sources - {Source.CSP}),
            "csp": Source.CSP,
            "csp_devices": list(csp_devices),
            "precision": PRECISION,
        },
    )


def freshness(now: datetime) -> Freshness:
    """Return how fresh the store is at ``now``, for any viewer: it identifies nobody.

    A handful of rows, whatever the store holds.
    """
    with pool().connection() as connection:
        _fold(connection)
        rows = connection.execute(
            statement("read_freshness"),
            {"now": now, "learnt_from": LEARNT_FROM, "fewest_days": FEWEST_DAYS},
        ).fetchall()
    return Freshness(
        told_at=now, sources=tuple(sorted((_source(row, now) for row in rows), key=_place))
    )


def _fold(connection: Connection[TupleRow]) -> None:
    """Fold the arrivals, unless someone else is at it, and drop what is too old to learn from."""
    with connection.transaction():
        if not take_if_free(connection, AdvisoryKey.FOLDING_ARRIVALS):
            return
        folded = connection.execute(
            statement("fold_arrivals"),
            {"settled": _SETTLED, "limit": _FOLDED_AT_ONCE},
        )
        if folded.rowcount:
            connection.execute(
                "DELETE FROM source_silence"
                " WHERE hour_at < (SELECT max(recorded_at) FROM source_last) - %s::interval",
                (LEARNT_FROM,),
            )


def _source(row: TupleRow, now: datetime) -> SourceFreshness:
    source, region, last_at, usual_seconds = row
    return SourceFreshness(
        source=Source(source),
        csp_region=region or None,
        last_at=last_at,
        silent_seconds=max(0, int((now - last_at).total_seconds())),
        usual_silence_seconds=usual_seconds,
    )


def _place(each: SourceFreshness) -> tuple[int, str]:
    return list(Source).index(each.source), each.csp_region or "~"

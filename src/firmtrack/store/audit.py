"""The record of every look-up: who asked, when, for what, of which moment, how many rows.

Look-ups that end at the same time in one process are recorded by one statement and one commit.
"""

import time
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from itertools import chain
from typing import NamedTuple

from firmtrack.domain.viewer import Viewer
from firmtrack.logs import calls
from firmtrack.measures import MEASURES
from firmtrack.measures.table import LOOKUP_SECONDS
from firmtrack.store import statement
from firmtrack.store.database import SERVER_FAILURES, pool
from firmtrack.store.together import Together

_TERM_CHARACTERS = 200
_MOST_AT_ONCE = 32
_PATIENCE_SECONDS = 10.0
_ROW = b"(%s, %s, %s, %s, %s, %s)"


class _Lookup(NamedTuple):
    """A row of the audit, in the order of its columns."""

    viewer: str
    kind: str
    term: str
    row_count: int
    as_of: datetime | None
    party: str | None


def record_lookup(
    viewer: Viewer, kind: str, term: str, rows: int, *, as_of: datetime | None = None
) -> None:
    """Record that ``viewer`` looked for a ``kind`` of thing, by ``term``, and got ``rows`` rows.

    ``as_of`` is the past moment that was answered for; None is the present. It is committed when
    this returns.
    """
    _record_together(_Lookup(viewer.name, kind, term[:_TERM_CHARACTERS], rows, as_of, viewer.party))
    call = calls.current()
    if call is not None:
        MEASURES.observe(LOOKUP_SECONDS, kind, seconds=time.perf_counter() - call.began_at)


def _record(lookups: Sequence[_Lookup]) -> Sequence[None]:
    with pool().connection() as connection:
        connection.execute(_recording(len(lookups)), tuple(chain(*lookups)), prepare=True)
    return [None] * len(lookups)


@cache
def _recording(count: int) -> bytes:
    """Return the statement that records so many look-ups, of which there are _MOST_AT_ONCE."""
    return statement("record_lookups") + b", ".join([_ROW] * count)


# An audit waits for nobody's lock. Without its database none is recorded: to try each for itself
# would make all wait for it in turn.
_record_together = Together(
    _record,
    most=_MOST_AT_ONCE,
    patience_seconds=_PATIENCE_SECONDS,
    all_fail_of=SERVER_FAILURES,
)

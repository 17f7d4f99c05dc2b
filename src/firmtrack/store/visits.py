"""Until when each person has been shown what happened to their requests.

A visit is all that a person looks at with no more than an hour between two looks. What is told
during one is from where the visit before it ended, so looking again takes nothing away; the next
visit is told what came after all that this one was shown.
"""

from datetime import datetime, timedelta

from firmtrack.answers.happenings import Visit
from firmtrack.store.database import pool

VISIT_GAP = timedelta(hours=1)
"""Who looks again after more than this begins a visit."""

FIRST_SPAN = timedelta(days=7)
"""How far back a person's first visit is told."""

LONGEST_SPAN = timedelta(days=30)
"""How far back any visit is told."""

_FIND = "SELECT since, shown_until, shown_at FROM person_visit WHERE person_id = %s"
_KEEP = """
    INSERT INTO person_visit AS v (person_id, since, shown_until, shown_at)
    VALUES (%(person_id)s, %(since)s, %(shown_until)s, %(now)s)
    ON CONFLICT (person_id) DO UPDATE
    SET since = excluded.since, shown_until = greatest(v.shown_until, excluded.shown_until),
        shown_at = greatest(v.shown_at, excluded.shown_at)
"""


def visit_of(person_id: int, now: datetime) -> Visit:
    """Return from when the person is told what happened, looking now."""
    with pool().connection() as connection:
        row = connection.execute(_FIND, (person_id,)).fetchone()
    last_at: datetime | None = None
    if row is not None:
        since, shown_until, shown_at = row
        last_at = shown_until if now - shown_at > VISIT_GAP else since
    if last_at is None:
        return Visit(since=now - FIRST_SPAN, last_at=None, is_whole=True)
    earliest = now - LONGEST_SPAN
    return Visit(since=max(last_at, earliest), last_at=last_at, is_whole=last_at >= earliest)


def keep_shown(person_id: int, visit: Visit, until: datetime, now: datetime) -> None:
    """Keep that the person was shown, at ``now``, what happened in the visit's time ``until``."""
    asked = {"person_id": person_id, "since": visit.last_at, "shown_until": until, "now": now}
    with pool().connection() as connection:
        connection.execute(_KEEP, asked)

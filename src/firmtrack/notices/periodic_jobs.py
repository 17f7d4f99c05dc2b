"""What the dispatcher does every minute: find what has stalled, drop what no one is notified of."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.answers.side_parts import side_part
from firmtrack.notices import stalled
from firmtrack.store.reports import performance

_INTERVAL_SECONDS = 60.0
_COUNTING_SECONDS = 5.0

_DROP_UNWANTED = """
DELETE FROM status_change WHERE user_id NOT IN (SELECT user_id FROM notice_subscriber)
"""


def drop_unwanted(connection: Connection[TupleRow]) -> None:
    """Take off the queue what was for Users whose party has no endpoint any more."""
    connection.execute(_DROP_UNWANTED)


def find_stalled(connection: Connection[TupleRow]) -> None:
    """Queue what has stalled since it was last looked for, once what is usual is up to date."""
    side_part(
        "delivery performance, counted anew",
        lambda: performance.refresh(seconds=_COUNTING_SECONDS),
    )
    stalled.queue_stalled(connection, datetime.now(UTC))


_JOBS: Sequence[Callable[[Connection[TupleRow]], None]] = (drop_unwanted, find_stalled)


@dataclass(slots=True)
class PeriodicJobs:
    """Does the jobs when they are due; each process for itself, which does no harm."""

    _due_at: float = field(default_factory=lambda: time.monotonic() + _INTERVAL_SECONDS)

    def do_what_is_due(self, connection: Connection[TupleRow]) -> None:
        """Do the jobs unless they were done less than a minute ago."""
        if time.monotonic() >= self._due_at:
            self._due_at = time.monotonic() + _INTERVAL_SECONDS
            for job in _JOBS:
                side_part(job.__name__, partial(job, connection))

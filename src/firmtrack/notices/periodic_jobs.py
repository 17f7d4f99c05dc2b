"""What the dispatcher does every minute: count, find causes and what stalled, drop the unwanted."""

import time
from datetime import UTC, datetime

from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.answers.side_parts import side_part
from firmtrack.notices import stalled, watch_telling
from firmtrack.notices.known_causes import FindCauses, renew_causes
from firmtrack.store.database import pool
from firmtrack.store.reports import cause_counting, causes
from firmtrack.store.reports.counting import Rounds

_INTERVAL_SECONDS = 60.0
_COUNTING_SECONDS = 5.0

_DROP_UNWANTED = """
DELETE FROM status_change WHERE user_id NOT IN (SELECT user_id FROM notice_subscriber)
"""


class PeriodicJobs:
    """Does the jobs when they are due; each process for itself, which does no harm."""

    def __init__(
        self,
        interval_seconds: float = _INTERVAL_SECONDS,
        counting_seconds: float = _COUNTING_SECONDS,
        find_causes: FindCauses = causes.find_causes,
    ) -> None:
        self._interval_seconds = interval_seconds
        self._counting_seconds = counting_seconds
        self._due_at = time.monotonic() + interval_seconds
        self._rounds = Rounds()
        self._find_causes = find_causes

    def do_what_is_due(self, connection: Connection[TupleRow]) -> None:
        """Do the jobs unless they were done less than a minute ago.

        Causes, and what has stalled, are found once the counts that they are found in are as far
        up to date as time allows.
        """
        if time.monotonic() < self._due_at:
            return
        self._due_at = time.monotonic() + self._interval_seconds
        side_part("changes of no one, dropped", lambda: connection.execute(_DROP_UNWANTED))
        side_part("delivery performance, counted anew", self._count)
        side_part(
            "causes of failures",
            lambda: renew_causes(connection, datetime.now(UTC), self._find_causes),
        )
        side_part(
            "distributions that have stalled",
            lambda: stalled.queue_stalled(connection, datetime.now(UTC)),
        )
        side_part(
            "causes that people watch",
            lambda: watch_telling.tell_cause_watches(connection, datetime.now(UTC)),
        )
        side_part(
            "watches of no one, dropped",
            lambda: watch_telling.drop_watches(connection, datetime.now(UTC)),
        )

    def _count(self) -> None:
        with pool().connection() as connection:
            self._rounds.go_on(connection, self._counting_seconds)
            cause_counting.count_due(connection, self._counting_seconds)

"""What a server does beside answering: it counts what pages show, so that no page has to.

Of all processes that serve, one counts, for as long as it lives; then another takes over. Should
two count for a while, as when one stood still and goes on, that harms nothing. It looks every few
seconds whether anything has changed, and rests between counts for a multiple of what they took, so
that requests that change all the time take a small part of the database's time.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Lock, Thread

import psycopg
from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.answers.side_parts import UNTOLD, side_part
from firmtrack.store import months, planner
from firmtrack.store.database import FAILURES, note_failure, pool
from firmtrack.store.ledger.recording import fold_unfolded
from firmtrack.store.locks import Lease, Task
from firmtrack.store.reports import cause_counting, counting, freshness, standings

LOOK_SECONDS = 2.0
"""How long after one look the next one is."""

FAILED_SECONDS = 60.0
"""The same after one that failed: the log is to be read."""

_AT_ONCE_SECONDS = 5.0
_REST_FACTOR = 4.0
_FOLDING_SECONDS = 60.0
_MONTHS_SECONDS = 3_600.0
_HELD_UP_SECONDS = 60.0
_STATISTICS_SECONDS = 60.0
_STOPPING_SECONDS = 30.0
_RENEWED_SECONDS = 5.0
_CANCELLING_SECONDS = 0.2


class Upkeep:
    """A thread that counts whenever something has changed, unless another process does."""

    def __init__(
        self, look_seconds: float = LOOK_SECONDS, failed_seconds: float = FAILED_SECONDS
    ) -> None:
        self._look_seconds = look_seconds
        self._failed_seconds = failed_seconds
        self._is_over = Event()
        self._thread = Thread(target=self._run, name="upkeep", daemon=True)
        self._guard = Lock()
        self._connection: Connection[TupleRow] | None = None
        self._lease = Lease(Task.UPKEEP)

    def start(self) -> None:
        """Begin; the first look is in a moment."""
        self._thread.start()

    def stop(self) -> None:
        """End now: what is being counted is given up, and left to whoever counts next."""
        self._is_over.set()
        until = time.monotonic() + _STOPPING_SECONDS
        while self._thread.is_alive() and time.monotonic() < until:
            self._cancel()
            self._thread.join(_CANCELLING_SECONDS)

    def _cancel(self) -> None:
        with self._guard, suppress(psycopg.Error):
            if self._connection is not None:
                self._connection.cancel_safe(timeout=_STOPPING_SECONDS)

    def _run(self) -> None:
        is_well = True
        while not self._is_over.wait(self._look_seconds if is_well else self._failed_seconds):
            is_well = side_part("figures, counted in the background", self._try) is True

    def _try(self) -> bool:
        """Do the same unless the database is away, of which others tell: then look again soon."""
        try:
            return self._keep_up()
        except FAILURES as error:
            note_failure(error, "Counting in the background")
            return True

    def _keep_up(self) -> bool:
        """Count until it is over, if no other process does; return whether nothing has failed."""
        with pool().connection() as connection:
            self._use(connection)
            is_ours = False
            try:
                is_ours = self._lease.is_ours(connection)
                return not is_ours or self._look_on(_Figures(connection))
            except psycopg.errors.QueryCanceled:
                return self._is_over.is_set()
            finally:
                self._use(None)
                if is_ours:
                    self._lease.end(connection)

    def _use(self, connection: Connection[TupleRow] | None) -> None:
        with self._guard:
            self._connection = connection

    def _look_on(self, figures: "_Figures") -> bool:
        pause = 0.0
        while self._goes_on_after(pause, figures.connection):
            started = time.monotonic()
            done = [
                side_part(name, self._unless_over(job, figures.connection))
                for name, job in (
                    ("how requests stand, counted", figures.count_requests),
                    ("delivery performance, counted anew", figures.count),
                    ("what failures have in common", figures.count_causes),
                    ("arrivals, folded", figures.fold),
                    ("devices that a killed batch left", fold_unfolded),
                    ("months, made ahead", figures.make_months),
                    ("what the planner knows", figures.renew_statistics),
                )
            ]
            if self._has_lost_database():
                return True
            if UNTOLD in done:
                return False
            pause = max(self._look_seconds, _REST_FACTOR * (time.monotonic() - started))
        return True

    def _goes_on_after(self, seconds: float, connection: Connection[TupleRow]) -> bool:
        """Rest for so long; return whether it goes on then, and is still this process's task."""
        until = time.monotonic() + seconds
        while self._lease.is_ours(connection):
            left_seconds = max(0.0, until - time.monotonic())
            if self._is_over.wait(min(left_seconds, _RENEWED_SECONDS)):
                return False
            if left_seconds <= _RENEWED_SECONDS:
                return True
        return False

    def _unless_over(
        self, job: Callable[[], None], connection: Connection[TupleRow]
    ) -> Callable[[], None]:
        """Return the job, of which it is no failure if it is cancelled because it is over.

        Nor is it one if the database has gone. Then no other job is begun; nor is one if the task
        is another process's by now.
        """

        def done() -> None:
            try:
                if not self._is_over.is_set() and self._lease.is_ours(connection):
                    job()
            except FAILURES as error:
                is_canceled = isinstance(error, psycopg.errors.QueryCanceled)
                if not (is_canceled and self._is_over.is_set()) and not self._has_lost_database():
                    raise

        return done

    def _has_lost_database(self) -> bool:
        """Return whether nothing can be counted on the connection any more."""
        return self._connection is not None and self._connection.broken


class _Figures:
    """The figures as the one process that counts them has them under way."""

    def __init__(self, connection: Connection[TupleRow]) -> None:
        self.connection = connection
        self._rounds = counting.Rounds()
        self._folded_at: float | None = None
        self._months_due_at = 0.0
        self._statistics_due_at = 0.0

    def count_requests(self) -> None:
        """Count for a moment how the requests stand that have changed."""
        standings.count_due(self.connection, _AT_ONCE_SECONDS)

    def count(self) -> None:
        """Count for a moment if anything has changed."""
        self._rounds.go_on(self.connection, _AT_ONCE_SECONDS)

    def count_causes(self) -> None:
        """Count for a moment how updates stand by what they have in common, if that is due."""
        cause_counting.count_due(self.connection, _AT_ONCE_SECONDS)

    def fold(self) -> None:
        """Fold what came, now and then."""
        now = time.monotonic()
        if self._folded_at is not None and now - self._folded_at < _FOLDING_SECONDS:
            return
        if freshness.fold_arrivals(self.connection):
            self._folded_at = now

    def make_months(self) -> None:
        """Make the months that are missing, now and then; soon again if somebody is in the way."""
        now = time.monotonic()
        if now >= self._months_due_at:
            are_made = months.make_months(self.connection)
            self._months_due_at = now + (_MONTHS_SECONDS if are_made else _HELD_UP_SECONDS)

    def renew_statistics(self) -> None:
        """Tell the planner of the tables of months, now and then, if they have grown."""
        now = time.monotonic()
        if now >= self._statistics_due_at and not planner.renew_statistics(self.connection):
            self._statistics_due_at = now + _STATISTICS_SECONDS

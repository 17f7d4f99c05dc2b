"""A replica as this process follows it: how far behind the primary it is, and whether it is used.

Not by any clock of the servers, which differ, and stand still where nothing is written. The primary
is asked again and again how far its log of changes reaches, and the replica how far it has come:
what it has reached, it knows. A position of the log is a number of octets.
"""

import logging
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from threading import Event, Thread
from typing import LiteralString, NamedTuple, TypeVar

import psycopg
from psycopg import Connection
from psycopg.rows import TupleRow, class_row

from firmtrack.errors import FirmtrackError
from firmtrack.store.database import pool
from firmtrack.store.server import READ_ONLY, Server
from firmtrack.store.settling import settled_by_now

REPLICA = "firmtrack replica"
"""The application name of the connections that look-ups have to the replica."""

MOST_LAG_SECONDS = 10.0
"""Further behind look-ups do not read on a replica."""

LOOK_SECONDS = 0.5
"""How long after one look at both servers the next is."""

_FOLLOWING = "firmtrack following"
_SAMPLES = 1_000
_AHEAD = "has more than the database in DATABASE_URL: it follows another."
_WENT_AWAY = "57P"  # the class of what a server says that ends
_logger = logging.getLogger(__name__)
_Row = TypeVar("_Row")

# Beyond what is written: a transaction that others see may not be on the disk yet. Where a page or
# a file of the log is full, that position is behind the header of the next, 24 or 40 octets, which
# no replica has as long as nothing more is written: the log ends before it. The clock is read
# first, so that all that was committed by then is in what is read after it.
_PRIMARY = """
    SELECT clock_timestamp() AS at,
        (SELECT reached - CASE
                WHEN reached % file <= 40 THEN reached % file
                WHEN reached % page <= 24 THEN reached % page
                ELSE 0
            END
            FROM (SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint AS reached,
                pg_size_bytes(current_setting('wal_segment_size')) AS file,
                current_setting('wal_block_size')::integer AS page) AS log) AS position,
        (SELECT system_identifier FROM pg_control_system()) AS system_identifier,
        current_database() AS database
"""
_REPLICA = """
    SELECT pg_is_in_recovery() AS is_standby,
        coalesce(pg_last_wal_replay_lsn() - '0/0', 0)::bigint AS position,
        (SELECT system_identifier FROM pg_control_system()) AS system_identifier,
        current_database() AS database,
        pg_postmaster_start_time() AS started_at
"""

_RECEIVED = """
    SELECT pg_is_wal_replay_paused() AS is_paused,
        (pg_last_wal_receive_lsn() - '0/0')::bigint AS position
"""


class NoStandby(FirmtrackError):
    """DATABASE_REPLICA_URL names no standby of the database that DATABASE_URL names."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"DATABASE_REPLICA_URL: {problem}")


class Standing(StrEnum):
    """How a replica stands to this process; the value is what is told of it."""

    IN_USE = "look-ups read on the replica"
    CATCHING_UP = "the replica has not yet reached what look-ups have shown"
    BEHIND = "the replica is too far behind"
    AWAY = "the replica cannot be reached"
    NO_STANDBY = "the replica is no standby of this database"


class PrimaryFound(NamedTuple):
    """How far the primary's log reaches at a time by its clock, and which database it is."""

    at: datetime
    position: int
    system_identifier: int
    database: str


class ReplicaFound(NamedTuple):
    """How far a replica has come, of which database it is one, and since when its server runs."""

    is_standby: bool
    position: int
    system_identifier: int
    database: str
    started_at: datetime

    def problem(self, primary: PrimaryFound) -> str | None:
        """Return why this is no standby of the primary, None if it is one."""
        if self.system_identifier != primary.system_identifier:
            return "is another database's server, not a replica of the one in DATABASE_URL."
        if self.database != primary.database:
            return f"is the database {self.database}; DATABASE_URL names {primary.database}."
        if not self.is_standby:
            return "takes writes: it is no standby, or was made a primary of its own."
        return None


class Received(NamedTuple):
    """Whether a replica's replay is paused, and up to where it was sent the log.

    The position is None if nothing was streamed to it since its server began.
    """

    is_paused: bool
    position: int | None


class Sample(NamedTuple):
    """How far the primary's log reached at a time, by time.monotonic, or a little later.

    By the primary's own clock it was ``known_to`` then: all that anybody saw there by that moment
    is in the log. Nothing more will be recorded of what counts as recorded by ``settled_at``.
    """

    at: float
    known_to: datetime
    position: int
    settled_at: datetime

    @property
    def age_seconds(self) -> float:
        """How long ago that was."""
        return time.monotonic() - self.at


def ask_primary(connection: Connection[TupleRow]) -> PrimaryFound:
    """Return how far the primary's log reaches now."""
    return _only_row(connection, _PRIMARY, PrimaryFound)


def ask_replica(connection: Connection[TupleRow]) -> ReplicaFound:
    """Return how far a replica has come."""
    return _only_row(connection, _REPLICA, ReplicaFound)


def ask_received(connection: Connection[TupleRow]) -> Received:
    """Return what a replica has received. Raises psycopg.Error if it is none any more."""
    return _only_row(connection, _RECEIVED, Received)


def _only_row(
    connection: Connection[TupleRow], statement: LiteralString, row_type: type[_Row]
) -> _Row:
    with connection.cursor(row_factory=class_row(row_type)) as cursor:
        found = cursor.execute(statement).fetchone()
    assert found is not None
    return found


def find_problem(primary: Connection[TupleRow], replica: Connection[TupleRow]) -> str | None:
    """Return why a replica is no standby of the primary, None if it is one."""
    found = ask_replica(replica)  # first: the primary has all that its standby had before
    known = ask_primary(primary)
    return found.problem(known) or (_AHEAD if found.position > known.position else None)


class Standby:
    """The replica at a conninfo, and a thread that follows it."""

    def __init__(
        self,
        conninfo: str,
        *,
        look_seconds: float = LOOK_SECONDS,
        most_lag_seconds: float = MOST_LAG_SECONDS,
    ) -> None:
        self.standing = Standing.CATCHING_UP
        self.server = Server(conninfo, "replica")
        self._look_seconds = look_seconds
        self._most_lag_seconds = most_lag_seconds
        self.reached: Sample | None = None  # the last of the primary's that it knows all of
        self._samples: deque[Sample] = deque()  # those that are not reached, ascending
        self._last: Sample | None = None
        self._position = 0  # how far the replica has come, at least
        self._entry: int | None = None  # what it must reach to be used
        self._started_at: datetime | None = None
        self._connection: Connection[TupleRow] | None = None
        self._is_over = Event()
        self._thread = Thread(target=self._run, name="following", daemon=True)

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Follow it until the block ends."""
        with self.server.watched():
            self._thread.start()
            try:
                yield
            finally:
                self._is_over.set()
                self._thread.join()
                self._close()
                self.server.close()

    @property
    def lag_seconds(self) -> float | None:
        """How long ago the replica knew all that the primary did, at most; None: not known."""
        return None if self.reached is None else self.reached.age_seconds

    @property
    def lag_bytes(self) -> int | None:
        """How much of the primary's log the replica had not come to at the last look."""
        return None if self._last is None else max(0, self._last.position - self._position)

    def is_usable(self, floor: int, moment: datetime | None) -> bool:
        """Return whether look-ups may read here that must know all up to a position and a moment.

        It is asked how far it is, unless that is known to be enough.
        """
        if self.standing is not Standing.IN_USE or self.server.is_away:
            return False
        reached = self.reached
        if reached is None or (moment is not None and reached.settled_at < moment):
            return False
        return floor <= self._position or floor <= self._asked_position()

    @contextmanager
    def lent(self) -> Iterator[Connection[TupleRow]]:
        """Lend a connection to who looks up. Raises psycopg.Error, as those who read here do."""
        try:
            with self.server.pool_of(REPLICA, READ_ONLY).connection() as connection:
                try:
                    yield connection
                except psycopg.Error:
                    connection.close()  # whatever was prepared on it
                    raise
        except psycopg.Error as error:
            if error.sqlstate is None or error.sqlstate.startswith(_WENT_AWAY):
                # It may come back with less than it had: it has to catch up first.
                self._leave(Standing.AWAY, error)
            raise

    def _asked_position(self) -> int:
        try:
            with self.lent() as connection:
                self._position = max(self._position, ask_replica(connection).position)
        except psycopg.Error:
            return -1
        return self._position

    def _run(self) -> None:
        while not self._is_over.is_set():
            self._look()
            self._is_over.wait(self._look_seconds)

    def _look(self) -> None:
        """Look at both, the primary first: what the replica has then, the primary had before."""
        had = self._position  # before the primary is asked: others may learn more meanwhile
        primary = self._asked_primary()
        try:
            found = self._asked_replica()
        except psycopg.Error as error:
            self._leave(Standing.AWAY, error)
            return
        if primary is None:
            if self.standing is Standing.AWAY:
                self.standing = Standing.CATCHING_UP
            return
        problem = found.problem(primary)
        if problem is None and had > primary.position:
            problem = _AHEAD
        if problem is not None:
            self._leave(Standing.NO_STANDBY, problem)
            self._position = found.position
            return
        if found.started_at != self._started_at:
            self._started_at = found.started_at
            self._entry = None
        self._reach(found.position)
        self._judge()

    def _asked_primary(self) -> PrimaryFound | None:
        """Return how far the primary is, None if it does not answer: then nothing is looked up."""
        try:
            settled_at = settled_by_now()
            at = time.monotonic()
            with pool().connection() as connection:
                primary = ask_primary(connection)
        except psycopg.Error:
            return None
        self._note(Sample(at, primary.at, primary.position, settled_at))
        return primary

    def _note(self, sample: Sample) -> None:
        if self._last is not None and sample.position < self._last.position:  # another primary
            self._samples.clear()
            self.reached = None
        self._last = sample
        if len(self._samples) == _SAMPLES:
            self._samples.pop()  # the newest for a newer: then it seems farther behind, not nearer
        self._samples.append(sample)

    def _reach(self, position: int) -> None:
        self._position = position
        if self.reached is not None and self.reached.position > position:  # it began anew
            self.reached = None
        while self._samples and self._samples[0].position <= position:
            self.reached = self._samples.popleft()

    def _judge(self) -> None:
        assert self._last is not None
        if self._entry is None:
            self._entry = self._last.position
        lag_seconds = (self.reached or self._samples[0]).age_seconds
        if lag_seconds > self._most_lag_seconds:
            self._leave(Standing.BEHIND, f"{lag_seconds:.0f} seconds, {self.lag_bytes:,} octets")
        elif self._position < self._entry:
            self.standing = Standing.CATCHING_UP
        elif self.standing is not Standing.IN_USE:
            self.standing = Standing.IN_USE
            _logger.warning("Look-ups read on the replica.")

    def _leave(self, standing: Standing, reason: object) -> None:
        """Use it no more, until it has reached what the primary has at the next look."""
        if standing is not self.standing:
            said = " ".join(str(reason).split())[:500]
            _logger.warning("Look-ups read on the primary: %s: %s", standing, said)
        self.standing = standing
        self._entry = None

    def _asked_replica(self) -> ReplicaFound:
        self.server.refuse_while_away()
        try:
            if self._connection is None:
                self._connection = self.server.connected(_FOLLOWING)
            return ask_replica(self._connection)
        except psycopg.Error:
            self._close()
            raise

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

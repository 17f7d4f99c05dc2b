"""Where look-ups read: on the replica, if there is one and it knows what they must; else primary.

The rule of that choice is here and nowhere else. Nothing reads on the replica but what is marked by
``look_up`` or ``look_up_rows``, and that only within a call that ``begin`` allowed to. So who
writes, or decides by what it reads, reads on the primary without saying so: intake, notices,
counting, commands, and every call that may change anything. Within a call that has once read on the
primary nothing is read on the replica: no answer goes back in time.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

import psycopg
from django.conf import settings
from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.store import database
from firmtrack.store.server import Server
from firmtrack.store.standby import NoStandby, Sample, Standby, ask_primary, find_problem

_logger = logging.getLogger(__name__)
_Asked = ParamSpec("_Asked")
_Found = TypeVar("_Found")


class _Current:
    """The process's replica; module state, as its database."""

    standby: Standby | None = None


class Reading:
    """Where the look-ups of one call read, as is decided when the first of them does.

    They must know all up to the primary's position ``floor``. ``was_on_primary`` is whether one
    read there though there is a replica.
    """

    def __init__(self, standby: Standby | None, floor: int) -> None:
        self.was_on_primary = False
        self._has_replica = standby is not None
        self._standby = standby
        self._floor = floor
        self._moment: datetime | None = None
        self._is_decided = False
        self._reached: Sample | None = None
        self._has_read_there = False

    def need(self, moment: datetime) -> None:
        """Have all read where everything is known that was recorded by a settled moment."""
        self._moment, self._is_decided = moment, False

    def turn_to_primary(self) -> bool:
        """Have all that is still read be read on the primary; return whether it was not before."""
        had_replica, self._standby = self._standby is not None, None
        self.was_on_primary |= had_replica
        return had_replica

    def standby(self) -> Standby | None:
        """Return the replica to read on, None for the primary."""
        if self._standby is not None and not self._is_decided:
            self._is_decided = True
            self._reached = self._reached or self._standby.reached  # before it is asked
            if self._reached is None or not self._standby.is_usable(self._floor, self._moment):
                self._standby = None
        self.was_on_primary |= self._has_replica and self._standby is None
        return self._standby

    def note_read_there(self) -> None:
        """Keep that something of this call was read on the replica, whatever comes after it."""
        self._has_read_there = True

    def reached(self) -> Sample | None:
        """Return what all that is read, and was, knows of the primary; None if it is that."""
        return self._reached if self.standby() is not None or self._has_read_there else None


_reading: ContextVar[Reading | None] = ContextVar("firmtrack_reading", default=None)


@contextmanager
def followed(conninfo: str | None = None, **how: float) -> Iterator[Standby | None]:
    """Have look-ups read on the replica within the block, if the settings or a conninfo name one.

    Yields it. ``how`` are the options of Standby.
    """
    conninfo = conninfo or settings.ENVIRONMENT.database_replica_url
    if conninfo is None:
        yield None
        return
    standby = Standby(conninfo, **how)
    with standby.followed():
        _Current.standby = standby
        try:
            yield standby
        finally:
            _Current.standby = None


def followed_now() -> Standby | None:
    """Return the replica that this process follows, None if there is none."""
    return _Current.standby


def begin(*, may_read_there: bool, floor: int = 0) -> Reading:
    """Begin a call in this thread; it is this thread's until the next begins.

    ``may_read_there`` is whether its look-ups may read on the replica, which must then have reached
    the primary's position ``floor``.
    """
    reading = Reading(_Current.standby if may_read_there else None, floor)
    _reading.set(reading)
    return reading


def need(moment: datetime) -> None:
    """Have what this call looks up read where all is known that was recorded by a moment."""
    reading = _reading.get()
    if reading is not None:
        reading.need(moment)


def turn_to_primary() -> bool:
    """Have this call read on the primary from now on; return whether it did not until now."""
    reading = _reading.get()
    return reading is not None and reading.turn_to_primary()


def reached() -> Sample | None:
    """Return up to when this call's look-ups know all; None if they read on the primary alone.

    What was read on the replica lacks what came later, though the call has turned to the primary.
    """
    reading = _reading_now()
    return None if reading is None else reading.reached()


def primary_position() -> int:
    """Return a position of the primary by which all stands that anybody has seen there."""
    with database.pool().connection() as connection:
        return ask_primary(connection).position


def look_up(
    read: Callable[Concatenate[Connection[TupleRow], _Asked], _Found],
) -> Callable[_Asked, _Found]:
    """Return a look-up that has ``read`` called with a connection to where this call reads.

    What fails on the replica, for whatever reason, is asked again on the primary.
    """

    @wraps(read)
    def looked_up(*asked: _Asked.args, **more: _Asked.kwargs) -> _Found:
        standby = _standby()
        if standby is not None:
            try:
                with _read_there(standby) as connection:
                    return read(connection, *asked, **more)
            except psycopg.Error as error:
                _turn_after(error)
        with database.reading_pool().connection() as connection:
            return read(connection, *asked, **more)

    return looked_up


def look_up_rows(
    read: Callable[Concatenate[Connection[TupleRow], _Asked], Iterator[_Found]],
) -> Callable[_Asked, Iterator[_Found]]:
    """Return the same of what is read as it is asked for: once begun, it breaks off if it fails."""

    @wraps(read)
    def looked_up(*asked: _Asked.args, **more: _Asked.kwargs) -> Iterator[_Found]:
        standby = _standby()
        if standby is not None:
            is_begun = False
            try:
                with _read_there(standby) as connection:
                    for each in read(connection, *asked, **more):
                        is_begun = True
                        yield each
            except psycopg.Error as error:
                _turn_after(error)
                if is_begun:
                    raise
            else:
                return
        with database.reading_pool().connection() as connection:
            yield from read(connection, *asked, **more)

    return looked_up


def check_at_start() -> None:
    """Do nothing if the settings name no replica, or a standby, or one that does not answer.

    Raises NoStandby.
    """
    conninfo = settings.ENVIRONMENT.database_replica_url
    if conninfo is None:
        return
    try:
        with (
            Server(conninfo, "replica").connected("firmtrack starting") as there,
            database.pool().connection() as connection,
        ):
            problem = find_problem(connection, there)
    except psycopg.OperationalError:
        return  # look-ups read on the primary until it answers
    if problem is not None:
        raise NoStandby(problem)


def _turn_after(error: psycopg.Error) -> None:
    """Have this call read on the primary after the replica failed it.

    What the replica's server said is logged; that it went away its follower tells.
    """
    if error.sqlstate is not None:
        _logger.warning("A look-up is asked again on the primary: %s", error)
    turn_to_primary()


def _standby() -> Standby | None:
    reading = _reading_now()
    return None if reading is None else reading.standby()


@contextmanager
def _read_there(standby: Standby) -> Iterator[Connection[TupleRow]]:
    with standby.lent() as connection:
        yield connection
    reading = _reading_now()
    if reading is not None:
        reading.note_read_there()


def _reading_now() -> Reading | None:
    # A call that has ended may have left its own here.
    return None if _Current.standby is None else _reading.get()

"""How processes agree who does what: locks of a transaction, turns, and leases; all are here.

A lock and a turn end with their transaction: none is held by a session, which a pooler lends to
others meanwhile (docs/decisions/050). A lease outlives transactions, but keeps nobody safe: whoever
had one may go on for a while after another has it, so what is done under it is right without it.

A database's advisory locks are one space of numbers, which PostgreSQL gives no meaning: two parts
that chose the same number would wait for each other for no reason that anyone could see.
"""

from collections.abc import Callable
from contextlib import suppress
from enum import IntEnum, StrEnum, unique
from functools import wraps
from typing import ParamSpec, TypeVar
from uuid import uuid4

import psycopg
from psycopg import Connection, Cursor
from psycopg.errors import DeadlockDetected, LockNotAvailable
from psycopg.rows import TupleRow

from firmtrack.errors import FirmtrackError

P = ParamSpec("P")
R = TypeVar("R")

_LEASE_SECONDS = 20.0
_MOST_TRIES = 5

_RENEW = """
INSERT INTO lease AS l (name, holder, until)
VALUES (%(name)s, %(holder)s, clock_timestamp() + make_interval(secs => %(seconds)s))
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
WHERE l.holder = excluded.holder
   OR l.until < clock_timestamp()
   OR l.until > excluded.until + interval '1 minute' -- the clock was put back
RETURNING 1
"""


class TurnTaken(FirmtrackError):
    """Another process is counting."""


class Turn(StrEnum):
    """What several processes do one after the other; the value is the table that is locked."""

    COUNTING = "counting_turn"
    """To count delivery performance or causes, or to learn what is usual."""

    STANDINGS = "standings_turn"
    """To count how requests stand, in the order of the moments of the counts."""


class Task(StrEnum):
    """What one process of all that serve does beside answering, so that not all of them do."""

    UPKEEP = "upkeep"
    """Counting what pages show."""

    DEMONSTRATION = "demonstration"
    """Handing in what happens in the demonstration's world."""


@unique
class AdvisoryKey(IntEnum):
    """What is locked; the value is the key, from "FI", "FP" or "FR" and two letters more."""

    MIGRATION = 0x46494D47
    """Whoever brings the tables to this version."""

    MONTHS = 0x46494D4F
    """Whoever makes months, or takes them away: one at a time."""

    ATTRIBUTION = 0x4649524D
    """Batches that change what attribution sees, against each other and, shared, all others."""

    ACTIVATIONS = 0x4649524E
    """Batches with activations while a party is notified: one leaves a status at a time."""

    PROPOSALS = 0x4649524F
    """Batches in which Users propose facts or DCC answers: each sees what the others recorded."""

    INVENTORY = 0x4649534C
    """Whoever imports an inventory, or folds rows of devices anew."""

    PRUNING = 0x46525052
    """The one prune that runs, while it does."""

    PRUNING_FACTS = 0x46525046
    """Whoever lets facts go with their months, one after the other."""

    REREADING = 0x46525244
    """Whoever reads a portion of the kept messages again, or takes bodies away."""

    FOLDING_ARRIVALS = 0x46504652
    """Whoever folds arrivals into silences."""

    STALLED = 0x46505354
    """Whoever looks for distributions that have stalled."""

    QUARANTINE = 0x46495155
    """Whoever puts inputs of a submitter with a quota into quarantine; the second half is who."""

    STAGING = 0x46495354
    """Whoever fills staging tables; the second half is which set of them."""

    COMPOSING = 0x46524D4E
    """Whoever composes a party's notices; the party's number is the key's second half."""


def take(
    at: Connection[TupleRow] | Cursor[TupleRow], key: AdvisoryKey, part: int | None = None
) -> None:
    """Wait for a lock and hold it until the transaction ends; ``part`` as of take_if_free."""
    if part is None:
        at.execute("SELECT pg_advisory_xact_lock(%s)", (key.value,))
    else:
        at.execute("SELECT pg_advisory_xact_lock(%s, %s::integer)", (key.value, part))


def take_part(at: Connection[TupleRow] | Cursor[TupleRow], key: AdvisoryKey, part: str) -> None:
    """Wait for a lock of one part, by its name, and hold it until the transaction ends."""
    at.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (key.value, part))


def take_shared(at: Connection[TupleRow] | Cursor[TupleRow], key: AdvisoryKey) -> None:
    """Wait for a lock and hold it until the transaction ends, beside others that share it."""
    at.execute("SELECT pg_advisory_xact_lock_shared(%s)", (key.value,))


def take_if_free(
    at: Connection[TupleRow] | Cursor[TupleRow], key: AdvisoryKey, part: int | None = None
) -> bool:
    """Return whether a lock was free; it is then held until the transaction ends.

    ``part`` is of what the lock is, if not of all: locks of two parts differ.
    """
    if part is None:
        found = at.execute("SELECT pg_try_advisory_xact_lock(%s)", (key.value,))
    else:
        asked = (key.value, part)
        found = at.execute("SELECT pg_try_advisory_xact_lock(%s, %s::integer)", asked)
    return found.fetchone() == (True,)


FREE_PART = """
    SELECT part FROM unnest(%(parts)s::integer[]) AS part
    WHERE pg_try_advisory_xact_lock(%(key)s::integer, part)
    LIMIT 1
"""
"""Takes one lock until the transaction ends, that of the first part that is free, and returns it.

There is no row if none is free.
"""


def again_after_deadlock(transaction: Callable[P, R]) -> Callable[P, R]:
    """Do a whole transaction anew when it was ended so that those that it stood against go on.

    One server takes rows in one order, and nobody stands against anybody. The nodes of a cluster
    are at work side by side, each in that order, and there is none among them.
    """

    @wraps(transaction)
    def tried(*args: P.args, **named: P.kwargs) -> R:
        for _ in range(_MOST_TRIES - 1):
            with suppress(DeadlockDetected):
                return transaction(*args, **named)
        return transaction(*args, **named)

    return tried


def take_turn(connection: Connection[TupleRow], turn: Turn, *, waits: bool) -> None:
    """Have the turn until the transaction ends. Raises TurnTaken, unless it ``waits``.

    As the first statement of a transaction that sees one moment it comes before that moment: all is
    seen that was done in the turn before.
    """
    try:
        connection.execute(
            f"LOCK TABLE {turn} IN SHARE UPDATE EXCLUSIVE MODE{'' if waits else ' NOWAIT'}".encode()
        )
    except LockNotAvailable as error:
        raise TurnTaken from error


class Lease:
    """Whether this process is the one that does a task, for a while.

    To be asked before each step of it, which renews it. Who is killed, or stands still for longer,
    loses it to who asks then.
    """

    def __init__(self, task: Task, seconds: float = _LEASE_SECONDS) -> None:
        self._asked = {"name": task, "holder": uuid4(), "seconds": seconds}

    def is_ours(self, connection: Connection[TupleRow]) -> bool:
        """Return whether the task is this process's own from now on, by the database's clock."""
        return connection.execute(_RENEW, self._asked).rowcount == 1

    def end(self, connection: Connection[TupleRow]) -> None:
        """Leave the task to others at once, if that can still be said; else they wait a little."""
        with suppress(psycopg.Error):
            connection.execute(
                "DELETE FROM lease WHERE name = %(name)s AND holder = %(holder)s", self._asked
            )

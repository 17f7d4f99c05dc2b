"""Every advisory lock of the database, and how each is taken: no other module writes a key.

A database's advisory locks are one space of numbers, which PostgreSQL gives no meaning: two parts
that chose the same number would wait for each other for no reason that anyone could see.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum, unique

from psycopg import Connection, Cursor
from psycopg.rows import TupleRow


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
    """Whoever reads the kept messages again."""

    COUNTING = 0x4650434F
    """Whoever counts delivery performance and learns what is usual, while it does."""

    STANDINGS = 0x46525354
    """Whoever counts how requests stand: one after the other, in the order of their moments."""

    FOLDING_ARRIVALS = 0x46504652
    """Whoever folds arrivals into silences."""

    UPKEEP = 0x4650554B
    """The one process of all servers that counts beside answering, for as long as it lives."""

    STALLED = 0x46505354
    """Whoever looks for distributions that have stalled."""

    QUARANTINE = 0x46495155
    """Whoever puts inputs of a submitter with a quota into quarantine; the second half is who."""

    DEMONSTRATION = 0x46495444
    """The one process of a demonstration that hands in what happens in its world."""

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


@contextmanager
def held(
    connection: Connection[TupleRow], key: AdvisoryKey, *, waits: bool = True
) -> Iterator[bool]:
    """Hold a lock until the block ends, over any number of transactions; yield whether it is ours.

    Without ``waits`` it is ours only if it was free. It ends with the connection, too, if the
    process is killed. If it cannot be taken or let go, as when a statement is cancelled, whether it
    is held is not known: then the connection is closed, since a pool would keep it, and the lock.
    """
    how = "pg_advisory_lock" if waits else "pg_try_advisory_lock"
    with _closed_on_failure(connection):
        found = connection.execute(f"SELECT {how}(%s)", (key.value,)).fetchone()
    is_ours = waits or found == (True,)
    try:
        yield is_ours
    finally:
        if is_ours and not connection.closed:
            with _closed_on_failure(connection):
                connection.execute("SELECT pg_advisory_unlock(%s)", (key.value,))


@contextmanager
def _closed_on_failure(connection: Connection[TupleRow]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise

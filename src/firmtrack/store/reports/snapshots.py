"""Transactions in which all statements see one moment."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.store.locks import Turn, take_turn


@contextmanager
def snapshot(connection: Connection[TupleRow]) -> Iterator[None]:
    """Open a transaction whose statements all see the same moment, and each other."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


@contextmanager
def counting_snapshot(
    connection: Connection[TupleRow], turn: Turn, *, waits: bool
) -> Iterator[None]:
    """Open the same in its turn, of a moment after the turn before. Raises TurnTaken."""
    with snapshot(connection):
        take_turn(connection, turn, waits=waits)
        yield

"""Transactions in which all statements see one moment."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import Connection
from psycopg.rows import TupleRow


@contextmanager
def snapshot(connection: Connection[TupleRow]) -> Iterator[None]:
    """Open a transaction whose statements all see the same moment, and each other."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield

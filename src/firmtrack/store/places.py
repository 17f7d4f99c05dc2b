"""Schemas for staging tables: a transaction that writes takes one for as long as it lasts.

Each has a number, whose lock is that of ``AdvisoryKey.STAGING``. What stands in them is
``firmtrack.store.ledger.staging``'s.
"""

from psycopg import Connection, sql
from psycopg.rows import TupleRow

from firmtrack.store.locks import AdvisoryKey, take

PREFIX = "firmtrack_staging_"
"""How their names begin; an edition of the tables and a number follow."""

MOST = 64
"""How many there are at most; their numbers begin with 1."""

_PLACES = """
SELECT nspname, substring(nspname from '[0-9]+$')::integer
FROM pg_namespace WHERE nspname ~ %s ORDER BY nspname
"""
_NAMES = f"^{PREFIX}[0-9a-f]+_[0-9]+$"


def take_all(connection: Connection[TupleRow]) -> None:
    """Wait until nobody writes by a place, and let nobody until the transaction ends."""
    for number in range(1, MOST + 1):
        take(connection, AdvisoryKey.STAGING, number)


def drop_places(connection: Connection[TupleRow]) -> None:
    """Drop all, once nobody uses them: whoever writes next makes what it needs.

    For who has changed the tables: some staging tables are made like tables of facts.
    """
    for name, number in connection.execute(_PLACES, (_NAMES,)).fetchall():
        with connection.transaction():
            take(connection, AdvisoryKey.STAGING, number)
            connection.execute(
                sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(name))
            )

"""What PostgreSQL's planner knows of the tables of months, told anew where nobody else does."""

from psycopg import Connection, sql
from psycopg.rows import TupleRow

from firmtrack.store.months import TABLES
from firmtrack.store.shards import is_so_of_any_shard

_HAS_GROWN = """
    SELECT abs(sum(greatest(part.reltuples, 0)) - greatest(parent.reltuples, 0))
        > 1000 + 0.2 * greatest(parent.reltuples, 0)
    FROM pg_class AS parent
    JOIN pg_inherits AS i ON i.inhparent = parent.oid
    JOIN pg_class AS part ON part.oid = i.inhrelid
    WHERE parent.oid = {table}::regclass
    GROUP BY parent.reltuples
"""


def renew_statistics(connection: Connection[TupleRow]) -> bool:
    """Tell the planner anew of one table that has grown, or shrunk, by a fifth; return if any had.

    PostgreSQL itself looks after each part, and never at a table of parts as a whole: without that
    the planner takes a device to have a great part of all events. The connection is in autocommit.
    """
    for table in TABLES:
        if is_so_of_any_shard(connection, table.name, _HAS_GROWN):
            connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table.name)))
            return True
    return False

"""The moment of recording, which the demonstration sets while it takes in what happened before.

Whatever is recorded counts from ``now()``, by the database's clock. Within ``past_recording`` the
demonstration's connections, and no others, find a ``now()`` of the demonstration's own before
PostgreSQL's. So every statement of the ledger writes as it would have written then, and no row is
changed afterwards. Nothing of the product knows of it (docs/decisions/043).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from psycopg import conninfo

from firmtrack.store import database

_CREATE = """
CREATE SCHEMA IF NOT EXISTS demonstration_time;
CREATE TABLE IF NOT EXISTS demonstration_time.moment (at timestamptz NOT NULL);
CREATE OR REPLACE FUNCTION demonstration_time.now() RETURNS timestamptz LANGUAGE sql STABLE
    AS 'SELECT coalesce((SELECT at FROM demonstration_time.moment), pg_catalog.now())';
CREATE OR REPLACE FUNCTION demonstration_time.clock_timestamp() RETURNS timestamptz
    LANGUAGE sql STABLE AS 'SELECT demonstration_time.now()';
"""
_FORGET = "DELETE FROM demonstration_time.moment"
_BEGIN = "INSERT INTO demonstration_time.moment SELECT pg_catalog.now()"
_SET = "UPDATE demonstration_time.moment SET at = %s"

# PostgreSQL looks in its own schema first unless that is named. Hundreds of batches need not wait
# for the disk: what a crash of the machine takes away is the last of them, with the note of it.
_OPTIONS = '-csearch_path=demonstration_time,"$user",public,pg_catalog -csynchronous_commit=off'

SetMoment = Callable[[datetime], None]


@contextmanager
def past_recording() -> Iterator[SetMoment]:
    """Give what sets the moment from which all counts that this process records within the block.

    The process must answer nobody meanwhile: all its connections see that moment.
    """
    usual = database.conninfo_in_use()
    with database.connected() as connection:
        connection.execute(_CREATE)
        connection.execute("SET synchronous_commit = off")
        connection.execute(_FORGET)
        connection.execute(_BEGIN)
        options = conninfo.conninfo_to_dict(usual).get("options") or ""
        database.use(conninfo.make_conninfo(usual, options=f"{options} {_OPTIONS}".strip()))

        def set_moment(at: datetime) -> None:
            connection.execute(_SET, (at,))

        try:
            yield set_moment
        finally:
            connection.execute(_FORGET)
            database.use(usual)

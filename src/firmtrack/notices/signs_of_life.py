"""The signs of life of dispatchers: rows that each keeps fresh while it runs, by one clock.

Not locks, and not the server's list of connections: what stands between, such as PgBouncer, keeps
those for someone else; and a connection of a machine that is gone stays for hours.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Event, Thread
from uuid import uuid4

import psycopg
from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.domain.viewer import Viewer
from firmtrack.notices import statement
from firmtrack.store.database import conninfo_in_use, reading_pool
from firmtrack.store.reading.seeing import asked_by

ALIVE_FOR = timedelta(seconds=45)
"""A dispatcher that has given no sign for so long does not run."""

_SIGN_SECONDS = 10.0
_STOPPING_SECONDS = 5.0
_FORGOTTEN_AFTER = timedelta(days=1)
_CONNECT_SECONDS = 5

_GIVE_SIGN = """
INSERT INTO dispatcher AS d (dispatcher_id) VALUES (%s)
ON CONFLICT (dispatcher_id) DO UPDATE SET seen_at = clock_timestamp()
"""
_FORGET_OLD = "DELETE FROM dispatcher WHERE seen_at < clock_timestamp() - %s::interval"
_LEAVE = "DELETE FROM dispatcher WHERE dispatcher_id = %s"

_log = logging.getLogger(__name__)


@contextmanager
def giving_signs(sign_seconds: float = _SIGN_SECONDS) -> Iterator[None]:
    """Give signs of life for as long as the block runs, from a thread of its own."""
    is_over = Event()
    thread = Thread(target=_give_signs, args=(is_over, sign_seconds), name="signs of life",
                    daemon=True)  # fmt: skip
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join(_STOPPING_SECONDS)


def is_anyone_dispatching(connection: Connection[TupleRow]) -> bool:
    """Return whether a dispatcher runs: true up to a minute after one was killed."""
    found = connection.execute(statement("find_dispatcher"), {"alive": ALIVE_FOR}).fetchone()
    return found == (True,)


def are_held_up(viewer: Viewer) -> bool:
    """Return whether something waits to be sent to the viewer's party, and no dispatcher runs."""
    asked = {**asked_by(viewer), "alive": ALIVE_FOR}
    with reading_pool().connection() as connection:
        return connection.execute(statement("find_held_up"), asked).fetchone() == (True,)


def _give_signs(is_over: Event, sign_seconds: float) -> None:
    dispatcher_id = uuid4()
    connection: Connection[TupleRow] | None = None
    while True:
        try:
            if connection is None:
                connection = Connection.connect(
                    conninfo_in_use(),
                    autocommit=True,
                    connect_timeout=_CONNECT_SECONDS,
                    prepare_threshold=None,
                )
                connection.execute(_FORGET_OLD, (_FORGOTTEN_AFTER,))
            connection.execute(_GIVE_SIGN, (dispatcher_id,))
        except psycopg.Error as error:  # senders tell of it, too; it is tried again
            _log.debug("No sign of life could be given: %s", error)
            _close(connection)
            connection = None
        if is_over.wait(sign_seconds):
            break
    with suppress(psycopg.Error):
        if connection is not None:
            connection.execute(_LEAVE, (dispatcher_id,))
    _close(connection)


def _close(connection: Connection[TupleRow] | None) -> None:
    if connection is not None:
        with suppress(psycopg.Error):
            connection.close()

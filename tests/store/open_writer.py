"""A writer whose transaction is open while something else goes on."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from firmtrack.domain.facts import Message
from firmtrack.store import locks
from firmtrack.store.database import WRITING, pool
from firmtrack.store.ledger.recording import Batch, record
from firmtrack.store.locks import AdvisoryKey
from firmtrack.store.numbers import KIND_NUMBERS
from tests.citus import CITUS_URL
from tests.store.server_processes import wait_until

_WAITING = """
    SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = %s AND wait_event_type = 'Lock'
"""
# Who waits on a worker is seen on the coordinator to read from it, and no more.
_WAITING_FOR_A_SHARD = """
    SELECT FROM citus_lock_waits
    JOIN citus_stat_activity ON global_pid = waiting_gpid
    WHERE datname = current_database() AND application_name = %s
"""


@contextmanager
def still_recording(message: Message) -> Iterator[None]:
    """Have the transaction that records the message begun in the block, and ended after it."""
    with ThreadPoolExecutor() as threads:
        with pool().connection() as connection, connection.transaction():
            locks.take(connection, AdvisoryKey.ATTRIBUTION)
            recording = threads.submit(record, Batch(messages=[message]))
            wait_until(_is_a_writer_waiting)
            yield
        recording.result()


@contextmanager
def just_begun(message: Message) -> Iterator[None]:
    """Have the transaction that records the message begun before the block, and held up there.

    What is recorded in the block begins later and is committed first.
    """
    with ThreadPoolExecutor() as threads:
        with pool().connection() as connection, connection.transaction(force_rollback=True):
            table = "dated_message" if message.is_dated else "undated_message"
            connection.execute(
                f"INSERT INTO {table} (message_id, occurred_at, recorded_at, kind, body)"
                " VALUES (%s, %s, now(), %s, '')".encode(),
                (message.message_id, message.occurred_at, KIND_NUMBERS[message.kind]),
            )
            recording = threads.submit(record, Batch(messages=[message]))
            wait_until(_is_a_writer_waiting)
            yield
        recording.result()


def _is_a_writer_waiting() -> bool:
    with pool().connection() as connection:
        waiting = _WAITING_FOR_A_SHARD if CITUS_URL else _WAITING
        row = connection.execute(waiting, (WRITING,)).fetchone()
    return row is not None

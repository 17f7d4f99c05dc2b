"""What a database server does: the processor's time it takes, and the blocks it looks at."""

import time
from contextlib import suppress

import psutil
import psycopg

_LOOK_SECONDS = 0.05
_OTHERS = """
    SELECT FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
"""
_BLOCKS = "SELECT blks_hit + blks_read FROM pg_stat_database WHERE datname = current_database()"


def processor_seconds(process_id: int) -> float:
    """Return the processor's time that all processes of the server had that began with this one.

    Those that wait on clients, and those in the background; those that have ended, too.
    """
    first, seconds = psutil.Process(process_id), 0.0
    for each in first.children():
        with suppress(psutil.NoSuchProcess):  # its time is the first's from now on
            times = each.cpu_times()
            seconds += times.user + times.system
    return seconds + sum(first.cpu_times()[:4])  # its own, and that of those that have ended


def blocks_read(conninfo: str) -> int:
    """Return how many blocks a database's statements have looked at, in memory or on the disk.

    What a connection has done is counted when it ends: they are waited for.
    """
    with psycopg.connect(conninfo, autocommit=True) as connection:
        while connection.execute(_OTHERS).rowcount:
            time.sleep(_LOOK_SECONDS)  # nobody tells
        row = connection.execute(_BLOCKS).fetchone()
    assert row is not None
    return int(row[0])

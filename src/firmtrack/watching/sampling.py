"""A thread of each process that says, every few seconds, how that process is."""

import os
from pathlib import Path
from threading import Event, Thread

from firmtrack.measures import MEASURES
from firmtrack.measures.table import POOL_CONNECTIONS, POOL_IN_USE, POOL_WAITING, RESIDENT_BYTES
from firmtrack.store import replica
from firmtrack.store.database import pool_statistics

SAMPLE_SECONDS = 5.0


class Sampling:
    """Says how this process is until it is stopped."""

    def __init__(self, seconds: float = SAMPLE_SECONDS) -> None:
        self._seconds = seconds
        self._is_over = Event()
        self._thread = Thread(target=self._run, name="sampling", daemon=True)

    def start(self) -> None:
        """Begin at once."""
        self._thread.start()

    def stop(self) -> None:
        """End now."""
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            sample()
            if self._is_over.wait(self._seconds):
                return


def sample() -> None:
    """Say how this process is."""
    MEASURES.set(RESIDENT_BYTES, to=_resident_bytes())
    standby = replica.followed_now()
    of_replica = {} if standby is None else standby.server.pool_statistics()
    for name, statistics in (*pool_statistics().items(), *of_replica.items()):
        held, free = statistics.get("pool_size", 0), statistics.get("pool_available", 0)
        if name in dict(POOL_CONNECTIONS.labels)["pool"]:
            MEASURES.set(POOL_CONNECTIONS, name, to=held)
            MEASURES.set(POOL_IN_USE, name, to=max(0, held - free))
            MEASURES.set(POOL_WAITING, name, to=statistics.get("requests_waiting", 0))


def _resident_bytes() -> int:
    """Return this process's memory, 0 where the kernel does not tell it so."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")

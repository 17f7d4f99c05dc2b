"""What a server does beside answering: it counts delivery performance anew, now and then."""

import time
from threading import Event, Thread

from firmtrack.answers.side_parts import side_part
from firmtrack.store.reports import performance

INTERVAL_SECONDS = 300.0
_AT_ONCE_SECONDS = 5.0
_PAUSE_SECONDS = 1.0


class Upkeep:
    """A thread that counts every few minutes; one process at a time does, others find it busy."""

    def __init__(self, interval_seconds: float = INTERVAL_SECONDS) -> None:
        self._interval_seconds = interval_seconds
        self._is_over = Event()
        self._thread = Thread(target=self._run, name="upkeep", daemon=True)

    def start(self) -> None:
        """Begin; the first count is one interval from now."""
        self._thread.start()

    def stop(self) -> None:
        """End, after the request that is being counted."""
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_over.wait(self._interval_seconds):
            side_part("delivery performance, counted anew", self._count)

    def _count(self) -> None:
        """Count for as long as there is something to count, but notice soon that it is over."""
        until = time.monotonic() + self._interval_seconds
        while not self._is_over.is_set() and time.monotonic() < until:
            if performance.refresh(seconds=_AT_ONCE_SECONDS):
                return
            self._is_over.wait(_PAUSE_SECONDS)

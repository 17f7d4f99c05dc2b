"""How long nobody was answered: a look-up again and again, and the times of all that succeeded."""

import bisect
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from itertools import pairwise

_TIMEOUT_SECONDS = 5.0
_PAUSE_SECONDS = 0.1
_AFTERMATH_SECONDS = 2.0


class Watcher(threading.Thread):
    """Looks a device up ten times a second, on a connection of its own each time."""

    def __init__(self, port: int, path: str, token: str) -> None:
        super().__init__(daemon=True)
        self._port, self._path, self._token = port, path, token
        self._over = threading.Event()
        self.answered_at: list[float] = []
        self.failures = 0

    def stop(self) -> None:
        """Have it end."""
        self._over.set()

    def run(self) -> None:
        """Look up until told to stop."""
        while not self._over.wait(_PAUSE_SECONDS):
            if self._is_answered():
                self.answered_at.append(time.monotonic())
            else:
                self.failures += 1

    def _is_answered(self) -> bool:
        headers = {"Authorization": f"Bearer {self._token}"}
        with closing(
            HTTPConnection("127.0.0.1", self._port, timeout=_TIMEOUT_SECONDS)
        ) as connection:
            try:
                connection.request("GET", self._path, headers=headers)
                response = connection.getresponse()
                response.read()
            except (HTTPException, OSError):
                return False
            return response.status in {200, 404}


def longest_gap(times: Sequence[float], began_at: float, mended_at: float) -> float:
    """Return the longest time without success of a fault and its aftermath: 0 if none is known.

    ``times`` ascend. Who was being answered when a process was killed may still be answered, so
    what begins within two seconds after the fault was mended counts as well.
    """
    first = max(0, bisect.bisect_left(times, began_at) - 1)
    last = bisect.bisect_right(times, mended_at + _AFTERMATH_SECONDS)
    return max((after - before for before, after in pairwise(times[first : last + 1])), default=0.0)

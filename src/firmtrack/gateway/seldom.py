"""What would be told each time, told seldom: once an hour of each name, and of few names."""

import time
from collections.abc import Callable

from firmtrack.gateway.tally import Quota, Tally

_EACH = Quota("each", 1, window_seconds=3600)
_ALL = Quota("all", 10, window_seconds=3600)


class Seldom:
    """Says when it is time to tell of a name. Made before a fork, it is one for all processes."""

    def __init__(self, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._each = Tally(256, clock)
        self._all = Tally(1, clock)

    def is_due(self, name: str) -> bool:
        """Return whether to tell of the name now; then, for an hour, not again."""
        return (
            self._each.spend(_EACH, name.encode()).is_within
            and self._all.spend(_ALL, b"").is_within
        )

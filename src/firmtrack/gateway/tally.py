"""How often something was done of late, counted on one machine by all processes of a server."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from mmap import mmap
from struct import unpack
from typing import NamedTuple

_SECOND = 1_000_000_000
_WORD_BYTES = 8
_WAYS = 4
_SETS = 16_384


@dataclass(frozen=True)
class Quota:
    """So many ``calls`` in ``window_seconds``, under a name of at most 16 octets.

    They may come at once; they are given back one by one, over the window.
    """

    name: str
    calls: int
    window_seconds: int = 60

    @cached_property
    def each(self) -> int:
        """Within how long one is given back, in nanoseconds."""
        return self.window_seconds * _SECOND // self.calls

    @cached_property
    def person(self) -> bytes:
        """What tells its keys from those of other quotas."""
        return self.name.encode()


class Standing(NamedTuple):
    """Whether a call is within its quota, how many more are, and when that is one more."""

    is_within: bool
    left: int
    restored_seconds: int
    """In whole seconds from now on, at least 1; if not within, after these it would be."""


class Tally:
    """What keys have spent of their quotas. Made before a fork, it is one for all processes.

    For each key it keeps when all will be given back (GCRA), in a table whose size is fixed. Of
    ``4 * sets`` keys, spread by a secret that no one can guess, that of four which has spent least
    makes room for a new one and is forgotten. Processes do not wait for each other: of two calls in
    the same microseconds one may not count, or count for a key that has just lost its place.
    """

    def __init__(self, sets: int = _SETS, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._sets = sets
        self.clock = clock
        """Nanoseconds that the whole machine counts alike."""
        self._secret = os.urandom(32)
        # Of each set the names of its keys, then their times: a line of the processor's cache.
        self._words = memoryview(mmap(-1, sets * _WAYS * 2 * _WORD_BYTES)).cast("Q")

    def spend(self, quota: Quota, key: bytes) -> Standing:
        """Return how the key stands with one more call, which counts if it is within."""
        digest = blake2b(key, digest_size=16, key=self._secret, person=quota.person).digest()
        number, name = unpack("QQ", digest)
        begin = number % self._sets * _WAYS * 2
        words = self._words[begin : begin + 2 * _WAYS].tolist()
        names, times = words[:_WAYS], words[_WAYS:]
        now, each = self.clock(), quota.each
        most = each * quota.calls
        is_known = name in names
        way = names.index(name) if is_known else times.index(min(times))
        spent = min(max(times[way] - now, 0), most) if is_known else 0
        left, over = divmod(most - spent - each, each)
        if left < 0:
            return Standing(is_within=False, left=0, restored_seconds=_seconds(spent + each - most))
        self._words[begin + _WAYS + way] = now + spent + each
        if not is_known:
            self._words[begin + way] = name
        return Standing(is_within=True, left=left, restored_seconds=_seconds(each - over))

    def forget(self) -> None:
        """Give all back to all."""
        for place in range(len(self._words)):
            self._words[place] = 0


def _seconds(nanoseconds: int) -> int:
    return -(-nanoseconds // _SECOND)

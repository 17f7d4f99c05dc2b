"""How many connections each process has, known to all, so that they share them evenly.

Whoever is quickest takes a connection: that is one of them nearly always, and clients that keep
their connections would have one process work while the others rest.
"""

import mmap
import struct

_COUNT = struct.Struct("=q")


class Shares:
    """The numbers of connections of ``places`` processes, in memory that forks share."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._memory = mmap.mmap(-1, places * _COUNT.size)

    def tell(self, place: int, count: int) -> None:
        """Say how many connections the process in this place has."""
        _COUNT.pack_into(self._memory, place * _COUNT.size, count)

    def least(self) -> int:
        """Return how many the process has that has fewest."""
        octets = self._memory[: self._places * _COUNT.size]
        return min(int(count) for (count,) in _COUNT.iter_unpack(octets))

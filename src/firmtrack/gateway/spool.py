"""Octets that wait for the other side: in memory while they are few, else in a file."""

from tempfile import SpooledTemporaryFile
from threading import Lock

BLOCK_BYTES = 65_536
"""So much is read at once."""


class NoRoom(Exception):
    """The files of this process hold as much as they may."""


class Room:
    """How much files of a process hold together, and may hold, in octets."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self.taken_bytes = 0
        """How much they hold now."""
        self._guard = Lock()

    def take(self, count: int) -> None:
        """Say that a file has ``count`` octets more, or, if negative, less. Raises NoRoom."""
        with self._guard:
            if count > 0 and self.taken_bytes + count > self._limit_bytes:
                raise NoRoom
            self.taken_bytes += count


class Spool:
    """What is written, to be read from the beginning; over ``memory_bytes`` in a nameless file."""

    def __init__(self, room: Room, memory_bytes: int) -> None:
        self._room = room
        self._memory_bytes = memory_bytes
        self._taken_bytes = 0
        self.file = SpooledTemporaryFile(max_size=memory_bytes)  # noqa: SIM115  # until closed
        self.size_bytes = 0

    def write(self, data: bytes) -> None:
        """Add octets. Raises NoRoom."""
        self.size_bytes += len(data)
        if self.size_bytes > self._memory_bytes:
            self._room.take(self.size_bytes - self._taken_bytes)
            self._taken_bytes = self.size_bytes
        self.file.write(data)

    def close(self) -> None:
        """Let go of all of it."""
        self.file.close()
        self._room.take(-self._taken_bytes)
        self._taken_bytes = 0

"""Files that hold what is too large for memory until the other side has taken it."""

import os
import tempfile
from collections.abc import Callable
from enum import Enum, auto
from threading import Lock
from typing import IO

BLOCK_BYTES = 65_536
"""So much is read of a file at once."""


class Room:
    """How much all files of a process hold together, and may hold, in octets."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self.taken_bytes = 0
        """How much they hold now."""
        self._guard = Lock()

    @property
    def is_left(self) -> bool:
        """Whether another file may be begun."""
        return self.taken_bytes < self._limit_bytes

    def take(self, count: int) -> None:
        """Say that a file has grown by ``count`` octets; or, if negative, that they are gone."""
        with self._guard:
            self.taken_bytes += count


class Progress(Enum):
    """How far what is read from a spool has come."""

    LATER = auto()
    """All that was written has been read, and more is to come."""

    DONE = auto()
    """All has been read."""

    FAILED = auto()
    """What was to come does not."""


class Spool:
    """Octets that one thread writes and another reads, at its own pace, from a file without name.

    ``waiter`` of ``read`` is called, by the thread that writes, when there is more to read.
    """

    def __init__(self, room: Room) -> None:
        self._room = room
        self._file: IO[bytes] = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  # until closed
        self._size_bytes = 0
        self._end: Progress | None = None
        self._waiter: Callable[[], None] | None = None
        self._is_abandoned = False
        self._guard = Lock()

    def write(self, data: bytes) -> bool:
        """Add octets; return whether anybody still reads them."""
        with self._guard:
            if self._is_abandoned:
                return False
            view = memoryview(data)
            while view:
                view = view[self._file.write(view) :]
            self._size_bytes += len(data)
        self._room.take(len(data))
        self._tell()
        return True

    def end(self, *, has_failed: bool = False) -> None:
        """Say that nothing more comes."""
        with self._guard:
            self._end = Progress.FAILED if has_failed else Progress.DONE
        self._tell()

    def read(self, offset: int, waiter: Callable[[], None]) -> bytes | Progress:
        """Return the next octets from ``offset`` on, or why there are none now."""
        with self._guard:
            if offset < self._size_bytes:
                return os.pread(self._file.fileno(), BLOCK_BYTES, offset)
            if self._end is None:
                self._waiter = waiter
                return Progress.LATER
            return self._end

    def abandon(self) -> None:
        """Let go of the file: nobody reads it any more."""
        with self._guard:
            if self._is_abandoned:
                return
            self._is_abandoned = True
            self._file.close()
        self._room.take(-self._size_bytes)

    def _tell(self) -> None:
        with self._guard:
            waiter, self._waiter = self._waiter, None
        if waiter is not None:
            waiter()

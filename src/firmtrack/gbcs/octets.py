"""Taking octets off the front of a message, never past its end."""

from typing import Final

from firmtrack.errors import FirmtrackError

_LONGEST_LENGTH_SIZE: Final = 2


class MalformedGbcs(FirmtrackError):
    """The octets are not a GBCS message."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"Not a GBCS message: {reason}.")


class Octets:
    """Octets that are read once, front to back.

    Every method names in ``what`` the thing that it reads, takes it off the front, and raises
    MalformedGbcs, naming it, if it is not there or not as it must be.
    """

    __slots__ = ("_octets", "position")

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self.position = 0

    @property
    def left(self) -> int:
        """How many octets have not been read."""
        return len(self._octets) - self.position

    def take(self, count: int, what: str) -> bytes:
        """Return the next ``count`` octets."""
        start = self.position
        end = start + count
        if end > len(self._octets):
            raise MalformedGbcs(f"{what} needs {count} octets where {self.left} are left")
        self.position = end
        return self._octets[start:end]

    def number(self, count: int, what: str) -> int:
        """Return the unsigned big-endian number in the next ``count`` octets."""
        return int.from_bytes(self.take(count, what), "big")

    def expect(self, octets: bytes, what: str) -> None:
        """Pass over exactly these octets."""
        if self._octets.startswith(octets, self.position):
            self.position += len(octets)
            return
        found = self.take(len(octets), what)
        raise MalformedGbcs(f"{what} begins with {found.hex()}, not {octets.hex()}")

    def length(self, what: str) -> int:
        """Return the length, 0 to 65,535, that stands before ``what``.

        It is written in the shortest form: one octet up to 7F, then 81 xx, then 82 xx xx.
        Source: X.690, clause 10.1.
        """
        first = self.take(1, what)[0]
        if first < 0x80:
            return first
        size = first - 0x80
        if not 1 <= size <= _LONGEST_LENGTH_SIZE:
            raise MalformedGbcs(f"the length of {what} begins with {first:02x}")
        length = self.number(size, what)
        if length < (0x80 if size == 1 else 0x100):
            raise MalformedGbcs(f"the length of {what}, {length}, is not in its shortest form")
        return length

    def end(self, what: str) -> None:
        """Make sure that nothing follows ``what``."""
        if self.left:
            raise MalformedGbcs(f"{self.left} octets follow {what}")

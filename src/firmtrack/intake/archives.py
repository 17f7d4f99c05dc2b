"""What all archives have in common: their members, and how far they may unfold.

The bounds are of all that is packed in one file together, at any depth.
"""

from dataclasses import dataclass

from msgspec import Struct

from firmtrack.errors import FirmtrackError
from firmtrack.intake.envelopes import Refused

LARGEST_MESSAGE_BYTES = 16 * 1024 * 1024
"""The largest legal request, 10,240,000 octets of image in base64 and 50,000 IDs, is 14.9 MB."""

_LARGEST_RATIO = 200
_RATIO_GRACE_BYTES = 64 * 1024 * 1024
_MOST_MEMBERS = 5_000_000
_DEEPEST_NESTING = 4  # a .tar.gz in a .tar.gz

NOT_A_FILE = Refused("not_a_file", "A link, pipe or device is not read.")


class ArchiveRefused(FirmtrackError):
    """An archive is damaged or breaks one of the bounds."""

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        super().__init__(reason)

    @classmethod
    def damaged(cls, problem: object) -> "ArchiveRefused":
        """Return the refusal of an archive that cannot be read on."""
        return cls("bad_archive", f"The archive is damaged: {problem}"[:200])

    @classmethod
    def expanding(cls) -> "ArchiveRefused":
        """Return the refusal of what is larger unpacked than anything that is meant well."""
        return cls("expands_too_far", f"It expands to over {_LARGEST_RATIO} times its size.")


class Member(Struct, frozen=True):
    """A file in an archive: its path there, and its octets, or why there are none.

    Of a file that is larger than a message may be, ``octets`` are the first, one too many.
    """

    path: str
    octets: bytes
    refused: Refused | None = None


@dataclass(slots=True)
class Bounds:
    """One file's account: its own size, and what was unfolded of it so far.

    ``packed_bytes`` of a stream is what has been read of it. ``beyond_ratio_bytes`` is what single
    members unpacked to beyond the ratio: all together have a grace of that.
    """

    packed_bytes: int = 0
    expanded_bytes: int = 0
    beyond_ratio_bytes: int = 0
    members: int = 0

    def read(self, count: int) -> None:
        """Note that ``count`` more octets of a stream were read."""
        self.packed_bytes += count

    def expand(self, count: int) -> None:
        """Note that ``count`` octets were unpacked. Raises ArchiveRefused if they are too many."""
        self.expanded_bytes += count
        if self.expanded_bytes > self._most_expanded_bytes:
            raise ArchiveRefused.expanding()

    def room_for(self, packed_bytes: int) -> int:
        """Return how many octets a member that is packed into so many may unpack to."""
        by_itself = packed_bytes * _LARGEST_RATIO + _RATIO_GRACE_BYTES - self.beyond_ratio_bytes
        return max(0, min(by_itself, self._most_expanded_bytes - self.expanded_bytes))

    def unpack(self, packed_bytes: int, count: int) -> None:
        """Note that a member was unpacked from so many octets to ``count``.

        Raises ArchiveRefused, and notes nothing, if these are too many.
        """
        beyond = max(0, count - packed_bytes * _LARGEST_RATIO)
        if self.beyond_ratio_bytes + beyond > _RATIO_GRACE_BYTES:
            raise ArchiveRefused.expanding()
        self.expand(count)
        self.beyond_ratio_bytes += beyond

    @property
    def _most_expanded_bytes(self) -> int:
        return self.packed_bytes * _LARGEST_RATIO + _RATIO_GRACE_BYTES

    def enter_member(self) -> None:
        """Note one more member of an archive. Raises ArchiveRefused if they are too many."""
        self.members += 1
        if self.members > _MOST_MEMBERS:
            raise ArchiveRefused(
                "too_many_members", f"The archive has over {_MOST_MEMBERS} members."
            )


def check_nesting(depth: int) -> None:
    """Raise ArchiveRefused if so many layers of packing are too many."""
    if depth > _DEEPEST_NESTING:
        raise ArchiveRefused("nested_too_deep", "Archives are nested too deep.")

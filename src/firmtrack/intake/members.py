"""What an archive holds, one member after the other."""

from dataclasses import dataclass

from firmtrack.intake.envelopes import Refused

NOT_A_FILE = Refused("not_a_file", "A link, pipe or device is not read.")


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive: its path there, and its octets, or why there are none.

    Of a file that is larger than a message may be, ``octets`` are the first, one too many.
    """

    path: str
    octets: bytes
    refused: Refused | None = None

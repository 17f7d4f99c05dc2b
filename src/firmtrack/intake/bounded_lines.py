"""The lines of a text file, none of which takes more memory than a bound, whatever the file."""

from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

_LINE_BYTES = 65_536
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """A line without its end, and its number from 1.

    Octets that are not UTF-8 stand in the text as surrogates, which are not printable. The text
    of a line that ``is_too_long`` is its beginning.
    """

    number: int
    text: str
    is_too_long: bool = False


def read_lines(stream: BinaryIO, on_read: Callable[[int], object]) -> Iterator[Line]:
    """Yield the lines of a file; ``on_read`` is told how many octets were read, now and then."""
    number = unreported = 0
    while octets := stream.readline(_LINE_BYTES + 1):
        number += 1
        unreported += len(octets)
        is_too_long = len(octets) > _LINE_BYTES
        if is_too_long:
            unreported += _skip_line(stream, octets)
        if unreported > _LINE_BYTES:
            on_read(unreported)
            unreported = 0
        if number == 1:
            octets = octets.removeprefix(_BYTE_ORDER_MARK)
        yield Line(number, octets.decode("utf-8", "surrogateescape").strip(), is_too_long)
    on_read(unreported)


def _skip_line(stream: BinaryIO, beginning: bytes) -> int:
    """Read on to the end of the line, and return how many octets that were."""
    skipped = 0
    octets = beginning
    while octets and not octets.endswith(b"\n"):
        octets = stream.readline(_LINE_BYTES)
        skipped += len(octets)
    return skipped

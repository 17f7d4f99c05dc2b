"""Where a history goes on: below an entry, which is named by its mark.

So a page continues where the one before it ended, whatever was recorded between them.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64

from firmtrack.answers.devices import MARK_OCTETS

EVENTS_AT_ONCE = 200
"""So many entries of a history stand on a page, or in an answer."""

# With it a cursor has 15 octets, which base64 writes without padding.
_KIND = b"\x03"


def cursor_below(mark: bytes) -> str:
    """Return the mark as a text that means nothing to the caller: 20 URL-safe characters."""
    return urlsafe_b64encode(_KIND + mark).decode()


def read_mark(text: str) -> bytes | None:
    """Return the mark that a text of ``cursor_below`` means, None if it is none."""
    try:
        octets = urlsafe_b64decode(text.encode("ascii"))
    except (BadBase64, UnicodeEncodeError):
        return None
    mark = octets[1:]
    # Decoding skips what is not base64: only what we would write is a cursor.
    return mark if len(mark) == MARK_OCTETS and cursor_below(mark) == text else None

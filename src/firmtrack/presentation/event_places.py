"""Where a history goes on: after how many of its entries, as of the moment of its first page.

So the pages of one history fit together, whatever is recorded between them.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EVENTS_AT_ONCE = 200
"""So many entries of a history stand on a page, or in an answer."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KIND = b"\x03"
_LENGTH = 15  # octets, which base64 writes without padding


@dataclass(frozen=True, slots=True)
class EventsPlace:
    """A place in a history: ``skip`` entries are before it, as it was known at ``as_of``."""

    as_of: datetime
    skip: int


def cursor_of(place: EventsPlace) -> str:
    """Return the place as a text that means nothing to the caller: 20 URL-safe characters."""
    microseconds = (place.as_of - _EPOCH) // timedelta(microseconds=1)
    octets = _KIND + microseconds.to_bytes(8, "big", signed=True) + place.skip.to_bytes(6, "big")
    return urlsafe_b64encode(octets).decode()


def read_place(text: str) -> EventsPlace | None:
    """Return the place that a text of ``cursor_of`` means, None if it is none."""
    try:
        octets = urlsafe_b64decode(text.encode("ascii"))
        microseconds = int.from_bytes(octets[1:9], "big", signed=True)
        as_of = _EPOCH + timedelta(microseconds=microseconds)
    except (BadBase64, UnicodeEncodeError, ValueError, OverflowError):
        return None
    place = EventsPlace(as_of=as_of, skip=int.from_bytes(octets[9:], "big"))
    # Decoding skips what is not base64: only what we would write is a cursor.
    is_ours = octets[:1] == _KIND and len(octets) == _LENGTH and cursor_of(place) == text
    return place if is_ours else None

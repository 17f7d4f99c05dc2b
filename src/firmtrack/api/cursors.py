"""Cursors: where a list continues, as a text that means nothing to the caller."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64

from firmtrack.domain.identifiers import Eui64
from firmtrack.errors import FirmtrackError

# Names what the cursor continues, so that another kind of cursor is not mistaken for it. With it a
# cursor has 9 octets, which base64 writes without padding.
_BY_DEVICE_ID = b"\x01"
_BY_PLACE = b"\x02"


class BadCursor(FirmtrackError):
    """is not a cursor that an answer of this API gave."""


def cursor_after(device_id: Eui64) -> str:
    """Return the cursor of a list that continues above ``device_id``: 12 URL-safe characters."""
    return _cursor(_BY_DEVICE_ID, device_id)


def read_cursor(text: str) -> Eui64:
    """Return the Device ID above which the list continues. Raises BadCursor."""
    return Eui64(_read(_BY_DEVICE_ID, text))


def cursor_before(place: int) -> str:
    """Return the cursor of a list that continues below ``place``: 12 URL-safe characters."""
    return _cursor(_BY_PLACE, place)


def read_place_cursor(text: str) -> int:
    """Return the place below which the list continues. Raises BadCursor."""
    place = _read(_BY_PLACE, text)
    if place >= 2**63:
        raise BadCursor
    return place


def _cursor(kind: bytes, value: int) -> str:
    return urlsafe_b64encode(kind + value.to_bytes(8, "big")).decode()


def _read(kind: bytes, text: str) -> int:
    try:
        octets = urlsafe_b64decode(text.encode("ascii"))
    except (BadBase64, UnicodeEncodeError):
        raise BadCursor from None
    value = int.from_bytes(octets[1:9], "big")
    # Decoding skips characters that are not base64: only what we would write is a cursor.
    if _cursor(kind, value) != text:
        raise BadCursor
    return value

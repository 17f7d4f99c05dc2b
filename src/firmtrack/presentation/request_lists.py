"""Lists of requests: the words for their states, and where a list goes on."""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from firmtrack.answers.request_lists import RequestPlace, RequestState
from firmtrack.domain.identifiers import Eui64, RequestId

STATE_NAMES: Mapping[RequestState, str] = {
    RequestState.UNDER_WAY: "Under way",
    RequestState.ENDED: "Ended",
    RequestState.WITH_FAILURES: "With failed devices",
    RequestState.WITH_STALLED_DEVICES: "With stalled devices",
}

STATE_MEANINGS: Mapping[RequestState, str] = {
    RequestState.UNDER_WAY: "a device is in progress",
    RequestState.ENDED: "no device is in progress any more",
    RequestState.WITH_FAILURES: "a device failed",
    RequestState.WITH_STALLED_DEVICES: "a device in progress has stalled",
}

# With it a mark has 33 octets, which base64 writes without padding.
_KIND = b"\x04"
_PLACE = struct.Struct(">cqQQQ")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def mark_of(place: RequestPlace) -> str:
    """Return a place as a text that means nothing to the caller: 44 URL-safe characters."""
    at = (place.submitted_at - _EPOCH) // _MICROSECOND
    originator, target, counter = place.request_id
    return urlsafe_b64encode(_PLACE.pack(_KIND, at, originator, target, counter)).decode()


def read_mark(text: str) -> RequestPlace | None:
    """Return the place that a text of ``mark_of`` means, None if it is none."""
    try:
        kind, at, *parts = _PLACE.unpack(urlsafe_b64decode(text.encode("ascii")))
        submitted_at = _EPOCH + at * _MICROSECOND
    except (BadBase64, UnicodeEncodeError, struct.error, OverflowError):
        return None
    originator, target, counter = parts
    place = RequestPlace(submitted_at, RequestId(Eui64(originator), Eui64(target), counter))
    # Decoding skips what is not base64: only what we would write is a mark.
    return place if kind == _KIND and mark_of(place) == text else None

"""What a message of the stream says beside its body: when, from whom, how often it came."""

from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import unquote
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace
from nats.aio.msg import Msg

from firmtrack.intake.archives import LARGEST_MESSAGE_BYTES
from firmtrack.intake.envelopes import DUIS_MEDIA_TYPE, JSON_MEDIA_TYPE, Envelope, Refused
from firmtrack.presentation.as_of import MalformedMoment, read_time
from firmtrack.stream.names import (
    DUIS_SUBJECT,
    MESSAGE_ID_HEADER,
    OBJECT_HEADER,
    REPORT_SUBJECT,
    SUBMITTER_HEADER,
    TIME_HEADER,
    TOKEN_HEADER,
)

_MEDIA_TYPES = {DUIS_SUBJECT: DUIS_MEDIA_TYPE, REPORT_SUBJECT: JSON_MEDIA_TYPE}
_NANOSECONDS = 1_000_000_000
_NAME_CHARACTERS = 1_000
_OBJECT_NAME_CHARACTERS = 255

UNKNOWN_SUBJECT = Refused(
    "unknown_subject", f"The stream takes {DUIS_SUBJECT} and {REPORT_SUBJECT}, and this is neither."
)
MALFORMED_TIME = Refused(
    "malformed_time", "The header ce-time is not a time with its zone, as RFC 3339 writes it."
)
MALFORMED_HEADERS = Refused(
    "malformed_headers", "A header that says who handed it in cannot be what Firmtrack wrote."
)
MISSING_BODY = Refused(
    "missing_body", "The body was to be in the stream's object store, and is not there."
)
TOO_LARGE = Refused("too_large", f"The message has over {LARGEST_MESSAGE_BYTES} octets.")
DELIVERED_TOO_OFTEN = Refused(
    "delivered_too_often",
    "Workers took it again and again and did not come to its end. It can be replayed later.",
)
READER_DIED = Refused(
    "reader_died",
    "The process that read it died of it, which is a fault of Firmtrack. It can be replayed later.",
)


class Delivery(NamedTuple):
    """How often a message came, which of the stream it is, and when that took it."""

    times: int
    sequence: int
    stored_at: datetime


class Received(NamedTuple):
    """A message as it came, and what is known of its coming."""

    message: Msg
    delivery: Delivery

    @property
    def object_name(self) -> str | None:
        """The name of the object that is its body, None if it has its own."""
        headers = self.message.headers
        return None if headers is None else headers.get(OBJECT_HEADER)


def delivery_of(message: Msg) -> Delivery:
    """Return what the subject to which a message is acknowledged says of it."""
    words = message.reply.split(".")
    words = words[-5:] if len(words) == 9 else words[6:11]  # without a domain
    times, sequence, _, stored_at, _ = map(int, words)
    return Delivery(times, sequence, datetime.fromtimestamp(stored_at / _NANOSECONDS, UTC))


class Arrival(Struct, frozen=True):
    """A message of the stream in a form that is sent quickly to the process that reads it.

    ``taken_at`` is when the stream took it. ``refused`` is why it is not read. ``submitter`` is
    None of what did not come by the API: it is the operator's. ``message_id`` is what the API told.
    """

    envelope: Envelope
    taken_at: datetime
    refused: Refused | None = None
    submitter: str | None = None
    token: str | None = None
    message_id: UUID | None = None

    def refused_for(self, why: Refused) -> "Arrival":
        """Return it as one that is not read; all of it is kept, and can be replayed."""
        return replace(self, refused=why)

    def without_body(self, why: Refused) -> "Arrival":
        """Return it as one of which not all is there."""
        return replace(self, envelope=replace(self.envelope, refused=why))


def arrival_of(received: Received, body: bytes) -> Arrival:
    """Return the message with this body; what is wrong with what stands beside it refuses it."""
    message, delivery = received
    media_type = _MEDIA_TYPES.get(message.subject)
    origin = f"stream, message {delivery.sequence}"
    arrival = Arrival(
        Envelope(body, media_type or DUIS_MEDIA_TYPE, None, origin),
        delivery.stored_at,
        UNKNOWN_SUBJECT if media_type is None else None,
    )
    if len(body) > LARGEST_MESSAGE_BYTES:
        cut = replace(arrival.envelope, body=body[:LARGEST_MESSAGE_BYTES])
        return replace(arrival, envelope=cut).without_body(TOO_LARGE)
    return arrival if message.headers is None else _with(arrival, message.headers)


def _with(arrival: Arrival, headers: dict[str, str]) -> Arrival:
    """Return the arrival with what its headers say."""
    received_at, refused, envelope = None, arrival.refused, arrival.envelope
    try:
        if TIME_HEADER in headers:
            received_at = read_time(headers[TIME_HEADER])
    except MalformedMoment:
        refused = refused or MALFORMED_TIME
    try:
        submitter, token = _name(headers, SUBMITTER_HEADER), _name(headers, TOKEN_HEADER)
        told = headers.get(MESSAGE_ID_HEADER)
        message_id = None if told is None else UUID(told)
    except ValueError:
        refused = refused or MALFORMED_HEADERS
        submitter = token = message_id = None
    origin = envelope.origin
    if submitter is not None:
        origin = f"API: {submitter} (token …{token or ''}), {origin}"
    return Arrival(
        Envelope(envelope.body, envelope.media_type, received_at, origin),
        arrival.taken_at, refused, submitter, token, message_id,
    )  # fmt: skip


def _name(headers: dict[str, str], header: str) -> str | None:
    """Return what a header names, None if it is not there. Raises ValueError."""
    written = headers.get(header)
    if written is None:
        return None
    name = unquote(written, errors="strict")
    if not name or len(name) > _NAME_CHARACTERS or not name.isprintable():
        raise ValueError(header)
    return name

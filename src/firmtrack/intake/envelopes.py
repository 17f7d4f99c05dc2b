"""What comes in before it is read: octets, with what the carrier says of them."""

from dataclasses import dataclass
from datetime import datetime

from msgspec import DecodeError, Struct
from msgspec.json import Decoder

from firmtrack.presentation.as_of import MalformedMoment, read_time

DUIS_MEDIA_TYPE = "application/xml"
JSON_MEDIA_TYPE = "application/json"
JSON_MEDIA_TYPES = frozenset({JSON_MEDIA_TYPE, "application/cloudevents+json"})


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a message cannot be taken: a code that does not change, and a sentence."""

    code: str
    reason: str


READING_FAILED = Refused(
    "reading_failed",
    "Firmtrack failed at reading it, which is a fault of Firmtrack. It can be replayed later.",
)


class Envelope(Struct, frozen=True):
    """One message as it came, in a form that is sent quickly to the process that reads it.

    ``received_at`` is when DCC received or sent it, None if the carrier does not say. ``origin``
    tells people where it came from: a file's path, or who called the API. ``refused`` is set if
    the carrier could not hand the message over; ``body`` is then what there is of it.
    """

    body: bytes
    media_type: str
    received_at: datetime | None
    origin: str
    refused: Refused | None = None


class DuisLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A DUIS message as a line of JSON; time is when DCC received it."""

    xml: str
    time: str | None = None


_line_decoder = Decoder(DuisLine)


def envelope_of_line(line: bytes, origin: str) -> Envelope:
    """Return what a line of JSON holds: ``{"xml": …, "time": …}``, or else a stage report.

    A line that is neither goes on whole, so that a bad line is kept like any bad message.
    """
    try:
        duis = _line_decoder.decode(line)
        received_at = None if duis.time is None else read_time(duis.time)
    except (DecodeError, UnicodeDecodeError, RecursionError, MalformedMoment):
        return Envelope(body=line, media_type=JSON_MEDIA_TYPE, received_at=None, origin=origin)
    return Envelope(
        body=duis.xml.encode("utf-8", "surrogatepass"),
        media_type=DUIS_MEDIA_TYPE,
        received_at=received_at,
        origin=origin,
    )

"""An answer as octets of JSON."""

from msgspec import Struct
from msgspec.json import Encoder

_encoder = Encoder()


def encode(answer: Struct) -> bytes:
    """Return ``answer`` as JSON, in UTF-8."""
    return _encoder.encode(answer)

"""Message bodies as they are kept: compressed."""

import zlib

_LEVEL = 1


def pack(body: bytes) -> bytes:
    """Return ``body`` as it is stored."""
    return zlib.compress(body, _LEVEL)


def unpack(stored: bytes) -> bytes:
    """Return the body that ``pack`` stored."""
    return zlib.decompress(stored)

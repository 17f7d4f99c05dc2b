"""Message bodies as they are kept: compressed, with a dictionary of what DUIS messages share.

A small message says little that the others do not. What it does say, random numbers for the most
part, no dictionary makes smaller: a signature is 96 octets at least.
"""

import sys
import threading
import zlib
from importlib.resources import files

from firmtrack.errors import FirmtrackError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["LARGEST_BODY_BYTES", "UnreadableBody", "compressor_with", "pack", "unpack", "zstd"]

LARGEST_BODY_BYTES = 16 * 1024 * 1024
"""What a stored body may unpack to: as much as the largest message that is taken in."""

# The first octet of a stored body names its edition, so that a better one can follow. Whatever was
# stored in an edition is read for ever.
_ZLIB, _ZSTD = b"\x01", b"\x02"

_ZLIB_WINDOW_BITS = -13
_LEVEL = 3
_LARGEST_WINDOW_BITS = 24


class UnreadableBody(FirmtrackError):
    """A stored body cannot be read: it is damaged, or of an edition that this program lacks."""


def _dictionary(edition: int) -> bytes:
    """Return the dictionary of an edition; ``tools/body_dictionary.py`` trained that of 2."""
    return files(__name__).joinpath(f"edition-{edition}.dictionary").read_bytes()


_ZLIB_DICTIONARY = _dictionary(1)
_ZSTD_DICTIONARY = zstd.ZstdDict(_dictionary(2))


def compressor_with(dictionary: zstd.ZstdDict) -> zstd.ZstdCompressor:
    """Return what packs bodies; one that was used packs the next as a new one would."""
    return zstd.ZstdCompressor(
        options={
            zstd.CompressionParameter.compression_level: _LEVEL,
            # The edition says which dictionary it is.
            zstd.CompressionParameter.dict_id_flag: 0,
        },
        zstd_dict=dictionary.as_digested_dict,
    )


class _Packer(threading.local):
    """A thread's own compressor: to make one takes longer than to pack ten messages."""

    def __init__(self) -> None:
        self.compressor = compressor_with(_ZSTD_DICTIONARY)


_packer = _Packer()


def pack(body: bytes) -> bytes:
    """Return ``body``, of at most LARGEST_BODY_BYTES, as it is stored."""
    assert len(body) <= LARGEST_BODY_BYTES
    compressor = _packer.compressor
    return _ZSTD + compressor.compress(body, compressor.FLUSH_FRAME)


def unpack(stored: bytes) -> bytes:
    """Return the body that ``pack`` stored. Raises UnreadableBody."""
    edition, packed = stored[:1], stored[1:]
    try:
        if edition == _ZSTD:
            return _from_zstd(packed)
        if edition == _ZLIB:
            return _from_zlib(packed)
    except (zstd.ZstdError, zlib.error, EOFError) as error:
        raise UnreadableBody(f"It is damaged: {error}") from None
    raise UnreadableBody(f"Its edition, {edition.hex() or 'none'}, is not known.")


def _from_zstd(packed: bytes) -> bytes:
    unpacker = zstd.ZstdDecompressor(
        zstd_dict=_ZSTD_DICTIONARY,
        options={zstd.DecompressionParameter.window_log_max: _LARGEST_WINDOW_BITS},
    )
    body = unpacker.decompress(packed, LARGEST_BODY_BYTES + 1)
    return _checked(body, is_whole=unpacker.eof and not unpacker.unused_data)


def _from_zlib(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj(_ZLIB_WINDOW_BITS, zdict=_ZLIB_DICTIONARY)
    body = unpacker.decompress(packed, LARGEST_BODY_BYTES + 1)
    return _checked(body, is_whole=unpacker.eof and not unpacker.unused_data)


def _checked(body: bytes, *, is_whole: bool) -> bytes:
    if len(body) > LARGEST_BODY_BYTES:
        raise UnreadableBody(f"It has over {LARGEST_BODY_BYTES} octets.")
    if not is_whole:
        raise UnreadableBody("It is damaged: it is cut short, or something follows it.")
    return body

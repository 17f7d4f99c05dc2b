"""Compressed answers: which coding a client takes, and when that pays (docs/decisions/044)."""

import secrets
import struct
import sys
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["LEAST_BYTES", "Encoder", "Headers", "coding_for", "encoder_for", "zstd"]

Headers = list[tuple[bytes, bytes]]

LEAST_BYTES = 1_000
"""What is smaller leaves in one packet anyway."""

_LENGTH = b"content-length"
_PAGE = b"text/html"
_TEXTS = frozenset(
    {
        b"application/json",
        b"application/xml",
        b"application/problem+json",
        b"application/x-ndjson",
        b"text/csv",
        b"text/plain",
        _PAGE,
    }
)
_WHOLE = 200
_REFUSED = frozenset({400, 401, 403, 404, 422})
# Beyond these levels the processor's time doubles for a few in a hundred of the octets.
_GZIP_LEVEL = 3
_ZSTD_LEVEL = 1
_MOST_PADDING_BYTES = 100
_GZIP_HEAD = b"\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\xff"  # with a file's name; no time, any system


class Encoder(ABC):
    """Compresses one answer, part by part, in memory that does not grow."""

    @abstractmethod
    def pack(self, block: bytes) -> bytes:
        """Return what is to be sent by now, which may be nothing."""

    @abstractmethod
    def end(self) -> bytes:
        """Return the rest."""

    def blocks(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the compressed answer as the parts come."""
        for block in blocks:
            if packed := self.pack(block):
                yield packed
        yield self.end()


class _Zstd(Encoder):
    def __init__(self) -> None:
        self._compressor = zstd.ZstdCompressor(level=_ZSTD_LEVEL)

    def pack(self, block: bytes) -> bytes:
        return self._compressor.compress(block)

    def end(self) -> bytes:
        return self._compressor.flush()


class _Gzip(Encoder):
    def __init__(self) -> None:
        self._compressor = zlib.compressobj(_GZIP_LEVEL, wbits=31)

    def pack(self, block: bytes) -> bytes:
        return self._compressor.compress(block)

    def end(self) -> bytes:
        return self._compressor.flush()


class _PaddedGzip(Encoder):
    """Gzip whose length says nothing exact of how well the text packs: a name of chance is in it.

    A page repeats what its address asks for, and has what only its reader may see. Who can have
    that reader's browser open addresses, and sees how long the answers are, could guess at the
    one by the other.
    """

    def __init__(self) -> None:
        name = b"x" * secrets.randbelow(_MOST_PADDING_BYTES + 1)
        self._head = _GZIP_HEAD + name + b"\x00"
        self._compressor = zlib.compressobj(_GZIP_LEVEL, wbits=-zlib.MAX_WBITS)
        self._check = self._size_bytes = 0

    def pack(self, block: bytes) -> bytes:
        self._check = zlib.crc32(block, self._check)
        self._size_bytes += len(block)
        head, self._head = self._head, b""
        return head + self._compressor.compress(block)

    def end(self) -> bytes:
        tail = struct.pack("<II", self._check, self._size_bytes & 0xFFFFFFFF)
        return self._head + self._compressor.flush() + tail


# The better one first: who takes both alike gets it.
_CODINGS: Mapping[str, Callable[[], Encoder]] = {"zstd": _Zstd, "gzip": _Gzip}
_CODINGS_OF_PAGES: Mapping[str, Callable[[], Encoder]] = {"gzip": _PaddedGzip}
_OTHER_NAMES = {"x-gzip": "gzip"}
_IDENTITY, _ANY = "identity", "*"


def encoder_for(environ: Mapping[str, object], status: int, headers: Headers) -> Encoder | None:
    """Return what compresses an answer, None if it goes as it is; ``headers`` say which it was.

    Whatever is long enough to be compressed says that it varies. A page that answers a form is not
    compressed: so is shown what is shown once, such as a token.
    """
    said = dict(headers)
    if not _is_text(said, status):
        return None
    codings = _CODINGS
    if _media_type(said) == _PAGE:
        if environ["REQUEST_METHOD"] == "POST":
            return None
        codings = _CODINGS_OF_PAGES
    length = said.get(_LENGTH)
    if length is not None and int(length) < LEAST_BYTES:
        return None
    _vary(headers)
    name = coding_for(str(environ.get("HTTP_ACCEPT_ENCODING", "")), codings)
    if name is None:
        return None
    headers[:] = [(each, _weak(each, value)) for each, value in headers if each != _LENGTH]
    headers.append((b"content-encoding", name.encode()))
    return codings[name]()


def coding_for(accepted: str, offered: Iterable[str]) -> str | None:
    """Return which of the codings, the best first, the header Accept-Encoding asks for most.

    None if that is none of them (RFC 9110, section 12.5.3).
    """
    weights = _weights(accepted)
    best, heaviest = None, weights.get(_IDENTITY, 0.0)
    for name in offered:
        weight = weights.get(name, weights.get(_ANY, 0.0))
        if weight > 0 and (weight > heaviest or (best is None and weight == heaviest)):
            best, heaviest = name, weight
    return best


def _weights(accepted: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for each in accepted.lower().split(","):
        name, _, parameter = each.partition(";")
        name = name.strip()
        if name:
            weights[_OTHER_NAMES.get(name, name)] = _weight(parameter)
    return weights


def _weight(parameter: str) -> float:
    """Return the weight that a parameter gives, 1 if it gives none, 0 if it cannot be read."""
    name, _, value = parameter.partition("=")
    if not name.strip():
        return 1.0
    value = value.strip()
    if name.strip() != "q" or not value.replace(".", "", 1).isdecimal() or not value.isascii():
        return 0.0
    return min(float(value), 1.0)


def _is_text(said: Mapping[bytes, bytes], status: int) -> bool:
    return (
        (status == _WHOLE or status in _REFUSED)
        and b"content-encoding" not in said
        and _media_type(said) in _TEXTS
    )


def _media_type(said: Mapping[bytes, bytes]) -> bytes:
    return said.get(b"content-type", b"").partition(b";")[0].strip().lower()


def _vary(headers: Headers) -> None:
    """Have caches know that another client may get another answer."""
    for place, (name, value) in enumerate(headers):
        if name == b"vary":
            if b"accept-encoding" not in value.lower() and value.strip() != b"*":
                headers[place] = (name, value + b", Accept-Encoding")
            return
    headers.append((b"vary", b"Accept-Encoding"))


def _weak(name: bytes, value: bytes) -> bytes:
    """Return the header's value; of an entity tag a weak one, as it is of other octets now."""
    return b"W/" + value if name == b"etag" and value.startswith(b'"') else value

"""The few elements of DER, ASN.1's distinguished encoding, that GBCS messages are made of."""

from datetime import datetime
from enum import IntEnum
from typing import Final, TypeVar

from firmtrack.gbcs.octets import MalformedGbcs, Octets
from firmtrack.gbcs.times import read_generalized_time

_INTEGER: Final = b"\x02"
_OCTET_STRING: Final = b"\x04"
_NULL: Final = b"\x05"
_GENERALIZED_TIME: Final = b"\x18"
_SEQUENCE: Final = b"\x30"

_LONGEST_INTEGER: Final = 9
"""An unsigned 64-bit number and the zero octet that keeps it from being negative."""

_Code = TypeVar("_Code", bound=IntEnum)


def take_sequence(octets: Octets, what: str) -> Octets:
    """Take a SEQUENCE and return its content, to be read in turn. Raises MalformedGbcs."""
    return Octets(_take_element(octets, _SEQUENCE, what))


def take_sequence_or_null(octets: Octets, what: str) -> Octets | None:
    """Take a SEQUENCE and return its content, to be read in turn, or take a NULL and return None.

    Raises MalformedGbcs.
    """
    tag = octets.take(1, what)
    if tag not in (_SEQUENCE, _NULL):
        raise MalformedGbcs(f"{what} begins with {tag.hex()}: neither SEQUENCE nor NULL")
    content = octets.take(octets.length(what), what)
    if tag == _SEQUENCE:
        return Octets(content)
    if content:
        raise MalformedGbcs(f"{what} is a NULL of {len(content)} octets")
    return None


def take_integer(octets: Octets, what: str) -> int:
    """Take an INTEGER from 0 to 2^64 - 1 and return it.

    Raises MalformedGbcs, also if it is not in its shortest form. Source: X.690, clause 8.3.
    """
    content = _take_element(octets, _INTEGER, what)
    if not 1 <= len(content) <= _LONGEST_INTEGER:
        raise MalformedGbcs(f"{what} is an integer of {len(content)} octets")
    if content[0] >= 0x80:
        raise MalformedGbcs(f"{what} is negative")
    if content[0] == 0 and len(content) > 1 and content[1] < 0x80:
        raise MalformedGbcs(f"{what}, {content.hex()}, is not in its shortest form")
    value = int.from_bytes(content, "big")
    if value >= 2**64:
        raise MalformedGbcs(f"{what}, {content.hex()}, is beyond 64 bits")
    return value


def take_enumerated(octets: Octets, codes: type[_Code], what: str) -> _Code:
    """Take an INTEGER that is one of ``codes`` and return that. Raises MalformedGbcs."""
    value = take_integer(octets, what)
    try:
        return codes(value)
    except ValueError:
        raise MalformedGbcs(f"{value:#x} is no {codes.__name__}") from None


def take_octet_string(octets: Octets, size: int, what: str) -> bytes:
    """Take an OCTET STRING of exactly ``size`` octets and return them. Raises MalformedGbcs."""
    content = _take_element(octets, _OCTET_STRING, what)
    if len(content) != size:
        raise MalformedGbcs(f"{what} has {len(content)} octets, not {size}")
    return content


def take_generalized_time(octets: Octets, what: str) -> datetime:
    """Take a GeneralizedTime and return it, in UTC. Raises MalformedGbcs."""
    return read_generalized_time(_take_element(octets, _GENERALIZED_TIME, what))


def _take_element(octets: Octets, tag: bytes, what: str) -> bytes:
    octets.expect(tag, what)
    return octets.take(octets.length(what), what)

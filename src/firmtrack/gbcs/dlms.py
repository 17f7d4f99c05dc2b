"""The few elements of DLMS data that GBCS messages about firmware are made of."""

from typing import Final

from firmtrack.gbcs.octets import MalformedGbcs, Octets

_NULL_DATA: Final = 0x00
_OCTET_STRING: Final = 0x09


def take_octet_string(octets: Octets, size: int, what: str) -> bytes:
    """Take an octet-string of exactly ``size`` octets, at most 127, and return them.

    Raises MalformedGbcs.
    """
    octets.expect(bytes((_OCTET_STRING, size)), what)
    return octets.take(size, what)


def take_octet_string_or_null(octets: Octets, size: int, what: str) -> bytes | None:
    """Take an octet-string of exactly ``size`` octets and return them, or null-data and None.

    Raises MalformedGbcs.
    """
    tag = octets.number(1, what)
    if tag == _NULL_DATA:
        return None
    if tag != _OCTET_STRING:
        raise MalformedGbcs(f"{what} begins with {tag:02x}: neither octet-string nor null-data")
    octets.expect(bytes((size,)), f"the size of {what}")
    return octets.take(size, what)

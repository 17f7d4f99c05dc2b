"""The frame around every GBCS message: who sends what to whom, and what vouches for it.

An optional MAC Header, the Grouping Header, the content, and a signature or a MAC.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from firmtrack.domain.identifiers import Eui64
from firmtrack.gbcs.octets import MalformedGbcs, Octets
from firmtrack.gbcs.times import DLMS_DATE_TIME_SIZE

__all__ = ["Cra", "Frame", "MalformedGbcs", "Supplementary", "read_frame"]

# Every DLMS field of the MAC Header is empty: transaction, originator, recipient, time, other
# information, key information.
_MAC_HEADER: Final = b"\xdd" + bytes(6)
# Authenticated, not encrypted; invocation counter 0.
_SECURITY_HEADER: Final = b"\x11" + bytes(4)

# DF, 09 CRA flag and originator counter, 08 originator, 08 recipient.
_GROUPING_HEADER: Final = struct.Struct(">BBBQBQBQ")
_GROUPING_CONSTANTS: Final = (0xDF, 9, 8, 8)

_EUI_SIZE: Final = 8
_COUNTER_SIZE: Final = 8
_SIGNATURE_SIZE: Final = 64
_MAC_SIZE: Final = 12


class Cra(IntEnum):
    """Whether a message is a command, a response or an alert."""

    COMMAND = 1
    RESPONSE = 2
    ALERT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplementary:
    """The other party that a message concerns: at DCC's access control broker, the User.

    ``remote_party_certificate`` is its key agreement certificate, DER, not read any further.
    """

    remote_party: Eui64
    remote_party_counter: int | None = None
    originator_counter: int | None = None
    remote_party_certificate: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One GBCS message with its content unread.

    ``date_time`` is the header's 12-octet DLMS date-time, not read any further, None if absent.
    ``signed_octets`` are those that ``signature`` covers: all after the DF octet up to the
    signature's length. ``signature`` is r and s, 64 octets; ``mac`` 12 octets; one is there, or
    both. Neither has been checked.
    """

    message_code: int
    cra: Cra
    originator_counter: int
    originator: Eui64
    recipient: Eui64
    date_time: bytes | None
    supplementary: Supplementary | None
    content: bytes
    signed_octets: bytes
    signature: bytes | None
    mac: bytes | None


_CRA_OF: Final = {int(cra): cra for cra in Cra}


def read_frame(octets: bytes) -> Frame:
    """Return the GBCS message that ``octets`` are, from the first to the last.

    Raises MalformedGbcs. Source: GBCS 4.3, MAC Header, Grouping Header and signature.
    """
    message = Octets(octets)
    has_mac_header = octets[:1] == b"\xdd"
    if has_mac_header:
        _pass_mac_header(message)
    signed_from = message.position + 1
    cra, originator_counter, originator, recipient = _take_grouping_header(message)
    date_time = _take_date_time(message)
    message_code, supplementary = _take_other_information(message)
    content = message.take(message.length("the content"), "the content")
    signed_octets = octets[signed_from : message.position]
    signature, mac = _take_proof(message, has_mac_header=has_mac_header)
    message.end("the message")
    return Frame(
        message_code=message_code,
        cra=cra,
        originator_counter=originator_counter,
        originator=Eui64(originator),
        recipient=Eui64(recipient),
        date_time=date_time,
        supplementary=supplementary,
        content=content,
        signed_octets=signed_octets,
        signature=signature,
        mac=mac,
    )


def _pass_mac_header(message: Octets) -> None:
    message.expect(_MAC_HEADER, "the MAC Header")
    length = message.length("the MAC Header")
    if length != message.left:
        raise MalformedGbcs(f"the MAC Header announces {length} octets, {message.left} follow")
    message.expect(_SECURITY_HEADER, "the security header")


def _take_grouping_header(message: Octets) -> tuple[Cra, int, int, int]:
    signing, transaction_size, flag, counter, size_1, originator, size_2, recipient = (
        _GROUPING_HEADER.unpack(message.take(_GROUPING_HEADER.size, "the Grouping Header"))
    )
    if (signing, transaction_size, size_1, size_2) != _GROUPING_CONSTANTS:
        raise MalformedGbcs("the Grouping Header's tag or one of its lengths is wrong")
    cra = _CRA_OF.get(flag)
    if cra is None:
        raise MalformedGbcs(f"the CRA flag is {flag:02x}: neither command, response nor alert")
    return cra, counter, originator, recipient


def _take_date_time(message: Octets) -> bytes | None:
    size = message.length("the header's date-time")
    if size == 0:
        return None
    if size != DLMS_DATE_TIME_SIZE:
        raise MalformedGbcs(f"the header's date-time has {size} octets")
    return message.take(size, "the header's date-time")


def _take_other_information(message: Octets) -> tuple[int, Supplementary | None]:
    size = message.length("the other information")
    if size == 2:
        return message.number(2, "the message code"), None
    other = Octets(message.take(size, "the other information"))
    message_code = other.number(2, "the message code")
    party = Eui64(other.number(_EUI_SIZE, "the supplementary remote party"))
    party_counter = originator_counter = certificate = None
    if other.left:
        party_counter = other.number(_COUNTER_SIZE, "the supplementary remote party counter")
    if other.left > _COUNTER_SIZE:
        certificate = other.take(other.left, "the supplementary certificate")
    elif other.left:
        originator_counter = other.number(_COUNTER_SIZE, "the supplementary originator counter")
    return message_code, Supplementary(
        remote_party=party,
        remote_party_counter=party_counter,
        originator_counter=originator_counter,
        remote_party_certificate=certificate,
    )


def _take_proof(message: Octets, *, has_mac_header: bool) -> tuple[bytes | None, bytes | None]:
    size = message.length("the signature")
    if size == 0:
        return None, message.take(_MAC_SIZE, "the MAC")
    if size != _SIGNATURE_SIZE:
        raise MalformedGbcs(f"the signature has {size} octets, not {_SIGNATURE_SIZE}")
    signature = message.take(size, "the signature")
    # A critical command is signed by its User and then MACed by the access control broker.
    is_macced = has_mac_header and message.left > 0
    return signature, message.take(_MAC_SIZE, "the MAC") if is_macced else None

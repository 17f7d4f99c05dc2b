"""The names that messages carry: EUI-64s, Request IDs, Response IDs, firmware versions."""

import re
from functools import lru_cache
from typing import NamedTuple, NewType, Self

from firmtrack.errors import FirmtrackError

EUI_64_FORM = r"[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){7}"
"""The expression that an EUI-64 matches as a whole."""

_COUNTER_FORM = r"(?:0|[1-9][0-9]{0,19})"
REQUEST_ID_FORM = f"{EUI_64_FORM}:{EUI_64_FORM}:{_COUNTER_FORM}"
"""The expression that a Request ID matches as a whole; its counter is less than 2 to the 64th."""

_EUI = re.compile(EUI_64_FORM, re.ASCII)
_COUNTER = re.compile(_COUNTER_FORM, re.ASCII)
_COUNTER_MAX = 2**64 - 1
_VERSION_NUMBER = re.compile(r"(?:0[xX])?([0-9A-Fa-f]{1,8})", re.ASCII)
_GBCS_VERSION = re.compile(r"[0-9A-Fa-f]{8}", re.ASCII)
# Every message names DCC and a User, and the messages of an update its request: what was read of
# the latest few is remembered.
_REMEMBERED = 1024


class MalformedIdentifier(FirmtrackError):
    """An identifier is not of its specified form."""

    def __init__(self, kind: str, text: str) -> None:
        self.kind = kind
        self.text = text[:64]
        super().__init__(f"{self.text!r} is not {kind}.")


class Eui64(int):
    """An EUI-64: the ID of a device or of a User.

    Its value is the unsigned 64-bit number, its text ``XX-XX-XX-XX-XX-XX-XX-XX`` in upper case.
    Source: DUIS 5.4 schema, simple type ``EUI``.
    """

    __slots__ = ()

    @staticmethod
    def parse(text: str) -> "Eui64":
        """Return the EUI-64 that ``text`` writes in full, in either case.

        Raises MalformedIdentifier.
        """
        return _eui(text)

    @classmethod
    def from_octets(cls, octets: bytes) -> Self:
        """Return the EUI-64 that eight big-endian octets carry."""
        if len(octets) != 8:
            raise MalformedIdentifier("the 8 octets of an EUI-64", octets.hex())
        return cls.from_bytes(octets, "big")

    def __str__(self) -> str:
        return self.to_bytes(8, "big").hex("-").upper()

    def __repr__(self) -> str:
        return f"Eui64({str(self)!r})"

    __format__ = object.__format__


class RequestId(NamedTuple):
    """``originator:target:counter``, the ID of one Service Request.

    Source: DUIS 5.4 schema, simple type ``RequestIDType``.
    """

    originator: Eui64
    target: Eui64
    counter: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the Request ID that ``text`` writes. Raises MalformedIdentifier."""
        return cls(*_three_parts("a Request ID", text))

    def __str__(self) -> str:
        return f"{self.originator}:{self.target}:{self.counter}"


class ResponseId(NamedTuple):
    """``sender:recipient:counter``, the ID of one response or alert.

    The sender of a Device Alert is the device; of a DCC Alert, DCC.
    Source: DUIS 5.4 schema, simple type ``ResponseIDType``.
    """

    sender: Eui64
    recipient: Eui64
    counter: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the Response ID that ``text`` writes. Raises MalformedIdentifier."""
        return cls(*_three_parts("a Response ID", text))

    def __str__(self) -> str:
        return f"{self.sender}:{self.recipient}:{self.counter}"


FirmwareVersion = NewType("FirmwareVersion", str)


def parse_firmware_version(text: str) -> FirmwareVersion:
    """Return a firmware version of 1 to 8 characters; one of 8 hexadecimal digits in upper case.

    Raises MalformedIdentifier. Source: DUIS 5.4 schema, simple type ``FirmwareVersion``.
    """
    if not 1 <= len(text) <= 8 or not text.isprintable():
        raise MalformedIdentifier("a firmware version of 1 to 8 characters", text)
    return FirmwareVersion(text.upper() if _GBCS_VERSION.fullmatch(text) else text)


def comparable_version(version: FirmwareVersion) -> str:
    """Return what two spellings of one firmware version have in common.

    Versions are hexadecimal numbers of up to eight digits, which parties write in either case, with
    or without leading zeros or 0x; what is no such number equals only itself.
    """
    number = _VERSION_NUMBER.fullmatch(version.strip(" "))
    return str(version) if number is None else number[1].zfill(8).upper()


@lru_cache(maxsize=_REMEMBERED)
def _eui(text: str) -> Eui64:
    if _EUI.fullmatch(text) is None:
        raise MalformedIdentifier("an EUI-64", text)
    return Eui64(text.replace("-", ""), 16)


@lru_cache(maxsize=_REMEMBERED)
def _three_parts(kind: str, text: str) -> tuple[Eui64, Eui64, int]:
    parts = text.split(":")
    if len(parts) != 3 or _COUNTER.fullmatch(parts[2]) is None:
        raise MalformedIdentifier(kind, text)
    counter = int(parts[2])
    if counter > _COUNTER_MAX:
        raise MalformedIdentifier(kind, text)
    try:
        return _eui(parts[0]), _eui(parts[1]), counter
    except MalformedIdentifier:
        raise MalformedIdentifier(kind, text) from None

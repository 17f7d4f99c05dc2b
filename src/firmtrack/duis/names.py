"""Distinguished names, compared as names: the order and spacing of their parts mean nothing."""

import re
from functools import lru_cache

from cryptography import x509

# Short names in RFC 4514, clause 3, RFC 2253's serialNumber and what else SMKI may use.
_OIDS = {
    "CN": "2.5.4.3",
    "SERIALNUMBER": "2.5.4.5",
    "C": "2.5.4.6",
    "L": "2.5.4.7",
    "ST": "2.5.4.8",
    "S": "2.5.4.8",
    "STREET": "2.5.4.9",
    "O": "2.5.4.10",
    "OU": "2.5.4.11",
    "UID": "0.9.2342.19200300.100.1.1",
    "DC": "0.9.2342.19200300.100.1.25",
}
# Whoever sends a document writes this text: possessive throughout, so that time is linear.
_PART = re.compile(
    r"""\s*+(?:OID\.)?(?P<type>[A-Za-z][A-Za-z0-9-]*+|\d++(?:\.\d++)++)\s*+=\s*+
        (?:"(?P<quoted>(?:[^"\\]|\\.)*+)"\s*+|(?P<plain>(?:[^,;+"\\]|\\.)*+))(?P<end>[,;+]|$)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = re.compile(r"\\(?:((?:[0-9A-Fa-f]{2}(?:\\(?=[0-9A-Fa-f]{2}))?)+)|(.))", re.DOTALL)
_NAME_MAX_CHARACTERS = 1024

Name = tuple[tuple[str, str], ...]


def comparable_name(name: x509.Name) -> Name:
    """Return a certificate's name in comparable form."""
    return tuple(
        sorted(
            (attribute.oid.dotted_string, _comparable(str(attribute.value))) for attribute in name
        )
    )


@lru_cache(maxsize=1024)
def parse_name(text: str) -> Name | None:
    """Return, in comparable form, the name that ``text`` writes; None if it is no name.

    Source: RFC 4514, and spaces around separators as DCC's own documents have them.
    """
    parts = []
    position = 0
    end = ","
    while end:
        match = _PART.match(text, position) if len(text) <= _NAME_MAX_CHARACTERS else None
        if match is None:
            return None
        kind = match["type"].upper()
        value = match["plain"] if match["quoted"] is None else match["quoted"]
        parts.append((_OIDS.get(kind, kind), _comparable(_ESCAPES.sub(_unescaped, value))))
        end, position = match["end"], match.end()
    return tuple(sorted(parts))


def _unescaped(match: re.Match[str]) -> str:
    octets = match[1]
    if octets is None:
        return match[2]
    return bytes.fromhex(octets.replace("\\", "")).decode("utf-8", "replace")


def _comparable(value: str) -> str:
    """Return ``value`` as X.520's caseIgnoreMatch compares it."""
    return " ".join(value.split()).casefold()

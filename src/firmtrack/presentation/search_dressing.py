"""What stands around an ID where people copy it from: quotes, labels, links, odd characters."""

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote

LONGEST = 2_000
"""Of a longer text only so much is looked at, and it is no ID: no dressing of one is so long."""

# Category Pd has the hyphens and dashes; these look like one and are none.
_DASHES = frozenset("\u2212\u2043\u02d7\u2796\u30fc\u2500")
_COLONS = frozenset("\u2236\ua789\ufe55")
_DOTS = frozenset("\u00b7\u2022\u2219\u22c5")
_QUOTES = frozenset("`\u00b4\u2032\u2033\u201a\u201e\u275b\u275c\u275d\u275e")
_VARIATIONS = range(0xFE00, 0xFE10)
# Only what is the same character, wider, narrower or not to be broken: a raised 2 is a footnote's.
_SAME = re.compile(r"<(?:wide|narrow|noBreak)> ([0-9A-F]+)")
_LIGATURES = {"\ufb00": "ff"}

_AROUND = " ,;.=\"'<>()[]{}*"
_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}", re.ASCII)
_ENCODED_TWICE = 2
_LINKS = (
    re.compile(r"(?:^|/)(?:devices|service-requests|inventory)/([^/?#]+)", re.IGNORECASE),
    re.compile(r"/[^/]*[?&](?:search_term|service_request_id|device_id)=([^&#]+)", re.IGNORECASE),
)
_FILE = re.compile(r"\.(?:csv|xlsx|json)$", re.IGNORECASE)
_AFTER_LABEL = r"(?:\s*[\"':=#-]+\s*|\s+is\s+|\s*)"
_BETWEEN_WORDS = r"[\s_-]*"
_ANY_ID = (
    rf"(?:(?:service{_BETWEEN_WORDS})?request|device|meter|sr){_BETWEEN_WORDS}ids?"
    rf"|service{_BETWEEN_WORDS}request|device|guid|eui|id"
)
# "EUI 64-…" may be a label and its ID's first octet, or the label that has a number in its name.
_LABELS = (
    re.compile(rf"(?:{_ANY_ID}){_AFTER_LABEL}", re.IGNORECASE | re.ASCII),
    re.compile(rf"eui[\s_-]?64{_AFTER_LABEL}", re.IGNORECASE | re.ASCII),
)
_USER_LABEL = re.compile(rf"user{_BETWEEN_WORDS}id{_AFTER_LABEL}", re.IGNORECASE | re.ASCII)
_RESPONSE_LABEL = re.compile(
    rf"(?:dcc.{{0,2}}\s+)?response{_BETWEEN_WORDS}id{_AFTER_LABEL}", re.IGNORECASE | re.ASCII
)


def tidied(text: str) -> str:
    """Return ``text``, cut to LONGEST, in the characters that an ID is written with.

    Dashes are hyphens, spaces are spaces, wide characters narrow; what nobody sees is left out, and
    so is what stands around. A link to a result is the ID in it.
    """
    plain = _plain(text[:LONGEST])
    for _ in range(_ENCODED_TWICE):
        if _ENCODED.search(plain) is None:
            break
        plain = _plain(unquote(plain))
    stripped = plain.strip(_AROUND)
    for link in _LINKS:
        found = link.search(stripped)
        if found is not None and " " not in stripped[: found.start()] + stripped[found.end() :]:
            return _FILE.sub("", found[1]).replace("+", " ").strip(_AROUND)
    return stripped


def readings(term: str) -> Iterator[str]:
    """Yield a tidied term, and what it is without a label such as ``Device ID:`` before it."""
    yield term
    for label in _LABELS:
        found = label.match(term)
        if found is not None:
            yield term[found.end() :].strip(_AROUND)


def is_labelled_user_id(term: str) -> bool:
    """Return whether a tidied term calls itself a User ID."""
    return _USER_LABEL.match(term) is not None


def is_labelled_response_id(term: str) -> bool:
    """Return whether a tidied term calls itself a Response ID."""
    return _RESPONSE_LABEL.match(term) is not None


def _plain(text: str) -> str:
    return "".join(map(_plain_character, text)).strip()


def _plain_character(character: str) -> str:
    if character.isascii():
        return " " if character.isspace() else character
    category = unicodedata.category(character)
    same = _SAME.fullmatch(unicodedata.decomposition(character))
    if character in _LIGATURES:
        return _LIGATURES[character]
    if category == "Pd" or character in _DASHES:
        return "-"
    if category in {"Pi", "Pf"} or character in _QUOTES:
        return '"'
    if category == "Cf" or ord(character) in _VARIATIONS:
        return ""
    if character.isspace():
        return " "
    if character in _COLONS:
        return ":"
    if character in _DOTS:
        return "."
    return character if same is None else _plain_character(chr(int(same[1], 16)))

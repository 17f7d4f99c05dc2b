"""Why a search term is not one ID of the kind that was asked for, and what is wrong with it."""

import re
from dataclasses import dataclass
from enum import StrEnum
from string import digits as decimal_digits

from firmtrack.domain.identifiers import Eui64, RequestId

# DUIS 5.4 writes an EUI-64 with hyphens; labels, spreadsheets and other systems write it with
# colons, dots or spaces, or with nothing between the octets; programs put 0x before it or each.
BETWEEN_OCTETS = r"[-:._\s]*"
_OCTET = r"[0-9A-Fa-f]{2}"
EUI = (
    rf"(?:(?:0[xX])?{_OCTET}(?:{BETWEEN_OCTETS}{_OCTET}){{7}}"
    rf"|0[xX]{_OCTET}(?:{BETWEEN_OCTETS}0[xX]{_OCTET}){{7}})"
)
BETWEEN_PARTS = r"[-:._/|\s]+"

EUI_DIGITS = 16
LARGEST_COUNTER = 2**64 - 1

# What is none of these is not one ID.
_NO_DIGIT = re.compile(rf"0[xX](?={_OCTET})|[-:._\s]", re.ASCII)
_ONE_EUI = re.compile(EUI, re.ASCII)
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]+", re.ASCII)
_ID_AMONG_OTHERS = re.compile(
    rf"(?<![0-9A-Za-z])(?:{EUI}{BETWEEN_PARTS}{EUI}{BETWEEN_PARTS}[0-9]{{1,20}}|{EUI})"
    r"(?![0-9A-Za-z])",
    re.ASCII,
)
_THREE_EUIS = re.compile(rf"{EUI}\s+{EUI}\s+[0-9]{{{EUI_DIGITS}}}", re.ASCII)
_TWO_EUIS = re.compile(rf"{EUI}\s*[:|/]\s*{EUI}\s*[:|/]?", re.ASCII)
_WITH_COUNTER = re.compile(rf"{EUI}{BETWEEN_PARTS}{EUI}{BETWEEN_PARTS}0*([0-9]+)", re.ASCII)
_BETWEEN_IDS = re.compile(r"[,;]|\s+(?:and|or|&)\s+")
_BETWEEN_COLONS = re.compile(r"\s*[:|/]\s*")
_PIECE_OF_ID = 8
# Who mistypes an ID mistypes a few of its digits; what differs in more is something else.
_MOST_WRONG = 3
_NEAR_LENGTHS = range(EUI_DIGITS - 4, EUI_DIGITS + 5)


class SearchBy(StrEnum):
    """What a search term is the ID of."""

    SERVICE_REQUEST_ID = "service_request_id"
    DEVICE_ID = "device_id"


class TermProblemKind(StrEnum):
    """Why a search term is not one ID of the kind that was asked for."""

    EMPTY = "empty"
    LIST = "list"
    OTHER_KIND = "other_kind"
    USER_ID = "user_id"
    RESPONSE_ID = "response_id"
    SURROUNDED = "surrounded"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    WRONG_CHARACTER = "wrong_character"
    COUNTER_MISSING = "counter_missing"
    COUNTER_TOO_LARGE = "counter_too_large"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class TermProblem:
    """Why a search term is not one ID of the kind that was asked for.

    ``other_id`` is the ID of the other kind that the term is, if ``kind`` is OTHER_KIND. ``count``
    is how many hexadecimal digits were found, or IDs in a list, None if they were not all counted.
    ``part`` is which part of a Request ID is wrong, from 1. Of a WRONG_CHARACTER ``place`` is which
    it is, from 1, of those that are no separators.
    """

    search_by: SearchBy
    kind: TermProblemKind
    other_id: RequestId | Eui64 | None = None
    count: int | None = None
    part: int | None = None
    character: str | None = None
    place: int | None = None


def problem_of(search_by: SearchBy, term: str, *, is_whole: bool) -> TermProblem:
    """Return what is wrong with a tidied term that is no ID; not ``is_whole`` if it was cut."""
    if not _NO_DIGIT.sub("", term):
        return TermProblem(search_by, TermProblemKind.EMPTY)
    several = _several_in(search_by, term, is_whole=is_whole)
    if several is not None:
        return several
    if not is_whole:
        return TermProblem(search_by, TermProblemKind.MALFORMED)
    if search_by is SearchBy.DEVICE_ID:
        return _wrong_eui(search_by, term) or _surrounded_or_malformed(search_by, term)
    return _wrong_request_id(search_by, term) or _surrounded_or_malformed(search_by, term)


def _several_in(search_by: SearchBy, term: str, *, is_whole: bool) -> TermProblem | None:
    """Return the problem that the term is set out as a list, or is several IDs after another."""
    if is_whole and _THREE_EUIS.fullmatch(term):
        return TermProblem(search_by, TermProblemKind.LIST, count=3)
    if _is_meant_as_request_id(term):
        return None
    digits = _NO_DIGIT.sub("", term)
    ids, rest = divmod(len(digits), EUI_DIGITS)
    if not rest and _HEXADECIMAL.fullmatch(digits):
        found = ids
    else:
        found = len(_ID_AMONG_OTHERS.findall(term))
    if found > 1:
        return TermProblem(search_by, TermProblemKind.LIST, count=found if is_whole else None)
    pieces = _BETWEEN_IDS.split(term)
    if len(pieces) > 1 and all(len(_NO_DIGIT.sub("", each)) >= _PIECE_OF_ID for each in pieces):
        return TermProblem(search_by, TermProblemKind.LIST)
    return None


def _is_meant_as_request_id(term: str) -> bool:
    if _TWO_EUIS.fullmatch(term) or _WITH_COUNTER.fullmatch(term):
        return True
    parts = _BETWEEN_COLONS.split(term)
    return len(parts) == 3 and not any(" " in each for each in parts)


def _wrong_eui(search_by: SearchBy, text: str, part: int | None = None) -> TermProblem | None:
    """Return what is wrong with what was meant as an EUI-64; None if it is right, or another."""
    digits = _NO_DIGIT.sub("", text)
    wrong = [place for place, each in enumerate(digits) if not _HEXADECIMAL.fullmatch(each)]
    if not wrong:
        if len(digits) == EUI_DIGITS:
            return None
        is_short = len(digits) < EUI_DIGITS
        kind = TermProblemKind.TOO_SHORT if is_short else TermProblemKind.TOO_LONG
        return TermProblem(search_by, kind, count=len(digits), part=part)
    if len(digits) not in _NEAR_LENGTHS or len(wrong) > _MOST_WRONG:
        return None
    return TermProblem(
        search_by,
        TermProblemKind.WRONG_CHARACTER,
        part=part,
        character=digits[wrong[0]],
        place=wrong[0] + 1,
    )


def _wrong_request_id(search_by: SearchBy, term: str) -> TermProblem | None:
    with_counter = _WITH_COUNTER.fullmatch(term)
    if with_counter is not None and _is_too_large(with_counter[1]):
        return TermProblem(search_by, TermProblemKind.COUNTER_TOO_LARGE)
    if _TWO_EUIS.fullmatch(term):
        return TermProblem(search_by, TermProblemKind.COUNTER_MISSING)
    parts = _BETWEEN_COLONS.split(term)
    if len(parts) == 3 and all(parts):
        for part, eui in enumerate(parts[:2], 1):
            if _ONE_EUI.fullmatch(eui) is None:
                return _wrong_eui(search_by, eui, part=part)
        return _wrong_counter(search_by, parts[2])
    digits = _NO_DIGIT.sub("", term)
    if _HEXADECIMAL.fullmatch(digits) and len(digits) <= 2 * EUI_DIGITS:
        return TermProblem(search_by, TermProblemKind.TOO_SHORT, count=len(digits))
    return None


def _wrong_counter(search_by: SearchBy, counter: str) -> TermProblem | None:
    if " " in counter:
        return None
    place = next((place for place, each in enumerate(counter) if each not in decimal_digits), None)
    if place is None:
        if _is_too_large(counter.lstrip("0")):
            return TermProblem(search_by, TermProblemKind.COUNTER_TOO_LARGE)
        return None
    return TermProblem(
        search_by,
        TermProblemKind.WRONG_CHARACTER,
        part=3,
        character=counter[place],
        place=place + 1,
    )


def _is_too_large(counter: str) -> bool:
    """Return whether a whole number without zeros before it is above 64 bits, however long."""
    return len(counter) > len(str(LARGEST_COUNTER)) or int(counter or "0") > LARGEST_COUNTER


def _surrounded_or_malformed(search_by: SearchBy, term: str) -> TermProblem:
    is_in_it = _ID_AMONG_OTHERS.search(term) is not None
    kind = TermProblemKind.SURROUNDED if is_in_it else TermProblemKind.MALFORMED
    return TermProblem(search_by, kind)

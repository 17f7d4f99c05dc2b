"""One search term as people type it: read leniently to one ID, or to a problem with a name.

Pages and the command line read what people type with this; the API takes the exact form only.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from firmtrack.domain.identifiers import Eui64, MalformedIdentifier, RequestId


class SearchBy(StrEnum):
    """What a search term is the ID of."""

    SERVICE_REQUEST_ID = "service_request_id"
    DEVICE_ID = "device_id"


class TermProblemKind(StrEnum):
    """Why a search term is not one ID of the kind that was asked for."""

    EMPTY = "empty"
    LIST = "list"
    OTHER_KIND = "other_kind"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class TermProblem:
    """Why a search term is not one ID of the kind that was asked for.

    ``other_id`` is the ID of the other kind that the term is, if ``kind`` is OTHER_KIND.
    """

    search_by: SearchBy
    kind: TermProblemKind
    other_id: RequestId | Eui64 | None = None


# DUIS 5.4 writes an EUI-64 with hyphens; labels, spreadsheets and other systems write it with
# colons, dots or spaces, or with nothing between the octets.
_BETWEEN_OCTETS = r"[-:._\s]*"
_EUI = rf"[0-9A-Fa-f]{{2}}(?:{_BETWEEN_OCTETS}[0-9A-Fa-f]{{2}}){{7}}"
_ONE_EUI = re.compile(_EUI, re.ASCII)
_BETWEEN_PARTS = r"[-:._/|\s]+"
_ONE_REQUEST_ID = re.compile(
    rf"({_EUI}){_BETWEEN_PARTS}({_EUI}){_BETWEEN_PARTS}([0-9]{{1,20}})", re.ASCII
)
_BETWEEN_IDS = re.compile(r"[,;]|\s+(?:and|or|&)\s+")
_AROUND = " \t\r\n\v\f,;.\"'<>()[]{}"
# Two IDs of the longest legal form, each octet set apart, are well below this.
_LONGEST = 400


def read_service_request_id(text: str) -> RequestId | TermProblem:
    """Return the Request ID that ``text`` means, or why it means none.

    Case, spaces around, the separators of its EUI-64s and leading zeros of its counter are free.
    """
    term = _tidied(text)
    request_id = _request_id_in(term)
    if request_id is not None:
        return request_id
    return _problem(SearchBy.SERVICE_REQUEST_ID, term, other_id=_eui_in(term))


def read_device_id(text: str) -> Eui64 | TermProblem:
    """Return the Device ID that ``text`` means, or why it means none.

    Case, spaces around and the separators of the EUI-64 are free.
    """
    term = _tidied(text)
    device_id = _eui_in(term)
    if device_id is not None:
        return device_id
    return _problem(SearchBy.DEVICE_ID, term, other_id=_request_id_in(term))


def read_term(search_by: SearchBy, text: str) -> RequestId | Eui64 | TermProblem:
    """Return the ID of the kind ``search_by`` that ``text`` means, or why it means none."""
    if search_by is SearchBy.SERVICE_REQUEST_ID:
        return read_service_request_id(text)
    return read_device_id(text)


def _tidied(text: str) -> str:
    """Return ``text`` without what a copy from a document brings along and nobody sees."""
    plain = unicodedata.normalize("NFKC", text)
    visible = (char for char in plain if unicodedata.category(char) != "Cf")
    hyphened = ("-" if unicodedata.category(char) == "Pd" else char for char in visible)
    return "".join(hyphened).strip(_AROUND)


def _eui_in(term: str) -> Eui64 | None:
    if len(term) > _LONGEST or _ONE_EUI.fullmatch(term) is None:
        return None
    return Eui64(re.sub(_BETWEEN_OCTETS, "", term), 16)


def _request_id_in(term: str) -> RequestId | None:
    if len(term) > _LONGEST:
        return None
    match = _ONE_REQUEST_ID.fullmatch(term)
    if match is None:
        return None
    originator, target, counter = match.groups()
    try:
        return RequestId.parse(f"{_eui_in(originator)}:{_eui_in(target)}:{int(counter)}")
    except MalformedIdentifier:  # the counter is above 64 bits
        return None


def _problem(search_by: SearchBy, term: str, other_id: RequestId | Eui64 | None) -> TermProblem:
    if not term:
        return TermProblem(search_by, TermProblemKind.EMPTY)
    if other_id is not None:
        return TermProblem(search_by, TermProblemKind.OTHER_KIND, other_id)
    if _is_list(term):
        return TermProblem(search_by, TermProblemKind.LIST)
    return TermProblem(search_by, TermProblemKind.MALFORMED)


def _is_list(term: str) -> bool:
    """Return whether the term is set out as a list, or is several IDs one after the other."""
    if _BETWEEN_IDS.search(term) is not None:
        return True
    words = term.split()
    return len(words) > 1 and all(_eui_in(word) or _request_id_in(word) for word in words)

"""One search term as people type it: read leniently to one ID, or to a problem with a name.

Pages, the API and the command line read IDs with this.
"""

import re

from firmtrack.domain.identifiers import Eui64, MalformedIdentifier, RequestId
from firmtrack.presentation.search_dressing import (
    LONGEST,
    is_labelled_response_id,
    is_labelled_user_id,
    readings,
    tidied,
)
from firmtrack.presentation.search_problems import (
    BETWEEN_OCTETS,
    BETWEEN_PARTS,
    EUI,
    EUI_DIGITS,
    SearchBy,
    TermProblem,
    TermProblemKind,
    problem_of,
)

__all__ = [
    "SearchBy",
    "TermProblem",
    "TermProblemKind",
    "read_device_id",
    "read_service_request_id",
    "read_term",
]

_ONE_EUI = re.compile(EUI, re.ASCII)
_ONE_REQUEST_ID = re.compile(
    rf"({EUI})({BETWEEN_PARTS})({EUI})({BETWEEN_PARTS})([0-9]{{1,20}})", re.ASCII
)
_NO_DIGITS = re.compile(rf"0[xX]|{BETWEEN_OCTETS}", re.ASCII)


def read_service_request_id(text: str) -> RequestId | TermProblem:
    """Return the Request ID that ``text`` means, or why it means none.

    Case, the separators of its EUI-64s, leading zeros of its counter, and what stands around where
    people copy an ID from are free.
    """
    read = _read(SearchBy.SERVICE_REQUEST_ID, text)
    assert not isinstance(read, Eui64), "an EUI-64 is the ID of the other kind"
    return read


def read_device_id(text: str) -> Eui64 | TermProblem:
    """Return the Device ID that ``text`` means, or why it means none.

    Case, the separators of the EUI-64, and what stands around where people copy an ID from are
    free.
    """
    read = _read(SearchBy.DEVICE_ID, text)
    assert not isinstance(read, RequestId), "a Request ID is the ID of the other kind"
    return read


def read_term(search_by: SearchBy, text: str) -> RequestId | Eui64 | TermProblem:
    """Return the ID of the kind ``search_by`` that ``text`` means, or why it means none."""
    if search_by is SearchBy.SERVICE_REQUEST_ID:
        return read_service_request_id(text)
    return read_device_id(text)


def _read(search_by: SearchBy, text: str) -> RequestId | Eui64 | TermProblem:
    term, is_whole = tidied(text), len(text) <= LONGEST
    if is_labelled_user_id(term):
        return TermProblem(search_by, TermProblemKind.USER_ID)
    if is_labelled_response_id(term):
        return TermProblem(search_by, TermProblemKind.RESPONSE_ID)
    reading = term
    for reading in readings(term):
        found = _id_in(reading) if is_whole else None
        if found is None:
            continue
        if isinstance(found, RequestId) is (search_by is SearchBy.SERVICE_REQUEST_ID):
            return found
        return TermProblem(search_by, TermProblemKind.OTHER_KIND, found)
    return problem_of(search_by, reading, is_whole=is_whole)


def _id_in(term: str) -> RequestId | Eui64 | None:
    if _ONE_EUI.fullmatch(term) is not None:
        return _eui(term)
    match = _ONE_REQUEST_ID.fullmatch(term)
    if match is None:
        return None
    originator, first, target, second, counter = match.groups()
    # Three EUI-64s one after the other, the last of decimal digits only, are a list.
    if not (first + second).strip() and len(counter) == EUI_DIGITS:
        return None
    try:
        return RequestId.parse(f"{_eui(originator)}:{_eui(target)}:{int(counter)}")
    except MalformedIdentifier:  # the counter is above 64 bits
        return None


def _eui(text: str) -> Eui64:
    return Eui64(_NO_DIGITS.sub("", text), 16)

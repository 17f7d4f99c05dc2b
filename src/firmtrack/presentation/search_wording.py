"""What is said of a search term that is not one ID of the kind that was asked for."""

from collections.abc import Collection, Mapping

from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.presentation.search_problems import (
    EUI_DIGITS,
    LARGEST_COUNTER,
    SearchBy,
    TermProblem,
    TermProblemKind,
)
from firmtrack.presentation.wording import SEARCH_BY_EXAMPLES, SEARCH_BY_NAMES, other_search

_FORMS: Mapping[SearchBy, str] = {
    SearchBy.SERVICE_REQUEST_ID: (
        "two EUI-64s and a counter with colons between them, like "
        f"{SEARCH_BY_EXAMPLES[SearchBy.SERVICE_REQUEST_ID]}"
    ),
    SearchBy.DEVICE_ID: (
        f"an EUI-64 of {EUI_DIGITS} hexadecimal digits, like "
        f"{SEARCH_BY_EXAMPLES[SearchBy.DEVICE_ID]}"
    ),
}
_TEXTS: Mapping[TermProblemKind, str] = {
    TermProblemKind.EMPTY: "Enter a {name}",
    TermProblemKind.OTHER_KIND: "Enter a {name}: what you entered is a {other_name}",
    TermProblemKind.USER_ID: "Enter a {name}: what you entered is called a User ID",
    TermProblemKind.RESPONSE_ID: (
        "Enter a {name}: what you entered is called a Response ID, which is that of an answer or an"
        " alert"
    ),
    TermProblemKind.SURROUNDED: "Enter the {name} alone: there is more beside it",
    TermProblemKind.COUNTER_MISSING: (
        "Enter the whole {name}: the counter after its second part is missing"
    ),
    TermProblemKind.COUNTER_TOO_LARGE: (
        f"Check the counter at the end of the {{name}}: it is at most {LARGEST_COUNTER}"
    ),
    TermProblemKind.MALFORMED: "Enter a {name} in the correct form: {form}",
}
_PARTS = {1: "first part", 2: "second part", 3: "counter"}
# What is taken for a digit where an ID is written down or read aloud.
_MEANT = {"O": "0", "o": "0", "l": "1", "I": "1", "i": "1", "|": "1"}


def search_problem_text(problem: TermProblem) -> str:
    """Return the sentence, without a full stop, that says what is wrong and what to enter."""
    match problem.kind:
        case TermProblemKind.LIST:
            found = "several" if problem.count is None else f"{problem.count:,}"
            return f"Enter one ID: {found} were found; lists and files are not supported"
        case TermProblemKind.TOO_SHORT | TermProblemKind.TOO_LONG:
            return f"Enter {_whole(problem)}: {_digits_found(problem)}"
        case TermProblemKind.WRONG_CHARACTER:
            return f"Check the {SEARCH_BY_NAMES[problem.search_by]}: {_wrong_character(problem)}"
    return _TEXTS[problem.kind].format(
        name=SEARCH_BY_NAMES[problem.search_by],
        other_name=SEARCH_BY_NAMES[other_search(problem.search_by)],
        form=_FORMS[problem.search_by],
    )


def other_kind_text(found_id: RequestId | Eui64) -> str:
    """Return what is said where an ID was found by searching for one of the other kind."""
    is_request = isinstance(found_id, RequestId)
    found = SearchBy.SERVICE_REQUEST_ID if is_request else SearchBy.DEVICE_ID
    searched = other_search(found)
    return f"You searched for a {SEARCH_BY_NAMES[searched]}; this is a {SEARCH_BY_NAMES[found]}."


def not_found_hint(
    sought: RequestId | Eui64, user_ids: Collection[Eui64], dcc_ids: Collection[Eui64]
) -> str | None:
    """Return what an ID may be by which nothing was found, None if it tells nothing.

    ``user_ids`` are those of whoever searched, ``dcc_ids`` those that DCC answers as.
    """
    if isinstance(sought, Eui64):
        if sought in user_ids:
            return "This is one of your organisation’s User IDs, and not a Device ID."
        return "This is DCC’s own ID, and not a Device ID." if sought in dcc_ids else None
    if sought.originator in user_ids:
        return None
    if sought.originator in dcc_ids or sought.target in user_ids:
        return (
            "It may be a Response ID, which is that of an answer or an alert and ends with the"
            " User ID of its addressee and a counter. A Service Request ID begins with the User ID"
            " of whoever sent the request."
        )
    return None


def _whole(problem: TermProblem) -> str:
    name = SEARCH_BY_NAMES[problem.search_by]
    digits = f"{EUI_DIGITS} hexadecimal digits"
    if problem.search_by is SearchBy.DEVICE_ID:
        return f"a {name} of {digits}"
    if problem.part is None:
        return f"a {name} of two parts of {digits} each and a counter"
    return f"a {name} whose {_PARTS[problem.part]} has {digits}"


def _digits_found(problem: TermProblem) -> str:
    if problem.count == 1:
        return "only 1 was found"
    is_short = problem.kind is TermProblemKind.TOO_SHORT
    return f"only {problem.count} were found" if is_short else f"{problem.count} were found"


def _wrong_character(problem: TermProblem) -> str:
    assert problem.character is not None, "a wrong character is some character"
    where = f"place {problem.place}, not counting separators,"
    if problem.part is not None:
        where = f"place {problem.place} of its {_PARTS[problem.part]}, not counting separators,"
    meant = _MEANT.get(problem.character)
    if meant is not None:
        what = "sign" if problem.character == "|" else "letter"
        return f"{where} is the {what} {problem.character}; did you mean {meant}?"
    shown = problem.character
    if not shown.isprintable():
        shown = f"U+{ord(shown):04X}"
    digits = "a digit" if problem.part == 3 else "a hexadecimal digit (0 to 9, A to F)"
    return f"{where} is “{shown}”, which is not {digits}"

"""What is said of a search term that is no ID: what is wrong, and what to enter."""

import pytest

from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.presentation.search import (
    SearchBy,
    TermProblem,
    TermProblemKind,
    read_device_id,
    read_service_request_id,
)
from firmtrack.presentation.search_wording import (
    not_found_hint,
    other_kind_text,
    search_problem_text,
)

DEVICE = Eui64.parse("00-DB-12-34-56-78-90-A1")
ALPHA = Eui64.parse("90-B3-D5-1F-30-01-00-00")
DCC = Eui64.parse("90-B3-D5-1F-30-00-00-02")
REQUEST = RequestId(ALPHA, DCC, 1000)


@pytest.mark.parametrize("kind", TermProblemKind)
@pytest.mark.parametrize("search_by", SearchBy)
def test_every_problem_says_what_to_enter(search_by: SearchBy, kind: TermProblemKind) -> None:
    text = search_problem_text(TermProblem(search_by, kind, count=3, character="O", place=2))
    assert text.startswith(("Enter ", "Check "))
    assert not text.endswith(".")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Enter a Device ID"),
        (
            "00-DB-12-34-56-78-90",
            "Enter a Device ID of 16 hexadecimal digits: only 14 were found",
        ),
        ("1", "Enter a Device ID of 16 hexadecimal digits: only 1 was found"),
        (f"{DEVICE}-A2", "Enter a Device ID of 16 hexadecimal digits: 18 were found"),
        (
            "00-DB-O2-34-56-78-90-A1",
            (
                "Check the Device ID: place 5, not counting separators, is the letter O; did you"
                " mean 0?"
            ),
        ),
        (
            "00-DB-12-34-56-78-90-Al",
            (
                "Check the Device ID: place 16, not counting separators, is the letter l; did you"
                " mean 1?"
            ),
        ),
        (
            "00-DB-12-34-56-78-90-AZ",
            (
                "Check the Device ID: place 16, not counting separators, is “Z”, which is not a"
                " hexadecimal digit (0 to 9, A to F)"
            ),
        ),
        (
            f"{DEVICE}, {DEVICE}",
            "Enter one ID: 2 were found; lists and files are not supported",
        ),
        (str(REQUEST), "Enter a Device ID: what you entered is a Service Request ID"),
    ],
)
def test_what_is_wrong_with_a_device_id_is_said(text: str, said: str) -> None:
    problem = read_device_id(text)
    assert isinstance(problem, TermProblem)
    assert search_problem_text(problem) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            f"{ALPHA}:{DCC}",
            "Enter the whole Service Request ID: the counter after its second part is missing",
        ),
        (
            f"{ALPHA}:{DCC}:18446744073709551616",
            (
                "Check the counter at the end of the Service Request ID: it is at most"
                " 18446744073709551615"
            ),
        ),
        (
            f"{ALPHA}:90-B3:5",
            (
                "Enter a Service Request ID whose second part has 16 hexadecimal digits: only 4"
                " were found"
            ),
        ),
        (
            "1000",
            (
                "Enter a Service Request ID of two parts of 16 hexadecimal digits each and a"
                " counter: only 4 were found"
            ),
        ),
        (
            f"{ALPHA}:{DCC}:1O00",
            (
                "Check the Service Request ID: place 2 of its counter, not counting separators, is"
                " the letter O; did you mean 0?"
            ),
        ),
        (
            f"{ALPHA}:{DCC}:1\x1b00",
            (
                "Check the Service Request ID: place 2 of its counter, not counting separators, is"
                " “U+001B”, which is not a digit"
            ),
        ),
    ],
)
def test_what_is_wrong_with_a_request_id_is_said(text: str, said: str) -> None:
    problem = read_service_request_id(text)
    assert isinstance(problem, TermProblem)
    assert search_problem_text(problem) == said


def test_an_id_of_the_other_kind_is_said_to_be_one() -> None:
    assert other_kind_text(DEVICE) == (
        "You searched for a Service Request ID; this is a Device ID."
    )
    assert other_kind_text(REQUEST) == (
        "You searched for a Device ID; this is a Service Request ID."
    )


def test_what_an_unknown_id_may_be_is_told_from_ones_own_ids_and_dccs() -> None:
    assert not_found_hint(DEVICE, {ALPHA}, {DCC}) is None
    assert not_found_hint(REQUEST, {ALPHA}, {DCC}) is None
    assert not_found_hint(RequestId(DEVICE, DCC, 1), {ALPHA}, {DCC}) is None
    own = not_found_hint(ALPHA, {ALPHA}, {DCC})
    assert own == "This is one of your organisation’s User IDs, and not a Device ID."
    for response_id in (RequestId(DCC, ALPHA, 1), RequestId(DEVICE, ALPHA, 1)):
        hint = not_found_hint(response_id, {ALPHA}, {DCC})
        assert hint is not None
        assert hint.startswith("It may be a Response ID")

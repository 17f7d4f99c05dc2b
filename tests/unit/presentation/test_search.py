import string
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.presentation.search import (
    SearchBy,
    TermProblem,
    TermProblemKind,
    read_device_id,
    read_service_request_id,
    read_term,
)

DEVICE = Eui64.parse("00-DB-12-34-56-78-90-A1")
REQUEST = RequestId.parse("90-B3-D5-1F-30-01-00-00:90-B3-D5-1F-30-00-00-02:1000")

euis = st.integers(0, 2**64 - 1).map(Eui64)
request_ids = st.builds(RequestId, euis, euis, st.integers(0, 2**64 - 1))
separators = st.sampled_from(
    ["-", ":", "", " ", ".", "_", "–", " - ", "\t", "\N{ZERO WIDTH SPACE}"]
)
around = st.sampled_from(["", " ", "\n", '"', "'", ",", "\N{NO-BREAK SPACE}", "\ufeff"])
cases = st.sampled_from([str.upper, str.lower, str.title])


def spelled(eui: Eui64, separator: str) -> str:
    return separator.join(f"{octet:02X}" for octet in eui.to_bytes(8, "big"))


@given(euis, separators, around, around, cases)
def test_a_device_id_is_read_however_it_is_spelled(
    eui: Eui64, separator: str, before: str, after: str, case: Callable[[str], str]
) -> None:
    assert read_device_id(before + case(spelled(eui, separator)) + after) == eui


@given(request_ids, separators, st.sampled_from([":", " : ", "/", " ", " - "]), around, cases)
def test_a_request_id_is_read_however_its_parts_are_spelled(
    request_id: RequestId, separator: str, between: str, outside: str, case: Callable[[str], str]
) -> None:
    parts = (
        spelled(request_id.originator, separator),
        spelled(request_id.target, separator),
        str(request_id.counter),
    )
    assert read_service_request_id(outside + case(between.join(parts)) + outside) == request_id


@given(st.text(max_size=80) | st.text(string.hexdigits + "-: ,;\n", max_size=120))
def test_whatever_is_typed_gives_an_id_or_one_problem(text: str) -> None:
    for search_by, kind in ((SearchBy.DEVICE_ID, Eui64), (SearchBy.SERVICE_REQUEST_ID, RequestId)):
        read = read_term(search_by, text)
        if isinstance(read, TermProblem):
            assert read.search_by is search_by
            assert (read.other_id is not None) == (read.kind is TermProblemKind.OTHER_KIND)
        else:
            assert isinstance(read, kind)


@pytest.mark.parametrize("text", ["", "   ", "\n\t", ",", '""', "\ufeff"])
@pytest.mark.parametrize("search_by", SearchBy)
def test_nothing_is_empty(search_by: SearchBy, text: str) -> None:
    assert read_term(search_by, text) == TermProblem(search_by, TermProblemKind.EMPTY)


@pytest.mark.parametrize("between", [",", ", ", ";", "\n", " ", "\r\n", " and ", " or "])
@pytest.mark.parametrize("times", [2, 3, 5_000])
def test_several_device_ids_are_a_list_and_not_malformed(between: str, times: int) -> None:
    problem = read_device_id(between.join([str(DEVICE)] * times))
    assert problem == TermProblem(SearchBy.DEVICE_ID, TermProblemKind.LIST)


@pytest.mark.parametrize("between", [",", "; ", "\n", " "])
def test_several_request_ids_are_a_list_in_either_search(between: str) -> None:
    text = between.join([str(REQUEST)] * 3)
    for search_by in SearchBy:
        assert read_term(search_by, text) == TermProblem(search_by, TermProblemKind.LIST)


def test_an_id_of_the_other_kind_is_recognised_and_read() -> None:
    assert read_device_id(str(REQUEST).lower()) == TermProblem(
        SearchBy.DEVICE_ID, TermProblemKind.OTHER_KIND, REQUEST
    )
    assert read_service_request_id("00db1234567890a1") == TermProblem(
        SearchBy.SERVICE_REQUEST_ID, TermProblemKind.OTHER_KIND, DEVICE
    )


@pytest.mark.parametrize(
    "text",
    [
        "meter",
        "00-DB-12-34-56-78-90",
        "00-DB-12-34-56-78-90-A1-B2",
        "00-DB-12-34-56-78-90-G1",
        "0-0DB-12-34-56-78-90-A1",
        f"{DEVICE}:1000",
        f"{DEVICE}:{DEVICE}:18446744073709551616",
        f"{DEVICE}:{DEVICE}:",
        "\N{ARABIC-INDIC DIGIT ONE}" * 16,
        "0" * 100_000,
        "00-" * 100_000,
        "'; DROP TABLE distribution; --".replace(";", ""),
    ],
)
def test_what_is_no_id_is_malformed_in_either_search(text: str) -> None:
    for search_by in SearchBy:
        assert read_term(search_by, text) == TermProblem(search_by, TermProblemKind.MALFORMED)


def test_leading_zeros_of_a_counter_do_not_matter() -> None:
    assert read_service_request_id(str(REQUEST).replace(":1000", ":0001000")) == REQUEST

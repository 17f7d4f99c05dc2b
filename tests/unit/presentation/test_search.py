"""One search term, however an ID is dressed where it is copied from; and never another's ID."""

import string
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given, settings
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
from firmtrack.presentation.search_dressing import LONGEST
from tests.examples import examples

DEVICE = Eui64.parse("00-DB-12-34-56-78-90-A1")
REQUEST = RequestId.parse("90-B3-D5-1F-30-01-00-00:90-B3-D5-1F-30-00-00-02:1000")

euis = st.integers(0, 2**64 - 1).map(Eui64)
request_ids = st.builds(RequestId, euis, euis, st.integers(0, 2**64 - 1))
ids = euis | request_ids
dashes = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d\u2043\u30fc"
spaces = " \t\u00a0\u2003\u202f\u3000"
separators = st.sampled_from(
    [*dashes, *spaces, ":", "", ".", "_", " - ", "\u200b", "\u2060-", "\uff1a", "\u00b7"]
)
around = st.text(
    "\"'\u201c\u201d\u2018\u2019\u00ab\u00bb \n\r,;.<>()[]*\u00a0\ufeff\u200b", max_size=3
)
cases = st.sampled_from([str.upper, str.lower, str.title])
hexadecimal_prefixes = st.sampled_from(["", "0x", "0X"])


def _wide(text: str) -> str:
    return "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in text)


def _spreadsheet(text: str) -> str:
    return f'="{text}"'


def _label_of(found_id: Eui64 | RequestId) -> str:
    return "Service Request ID" if isinstance(found_id, RequestId) else "Device ID"


def _path_of(found_id: Eui64 | RequestId) -> str:
    place = "service-requests" if isinstance(found_id, RequestId) else "devices"
    return f"/{place}/{found_id}"


DRESSINGS: list[Callable[[Eui64 | RequestId], str]] = [
    str,
    lambda each: _wide(str(each)),
    lambda each: str(each).lower(),
    lambda each: _spreadsheet(str(each)),
    lambda each: f'"{_spreadsheet(str(each)).replace(chr(34), chr(34) * 2)}"',
    lambda each: f"\u201c{each}\u201d",
    lambda each: f"'{each}",
    lambda each: f"{_label_of(each)}: {each}",
    lambda each: f"{_label_of(each).upper()}\t{each}\n",
    lambda each: f"{_label_of(each)} is {each}.",
    lambda each: f'"{_label_of(each).lower().replace(" ", "_")}": "{each}",',
    lambda each: f"ID={each}",
    lambda each: f"{each},",
    lambda each: f"{each};",
    lambda each: f"{each}.",
    lambda each: f"<{each}>",
    lambda each: quote(str(each), safe=""),
    lambda each: quote(quote(str(each), safe=""), safe=""),
    _path_of,
    lambda each: _path_of(each).removeprefix("/"),
    lambda each: f"https://firmtrack.example{_path_of(each)}",
    lambda each: f"http://127.0.0.1:8000{_path_of(each)}?as_of=2026-11-14T09%3A12%3A00Z#as-of",
    lambda each: f"https://firmtrack.example/portal{quote(_path_of(each))}/",
    lambda each: f"{_path_of(each)}.csv",
    lambda each: f"{_path_of(each)}.xlsx?completion_status=failed",
    lambda each: f"{_path_of(each)}/events?cursor=AwAAAA",
    lambda each: f"/api/v1{_path_of(each)}",
    lambda each: f"https://firmtrack.example/api/v1{_path_of(each)}/distributions.csv?as_of=x",
    lambda each: f"/firmware-distribution?search_by=device_id&search_term={quote(str(each))}",
    lambda each: f"https://x.example/sign-in?next={quote(_path_of(each), safe='')}",
    lambda each: f"https://x.example/causes?since=7&service_request_id={quote(str(each))}",
    lambda each: f"see {_path_of(each)}".removeprefix("see "),
]


def _read(found_id: Eui64 | RequestId, text: str) -> object:
    """Return what a search of its own kind reads; an ID of the other kind is read as that."""
    is_request = isinstance(found_id, RequestId)
    own = SearchBy.SERVICE_REQUEST_ID if is_request else SearchBy.DEVICE_ID
    other = SearchBy.DEVICE_ID if is_request else SearchBy.SERVICE_REQUEST_ID
    assert read_term(other, text) == TermProblem(other, TermProblemKind.OTHER_KIND, found_id)
    return read_term(own, text)


def spelled(eui: Eui64, separator: str) -> str:
    return separator.join(f"{octet:02X}" for octet in eui.to_bytes(8, "big"))


@given(euis, separators, around, around, cases, hexadecimal_prefixes)
def test_a_device_id_is_read_however_it_is_spelled(
    eui: Eui64,
    separator: str,
    before: str,
    after: str,
    case: Callable[[str], str],
    prefix: str,
) -> None:
    assert read_device_id(before + prefix + case(spelled(eui, separator)) + after) == eui


@given(euis, st.sampled_from([" ", ":", "-", ""]))
def test_a_device_id_is_read_with_0x_before_each_octet(eui: Eui64, separator: str) -> None:
    octets = separator.join(f"0x{octet:02X}" for octet in eui.to_bytes(8, "big"))
    assert read_device_id(octets) == eui


@given(
    request_ids,
    separators,
    st.sampled_from([":", " : ", "/", " ", " - ", "|", "_", "\uff1a", "\n"]),
    around,
    cases,
)
def test_a_request_id_is_read_however_its_parts_are_spelled(
    request_id: RequestId, separator: str, between: str, outside: str, case: Callable[[str], str]
) -> None:
    parts = (
        spelled(request_id.originator, separator),
        spelled(request_id.target, separator),
        # Three numbers of 16 digits, set apart by spaces alone, are a list.
        str(request_id.counter) if between.strip() else f"0{request_id.counter % 10**13}",
    )
    expected = request_id if between.strip() else request_id._replace(counter=int(parts[2]))
    assert read_service_request_id(outside + case(between.join(parts)) + outside) == expected


@pytest.mark.parametrize("dress", DRESSINGS)
@given(each=ids)
@settings(max_examples=examples(40))
def test_an_id_is_read_wherever_it_is_copied_from(
    dress: Callable[[Eui64 | RequestId], str], each: Eui64 | RequestId
) -> None:
    assert _read(each, dress(each)) == each


@given(euis)
def test_a_label_with_a_number_in_its_name_is_told_from_the_id(eui: Eui64) -> None:
    after_64 = Eui64.parse(f"64-{str(eui)[3:]}")
    assert read_device_id(f"EUI-64: {eui}") == eui
    assert read_device_id(f"EUI {eui}") == eui
    assert read_device_id(f"EUI {after_64}") == after_64
    assert read_device_id(f"EUI 64 {after_64}") == after_64


noise = st.text(max_size=80) | st.text(
    string.hexdigits + "-: ,;\nxX%.\u2013\u00b2\uff11", max_size=120
)
links = st.builds(
    str.__add__,
    st.sampled_from(["/devices/", "https://x/service-requests/", "ID: ", "EUI-64 "]),
    noise,
)


def digits_in(text: str) -> str:
    """Return the hexadecimal digits of a text without links, labels and coded characters."""
    plain = [chr(ord(each) - 0xFEE0) if "\uff01" <= each <= "\uff5e" else each for each in text]
    return "".join(each for each in plain if each in string.hexdigits).upper()


@given(noise | links)
def test_whatever_is_typed_gives_an_id_or_one_problem(text: str) -> None:
    for search_by, kind in ((SearchBy.DEVICE_ID, Eui64), (SearchBy.SERVICE_REQUEST_ID, RequestId)):
        read = read_term(search_by, text)
        if isinstance(read, TermProblem):
            assert read.search_by is search_by
            assert (read.other_id is not None) == (read.kind is TermProblemKind.OTHER_KIND)
        else:
            assert isinstance(read, kind)


@given(euis, st.lists(st.tuples(st.integers(0, 40), st.characters(exclude_characters="%/"))))
def test_nothing_becomes_an_id_unless_its_digits_are_those_of_the_id(
    eui: Eui64, changes: list[tuple[int, str]]
) -> None:
    text = str(eui)
    for place, character in changes[:3]:
        text = text[:place] + character + text[place:]
    read = read_device_id(text)
    if isinstance(read, Eui64):
        assert str(read).replace("-", "") == digits_in(text)


@given(st.text(string.hexdigits + "-:. \n_xOol\u2212\uff11\u00b9\u0661", max_size=60))
def test_random_text_becomes_no_id_but_that_of_its_digits(text: str) -> None:
    read = read_device_id(text)
    if isinstance(read, Eui64):
        assert str(read).replace("-", "") == digits_in(text.replace("0x", ""))
    found = read_service_request_id(text)
    if isinstance(found, RequestId):
        assert (
            f"{found.originator}{found.target}".replace("-", "")
            == digits_in(text.replace("0x", ""))[:32]
        )


@pytest.mark.parametrize(
    "text", ["", "   ", "\n\t", ",", '""', "\ufeff", "---", '=""', "\u201c\u201d"]
)
@pytest.mark.parametrize("search_by", SearchBy)
def test_nothing_is_empty(search_by: SearchBy, text: str) -> None:
    assert read_term(search_by, text) == TermProblem(search_by, TermProblemKind.EMPTY)


@pytest.mark.parametrize("between", [",", ", ", ";", "\n", " ", "\r\n", " and ", " or ", "", "-"])
@pytest.mark.parametrize("times", [2, 3, 5_000])
def test_several_device_ids_are_a_list_and_are_counted(between: str, times: int) -> None:
    problem = read_device_id(between.join([str(DEVICE)] * times))
    count = times if times < 10 else None
    assert problem == TermProblem(SearchBy.DEVICE_ID, TermProblemKind.LIST, count=count)


@pytest.mark.parametrize("between", [",", "; ", "\n", " "])
def test_several_request_ids_are_a_list_in_either_search(between: str) -> None:
    text = between.join([str(REQUEST)] * 3)
    for search_by in SearchBy:
        problem = read_term(search_by, text)
        assert isinstance(problem, TermProblem)
        assert (problem.kind, problem.count) == (TermProblemKind.LIST, 3)


def test_three_device_ids_the_last_of_decimal_digits_are_no_request_id() -> None:
    text = f"{DEVICE}\n{DEVICE}\n0012345678901234"
    for search_by in SearchBy:
        assert read_term(search_by, text) == TermProblem(search_by, TermProblemKind.LIST, count=3)


def test_an_id_of_the_other_kind_is_recognised_and_read() -> None:
    assert read_device_id(str(REQUEST).lower()) == TermProblem(
        SearchBy.DEVICE_ID, TermProblemKind.OTHER_KIND, REQUEST
    )
    assert read_service_request_id("00db1234567890a1") == TermProblem(
        SearchBy.SERVICE_REQUEST_ID, TermProblemKind.OTHER_KIND, DEVICE
    )


@pytest.mark.parametrize(
    ("text", "kind", "facts"),
    [
        ("00-DB-12-34-56-78-90", TermProblemKind.TOO_SHORT, {"count": 14}),
        ("0", TermProblemKind.TOO_SHORT, {"count": 1}),
        ("0x00DB1234567890", TermProblemKind.TOO_SHORT, {"count": 14}),
        ("00-DB-12-34-56-78-90-A1-B2", TermProblemKind.TOO_LONG, {"count": 18}),
        (f"{DEVICE}:1000", TermProblemKind.TOO_LONG, {"count": 20}),
        (
            "00-DB-12-34-56-78-90-O1",
            TermProblemKind.WRONG_CHARACTER,
            {"character": "O", "place": 15},
        ),
        ("O0DB1234567890A1", TermProblemKind.WRONG_CHARACTER, {"character": "O", "place": 1}),
        (
            "00-DB-l2-34-56-78-90-Al",
            TermProblemKind.WRONG_CHARACTER,
            {"character": "l", "place": 5},
        ),
        (
            "00-DB-12-34-56-78-90-G1",
            TermProblemKind.WRONG_CHARACTER,
            {"character": "G", "place": 15},
        ),
        (f"{DEVICE}\u00b2", TermProblemKind.WRONG_CHARACTER, {"character": "\u00b2", "place": 17}),
        (f"the meter {DEVICE} failed", TermProblemKind.SURROUNDED, {}),
        (f"User ID: {DEVICE}", TermProblemKind.USER_ID, {}),
        (f"DCC\u2019s Response ID: {REQUEST}", TermProblemKind.RESPONSE_ID, {}),
        ("meter", TermProblemKind.MALFORMED, {}),
        ("0-0DB-12-34-56-78-90-A1", TermProblemKind.MALFORMED, {}),
        ("\N{ARABIC-INDIC DIGIT ONE}" * 16, TermProblemKind.MALFORMED, {}),
        ("'; DROP TABLE distribution; --", TermProblemKind.MALFORMED, {}),
    ],
)
def test_what_is_wrong_with_a_device_id_is_told(
    text: str, kind: TermProblemKind, facts: dict[str, int | str]
) -> None:
    assert read_device_id(text) == TermProblem(SearchBy.DEVICE_ID, kind, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "kind", "facts"),
    [
        (f"{DEVICE}:{DEVICE}", TermProblemKind.COUNTER_MISSING, {}),
        (f"{DEVICE}:{DEVICE}:", TermProblemKind.COUNTER_MISSING, {}),
        (f"{DEVICE}:{DEVICE}:18446744073709551616", TermProblemKind.COUNTER_TOO_LARGE, {}),
        (f"{DEVICE} {DEVICE} {'9' * 100}", TermProblemKind.COUNTER_TOO_LARGE, {}),
        (f"00-DB:{DEVICE}:1", TermProblemKind.TOO_SHORT, {"part": 1, "count": 4}),
        (f"{DEVICE}:{DEVICE}-00:1", TermProblemKind.TOO_LONG, {"part": 2, "count": 18}),
        (
            f"{DEVICE}:0O-DB-12-34-56-78-90-A1:1",
            TermProblemKind.WRONG_CHARACTER,
            {"part": 2, "character": "O", "place": 2},
        ),
        (
            f"{DEVICE}:{DEVICE}:1O0l",
            TermProblemKind.WRONG_CHARACTER,
            {"part": 3, "character": "O", "place": 2},
        ),
        ("1000", TermProblemKind.TOO_SHORT, {"count": 4}),
        (f"the request {REQUEST} failed", TermProblemKind.SURROUNDED, {}),
        ("a request", TermProblemKind.MALFORMED, {}),
    ],
)
def test_what_is_wrong_with_a_request_id_is_told(
    text: str, kind: TermProblemKind, facts: dict[str, int | str]
) -> None:
    assert read_service_request_id(text) == TermProblem(
        SearchBy.SERVICE_REQUEST_ID,
        kind,
        **facts,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    "text",
    [
        "0" * 1_000_000,
        "00-" * 1_000_000,
        "-" * 1_000_000,
        "0" + "-" * 1_000_000,
        ("00" + "-" * 200) * 10,
        f"{' ' * 1_000_000}{DEVICE}",
        "%" * 1_000_000,
        "%25" * 100_000,
        "/devices/" * 100_000,
        "\ufdfa" * 100_000,
        "Device ID: " * 100_000,
        "1" * 999,
    ],
)
def test_hostile_text_is_no_id_and_is_not_read_to_its_end(text: str) -> None:
    for search_by in SearchBy:
        problem = read_term(search_by, text)
        assert isinstance(problem, TermProblem)
        assert problem.kind is not TermProblemKind.OTHER_KIND


def test_no_id_is_as_long_as_what_is_not_read() -> None:
    request_id = RequestId(Eui64(2**64 - 1), Eui64(2**64 - 1), 2**64 - 1)
    twice = quote(quote(str(request_id), safe=""), safe="")
    assert len(f"https://{'x' * 253}/sign-in?next=/api/v1/service-requests/{twice}") < LONGEST


def test_leading_zeros_of_a_counter_do_not_matter() -> None:
    assert read_service_request_id(str(REQUEST).replace(":1000", ":0001000")) == REQUEST

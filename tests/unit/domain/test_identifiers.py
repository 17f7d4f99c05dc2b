import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrack.domain.identifiers import (
    Eui64,
    MalformedIdentifier,
    RequestId,
    ResponseId,
    parse_firmware_version,
)
from tests.unit.domain.strategies import counters, eui64s, request_ids

ALPHA = "90-B3-D5-1F-30-01-00-00"
DCC = "90-B3-D5-1F-30-00-00-02"

MALFORMED_EUIS = [
    "",
    " ",
    ALPHA[:-1],
    ALPHA + "0",
    ALPHA + "-00",
    ALPHA[:-3],
    " " + ALPHA,
    ALPHA + " ",
    ALPHA + "\n",
    ALPHA.replace("-", ""),
    ALPHA.replace("-", ":"),
    ALPHA.replace("-", "_"),
    ALPHA.replace("-", "\N{EN DASH}"),
    "-" + ALPHA[1:],
    "90--B3-D5-1F-30-01-00-0",
    "9G-B3-D5-1F-30-01-00-00",
    "0x-B3-D5-1F-30-01-00-00",
    "+0-B3-D5-1F-30-01-00-00",
    "\N{FULLWIDTH DIGIT NINE}0-B3-D5-1F-30-01-00-00",
    "\N{ARABIC-INDIC DIGIT NINE}0-B3-D5-1F-30-01-00-00",
    "9\N{FULLWIDTH LATIN CAPITAL LETTER B}-B3-D5-1F-30-01-00-00",
    ALPHA + "\0",
]

MALFORMED_COUNTERS = [
    "",
    " 1",
    "1 ",
    "1\n",
    "00",
    "01",
    "-1",
    "+1",
    "1.0",
    "1_000",
    "0x1",
    "1e3",
    "\N{ARABIC-INDIC DIGIT ONE}",
    "\N{FULLWIDTH DIGIT ONE}",
    "\N{SUPERSCRIPT TWO}",
    str(2**64),
    str(10**19 * 2),
    "9" * 21,
    "9" * 5000,
]


@given(eui64s)
def test_an_eui_is_read_back_from_its_text(eui: Eui64) -> None:
    assert Eui64.parse(str(eui)) == eui


@given(eui64s)
def test_an_eui_is_read_in_either_case_and_written_in_upper_case(eui: Eui64) -> None:
    assert Eui64.parse(str(eui).lower()) == eui
    assert str(eui) == str(eui).upper()
    assert len(str(eui)) == 23


@given(st.binary(min_size=8, max_size=8))
def test_an_eui_of_eight_octets_writes_them_in_their_order(octets: bytes) -> None:
    assert str(Eui64.from_octets(octets)) == "-".join(f"{octet:02X}" for octet in octets)


@given(st.binary(max_size=20).filter(lambda octets: len(octets) != 8))
def test_octets_of_any_other_number_are_no_eui(octets: bytes) -> None:
    with pytest.raises(MalformedIdentifier):
        Eui64.from_octets(octets)


@given(eui64s, eui64s)
def test_euis_are_ordered_as_their_texts_are(one: Eui64, other: Eui64) -> None:
    assert (one < other) == (str(one) < str(other))


def test_an_eui_is_written_the_same_way_wherever_it_is_put_into_text() -> None:
    eui = Eui64.parse(ALPHA)

    assert (str(eui), f"{eui}", f"{eui!s}") == (ALPHA, ALPHA, ALPHA)
    assert repr(eui) == f"Eui64('{ALPHA}')"


def test_an_eui_is_never_written_as_a_number() -> None:
    with pytest.raises(TypeError, match="unsupported format string"):
        format(Eui64.parse(ALPHA), "x")


@pytest.mark.parametrize("text", MALFORMED_EUIS)
def test_a_malformed_eui_is_refused(text: str) -> None:
    with pytest.raises(MalformedIdentifier) as refusal:
        Eui64.parse(text)

    assert refusal.value.kind == "an EUI-64"
    assert refusal.value.text == text


@given(st.text(max_size=30))
def test_any_text_is_an_eui_or_is_refused(text: str) -> None:
    try:
        eui = Eui64.parse(text)
    except MalformedIdentifier:
        return
    assert str(eui) == text.upper()


@given(request_ids)
def test_a_request_id_is_read_back_from_its_text(request_id: RequestId) -> None:
    assert RequestId.parse(str(request_id)) == request_id


@given(eui64s, eui64s, counters)
def test_a_response_id_is_read_back_from_its_text(
    sender: Eui64, recipient: Eui64, counter: int
) -> None:
    response_id = ResponseId(sender, recipient, counter)

    assert ResponseId.parse(str(response_id)) == response_id


def test_a_request_id_names_its_originator_first() -> None:
    request_id = RequestId.parse(f"{ALPHA}:{DCC}:1000")

    assert request_id.originator == Eui64.parse(ALPHA)
    assert request_id.target == Eui64.parse(DCC)
    assert request_id.counter == 1000


@pytest.mark.parametrize("counter", ["0", "1", str(2**63), str(2**64 - 1)])
def test_a_counter_may_be_any_unsigned_64_bit_number(counter: str) -> None:
    assert RequestId.parse(f"{ALPHA}:{DCC}:{counter}").counter == int(counter)


@pytest.mark.parametrize("counter", MALFORMED_COUNTERS)
def test_a_malformed_counter_is_refused(counter: str) -> None:
    with pytest.raises(MalformedIdentifier, match="is not a Request ID"):
        RequestId.parse(f"{ALPHA}:{DCC}:{counter}")


@pytest.mark.parametrize("eui", MALFORMED_EUIS)
def test_a_request_id_with_a_malformed_part_is_refused_as_a_whole(eui: str) -> None:
    for text in (f"{eui}:{DCC}:1", f"{ALPHA}:{eui}:1"):
        with pytest.raises(MalformedIdentifier, match="is not a Request ID") as refusal:
            RequestId.parse(text)

        assert refusal.value.text == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "::",
        ALPHA,
        f"{ALPHA}:{DCC}",
        f"{ALPHA}:{DCC}:1:",
        f"{ALPHA}:{DCC}:1:2",
        f":{ALPHA}:1",
    ],
)
def test_a_request_id_has_exactly_three_parts(text: str) -> None:
    with pytest.raises(MalformedIdentifier):
        RequestId.parse(text)


def test_a_malformed_response_id_is_not_called_a_request_id() -> None:
    with pytest.raises(MalformedIdentifier, match="is not a Response ID"):
        ResponseId.parse(ALPHA)


def test_a_refusal_repeats_no_more_than_64_characters() -> None:
    with pytest.raises(MalformedIdentifier) as refusal:
        Eui64.parse("A" * 1_000_000)

    assert refusal.value.text == "A" * 64
    assert len(str(refusal.value)) < 100


@given(st.text("0123456789abcdefABCDEF", min_size=8, max_size=8))
def test_a_version_of_eight_hexadecimal_digits_is_one_in_either_case(text: str) -> None:
    assert parse_firmware_version(text) == text.upper()
    assert parse_firmware_version(text.lower()) == parse_firmware_version(text.upper())


@pytest.mark.parametrize("text", ["1", "v1.2", "abc", "1.0.0-rc", "0000000g", "é"])
def test_any_other_version_is_kept_as_it_is_written(text: str) -> None:
    assert parse_firmware_version(text) == text


@pytest.mark.parametrize("text", ["", "123456789", "a\nb", "\0", "a\tb", "\N{ZERO WIDTH SPACE}"])
def test_a_malformed_firmware_version_is_refused(text: str) -> None:
    with pytest.raises(MalformedIdentifier):
        parse_firmware_version(text)

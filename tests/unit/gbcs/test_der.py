"""The elements of DER that GBCS messages are made of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrack.gbcs.der import (
    take_integer,
    take_octet_string,
    take_sequence,
    take_sequence_or_null,
)
from firmtrack.gbcs.octets import MalformedGbcs, Octets
from tests.unit.gbcs.encoders import der, der_integer


@given(st.integers(min_value=0, max_value=2**64 - 1))
def test_every_number_up_to_64_bits_reads_as_it_was_written(value: int) -> None:
    octets = Octets(der_integer(value))
    assert take_integer(octets, "a number") == value
    assert octets.left == 0


def test_an_alert_code_takes_three_octets() -> None:
    assert take_integer(Octets(bytes.fromhex("0203008f8a")), "the alert code") == 0x8F8A


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        ("0200", "integer of 0 octets"),
        ("02028f8a", "negative"),
        ("0201ff", "negative"),
        ("02020001", "shortest form"),
        ("0204008f8a", "needs 4 octets where 3 are left"),
        ("020a" + "00" * 10, "integer of 10 octets"),
        ("020901" + "00" * 8, "beyond 64 bits"),
        ("0a0100", "begins with 0a, not 02"),
        ("02810100", "shortest form"),
        ("0280", "length"),
        ("02", "needs 1 octets where 0 are left"),
        ("", "needs 1 octets where 0 are left"),
    ],
)
def test_an_integer_of_another_form_is_refused(octets: str, reason: str) -> None:
    with pytest.raises(MalformedGbcs, match=reason):
        take_integer(Octets(bytes.fromhex(octets)), "a number")


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 1000])
def test_an_octet_string_has_the_size_that_is_asked_for(size: int) -> None:
    content = bytes(size)
    assert take_octet_string(Octets(der(0x04, content)), size, "a string") == content
    with pytest.raises(MalformedGbcs, match=f"has {size} octets, not {size + 1}"):
        take_octet_string(Octets(der(0x04, content)), size + 1, "a string")


def test_a_sequence_gives_its_own_content_and_no_more() -> None:
    octets = Octets(der(0x30, der_integer(5)) + b"\x05\x00")
    content = take_sequence(octets, "a sequence")
    assert take_integer(content, "a number") == 5
    content.end("the number")
    assert octets.left == 2
    with pytest.raises(MalformedGbcs, match="2 octets follow the sequence"):
        octets.end("the sequence")


def test_a_null_may_stand_where_a_sequence_may() -> None:
    octets = Octets(bytes.fromhex("0500") + der(0x30, der_integer(5)) + b"\x01")
    assert take_sequence_or_null(octets, "a sequence") is None
    content = take_sequence_or_null(octets, "a sequence")
    assert content is not None
    assert take_integer(content, "a number") == 5
    content.end("the number")
    assert octets.left == 1


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        ("", "needs 1 octets where 0 are left"),
        ("05", "needs 1 octets where 0 are left"),
        ("050100", "NULL of 1 octets"),
        ("3001", "needs 1 octets where 0 are left"),
        ("0401", "begins with 04: neither SEQUENCE nor NULL"),
    ],
)
def test_what_is_neither_a_sequence_nor_a_null_is_refused(octets: str, reason: str) -> None:
    with pytest.raises(MalformedGbcs, match=reason):
        take_sequence_or_null(Octets(bytes.fromhex(octets)), "a thing")

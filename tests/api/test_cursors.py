"""Cursors mean nothing to the caller, and only ours are taken."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrack.api.cursors import BadCursor, cursor_after, read_cursor
from firmtrack.domain.identifiers import Eui64

euis = st.integers(0, 2**64 - 1).map(Eui64)
CURSOR = cursor_after(Eui64.parse("00-DB-12-34-56-78-90-A0"))
URL_SAFE = set(string.ascii_letters + string.digits + "-_")


@given(euis)
def test_a_cursor_is_read_as_it_was_written_and_needs_no_escaping(device_id: Eui64) -> None:
    cursor = cursor_after(device_id)

    assert set(cursor) <= URL_SAFE
    assert read_cursor(cursor) == device_id


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    try:
        device_id = read_cursor(text)
    except BadCursor:
        return
    assert cursor_after(device_id) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        CURSOR[:-1],
        CURSOR + "AAAA",
        CURSOR + "=",
        "\n" + CURSOR,
        "B" + CURSOR[1:],
        "00-DB-12-34-56-78-90-A0",
    ],
)
def test_an_altered_cursor_is_refused(text: str) -> None:
    with pytest.raises(BadCursor):
        read_cursor(text)

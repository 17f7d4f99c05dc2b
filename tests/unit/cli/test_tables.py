"""Tables of the command line: whatever the width, nothing in them is cut or broken."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from firmtrack.cli.tables import Column, Table, prose, wrapped
from tests.examples import examples

REQUEST_ID = "90-B3-D5-1F-30-01-00-00:90-B3-D5-1F-30-00-00-02:968255172859"
DEVICE_ID = "02-7A-3A-0C-A2-A0-57-B7"
WHEN = "26 November 2026, 16:37 GMT"
REASON = "The device refused the image: its verification failed. (invalid_gbcs_version)"


def a_table(*, rows: int = 1) -> Table:
    table = Table("Device ID", "Updated", prose("Current Status"), prose("Reason"))
    table.read([(DEVICE_ID, WHEN, "Delivery to Communications Hub failed", REASON)] * rows)
    return table


def lines(table: Table, width: int | None) -> list[str]:
    return [line.text for line in table.lines(width)]


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_nothing_is_cut_and_every_line_fits(width: int) -> None:
    printed = lines(a_table(), width)

    assert all(cell_len(line) <= width for line in printed)
    words = " ".join(printed).split()
    for whole in (DEVICE_ID, "(invalid_gbcs_version)"):
        assert whole in words
    assert any(WHEN in line for line in printed)


def test_what_has_no_room_beside_the_rest_goes_below_it() -> None:
    heading, first, *below = lines(a_table(), 60)

    assert heading.split("  ")[0] == "Device ID"
    assert first == f"{DEVICE_ID}  {WHEN}"
    assert below == [
        "    Current Status: Delivery to Communications Hub failed",
        "    Reason: The device refused the image: its verification",
        "      failed. (invalid_gbcs_version)",
    ]


def test_where_not_even_the_rest_fits_each_row_is_a_record() -> None:
    printed = lines(a_table(rows=2), 40)

    assert printed[:2] == [f"Device ID: {DEVICE_ID}", f"  Updated: {WHEN}"]
    assert printed.count(f"Device ID: {DEVICE_ID}") == 2


def test_an_id_that_is_wider_than_the_terminal_stays_in_one_piece() -> None:
    table = Table("Request")
    table.add(REQUEST_ID)

    assert any(REQUEST_ID in line for line in lines(table, 40))
    assert wrapped(f"Request {REQUEST_ID} failed.", 40)[1] == REQUEST_ID


def test_elsewhere_than_on_a_terminal_a_row_is_one_line_between_tabs() -> None:
    heading, row = lines(a_table(), None)

    assert heading.split("\t") == ["Device ID", "Updated", "Current Status", "Reason"]
    assert row.split("\t") == [DEVICE_ID, WHEN, "Delivery to Communications Hub failed", REASON]


def test_what_a_cell_holds_moves_nothing() -> None:
    table = Table("Name", prose("Text"))
    table.add("a\tb", "c\nd\x1b[2J")

    for width in (None, 20, 80):
        printed = "".join(lines(table, width))
        assert "\x1b" not in printed
        assert "a‹U+0009›b" in printed


def test_rows_are_read_as_they_are_printed() -> None:
    read: list[int] = []

    def rows() -> Iterator[tuple[str]]:
        for number in range(10_000):
            read.append(number)
            yield (str(number),)

    table = Table(Column("Number", least=5))
    table.read(rows())
    printed = table.lines(80)
    next(printed)
    next(printed)

    assert len(read) <= 200


@settings(max_examples=examples(60))
@given(
    st.lists(st.tuples(st.text(max_size=30), st.text(max_size=60), st.text(max_size=30))),
    st.integers(1, 120),
)
def test_any_texts_come_out_in_any_width(rows: list[tuple[str, str, str]], width: int) -> None:
    table = Table("A", prose("B"), "C")
    table.read(rows)

    for line in table.lines(width):
        assert "\n" not in line.text

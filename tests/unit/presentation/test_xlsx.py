"""A workbook: every cell holds what it should, as what it should be."""

import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO

import openpyxl
import pytest
from openpyxl.cell.cell import Cell as ReadCell
from openpyxl.worksheet.worksheet import Worksheet

from firmtrack.presentation.tables import Cell, Column, Table
from firmtrack.presentation.xlsx import xlsx_of

NOON = datetime(2026, 11, 14, 12, 0, tzinfo=UTC)


def workbook(rows: Iterable[Sequence[Cell]], *, columns: int = 2, **options: int) -> bytes:
    headed = [Column(f"Column {n}", "", lambda row, n=n: row[n], 20) for n in range(columns)]  # type: ignore[misc]  # a lambda has no types
    return b"".join(xlsx_of(Table("A table", headed, rows), **options))


def sheets(octets: bytes) -> list[Worksheet]:
    return list(openpyxl.load_workbook(BytesIO(octets)).worksheets)


def only_row(*cells: Cell) -> tuple[ReadCell, ...]:
    (sheet,) = sheets(workbook([cells], columns=len(cells)))
    (row,) = sheet.iter_rows(min_row=2)
    return tuple(row)


@pytest.mark.parametrize(
    "text",
    [
        "0001E005", "00010002", "1E5", "12", "-1", "TRUE", "1/2", "2026-11-14", "=1+1", "@SUM(A1)",
        "{=A1}", "https://example.com/", "mailto:ada@alpha.example", " spaced ", "<&>\"'", "“é”",
        "90-B3-D5-1F-30-01-00-00:90-B3-D5-1F-30-00-00-02:18446744073709551615",
    ],
)  # fmt: skip
def test_a_text_stays_the_text_that_it_is(text: str) -> None:
    (cell,) = only_row(text)
    assert (cell.value, cell.data_type, cell.number_format) == (text, "s", "@")
    assert cell.hyperlink is None


def test_nothing_is_an_empty_cell() -> None:
    first, second = only_row("", "x")
    assert (first.value, second.value) == (None, "x")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x01b", "a‹U+0001›b"),
        ("a\tb\nc", "a‹U+0009›b‹U+000A›c"),
        ("\u202eabc", "‹U+202E›abc"),
        ("\ud800", "‹U+D800›"),
        ("x" * 40_000, "x" * 32_766 + "…"),
    ],
)
def test_what_a_cell_cannot_hold_or_nobody_sees_is_shown(text: str, shown: str) -> None:
    assert only_row(text)[0].value == shown


def test_no_text_becomes_markup_or_a_formula() -> None:
    hostile = ["<r><t>x</t></r>", "<r></is></c><c r='C2'><f>1+1</f></c></r>", "=HYPERLINK(1)"]
    octets = workbook([[text, "x"] for text in hostile])
    (sheet,) = sheets(octets)
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == [
        f"'{hostile[0]}", f"'{hostile[1]}", hostile[2],
    ]  # fmt: skip
    with zipfile.ZipFile(BytesIO(octets)) as package:
        written = package.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in written
    assert b"<r>" not in written


@pytest.mark.parametrize(
    ("at", "counted"),
    [
        (NOON, datetime(2026, 11, 14, 12, 0)),  # noqa: DTZ001 - cells have no zone
        (NOON.astimezone(timezone(timedelta(hours=2))), datetime(2026, 11, 14, 12, 0)),  # noqa: DTZ001
        (NOON.replace(second=7, microsecond=999_999), datetime(2026, 11, 14, 12, 0, 7)),  # noqa: DTZ001
        (datetime(1900, 3, 1, tzinfo=UTC), datetime(1900, 3, 1)),  # noqa: DTZ001
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59)),  # noqa: DTZ001
    ],
)
def test_a_time_is_a_time_in_utc_to_the_second(at: datetime, counted: datetime) -> None:
    (cell,) = only_row(at)
    assert cell.is_date
    assert cell.value == counted
    assert cell.number_format == 'yyyy-mm-dd hh:mm:ss" UTC"'


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z"),
        (datetime(1899, 12, 31, tzinfo=UTC), "1899-12-31T00:00:00Z"),
        (datetime(1900, 2, 28, 23, 59, tzinfo=UTC), "1900-02-28T23:59:00Z"),
    ],
)
def test_a_time_that_spreadsheets_cannot_count_is_a_text(at: datetime, text: str) -> None:
    (cell,) = only_row(at)
    assert (cell.value, cell.data_type) == (text, "s")


def test_the_headings_stay_in_sight_and_can_be_filtered_by() -> None:
    (sheet,) = sheets(workbook([["a", "b"]] * 3))
    assert [cell.value for cell in sheet[1]] == ["Column 0", "Column 1"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:B4"
    assert sheet.column_dimensions["A"].width >= 20


def test_a_table_without_rows_has_its_headings() -> None:
    (sheet,) = sheets(workbook([]))
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [["Column 0", "Column 1"]]


@pytest.mark.parametrize(("rows", "of_sheets"), [(2, [2]), (3, [2, 1]), (4, [2, 2])])
def test_what_is_too_much_for_a_sheet_is_on_a_further_one(rows: int, of_sheets: list[int]) -> None:
    written = sheets(workbook(([f"{n}", "x"] for n in range(rows)), rows_of_sheet=2))
    assert [sheet.max_row - 1 for sheet in written] == of_sheets
    values = [row[0].value for sheet in written for row in sheet.iter_rows(min_row=2)]
    assert values == [f"{n}" for n in range(rows)]
    assert {sheet["A1"].value for sheet in written} == {"Column 0"}


def test_the_rows_are_read_one_after_the_other() -> None:
    read: list[int] = []

    def rows() -> Iterable[list[Cell]]:
        for number in range(10):
            read.append(number)
            yield [f"{number}", "x"]

    blocks = xlsx_of(Table("A table", [Column("A", "", lambda row: row[0], 9)], rows()))
    assert read == []
    assert next(blocks).startswith(b"PK")
    assert read == list(range(10))

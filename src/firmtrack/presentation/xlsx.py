"""A table as a workbook (.xlsx): IDs, versions and codes as text, times as times.

No cell is a formula, and a spreadsheet has nothing to guess: 0001E005 stays what it is.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain, islice
from tempfile import TemporaryDirectory, TemporaryFile
from typing import TYPE_CHECKING, Any

from firmtrack.presentation.tables import Cell, Column, Table
from firmtrack.presentation.times import utc_text
from firmtrack.presentation.visible import visible_line

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

MOST_ROWS = 1_048_575
"""So many rows a sheet has beside that of its headings; what is more is on a further one."""

_BLOCK_BYTES = 64 * 1024
_MOST_CHARACTERS = 32_767
_TEXT_FORM = "@"
_TIME_FORM = 'yyyy-mm-dd hh:mm:ss" UTC"'

# Before this day not all spreadsheets count days alike (Lotus 1-2-3 had a 29 February 1900), and
# before 1900 they count none.
# When a file was made it does not tell: the same answer is the same octets, and has the same tag.
_UNTOLD_TIME = datetime(1980, 1, 1, tzinfo=UTC)
_FIRST_DAY = datetime(1900, 3, 1)  # noqa: DTZ001 - cells have no zone: all times are in UTC


def xlsx_of(table: Table[Any], *, rows_of_sheet: int = MOST_ROWS) -> Iterator[bytes]:
    """Yield the table as a workbook, in blocks, the first once all its rows were read.

    The rows are kept in a file meanwhile, not in memory, and all of them on one sheet as long as
    they fit. The headings stay in sight and can be filtered by. Times are in UTC to the second; one
    that a spreadsheet cannot count is a text.
    """
    from xlsxwriter import Workbook  # takes long, and most processes never write a workbook

    with TemporaryDirectory(prefix="firmtrack-") as scratch, TemporaryFile() as file:
        options = {"constant_memory": True, "tmpdir": scratch}
        with Workbook(file, options) as workbook:
            about = {"title": visible_line(table.name), "created": _UNTOLD_TIME}
            workbook.set_properties(about)
            _write(workbook, table.columns, table.cells(), rows_of_sheet)
        file.seek(0)
        while block := file.read(_BLOCK_BYTES):
            yield block


def _write(
    workbook: "Workbook",
    columns: Sequence[Column[Any]],
    rows: Iterator[Sequence[Cell]],
    rows_of_sheet: int,
) -> None:
    text_form = workbook.add_format({"num_format": _TEXT_FORM})
    time_form = workbook.add_format({"num_format": _TIME_FORM, "align": "left"})
    heading = workbook.add_format({"bold": True, "num_format": _TEXT_FORM})
    first: Sequence[Cell] | None = None
    while True:
        sheet = workbook.add_worksheet()
        sheet.freeze_panes(1, 0)
        for number, column in enumerate(columns):
            sheet.set_column(number, number, column.width)
            sheet.write_string(0, number, column.title, heading)
        of_sheet = islice(rows if first is None else chain([first], rows), rows_of_sheet)
        last = _write_rows(sheet, of_sheet, text_form, time_form)
        sheet.autofilter(0, 0, last, len(columns) - 1)
        # That a code of digits alone is a text is meant so.
        sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{last + 1}"})
        first = next(rows, None)
        if first is None:
            return


def _write_rows(
    sheet: "Worksheet", rows: Iterable[Sequence[Cell]], text_form: "Format", time_form: "Format"
) -> int:
    """Write the rows below the headings, and return the number of the last one."""
    last = 0
    for last, cells in enumerate(rows, start=1):
        for number, cell in enumerate(cells):
            if cell == "":
                continue
            counted = None if isinstance(cell, str) else _counted(cell)
            if counted is not None:
                sheet.write_datetime(last, number, counted, time_form)
                continue
            text = cell if isinstance(cell, str) else utc_text(cell)
            sheet.write_string(last, number, _shown(text), text_form)
    return last


def _counted(at: datetime) -> datetime | None:
    """Return a time in UTC as a cell has it, None if spreadsheets cannot count it."""
    in_utc = at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    return in_utc if in_utc >= _FIRST_DAY else None


def _shown(text: str) -> str:
    """Return a cell's text: all that is in it can be seen, and it is nothing but a text."""
    shown = visible_line(text)
    if shown.startswith("<r>"):
        # The library would take it for markup, and write it as such.
        shown = f"'{shown}"
    if len(shown) > _MOST_CHARACTERS:
        shown = f"{shown[: _MOST_CHARACTERS - 1]}…"
    return shown

"""A table as CSV: RFC 4180, UTF-8, the headings and one line a row."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from firmtrack.answers.requests import DistributionFilter
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.viewer import Viewer
from firmtrack.presentation import wording
from firmtrack.presentation.columns import CONTRACT_COLUMNS
from firmtrack.presentation.tables import Table
from firmtrack.presentation.times import utc_text
from firmtrack.presentation.visible import visible_csv, visible_line
from firmtrack.store.reading.requests import copy_distributions

MEDIA_TYPE = "text/csv; charset=utf-8"

COLUMNS = tuple(column.title for column in CONTRACT_COLUMNS)

_BLOCK_CHARACTERS = 64 * 1024

# What spreadsheets take for the start of a formula, as in firmtrack.store.reading.csv_copy.
_FORMULA_STARTS = ("-", "=", "+", "@", "\uff0d", "\uff1d", "\uff0b", "\uff20")


def safe_cell(text: str) -> str:
    """Return a cell's text: no formula to any spreadsheet, and all that is in it can be seen."""
    text = visible_line(text)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def csv_of(table: Table[Any]) -> Iterator[bytes]:
    """Yield the table as CSV, in blocks. No cell begins a formula; times are in UTC."""
    text = io.StringIO(newline="")
    lines = csv.writer(text)
    lines.writerow([column.title for column in table.columns])
    for cells in table.cells():
        if text.tell() >= _BLOCK_CHARACTERS:
            yield _taken(text)
        texts = (cell if isinstance(cell, str) else utc_text(cell) for cell in cells)
        lines.writerow([safe_cell(each) for each in texts])
    yield _taken(text)


def distributions_csv(
    viewer: Viewer,
    request_id: RequestId,
    wanted: DistributionFilter,
    *,
    as_of: datetime | None = None,
) -> Iterator[bytes]:
    """Yield the CSV of the request's wanted distributions, by Device ID ascending, in blocks.

    Only the header if the request is unknown or someone else's. No cell begins a formula.
    ``as_of`` is the past moment whose knowledge is wanted. The database makes it, which is many
    times as fast as ``csv_of``, of the same columns: a test holds the two together.
    """
    yield ",".join(COLUMNS).encode() + b"\r\n"
    blocks = copy_distributions(
        viewer,
        request_id,
        wanted,
        status_names=wording.STATUS_NAMES,
        reason_texts=wording.reason_texts(),
        misfit_texts=wording.misfit_texts(),
        as_of=as_of,
    )
    yield from map(visible_csv, blocks)


def _taken(text: io.StringIO) -> bytes:
    block = text.getvalue()
    text.seek(0)
    text.truncate()
    return block.encode("utf-8", "backslashreplace")

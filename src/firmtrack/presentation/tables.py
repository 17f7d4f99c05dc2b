"""A table that leaves as a file: its columns, and its rows one after the other, in any format."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeAlias, TypeVar

_Row = TypeVar("_Row")
_Row_contra = TypeVar("_Row_contra", contravariant=True)

Cell: TypeAlias = str | datetime
"""What a cell holds: a text, which is empty where there is nothing, or an aware time."""


@dataclass(frozen=True, slots=True)
class Column(Generic[_Row_contra]):
    """One column: what heads it, what it holds as a sentence, a row's cell, and a usual width.

    The width is in characters.
    """

    title: str
    text: str
    cell_of: Callable[[_Row_contra], Cell]
    width: int


@dataclass(frozen=True, slots=True)
class Table(Generic[_Row]):
    """Rows, each told by the columns. They are read once, so they need not be in memory."""

    name: str
    columns: Sequence[Column[_Row]]
    rows: Iterable[_Row]

    def cells(self) -> Iterator[list[Cell]]:
        """Yield the cells of each row, in the order of the columns."""
        cells_of = [column.cell_of for column in self.columns]
        for row in self.rows:
            yield [cell_of(row) for cell_of in cells_of]

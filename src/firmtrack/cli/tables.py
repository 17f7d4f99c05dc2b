"""Tables as commands print them: laid out on a terminal, lines of cells between tabs elsewhere.

No cell is ever cut, and no ID, code or time broken. What does not fit a terminal goes below its
row, and where not even the rest fits, each row is a record of its own.
"""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import NamedTuple

from rich.cells import cell_len

from firmtrack.presentation.visible import visible_line

_GAP = "  "
_BELOW = "    "
_LEAST_PROSE = 18
_TRIED_ON = 50  # rows
_LAID_OUT_BY = 200  # rows: those after them are read as they are printed


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its title; what is ``is_prose`` may be wrapped, anything else stays whole.

    ``least`` is how wide it is at least: for rows that are read after the table was laid out.
    """

    title: str
    is_prose: bool = False
    least: int = 0


def prose(title: str) -> Column:
    """Return a column of what may be wrapped between words: sentences and names, never codes."""
    return Column(title, is_prose=True)


class Line(NamedTuple):
    """A line of a table, and whether it names what follows."""

    is_title: bool
    text: str


class Table:
    """Rows of texts below titles, in their order; rows may be read while they are printed."""

    def __init__(self, *columns: str | Column) -> None:
        self.columns = [each if isinstance(each, Column) else Column(each) for each in columns]
        self._added: list[Sequence[str]] = []
        self._read: Iterable[Sequence[str]] = ()

    def add(self, *cells: str) -> None:
        """Add a row of texts as they are; when printed, nothing in them moves or styles."""
        self._added.append(cells)

    def read(self, rows: Iterable[Sequence[str]]) -> None:
        """Have these rows behind those that were added; they are read when they are printed."""
        self._read = rows

    def lines(self, width: int | None) -> Iterator[Line]:
        """Yield the lines for a terminal of ``width`` cells, or for what is no terminal if None."""
        rows = (tuple(map(visible_line, row)) for row in chain(self._added, self._read))
        if width is None:
            yield Line(is_title=True, text="\t".join(column.title for column in self.columns))
            yield from (Line(is_title=False, text="\t".join(row)) for row in rows)
            return
        first = list(islice(rows, _LAID_OUT_BY))
        layout = _layout(self.columns, first, width)
        if layout is None:
            yield from chain.from_iterable(self._record(row, width) for row in chain(first, rows))
            return
        yield from (Line(is_title=True, text=text) for text in layout.heading(self.columns))
        for row in chain(first, rows):
            yield from (
                Line(is_title=False, text=text) for text in layout.lines(self.columns, row, width)
            )

    def _record(self, row: Sequence[str], width: int) -> Iterator[Line]:
        (heading, text), *more = zip(self.columns, row, strict=True)
        yield from (
            Line(is_title=True, text=line) for line in wrapped(f"{heading.title}: {text}", width)
        )
        for column, cell in more:
            yield from (
                Line(is_title=False, text=line)
                for line in _labelled(column, cell, width, indent=_GAP)
            )


@dataclass(frozen=True, slots=True)
class _Layout:
    """How wide the columns are that stand beside each other; the others go below."""

    widths: dict[int, int]

    def height(self, columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> int:
        return sum(1 for row in rows for _ in self.lines(columns, row, width))

    def heading(self, columns: Sequence[Column]) -> Iterator[str]:
        yield from self._beside({at: [columns[at].title] for at in self.widths})

    def lines(self, columns: Sequence[Column], row: Sequence[str], width: int) -> Iterator[str]:
        yield from self._beside(
            {
                at: wrapped(row[at], room) if columns[at].is_prose else [row[at]]
                for at, room in self.widths.items()
            }
        )
        for at, column in enumerate(columns):
            if at not in self.widths:
                yield from _labelled(column, row[at], width, indent=_BELOW)

    def _beside(self, cells: dict[int, list[str]]) -> Iterator[str]:
        for line in range(max(map(len, cells.values()))):
            padded = (
                _padded(texts[line] if line < len(texts) else "", self.widths[at])
                for at, texts in cells.items()
            )
            yield _GAP.join(padded).rstrip()


def wrapped(text: str, width: int, *, indent: str = "", later: str = "") -> list[str]:
    """Return a text's lines, each at most ``width`` cells wide but for a word that is longer.

    ``indent`` begins the first line, and ``later`` all others. The text's own line ends stay.
    """
    lines: list[str] = []
    for line in text.split("\n"):
        lines += textwrap.wrap(
            line,
            max(width, 1),
            initial_indent=later if lines else indent,
            subsequent_indent=later,
            break_long_words=False,
            break_on_hyphens=False,
            drop_whitespace=True,
            replace_whitespace=False,
        ) or [""]
    return lines


def _labelled(column: Column, cell: str, width: int, *, indent: str) -> list[str]:
    text = f"{column.title}: {cell}"
    return wrapped(text, width, indent=indent, later=indent + _GAP) if cell else []


def _layout(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> _Layout | None:
    """Return in which way the table fits on the fewest lines, None if it does in none."""
    natural = [
        max(cell_len(column.title), column.least, *(cell_len(row[at]) for row in rows))
        for at, column in enumerate(columns)
    ]
    prose = [at for at, column in enumerate(columns) if column.is_prose]
    least = {at: _least(natural[at], [row[at] for row in rows]) for at in prose}
    ways = []
    for below in range(len(prose) + 1):
        beside = [at for at in range(len(columns)) if at not in prose[len(prose) - below :]]
        widths = _shared({at: natural[at] for at in beside}, least, width)
        if widths is not None:
            ways.append(_Layout(widths))
    return min(ways, key=lambda way: way.height(columns, rows[:_TRIED_ON], width), default=None)


def _least(natural: int, cells: Iterable[str]) -> int:
    """Return how narrow a column of prose may be: no word of it is broken."""
    words = (cell_len(word) for cell in cells for word in cell.split())
    return min(natural, max(_LEAST_PROSE, max(words, default=0)))


def _shared(natural: dict[int, int], least: dict[int, int], width: int) -> dict[int, int] | None:
    """Return the widths of these columns, None if they do not fit: prose shares what is left.

    ``least`` has how narrow each column of prose may be.
    """
    prose = [at for at in natural if at in least]
    room = width - len(_GAP) * (len(natural) - 1)
    room -= sum(natural[at] for at in natural if at not in least) + sum(least[at] for at in prose)
    if not natural or room < 0:
        return None
    widths = natural | {at: least[at] for at in prose}
    wanting = sorted(prose, key=lambda at: natural[at] - least[at])  # who wants least gets it first
    for left, at in zip(range(len(wanting), 0, -1), wanting, strict=True):
        more = min(natural[at] - least[at], room // left)
        widths[at] += more
        room -= more
    return widths


def _padded(text: str, width: int) -> str:
    return text + " " * max(0, width - cell_len(text))

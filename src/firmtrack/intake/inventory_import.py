"""Takes an inventory in from files: all of it or nothing, in one transaction."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from firmtrack.intake.bounded_lines import read_lines
from firmtrack.intake.inventory_rows import BadRow, read_rows
from firmtrack.store.ledger.inventory import ImportedRow, RepeatedDevice, import_rows

_LISTED_PROBLEMS = 20
_LINE_BITS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryFile:
    """A file to be imported: its name for people, and how to open it."""

    name: str
    open: Callable[[], AbstractContextManager[BinaryIO]]

    @classmethod
    def of_path(cls, path: Path) -> "InventoryFile":
        """Return the file at ``path``, not yet opened."""
        return cls(name=str(path), open=lambda: path.open("rb"))


@dataclass(frozen=True, slots=True, kw_only=True)
class RowProblem:
    """What is wrong with a row; ``column`` is None if it is the row as a whole."""

    file: str
    line: int
    column: str | None
    problem: str


@dataclass(slots=True, kw_only=True)
class ImportReport:
    """What an import did. ``problems`` are the first of the ``bad`` rows' problems.

    Not ``is_kept``: there were bad rows, and nothing was imported.
    """

    rows: int = 0
    changed: int = 0
    unchanged: int = 0
    bad: int = 0
    is_kept: bool = False
    problems: list[RowProblem] = field(default_factory=list)


def import_inventory(
    files: Iterable[InventoryFile], *, skip_bad: bool, on_read: Callable[[int], object]
) -> ImportReport:
    """Import the files in one transaction; a bad row is left out or, usually, refuses them all.

    Raises BadHeader, OSError.
    """
    importing = _Importing(files, on_read)
    receipt = import_rows(
        importing.rows(),
        importing.refuse_repeated,
        lambda: skip_bad or not importing.report.bad,
    )
    report = importing.report
    report.changed, report.unchanged = receipt.changed, receipt.unchanged
    report.is_kept = receipt.is_kept
    return report


class _Importing:
    """One import under way: its good rows, and what is wrong with the others."""

    def __init__(self, files: Iterable[InventoryFile], on_read: Callable[[int], object]) -> None:
        self.report = ImportReport()
        self._files = tuple(files)
        self._on_read = on_read

    def rows(self) -> Iterator[ImportedRow]:
        """Yield the good rows of all files; a row's number tells its file and its line."""
        for place, file in enumerate(self._files):
            with file.open() as stream:
                for row in read_rows(file.name, read_lines(stream, self._on_read)):
                    self.report.rows += 1
                    if isinstance(row, BadRow):
                        self._refuse(file, row)
                    else:
                        yield ImportedRow(place << _LINE_BITS | row.line, row.facts)

    def refuse_repeated(self, row: RepeatedDevice) -> None:
        """Take in that a device stands twice."""
        line = row.number & (1 << _LINE_BITS) - 1
        problem = f"'{row.device_id}' stands in an earlier line, too"
        self._refuse(self._files[row.number >> _LINE_BITS], BadRow(line, "device_id", problem))

    def _refuse(self, file: InventoryFile, row: BadRow) -> None:
        self.report.bad += 1
        if self.report.bad <= _LISTED_PROBLEMS:
            self.report.problems.append(
                RowProblem(file=file.name, line=row.line, column=row.column, problem=row.problem)
            )

"""``firmtrack inventory import``: takes an inventory in from CSV or JSON lines."""

import sys
import time
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from firmtrack.cli.options import AsJson, console, errors, file_failures, print_json
from firmtrack.cli.session import opened
from firmtrack.domain.inventory import IMPORTED_FACTS

if TYPE_CHECKING:
    from firmtrack.intake.inventory_import import ImportReport, InventoryFile, RowProblem

_SOME_BAD = 3
_STANDARD_INPUT = Path("-")

inventory = typer.Typer(no_args_is_help=True, help="Take in what DCC's inventory holds.")


@inventory.callback()
def _group() -> None:
    """Keep ``import`` a command of its own, though it is the only one."""


_IMPORT_HELP = f"""
Take an inventory in: all of it or, if a row is bad, nothing. Again, it changes nothing.

Columns: device_id, and any of {", ".join(IMPORTED_FACTS)},
and learnt_at: when that was so; without it, any other word counts more.

Exit status 0, or 3 if any row was bad.
"""


@inventory.command("import", help=_IMPORT_HELP)
def import_(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH…", help="CSV with a header, or JSON lines; - is stdin."),
    ],
    *,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Import the good rows in spite of bad ones.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take an inventory in, and tell what was changed or wrong."""
    missing = [path for path in paths if path != _STANDARD_INPUT and not path.is_file()]
    if missing:
        raise typer.BadParameter(f"{missing[0]} is not a file.", param_hint="PATH")
    with opened():
        started = time.monotonic()
        with file_failures():
            report = _import(paths, skip_bad=skip_bad)
        _print(report, time.monotonic() - started, as_json=as_json)
    if report.bad:
        raise typer.Exit(_SOME_BAD)


def _import(paths: list[Path], *, skip_bad: bool) -> "ImportReport":
    """Import the files behind a progress bar of the octets read, on a terminal."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    from firmtrack.intake.inventory_import import import_inventory

    is_known = _STANDARD_INPUT not in paths
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=errors,
        transient=True,
        disable=not errors.is_terminal,
    )
    total = sum(path.stat().st_size for path in paths) if is_known else None
    with progress:
        task = progress.add_task("reading", total=total)

        def on_read(octets: int) -> None:
            progress.advance(task, octets)
            if progress.finished:
                progress.update(task, description="merging")

        return import_inventory(map(_inventory_file, paths), skip_bad=skip_bad, on_read=on_read)


def _inventory_file(path: Path) -> "InventoryFile":
    from firmtrack.intake.inventory_import import InventoryFile

    if path == _STANDARD_INPUT:
        return InventoryFile(name="standard input", open=lambda: nullcontext(sys.stdin.buffer))
    return InventoryFile.of_path(path)


def _print(report: "ImportReport", seconds: float, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(report) | {"seconds": round(seconds, 3)})
        return
    for problem in report.problems:
        errors.print(_line(problem), markup=False, soft_wrap=True)
    if report.bad > len(report.problems):
        errors.print(f"… and {report.bad - len(report.problems):,} more bad rows.")
    if report.is_kept:
        console.print(
            f"{report.rows:,} {'row' if report.rows == 1 else 'rows'} in {seconds:.1f} s:"
            f" {report.changed:,} changed, {report.unchanged:,} unchanged, {report.bad:,} bad."
        )
    else:
        console.print(f"Nothing was imported: {report.bad:,} of {report.rows:,} rows are bad.")


def _line(problem: "RowProblem") -> str:
    column = "" if problem.column is None else f"{problem.column}: "
    return f"{problem.file}, line {problem.line}: {column}{problem.problem}"

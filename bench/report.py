"""Where figures go: the table, the file, and the comparison with the file of an earlier run."""

import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from bench.figures import Figure

# In a file a row stands in one line.
console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 200)

_GIBIBYTE = 1 << 30


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one run, in the order in which they are told, and the machine that ran it."""

    machine: str
    figures: Sequence[Figure]

    def as_document(self) -> dict[str, Any]:
        """Return what the file of a run holds: a number, or None for what never came about."""
        return {
            "machine": self.machine,
            "jobs": [
                {
                    "job": figure.job,
                    "against": figure.against,
                    "reach": figure.reach_text,
                    "reached": figure.reached if isfinite(figure.reached) else None,
                    "is_met": figure.is_met,
                }
                for figure in self.figures
            ],
        }


def this_machine() -> str:
    """Return what of this machine bears on its figures."""
    memory = round(psutil.virtual_memory().total / _GIBIBYTE)
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, {memory} GiB,"
        f" Python {platform.python_version()}"
    )


def show(report: Report) -> None:
    """Print the table."""
    console.print(report.machine)
    table = Table("Job", "Measured against", "Reach", "Reached", "")
    for figure in report.figures:
        reached = figure.measure(figure.reached)
        table.add_row(
            figure.job,
            figure.against,
            figure.reach_text or "–",
            f"{reached} ({figure.beside})" if figure.beside else reached,
            {True: "met", False: "missed", None: ""}[figure.is_met],
        )
    console.print(table)


def write(report: Report, path: Path) -> None:
    """Write the run's file."""
    text = json.dumps(report.as_document(), ensure_ascii=False, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def show_change(earlier: Path, report: Report) -> None:
    """Print what has changed since the run whose file this is."""
    before = json.loads(earlier.read_text(encoding="utf-8"))
    if before["machine"] != report.machine:
        console.print(f"{earlier} is of another machine: {before['machine']}")
    table = Table("Job", "Earlier", "Now", "Change")
    for row in changes(before, report):
        table.add_row(*row)
    console.print(table)


def changes(before: dict[str, Any], report: Report) -> list[tuple[str, str, str, str]]:
    """Return (job, earlier, now, change) of each job: those of now, then those of before alone."""
    reached = {
        each["job"]: inf if each["reached"] is None else each["reached"] for each in before["jobs"]
    }
    rows = []
    for figure in report.figures:
        now = figure.measure(figure.reached)
        if figure.job in reached:
            was = reached.pop(figure.job)
            rows.append((figure.job, figure.measure(was), now, _change(was, figure)))
        else:
            rows.append((figure.job, "–", now, "new"))
    rows += [(job, f"{was:.3g}", "–", "not measured") for job, was in reached.items()]
    return rows


def _change(was: float, figure: Figure) -> str:
    """Return the change in per cent, and whether it decides about what is to be reached."""
    is_share = was and isfinite(was) and isfinite(figure.reached)
    change = f"{figure.reached / was - 1:+.0%}" if is_share else "–"
    if figure.reach is not None and figure.reach.is_met_by(was) is not figure.is_met:
        change += ", now met" if figure.is_met else ", now missed"
    return change

"""The figures and the table that they are printed in."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

console = Console(highlight=False)


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table: a job, its limit, what was asked for and what was reached."""

    job: str
    limit: str
    asked: str
    reached: str


def show(figures: list[Figure]) -> None:
    """Print the table."""
    table = Table("Job", "Compared with", "Asked", "Reached")
    for figure in figures:
        table.add_row(figure.job, figure.limit, figure.asked, figure.reached)
    console.print(table)


def seconds_of(action: Callable[[], object]) -> float:
    """Return how long ``action`` takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def median_ratio(pairs: list[tuple[float, float]]) -> float:
    """Return the median of first over second, pair by pair, so that slow minutes cancel out."""
    return statistics.median(first / second for first, second in pairs)

"""``python -m bench``: measure the jobs that README.md reports."""

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

JOBS = (
    "ledger",
    "alerts",
    "request",
    "csv",
    "lookup",
    "inventory",
    "performance",
    "notices",
    "waits",
)


def main() -> None:
    """Run the benchmarks that are asked for, all by default, and print their table."""
    jobs, scale = chosen(sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="firmtrack-bench-") as scratch:
        os.environ["FIRMTRACK_DATA_DIR"] = scratch
        os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
        _run(jobs, scale, Path(scratch))


def chosen(arguments: Sequence[str]) -> tuple[Sequence[str], float]:
    """Return the jobs that the arguments name, all if they name none, and the part of the size."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("jobs", nargs="*", metavar="JOB", help=f"of {', '.join(JOBS)}; or all")
    parser.add_argument("--scale", type=float, default=1.0, help="a part of the full sizes")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.jobs) - set(JOBS):
        parser.error(f"no such job: {', '.join(sorted(unknown))}")
    return asked.jobs or JOBS, asked.scale


def _run(jobs: Sequence[str], scale: float, scratch: Path) -> None:
    import django

    django.setup()
    from bench import (
        alerts,
        csv_download,
        inventory,
        ledger,
        lookup,
        notices,
        performance,
        request,
        waits,
    )
    from bench.table import console, show
    from firmtrack.store.embedded import EmbeddedPostgres

    measures = {
        "ledger": lambda server: ledger.measure(server, int(1_000_000 * scale)),
        "alerts": lambda server: alerts.measure(server, int(50_000 * scale), scratch),
        "request": lambda server: request.measure(server, scratch),
        "csv": lambda server: csv_download.measure(server, scratch),
        "lookup": lambda server: lookup.measure(server, int(10_000_000 * scale)),
        "inventory": lambda server: inventory.measure(server, int(1_000_000 * scale), scratch),
        "performance": lambda server: performance.measure(server, int(10_000_000 * scale)),
        "notices": lambda server: notices.measure(server, int(2_000 * scale)),
        "waits": lambda server: waits.measure(server, int(10_000_000 * scale), seed=1),
    }
    figures = []
    with EmbeddedPostgres(scratch / "postgresql") as server:
        for job in jobs:
            console.print(f"measuring: {job} …")
            figures += measures[job](server)
    console.print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    )
    show(figures)


if __name__ == "__main__":
    main()

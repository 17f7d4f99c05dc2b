"""``python -m bench``: measure the jobs that README.md reports."""

import argparse
import os
import platform
import tempfile
from pathlib import Path


def main() -> None:
    """Run the benchmarks that are asked for, all by default, and print their table."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    jobs = ("ledger", "alerts", "request", "csv", "lookup", "inventory")
    parser.add_argument("jobs", nargs="*", metavar="JOB", help=f"of {', '.join(jobs)}; or all")
    parser.add_argument("--scale", type=float, default=1.0, help="a part of the full sizes")
    chosen = parser.parse_args()
    if unknown := set(chosen.jobs) - set(jobs):
        parser.error(f"no such job: {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory(prefix="firmtrack-bench-") as scratch:
        os.environ["FIRMTRACK_DATA_DIR"] = scratch
        os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
        _run(chosen.jobs or jobs, chosen.scale, Path(scratch))


def _run(jobs: list[str] | tuple[str, ...], scale: float, scratch: Path) -> None:
    import django

    django.setup()
    from bench import alerts, csv_download, inventory, ledger, lookup, request
    from bench.table import console, show
    from firmtrack.store.embedded import EmbeddedPostgres

    measures = {
        "ledger": lambda server: ledger.measure(server, int(1_000_000 * scale)),
        "alerts": lambda server: alerts.measure(server, int(50_000 * scale), scratch),
        "request": lambda server: request.measure(server, scratch),
        "csv": lambda server: csv_download.measure(server, scratch),
        "lookup": lambda server: lookup.measure(server, int(10_000_000 * scale)),
        "inventory": lambda server: inventory.measure(server, int(1_000_000 * scale), scratch),
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

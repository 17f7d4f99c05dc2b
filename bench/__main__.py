"""``python -m bench``: measure the jobs that README.md reports."""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

# Each job is a module with ``measure``, which is given the run and returns its figures. Those that
# take many minutes, or a cluster, run only where they are named.
JOBS = {
    "ledger": "bench.ledger",
    "beside": "bench.beside",
    "alerts": "bench.alerts",
    "stream": "bench.stream",
    "posts": "bench.posts",
    "request": "bench.request",
    "csv": "bench.csv_download",
    "lookup": "bench.lookup",
    "replica": "bench.replica",
    "pages": "bench.pages",
    "past": "bench.past",
    "stale": "bench.stale",
    "disk": "bench.disk",
    "octets": "bench.octets",
    "start": "bench.start",
    "inventory": "bench.inventory",
    "performance": "bench.performance",
    "notices": "bench.notices",
    "watches": "bench.watches",
    "waits": "bench.waits",
    "causes": "bench.causes",
}
NAMED_ONLY = {
    "cluster": "bench.cluster",
    "growth": "bench.growth",
    "holding-up": "bench.holding_up",
    "slow": "bench.slow_clients",
}

_MODULES = JOBS | NAMED_ONLY


@dataclass(frozen=True, slots=True)
class Choice:
    """What is asked for: which jobs, in the order of their table, and what becomes of figures."""

    jobs: Sequence[str]
    scale: float = 1.0
    json: Path | None = None
    compare: Path | None = None


def main() -> None:
    """Run the benchmarks that are asked for and print their table."""
    choice = chosen(sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="firmtrack-bench-") as scratch:
        os.environ["FIRMTRACK_DATA_DIR"] = scratch
        os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
        _run(choice, Path(scratch))


def chosen(arguments: Sequence[str]) -> Choice:
    """Return what the arguments ask for: all jobs if they name none."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "jobs",
        nargs="*",
        metavar="JOB",
        help=f"of {', '.join(JOBS)}, which run if none is named, and of {', '.join(NAMED_ONLY)}",
    )
    parser.add_argument("--scale", type=float, default=1.0, help="a part of the full sizes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument(
        "--compare", type=_existing, metavar="FILE", help="say what has changed since that run"
    )
    asked = parser.parse_args(arguments)
    if unknown := set(asked.jobs) - set(_MODULES):
        parser.error(f"no such job: {', '.join(sorted(unknown))}")
    wanted = asked.jobs or JOBS
    return Choice(
        [job for job in _MODULES if job in wanted], asked.scale, asked.json, asked.compare
    )


def _existing(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"there is no file {text}")
    return path


def _run(choice: Choice, scratch: Path) -> None:
    import django

    django.setup()
    from bench import report
    from bench.run import Run
    from firmtrack.store.embedded import EmbeddedPostgres

    figures = []
    with EmbeddedPostgres(scratch / "postgresql") as server:
        for job in choice.jobs:
            report.console.print(f"measuring: {job} …")
            figures += import_module(_MODULES[job]).measure(Run(server, scratch, choice.scale))
    found = report.Report(report.this_machine(), figures)
    report.show(found)
    if choice.compare is not None:
        report.show_change(choice.compare, found)
    if choice.json is not None:
        report.write(found, choice.json)


if __name__ == "__main__":
    main()

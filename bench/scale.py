"""``python -m bench.scale``: the jobs at 100,000,000 stored events, and at 1,000,000, in turns.

Both stores are built by SQL in a directory of their own, which stays: a run that is interrupted
goes on with what is built, and a later one measures the same stores, which every run makes a little
larger. To build them anew, remove the directory.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FEW, MANY = 1_000_000, 100_000_000
_LEAST = 4_800  # one device a request


@dataclass(frozen=True, slots=True)
class Choice:
    """What is asked for."""

    scale: float = 1.0
    directory: Path = Path("var/bench-scale")
    json: Path | None = None
    compare: Path | None = None

    @property
    def sizes(self) -> tuple[int, int]:
        """How many events the two stores have."""
        return max(_LEAST, int(FEW * self.scale)), max(_LEAST, int(MANY * self.scale))


def main() -> None:
    """Build what is missing, measure, and print the table."""
    choice = chosen(sys.argv[1:])
    directory = choice.directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    os.environ["FIRMTRACK_DATA_DIR"] = str(directory)
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    _run(choice, directory)


def chosen(arguments: Sequence[str]) -> Choice:
    """Return what the arguments ask for."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    usual = Choice()
    parser.add_argument("--scale", type=float, default=usual.scale, help="a part of the full sizes")
    parser.add_argument("--directory", type=Path, default=usual.directory)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="an earlier run's figures")
    asked = parser.parse_args(arguments)
    return Choice(asked.scale, asked.directory, asked.json, asked.compare)


def _run(choice: Choice, directory: Path) -> None:
    import django

    django.setup()
    from bench import at_scale, national_stores, report
    from bench.run import Run
    from firmtrack.store.embedded import EmbeddedPostgres

    stores = national_stores.build(directory, choice.sizes)
    with EmbeddedPostgres(directory / "postgresql") as server:
        run = Run(server, directory, choice.scale)
        figures = list(at_scale.measure(run, *stores))
    found = report.Report(report.this_machine(), figures)
    report.show(found)
    if choice.compare is not None:
        report.show_change(choice.compare, found)
    if choice.json is not None:
        report.write(found, choice.json)


if __name__ == "__main__":
    main()

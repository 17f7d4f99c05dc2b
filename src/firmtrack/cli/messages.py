"""``firmtrack ingest``: takes messages in from files, directories, archives, standard input."""

import sys
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from firmtrack.cli.options import AsJson, console, errors, file_failures, print_json
from firmtrack.cli.session import opened

if TYPE_CHECKING:
    from firmtrack.intake.envelopes import Envelope
    from firmtrack.intake.ingest import Tally

_SOME_QUARANTINED = 3
_STANDARD_INPUT = Path("-")


Paths = Annotated[
    list[Path],
    typer.Argument(
        metavar="PATH…",
        help="Files, directories (with all below), .zip, .tar.gz; - is standard input.",
    ),
]


def ingest(paths: Paths, *, as_json: AsJson = False) -> None:
    """Take messages in. Doing it again changes nothing.

    Exit status 0, or 3 if any message was quarantined.
    """
    missing = [path for path in paths if path != _STANDARD_INPUT and not path.exists()]
    if missing:
        raise typer.BadParameter(f"{missing[0]} does not exist.", param_hint="PATH")
    with opened():
        with file_failures(), _Bar(paths) as bar:
            tally, seconds = _ingest(paths, bar)
        _print(tally, seconds, as_json=as_json)
    if _counts(tally)["quarantined"]:
        raise typer.Exit(_SOME_QUARANTINED)


class _Bar:
    """A progress bar on a terminal, nothing elsewhere: octets read, and messages committed."""

    def __init__(self, paths: list[Path]) -> None:
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        from firmtrack.intake.files import size_bytes

        self._progress = Progress(
            TextColumn("{task.fields[messages]:,} messages"),
            BarColumn(),
            DownloadColumn(),
            TimeRemainingColumn(),
            console=errors,
            transient=True,
            disable=not errors.is_terminal,
        )
        is_known = _STANDARD_INPUT not in paths
        total = sum(map(size_bytes, paths)) if is_known else None
        self._task = self._progress.add_task("ingest", total=total, messages=0)

    def __enter__(self) -> "_Bar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def read(self, count: int) -> None:
        self._progress.advance(self._task, count)

    def settled(self, tally: "Tally") -> None:
        self._progress.update(self._task, messages=tally.messages)


def _ingest(paths: list[Path], bar: _Bar) -> "tuple[Tally, float]":
    """Take in what the paths hold; return the tally, and how many seconds that took."""
    from firmtrack.intake import files
    from firmtrack.intake.ingest import ingest as ingest_envelopes
    from firmtrack.intake.receive import Submitter

    def envelopes_of(path: Path) -> "Iterator[Envelope]":
        if path == _STANDARD_INPUT:
            return files.envelopes_in_stream(sys.stdin.buffer, "standard input", bar.read)
        found = files.envelopes_in(path, bar.read)
        # One of several that cannot be read stops no other; of a single one that is all to say.
        return files.or_refused(found, path) if len(paths) > 1 else found

    envelopes = chain.from_iterable(map(envelopes_of, paths))
    started = time.monotonic()
    tally = ingest_envelopes(envelopes, Submitter.operator(), bar.settled)
    return tally, time.monotonic() - started


def _counts(tally: "Tally") -> dict[str, int]:
    from firmtrack.intake.receive import OutcomeKind

    # Nothing that the operator hands in is refused: it has no quota. Nor does it wait in a stream.
    none = {OutcomeKind.REFUSED, OutcomeKind.ACCEPTED}
    kinds = [kind for kind in OutcomeKind if kind not in none]
    return {str(kind): tally.outcomes[kind] for kind in kinds}


def _print(tally: "Tally", seconds: float, *, as_json: bool) -> None:
    counts = _counts(tally)
    if as_json:
        print_json(
            {
                "messages": tally.messages,
                **counts,
                "events": tally.events,
                "seconds": round(seconds, 3),
            }
        )
        return
    counted = ", ".join(f"{count:,} {kind}" for kind, count in counts.items())
    console.print(
        f"{tally.messages:,} messages in {seconds:.1f} s: {counted}; {tally.events:,} events."
    )
    if counts["quarantined"]:
        console.print("See the quarantined ones with: firmtrack quarantine list")

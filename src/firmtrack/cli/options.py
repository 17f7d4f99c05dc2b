"""Options that several commands share, and how they print."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from firmtrack.cli.printing import VisibleConsole
from firmtrack.errors import FirmtrackError

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

console = VisibleConsole(highlight=False, soft_wrap=True)
errors = VisibleConsole(stderr=True, highlight=False, soft_wrap=True)


class FileFailed(FirmtrackError):
    """A file cannot be read or written."""

    def __init__(self, error: OSError, path: Path | None) -> None:
        super().__init__(f"{path or error.filename or 'the input'}: {error.strerror}.")


@contextmanager
def file_failures(path: Path | None = None) -> Iterator[None]:
    """Raise FileFailed for what the system says of the files that the block uses.

    ``path`` is the file it works on: where a write fails, the system does not say which it was.
    """
    try:
        yield
    except OSError as error:
        raise FileFailed(error, path) from error


def print_json(value: object) -> None:
    """Print a value as one line of JSON; times in UTC."""
    from msgspec import json

    sys.stdout.write(json.encode(value, enc_hook=str).decode() + "\n")


def minute(at: datetime | None) -> str:
    """Return a time as people in Great Britain read it; empty for None."""
    from firmtrack.presentation.times import local_text

    return "" if at is None else local_text(at)

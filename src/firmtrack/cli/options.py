"""Options that several commands share, and how they print."""

import sys
from datetime import datetime
from typing import Annotated

import typer
from msgspec import json
from rich.console import Console

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False)


def print_json(value: object) -> None:
    """Print a value as one line of JSON; times in UTC."""
    sys.stdout.write(json.encode(value, enc_hook=str).decode() + "\n")


def minute(at: datetime | None) -> str:
    """Return a time as people in Great Britain read it; empty for None."""
    from firmtrack.presentation.times import local_text

    return "" if at is None else local_text(at)

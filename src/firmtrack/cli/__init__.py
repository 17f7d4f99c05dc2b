"""The command line: thin; each command parses, makes one call, and prints."""

import sys

from rich.console import Console

from firmtrack.errors import FirmtrackError

_FAILED = 1


def main() -> None:
    """Run the command that the arguments name; an expected failure is one line on stderr."""
    try:
        from firmtrack.cli.commands import app

        app()
    except FirmtrackError as error:
        Console(stderr=True, soft_wrap=True).print(
            f"firmtrack: {error}", style="red", markup=False, highlight=False
        )
        sys.exit(_FAILED)

"""The command line: thin; each command parses, makes one call, and prints."""

import sys

from firmtrack.cli import stopping
from firmtrack.cli.quick_help import import_help
from firmtrack.errors import FirmtrackError

_FAILED = 1


def main() -> None:
    """Run the command that the arguments name; an expected failure is one line on stderr.

    A command that runs until it is stopped ends with status 0 when it is, at whatever moment.
    """
    if stopping.runs_until_stopped(sys.argv[1:]):
        stopping.end_when_told()
    try:
        if "--help" in sys.argv:
            import_help()
        from firmtrack.cli.commands import app

        stopping.end_if_told()
        app()
    except FirmtrackError as error:
        _print(error)
        sys.exit(_FAILED)
    except Exception:  # any: what a signal raises may come out as an exception of any kind
        stopping.end_if_interrupted()
        raise


def _print(error: FirmtrackError) -> None:
    from firmtrack.cli.printing import VisibleConsole

    VisibleConsole(stderr=True, soft_wrap=True).print(
        f"firmtrack: {error}", style="red", markup=False, highlight=False
    )

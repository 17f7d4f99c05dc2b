"""The command line: thin; each command parses, makes one call, and prints."""

import os
import sys

from firmtrack.cli import stopping
from firmtrack.cli.failing import say_failure
from firmtrack.cli.quick_help import import_help
from firmtrack.errors import FirmtrackError

_FAILED = 1
# As a shell tells what a signal ended.
_INTERRUPTED = 128 + 2
_NOBODY_READS = 128 + 13


def main() -> None:
    """Run the command that the arguments name; an expected failure is one line on stderr.

    A command that runs until it is stopped ends with status 0 when it is, at whatever moment. To
    interrupt another, or to read no further what it prints, ends it without a word.
    """
    if stopping.runs_until_stopped(sys.argv[1:]):
        stopping.end_when_told()
    try:
        _run()
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:
        _leave_unread()
        sys.exit(_NOBODY_READS)


def _run() -> None:
    try:
        if "--help" in sys.argv:
            import_help()
        from firmtrack.cli.commands import app

        stopping.end_if_told()
        try:
            app()
        finally:
            sys.stdout.flush()
    except FirmtrackError as error:
        say_failure(str(error))
        sys.exit(_FAILED)
    except BrokenPipeError:
        raise
    except Exception:  # any: what a signal raises may come out as an exception of any kind
        stopping.end_if_interrupted()
        raise


def _leave_unread() -> None:
    """Have what is still to be printed when the process ends go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())

"""How a command that runs until it is stopped hears that it is to stop, from its beginning on.

Imports next to nothing: what is imported before the first signal is listened for cannot be stopped.
"""

import os
import signal
import sys
from collections.abc import Callable, Sequence
from threading import Thread
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_RUN_UNTIL_STOPPED = frozenset({"serve", "dispatch", "worker"})
_STOPPED = 0


class _Stopping:
    """What the signals said and do; module state, because a process has them once."""

    to_stop = False
    writer: int | None = None  # leads to the thread that stops what runs


def runs_until_stopped(arguments: Sequence[str]) -> bool:
    """Return whether the command line names a command whose good end is that it was stopped."""
    return bool(_RUN_UNTIL_STOPPED.intersection(arguments[:1])) and "--once" not in arguments


def end_when_told() -> None:
    """Have SIGTERM and SIGINT end the process with status 0 from now on, what is open closed."""
    sys.unraisablehook = _pass_over_what_was_lost
    for number in _SIGNALS:
        signal.signal(number, _take_signal)


def end_if_told() -> None:
    """End the process if a signal came: what it raised gets lost in a destructor or a callback."""
    if _Stopping.to_stop:
        sys.exit(_STOPPED)


def end_if_interrupted() -> None:
    """End the process if a signal is why an exception is raised: not every code lets it through.

    What it raises while a class is made, say, becomes an exception of another kind. Of what is
    called to stop, exceptions stay what they are.
    """
    if _Stopping.writer is None:
        end_if_told()


def call_when_told(stop: Callable[[], object]) -> None:
    """Have the signals call ``stop`` from now on, rather than end what runs where it is.

    A thread calls it: ``stop`` may need a lock that the interrupted code holds.
    """
    reader, writer = os.pipe()

    def wait() -> None:
        os.read(reader, 1)
        stop()

    Thread(target=wait, name="stopping", daemon=True).start()
    _Stopping.writer = writer
    end_if_told()


def _take_signal(_number: int, _frame: FrameType | None) -> None:
    _Stopping.to_stop = True
    if _Stopping.writer is None:
        sys.exit(_STOPPED)
    os.write(_Stopping.writer, b".")


def _pass_over_what_was_lost(lost: "sys.UnraisableHookArgs") -> None:
    if not (_Stopping.to_stop and isinstance(lost.exc_value, SystemExit)):
        sys.__unraisablehook__(lost)

"""Starts a supervisor for a directory, detached from whoever starts it, if it has none.

python -m firmtrack.store.embedded DIRECTORY BINARIES NAME=VALUE...
"""

import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from firmtrack.store.embedded.binaries import Binaries
from firmtrack.store.embedded.cluster import Cluster
from firmtrack.store.embedded.layout import Layout
from firmtrack.store.embedded.locks import open_lock, try_lock
from firmtrack.store.embedded.supervisor import Supervisor

_TRIES = 50
_BETWEEN_TRIES_SECONDS = 0.01


def main(arguments: Sequence[str]) -> None:
    """Return at once; a child that holds the supervisor's lock goes on, unless another has it.

    Until that child has a server to stop, a signal that says stop just ends either of them.
    """
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # who started it may hold its own back
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    directory, binaries, *pairs = arguments
    layout = Layout(Path(directory))
    try:
        lock = open_lock(layout.supervisor_lock)
    except OSError as error:
        sys.exit(f"{error.strerror} ({error.filename})")
    if not _locked_patiently(lock) or os.fork():
        return
    os.setsid()
    _let_go_of_the_terminal()
    settings = dict(pair.split("=", 1) for pair in pairs)
    cluster = Cluster(layout, Binaries(Path(binaries)), settings)
    Supervisor(cluster, supervisor_lock=lock, users_lock=open_lock(layout.users_lock)).run()


def _locked_patiently(lock: int) -> bool:
    """Take the lock; those who only ask whether it is taken hold it for a moment."""
    for _ in range(_TRIES):
        if try_lock(lock, shared=False):
            return True
        time.sleep(_BETWEEN_TRIES_SECONDS)
    return False


def _let_go_of_the_terminal() -> None:
    os.chdir("/")
    os.umask(0o077)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.close(nothing)


if __name__ == "__main__":
    main(sys.argv[1:])
    os._exit(0)  # Python's own end stops listening to signals before it is over

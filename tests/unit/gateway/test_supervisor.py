"""The processes that answer, as the first of them keeps them; each test's is a process itself."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

_PATIENCE_SECONDS = 60.0

_PROGRAM = """
import os, signal, sys
from firmtrack.gateway.supervisor import Supervisor

def work(place):
    signal.signal(signal.SIGTERM, {on_stop})
    print(os.getpid(), flush=True)
    while True:
        signal.pause()

Supervisor(
    work, 1, limit_bytes={limit_bytes}, patience_seconds={patience}, measure_seconds=0.05
).run()
print("all have ended")
"""
_ENDS = "lambda *_: os._exit(0)"


@contextmanager
def supervised(
    on_stop: str = _ENDS, limit_bytes: int = 1 << 40, patience: float = _PATIENCE_SECONDS
) -> Iterator[subprocess.Popen[str]]:
    program = _PROGRAM.format(on_stop=on_stop, limit_bytes=limit_bytes, patience=patience)
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def worker(process: subprocess.Popen[str]) -> int:
    """Return the process that has begun to work."""
    assert process.stdout is not None
    return int(process.stdout.readline())


def stopped(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Return its status, and the last line that it writes after it was told to end."""
    process.terminate()
    output, _ = process.communicate(timeout=_PATIENCE_SECONDS)
    return process.returncode, output.splitlines()[-1]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_all_end_when_the_first_is_told_to() -> None:
    with supervised() as process:
        pid = worker(process)
        assert stopped(process) == (0, "all have ended")
        assert not is_alive(pid)


def test_one_that_dies_is_followed_by_another_however_often() -> None:
    with supervised() as process:
        pids = []
        for _ in range(3):
            pids.append(worker(process))
            os.kill(pids[-1], signal.SIGKILL)
        assert len({*pids, worker(process)}) == 4
        assert stopped(process) == (0, "all have ended")


def test_one_that_has_grown_is_replaced() -> None:
    with supervised(limit_bytes=0) as process:
        assert worker(process) != worker(process)
        assert stopped(process) == (0, "all have ended")


def test_one_that_does_not_end_when_it_is_told_to_is_killed() -> None:
    with supervised(on_stop="signal.SIG_IGN", patience=0.1) as process:
        pid = worker(process)
        assert stopped(process) == (0, "all have ended")
        assert not is_alive(pid)


def test_all_end_when_the_first_is_killed() -> None:
    with supervised() as process:
        pid = psutil.Process(worker(process))
        process.kill()
        assert psutil.wait_procs([pid], _PATIENCE_SECONDS)[1] == []

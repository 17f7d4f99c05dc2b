"""The processes that answer: started, watched, replaced, and ended together."""

import ctypes
import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

MEASURE_SECONDS = 30.0
"""How long after one look at the memory of all processes the next one is."""

_HEARD = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}
_LOOK_SECONDS = 1.0
_YOUNG_SECONDS = 10.0
# A fork costs milliseconds; connections that the kernel gave to who died wait for who follows.
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 0.5
_NEVER = float("inf")
_PR_SET_PDEATHSIG = 1
_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Place:
    """A place that a process fills; ``pid`` is None while one is due."""

    number: int
    pid: int | None = None
    started_at: float = 0.0
    due_at: float = 0.0
    failures: int = 0


class Supervisor:
    """Keeps ``count`` forks of this process at ``work``, which ends well on SIGTERM.

    Each is given the number of its place, from 0 on.

    One that ends is followed by another, after a pause that grows while they end soon after their
    start. One whose memory exceeds ``limit_bytes`` is replaced. Whoever has not ended
    ``patience_seconds`` after SIGTERM is killed. Should this process be killed, the kernel tells
    them to end. ``meanwhile`` is called every second or so.
    """

    def __init__(
        self,
        work: Callable[[int], None],
        count: int,
        *,
        limit_bytes: int,
        patience_seconds: float,
        measure_seconds: float = MEASURE_SECONDS,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> None:
        self._work = work
        self._limit_bytes = limit_bytes
        self._patience_seconds = patience_seconds
        self._measure_seconds = measure_seconds
        self._places = [_Place(number) for number in range(count)]
        self._leaving: dict[int, float] = {}  # who was told to end, and when it is killed
        self._measured_at = time.monotonic()
        self._meanwhile = meanwhile
        self._pid = os.getpid()

    def run(self) -> None:
        """Return when this process has heard SIGTERM or SIGINT, and all others have ended."""
        gc.freeze()  # what is there now is shared by all, unless a collection touches it
        with _signals_held():
            while not self._has_heard_to_stop():
                self._reap()
                self._fill()
                self._replace_the_grown()
                self._meanwhile()
            self._end_all()

    def _has_heard_to_stop(self) -> bool:
        """Wait for a moment, or for a signal; return whether it was one to stop."""
        due_at = min((place.due_at for place in self._places if place.pid is None), default=_NEVER)
        pause = min(_LOOK_SECONDS, max(0.0, due_at - time.monotonic()))
        heard = signal.sigtimedwait(_HEARD, pause)
        return heard is not None and heard.si_signo != signal.SIGCHLD

    def _fill(self) -> None:
        now = time.monotonic()
        for place in self._places:
            if place.pid is None and place.due_at <= now:
                place.pid, place.started_at = self._fork(place), now

    def _fork(self, place: _Place) -> int:
        pid = os.fork()
        if pid == 0:
            self._be_a_worker(place)
        return pid

    def _be_a_worker(self, place: _Place) -> NoReturn:
        """Work, and end without what this process would do at its end."""
        status = 1
        try:
            _die_with(self._pid)
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all: we are told
            signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # until the work listens itself
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEARD)
            self._work(place.number)
            status = 0
        except BaseException:
            _logger.exception("A process that answers has failed.")
        finally:
            for stream in (sys.stdout, sys.stderr):
                with suppress(Exception):
                    stream.flush()
            os._exit(status)

    def _reap(self) -> None:
        """Take note of who has ended."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if self._leaving.pop(pid, None) is None:
                self._note_end(pid, os.waitstatus_to_exitcode(status))

    def _note_end(self, pid: int, code: int) -> None:
        for place in self._places:
            if place.pid == pid:
                now = time.monotonic()
                is_young = now - place.started_at < _YOUNG_SECONDS
                place.failures = place.failures + 1 if is_young else 0
                place.pid, place.due_at = None, now + _pause_seconds(place.failures)
                _logger.warning("A process that answers has ended (%d): another follows.", code)

    def _replace_the_grown(self) -> None:
        now = time.monotonic()
        if now - self._measured_at >= self._measure_seconds:
            self._measured_at = now
            for place in self._places:
                if place.pid is not None and _memory_bytes(place.pid) > self._limit_bytes:
                    grown, place.pid, place.started_at = place.pid, self._fork(place), now
                    self._tell_to_end(grown)
        for pid, killed_at in self._leaving.items():
            if killed_at <= now:
                os.kill(pid, signal.SIGKILL)

    def _tell_to_end(self, pid: int) -> None:
        self._leaving[pid] = time.monotonic() + self._patience_seconds
        os.kill(pid, signal.SIGTERM)

    def _end_all(self) -> None:
        for place in self._places:
            if place.pid is not None:
                self._tell_to_end(place.pid)
                place.pid = None
        killed_at = max(self._leaving.values(), default=0.0)
        while self._leaving:
            if time.monotonic() >= killed_at:
                for pid in self._leaving:
                    os.kill(pid, signal.SIGKILL)
            signal.sigtimedwait(_HEARD, _LOOK_SECONDS)
            self._reap()


def _die_with(parent: int) -> None:
    """Have the kernel send SIGTERM when the parent dies, even if by SIGKILL."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(0)


@contextmanager
def _signals_held() -> Iterator[None]:
    """Hold the signals back within the block: they are waited for instead."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _pause_seconds(failures: int) -> float:
    if failures == 0:
        return 0.0
    return min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2.0 ** min(failures - 1, 10))


def _memory_bytes(pid: int) -> int:
    """Return the resident memory of a process, 0 if it is gone."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")

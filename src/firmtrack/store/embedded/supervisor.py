"""The process that keeps the server while anyone uses it, and stops it after the last one.

It outlives the process that started it and owes nothing to it. Users hold a shared lock; when the
supervisor can take that lock for itself, nobody is left, however they went.
"""

import os
import shutil
import signal
import subprocess
import time
import types
from contextlib import suppress
from dataclasses import dataclass, field

from firmtrack.store.embedded.accounts import Account
from firmtrack.store.embedded.cluster import Cluster
from firmtrack.store.embedded.failure import EmbeddedPostgresFailed
from firmtrack.store.embedded.locks import try_lock

_POLL_SECONDS = 0.1
_PATIENCE_SECONDS = 300  # for a fast shutdown's checkpoint; after it, recovery will do the rest
_PAUSE_SECONDS = 1.0  # between vain starts of a server that has been ready
_STARTS = 5  # of a server that is killed each time before it is ready
_LOG_BYTES = 16 << 20
_LAST_LINES = 20


@dataclass(slots=True)
class Supervisor:
    """Runs one cluster. Both locks are open; ``supervisor_lock`` is held already."""

    cluster: Cluster
    supervisor_lock: int
    users_lock: int
    _account: Account | None = None
    _child: subprocess.Popen[bytes] | None = None
    _vain_starts: int = 0  # since the server was last ready
    _has_been_ready: bool = False
    _next_start_at: float = 0.0
    _log_start: int = 0
    _told_to_stop: bool = field(default=False)

    def run(self) -> None:
        """Keep the server until nobody uses it or a signal says stop. Does not raise."""
        layout = self.cluster.layout
        layout.failure.unlink(missing_ok=True)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        try:
            self._keep()
        except EmbeddedPostgresFailed as failure:
            self._leave_word(failure.problem)
        except Exception as error:
            # Whatever broke, those who wait for the server must learn that it will not come.
            self._leave_word(f"its supervisor broke: {error!r}")
            raise
        finally:
            self._stop()
            os.close(self.supervisor_lock)  # first: who gets the next lock must find this one free
            os.close(self.users_lock)

    def _on_signal(self, _number: int, _frame: types.FrameType | None) -> None:
        self._told_to_stop = True

    def _keep(self) -> None:
        while not self._told_to_stop and not try_lock(self.users_lock, shared=False):
            status = None if self._child is None else self._child.poll()
            if self.cluster.is_alive():
                if self.cluster.is_ready():
                    self._vain_starts, self._has_been_ready = 0, True
            elif time.monotonic() < self._next_start_at:
                pass
            elif self._is_hopeless(status):
                raise EmbeddedPostgresFailed(
                    self.cluster.layout.root, f"the server did not start.\n{self._last_words()}"
                )
            else:
                self._start_patiently()
            with suppress(OSError):
                self._trim_log()
            # A lock that the kernel releases tells nobody, so it is asked for again and again.
            time.sleep(_POLL_SECONDS)

    def _is_hopeless(self, status: int | None) -> bool:
        """Return whether the server gave up by itself (not: was killed) before it was ready.

        One that has been ready has lost something that may come back, such as room on its disk.
        """
        if self._has_been_ready:
            return False
        gave_up = status is not None and status > 0
        return self._vain_starts >= (1 if gave_up else _STARTS)

    def _start_patiently(self) -> None:
        """Start the server; one that has been ready is tried again and again, if it must be."""
        try:
            self._start()
        except OSError:
            if not self._has_been_ready:
                raise
        if self._has_been_ready and self._vain_starts > 1:
            self._next_start_at = time.monotonic() + _PAUSE_SECONDS

    def _start(self) -> None:
        if self._account is None:
            self._account = self.cluster.account()
            self.cluster.check_version()
        self._trim_log()
        log = self.cluster.layout.log
        self._log_start = log.stat().st_size if log.exists() else 0
        self._vain_starts += 1
        self._child = self.cluster.start(self._account)

    def _stop(self) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while self.cluster.is_alive():
            late = time.monotonic() > deadline
            self.cluster.signal(signal.SIGQUIT if late else signal.SIGINT)
            time.sleep(_POLL_SECONDS)
            if self._child is not None:
                self._child.poll()
        if try_lock(self.users_lock, shared=False):  # who still holds the server looks for it there
            self.cluster.forget_sockets()

    def _trim_log(self) -> None:
        log = self.cluster.layout.log
        if log.exists() and log.stat().st_size > _LOG_BYTES:
            shutil.copyfile(log, self.cluster.layout.old_log)
            os.truncate(log, 0)  # the server appends: it goes on at the new end
            self._log_start = 0

    def _last_words(self) -> str:
        with self.cluster.layout.log.open("rb") as log:
            log.seek(self._log_start)
            lines = log.read(_LOG_BYTES).decode(errors="replace").splitlines()
        return "\n".join(lines[-_LAST_LINES:])

    def _leave_word(self, problem: str) -> None:
        fresh = self.cluster.layout.failure.with_suffix(".new")
        fresh.write_text(problem, encoding="utf-8")
        fresh.rename(self.cluster.layout.failure)

"""A process's hold on the embedded server: while any process holds it, it runs."""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from firmtrack.store.embedded.binaries import wheel_binaries
from firmtrack.store.embedded.cluster import DATABASE, USER
from firmtrack.store.embedded.failure import EmbeddedPostgresFailed
from firmtrack.store.embedded.layout import Layout
from firmtrack.store.embedded.locks import is_locked, open_lock, try_lock
from firmtrack.store.embedded.tuning import server_settings

_POLL_SECONDS = 0.02
_PROGRESS_SECONDS = 2.0
_SUPERVISORS = 5
_KEEP_SECONDS = 2.0
_NO_SETTINGS: Mapping[str, str] = MappingProxyType({})
_logger = logging.getLogger(__name__)


class EmbeddedPostgres:
    """A PostgreSQL server in ``directory``, shared by all processes that hold it.

    ``settings`` are PostgreSQL's own and override ours; who starts the server decides them.
    ``binaries`` is the directory of another PostgreSQL's programs, the wheel's if None.
    ``on_progress`` is called every few seconds of a long start; by default it is logged.
    An instance is for one thread; a forked child shares its parent's hold.
    """

    def __init__(
        self,
        directory: Path,
        settings: Mapping[str, str] = _NO_SETTINGS,
        *,
        binaries: Path | None = None,
        on_progress: Callable[[str], None] = _logger.warning,
    ) -> None:
        self._layout = Layout(Path(os.path.realpath(directory)))
        self._settings = server_settings(settings)
        self._binaries = binaries
        self._on_progress = on_progress
        self._hold: int | None = None
        self._kept_at = 0.0

    @property
    def directory(self) -> Path:
        """The directory, absolute and without symbolic links."""
        return self._layout.root

    def conninfo(self, database: str = DATABASE) -> str:
        """Return the libpq connection string of a database, over the Unix socket.

        Raises EmbeddedPostgresFailed if there is no socket: the server is not held.
        """
        sockets = self._layout.socket_directory()
        if sockets is None:
            raise EmbeddedPostgresFailed(self.directory, "nobody holds the server.")
        facts = {"host": str(sockets), "port": "5432", "user": USER, "dbname": database}
        return " ".join(f"{name}={_quoted(value)}" for name, value in facts.items())

    def acquire(self) -> None:
        """Hold the server, started if it does not run. Returns when it takes connections.

        Waits as long as the server needs to recover from a crash. Raises EmbeddedPostgresFailed,
        with the server's last words, if it cannot be started.
        """
        assert self._hold is None, "the server is held already"
        self._prepare_directory()
        try:
            hold = open_lock(self._layout.users_lock)
        except OSError as error:
            raise self._unusable(error) from error
        try:
            self._wait(lambda: try_lock(hold, shared=True), "waits for its last run to end")
            self._await_server()
        except BaseException:
            os.close(hold)
            raise
        self._hold = hold

    def keep(self) -> None:
        """Start a supervisor if the server, which is held, has lost its own. Returns soon.

        To be called again and again; it tries at most every few seconds. Raises
        EmbeddedPostgresFailed.
        """
        assert self._hold is not None, "the server is not held"
        now = time.monotonic()
        if now - self._kept_at < _KEEP_SECONDS or is_locked(self._layout.supervisor_lock):
            return
        self._kept_at = now
        self._start_supervisor()

    def release(self) -> None:
        """Let go of the server: it stops soon if nobody else holds it."""
        assert self._hold is not None, "the server is not held"
        os.close(self._hold)  # and no unlocking: that would let go for forked children too
        self._hold = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def _prepare_directory(self) -> None:
        root = self._layout.root
        if sys.platform != "linux":
            raise EmbeddedPostgresFailed(root, "it needs Linux. Set DATABASE_URL elsewhere.")
        try:
            root.parent.mkdir(parents=True, exist_ok=True)
            root.mkdir(mode=0o700, exist_ok=True)
            owner = root.stat().st_uid
            is_strange = any(root.iterdir()) and not self._layout.users_lock.exists()
        except OSError as error:
            raise self._unusable(error) from error
        if os.geteuid() not in {0, owner}:
            raise EmbeddedPostgresFailed(root, f"the directory belongs to user {owner}.")
        if is_strange:
            raise EmbeddedPostgresFailed(root, "the directory holds other files. Name another.")

    def _unusable(self, error: OSError) -> EmbeddedPostgresFailed:
        return EmbeddedPostgresFailed(
            self.directory,
            f"the directory cannot be used: {error.strerror} ({error.filename}). Set "
            "FIRMTRACK_DATA_DIR to another, or DATABASE_URL to use a PostgreSQL server.",
        )

    def _await_server(self) -> None:
        supervisors = 0
        watched = False

        def is_up() -> bool:
            nonlocal supervisors, watched
            if is_locked(self._layout.supervisor_lock):
                watched = True
                return self._answers()
            if watched:
                self._raise_failure(supervisors)
            self._start_supervisor()
            supervisors += 1
            watched = True
            return False

        is_new = not self._layout.data.exists()
        self._wait(is_up, "is being made" if is_new else "is starting; after a crash it recovers")

    def _raise_failure(self, supervisors: int) -> None:
        """Raise what the supervisor that is gone left word of, or that they keep being killed."""
        try:
            problem = self._layout.failure.read_text(encoding="utf-8")
        except FileNotFoundError:
            if supervisors < _SUPERVISORS:
                return
            problem = "its supervisors end without a word."
        raise EmbeddedPostgresFailed(self.directory, problem)

    def _start_supervisor(self) -> None:
        binaries = self._binaries or wheel_binaries()
        pairs = [f"{name}={value}" for name, value in self._settings.items()]
        result = subprocess.run(
            [
                sys.executable,
                "-P",
                "-m",
                "firmtrack.store.embedded",
                str(self.directory),
                str(binaries.absolute()),
                *pairs,
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            raise EmbeddedPostgresFailed(
                self.directory, f"its supervisor did not start: {result.stderr.strip()}"
            )

    def _answers(self) -> bool:
        from psycopg import pq  # the supervisor imports this package too, and does without

        sockets = self._layout.socket_directory()
        if sockets is None:
            return False
        return pq.PGconn.ping(self.conninfo().encode()) == pq.Ping.OK

    def _wait(self, is_done: Callable[[], bool], what: str) -> None:
        """Ask until it is done, however long, and say every few seconds what is waited for."""
        began = time.monotonic()
        reported_at = began
        while not is_done():
            time.sleep(_POLL_SECONDS)
            now = time.monotonic()
            if now - reported_at >= _PROGRESS_SECONDS:
                reported_at = now
                self._on_progress(
                    f"Embedded PostgreSQL in {self.directory} {what} ({now - began:.0f} s)."
                )


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"

"""A PostgreSQL server that a test may stop, freeze and cut off, and a line to it that may fail."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import psutil

from firmtrack.store import database
from firmtrack.store.embedded.binaries import Binaries, wheel_binaries
from firmtrack.store.embedded.cluster import Cluster
from firmtrack.store.embedded.layout import Layout
from firmtrack.store.embedded.tuning import server_settings
from tests.databases import QUICK, used
from tests.journeys.processes import PATIENCE_SECONDS, free_port, wait_until
from tests.pages import world

_BLOCK_BYTES = 65_536
_LOOK_SECONDS = 0.2


class OwnPostgres:
    """A server that listens on a port of this machine, and that nobody starts again."""

    def __init__(
        self, directory: Path, *, base: Mapping[str, str] = QUICK, **settings: str
    ) -> None:
        directory.mkdir(mode=0o700)
        self.port = free_port()
        settings = {
            **base, "listen_addresses": "127.0.0.1", "port": str(self.port), **settings
        }  # fmt: skip
        self._cluster = Cluster(
            Layout(Path(os.path.realpath(directory))),
            Binaries(wheel_binaries()),
            server_settings(settings),
        )
        self._account = self._cluster.account()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return when it takes connections."""
        self._process = self._cluster.start(self._account)
        wait_until(self._cluster.is_ready, "the database takes connections")

    def stop(self) -> None:
        """Stop it as a crash would (pg_ctl stop -m immediate); return when all of it has gone."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(PATIENCE_SECONDS)
            wait_until(lambda: not self._cluster.is_alive(), "the database has gone")
            self._process = None

    def follow(self, primary: "OwnPostgres") -> None:
        """Become, before the first start, a standby with all that the primary has.

        The primary keeps what this lacks: without a slot it may be gone with the next checkpoint,
        with which each base backup begins.
        """
        data = self._cluster.layout.data
        shutil.rmtree(data)
        data.mkdir(mode=0o700)
        self._account.owned(data)
        copying = self._account.start(
            [
                str(self._cluster.binaries.directory / "pg_basebackup"),
                "--dbname", conninfo_at(primary.port), "--pgdata", str(data),
                "--checkpoint", "fast", "--write-recovery-conf", "--no-sync",
                "--create-slot", "--slot", f"standby_{self.port}",
            ],
            output=subprocess.PIPE,
        )  # fmt: skip
        said, _ = copying.communicate(timeout=PATIENCE_SECONDS)
        assert copying.returncode == 0, said

    @property
    def process_id(self) -> int:
        """The first of its processes, while it runs."""
        assert self._process is not None
        return self._process.pid

    def freeze(self) -> None:
        """Have none of its processes do anything."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Have them go on."""
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number: signal.Signals) -> None:
        first = psutil.Process(self.process_id)
        first.send_signal(number)
        for child in first.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                child.send_signal(number)


@contextmanager
def running(directory: Path, *, base: Mapping[str, str] = QUICK) -> Iterator[OwnPostgres]:
    """Yield a server that runs; whatever became of it, it is stopped after the block."""
    server = OwnPostgres(directory, base=base)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def migrated(directory: Path, *, has_world: bool = False) -> Iterator[OwnPostgres]:
    """Yield a server that runs and has all tables, and perhaps the small world of the pages."""
    with running(directory) as server:
        with used(conninfo_at(server.port)):
            database.migrate()
            if has_world:
                world.people()
                world.tell()
        yield server


@contextmanager
def standby(
    primary: OwnPostgres, directory: Path, *, base: Mapping[str, str] = QUICK, **settings: str
) -> Iterator[OwnPostgres]:
    """Yield a standby of the primary that runs; it is stopped after the block."""
    server = OwnPostgres(directory, base=base, wal_retrieve_retry_interval="100ms", **settings)
    server.follow(primary)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def conninfo_at(port: int) -> str:
    """Return how to connect to such a server at a port."""
    return f"host=127.0.0.1 port={port} user=firmtrack dbname=firmtrack"


class Line:
    """A line to a server on this machine, which may swallow all that is sent, without a word."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._swallows = Event()
        self._sockets = set[socket.socket]()  # only those in use: a process may have few

    @contextmanager
    def open(self) -> Iterator[None]:
        """Carry what is sent within the block."""
        Thread(target=self._accept, daemon=True).start()
        try:
            yield
        finally:
            self._listener.close()
            for each in tuple(self._sockets):
                each.close()

    def swallow(self) -> None:
        """Carry nothing any more, neither of what there is nor of what comes."""
        self._swallows.set()

    def carry(self) -> None:
        """Carry what comes from now on; of connections from before nothing is known any more."""
        self._swallows.clear()

    def _accept(self) -> None:
        with suppress(OSError):  # the listener has been closed
            while True:
                client, _ = self._listener.accept()
                self._sockets.add(client)
                if not self._swallows.is_set():
                    self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self._server_port))
        except OSError:  # refused, or reset by one that is about to go
            self._leave(client)
            return
        self._sockets.add(server)
        Thread(target=self._carry_both_ways, args=(client, server), daemon=True).start()

    def _carry_both_ways(self, client: socket.socket, server: socket.socket) -> None:
        swallowed = Event()
        back = Thread(target=self._carry, args=(server, client, swallowed), daemon=True)
        back.start()
        self._carry(client, server, swallowed)
        back.join()
        self._leave(client)
        self._leave(server)

    def _leave(self, end: socket.socket) -> None:
        self._sockets.discard(end)
        end.close()

    def _carry(self, source: socket.socket, target: socket.socket, swallowed: Event) -> None:
        with suppress(OSError):
            while data := source.recv(_BLOCK_BYTES):
                if self._swallows.is_set():
                    swallowed.set()
                if not swallowed.is_set():
                    target.sendall(data)
            if not swallowed.is_set():
                target.shutdown(socket.SHUT_RDWR)

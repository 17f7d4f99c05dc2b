"""Firmtrack as it is installed for a run: servers, a dispatcher, ingests, proxies, a receiver."""

import subprocess
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tests.faults.postgres import Postgres
from tests.faults.proxy import Proxy
from tests.journeys.processes import PATIENCE_SECONDS, environment, free_port, listens, wait_until

_LOOK_SECONDS = 0.25


class Program:
    """A command that is to run all the time, and is started again whenever it has ended."""

    def __init__(self, words: list[str], env: Mapping[str, str], log: Path) -> None:
        self._words = words
        self._env = dict(env)
        self._log = log
        self.name = log.stem
        self.process: subprocess.Popen[bytes] | None = None
        self.starts = 0
        self._starting = threading.Lock()

    def look(self) -> None:
        """Start it unless it runs."""
        with self._starting:
            if self.process is None or self.process.poll() is not None:
                self._start()

    def _start(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "firmtrack", *self._words],
                env=self._env,
                stdout=log,
                stderr=log,
            )
        self.starts += 1

    def kill(self) -> None:
        """Kill its first process, as the kernel does when memory is short."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(PATIENCE_SECONDS)

    def children(self) -> list[psutil.Process]:
        """Return the children of its first process that live."""
        if self.process is None:
            return []
        with suppress(psutil.NoSuchProcess):
            return [
                child
                for child in psutil.Process(self.process.pid).children()
                if child.status() != psutil.STATUS_ZOMBIE
            ]
        return []

    def end(self) -> None:
        """Have it end, or kill it and all that it started."""
        if self.process is None:
            return
        family = self.children()
        self.process.terminate()
        try:
            self.process.wait(PATIENCE_SECONDS / 3)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(PATIENCE_SECONDS)
        for each in family:
            with suppress(psutil.NoSuchProcess):
                each.kill()


class Ingest(Program):
    """``firmtrack ingest`` of some files, started again until it ends well."""

    is_done = False

    def begin_again(self) -> None:
        """Have all of it taken in again, if it is complete; it is known already."""
        self.is_done = False
        if self.process is not None and self.process.poll() == 0:
            self.process = None
        self.look()

    def look(self) -> None:
        """Start it unless it runs, or has taken everything in."""
        if self.process is not None and self.process.poll() == 0:
            self.is_done = True
        if not self.is_done:
            super().look()


class Watched(ABC):
    """PostgreSQL and programs. While it is watched, what has ended is started again."""

    def __init__(self, directory: Path, postgres: Postgres) -> None:
        self.directory = directory
        self.postgres = postgres
        self._is_over = threading.Event()
        self._postgres_is_ours = threading.Lock()
        self._watchman = threading.Thread(target=self._watch_on, daemon=True)

    @property
    @abstractmethod
    def programs(self) -> list[Program]:
        """All commands that run all the time."""

    def watch(self) -> None:
        """Start again whatever has ended, from now on, as a system's own watchman does."""
        self._watchman.start()

    @contextmanager
    def without_postgres(self) -> Iterator[Postgres]:
        """Have nobody start PostgreSQL within the block; it is up when it ends."""
        with self._postgres_is_ours:
            yield self.postgres
            self.postgres.start()

    def _watch_on(self) -> None:
        while not self._is_over.wait(_LOOK_SECONDS):
            for program in self.programs:
                program.look()
            if self._postgres_is_ours.acquire(blocking=False):
                try:
                    if not self.postgres.is_running():
                        self.postgres.launch()
                finally:
                    self._postgres_is_ours.release()

    def end_programs(self) -> None:
        """End the programs, and start none again."""
        self._is_over.set()
        if self._watchman.is_alive():
            self._watchman.join(PATIENCE_SECONDS)
        for program in self.programs:
            program.end()


class Installation(Watched):
    """All that runs."""

    def __init__(
        self,
        directory: Path,
        postgres: Postgres,
        beside: Callable[[Mapping[str, str]], dict[str, str]],
        *,
        trust: Path,
    ) -> None:
        super().__init__(directory, postgres)
        self.to_database = Proxy(postgres.port)
        self.server_port, self.beside_port = free_port(), free_port()
        self.to_server = Proxy(self.server_port)
        self.env = environment(
            DATABASE_URL=postgres.conninfo_at(self.to_database.port),
            FIRMTRACK_DATA_DIR=directory / "data",
            FIRMTRACK_TRUST_STORE=trust,
            FIRMTRACK_NOTICE_PRIVATE_ADDRESSES="on",
        )
        self.direct_env = self.env | {"DATABASE_URL": postgres.conninfo}
        self.server = self._program("serve", "--port", str(self.server_port), "--workers", "2")
        self.beside = Program(
            ["serve", "--port", str(self.beside_port), "--workers", "1"],
            beside(self.env),
            directory / "beside.log",
        )
        self.dispatcher = self._program("dispatch")
        self.ingest: Ingest | None = None

    def _program(self, *words: str) -> Program:
        return Program(list(words), self.env, self.directory / f"{words[0]}.log")

    @property
    def programs(self) -> list[Program]:
        """All commands that run all the time."""
        ingest = [] if self.ingest is None else [self.ingest]
        return [self.server, self.beside, self.dispatcher, *ingest]

    def start(self) -> None:
        """Start all, and return when the servers answer."""
        for program in self.programs:
            program.look()
        for port in (self.server_port, self.beside_port):
            wait_until(lambda port=port: listens(port), "the servers listen")  # type: ignore[misc]  # a lambda that holds its own port
        self.watch()

    def take_in(self, files: Path) -> None:
        """Have files taken in by a command beside the servers."""
        self.ingest = Ingest(["ingest", str(files)], self.env, self.directory / "ingest.log")

    def close(self) -> None:
        """End all of it."""
        self.end_programs()
        for proxy in (self.to_server, self.to_database):
            proxy.close()
        self.postgres.close()

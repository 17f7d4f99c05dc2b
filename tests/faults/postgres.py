"""A plain PostgreSQL server of the run's own, to be stopped, killed, frozen, starved of room."""

import os
import pwd
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg

from firmtrack.store.embedded.binaries import wheel_binaries
from tests.journeys.processes import free_port, wait_until

_DEBIAN = Path("/usr/lib/postgresql/15/bin")
_START_SECONDS = 120.0
_MOUNT_BYTES = 2 << 30
_BLOCK_BYTES = 1 << 20
_DATABASE = "firmtrack"


class Postgres:
    """A server in ``directory``, by TCP at ``port``; it is the caller's to start it again."""

    def __init__(self, directory: Path, settings: Mapping[str, str], *, on_own_disk: bool) -> None:
        self.port = free_port()
        self._directory = directory
        self._settings = settings
        self._binaries = _DEBIAN if (_DEBIAN / "postgres").is_file() else wheel_binaries()
        self._user = "nobody" if os.geteuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None
        self.has_own_disk = on_own_disk and self._mount()
        directory.mkdir(parents=True, exist_ok=True)
        self._own(directory)

    @property
    def name(self) -> str:
        """Which PostgreSQL it is."""
        said = subprocess.run(
            [self._binaries / "postgres", "--version"], capture_output=True, text=True, check=True
        )
        return said.stdout.strip()

    @property
    def conninfo(self) -> str:
        """How to connect to it, past every proxy."""
        return self.conninfo_at(self.port)

    def conninfo_at(self, port: int) -> str:
        """Return how to connect to it through a proxy at ``port``."""
        return f"postgresql://firmtrack@127.0.0.1:{port}/{_DATABASE}"

    def make(self) -> None:
        """Make its data directory, start it, and make the database."""
        command = [str(self._binaries / "initdb"), "-D", str(self._data), "-U", "firmtrack",
                   "-A", "trust", "-E", "UTF8", "--locale=C"]  # fmt: skip
        subprocess.run(
            command, user=self._user, cwd=self._directory, check=True, capture_output=True
        )
        self.start()
        anywhere = self.conninfo.removesuffix(_DATABASE) + "postgres"
        with psycopg.connect(anywhere, autocommit=True) as connection:
            connection.execute("CREATE DATABASE firmtrack")

    def start(self) -> None:
        """Start it, again and again while the last one's processes are about, until it answers."""
        deadline = time.monotonic() + _START_SECONDS
        while not self.answers():
            assert time.monotonic() < deadline, f"PostgreSQL does not start:\n{self.last_words()}"
            if not self.is_running():
                self.launch()
            time.sleep(0.05)  # a server of its own process says nothing when it is ready

    def launch(self) -> None:
        """Start it, without waiting until it answers."""
        options = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            **self._settings,
        }
        command = [str(self._binaries / "postgres"), "-D", str(self._data)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, user=self._user, cwd=self._directory, stdout=log, stderr=log
            )

    def is_running(self) -> bool:
        """Return whether its first process is there."""
        return self._process is not None and self._process.poll() is None

    def answers(self) -> bool:
        """Return whether it takes connections."""
        try:
            psycopg.connect(self.conninfo, connect_timeout=2).close()
        except psycopg.OperationalError as error:
            return 'database "firmtrack" does not exist' in str(error)
        return True

    def stop(self, how: signal.Signals) -> None:
        """Stop it: SIGINT is fast, SIGQUIT immediate, SIGKILL what nobody chooses."""
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait(_START_SECONDS)

    def processes(self) -> list[psutil.Process]:
        """Return its processes, the first one first."""
        if not self.is_running():
            return []
        assert self._process is not None
        with suppress(psutil.NoSuchProcess):
            first = psutil.Process(self._process.pid)
            return [first, *first.children(recursive=True)]
        return []

    def backends(self) -> list[psutil.Process]:
        """Return those of its processes that serve a connection of Firmtrack's."""
        found = []
        for process in self.processes()[1:]:
            with suppress(psutil.NoSuchProcess):
                if "firmtrack firmtrack 127.0.0.1" in " ".join(process.cmdline()):
                    found.append(process)
        return found

    def freeze(self) -> list[psutil.Process]:
        """Stop all its processes where they are; return them, for ``thaw``."""
        frozen = self.processes()
        for process in frozen:
            with suppress(psutil.NoSuchProcess):
                process.suspend()
        return frozen

    def thaw(self, frozen: list[psutil.Process]) -> None:
        """Have them go on."""
        for process in frozen:
            with suppress(psutil.NoSuchProcess):
                process.resume()

    def fill_disk(self) -> None:
        """Leave no room on its disk, which is its own."""
        assert self.has_own_disk
        with self._ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:  # others take room as well
                file.write(bytes(_BLOCK_BYTES))

    def empty_disk(self) -> None:
        """Give the room back."""
        self._ballast.unlink(missing_ok=True)

    def close(self) -> None:
        """Stop it for good, and take its disk away."""
        if self.is_running():
            self.thaw(self.processes())
            self.stop(signal.SIGQUIT)
        wait_until(lambda: not self.processes(), "PostgreSQL is gone")
        if self.has_own_disk:
            subprocess.run(["umount", "-l", self._directory], check=False, capture_output=True)

    def last_words(self) -> str:
        """Return the end of its log."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-20:])

    @property
    def _data(self) -> Path:
        return self._directory / "data"

    @property
    def _log(self) -> Path:
        return self._directory.with_name(f"{self._directory.name}.log")

    @property
    def _ballast(self) -> Path:
        return self._directory / "ballast"

    def _mount(self) -> bool:
        """Return whether the directory could be made a small disk of its own."""
        self._directory.mkdir(parents=True, exist_ok=True)
        command = [
            "mount",
            "-t",
            "tmpfs",
            "-o",
            f"size={_MOUNT_BYTES}",
            "tmpfs",
            str(self._directory),
        ]
        try:
            done = subprocess.run(command, check=False, capture_output=True)
        except OSError:
            return False
        return done.returncode == 0

    def _own(self, directory: Path) -> None:
        if self._user is not None:
            account = pwd.getpwnam(self._user)
            os.chown(directory, account.pw_uid, account.pw_gid)
            for parent in directory.parents:  # the account has to get there
                if parent.stat().st_uid == 0 and not parent.stat().st_mode & 0o001:
                    parent.chmod(parent.stat().st_mode | 0o011)

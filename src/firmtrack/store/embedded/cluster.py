"""A data directory: how it is made, and how its server is started, found again and stopped."""

import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from errno import ENOSPC
from pathlib import Path

from firmtrack.store.embedded.accounts import Account, possible_accounts
from firmtrack.store.embedded.binaries import Binaries
from firmtrack.store.embedded.failure import EmbeddedPostgresFailed
from firmtrack.store.embedded.layout import SOCKET_NAME, Layout
from firmtrack.store.embedded.locks import is_locked, open_lock, try_lock

DATABASE = USER = "firmtrack"

_INITDB = (
    f"--username={USER}",
    "--auth=trust",  # who may reach the socket is settled by its directory
    "--encoding=UTF8",
    "--locale=C",  # the same order and upper case on every machine and version
    "--data-checksums",
)
_MAKE_ROOM = (
    f"{os.strerror(ENOSPC)}. Make room, or set FIRMTRACK_DATA_DIR to a directory on another disk."
)
_HOW_ELSE = (
    "Set DATABASE_URL to use a PostgreSQL server, or FIRMTRACK_DATA_DIR to a directory that an "
    "unprivileged user can reach."
)


@dataclass(frozen=True, slots=True)
class Cluster:
    """One embedded server: its paths, programs and settings."""

    layout: Layout
    binaries: Binaries
    settings: Mapping[str, str]

    def account(self) -> Account:
        """Return as whom the server runs; the data directory is made at first need.

        Raises EmbeddedPostgresFailed with what every possible way said, if none works.
        """
        refusals = []
        exists = self.layout.data.exists()
        for account in possible_accounts(self.layout.root, self.layout.data):
            try:
                _enclose(self.layout.root, account)
                refusal = self._probe(account) if exists else self._initialise(account)
            except OSError as error:
                refusal = str(error)
            if refusal is None:
                return account
            if os.strerror(ENOSPC) in refusal:  # whoever runs it
                raise self._failed(_MAKE_ROOM)
            refusals.append(f"{account.name}: {refusal}")
        raise self._failed("\n".join(["no way to run it works.", *refusals, _HOW_ELSE]))

    def check_version(self) -> None:
        """Raise EmbeddedPostgresFailed if another major version made the data directory."""
        made_by = (self.layout.data / "PG_VERSION").read_text(encoding="ascii").strip()
        ours = self.binaries.major_version()
        if made_by != str(ours):
            raise self._failed(
                f"its data was made by PostgreSQL {made_by}, and this is PostgreSQL {ours}. "
                f"Dump it with version {made_by} and restore it into a new directory."
            )

    def start(self, account: Account) -> subprocess.Popen[bytes]:
        """Return the server, started just now. No process of an earlier one may be alive."""
        sockets = self._prepare_sockets(account)
        (self.layout.data / "postmaster.pid").unlink(missing_ok=True)  # its pid may be anyone's
        command = [self.binaries.postgres, "-D", str(self.layout.data)]
        settings = {**self.settings, "unix_socket_directories": _quoted(sockets)}
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        lock = open_lock(self.layout.server_lock)
        try:
            if not try_lock(lock, shared=False):
                raise self._failed("an earlier server is still alive.")
            with self.layout.log.open("ab") as log:
                return account.start(command, output=log, inherited=(lock,))
        finally:
            os.close(lock)

    def is_alive(self) -> bool:
        """Return whether any process of the server is alive."""
        return is_locked(self.layout.server_lock)

    def is_ready(self) -> bool:
        """Return whether the server, which is alive, says that it takes connections."""
        try:
            lines = (self.layout.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready"

    def listener(self) -> int | None:
        """Return the process ID of who listens on the socket, None if nobody does.

        The kernel tells it, so that no file has to be believed.
        """
        directory = self.layout.socket_directory()
        if directory is None:
            return None
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            try:
                client.connect(os.fsencode(directory / SOCKET_NAME))
            except OSError:
                return None
            credentials = client.getsockopt(
                socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")
            )
        process, _user, _group = struct.unpack("3i", credentials)
        return int(process)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the server, if it listens."""
        listener = self.listener()
        if listener is not None:
            os.kill(listener, number)

    def forget_sockets(self) -> None:
        """Remove the socket's directory elsewhere, if there is one. The server must be gone."""
        home = self.layout.far_socket_home()
        if home is not None:
            shutil.rmtree(home, ignore_errors=True)
        self.layout.far_sockets.unlink(missing_ok=True)

    def _probe(self, account: Account) -> str | None:
        """Return why the account cannot use the data directory, None if it can."""
        return _run(
            account, [self.binaries.postgres, "-D", str(self.layout.data), "-C", "data_directory"]
        )

    def _initialise(self, account: Account) -> str | None:
        """Make the data directory whole or not at all; return why not, None if it is made."""
        fresh = self.layout.unfinished_data
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        account.owned(fresh)
        quick = ("--no-sync",) if self.settings.get("fsync") == "off" else ()
        refusal = _run(
            account, [self.binaries.initdb, f"--pgdata={fresh}", *_INITDB, *quick]
        ) or _run(
            account,
            [self.binaries.postgres, "--single", "-D", str(fresh), *_SINGLE, "postgres"],
            typed=f"CREATE DATABASE {DATABASE};\n",
        )
        if refusal is None:
            fresh.rename(self.layout.data)
            _sync(self.layout.root)
        return refusal

    def _prepare_sockets(self, account: Account) -> Path:
        """Return the socket's directory, empty: where it was before, if it can be.

        Who holds the server connects there again when it is back.
        """
        if not self.layout.socket_fits:
            home = self.layout.far_socket_home()
            if home is None:
                self.forget_sockets()
                home = Path(tempfile.mkdtemp(prefix="firmtrack-", dir=_short_temporary_directory()))
                self.layout.far_sockets.symlink_to(home)
            _enclose(home, account)
        sockets = self.layout.socket_directory()
        if sockets is None:
            raise self._failed("its socket's directory has gone.")
        shutil.rmtree(sockets, ignore_errors=True)
        sockets.mkdir(mode=0o700)
        account.owned(sockets)
        return sockets

    def _failed(self, problem: str) -> EmbeddedPostgresFailed:
        return EmbeddedPostgresFailed(self.layout.root, problem)


_SINGLE = ("-c", "exit_on_error=on", "-c", "log_min_messages=warning")


def _run(account: Account, command: list[str], *, typed: str = "") -> str | None:
    """Run the program to its end; return its last words if it failed, None if it did not."""
    try:
        with account.start(command, output=subprocess.PIPE, input_from=subprocess.PIPE) as process:
            output, _ = process.communicate(typed.encode())
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    if process.returncode == 0:
        return None
    words = [line for line in output.decode(errors="replace").splitlines() if line.strip()]
    return " / ".join(words[-3:]) or f"exit status {process.returncode}"


def _enclose(directory: Path, account: Account) -> None:
    """Make ``directory`` private; let the account in, alone or through its group."""
    if directory.stat().st_uid == os.geteuid():
        if account.directory_mode == 0o710:
            os.chown(directory, -1, account.owner_group, follow_symlinks=False)
        directory.chmod(account.directory_mode)
    else:
        account.owned(directory)


def _short_temporary_directory() -> Path:
    usual = Path(tempfile.gettempdir())
    return usual if len(os.fsencode(usual)) < 60 and "," not in str(usual) else Path("/tmp")  # noqa: S108 - mkdtemp makes it safe


def _quoted(path: Path) -> str:
    """Return the path as an element of PostgreSQL's list of directories."""
    return '"' + str(path).replace('"', '""') + '"'


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

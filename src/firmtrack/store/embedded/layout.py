"""Where things stand in an embedded server's directory, and where its socket is."""

import os
from dataclasses import dataclass
from pathlib import Path

from firmtrack.store.embedded.locks import is_private

SOCKET_NAME = ".s.PGSQL.5432"
_SOCKET_PATH_BYTES = 107  # sockaddr_un.sun_path less its closing zero


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths inside ``root``, an absolute path."""

    root: Path

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory. It exists only when it is complete."""
        return self.root / "data"

    @property
    def unfinished_data(self) -> Path:
        """The data directory while it is being made."""
        return self.root / "data.unfinished"

    @property
    def users_lock(self) -> Path:
        """Held shared by every process that uses the server."""
        return self.root / "users.lock"

    @property
    def supervisor_lock(self) -> Path:
        """Held by the supervisor."""
        return self.root / "supervisor.lock"

    @property
    def server_lock(self) -> Path:
        """Held by PostgreSQL's processes, which inherit it."""
        return self.root / "server.lock"

    @property
    def failure(self) -> Path:
        """Why the last supervisor gave up, if it did."""
        return self.root / "failure"

    @property
    def log(self) -> Path:
        """What PostgreSQL and its supervisor have to say."""
        return self.root / "server.log"

    @property
    def old_log(self) -> Path:
        """The log before the present one."""
        return self.root / "server.log.1"

    @property
    def sockets(self) -> Path:
        """The socket's directory, where its path is short and plain enough."""
        return self.root / "socket"

    @property
    def far_sockets(self) -> Path:
        """A symbolic link to the socket's private directory elsewhere, where it is not."""
        return self.root / "socket-elsewhere"

    @property
    def socket_fits(self) -> bool:
        """Whether the kernel and libpq can take the path of a socket inside ``root``."""
        path = os.fsencode(self.sockets / SOCKET_NAME)
        return len(path) <= _SOCKET_PATH_BYTES and b"," not in path  # libpq splits hosts at commas

    def far_socket_home(self) -> Path | None:
        """Return the recorded private directory elsewhere, None if there is none to be trusted."""
        try:
            home = self.far_sockets.readlink()
        except OSError:
            return None
        return home if is_private(home, self.root.stat().st_uid) else None

    def socket_directory(self) -> Path | None:
        """Return the directory of the socket, None while there is none."""
        if self.socket_fits:
            return self.sockets
        home = self.far_socket_home()
        return None if home is None else home / "socket"

"""A line to the database's server that counts the octets which the process sends over it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from psycopg import conninfo

_BLOCK_BYTES = 65_536


@dataclass
class CountedLine:
    """Carries connections from a port on to a server's Unix socket."""

    server: str
    listener: socket.socket
    sent_octets: int = 0
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def accept(self) -> None:
        """Take connections until the listener is closed."""
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self.server)
                for one, other, is_counted in ((client, server, True), (server, client, False)):
                    threading.Thread(
                        target=self._carry, args=(one, other), kwargs={"is_counted": is_counted},
                        daemon=True,
                    ).start()  # fmt: skip

    def _carry(self, one: socket.socket, other: socket.socket, *, is_counted: bool) -> None:
        with suppress(OSError):
            while octets := one.recv(_BLOCK_BYTES):
                if is_counted:
                    with self._guard:
                        self.sent_octets += len(octets)
                other.sendall(octets)
            other.shutdown(socket.SHUT_WR)


@contextmanager
def counted(server: str) -> Iterator[tuple[str, CountedLine]]:
    """Yield the conninfo of the line to a server on a Unix socket, and the line."""
    said = conninfo.conninfo_to_dict(server)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        line = CountedLine(f"{said['host']}/.s.PGSQL.{said.get('port', 5432)}", listener)
        threading.Thread(target=line.accept, daemon=True).start()
        port = str(listener.getsockname()[1])
        yield conninfo.make_conninfo(server, host="127.0.0.1", port=port), line
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)  # wakes who waits for a connection

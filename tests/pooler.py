"""PgBouncer in transaction mode, between a test's programs and its database server."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from tests.journeys.processes import PATIENCE_SECONDS, free_port, wait_until

_NOBODY = 65_534
# Whoever waits for a session in vain is told so, long before a test would end.
_CONFIGURATION = """
[databases]
* = host=127.0.0.1 port={server_port} user=firmtrack

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {sessions}
max_client_conn = 300
query_wait_timeout = 60
server_login_retry = 1
log_connections = 0
log_disconnections = 0
"""


def pgbouncer() -> str:
    """Return the program; a test that needs it is left out where it is not installed."""
    found = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        pytest.skip("PgBouncer is not installed here: tools/prepare-postgresql does that on Debian")
    return found


@contextmanager
def pooled(server_port: int, *, sessions: int) -> Iterator[int]:
    """Yield the port at which so many sessions of the server are lent, a transaction each."""
    program, port = pgbouncer(), free_port()
    with tempfile.TemporaryDirectory(prefix="pooler-") as name:
        directory = Path(name)
        directory.chmod(0o755)  # for whom it runs as: it will not be root
        configuration = directory / "pgbouncer.ini"
        configuration.write_text(
            _CONFIGURATION.format(server_port=server_port, port=port, sessions=sessions)
        )
        is_root = os.geteuid() == 0
        with (directory / "log").open("wb") as log:
            process = subprocess.Popen(
                [program, str(configuration)],
                stdout=log,
                stderr=log,
                user=_NOBODY if is_root else None,
                group=_NOBODY if is_root else None,
                extra_groups=[] if is_root else None,
            )
        try:
            wait_until(
                lambda: process.poll() is not None or _answers(port), "the pooler takes connections"
            )
            assert process.poll() is None, (directory / "log").read_text()
            yield port
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


def _answers(port: int) -> bool:
    with (
        suppress(psycopg.Error),
        psycopg.connect(f"{conninfo_at(port)} connect_timeout=2", autocommit=True) as connection,
    ):
        connection.execute("SELECT 1")
        return True
    return False


def conninfo_at(port: int, database: str = "firmtrack") -> str:
    """Return how to connect through the pooler at a port."""
    return f"host=127.0.0.1 port={port} user=firmtrack dbname={quote(database)}"

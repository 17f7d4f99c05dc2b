"""A primary and its standby, on this machine alone, as two of the embedded servers."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from firmtrack.store.embedded.binaries import Binaries, wheel_binaries
from firmtrack.store.embedded.cluster import Cluster
from firmtrack.store.embedded.layout import Layout
from firmtrack.store.embedded.tuning import server_settings

_STOPPING_SECONDS = 60.0
_LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Database:
    """A server that runs: how to connect to it, and its first process."""

    conninfo: str
    process_id: int

    def processor_seconds(self) -> float:
        """Return the processor's time that all its processes had, those that ended included."""
        first = psutil.Process(self.process_id)
        times = [first.cpu_times(), *(each.cpu_times() for each in first.children())]
        ended = times[0].children_user + times[0].children_system
        return sum(each.user + each.system for each in times) + ended

    def blocks_read(self) -> int:
        """Return how many blocks its database's statements have looked at, from memory or disk."""
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            row = connection.execute(
                "SELECT blks_hit + blks_read FROM pg_stat_database"
                " WHERE datname = current_database()"
            ).fetchone()
        assert row is not None
        return int(row[0])


@contextmanager
def running(directory: Path, *, follows: Database | None = None) -> Iterator[Database]:
    """Yield a server in a new directory: empty, or a standby of the one that it follows."""
    directory.mkdir(mode=0o700)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    settings = server_settings({"listen_addresses": "127.0.0.1", "port": str(port)})
    cluster = Cluster(Layout(directory.resolve()), Binaries(wheel_binaries()), settings)
    account = cluster.account()
    if follows is not None:
        data = cluster.layout.data
        shutil.rmtree(data)
        data.mkdir(mode=0o700)
        account.owned(data)
        program = str(cluster.binaries.directory / "pg_basebackup")
        where = ["--dbname", follows.conninfo, "--pgdata", str(data)]
        how = ["--checkpoint", "fast", "--write-recovery-conf", "--no-sync"]
        copying = account.start([program, *where, *how], output=subprocess.DEVNULL)
        assert copying.wait() == 0, "the primary could not be copied"
    process = cluster.start(account)
    try:
        while not cluster.is_ready():
            assert process.poll() is None, cluster.layout.log.read_text()
            time.sleep(_LOOK_SECONDS)  # it says nothing when it is ready
        conninfo = f"host=127.0.0.1 port={port} user=firmtrack dbname=firmtrack"
        yield Database(conninfo, process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(_STOPPING_SECONDS)

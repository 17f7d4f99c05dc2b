"""Firmtrack on a stream as it is installed for a run: three nodes, three workers, a server."""

import asyncio
from pathlib import Path

from firmtrack.stream.connection import Access, connected, make_stream
from firmtrack.stream.names import CONSUMER, STREAM
from tests.faults.installation import Program, Watched
from tests.faults.postgres import Postgres
from tests.journeys.processes import environment, free_port, listens, wait_until
from tests.streams import Cluster, Form

# Smaller than NATS has it, so that requests with their images go through the object store; its
# parts are of 128 KiB.
_MAX_PAYLOAD_BYTES = 176 * 1024
_WORKERS = 3


class StreamInstallation(Watched):
    """All that runs. Within ``start`` and ``close`` what has ended is started again."""

    def __init__(self, directory: Path, postgres: Postgres, *, trust: Path) -> None:
        super().__init__(directory, postgres)
        form = Form(sync_interval="2m", max_payload_bytes=_MAX_PAYLOAD_BYTES)
        self.cluster = Cluster(directory / "nodes", 3, form)
        self.server_port = free_port()
        self.env = environment(
            DATABASE_URL=postgres.conninfo,
            FIRMTRACK_DATA_DIR=directory / "data",
            FIRMTRACK_TRUST_STORE=trust,
            NATS_URL=self.cluster.url,
            FIRMTRACK_INTAKE="stream",
        )
        self.server = Program(
            ["serve", "--port", str(self.server_port), "--workers", "2"],
            self.env,
            directory / "serve.log",
        )
        self.workers = [
            Program(["worker"], self.env, directory / f"worker_{number}.log")
            for number in range(1, _WORKERS + 1)
        ]

    @property
    def max_payload_bytes(self) -> int:
        """What the nodes take as one message."""
        return _MAX_PAYLOAD_BYTES

    @property
    def programs(self) -> list[Program]:
        """All commands that run all the time."""
        return [self.server, *self.workers]

    def start(self, acknowledged_within_seconds: float | None) -> None:
        """Start all, and return when the server answers and the stream is on all nodes.

        Given a time, a message that a worker holds is given to another after so long, which it
        says nothing, and not after that of the product.
        """
        self.cluster.start()
        if acknowledged_within_seconds is not None:
            asyncio.run(_make_stream(self.cluster.url, acknowledged_within_seconds))
        for program in self.programs:
            program.look()
        wait_until(lambda: listens(self.server_port), "the server listens")
        self.cluster.wait_until_replicated(STREAM)
        self.watch()

    def mend_nodes(self) -> None:
        """Start what nodes do not run; return when all hold the whole stream."""
        for node in self.cluster.nodes:
            node.thaw()
            if not node.is_running:
                node.start()
        self.cluster.wait_until_ready()
        self.cluster.wait_until_replicated(STREAM)

    def close(self) -> None:
        """End all of it."""
        self.end_programs()
        self.cluster.close()
        self.postgres.close()


async def _make_stream(url: str, acknowledged_within_seconds: float) -> None:
    async with connected(Access(servers=tuple(url.split(","))), "fault run") as client:
        await make_stream(client)
        consumer = (await client.jsm().consumer_info(STREAM, CONSUMER)).config
        await client.jsm().add_consumer(
            STREAM, consumer.evolve(ack_wait=acknowledged_within_seconds)
        )

"""Servers of NATS JetStream for tests: one node, or some that are a cluster; by the wheel."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Self

from tests.journeys.processes import PATIENCE_SECONDS, free_port, wait_until

_PROGRAM = Path(sys.executable).parent / "nats-server"
_LARGEST_STORE_BYTES = 8 << 30
_ASK_SECONDS = 5.0
_LOCKED = 'authorization { user: somebody, password: "secret" }\n'
_ENDS_WITH_US = "read -r _; kill -9 $0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How nodes are set up. ``sync_interval``: ``always``, or as ``2m``, which is their default."""

    sync_interval: str = "always"
    max_payload_bytes: int = 1 << 20


class Node:
    """One server, with its ports and its store for as long as it exists; killed and started anew.

    It ends with this process, however that ends.
    """

    def __init__(self, name: str, directory: Path, form: Form) -> None:
        self.name = name
        self.form = form
        self.port, self.route_port, self.monitoring_port = (free_port() for _ in range(3))
        self.directory = directory
        self._log = directory / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self._watchdog: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where clients connect to it."""
        return f"nats://127.0.0.1:{self.port}"

    @property
    def monitoring_url(self) -> str:
        """Where it answers questions about itself."""
        return f"http://127.0.0.1:{self.monitoring_port}"

    @property
    def is_running(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.poll() is None

    def write_configuration(self, cluster: Sequence["Node"]) -> None:
        """Write how it is to run: alone if ``cluster`` is of one."""
        self.directory.mkdir(parents=True, exist_ok=True)
        lines = [
            f'server_name: "{self.name}"',
            f"listen: 127.0.0.1:{self.port}",
            f"http: 127.0.0.1:{self.monitoring_port}",
            f"max_payload: {self.form.max_payload_bytes}",
            "jetstream {",
            f'  store_dir: "{self.directory / "store"}"',
            f"  sync_interval: {self.form.sync_interval}",
            f"  max_file_store: {_LARGEST_STORE_BYTES}",
            "}",
        ]
        if len(cluster) > 1:
            routes = ", ".join(f'"nats://127.0.0.1:{each.route_port}"' for each in cluster)
            lines += [
                "cluster {",
                "  name: firmtrack",
                f"  listen: 127.0.0.1:{self.route_port}",
                f"  routes: [{routes}]",
                "}",
            ]
        self._configuration.write_text("\n".join(lines) + "\n")

    def ask_for_password(self, *, wanted: bool) -> None:
        """Let in whoever has a password from now on, or again everybody; it goes on running."""
        told = self._configuration.read_text().replace(_LOCKED, "")
        self._configuration.write_text(told + _LOCKED if wanted else told)
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def start(self) -> None:
        """Start it, without waiting until it answers."""
        assert not self.is_running
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [_PROGRAM, "-c", self._configuration],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        # Its end of the pipe is ours alone, so it is closed when this process is no more.
        self._watchdog = subprocess.Popen(
            ["/bin/sh", "-c", _ENDS_WITH_US, str(self._process.pid)], stdin=subprocess.PIPE
        )

    def kill(self) -> None:
        """Kill it (signal 9), as the kernel does when memory is short."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Have it end in order, as for an upgrade."""
        self._end(signal.SIGTERM)

    def freeze(self) -> None:
        """Have it do nothing, with its connections as they are."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Have it go on."""
        if self.is_running:
            assert self._process is not None
            self._process.send_signal(signal.SIGCONT)

    def ask(self, path: str) -> Any:
        """Return what its monitoring answers, as of JSON; None if it does not answer with 200."""
        with closing(
            HTTPConnection("127.0.0.1", self.monitoring_port, timeout=_ASK_SECONDS)
        ) as connection:
            try:
                connection.request("GET", path)
                response = connection.getresponse()
                answer = response.read()
            except (HTTPException, OSError):
                return None
        return json.loads(answer) if response.status == 200 else None

    def is_healthy(self) -> bool:
        """Return whether it takes connections, and is up to date with all streams that it holds."""
        assert self.is_running, f"{self.name} has ended:\n{self.last_words()}"
        return self.ask("/healthz") is not None

    def last_words(self) -> str:
        """Return the end of its log."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-20:])

    @property
    def _configuration(self) -> Path:
        return self.directory / "nats.conf"

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        if how is not signal.SIGKILL:
            self._process.send_signal(signal.SIGCONT)  # one that is frozen takes no other signal
        self._process.wait(PATIENCE_SECONDS)
        self._process = None
        if self._watchdog is not None:  # before another process has the number
            self._watchdog.kill()
            self._watchdog.communicate()
            self._watchdog = None


class Cluster:
    """Some nodes that know each other, one or more; ended with the block."""

    def __init__(self, directory: Path, size: int, form: Form | None = None) -> None:
        form = form or Form()
        self.nodes = [
            Node(f"node_{number}", directory / f"node_{number}", form)
            for number in range(1, size + 1)
        ]

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start all nodes; return when they are ready."""
        for node in self.nodes:
            node.write_configuration(self.nodes)
            node.start()
        self.wait_until_ready()

    @property
    def url(self) -> str:
        """What NATS_URL is to be: all nodes."""
        return ",".join(node.url for node in self.nodes)

    @property
    def monitoring_urls(self) -> str:
        """Where all nodes answer questions about themselves."""
        return ",".join(node.monitoring_url for node in self.nodes)

    @property
    def environment(self) -> dict[str, str]:
        """The settings by which a process uses them, and is shown that they are safe."""
        return {"NATS_URL": self.url, "FIRMTRACK_STREAM_MONITORING": self.monitoring_urls}

    def close(self) -> None:
        """End all nodes at once; what they hold may be lost."""
        for node in self.nodes:
            node.kill()

    def wait_until_ready(self) -> None:
        """Return when each node is well, and they have a leader that all of them follow."""
        for node in self.nodes:
            wait_until(node.is_healthy, f"{node.name} is well")
        if len(self.nodes) > 1:
            wait_until(self._is_led, "the nodes have a leader")

    def wait_until_replicated(self, stream: str, replicas: int | None = None) -> None:
        """Return when so many nodes hold the stream, all of them if none is said, up to date."""
        wanted = len(self.nodes) if replicas is None else replicas
        wait_until(
            lambda: self._holders(stream) >= wanted, f"{wanted} nodes hold the stream {stream}"
        )

    def leader_of(self, stream: str) -> Node | None:
        """Return the node that takes what is published on the stream; None if nobody does."""
        for node in self.nodes:
            for detail in _streams_of(node):
                leader = detail.get("cluster", {}).get("leader", node.name)
                if detail["name"] == stream and leader == node.name:
                    return node
        return None

    def _is_led(self) -> bool:
        """Whether the nodes name the same leader, and the leader finds all of them up to date."""
        told = {node.name: (node.ask("/jsz") or {}).get("meta_cluster", {}) for node in self.nodes}
        leaders = {each.get("leader") for each in told.values()}
        if len(leaders) != 1:
            return False
        followers = told.get(leaders.pop(), {}).get("replicas") or []
        return len(list(filter(_is_current, followers))) == len(self.nodes) - 1

    def _holders(self, stream: str) -> int:
        leader = self.leader_of(stream)
        if leader is None:
            return 0
        followers = next(
            detail.get("cluster", {}).get("replicas") or []
            for detail in _streams_of(leader)
            if detail["name"] == stream
        )
        return 1 + len(list(filter(_is_current, followers)))


def _is_current(follower: dict[str, Any]) -> bool:
    return bool(follower.get("current")) and not follower.get("offline")


def _streams_of(node: Node) -> Iterator[dict[str, Any]]:
    """Yield what a node says of the streams that it holds."""
    if node.is_running:
        answer = node.ask("/jsz?streams=true&config=true") or {}
        for account in answer.get("account_details") or []:
            yield from account.get("stream_detail") or []


@contextmanager
def one_node(directory: Path, form: Form | None = None) -> Iterator[Cluster]:
    """Yield a server that runs alone, and flushes each message unless ``form`` says otherwise."""
    with Cluster(directory, 1, form) as cluster:
        yield cluster


@contextmanager
def three_nodes(directory: Path, form: Form | None = None) -> Iterator[Cluster]:
    """Yield a cluster of three; flushes are as NATS has them unless ``form`` says otherwise."""
    with Cluster(directory, 3, form or Form(sync_interval="2m")) as cluster:
        yield cluster

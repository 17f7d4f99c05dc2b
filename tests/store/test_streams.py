"""The servers that tests of the stream have: they keep what they acknowledge, and end with us."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import nats
import psutil
import pytest

from tests.journeys.processes import PATIENCE_SECONDS, until_said, wait_until
from tests.streams import Cluster, Form, one_node

_STREAM = "T"
_ROOT = Path(__file__).parents[2]
_CHILD = """
import signal, sys
from pathlib import Path
from tests.streams import one_node
with one_node(Path(sys.argv[1])) as cluster:
    print("pid", cluster.nodes[0]._process.pid, flush=True)
    signal.pause()
"""


async def _published(url: str, bodies: Sequence[bytes], replicas: int) -> None:
    async with await nats.connect(url.split(",")) as client:
        jetstream = client.jetstream(timeout=PATIENCE_SECONDS)
        await jetstream.add_stream(name=_STREAM, subjects=["t"], num_replicas=replicas)
        for body in bodies:
            await jetstream.publish("t", body)


async def _kept(url: str) -> int:
    async with await nats.connect(url.split(",")) as client:
        info = await client.jetstream(timeout=PATIENCE_SECONDS).stream_info(_STREAM)
    return info.state.messages


def test_a_node_that_was_killed_has_what_it_acknowledged(stream_node: Cluster) -> None:
    asyncio.run(_published(stream_node.url, [b"one", b"two"], replicas=1))

    stream_node.nodes[0].kill()
    stream_node.nodes[0].start()
    stream_node.wait_until_ready()

    assert asyncio.run(_kept(stream_node.url)) == 2


@pytest.mark.thorough
def test_two_of_three_nodes_go_on_and_the_third_catches_up(stream_nodes: Cluster) -> None:
    asyncio.run(_published(stream_nodes.url, [b"one"], replicas=3))
    stream_nodes.wait_until_replicated(_STREAM)
    leader = stream_nodes.leader_of(_STREAM)
    assert leader is not None

    leader.kill()
    wait_until(lambda: stream_nodes.leader_of(_STREAM) is not None, "another node leads")
    others = ",".join(node.url for node in stream_nodes.nodes if node is not leader)
    asyncio.run(_published(others, [b"two"], replicas=3))
    leader.start()
    stream_nodes.wait_until_replicated(_STREAM)

    assert asyncio.run(_kept(leader.url)) == 2


@pytest.mark.thorough
def test_a_node_that_lost_its_disk_fetches_what_it_had_from_the_others(
    stream_nodes: Cluster,
) -> None:
    asyncio.run(_published(stream_nodes.url, [b"one", b"two"], replicas=3))
    stream_nodes.wait_until_replicated(_STREAM)
    node = stream_nodes.nodes[0]

    node.kill()
    shutil.rmtree(node.directory / "store")
    node.start()
    stream_nodes.wait_until_ready()
    stream_nodes.wait_until_replicated(_STREAM)
    for other in stream_nodes.nodes[1:]:
        wait_until(lambda: stream_nodes.leader_of(_STREAM) is not None, "somebody leads")
        asyncio.run(_published(node.url, [b"more"], replicas=3))
        other.kill()
        other.start()
        stream_nodes.wait_until_ready()
        stream_nodes.wait_until_replicated(_STREAM)

    assert asyncio.run(_kept(node.url)) == 4


def test_the_configuration_of_a_server_in_the_docs_is_one_that_nats_takes() -> None:
    page = _ROOT / "docs" / "deployment" / "nats.conf"
    told = subprocess.run(
        [Path(sys.executable).parent / "nats-server", "-t", "-c", page],
        env={"FIRMTRACK_STREAM_PASSWORD": "secret"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.returncode == 0, told.stderr


def test_a_node_refuses_more_than_it_was_told_to_take(tmp_path: Path) -> None:
    with (
        one_node(tmp_path / "small", Form(max_payload_bytes=1_000)) as cluster,
        pytest.raises(nats.errors.MaxPayloadError),
    ):
        asyncio.run(_published(cluster.url, [bytes(1_001)], replicas=1))


def test_a_node_ends_with_the_process_that_started_it_even_if_that_is_killed(
    tmp_path: Path,
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(tmp_path / "stream")],
        stdout=subprocess.PIPE,
        text=True,
        cwd=_ROOT,
    )
    pid = int(until_said(process, "pid").split()[1])
    assert psutil.pid_exists(pid)

    process.kill()
    process.communicate()

    wait_until(lambda: not psutil.pid_exists(pid), "the node has ended")

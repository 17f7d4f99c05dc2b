"""A stream that may lose what it has acknowledged is refused, and why is said in clear lines."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID

import nats
import pytest
from django.conf import settings
from django.test import override_settings
from nats.js import api

from firmtrack.environment import BadSetting, Environment, read_environment
from firmtrack.intake.envelopes import DUIS_MEDIA_TYPE, Envelope
from firmtrack.stream import publishing
from firmtrack.stream.connection import Access, connected, make_stream
from firmtrack.stream.durability import (
    UnsafeStream,
    Weakness,
    check_at_start,
    check_durability,
    find_weaknesses,
)
from firmtrack.stream.names import BODIES, CONSUMER, STREAM, SUBJECTS
from firmtrack.stream.publishing import HandedIn
from tests.journeys.processes import called, free_port, on, wait_until
from tests.streams import Cluster, Form, one_node
from tests.working import state_of

LAX = Form(sync_interval="2m")


def environment(cluster: Cluster, monitoring: str = "", **changes: Any) -> Environment:
    return replace(
        settings.ENVIRONMENT,
        nats_url=tuple(cluster.url.split(",")),
        stream_monitoring=tuple(filter(None, monitoring.split(","))),
        **changes,
    )


def found(of: Environment) -> list[Weakness]:
    """Return what is wrong with the stream, which is made if it is missing."""

    async def look() -> list[Weakness]:
        async with connected(Access.of(of), "test") as client:
            await make_stream(client)
            return await find_weaknesses(client, of)

    return asyncio.run(look())


def checked(of: Environment) -> None:
    async def check() -> None:
        async with connected(Access.of(of), "test") as client:
            await make_stream(client)
            await check_durability(client, of)

    asyncio.run(check())


def changed(cluster: Cluster, how: Callable[[nats.js.JetStreamContext], Any]) -> None:
    async def change() -> None:
        async with await nats.connect(cluster.url.split(",")) as client:
            await how(client.jetstream())

    asyncio.run(change())


@contextmanager
def answering(body: bytes, status: int = 200) -> Iterator[str]:
    """Have something answer every question like this; yields its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_one_server_that_is_shown_to_flush_each_message_is_taken(stream_node: Cluster) -> None:
    of = environment(stream_node, stream_node.monitoring_urls)

    assert found(of) == []
    checked(of)


def test_one_server_of_which_nothing_shows_that_it_flushes_is_refused(
    stream_node: Cluster,
) -> None:
    with pytest.raises(UnsafeStream) as refusal:
        checked(environment(stream_node))

    assert "The stream FIRMTRACK has 1 replica, and nothing shows that" in str(refusal.value)
    assert "FIRMTRACK_STREAM_MONITORING" in str(refusal.value)
    assert str(refusal.value).endswith("FIRMTRACK_STREAM_UNSAFE=1 allows it all the same.")


def test_one_server_that_does_not_flush_each_message_is_refused(tmp_path: Path) -> None:
    with one_node(tmp_path / "stream", LAX) as cluster:
        with pytest.raises(UnsafeStream, match="does not flush each message") as refusal:
            checked(environment(cluster, cluster.monitoring_urls))
        assert cluster.monitoring_urls in str(refusal.value)

        checked(environment(cluster, cluster.monitoring_urls, stream_unsafe=True))


def test_the_monitoring_of_another_server_shows_nothing(
    stream_node: Cluster, tmp_path: Path
) -> None:
    """One that holds a stream of the same name, but not this one."""
    with one_node(tmp_path / "other") as other:
        assert found(environment(other, other.monitoring_urls)) == []

        with pytest.raises(UnsafeStream, match="names is of the server that holds it"):
            checked(environment(stream_node, other.monitoring_urls))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 200),
        (b"[]", 200),
        (b"{}", 200),
        (b'{"server_id": "N", "config": {"sync_always": true}}', 500),
        (b'{"server_id": "N", "config": {"sync_always": true}}', 302),
        (b'{"server_id": "N", "config": {"sync_always": true}, "account_details": [1]}', 200),
        (b'{"server_id": "N", "config": {"sync_always": true}, "account_details": 7}', 200),
        (b"\xff\xfe\x00", 200),
        (b"[" * 100_000, 200),
    ],
)
def test_what_is_no_monitoring_shows_nothing(
    stream_node: Cluster, body: bytes, status: int
) -> None:
    with answering(body, status) as url, pytest.raises(UnsafeStream) as refusal:
        checked(environment(stream_node, url))
    assert url in str(refusal.value)


def test_the_port_of_clients_is_no_monitoring(stream_node: Cluster) -> None:
    url = f"http://127.0.0.1:{stream_node.nodes[0].port}"

    with pytest.raises(UnsafeStream, match="it is not the monitoring of a server"):
        checked(environment(stream_node, url))


def test_monitoring_that_does_not_answer_shows_nothing_and_is_named(stream_node: Cluster) -> None:
    url = f"http://127.0.0.1:{free_port()}"

    with pytest.raises(UnsafeStream, match=r"it does not answer: .*refused") as refusal:
        checked(environment(stream_node, url))

    assert url in str(refusal.value)


def test_a_stream_of_three_replicas_is_taken_whatever_its_servers_flush(
    stream_nodes: Cluster,
) -> None:
    of = environment(stream_nodes)
    checked(of)
    stream_nodes.wait_until_replicated(STREAM)
    stream_nodes.wait_until_replicated(f"OBJ_{BODIES}")
    wait_until(lambda: found(of) == [], "nothing is wrong with it")


@pytest.mark.thorough
def test_servers_that_are_away_are_told_and_do_not_refuse_the_stream(
    stream_nodes: Cluster,
) -> None:
    of = environment(stream_nodes)
    checked(of)
    stream_nodes.wait_until_replicated(STREAM)
    stream_nodes.wait_until_replicated(f"OBJ_{BODIES}")
    leaders = [stream_nodes.leader_of(each) for each in (STREAM, f"OBJ_{BODIES}")]
    away = next(node for node in stream_nodes.nodes if node not in leaders)

    away.kill()

    def is_told() -> bool:
        return any(
            each.kind == "ails"
            and each.sentence.startswith(f"{away.name} of the stream FIRMTRACK is away")
            and each.sentence.endswith("it bears no other lost.")
            for each in found(of)
        )

    wait_until(is_told, "it is told that it is away")
    checked(of)


@pytest.mark.thorough
def test_a_stream_of_one_replica_among_three_servers_is_judged_by_the_one_that_holds_it(
    tmp_path: Path,
) -> None:
    with Cluster(tmp_path / "streams", 3, Form(sync_interval="always")) as cluster:
        changed(
            cluster,
            lambda stream: stream.add_stream(
                name=STREAM, subjects=[SUBJECTS], num_replicas=1, retention="workqueue"
            ),
        )
        changed(cluster, lambda stream: stream.create_object_store(BODIES))
        held_by = cluster.leader_of(STREAM)
        assert held_by is not None

        assert found(environment(cluster, cluster.monitoring_urls)) == []
        others = [node.monitoring_url for node in cluster.nodes if node is not held_by]
        told = found(environment(cluster, ",".join(others)))

    assert any(
        each.kind == "loses" and each.sentence.startswith("The stream FIRMTRACK has 1 replica")
        for each in told
    )


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"storage": api.StorageType.MEMORY}, "is in memory"),
        ({"max_age": 3600}, "drops messages for their age"),
        ({"max_bytes": 10**6, "discard": api.DiscardPolicy.OLD}, "drops the oldest messages"),
        ({"max_msgs": 10**6, "discard": api.DiscardPolicy.OLD}, "drops the oldest messages"),
        ({"max_msgs_per_subject": 5, "discard": api.DiscardPolicy.OLD}, "drops the oldest"),
        ({"retention": api.RetentionPolicy.INTEREST}, "keeps nothing while there is no consumer"),
        ({"no_ack": True}, "acknowledges nothing"),
        ({"allow_rollup_hdrs": True}, "lets one message replace all earlier ones"),
        ({"allow_msg_ttl": True}, "lets a message say when it is to be dropped"),
        ({"persist_mode": api.PersistMode.ASYNC}, "acknowledges messages before they are written"),
    ],
)
def test_a_stream_that_drops_what_nobody_has_taken_is_refused(
    stream_node: Cluster, config: dict[str, Any], told: str
) -> None:
    wanted = {"retention": api.RetentionPolicy.WORK_QUEUE, **config}
    changed(
        stream_node, lambda stream: stream.add_stream(name=STREAM, subjects=[SUBJECTS], **wanted)
    )
    of = environment(stream_node, stream_node.monitoring_urls)

    losing = [each for each in found(of) if each.kind == "loses"]

    assert len(losing) == 1
    assert told in losing[0].sentence
    assert losing[0].advice
    with pytest.raises(UnsafeStream):
        checked(of)


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"max_deliver": 3}, "gives up messages"),
        ({"deliver_policy": api.DeliverPolicy.NEW}, "passes over what was on the stream before"),
        ({"filter_subject": "firmtrack.messages.duis"}, "passes over what is of other subjects"),
        ({"headers_only": True}, "gives messages without what they say"),
        ({"ack_policy": api.AckPolicy.NONE}, "takes messages as done that no worker"),
        ({"ack_policy": api.AckPolicy.ALL}, "takes messages as done that no worker"),
    ],
)
def test_a_consumer_that_passes_messages_over_is_refused(
    stream_node: Cluster, config: dict[str, Any], told: str
) -> None:
    async def make(stream: nats.js.JetStreamContext) -> None:
        await stream.add_stream(name=STREAM, subjects=[SUBJECTS], retention="limits")
        wanted = {"ack_policy": api.AckPolicy.EXPLICIT, **config}
        await stream.add_consumer(STREAM, api.ConsumerConfig(durable_name=CONSUMER, **wanted))

    changed(stream_node, make)

    losing = [
        each.sentence
        for each in found(environment(stream_node, stream_node.monitoring_urls))
        if each.kind == "loses"
    ]

    assert len(losing) == 1
    assert told in losing[0]


def test_a_stream_that_only_grows_or_is_nearly_full_is_told(stream_node: Cluster) -> None:
    async def make(stream: nats.js.JetStreamContext) -> None:
        await stream.add_stream(
            name=STREAM, subjects=[SUBJECTS], max_msgs=5, discard=api.DiscardPolicy.NEW
        )
        for _ in range(4):
            await stream.publish("firmtrack.messages.duis", b"<x/>")

    changed(stream_node, make)

    told = found(environment(stream_node, stream_node.monitoring_urls))

    assert [each.kind for each in told] == ["ails", "ails"]
    assert "keeps messages that were taken" in told[0].sentence
    assert "holds 4 of 5 messages" in told[1].sentence


def test_an_object_store_that_drops_bodies_for_their_age_is_refused(stream_node: Cluster) -> None:
    changed(
        stream_node,
        lambda stream: stream.create_object_store(BODIES, api.ObjectStoreConfig(ttl=3600)),
    )

    told = found(environment(stream_node, stream_node.monitoring_urls))

    assert [each.kind for each in told] == ["loses"]
    assert told[0].sentence == (
        "The stream OBJ_FIRMTRACK_BODIES drops messages for their age, whether they were taken or "
        "not."
    )


def test_a_paused_consumer_is_told(stream_node: Cluster) -> None:
    of = environment(stream_node, stream_node.monitoring_urls)
    checked(of)

    async def pause(stream: nats.js.JetStreamContext) -> None:
        client = stream._nc
        await client.request(
            f"$JS.API.CONSUMER.PAUSE.{STREAM}.{CONSUMER}",
            json.dumps({"pause_until": "2999-01-01T00:00:00Z"}).encode(),
        )

    changed(stream_node, pause)

    assert [(each.kind, each.sentence) for each in found(of)] == [
        ("fails", f"The consumer {CONSUMER} is paused until 01 January 2999, 00:00 UTC.")
    ]


def test_a_server_begins_without_its_stream_but_not_with_an_unsafe_one(
    stream_node: Cluster,
) -> None:
    of = environment(stream_node, intake="stream")

    with pytest.raises(UnsafeStream):
        check_at_start(of)
    stream_node.nodes[0].kill()

    check_at_start(of)


def test_nothing_is_handed_over_to_an_unsafe_stream(stream_node: Cluster) -> None:
    message = HandedIn(
        envelope=Envelope(b"<x/>", DUIS_MEDIA_TYPE, None, "test"),
        message_id=UUID(int=1),
        submitter="Alpha Energy",
        token=None,
    )
    with override_settings(ENVIRONMENT=environment(stream_node)):
        try:
            with pytest.raises(UnsafeStream):
                publishing.hand_over(Access.of(settings.ENVIRONMENT), [message])
        finally:
            publishing.close()
    assert state_of(stream_node).messages == 0


def test_the_worker_and_the_server_refuse_an_unsafe_stream(
    own_database: str, stream_node: Cluster, tmp_path: Path
) -> None:
    env = {**on(own_database, tmp_path), "NATS_URL": stream_node.url}

    worker = called("worker", "--until-empty", env=env)
    server = called("serve", env={**env, "FIRMTRACK_INTAKE": "stream"})
    allowed = called("worker", "--until-empty", env={**env, "FIRMTRACK_STREAM_UNSAFE": "1"})
    shown = called("worker", "--until-empty", env={**env, **stream_node.environment})

    for refused in (worker, server):
        assert refused.returncode == 1
        assert "the stream may lose messages that it has acknowledged. " in refused.stderr
    assert (allowed.returncode, shown.returncode) == (0, 0)


@pytest.mark.parametrize(
    "value", ["nats://a:4222", "http://", "http://a:0", "http://a:99999", "http://a/x", "a:8222"]
)
def test_monitoring_is_named_by_its_scheme_host_and_port(value: str) -> None:
    with pytest.raises(BadSetting, match="FIRMTRACK_STREAM_MONITORING: must be as"):
        read_environment({"FIRMTRACK_STREAM_MONITORING": value})


def test_several_are_separated_by_commas() -> None:
    found = read_environment({"FIRMTRACK_STREAM_MONITORING": "http://a:8222/, https://b"})

    assert found.stream_monitoring == ("http://a:8222", "https://b")

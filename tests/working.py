"""Workers of the stream in tests, and what is put into the stream by hand."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from nats.aio.client import Client
from nats.js import api

from firmtrack.stream.connection import Access, Backlog, backlog_of, connected, make_stream
from firmtrack.stream.names import BODIES, CONSUMER, STREAM
from firmtrack.stream.readers import Settle
from firmtrack.stream.settling import settle_here
from firmtrack.stream.worker import Taken, work
from tests.journeys.processes import PATIENCE_SECONDS
from tests.streams import Cluster

_T = TypeVar("_T")


def access_to(cluster: Cluster) -> Access:
    return Access(servers=tuple(cluster.url.split(",")))


def asked(cluster: Cluster, question: Callable[[Client], Coroutine[Any, Any, _T]]) -> _T:
    """Return what a client of the cluster finds out, or does; the stream is there for it."""

    async def ask() -> _T:
        async with connected(access_to(cluster), "test") as client:
            await make_stream(client)
            return await question(client)

    return asyncio.run(ask())


def put(
    cluster: Cluster, subject: str, *bodies: bytes, headers: dict[str, str] | None = None
) -> None:
    """Put messages into the stream, as one who has its credentials does."""

    async def publish(client: Client) -> None:
        stream = client.jetstream()
        await asyncio.gather(
            *(stream.publish(subject, body, headers=headers and {**headers}) for body in bodies)
        )

    asked(cluster, publish)


def give_again_after(cluster: Cluster, seconds: float) -> None:
    """Have what a worker does not acknowledge given to another after so long."""

    async def change(client: Client) -> None:
        consumer = (await client.jsm().consumer_info(STREAM, CONSUMER)).config
        await client.jsm().add_consumer(STREAM, consumer.evolve(ack_wait=seconds))

    asked(cluster, change)


def left_in(cluster: Cluster) -> Backlog:
    """Return what is left in the stream."""
    return asked(cluster, backlog_of)


def state_of(cluster: Cluster, stream: str = STREAM) -> api.StreamState:
    """Return how much the stream holds."""

    async def find(client: Client) -> api.StreamState:
        return (await client.jsm().stream_info(stream)).state

    return asked(cluster, find)


def bodies_in(cluster: Cluster) -> int:
    """Return how many parts of bodies the object store holds."""
    return state_of(cluster, f"OBJ_{BODIES}").messages


def take_all(cluster: Cluster, *, settle: Settle = settle_here, batch: int = 1_000) -> Taken:
    """Work in this process until nothing is left in the stream, and return what was taken."""
    return _taken(cluster, asyncio.Event(), until_empty=True, settle=settle, batch=batch)


def take_until_first(cluster: Cluster) -> Taken:
    """Work in this process until told to stop as soon as something was taken; return what was."""
    stop = asyncio.Event()
    return _taken(cluster, stop, on_taken=lambda _: stop.set())


def take_on(cluster: Cluster, on_taken: Callable[[Taken], None], settle: Settle) -> Taken:
    """Work in this process until it cannot go on."""
    return _taken(cluster, asyncio.Event(), on_taken=on_taken, settle=settle)


def _taken(cluster: Cluster, stop: asyncio.Event, **how: Any) -> Taken:
    async def run() -> Taken:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await work(access_to(cluster), stop=stop, **how)

    return asyncio.run(run())

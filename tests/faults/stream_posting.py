"""A publisher of its own: puts messages straight on the stream until each is acknowledged."""

import asyncio
import threading
from collections.abc import Sequence

import nats
from nats.aio.client import Client
from nats.js import JetStreamContext

from tests.faults.posting import Post, Posted

_ACKNOWLEDGED_SECONDS = 5.0
_PAUSE_SECONDS = 0.02
_PARTS = 4
FAILURES = (nats.errors.Error, OSError, asyncio.TimeoutError)


class Publisher(threading.Thread):
    """Publishes what its post hands out, some at once, on a connection that is made anew."""

    def __init__(self, post: Post, servers: Sequence[str]) -> None:
        super().__init__(name="publisher", daemon=True)
        self._post = post
        self._servers = list(servers)
        self._over = threading.Event()
        self.failure: BaseException | None = None

    def stop(self) -> None:
        """Have it end after what is under way."""
        self._over.set()

    def run(self) -> None:
        """Publish until told to stop."""
        try:
            asyncio.run(self._publish_on())
        except BaseException as error:  # noqa: BLE001  # looked at by who started it
            self.failure = error

    async def _publish_on(self) -> None:
        client = await nats.connect(
            servers=self._servers,
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            ping_interval=2,
            max_outstanding_pings=2,
            error_cb=_ignore,
        )
        async with client:
            await asyncio.gather(*(self._take_turns(client) for _ in range(_PARTS)))

    async def _take_turns(self, client: Client) -> None:
        stream = client.jetstream(timeout=_ACKNOWLEDGED_SECONDS)
        while not self._over.is_set():
            messages = self._post.take()
            if messages:
                await asyncio.gather(*(self._publish(stream, each) for each in messages))
            else:
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _publish(self, stream: JetStreamContext, message: Posted) -> None:
        try:
            async with asyncio.timeout(_ACKNOWLEDGED_SECONDS):
                await stream.publish(_subject(message), message.octets)
        except FAILURES as error:
            self._post.give_back([message], type(error).__name__)
        else:
            self._post.note(message, None, "accepted")


def _subject(message: Posted) -> str:
    return f"firmtrack.messages.{'report' if message.octets.startswith(b'{') else 'duis'}"


async def _ignore(error: Exception) -> None:
    """Nodes come and go, as they are to."""

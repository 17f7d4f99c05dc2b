"""Messages as they come: asked of the stream in good time, no more than there is room for."""

import asyncio
import json
from collections import deque
from contextlib import suppress

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from firmtrack.stream.arrivals import Received, delivery_of
from firmtrack.stream.connection import FAILURES
from firmtrack.stream.names import CONSUMER, STREAM

_NEXT = f"$JS.API.CONSUMER.MSG.NEXT.{STREAM}.{CONSUMER}"
_STATUS = "Status"
_ENDED = frozenset({"404", "408", "409"})
_ASKED_SECONDS = 5.0
_LATE_SECONDS = 1.0
_NANOSECONDS = 1_000_000_000
_ASKED_BYTES = 8 * 1024 * 1024
_BATCH_BYTES = 4 * 1024 * 1024
# For so long a batch that is not full waits for more.
_LINGER_SECONDS = 0.005
_REST_SECONDS = 0.1
CAREFUL_FROM = 5
"""What came so often is taken alone: whoever took it before did not come to its end."""


class Inflow:
    """What has come and was not taken yet: at most two batches.

    Only while it is open is anything asked for.
    """

    def __init__(self, client: Client, batch: int) -> None:
        self._client = client
        self._batch = batch
        self._inbox = client.new_inbox()
        self._subscription: Subscription | None = None
        self._asking: asyncio.Task[None] | None = None
        self._asked = 0  # the number of the last request
        self._outstanding = 0
        self._is_refused = False
        self._is_over = False
        self._is_open = asyncio.Event()
        self._waiting: deque[Received] = deque()
        self._has_come = asyncio.Event()
        self._is_answered = asyncio.Event()
        self._has_room = asyncio.Event()

    @property
    def messages(self) -> tuple[Received, ...]:
        """What has come and was not taken."""
        return tuple(self._waiting)

    @property
    def is_over(self) -> bool:
        """Whether it was stopped."""
        return self._is_over

    async def start(self) -> None:
        """Ask for messages from now on."""
        self._subscription = await self._client.subscribe(f"{self._inbox}.*", cb=self._take_in)
        self._is_open.set()
        self._asking = asyncio.create_task(self._ask_on())

    async def fail(self) -> None:
        """Wait for what ends the asking: ConnectionClosedError, if the servers want us no more."""
        assert self._asking is not None
        await self._asking

    def close(self) -> list[Received]:
        """Ask for no more until it is opened; return what has come, to be given back."""
        self._is_open.clear()
        return self._left()

    def open(self) -> None:
        """Ask for messages again."""
        self._is_open.set()
        self._has_come.set()

    async def stop(self) -> list[Received]:
        """Ask for no more, ever, and return what has come, to be given back."""
        self._is_over = True
        self._is_open.clear()
        if self._asking is not None:
            self._asking.cancel()
        if self._subscription is not None and self._client.is_connected:
            with suppress(*FAILURES):
                # With what the servers have sent already.
                await self._subscription.drain()  # type: ignore[no-untyped-call]  # nats-py's
        left = self._left()
        self._has_come.set()
        return left

    async def take(self) -> list[Received]:
        """Return a batch: at least one message, soon after the first has come; none if stopped."""
        while not self._is_over:
            if not self._waiting or not self._is_open.is_set():
                self._has_come.clear()
                await self._has_come.wait()
                continue
            if len(self._waiting) < self._batch:
                await asyncio.sleep(_LINGER_SECONDS)
            if self._is_open.is_set() and (batch := self._taken()):
                return batch
        return []

    def _taken(self) -> list[Received]:
        batch: list[Received] = []
        size = 0
        waiting = self._waiting
        while waiting and len(batch) < self._batch:
            size += len(waiting[0].message.data)
            is_suspect = waiting[0].delivery.times >= CAREFUL_FROM
            if batch and (size > _BATCH_BYTES or is_suspect):
                break
            batch.append(waiting.popleft())
            if is_suspect:
                break
        self._has_room.set()
        return batch

    def _left(self) -> list[Received]:
        left = list(self._waiting)
        self._waiting.clear()
        self._has_room.set()
        return left

    async def _take_in(self, message: Msg) -> None:
        if message.headers is not None and _STATUS in message.headers and not message.reply:
            if message.subject == self._subject():  # that of an earlier request says nothing
                # It has expired, or is full of octets; or the consumer is not to be had now.
                self._is_refused = message.headers[_STATUS] not in _ENDED
                self._outstanding = 0
                self._is_answered.set()
            return
        self._outstanding -= 1
        self._waiting.append(Received(message, delivery_of(message)))
        self._has_come.set()
        if self._outstanding <= 0:
            self._is_answered.set()

    def _subject(self) -> str:
        return f"{self._inbox}.{self._asked}"

    async def _ask_on(self) -> None:
        while True:
            await self._is_open.wait()
            while len(self._waiting) >= self._batch:
                self._has_room.clear()
                await self._has_room.wait()
            self._asked += 1
            self._outstanding = self._batch
            self._is_answered.clear()
            self._is_refused = False
            asked = {
                "batch": self._batch,
                "expires": int(_ASKED_SECONDS * _NANOSECONDS),
                "max_bytes": max(_ASKED_BYTES, 2 * self._client.max_payload),
            }
            if self._client.is_closed:  # for good: they do not let us in any more
                raise nats.errors.ConnectionClosedError
            if not self._client.is_connected:
                await asyncio.sleep(_REST_SECONDS)
                continue
            await self._client.publish(_NEXT, json.dumps(asked).encode(), self._subject())
            try:
                async with asyncio.timeout(_ASKED_SECONDS + _LATE_SECONDS):
                    await self._is_answered.wait()
            except TimeoutError:
                continue  # the request was lost with a connection, or with its server
            if self._is_refused:
                await asyncio.sleep(_REST_SECONDS)

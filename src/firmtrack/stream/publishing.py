"""Handing messages over to the stream, from any thread: done when the stream has them.

A process has one connection for it, in an event loop in a thread of its own, which begins at the
first message: after a process was forked, and in none that never hands over.
"""

import asyncio
import os
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock, Thread
from typing import ClassVar
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from nats.aio.client import Client
from nats.js.errors import APIError, NoStreamResponseError

from firmtrack.errors import FirmtrackError
from firmtrack.intake.envelopes import JSON_MEDIA_TYPES, Envelope
from firmtrack.stream import bodies
from firmtrack.stream.connection import FAILURES, Access, StreamAway, connected, make_stream
from firmtrack.stream.credentials import BadCredentials
from firmtrack.stream.durability import UnsafeStream, check_durability
from firmtrack.stream.names import (
    DUIS_SUBJECT,
    DUPLICATE_HEADER,
    MESSAGE_ID_HEADER,
    OBJECT_HEADER,
    REPORT_SUBJECT,
    STREAM,
    SUBMITTER_HEADER,
    TIME_HEADER,
    TOKEN_HEADER,
)

_CONNECT_SECONDS = 2.0
_REST_SECONDS = 1.0
_ACKNOWLEDGED_SECONDS = 5.0
_AT_ONCE = 256
# What the headers may take of a message, and what the servers add.
_HEADERS_BYTES = 8 * 1024
# Codes of the server: no room in the stream, in the account's storage, in the server's.
_FULL = frozenset({10077, 10047, 10023, 10028})


class StreamFull(FirmtrackError):
    """The stream takes no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """A message to be handed over, who handed it in, and the ID that they are told."""

    envelope: Envelope
    message_id: UUID
    submitter: str
    token: str | None

    @property
    def subject(self) -> str:
        """What the stream files it under."""
        is_report = self.envelope.media_type in JSON_MEDIA_TYPES
        return REPORT_SUBJECT if is_report else DUIS_SUBJECT

    def headers(self) -> dict[str, str]:
        """Return what stands beside its body."""
        headers = {
            DUPLICATE_HEADER: self._identity(),
            MESSAGE_ID_HEADER: str(self.message_id),
            SUBMITTER_HEADER: quote(self.submitter),
        }
        if self.token is not None:
            headers[TOKEN_HEADER] = quote(self.token)
        if self.envelope.received_at is not None:
            headers[TIME_HEADER] = self.envelope.received_at.isoformat()
        return headers

    def _identity(self) -> str:
        """Return what is the same if the very same is handed in again by the same party.

        The message's own ID would not do: what has a bad signature, or another party hands in, has
        the same, and is to be judged for itself.
        """
        said = f"{self.subject}\0{self.submitter}\0{self.envelope.received_at}\0"
        return sha256(said.encode() + self.envelope.body).hexdigest()


def hand_over(access: Access, messages: Sequence[HandedIn]) -> list[FirmtrackError | None]:
    """Hand the messages over; return of each None once the stream has it, or why it has not.

    One of which that is not known, for want of an acknowledgement, counts as not handed over: to
    hand it over again is harmless. Raises StreamAway, StreamFull or UnsafeStream if the stream has
    none.
    """
    results = _Publisher.of(access).hand_over(messages)
    if all(isinstance(result, FirmtrackError) for result in results):
        for result in results:
            if result is not None:
                raise result
    return results


def close() -> None:
    """Close this process's connection, if it has one; the next message makes another."""
    with _Publisher.guard:
        current, _Publisher.current = _Publisher.current, None
    if current is not None:
        current.stop()


class _Publisher:
    """The thread of one process, its event loop, and its connection while it has one."""

    guard: ClassVar[Lock] = Lock()
    current: ClassVar["_Publisher | None"] = None

    @classmethod
    def of(cls, access: Access) -> "_Publisher":
        """Return this process's."""
        with cls.guard:
            if cls.current is None:
                cls.current = cls(access)
            return cls.current

    @classmethod
    def leave_to_parent(cls) -> None:
        """Begin anew in a process that was forked: the thread was not, and the line is not ours."""
        cls.guard = Lock()
        cls.current = None

    def __init__(self, access: Access) -> None:
        self._access = access
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._connecting = asyncio.Lock()
        self._client: Client | None = None
        self._has_stream = False
        self._refusal: tuple[float, FirmtrackError] | None = None
        self._thread = Thread(target=self._run, name="stream", daemon=True)
        self._thread.start()

    def hand_over(self, messages: Sequence[HandedIn]) -> list[FirmtrackError | None]:
        """Return of each message why the stream does not have it, None if it has."""
        return asyncio.run_coroutine_threadsafe(self._hand_over(messages), self._loop).result()

    def stop(self) -> None:
        """End the thread, and the connection."""
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        async with AsyncExitStack() as self._lines:
            await self._over.wait()

    async def _hand_over(self, messages: Sequence[HandedIn]) -> list[FirmtrackError | None]:
        try:
            client = await self._connected()
        except (StreamAway, BadCredentials, UnsafeStream) as error:
            return [error] * len(messages)
        results: list[FirmtrackError | None] = []
        for first in range(0, len(messages), _AT_ONCE):
            some = messages[first : first + _AT_ONCE]
            told = await asyncio.gather(*(self._publish(client, each) for each in some))
            results += told
            if all(isinstance(each, StreamAway) for each in told):  # nor would it take the others
                return results + [told[0]] * (len(messages) - len(results))
        return results

    async def _connected(self) -> Client:
        """Return the connection, with a stream that keeps what it acknowledges.

        Raises StreamAway and UnsafeStream, at once if it just has; and BadCredentials.
        """
        if self._client is not None and self._has_stream and not self._client.is_closed:
            if not self._client.is_connected:
                raise StreamAway(self._access.servers)
            return self._client
        async with self._connecting:
            if self._client is not None and self._client.is_closed:
                # The servers did that, and for good: nats-py does not try again then.
                self._client, self._has_stream = None, False
            if self._refusal is not None:
                refused_at, refusal = self._refusal
                if time.monotonic() - refused_at < _REST_SECONDS:
                    raise refusal
            try:
                if self._client is None:
                    self._client = await self._lines.enter_async_context(
                        connected(self._access, "firmtrack serve", _CONNECT_SECONDS)
                    )
                if not self._has_stream:
                    await make_stream(self._client)
                    await check_durability(self._client, settings.ENVIRONMENT)
                    self._has_stream = True
            except (StreamAway, UnsafeStream) as error:
                self._refusal = (time.monotonic(), error)
                raise
            except FAILURES as error:
                refusal = StreamAway(self._access.servers, error)
                self._refusal = (time.monotonic(), refusal)
                raise refusal from None
            return self._client

    async def _publish(self, client: Client, message: HandedIn) -> FirmtrackError | None:
        try:
            async with asyncio.timeout(_ACKNOWLEDGED_SECONDS):
                await self._published(client, message)
        except APIError as error:
            if error.err_code in _FULL:
                return StreamFull()
            return StreamAway(self._access.servers, error)
        except NoStreamResponseError as error:
            self._has_stream = False  # it may have been removed
            return StreamAway(self._access.servers, error)
        except FAILURES as error:
            return StreamAway(self._access.servers, error)
        return None

    async def _published(self, client: Client, message: HandedIn) -> None:
        body, headers = message.envelope.body, message.headers()
        stream = client.jetstream(timeout=_ACKNOWLEDGED_SECONDS)
        if len(body) + _HEADERS_BYTES <= client.max_payload:
            await stream.publish(message.subject, body, stream=STREAM, headers=headers)
            return
        name = await bodies.put(client, body)
        headers[OBJECT_HEADER] = name
        try:
            acknowledgement = await stream.publish(message.subject, stream=STREAM, headers=headers)
        except (APIError, NoStreamResponseError):  # no message names it
            with suppress(*FAILURES):
                await bodies.remove(client, name)
            raise
        if acknowledgement.duplicate:
            await bodies.remove(client, name)


os.register_at_fork(after_in_child=_Publisher.leave_to_parent)

"""The worker: takes messages from the stream, has them recorded, then acknowledges them.

Any number may work on any number of machines. One that is killed leaves what it had to others, for
whom it is a duplicate if it was committed. What the database cannot take now is given back.
"""

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import Any
from uuid import uuid4

import nats.errors
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from firmtrack.intake.archives import LARGEST_MESSAGE_BYTES
from firmtrack.intake.receive import OutcomeKind
from firmtrack.measures import MEASURES
from firmtrack.measures.table import (
    MESSAGES,
    STREAM_BATCH_SECONDS,
    STREAM_REDELIVERED,
    STREAM_TAKEN,
)
from firmtrack.stream import bodies
from firmtrack.stream.arrivals import (
    DELIVERED_TOO_OFTEN,
    MISSING_BODY,
    TOO_LARGE,
    Arrival,
    Received,
    arrival_of,
)
from firmtrack.stream.bodies import BodyTooLarge, NoSuchBody
from firmtrack.stream.connection import (
    FAILURES,
    Access,
    Backlog,
    StreamAway,
    acknowledged_within_seconds,
    backlog_of,
    connected,
    make_stream,
)
from firmtrack.stream.inflow import Inflow
from firmtrack.stream.names import BATCH_MESSAGES
from firmtrack.stream.outcomes import WorkerSign
from firmtrack.stream.readers import Reader, ReaderLost, Settle
from firmtrack.stream.settling import (
    DatabaseFailed,
    Settled,
    ask_database,
    give_sign,
    leave,
    settle_here,
    tidy,
)

# While one batch is read and recorded, the next is there already.
_LANES = 2
_GIVEN_BACK_SECONDS = 5.0
_ASK_SECONDS = 1.0
_EMPTY_LOOK_SECONDS = 0.2
_HOUSE_SECONDS = 10.0
_TIDY_SECONDS = 900.0
_CONFIRM_SECONDS = 5.0
# A body that is not found may be on another server yet.
_BODY_TRIES = 3
_MOST_DELIVERIES = 50
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Taken:
    """What a worker has taken so far: how many messages of each outcome, and their new events."""

    outcomes: Counter[OutcomeKind] = field(default_factory=Counter)
    events: int = 0
    redelivered: int = 0

    @property
    def messages(self) -> int:
        """All messages."""
        return self.outcomes.total()


async def work(
    access: Access,
    *,
    stop: asyncio.Event,
    batch: int = BATCH_MESSAGES,
    until_empty: bool = False,
    check: Callable[[Client], Coroutine[Any, Any, None]] | None = None,
    on_ready: Callable[[Backlog], None] = lambda _: None,
    on_taken: Callable[[Taken], None] = lambda _: None,
    settle: Settle = settle_here,
) -> Taken:
    """Take messages until told to stop, or ``until_empty``; return what was taken.

    The database must be open. ``check`` may refuse the stream. ``on_ready`` is told what is left
    at first, ``on_taken`` what was taken after each batch, once that is committed. ``settle`` is
    what its process does with a batch. Raises StreamAway if no server answers at first, or they let
    it in no more, BadCredentials, and what ``check`` does.
    """
    async with connected(access, "firmtrack worker") as client:
        try:
            await make_stream(client)
            if check is not None:
                await check(client)
            within_seconds = await acknowledged_within_seconds(client)
            on_ready(await backlog_of(client))
        except FAILURES as error:
            raise StreamAway(access.servers, error) from None
        worker = _Worker(
            client, Inflow(client, batch), Reader(settle), on_taken, within_seconds / 3
        )
        try:
            return await worker.work(stop, until_empty=until_empty)
        except nats.errors.ConnectionClosedError:
            raise StreamAway(access.servers, client.last_error) from None


class _Worker:
    """One worker at work."""

    def __init__(
        self,
        client: Client,
        inflow: Inflow,
        reader: Reader,
        on_taken: Callable[[Taken], None],
        still_at_it_seconds: float,
    ) -> None:
        self._client = client
        self._still_at_it_seconds = still_at_it_seconds
        self._inflow = inflow
        self._reader = reader
        self._on_taken = on_taken
        self._taken = Taken()
        self._held: list[list[Received]] = []
        self._is_failing = asyncio.Event()  # the database
        self._sign = WorkerSign(uuid4())

    async def work(self, stop: asyncio.Event, *, until_empty: bool) -> Taken:
        """Take messages until told to stop, or until none is left; what was begun is ended."""
        await self._inflow.start()
        lanes = [asyncio.create_task(self._run_lane()) for _ in range(_LANES)]
        others = [
            self._inflow.fail(),
            self._say_still_at_it(),
            self._wait_for_database(),
            self._keep_house(),
        ]
        ends = [stop.wait(), *([self._find_nothing_left()] if until_empty else [])]
        beside = [asyncio.create_task(each) for each in (*others, *ends)]
        try:
            done, _ = await asyncio.wait([*lanes, *beside], return_when=asyncio.FIRST_COMPLETED)
            await self._give_back(await self._inflow.stop(), 0.0)
            await asyncio.gather(*lanes, return_exceptions=True)
            for each in (*done, *lanes):
                each.result()  # what failed is raised
            await self._client.flush()
        finally:
            for task in (*lanes, *beside):
                task.cancel()
            await asyncio.gather(*lanes, *beside, return_exceptions=True)
            await self._leave()
        return self._taken

    async def _run_lane(self) -> None:
        while batch := await self._inflow.take():
            self._held.append(batch)
            try:
                await self._do(batch)
            finally:
                self._held = [each for each in self._held if each is not batch]

    async def _do(self, batch: Sequence[Received]) -> None:
        """Have a batch recorded, then acknowledge it, or give it back."""
        small = [each for each in batch if each.object_name is None]
        if small:
            await self._settle(small, [_arrival(each, each.message.data) for each in small])
        large = deque(each for each in batch if each.object_name is not None)
        while large:  # one at a time: each may be of many megabytes
            if self._is_failing.is_set() or self._inflow.is_over:
                await self._give_back(
                    large, _GIVEN_BACK_SECONDS if self._is_failing.is_set() else 0.0
                )
                return
            await self._do_large(large.popleft())

    async def _do_large(self, received: Received) -> None:
        assert received.object_name is not None
        try:
            body = await bodies.get(self._client, received.object_name, LARGEST_MESSAGE_BYTES)
            arrival = _arrival(received, body)
        except NoSuchBody:
            if received.delivery.times < _BODY_TRIES:
                await self._give_back([received], _ASK_SECONDS)
                return
            arrival = _arrival(received, b"").without_body(MISSING_BODY)
        except BodyTooLarge:
            arrival = _arrival(received, b"").without_body(TOO_LARGE)
        except FAILURES:
            await self._give_back([received], _ASK_SECONDS)
            return
        await self._settle([received], [arrival])

    async def _settle(self, messages: Sequence[Received], arrivals: Sequence[Arrival]) -> None:
        began_at = time.perf_counter()
        try:
            settled = await self._reader.settle(arrivals)
        except DatabaseFailed as error:
            self._note_failure(error)
            await self._give_back(messages, _GIVEN_BACK_SECONDS)
            return
        except BaseException:
            await self._give_back(messages, _GIVEN_BACK_SECONDS)
            raise
        MEASURES.observe(STREAM_BATCH_SECONDS, seconds=time.perf_counter() - began_at)
        for each in messages:
            await self._acknowledge(each)
        self._count(messages, settled)

    async def _acknowledge(self, received: Received) -> None:
        """Acknowledge what is committed. If that is lost it comes again, and is a duplicate then.

        A body in the object store goes once the stream has confirmed that its message is gone.
        """
        name, message = received.object_name, received.message
        if name is None:
            with suppress(*FAILURES):
                await self._client.publish(message.reply)
            return
        with suppress(*FAILURES, NotFoundError):  # what is left is swept up later
            await message.ack_sync(timeout=_CONFIRM_SECONDS)
            await bodies.remove(self._client, name)

    async def _give_back(self, messages: Iterable[Received], delay_seconds: float) -> None:
        """Have the messages come again, to whoever asks then."""
        with suppress(*FAILURES):  # then they come again when they were not acknowledged in time
            for each in messages:
                await each.message.nak(delay_seconds)

    def _count(self, messages: Sequence[Received], settled: Sequence[Settled]) -> None:
        counts = Counter((each.outcome, each.kind) for each in settled)
        for (outcome, kind), count in counts.items():
            MEASURES.count(MESSAGES, outcome, kind, by=count)
            self._taken.outcomes[outcome] += count
        again = sum(each.delivery.times > 1 for each in messages)
        MEASURES.count(STREAM_TAKEN, by=len(messages))
        MEASURES.count(STREAM_REDELIVERED, by=again)
        self._taken.redelivered += again
        self._taken.events += sum(each.events for each in settled)
        self._on_taken(self._taken)

    def _note_failure(self, error: DatabaseFailed) -> None:
        if not self._is_failing.is_set():
            _log.warning("The database failed: %s. Nothing is taken until it answers.", error)
            self._is_failing.set()

    async def _wait_for_database(self) -> None:
        """Take nothing while the database does not answer; what comes meanwhile is given back."""
        while True:
            await self._is_failing.wait()
            await self._give_back(self._inflow.close(), _GIVEN_BACK_SECONDS)
            while not await self._answers():
                await asyncio.sleep(_ASK_SECONDS)
                await self._give_back(self._inflow.close(), _GIVEN_BACK_SECONDS)
            _log.warning("The database answers: messages are taken again.")
            self._is_failing.clear()
            self._inflow.open()

    async def _answers(self) -> bool:
        try:
            await self._reader.do(ask_database)
        except (DatabaseFailed, ReaderLost):
            return False
        return True

    async def _say_still_at_it(self) -> None:
        """Keep what is here from being given to another worker, however long it takes."""
        while True:
            await asyncio.sleep(self._still_at_it_seconds)
            with suppress(*FAILURES):
                for each in (*self._inflow.messages, *chain.from_iterable(self._held)):
                    await each.message.in_progress()

    async def _find_nothing_left(self) -> None:
        """Return when nothing is left in the stream, not even with another worker."""
        while True:
            with suppress(*FAILURES):
                if not self._held and not self._inflow.messages:
                    await self._client.flush()
                    if (await backlog_of(self._client)).is_empty:
                        return
            await asyncio.sleep(_EMPTY_LOOK_SECONDS)

    async def _keep_house(self) -> None:
        """Give signs of life; now and then remove bodies that no message names, and what is old."""
        tidy_at = 0.0
        while True:
            with suppress(*FAILURES, DatabaseFailed, ReaderLost):
                backlog = await backlog_of(self._client)
                self._sign = WorkerSign(
                    self._sign.worker_id, backlog.waiting, backlog.unacknowledged
                )
                if not self._is_failing.is_set():
                    await self._reader.do(give_sign, self._sign)
                if time.monotonic() >= tidy_at:
                    tidy_at = time.monotonic() + _TIDY_SECONDS
                    await bodies.sweep(self._client, datetime.now(UTC))
                    await self._reader.do(tidy)
            await asyncio.sleep(_HOUSE_SECONDS)

    async def _leave(self) -> None:
        if not self._reader.has_begun:
            return
        with suppress(DatabaseFailed, ReaderLost, TimeoutError):
            async with asyncio.timeout(_CONFIRM_SECONDS):
                await self._reader.do(leave, self._sign)
        await asyncio.to_thread(self._reader.stop)


def _arrival(received: Received, body: bytes) -> Arrival:
    arrival = arrival_of(received, body)
    if received.delivery.times >= _MOST_DELIVERIES:
        return arrival.refused_for(DELIVERED_TOO_OFTEN)
    return arrival

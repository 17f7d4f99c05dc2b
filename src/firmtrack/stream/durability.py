"""What a stream must be so that no message is lost that it has acknowledged, and what it is."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from nats.aio.client import Client
from nats.js import api
from nats.js.errors import NotFoundError

from firmtrack.environment import Environment
from firmtrack.errors import FirmtrackError
from firmtrack.stream.connection import FAILURES, Access, StreamAway, connected, make_stream
from firmtrack.stream.monitoring import Told, tell_of_stream
from firmtrack.stream.names import BODIES, CONSUMER, STREAM

_REPLICAS = 3
_OBJECT_STREAM = f"OBJ_{BODIES}"
_NEARLY_FULL = 0.8
_UNLIMITED = -1
_START_SECONDS = 5.0
# Nanoseconds are cut off here and rounded there.
_SAME_WITHIN = timedelta(microseconds=1)
_log = logging.getLogger(__name__)

Kind = Literal["loses", "fails", "ails"]


@dataclass(frozen=True, slots=True)
class Weakness:
    """What is wrong with a stream in one sentence, and what to do about it.

    ``loses``: a message may be lost that was acknowledged, so the stream is refused. ``fails``: it
    takes or gives no messages. ``ails``: it works, but somebody should do something.
    """

    kind: Kind
    sentence: str
    advice: str


class UnsafeStream(FirmtrackError):
    """The stream may lose what it has acknowledged."""

    def __init__(self, weaknesses: Sequence[Weakness]) -> None:
        self.weaknesses = tuple(weaknesses)
        told = " ".join(f"{each.sentence} {each.advice}" for each in weaknesses)
        super().__init__(
            f"the stream may lose messages that it has acknowledged. {told} "
            "FIRMTRACK_STREAM_UNSAFE=1 allows it all the same."
        )


async def check_durability(client: Client, environment: Environment) -> None:
    """Do nothing if the stream keeps what it acknowledges; the log says what is allowed if not.

    Raises UnsafeStream if it may lose a message, unless the settings allow that, and what nats-py
    does.
    """
    found = await find_weaknesses(client, environment)
    losing = [each for each in found if each.kind == "loses"]
    if losing and not environment.stream_unsafe:
        raise UnsafeStream(losing)
    for each in losing:
        _log.warning("%s %s", each.sentence, each.advice)


def check_at_start(environment: Environment) -> None:
    """Do the same before a server begins that hands over to the stream, which is made if missing.

    One that is away is no reason not to begin: it is checked before anything is handed over. Raises
    UnsafeStream and BadCredentials.
    """
    try:
        asyncio.run(_check_now(environment))
    except StreamAway as error:
        _log.warning("%s", error)


async def _check_now(environment: Environment) -> None:
    access = Access.of(environment)
    async with connected(access, "firmtrack serve", _START_SECONDS) as client:
        try:
            await make_stream(client)
            await check_durability(client, environment)
        except FAILURES as error:
            raise StreamAway(access.servers, error) from None


async def find_weaknesses(client: Client, environment: Environment) -> list[Weakness]:
    """Return all that is wrong with the stream, the gravest first. Raises what nats-py does."""
    manager = client.jsm()
    stream = await manager.stream_info(STREAM)
    found = [
        *_of_replication(stream),
        *await _of_flushing(stream, environment.stream_monitoring),
        *_of_keeping(stream),
        *_of_queue(stream),
    ]
    with suppress(NotFoundError):  # what belongs to it is made before it is used
        bodies = await manager.stream_info(_OBJECT_STREAM)
        found += [
            *_of_replication(bodies),
            *await _of_flushing(bodies, environment.stream_monitoring),
            *_of_keeping(bodies),
        ]
    with suppress(NotFoundError):
        found += _of_consumer(await manager.consumer_info(STREAM, CONSUMER))
    order: tuple[Kind, ...] = ("loses", "fails", "ails")
    return sorted(found, key=lambda each: order.index(each.kind))


def leaderless(stream: str | None) -> Weakness:
    """Return what is wrong with a stream that its servers know, and that none of them leads.

    Asked what it is they then say nothing, as a rule.
    """
    return Weakness(
        "fails",
        f"The stream {stream} has no leader: it takes and gives nothing.",
        "Start its servers: more than half of them must run and reach each other.",
    )


def _replicas(info: api.StreamInfo) -> int:
    return info.config.num_replicas or 1


async def _of_flushing(info: api.StreamInfo, monitoring: Sequence[str]) -> list[Weakness]:
    """Return what is wrong with a stream of too few replicas for nodes that do not flush.

    That a node flushes each message is no property of a stream: it is a setting of the server
    (``jetstream.sync_interval``), which no client is told. Only its monitoring tells it.
    """
    if _replicas(info) >= _REPLICAS:
        return []
    what = f"The stream {info.config.name} has {_counted(_replicas(info), 'replica')}"
    remedy = f"Have {_REPLICAS} replicas of it, on {_REPLICAS} servers"
    if not monitoring:
        return [
            Weakness(
                "loses",
                f"{what}, and nothing shows that its servers flush each message.",
                f"{remedy}; or set sync_interval: always there, and FIRMTRACK_STREAM_MONITORING to "
                "where they tell it.",
            )
        ]
    told = await asyncio.gather(*(asyncio.to_thread(tell_of_stream, url, info.config.name or "")
                                  for url in monitoring))  # fmt: skip
    return list(_of_told(info, told, what, remedy))


def _of_told(
    info: api.StreamInfo, told: Sequence[Told], what: str, remedy: str
) -> Iterator[Weakness]:
    """Yield what is wrong with what the servers' monitoring told of the stream."""
    holders = [each for each in told if _is_of(each, info.created)]
    lax = [each.url for each in holders if not each.flushes_always]
    if lax:
        yield Weakness(
            "loses",
            f"{what}, and {' and '.join(sorted(lax))} does not flush each message.",
            f"{remedy}; or set sync_interval: always in the server's jetstream block.",
        )
    elif len({each.server_id for each in holders}) < _holders(info):
        silent = [f"{each.url}: {each.problem}" for each in told if each.problem]
        why = f" ({'; '.join(silent)})" if silent else ""
        yield Weakness(
            "loses",
            f"{what}, and no monitoring that FIRMTRACK_STREAM_MONITORING names is of "
            f"{'the server that holds' if _holders(info) == 1 else 'each server that holds'} "
            f"it{why}.",
            f"{remedy}; or name the monitoring of every server of the stream.",
        )


def _is_of(told: Told, created: datetime | None) -> bool:
    """Whether a server holds the very stream, and not another one of its name."""
    return created is not None and any(
        abs(each - created) <= _SAME_WITHIN for each in told.created_at
    )


def _holders(info: api.StreamInfo) -> int:
    return 1 if info.cluster is None else 1 + len(info.cluster.replicas or ())


def _of_replication(info: api.StreamInfo) -> Iterator[Weakness]:
    """Yield which of the stream's servers are away or behind."""
    cluster = info.cluster
    if cluster is None or _replicas(info) == 1:
        return
    name = info.config.name
    if not cluster.leader:
        yield leaderless(name)
    followers = cluster.replicas or []
    away = sorted(each.name or "" for each in followers if each.offline)
    behind = sorted(
        f"{each.name} ({each.lag or 0:,} messages)"
        for each in followers
        if not each.offline and not each.current
    )
    if away:
        left = 1 + len(followers) - len(away)
        spare = left - _replicas(info) // 2 - 1
        yield Weakness(
            "ails",
            f"{' and '.join(away)} of the stream {name} is away; it bears {_more_lost(spare)}.",
            "Start it again; if it is lost for good, docs/operations.md says how to replace it.",
        )
    if behind:
        yield Weakness(
            "ails",
            f"The stream {name} is not up to date on {' and '.join(behind)}.",
            "Wait; if it stays so, look at that server’s disk and its network.",
        )
    if 1 + len(followers) < _replicas(info):
        yield Weakness(
            "ails",
            f"The stream {name} is on {_counted(1 + len(followers), 'server')} and should be on "
            f"{_replicas(info)}.",
            "Add a server to the cluster.",
        )


def _more_lost(spare: int) -> str:
    return f"{spare} more lost" if spare > 0 else "no other lost"


def _of_keeping(info: api.StreamInfo) -> Iterator[Weakness]:
    """Yield by which of its settings a stream drops what nobody has taken."""
    for is_wrong, problem, remedy in _KEEPING:
        if is_wrong(info.config):
            yield Weakness(
                "loses",
                f"The stream {info.config.name} {problem}.",
                f"Set {remedy}, with nats stream edit.",
            )


def _is_limited(config: api.StreamConfig) -> bool:
    """Whether there is a limit of how much the stream holds."""
    limits = (config.max_msgs, config.max_bytes, config.max_msgs_per_subject)
    return any((limit or _UNLIMITED) > 0 for limit in limits)


def _drops_oldest(config: api.StreamConfig) -> bool:
    return _is_limited(config) and config.discard != api.DiscardPolicy.NEW


# Whether it is so, what it is, and what it should be.
_KEEPING: tuple[tuple[Callable[[api.StreamConfig], bool], str, str], ...] = (
    (
        lambda config: config.storage != api.StorageType.FILE,
        "is in memory, which a restart of its servers empties",
        "its storage to file: make it anew, when it is empty",
    ),
    (
        lambda config: config.persist_mode == api.PersistMode.ASYNC,
        "acknowledges messages before they are written (persist_mode async)",
        "its persist_mode to default: make it anew, when it is empty",
    ),
    (
        lambda config: bool(config.max_age),
        "drops messages for their age, whether they were taken or not",
        "its max_age to 0",
    ),
    (
        _drops_oldest,
        "drops the oldest messages when it is full, whether they were taken or not",
        "its discard to new",
    ),
)

# The same of the stream of messages alone: an object store has these by its nature.
_QUEUE: tuple[tuple[Callable[[api.StreamConfig], bool], str, str], ...] = (
    (
        lambda config: config.retention == api.RetentionPolicy.INTEREST,
        "keeps nothing while there is no consumer of it (retention interest)",
        "its retention to workqueue: make it anew, when it is empty",
    ),
    (
        lambda config: config.no_ack,
        "acknowledges nothing, so that nobody knows whether it has a message",
        "its no_ack to false",
    ),
    (
        lambda config: config.allow_rollup_hdrs,
        "lets one message replace all earlier ones (allow_rollup_hdrs)",
        "its allow_rollup_hdrs to false",
    ),
    (
        lambda config: bool(config.allow_msg_ttl),
        "lets a message say when it is to be dropped (allow_msg_ttl)",
        "its allow_msg_ttl to false: make it anew, when it is empty",
    ),
)


def _of_queue(info: api.StreamInfo) -> Iterator[Weakness]:
    """Yield what else the stream of messages must not do, and whether it is nearly full."""
    config, name = info.config, info.config.name
    for is_wrong, problem, remedy in _QUEUE:
        if is_wrong(config):
            yield Weakness(
                "loses", f"The stream {name} {problem}.", f"Set {remedy}, with nats stream edit."
            )
    if config.retention == api.RetentionPolicy.LIMITS:
        yield Weakness(
            "ails",
            f"The stream {name} keeps messages that were taken (retention limits): it only grows.",
            "Set its retention to workqueue: make it anew, when it is empty.",
        )
    for held, limit, unit in (
        (info.state.messages, config.max_msgs or _UNLIMITED, "messages"),
        (info.state.bytes, config.max_bytes or _UNLIMITED, "octets"),
    ):
        if 0 < limit * _NEARLY_FULL <= held:
            yield Weakness(
                "ails",
                f"The stream {name} holds {held:,} of {limit:,} {unit}: when it is full, it "
                "refuses what is handed over.",
                "Start more workers, or give it more room.",
            )


def _of_consumer(info: api.ConsumerInfo) -> Iterator[Weakness]:
    """Yield by which of its settings the workers' consumer passes messages over."""
    config = info.config
    for is_wrong, problem in _CONSUMING:
        if is_wrong(config):
            yield Weakness(
                "loses",
                f"The consumer {CONSUMER} of the stream {STREAM} {problem}.",
                f"Stop the workers, run nats consumer rm {STREAM} {CONSUMER}, and start them: they "
                "make it as it should be.",
            )
    paused_until = _paused_until(config)
    if paused_until is not None and paused_until > datetime.now(UTC):
        yield Weakness(
            "fails",
            f"The consumer {CONSUMER} is paused until {paused_until:%d %B %Y, %H:%M} UTC.",
            f"Run nats consumer resume {STREAM} {CONSUMER}.",
        )


_CONSUMING: tuple[tuple[Callable[[api.ConsumerConfig], bool], str], ...] = (
    (
        lambda config: config.ack_policy != api.AckPolicy.EXPLICIT,
        "takes messages as done that no worker has acknowledged",
    ),
    (
        lambda config: (config.max_deliver or _UNLIMITED) > 0,
        "gives up messages that workers could not take at once (max_deliver)",
    ),
    (
        lambda config: config.deliver_policy != api.DeliverPolicy.ALL,
        "passes over what was on the stream before it (deliver_policy)",
    ),
    (
        lambda config: bool(config.filter_subject or config.filter_subjects),
        "passes over what is of other subjects than its filter’s",
    ),
    (
        lambda config: bool(config.headers_only),
        "gives messages without what they say (headers_only)",
    ),
)


def _paused_until(config: api.ConsumerConfig) -> datetime | None:
    """Return until when the consumer gives nothing; None if no time is set that can be read."""
    try:
        return datetime.fromisoformat(config.pause_until or "").astimezone(UTC)
    except ValueError:
        return None


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"

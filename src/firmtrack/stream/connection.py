"""The connection to the stream's servers, and what is made there where it is missing."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import nats.errors
from nats.aio.client import Client
from nats.js import api
from nats.js.errors import APIError, NotFoundError

from firmtrack.environment import Environment
from firmtrack.errors import FirmtrackError
from firmtrack.stream.credentials import read_credentials
from firmtrack.stream.names import BODIES, CONSUMER, STREAM, SUBJECTS

FAILURES = (nats.errors.Error, OSError, asyncio.TimeoutError)
"""What says that the stream, and not what was asked of it, is the trouble."""

MOST_UNACKNOWLEDGED = 50_000
"""So many messages may be with workers at once: with more, each waits for one that is done."""

ACKNOWLEDGED_WITHIN_SECONDS = 30.0
"""A message of a worker that says nothing for so long is given to another."""

_REPLICAS = 3
_CONNECT_SECONDS = 10.0
_PAUSE_SECONDS = 0.5
_PENDING_BYTES = 8 * 1024 * 1024
_DUPLICATES_SECONDS = 120.0
_OBJECT_STREAM = f"OBJ_{BODIES}"
_log = logging.getLogger(__name__)


class StreamNotSet(FirmtrackError):
    """There is no stream: set NATS_URL to a server of NATS JetStream."""


class StreamAway(FirmtrackError):
    """The stream cannot be reached."""

    def __init__(self, servers: Sequence[str], error: BaseException | None = None) -> None:
        places = ", ".join(_place(server) for server in servers)
        why = " ".join(str(error or "").split())[:300] or "it does not answer"
        super().__init__(f"the stream at {places} cannot be reached: {why}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where the stream is, and by what one is let in; ``ca`` signs the servers' certificates."""

    servers: tuple[str, ...]
    creds: Path | None = None
    ca: Path | None = None

    @classmethod
    def of(cls, environment: Environment) -> "Access":
        """Return what the settings name. Raises StreamNotSet."""
        if not environment.nats_url:
            raise StreamNotSet
        return cls(
            servers=environment.nats_url, creds=environment.nats_creds, ca=environment.nats_ca
        )


@asynccontextmanager
async def connected(
    access: Access, name: str, patience_seconds: float = _CONNECT_SECONDS
) -> AsyncIterator[Client]:
    """Yield a connection that is made again, for as long as it takes, whenever it breaks.

    ``name`` is how the servers call it. Raises StreamAway if none of them answers at first, and
    BadCredentials.
    """
    client = Client()
    lines = _Lines(access.servers)
    credentials = None if access.creds is None else read_credentials(access.creds)
    try:
        async with asyncio.timeout(patience_seconds):
            await client.connect(
                servers=list(access.servers),
                name=name,
                max_reconnect_attempts=-1,
                reconnect_time_wait=_PAUSE_SECONDS,  # type: ignore[arg-type]  # it only sleeps so long
                connect_timeout=2,
                ping_interval=5,
                max_outstanding_pings=2,
                pending_size=_PENDING_BYTES,
                tls=_tls(access),
                user_jwt_cb=None if credentials is None else credentials.user_jwt,
                signature_cb=None if credentials is None else credentials.sign,
                error_cb=lines.note_error,
                disconnected_cb=lines.note_lost,
                reconnected_cb=lines.note_back,
            )
    except FAILURES as error:
        lines.is_over = True
        await client.close()
        raise StreamAway(access.servers, lines.last_error or error) from None
    lines.is_connected = True
    try:
        yield client
    finally:
        lines.is_over = True
        await client.close()


def _tls(access: Access) -> ssl.SSLContext | None:
    """Return how servers are known by their certificates, None to connect without TLS.

    A server that wants TLS of a client that was not told so is known by the system's certificates.
    """
    if access.ca is None and all(urlsplit(each).scheme != "tls" for each in access.servers):
        return None
    return ssl.create_default_context(cafile=access.ca)


class _Lines:
    """What the log says of a connection: each time that it breaks, and that it is there again."""

    def __init__(self, servers: Sequence[str]) -> None:
        self.last_error: BaseException | None = None
        self.is_connected = False
        self.is_over = False
        self._servers = servers

    async def note_error(self, error: Exception) -> None:
        self.last_error = error
        if self.is_connected and not isinstance(error, OSError | asyncio.TimeoutError):
            _log.warning("The stream: %s", " ".join(str(error).split())[:500])

    async def note_lost(self) -> None:
        if self.is_connected and not self.is_over:
            _log.warning("%s It is tried again.", StreamAway(self._servers, self.last_error))

    async def note_back(self) -> None:
        _log.warning("The stream can be reached again.")


def _place(server: str) -> str:
    """Return a server's host and port, without what lets one in."""
    parts = urlsplit(server)
    return f"{parts.hostname}:{parts.port or 4222}"


async def make_stream(client: Client) -> api.StreamInfo:
    """Return what the stream is, made where it is missing, with its consumer and object store.

    One that is there stays as it is. Raises what nats-py does.
    """
    manager = client.jsm()
    try:
        info = await manager.stream_info(STREAM)
    except NotFoundError:
        info = await _made(client)
    try:
        await manager.stream_info(_OBJECT_STREAM)
    except NotFoundError:
        await _make_object_store(client, info)
    try:
        await manager.consumer_info(STREAM, CONSUMER)
    except NotFoundError:
        await _make_consumer(client)
    return info


async def _made(client: Client) -> api.StreamInfo:
    """Make the stream: on three servers where the cluster has as many, else on one."""
    wanted = api.StreamConfig(
        name=STREAM,
        description="Messages for Firmtrack, until a worker has recorded them.",
        subjects=[SUBJECTS],
        retention=api.RetentionPolicy.WORK_QUEUE,
        storage=api.StorageType.FILE,
        discard=api.DiscardPolicy.NEW,  # a publisher is refused before anything is lost
        duplicate_window=_DUPLICATES_SECONDS,
        num_replicas=_REPLICAS,
    )
    manager = client.jsm()
    for replicas in (_REPLICAS, 1):
        try:
            return await manager.add_stream(wanted.evolve(num_replicas=replicas))
        except APIError as error:
            if await _is_there(client, STREAM):  # another process made it in this very moment
                return await manager.stream_info(STREAM)
            if replicas == 1 or not _is_for_want_of_servers(error):
                raise
    raise AssertionError("one of both was made, or raised")


def _is_for_want_of_servers(error: APIError) -> bool:
    """Return whether so many replicas cannot be had: a single server, or too small a cluster.

    Codes of the server: 10074 replicas > 1 without a cluster, 10005 no suitable peers.
    """
    return error.err_code in {10074, 10005}


async def _is_there(client: Client, stream: str) -> bool:
    try:
        await client.jsm().stream_info(stream)
    except NotFoundError:
        return False
    return True


async def _make_object_store(client: Client, stream: api.StreamInfo) -> None:
    try:
        await client.jetstream().create_object_store(
            BODIES,
            api.ObjectStoreConfig(
                description="Bodies that are too large for a message of the stream.",
                storage=api.StorageType.FILE,
                replicas=stream.config.num_replicas or 1,
            ),
        )
    except APIError:
        if not await _is_there(client, _OBJECT_STREAM):
            raise


async def _make_consumer(client: Client) -> None:
    await client.jsm().add_consumer(
        STREAM,
        api.ConsumerConfig(
            durable_name=CONSUMER,
            description="All workers of Firmtrack.",
            ack_policy=api.AckPolicy.EXPLICIT,
            ack_wait=ACKNOWLEDGED_WITHIN_SECONDS,
            max_ack_pending=MOST_UNACKNOWLEDGED,
            max_deliver=-1,
        ),
    )


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many messages wait, and how many are with workers that have not acknowledged them."""

    waiting: int
    unacknowledged: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left."""
        return not self.waiting and not self.unacknowledged


async def backlog_of(client: Client) -> Backlog:
    """Return what is left in the stream. Raises what nats-py does."""
    info = await client.jsm().consumer_info(STREAM, CONSUMER)
    return Backlog(info.num_pending or 0, info.num_ack_pending or 0)


async def acknowledged_within_seconds(client: Client) -> float:
    """Return after how long without a word a message is given to another worker."""
    info = await client.jsm().consumer_info(STREAM, CONSUMER)
    return info.config.ack_wait or ACKNOWLEDGED_WITHIN_SECONDS


async def first_stored_at(client: Client) -> datetime | None:
    """Return when the oldest message that is left was stored, None if none is left."""
    manager = client.jsm()
    state = (await manager.stream_info(STREAM)).state
    if not state.messages:
        return None
    try:
        return (await manager.get_msg(STREAM, seq=state.first_seq)).time
    except NotFoundError:  # it was taken in this very moment: then look at the next time
        return datetime.min.replace(tzinfo=UTC) + timedelta(days=1)

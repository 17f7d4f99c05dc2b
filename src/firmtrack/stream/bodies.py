"""Bodies that are too large for one message: objects beside the stream, until they are recorded."""

import asyncio
import io
from datetime import datetime, timedelta
from uuid import uuid4

from nats.aio.client import Client
from nats.js.api import ObjectInfo
from nats.js.errors import (
    BadObjectMetaError,
    DigestMismatchError,
    NotFoundError,
    ObjectNotFoundError,
)
from nats.js.object_store import ObjectStore

from firmtrack.errors import FirmtrackError
from firmtrack.stream.connection import first_stored_at
from firmtrack.stream.names import BODIES

_STREAM = f"OBJ_{BODIES}"
_FETCH_SECONDS = 30.0
# Between an object and the message that names it lie moments; of who publishes by hand, minutes.
_NAMED_WITHIN = timedelta(hours=1)


class NoSuchBody(FirmtrackError):
    """There is no object of that name."""


class BodyTooLarge(FirmtrackError):
    """The object is larger than any message may be."""


def _store(client: Client) -> ObjectStore:
    return ObjectStore(BODIES, _STREAM, client.jetstream())


async def put(client: Client, body: bytes) -> str:
    """Keep a body and return the name that it got, which no other has."""
    name = uuid4().hex
    await _store(client).put(name, body)
    return name


async def get(client: Client, name: str, limit_bytes: int) -> bytes:
    """Return the body of that name. Raises NoSuchBody, BodyTooLarge; and what nats-py does."""
    store = _store(client)
    try:
        async with asyncio.timeout(_FETCH_SECONDS):
            info = await store.get_info(name)
            if (info.size or 0) > limit_bytes:
                raise BodyTooLarge
            if info.is_link() or (info.size and not await _has_parts(client, info)):
                raise NoSuchBody
            octets = io.BytesIO()
            await store.get(name, octets)
    except (ObjectNotFoundError, BadObjectMetaError, DigestMismatchError):
        raise NoSuchBody from None
    return octets.getvalue()


async def _has_parts(client: Client, info: ObjectInfo) -> bool:
    """Return whether any of its octets is there; nats-py would wait for the first for ever."""
    found = await client.jsm().stream_info(_STREAM, subjects_filter=_parts_subject(info))
    return bool(found.state.subjects)


async def remove(client: Client, name: str) -> None:
    """Remove the body of that name, and all trace of it; if there is none, nothing."""
    store = _store(client)
    try:
        info = await store.get_info(name)
    except (NotFoundError, BadObjectMetaError):
        return
    manager = client.jsm()
    await manager.purge_stream(_STREAM, subject=_parts_subject(info))
    await manager.purge_stream(_STREAM, subject=_meta_subject(name))


def _parts_subject(info: ObjectInfo) -> str:
    return f"$O.{BODIES}.C.{info.nuid}"


def _meta_subject(name: str) -> str:
    from base64 import urlsafe_b64encode

    return f"$O.{BODIES}.M.{urlsafe_b64encode(name.encode()).decode()}"


async def sweep(client: Client, now: datetime, named_within: timedelta = _NAMED_WITHIN) -> int:
    """Remove what no message names any more, and return how many objects and parts that were.

    A body is kept before the message that names it, so one that is older than the oldest message of
    the stream has none. Whoever was killed between the two, or after the commit, left it.
    """
    first_at = await first_stored_at(client)
    before = (now if first_at is None else first_at) - named_within
    manager = client.jsm()
    info = await manager.stream_info(_STREAM, subjects_filter=f"$O.{BODIES}.>")
    removed = 0
    for subject in info.state.subjects or {}:
        try:
            last = await manager.get_last_msg(_STREAM, subject)
        except NotFoundError:
            continue
        if last.time is not None and last.time < before:
            await manager.purge_stream(_STREAM, subject=subject)
            removed += 1
    return removed

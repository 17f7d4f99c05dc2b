"""What a server of the stream tells by its monitoring port, and no client is told."""

from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any
from urllib.error import URLError
from urllib.request import HTTPRedirectHandler, ProxyHandler, build_opener

import msgspec
from msgspec import Struct

from firmtrack.errors import FirmtrackError

_ASK_SECONDS = 5.0
_LARGEST_ANSWER_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a server told of itself and of a stream.

    ``created_at`` are the times at which the streams of that name were made that it holds: one in
    each account at most. ``problem`` is why it told nothing, None if it did.
    """

    url: str
    server_id: str = ""
    flushes_always: bool = False
    created_at: tuple[datetime, ...] = ()
    problem: str | None = None


class NotMonitoring(FirmtrackError):
    """The answer is not that of a server of NATS JetStream."""


class _Config(Struct):
    sync_always: bool = False


class _Stream(Struct):
    name: str
    created: datetime


class _Account(Struct):
    stream_detail: list[_Stream] = []


class _Answer(Struct):
    server_id: str
    config: _Config
    account_details: list[_Account] = []


class _NoRedirects(HTTPRedirectHandler):
    """Monitoring does not redirect: whatever does is something else."""

    def redirect_request(self, *_: Any) -> None:
        return None


def tell_of_stream(url: str, stream: str) -> Told:
    """Return what the server tells whose monitoring is at ``url``; why not, if it does not."""
    try:
        answer = _asked(f"{url}/jsz?streams=true")
    except (URLError, OSError) as error:
        reason = getattr(error, "reason", None) or error
        return Told(url=url, problem=f"it does not answer: {str(reason)[:200]}")
    except (HTTPException, msgspec.DecodeError, RecursionError, ValueError, NotMonitoring):
        return Told(url=url, problem="it is not the monitoring of a server with JetStream")
    return Told(
        url=url,
        server_id=answer.server_id,
        flushes_always=answer.config.sync_always,
        created_at=tuple(
            each.created.astimezone(UTC)
            for account in answer.account_details
            for each in account.stream_detail
            if each.name == stream
        ),
    )


def _asked(url: str) -> _Answer:
    opener = build_opener(ProxyHandler({}), _NoRedirects)  # a server of ours, not of the world's
    with opener.open(url, timeout=_ASK_SECONDS) as answer:
        octets = answer.read(_LARGEST_ANSWER_BYTES + 1)
    if len(octets) > _LARGEST_ANSWER_BYTES:
        raise NotMonitoring
    return msgspec.json.decode(octets, type=_Answer)

"""One POST: its connection goes only where it may, and it ends in time, whatever the receiver does.

httpcore rather than httpx: there, what opens connections can be replaced, and that is where both
limits belong. Redirects are not followed: they would lead past the checks.
"""

import socket
import ssl
import time
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpcore

from firmtrack.errors import FirmtrackError
from firmtrack.notices.addresses import GetAddrInfo, UnfitAddress, resolve

CONNECT_SECONDS = 5.0
CALL_SECONDS = 10.0
"""No call lasts longer, from resolving the name to the end of what is read of the answer."""

_ANSWER_BYTES = 4_096
"""So much of an answer's body is read; only its end lets the connection be used again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResponse:
    """What came of a call: the receiver's status code, or else the problem that there was.

    ``retry_after`` is the header of that name; ``is_refused``: the call was not even begun, since
    notices may not go to that address.
    """

    status_code: int | None = None
    problem: str | None = None
    retry_after: str | None = None
    is_refused: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer with its whole body."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes


class FetchFailed(FirmtrackError):
    """The call got no answer that could be taken."""


class Caller:
    """Makes calls, one at a time; keeps connections open between them.

    ``private_receivers`` are hosts and ports that may be private even without ``may_be_private``.
    ``getaddrinfo`` resolves names, ``network`` connects to the addresses that it gave.
    """

    def __init__(
        self,
        *,
        may_be_private: bool,
        private_receivers: Collection[tuple[str, int]] = (),
        call_seconds: float = CALL_SECONDS,
        getaddrinfo: GetAddrInfo = socket.getaddrinfo,
        network: httpcore.NetworkBackend | None = None,
    ) -> None:
        self._call_seconds = call_seconds
        self._limit = _Limit()
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_keepalive_connections=8,
            keepalive_expiry=60,
            network_backend=_Backend(
                self._limit,
                network or httpcore.SyncBackend(),
                getaddrinfo,
                may_be_private=may_be_private,
                private_receivers=private_receivers,
            ),
        )

    def post(self, url: str, headers: Mapping[str, str], content: bytes) -> CallResponse:
        """Return what came of the POST; whatever the receiver does, this raises nothing."""
        self._limit.ends_at = time.monotonic() + self._call_seconds
        timeouts = {"connect": CONNECT_SECONDS, "read": self._call_seconds,
                    "write": self._call_seconds, "pool": self._call_seconds}  # fmt: skip
        try:
            with self._pool.stream(
                "POST",
                url,
                headers=[*headers.items(), ("Content-Length", str(len(content)))],
                content=content,
                extensions={"timeout": timeouts},
            ) as response:
                answer = CallResponse(
                    status_code=response.status, retry_after=_header(response, b"retry-after")
                )
                with suppress(httpcore.TimeoutException, httpcore.NetworkError):
                    _read_some(response)
                return answer
        except UnfitAddress as unfit:
            return CallResponse(problem=str(unfit), is_refused=True)
        except httpcore.TimeoutException:
            return CallResponse(problem=f"No answer within {self._call_seconds:g} seconds.")
        except (
            httpcore.NetworkError,
            httpcore.ProtocolError,
            httpcore.UnsupportedProtocol,
            OSError,
            UnicodeError,  # a host name that cannot be written for the resolver
        ) as error:
            return CallResponse(problem=_problem(error))

    def fetch(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes = b"",
        *,
        most_bytes: int,
    ) -> Fetched:
        """Return the whole answer to a call that is no notice. Raises FetchFailed."""
        self._limit.ends_at = time.monotonic() + self._call_seconds
        sent = [*headers.items(), ("Content-Length", str(len(content)))]
        timeouts = {"connect": CONNECT_SECONDS, "pool": self._call_seconds}
        extensions = {"timeout": timeouts}
        try:
            with self._pool.stream(
                method, url, headers=sent, content=content, extensions=extensions
            ) as response:
                body = bytearray()
                for chunk in response.iter_stream():
                    body += chunk
                    if len(body) > most_bytes:
                        raise FetchFailed(f"the answer has over {most_bytes} octets")
                kept = {
                    name.decode("latin-1"): value.decode("latin-1")
                    for name, value in response.headers
                }
                return Fetched(response.status, kept, bytes(body))
        except UnfitAddress as unfit:
            raise FetchFailed(str(unfit)) from unfit
        except (
            httpcore.TimeoutException,
            httpcore.NetworkError,
            httpcore.ProtocolError,
            httpcore.UnsupportedProtocol,
            OSError,
            UnicodeError,
        ) as error:
            raise FetchFailed(_problem(error)) from error

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()


def _header(response: httpcore.Response, name: bytes) -> str | None:
    return next(
        (value.decode("latin-1") for key, value in response.headers if key.lower() == name), None
    )


def _read_some(response: httpcore.Response) -> None:
    read = 0
    for chunk in response.iter_stream():
        read += len(chunk)
        if read >= _ANSWER_BYTES:
            return


def _problem(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]


@dataclass(slots=True)
class _Limit:
    """When, by the monotonic clock, the call that is being made ends."""

    ends_at: float = 0.0

    def within(self, timeout: float | None) -> float:
        """Return how long an operation may take. Raises httpcore.ReadTimeout at the end."""
        left = self.ends_at - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the call lasted too long")
        return left if timeout is None else min(timeout, left)


class _Backend(httpcore.NetworkBackend):
    """Opens connections to addresses that were judged, and holds them to the limit."""

    def __init__(
        self,
        limit: _Limit,
        network: httpcore.NetworkBackend,
        getaddrinfo: GetAddrInfo,
        *,
        may_be_private: bool,
        private_receivers: Collection[tuple[str, int]],
    ) -> None:
        self._limit = limit
        self._may_be_private = may_be_private
        self._private_receivers = private_receivers
        self._network = network
        self._getaddrinfo = getaddrinfo

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first of the host's addresses that answers."""
        problem: Exception = httpcore.ConnectError(f"{host} has no address")
        may_be_private = self._may_be_private or (host, port) in self._private_receivers
        for address in resolve(
            host, port, may_be_private=may_be_private, getaddrinfo=self._getaddrinfo
        ):
            try:
                stream = self._network.connect_tcp(
                    address, port, self._limit.within(timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
            else:
                return _Stream(stream, self._limit)
        raise problem


@dataclass(frozen=True, slots=True)
class _Stream(httpcore.NetworkStream):
    """A connection each of whose operations ends with the call."""

    stream: httpcore.NetworkStream
    limit: _Limit = field(repr=False)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, self.limit.within(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, self.limit.within(timeout))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        secured = self.stream.start_tls(ssl_context, server_hostname, self.limit.within(timeout))
        return _Stream(secured, self.limit)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)

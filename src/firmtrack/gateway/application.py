"""The ASGI application between uvicorn and the threads that work: it buffers both ways."""

import asyncio
from contextlib import suppress
from io import BytesIO

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope, Scope

from firmtrack.gateway.environ import environ_of
from firmtrack.gateway.limits import Limits
from firmtrack.gateway.proxies import NO_PROXIES, Proxies
from firmtrack.gateway.site import Site
from firmtrack.gateway.spool import BLOCK_BYTES, NoRoom, Room, Spool
from firmtrack.gateway.working import Answer, Call, Lane, Workers, brief, busy


class _Left(Exception):
    """The client has left before its request was whole."""


class Gateway:
    """Answers by a WSGI application, that of the site.

    ``proxies`` are believed who a client is.
    """

    def __init__(self, site: Site, limits: Limits, proxies: Proxies = NO_PROXIES) -> None:
        self.limits = limits
        self.room = Room(limits.spool_bytes)
        self.long_room = Room(limits.spool_bytes)  # whoever fills it keeps no body from being read
        self.workers = Workers(site.application, limits, site.passes)
        self._site = site
        self._proxies = proxies

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Answer a request."""
        assert scope["type"] == "http"
        body_bytes = _body_bytes(scope)
        most_bytes = min(self.limits.body_bytes, self._site.body_bytes_of(scope))
        is_read = body_bytes is not None and body_bytes <= most_bytes
        body = Spool(self.room, self.limits.memory_bytes) if is_read and body_bytes else None
        is_whole = False
        try:
            if body is not None:
                await self._read(receive, body)
            is_whole = is_read
            answer = await self._answer(scope, receive, body)
        except TimeoutError:
            answer = brief(408, "Request Timeout")
        except NoRoom:
            answer = busy()
        except _Left:
            return
        finally:
            if body is not None:
                body.close()
        try:
            if is_whole:
                await self._send(answer, send)
            else:
                await self._refuse(answer, receive, send)
        finally:
            if isinstance(answer.body, Spool):
                answer.body.close()

    async def _read(self, receive: ASGIReceiveCallable, body: Spool) -> None:
        """Read all of a body. Raises TimeoutError, NoRoom, _Left."""
        loop, limits = asyncio.get_running_loop(), self.limits
        began_at = loop.time()
        async with asyncio.timeout_at(began_at + limits.body_seconds) as limit:
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise _Left
                body.write(message["body"])
                if not message["more_body"]:
                    break
                earned_seconds = body.size_bytes / limits.slowest_bytes_a_second
                limit.reschedule(began_at + limits.body_seconds + earned_seconds)
        body.file.seek(0)

    async def _answer(
        self, scope: HTTPScope, receive: ASGIReceiveCallable, body: Spool | None
    ) -> Answer:
        """Have the request answered, by a thread that works."""
        environ = environ_of(scope, self._proxies)
        environ["wsgi.input"] = BytesIO() if body is None else body.file
        lane = self._site.lane_of(scope["raw_path"])
        call = Call(environ, self.long_room if lane is Lane.LONG else self.room, lane)
        self.workers.ask(call)
        if lane is not Lane.LONG:
            return await call.answer
        watching = asyncio.create_task(_watch(call, receive))
        try:
            return await call.answer
        finally:
            watching.cancel()

    async def _send(self, answer: Answer, send: ASGISendCallable, *, ends: bool = True) -> None:
        """Send the answer, as the client takes it."""
        await send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": answer.headers,
                "trailers": False,
            }
        )
        rest = answer.body
        if isinstance(rest, Spool):
            rest.file.seek(0)
            while block := rest.file.read(BLOCK_BYTES):
                await send({"type": "http.response.body", "body": block, "more_body": True})
            rest = b""
        await send({"type": "http.response.body", "body": rest, "more_body": not ends})

    async def _refuse(
        self, answer: Answer, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Answer what is not read to its end, and end the connection.

        To close while octets come would have the kernel take back what the client has not read.
        """
        answer.headers.append((b"connection", b"close"))
        await self._send(answer, send, ends=False)
        with suppress(TimeoutError):
            async with asyncio.timeout(self.limits.linger_seconds):
                while (message := await receive())["type"] == "http.request":
                    if not message["more_body"]:
                        break
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _body_bytes(scope: HTTPScope) -> int | None:
    """Return how long the body is, None if that is not said."""
    size_bytes = 0
    for name, value in scope["headers"]:
        if name == b"transfer-encoding":
            return None
        if name == b"content-length" and value.isdigit():
            size_bytes = int(value)
    return size_bytes


async def _watch(call: Call, receive: ASGIReceiveCallable) -> None:
    """Have the call know when the client leaves."""
    while (await receive())["type"] != "http.disconnect":
        pass
    call.is_wanted = False

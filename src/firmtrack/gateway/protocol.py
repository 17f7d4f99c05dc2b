"""Uvicorn's connection with the limits that it lacks: for heads, and for answers not taken."""

import asyncio
import socket
import struct
from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from firmtrack.gateway.limits import Limits

_PIPELINED = 16
_DISCARD = struct.pack("ii", 1, 0)  # what the client has not taken, the kernel need not keep


class LimitedProtocol(HttpToolsProtocol):
    """A connection, which its application's ``limits`` hold for. See ``Limits``."""

    _head_bytes = 0  # of a head that is not whole
    _is_in_body = False
    _head_timer: asyncio.TimerHandle | None = None
    _unread_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # a stream’s is always one that writes, too
        """Wait for a first request, as long as for any other."""
        super().connection_made(transport)
        self._limits = cast("Limits", self.config.app.limits)  # type: ignore[union-attr]  # this server runs one kind of application
        transport.set_write_buffer_limits(high=0)  # told of every octet that is not taken at once
        self._head_timer = self.loop.call_later(self._limits.idle_seconds, self._end)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._stop_head_timer()
        self._stop_unread_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, and watch how much, and how long, what is no whole head yet grows."""
        if not self._is_in_body:
            if not self._head_bytes:
                self._stop_head_timer()
            self._head_bytes += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._head_bytes > self._limits.head_bytes:
            self._refuse(b"431 Request Header Fields Too Large")
        elif len(self.pipeline) > _PIPELINED:
            self._abort()
        elif self._head_bytes and self._head_timer is None:
            self._head_timer = self.loop.call_later(self._limits.head_seconds, self._end)

    def on_message_begin(self) -> None:
        """Begin a head, maybe in the midst of what came at once."""
        self._head_bytes = self._head_bytes or 1
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """End a head."""
        self._stop_head_timer()
        self._head_bytes = 0
        self._is_in_body = True
        super().on_headers_complete()
        if self.parser.should_upgrade():  # to another protocol, of which none is spoken here
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """End a body, which may be empty."""
        self._is_in_body = False
        super().on_message_complete()

    def pause_writing(self) -> None:
        """Wait, for some time, until the client takes what was sent."""
        super().pause_writing()
        self._unread_timer = self.loop.call_later(self._limits.unread_seconds, self._abort)

    def resume_writing(self) -> None:
        """Go on: it has taken all of it."""
        self._stop_unread_timer()
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """End a connection that has asked no more."""
        self._end()

    def _end(self) -> None:
        """End a connection on which a head is waited for."""
        self._head_timer = None
        if self._head_bytes:
            self._refuse(b"408 Request Timeout")
        else:
            self.transport.abort()

    def _refuse(self, status: bytes) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(
                b"HTTP/1.1 %b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status
            )
            self.transport.close()
        else:
            self._abort()

    def _abort(self) -> None:
        opened = cast("socket.socket", self.transport.get_extra_info("socket"))
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _DISCARD)
        self.transport.abort()

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _stop_unread_timer(self) -> None:
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None

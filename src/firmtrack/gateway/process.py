"""A process that answers: uvicorn, until it is told to stop."""

import os
import signal
import socket
from collections.abc import Callable, Mapping
from types import FrameType
from wsgiref.types import WSGIApplication

import uvicorn

from firmtrack.gateway.application import Gateway
from firmtrack.gateway.limits import Limits
from firmtrack.gateway.listening import BACKLOG
from firmtrack.gateway.protocol import LimitedProtocol
from firmtrack.gateway.proxies import NO_PROXIES, Proxies
from firmtrack.gateway.working import Lane

_LOOK_SECONDS = 1


class Process(uvicorn.Server):
    """Answers what comes to a socket by a WSGI application, until it is told to stop."""

    def __init__(
        self,
        application: WSGIApplication,
        lane_of: Callable[[bytes], Lane],
        limits: Limits,
        proxies: Proxies = NO_PROXIES,
    ) -> None:
        self.gateway = Gateway(application, lane_of, limits, proxies)
        self._parent = os.getppid()
        super().__init__(
            uvicorn.Config(
                self.gateway,
                http=LimitedProtocol,
                ws="none",
                interface="asgi3",
                lifespan="off",
                loop="asyncio",
                log_config=None,
                log_level="error",
                access_log=False,
                proxy_headers=False,  # ``proxies`` are read by us
                server_header=False,
                backlog=BACKLOG,
                limit_concurrency=limits.connections + 1,
                timeout_keep_alive=limits.idle_seconds,
                callback_notify=self._look,
                timeout_notify=_LOOK_SECONDS,
            )
        )

    def answer(self, listener: socket.socket, threads: Mapping[Lane, int]) -> None:
        """Answer, with so many threads each; return when told to stop and all asked for is done."""
        self.gateway.workers.start(threads)
        self.run(sockets=[listener])
        self.gateway.workers.stop()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop, but end what was asked for; the second signal that comes says nothing new."""
        del sig, frame
        self.should_exit = True

    def stop_on(self, number: signal.Signals) -> None:
        """Have this signal stop it, already before it runs; for the main thread."""
        signal.signal(number, self.handle_exit)

    async def _look(self) -> None:
        if os.getppid() != self._parent:
            self.should_exit = True

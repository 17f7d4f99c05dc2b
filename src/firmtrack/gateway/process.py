"""A process that answers: uvicorn, until it is told to stop."""

import os
import signal
import socket
from collections.abc import Mapping
from types import FrameType

import uvicorn

from firmtrack.gateway.application import Gateway
from firmtrack.gateway.limits import Limits
from firmtrack.gateway.listening import BACKLOG
from firmtrack.gateway.protocol import LimitedProtocol
from firmtrack.gateway.proxies import NO_PROXIES, Proxies
from firmtrack.gateway.site import Site
from firmtrack.gateway.working import Lane

_LOOK_SECONDS = 1
_ORPHANED_SECONDS = 5


class Process(uvicorn.Server):
    """Answers what comes to a socket by a site's application, until it is told to stop."""

    def __init__(self, site: Site, limits: Limits, proxies: Proxies = NO_PROXIES) -> None:
        self.gateway = Gateway(site, limits, proxies)
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
        self._stop()

    def stop_on(self, number: signal.Signals) -> None:
        """Have this signal stop it, already before it runs; for the main thread."""
        signal.signal(number, self.handle_exit)

    async def _look(self) -> None:
        if os.getppid() != self._parent:
            self._stop()

    def _stop(self) -> None:
        if os.getppid() != self._parent and not self.should_exit:
            signal.alarm(_ORPHANED_SECONDS)  # then the kernel ends it: nobody else would
        self.should_exit = True

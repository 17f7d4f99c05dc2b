"""``python -m bench.slow_crowd``: clients that ask and then do nothing, kept at their number.

One process, one thread, as cheap as it can be: it shares the machine with what it disturbs. It says
when all are connected; told to end, it says what processor time it took.
"""

import json
import resource
import select
import signal
import socket
import sys
import time
from dataclasses import dataclass, field

_AT_ONCE = 100
_SMALLEST_BUFFER = 4_096
_SPARE_FILES = 100
_PAUSE_SECONDS = 0.02


@dataclass(slots=True)
class Crowd:
    """So many clients of one port, from these addresses in turn, each with one thing to say."""

    port: int
    count: int
    addresses: list[str]
    said: list[bytes]
    epoll: select.epoll = field(default_factory=select.epoll)
    clients: dict[int, socket.socket] = field(default_factory=dict)
    made: int = 0

    def go_on(self) -> None:
        """Replace who was sent away, for ever, once all are there."""
        is_told = False
        while True:
            for _ in range(min(_AT_ONCE, self.count - len(self.clients))):
                self._connect()
            if not is_told and len(self.clients) == self.count:
                is_told = True
                print("ready", flush=True)
            for descriptor, event in self.epoll.poll(_PAUSE_SECONDS):
                self._hear(descriptor, event)
            time.sleep(_PAUSE_SECONDS)

    def _connect(self) -> None:
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALLEST_BUFFER)
        client.setblocking(False)  # noqa: FBT003  # the library's signature
        client.bind((self.addresses[self.made % len(self.addresses)], 0))
        client.connect_ex(("127.0.0.1", self.port))
        self.clients[client.fileno()] = client
        self.epoll.register(client, select.EPOLLOUT)
        self.made += 1

    def _hear(self, descriptor: int, event: int) -> None:
        client = self.clients[descriptor]
        if event & (select.EPOLLERR | select.EPOLLHUP | select.EPOLLRDHUP):
            self.epoll.unregister(descriptor)
            del self.clients[descriptor]
            client.close()
        elif event & select.EPOLLOUT:
            client.send(self.said[self.made % len(self.said)])
            self.epoll.modify(descriptor, select.EPOLLRDHUP)


def main() -> None:
    """Be the crowd that standard input describes."""
    asked = json.loads(sys.stdin.readline())
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, asked["count"] + _SPARE_FILES), most))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    crowd = Crowd(
        asked["port"],
        asked["count"],
        asked["addresses"],
        [each.encode() for each in asked["said"]],
    )
    try:
        crowd.go_on()
    finally:
        print(json.dumps({"seconds": time.process_time(), "made": crowd.made}), flush=True)


if __name__ == "__main__":
    main()

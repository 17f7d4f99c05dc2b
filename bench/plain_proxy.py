"""``python -m bench.plain_proxy PORT TARGET``: carries connections on, so that all are one's."""

import resource
import select
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass, field

_BLOCK_BYTES = 65_536
_FILES = 20_000


@dataclass(slots=True)
class Proxy:
    """Carries what comes to a listener to a port, and holds back what is not taken."""

    listener: socket.socket
    target: int
    epoll: select.epoll = field(default_factory=select.epoll)
    ends: dict[int, tuple[socket.socket, socket.socket]] = field(default_factory=dict)
    held: dict[int, bytes] = field(default_factory=dict)  # what an end has not taken yet

    def carry(self) -> None:
        """Carry on for ever."""
        self.epoll.register(self.listener, select.EPOLLIN)
        while True:
            for descriptor, event in self.epoll.poll():
                if descriptor == self.listener.fileno():
                    self._accept()
                elif descriptor in self.ends:
                    self._go_on(descriptor, event)

    def _accept(self) -> None:
        client, _ = self.listener.accept()
        server = socket.create_connection(("127.0.0.1", self.target))
        for one, other in ((client, server), (server, client)):
            one.setblocking(False)  # noqa: FBT003  # the library's signature
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.ends[one.fileno()] = one, other
            self.epoll.register(one, select.EPOLLIN)

    def _go_on(self, descriptor: int, event: int) -> None:
        one, other = self.ends[descriptor]
        try:
            if descriptor in self.held and event & select.EPOLLOUT:
                self._send_held(one, other)
            elif not self._pass_on(one, other):
                self._end(one, other)
        except OSError:
            self._end(one, other)

    def _send_held(self, one: socket.socket, other: socket.socket) -> None:
        rest = self.held.pop(one.fileno())
        rest = rest[one.send(rest) :]
        if rest:
            self.held[one.fileno()] = rest
        else:
            self.epoll.modify(one, select.EPOLLIN)
            self.epoll.modify(other, select.EPOLLIN)

    def _pass_on(self, one: socket.socket, other: socket.socket) -> bool:
        """Return whether there was anything."""
        data = one.recv(_BLOCK_BYTES)
        sent = 0
        with suppress(BlockingIOError):
            sent = other.send(data)
        if sent < len(data):
            self.held[other.fileno()] = data[sent:]
            self.epoll.modify(one, 0)
            self.epoll.modify(other, select.EPOLLOUT)
        return bool(data)

    def _end(self, *pair: socket.socket) -> None:
        for each in pair:
            self.ends.pop(each.fileno(), None)
            self.held.pop(each.fileno(), None)
            each.close()


def main() -> None:
    """Carry on until it is ended."""
    port, target = map(int, sys.argv[1:])
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, _FILES), most))
    with socket.create_server(("127.0.0.1", port), backlog=4_096) as listener:
        print("ready", flush=True)
        Proxy(listener, target).carry()


if __name__ == "__main__":
    main()

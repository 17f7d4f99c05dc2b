"""The sockets that processes accept connections from, and what those inherit of them."""

import resource
import socket

BACKLOG = 4_096
"""Connections that wait to be accepted."""

# The kernel's part of an answer that is not read. A line of 40 ms takes 6 MB a second by it.
_SEND_BUFFER_BYTES = 128 * 1024
_UNTAKEN_MILLISECONDS = 60_000  # then the kernel, too, gives up what a client does not take
_OTHER_FILES = 512  # of a process, beside a socket and a file for each connection


def bound(host: str, port: int, count: int) -> list[socket.socket]:
    """Return sockets that have the address, one for each process. Raises OSError.

    The kernel shares connections out among them. They do not listen yet.
    """
    first = _made(host, port, may_share=False)  # so another server's address is not shared
    first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    host, port = first.getsockname()[:2]
    return [first, *(_made(host, port, may_share=True) for _ in range(count - 1))]


def listen(listeners: list[socket.socket]) -> None:
    """Let clients connect from now on, to all alike: to one alone until the others follow, else."""
    for listener in listeners:
        listener.listen(BACKLOG)


def _made(host: str, port: int, *, may_share: bool) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, may_share)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNTAKEN_MILLISECONDS)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


def connections_at_most(wanted: int) -> int:
    """Return how many connections, up to ``wanted``, a process has descriptors for.

    Raises this process's own limit, and so that of its forks, as far as it may.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 2 * wanted + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return wanted if soft == resource.RLIM_INFINITY else min(wanted, (soft - _OTHER_FILES) // 2)

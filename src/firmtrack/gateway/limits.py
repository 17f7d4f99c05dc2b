"""What a connection may take: the limits of each of its phases, with the reason of each."""

from dataclasses import dataclass

_KIBIBYTE = 1024
_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of one process. Sizes are octets, times are seconds."""

    connections: int = 10_000
    """Open at a time; who asks on one more is told to come again, and it ends."""

    idle_seconds: int = 60
    """Without a request, from the connection's beginning or the last answer on: people read."""

    head_bytes: int = 64 * _KIBIBYTE
    """A request's line and headers; the longest that a browser of ours sends has 4 KiB."""

    head_seconds: float = 20.0
    """For all of the head, from its first octet on: it fits into a few packets."""

    body_bytes: int = 32 * _MEBIBYTE
    """A body that is read; one that says that it is larger is refused by what it is sent to."""

    body_seconds: float = 20.0
    """For a body, and besides as long as it takes at ``slowest_bytes_a_second``."""

    slowest_bytes_a_second: int = 4 * _KIBIBYTE
    """Slower than any line in use: 16 MiB in an hour."""

    wait_seconds: float = 30.0
    """For a thread that works: who waits longer is told to come again."""

    unread_seconds: float = 30.0
    """For a client to take the next 64 KiB of its answer, beyond what the kernel keeps."""

    linger_seconds: float = 2.0
    """For a client to read that its request was refused, while it goes on sending it."""

    memory_bytes: int = 64 * _KIBIBYTE
    """Of a body, and of an answer, of one connection; what is larger goes into a file."""

    spool_bytes: int = 1024 * _MEBIBYTE
    """Of all files of a process; of long answers, as much again. Who needs more comes again."""

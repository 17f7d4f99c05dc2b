"""What an application answers, as octets: the head, and how the body is framed."""

import time
from collections.abc import Callable, Sequence
from email.utils import formatdate
from typing import TypeAlias

Headers: TypeAlias = Sequence[tuple[str, str]]

_NO_BODY = frozenset({"204", "304"})


class Started:
    """What the application says before the body: WSGI's ``start_response``, which this is."""

    def __init__(self) -> None:
        self.status = ""
        self.headers: Headers = ()

    def __call__(
        self, status: str, headers: list[tuple[str, str]], exc_info: object = None
    ) -> Callable[[bytes], object]:
        """Keep them. The way of answering that WSGI keeps for old applications is not offered."""
        del exc_info
        self.status, self.headers = status, headers
        return _refuse_to_write

    @property
    def has_body(self) -> bool:
        """Whether such an answer ever has a body."""
        return self.status[:3] not in _NO_BODY

    @property
    def length(self) -> int | None:
        """How many octets the body has, None if that is not said."""
        for name, value in self.headers:
            if name.lower() == "content-length":
                return int(value)
        return None


def head_of(status: str, headers: Headers, *, framing: Headers = ()) -> bytes:
    """Return the head of an answer, with the headers that say how it is framed."""
    lines = [f"HTTP/1.1 {status}"]
    lines += [f"{name}: {value}" for name, value in headers]
    lines += [f"{name}: {value}" for name, value in framing]
    lines.append(f"Date: {_Clock.date()}\r\n\r\n")
    return "\r\n".join(lines).encode("latin-1")


def brief(status: str, headers: Headers = ()) -> bytes:
    """Return a whole answer of the server's own, after which the connection ends."""
    body = f"{status[4:]}.\n"
    framing = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Connection", "close"),
    ]
    return head_of(status, headers, framing=framing) + body.encode("ascii")


def chunk(data: bytes) -> bytes:
    """Return the octets as one chunk (RFC 9112, section 7.1); an empty one would be the last."""
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"


class _Clock:
    """The date of answers, made once a second."""

    _second = 0
    _date = ""

    @classmethod
    def date(cls) -> str:
        now = int(time.time())
        if now != cls._second:
            cls._date = formatdate(now, usegmt=True)
            cls._second = now
        return cls._date


def _refuse_to_write(_data: bytes) -> object:
    raise NotImplementedError

"""The web server as its clients meet it: uvicorn's loop in a thread, a small application."""

import gzip
import re
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event, Thread
from typing import Any
from wsgiref.types import StartResponse

import pytest

from firmtrack.gateway.encodings import zstd
from firmtrack.gateway.limits import Limits
from firmtrack.gateway.listening import bound
from firmtrack.gateway.process import Process
from firmtrack.gateway.site import Site
from firmtrack.gateway.working import Lane

_PATIENCE_SECONDS = 60.0
_USUAL = Limits()
_NO_TIME = Limits(
    linger_seconds=0.1, idle_seconds=1, head_seconds=0.2, body_seconds=0.2, unread_seconds=0.2
)
_LONG = b"x" * 40_000_000  # more than the kernel keeps for a client that reads nothing

_TEXT = b"Device ID,Current Status\r\n" * 1_000


class Application:
    """An application that keeps what it was asked, and answers by the path."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.bodies: list[bytes] = []
        self.gate = Event()
        self.has_ended = Event()

    def __call__(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        self.asked.append(environ)
        self.bodies.append(environ["wsgi.input"].read())
        answer: Callable[[StartResponse], Iterable[bytes]] = getattr(
            self, "_" + environ["PATH_INFO"].strip("/").removesuffix(".csv"), self._short
        )
        return answer(start)

    def _short(self, start: StartResponse) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
        return [b"he", b"llo"]

    def _empty(self, start: StartResponse) -> Iterable[bytes]:
        start("304 Not Modified", [("ETag", '"1"')])
        return []

    def _gated(self, start: StartResponse) -> Iterable[bytes]:
        self.gate.wait(_PATIENCE_SECONDS)
        return self._short(start)

    def _large(self, start: StartResponse) -> Iterable[bytes]:
        start("200 OK", [("Content-Length", str(len(_LONG)))])
        return [_LONG]

    def _parts(self, start: StartResponse) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", "text/csv")])
        return iter([b"a,b\r\n", b"", b"1,2\r\n"])

    def _text(self, start: StartResponse) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", "text/csv"), ("Content-Length", str(len(_TEXT)))])
        return [_TEXT]

    def _texts(self, start: StartResponse) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", "text/csv")])
        return iter([_TEXT] * 200)

    def _endless(self, start: StartResponse) -> Iterable[bytes]:
        start("200 OK", [])
        return self._endless_parts()

    def _endless_parts(self) -> Iterator[bytes]:
        try:
            while True:
                yield b"x" * 100_000
        finally:
            self.has_ended.set()

    def _broken(self, start: StartResponse) -> Iterable[bytes]:
        start("200 OK", [])
        return self._broken_parts()

    def _broken_parts(self) -> Iterator[bytes]:
        yield b"a part"
        raise RuntimeError

    def _passing(self, _start: StartResponse) -> Iterable[bytes]:
        raise TimeoutError

    def _failing(self, _start: StartResponse) -> Iterable[bytes]:
        raise RuntimeError


def lane_of(path: bytes) -> Lane:
    return Lane.LONG if path.endswith(b".csv") else Lane.USUAL


class Served:
    """A running server, and what its application was asked."""

    def __init__(self, process: Process, application: Application, port: int) -> None:
        self.process = process
        self.application = application
        self._port = port

    def connected(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self._port))
        connection.settimeout(_PATIENCE_SECONDS)
        return connection

    def asked(self, octets: bytes) -> bytes:
        """Return all that comes back for these octets, until the server ends the connection."""
        with self.connected() as connection:
            connection.sendall(octets)
            return until_closed(connection)


@contextmanager
def serving(limits: Limits = _USUAL, threads: int = 2) -> Iterator[Served]:
    (listener,) = bound("127.0.0.1", 0, 1)
    port = listener.getsockname()[1]
    application = Application()
    site = Site(
        application=application,
        lane_of=lane_of,
        body_bytes_of=lambda scope: 10 if scope["raw_path"] == b"/small" else 1 << 30,
        passes=lambda error: isinstance(error, TimeoutError),
    )
    process = Process(site, limits)
    thread = Thread(target=process.answer, args=(listener, {Lane.USUAL: threads, Lane.LONG: 1}))
    thread.start()
    try:
        wait_until(lambda: process.started, "it listens")
        yield Served(process, application, port)
    finally:
        application.gate.set()
        process.should_exit = True
        thread.join(_PATIENCE_SECONDS)
    assert not thread.is_alive()
    assert process.gateway.room.taken_bytes == process.gateway.long_room.taken_bytes == 0


@pytest.fixture
def served() -> Iterator[Served]:
    with serving() as found:
        yield found


def until_closed(connection: socket.socket) -> bytes:
    answer = b""
    while more := connection.recv(1 << 20):
        answer += more
    return answer


def until_said(connection: socket.socket, end: bytes) -> None:
    answer = b""
    while not answer.endswith(end):
        answer += connection.recv(1 << 20)


def get(path: str, *headers: str, version: str = "1.1") -> bytes:
    lines = [f"GET {path} HTTP/{version}", "Host: test", *headers, "", ""]
    return "\r\n".join(lines).encode()


def post(body: bytes, *headers: str, path: str = "/") -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: test",
        f"Content-Length: {len(body)}",
        *headers,
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + body


_END = "Connection: close"


def test_an_answer_has_what_the_application_says_a_date_and_its_body(served: Served) -> None:
    answer = served.asked(get("/", _END))
    assert re.sub(rb"date: [^\r]+ GMT", b"date: now", answer) == (
        b"HTTP/1.1 200 OK\r\ndate: now\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n"
        b"connection: close\r\n\r\nhello"
    )


def test_the_application_is_told_what_was_asked_and_by_whom(served: Served) -> None:
    with served.connected() as connection:
        connection.sendall(
            get("/a%20%C3%A9?q=%20", _END, "X-Twice: 1", "X-Twice: 2", "Cookie: a", "Cookie: b")
        )
        until_closed(connection)
        (asked,) = served.application.asked
    assert asked["PATH_INFO"] == "/a é".encode().decode("latin-1")
    assert asked["QUERY_STRING"] == "q=%20"
    assert (asked["HTTP_X_TWICE"], asked["HTTP_COOKIE"]) == ("1,2", "a; b")
    assert asked["REMOTE_ADDR"] == "127.0.0.1"
    assert asked["wsgi.url_scheme"] == "http"


def test_a_header_that_would_pass_for_another_is_left_out(served: Served) -> None:
    served.asked(get("/", _END, "X_Forwarded_For: 9.9.9.9"))
    assert "HTTP_X_FORWARDED_FOR" not in served.application.asked[0]


def test_where_a_proxy_says_that_a_client_is_changes_nothing(served: Served) -> None:
    served.asked(get("/", _END, "X-Forwarded-For: 9.9.9.9", "X-Real-IP: 9.9.9.9"))
    assert served.application.asked[0]["REMOTE_ADDR"] == "127.0.0.1"


def test_a_connection_is_kept_and_its_requests_are_answered_in_their_order(served: Served) -> None:
    answer = served.asked(get("/") + get("/parts") + post(b"body") + get("/empty", _END))
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"200", b"200", b"200", b"304"]
    assert [asked["PATH_INFO"] for asked in served.application.asked] == [
        "/",
        "/parts",
        "/",
        "/empty",
    ]
    assert served.application.bodies[2] == b"body"


@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_an_answer_of_unknown_length_has_its_length_when_it_is_sent(
    served: Served, version: str
) -> None:
    answer = served.asked(get("/parts", _END, version=version))
    assert b"\r\ncontent-length: 10\r\n" in answer
    assert answer.endswith(b"\r\n\r\na,b\r\n1,2\r\n")


def test_to_head_the_head_alone_is_the_answer(served: Served) -> None:
    answer = served.asked(get("/", _END).replace(b"GET", b"HEAD"))
    assert b"content-length: 5" in answer
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(("path", "times"), [("/text", 1), ("/texts", 200), ("/texts.csv", 200)])
@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_who_takes_it_compressed_gets_all_of_it_so(
    served: Served, path: str, times: int, coding: str
) -> None:
    answer = served.asked(get(path, _END, f"Accept-Encoding: {coding}"))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert f"content-encoding: {coding}".encode() in head
    assert f"content-length: {len(body)}".encode() in head
    assert b"vary: Accept-Encoding" in head
    unpack = gzip.decompress if coding == "gzip" else zstd.decompress
    assert unpack(body) == _TEXT * times
    assert len(body) < len(_TEXT) * times / 50


def test_head_of_what_is_compressed_says_so_without_its_length(served: Served) -> None:
    answer = served.asked(get("/text", _END, "Accept-Encoding: gzip").replace(b"GET", b"HEAD"))
    assert b"content-encoding: gzip" in answer
    assert b"content-length" not in answer
    assert b"transfer-encoding" not in answer
    assert answer.endswith(b"\r\n\r\n")


def test_a_body_that_waits_for_a_word_gets_it(served: Served) -> None:
    head, body = post(b"body", _END, "Expect: 100-continue").split(b"\r\n\r\n")
    with served.connected() as connection:
        connection.sendall(head + b"\r\n\r\n")
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert until_closed(connection).endswith(b"hello")
    assert served.application.bodies == [b"body"]


@pytest.mark.parametrize("size", [1, 65_536, 65_537, 5_000_000])
def test_a_body_is_whole_whatever_its_size(served: Served, size: int) -> None:
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    assert served.asked(post(body, _END)).endswith(b"hello")
    assert served.application.bodies == [body]


def test_a_body_without_a_length_is_not_read_and_the_application_says_what_of_it(
    served: Served,
) -> None:
    answer = served.asked(
        b"POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5\r\nhello\r\n0\r\n\r\n"
    )
    assert answer.endswith(b"hello")
    assert b"connection: close" in answer
    assert "CONTENT_LENGTH" not in served.application.asked[0]
    assert served.application.bodies == [b""]


def test_a_body_that_is_too_large_is_not_read_and_the_application_says_so() -> None:
    with serving(replace(_USUAL, body_bytes=10)) as served:
        answer = served.asked(post(b"x" * 1_000_000))
    assert b"connection: close" in answer
    assert served.application.asked[0]["CONTENT_LENGTH"] == "1000000"
    assert served.application.bodies == [b""]


@pytest.mark.parametrize(
    ("octets", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", b"400"),
        (
            b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"400",
        ),
        (b"GET //[ HTTP/1.1\r\nHost: test\r\nX: " + b"x" * 70_000, b"431"),
        (b"CONNECT test:80 HTTP/1.1\r\nHost: test\r\n\r\n", b"400"),
    ],
)
def test_what_is_no_request_is_refused(served: Served, octets: bytes, status: bytes) -> None:
    answer = served.asked(octets)
    assert answer.split()[1] == status, answer
    assert served.application.asked == []


def test_a_request_for_another_protocol_is_answered_in_this_one(served: Served) -> None:
    answer = served.asked(get("/", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c"))
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert answer.endswith(b"hello")


def test_a_failure_is_told_and_the_next_request_is_answered(served: Served) -> None:
    assert served.asked(get("/failing")).startswith(b"HTTP/1.1 500 ")
    assert served.asked(get("/", _END)).endswith(b"hello")


def test_after_a_failure_that_passes_the_client_is_told_to_come_again(served: Served) -> None:
    answer = served.asked(get("/passing"))
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nretry-after: " in answer


def test_a_body_that_is_too_large_for_where_it_is_sent_is_not_read(served: Served) -> None:
    answer = served.asked(post(b"x" * 11, path="/small"))
    assert b"connection: close" in answer
    assert served.asked(post(b"x" * 10, _END, path="/small")).endswith(b"hello")
    assert served.application.bodies == [b"", b"x" * 10]


def test_an_answer_that_breaks_off_is_a_failure(served: Served) -> None:
    assert served.asked(get("/broken")).startswith(b"HTTP/1.1 500 ")


def test_an_answer_without_end_is_given_up_when_there_is_no_room() -> None:
    with serving(replace(_USUAL, spool_bytes=1_000_000)) as served:
        assert served.asked(get("/endless")).startswith(b"HTTP/1.1 503 ")
        assert served.application.has_ended.is_set()


@pytest.mark.parametrize(
    ("octets", "status"),
    [
        (b"", b""),
        (b"GET / HTTP/1.1\r\nHo", b"HTTP/1.1 408 Request Timeout"),
        (post(b"x" * 100)[:-1], b"HTTP/1.1 408 Request Timeout"),
    ],
)
def test_who_takes_too_long_with_a_request_is_cut_off(octets: bytes, status: bytes) -> None:
    with serving(_NO_TIME) as served:
        assert served.asked(octets).split(b"\r\n")[0] == status
    assert served.application.asked == []


def test_a_connection_that_asks_no_more_is_ended() -> None:
    with serving(_NO_TIME) as served:
        assert served.asked(get("/")).endswith(b"hello")


def test_an_answer_that_nobody_reads_is_given_up_and_leaves_nothing() -> None:
    with serving(_NO_TIME) as served, served.connected() as connection:
        connection.sendall(get("/large"))
        wait_until(lambda: served.process.gateway.room.taken_bytes > 0, "it is made")
        wait_until(lambda: served.process.gateway.room.taken_bytes == 0, "its file is gone")
        wait_until(lambda: not served.process.server_state.connections, "so is the connection")


def test_a_client_that_leaves_ends_the_making_of_its_answer(served: Served) -> None:
    with served.connected() as connection:
        connection.sendall(get("/endless.csv"))
        wait_until(lambda: served.process.gateway.long_room.taken_bytes > 0, "it is being made")
    assert served.application.has_ended.wait(_PATIENCE_SECONDS)


def test_a_large_answer_arrives_whole(served: Served) -> None:
    assert served.asked(get("/large", _END)).endswith(b"\r\n\r\n" + _LONG)


def test_who_waits_too_long_for_a_thread_is_told_to_come_again() -> None:
    with serving(replace(_USUAL, wait_seconds=0.0), threads=1) as served:
        answer = served.asked(get("/"))
    assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"\r\nretry-after: 10\r\n" in answer


def test_what_may_last_keeps_no_thread_from_the_rest() -> None:
    with serving(threads=1) as served, served.connected() as long:
        long.sendall(get("/gated.csv"))
        wait_until(lambda: bool(served.application.asked), "it was asked")
        assert served.asked(get("/", _END)).endswith(b"hello")


def test_without_room_for_files_what_is_large_is_refused_and_the_rest_answered() -> None:
    with serving(replace(_USUAL, spool_bytes=0)) as served:
        assert served.asked(get("/large")).startswith(b"HTTP/1.1 503 ")
        assert served.asked(post(b"x" * 70_000)).startswith(b"HTTP/1.1 503 ")
        assert served.asked(post(b"x" * 60_000, _END)).endswith(b"hello")


def test_more_connections_than_allowed_are_told_to_come_again() -> None:
    with serving(replace(_USUAL, connections=1)) as served, served.connected() as first:
        first.sendall(get("/"))
        until_said(first, b"hello")
        assert served.asked(get("/")).startswith(b"HTTP/1.1 503 ")
        first.sendall(get("/"))
        until_said(first, b"hello")


def test_empty_lines_keep_no_connection() -> None:
    with serving(_NO_TIME) as served, served.connected() as connection:
        connection.sendall(get("/"))
        until_said(connection, b"hello")
        connection.sendall(b"\r\n")
        assert until_closed(connection).startswith(b"HTTP/1.1 408 ")


def test_who_asks_very_much_at_once_is_cut_off(served: Served) -> None:
    with served.connected() as connection:
        connection.sendall(get("/gated") * 20)
        with pytest.raises(ConnectionResetError):
            connection.recv(1_000)


def test_an_address_is_shared_among_the_processes_of_one_server_only() -> None:
    listeners = bound("127.0.0.1", 0, 2)
    with listeners[0], listeners[1]:
        for listener in listeners:
            listener.listen()
        with pytest.raises(OSError, match="in use"):
            bound("127.0.0.1", listeners[0].getsockname()[1], 2)


def test_to_stop_ends_the_answer_that_is_being_made_and_every_connection_that_rests() -> None:
    with serving() as served, served.connected() as resting, served.connected() as asking:
        asking.sendall(get("/gated"))
        wait_until(lambda: bool(served.application.asked), "it was asked")
        served.process.should_exit = True
        assert until_closed(resting) == b""
        served.application.gate.set()
        answer = until_closed(asking)
    assert answer.endswith(b"hello")
    assert b"connection: close" in answer


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, f"in vain waited until {what}"
        time.sleep(0.01)

"""A real HTTP receiver, as a party may run one: it can be down, slow, moody or gone."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple, Self


class Call(NamedTuple):
    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def webhook_id(self) -> str:
        return self.headers["webhook-id"]


class Reply(NamedTuple):
    status: int = 204
    headers: Mapping[str, str] = {}
    after_seconds: float = 0.0


@dataclass
class Receiver:
    """Answers as ``reply`` says; ``taken`` holds the first call of each ID that it took."""

    reply: Callable[[Call], Reply] = lambda _: Reply()
    port: int = 0
    calls: list[Call] = field(default_factory=list)
    taken: dict[str, Call] = field(default_factory=dict)
    acknowledged: Counter[str] = field(default_factory=Counter)

    def __enter__(self) -> Self:
        lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                body = self.rfile.read(length)
                if len(body) < length:  # the caller was killed amid its call
                    self.close_connection = True
                    return
                headers = {name.lower(): value for name, value in self.headers.items()}
                call = Call(headers, body, time.monotonic())
                with lock:
                    receiver.calls.append(call)
                    reply = receiver.reply(call)
                if reply.after_seconds:
                    time.sleep(reply.after_seconds)  # slow on purpose
                with lock:
                    if reply.status // 100 == 2 and "webhook-id" in headers:
                        receiver.taken.setdefault(call.webhook_id, call)
                        receiver.acknowledged[call.webhook_id] += 1
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except OSError:  # the caller hung up, or was killed
                    self.close_connection = True

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/notices"

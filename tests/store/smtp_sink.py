"""A real SMTP server that keeps the mails that it takes, as a supplier’s own would."""

import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from types import TracebackType
from typing import Self


@dataclass
class SmtpSink:
    """Answers DATA as ``reply`` says: 250 takes the mail, which ``mails`` then has."""

    reply: Callable[[], str] = lambda: "250 taken"
    mails: list[Message] = field(default_factory=list)

    def __enter__(self) -> Self:
        sink = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self._say("220 sink")
                while line := self.rfile.readline():
                    verb = line.strip().upper()[:4]
                    if verb == b"DATA":
                        self._say("354 go on")
                        self._take()
                    elif verb == b"QUIT":
                        self._say("221 bye")
                        return
                    else:
                        self._say("250 yes")

            def _take(self) -> None:
                lines = []
                while (line := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(line.removeprefix(b"."))
                answer = sink.reply()
                if answer.startswith("250"):
                    sink.mails.append(message_from_bytes(b"".join(lines), policy=default))
                self._say(answer)

            def _say(self, text: str) -> None:
                self.wfile.write(f"{text}\r\n".encode())

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
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
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        return int(self._server.server_address[1])

    def texts(self) -> list[str]:
        """Return the texts of the mails, oldest first."""
        return [str(mail.get_content()) for mail in self.mails]  # type: ignore[attr-defined]  # of the policy

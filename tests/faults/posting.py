"""Clients that post messages until each is acknowledged, whatever happens to what they post to."""

import json
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException

_TIMEOUT_SECONDS = 15.0
_LONGEST_BATCH = 150
_BATCH_SHARE = 0.3
_AGAIN_SHARE = 0.02
_PAUSE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Posted:
    """A message to be posted: ``number`` is its place in the traffic."""

    number: int
    octets: bytes

    @property
    def media_type(self) -> str:
        return "application/json" if self.octets.startswith(b"{") else "application/xml"

    @property
    def line(self) -> bytes:
        """The message as a line of a batch."""
        if self.octets.startswith(b"{"):
            return self.octets
        return json.dumps({"xml": self.octets.decode()}).encode()


@dataclass
class Post:
    """What is still to be posted, and what has been acknowledged: number, message ID, outcome."""

    chance: random.Random
    waiting: deque[Posted]
    acknowledged: dict[int, tuple[str | None, str]] = field(default_factory=dict)
    status_urls: dict[int, str] = field(default_factory=dict)
    acknowledged_at: list[float] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    released_from: float = 0.0
    release_seconds: float = 0.0
    total: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _again: deque[Posted] = field(default_factory=deque)
    _released: int = 0

    @classmethod
    def of(cls, messages: Sequence[Posted], seed: int, seconds: float) -> "Post":
        """Return a post that hands the messages out evenly over so many seconds."""
        return cls(random.Random(seed), deque(messages), total=len(messages),
                   released_from=time.monotonic(), release_seconds=seconds)  # fmt: skip

    @property
    def is_done(self) -> bool:
        """Whether every message was acknowledged."""
        return len(self.acknowledged) == self.total

    def take(self) -> list[Posted]:
        """Return one message or some, out of order and now and then one that was taken before."""
        with self._lock:
            if not self.waiting and not self._again:
                return []
            is_batch = self.chance.random() < _BATCH_SHARE
            size = self.chance.randrange(2, _LONGEST_BATCH) if is_batch else 1
            size = min(size, self._allowed(), len(self.waiting))
            taken = [self.waiting.popleft() for _ in range(size)]
            self._released += len(taken)
            if self._again and (not taken or self.chance.random() < _AGAIN_SHARE * len(taken)):
                taken.append(self._again.popleft())
            self.chance.shuffle(taken)
            return taken

    def _allowed(self) -> int:
        """Return how many more messages may go out by now."""
        if self.release_seconds == 0:
            return _LONGEST_BATCH
        passed = (time.monotonic() - self.released_from) / self.release_seconds
        return max(0, int(passed * self.total) + 1 - self._released)

    def give_back(self, messages: Sequence[Posted], why: str) -> None:
        """Note that messages were not acknowledged: they are posted again."""
        with self._lock:
            self.refusals[why] += 1
            self.counts["repeated"] += len(messages)
            self._released -= len(messages)
            self.waiting.extendleft(messages)

    def note(self, message: Posted, message_id: str | None, outcome: str) -> None:
        """Note that a message was acknowledged."""
        with self._lock:
            self.counts[outcome] += 1
            if message.number not in self.acknowledged:
                self.acknowledged[message.number] = (message_id, outcome)
                if self.chance.random() < _AGAIN_SHARE:
                    self._again.append(message)
            self.acknowledged_at.append(time.monotonic())


class Client(threading.Thread):
    """Posts to one port after the other, a connection as long as it lasts, until told to stop."""

    def __init__(self, post: Post, ports: Sequence[int], token: str, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self._post, self._ports, self._token = post, ports, token
        self._chance = random.Random(name)
        self._over = threading.Event()
        self.failure: BaseException | None = None

    def stop(self) -> None:
        """Have it end after the call under way."""
        self._over.set()

    def run(self) -> None:
        """Post until told to stop."""
        try:
            while not self._over.is_set():
                connection = HTTPConnection(
                    "127.0.0.1", self._chance.choice(self._ports), timeout=_TIMEOUT_SECONDS
                )
                try:
                    self._use(connection)
                finally:
                    connection.close()
                self._over.wait(_PAUSE_SECONDS * self._chance.random())
        except BaseException as error:  # noqa: BLE001  # looked at by who started it
            self.failure = error

    def _use(self, connection: HTTPConnection) -> None:
        """Post over one connection until it fails."""
        while not self._over.is_set():
            messages = self._post.take()
            if not messages:
                self._over.wait(0.02)
                continue
            try:
                is_served = self._send(connection, messages)
            except (HTTPException, OSError, json.JSONDecodeError) as error:
                self._post.give_back(messages, type(error).__name__)
                return
            if not is_served:
                return

    def _send(self, connection: HTTPConnection, messages: Sequence[Posted]) -> bool:
        """Post the messages; return whether they were answered for."""
        if len(messages) == 1:
            path, body = "/api/v1/messages", messages[0].octets
            media_type = messages[0].media_type
        else:
            path, body = "/api/v1/messages/batch", b"\n".join(one.line for one in messages)
            media_type = "application/x-ndjson"
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": media_type}
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        answer = response.read()
        if response.status not in {200, 202, 422}:
            self._post.give_back(messages, str(response.status))
            return False
        lines = [json.loads(line) for line in answer.splitlines()]
        if len(lines) != len(messages):
            self._post.give_back(messages, "short answer")
            return False
        for message, line in zip(messages, lines, strict=True):
            if line.get("outcome") == "refused":  # the stream took others of the batch
                self._post.give_back([message], "refused")
                continue
            if "status_url" in line:
                self._post.status_urls[message.number] = line["status_url"]
            self._post.note(message, line.get("message_id"), line.get("outcome", "quarantined"))
        return True

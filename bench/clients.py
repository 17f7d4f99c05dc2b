"""Many clients at once, on sockets of their own, each asking again as soon as it is answered."""

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

from bench.processes import PORT
from bench.timing import percentile

CLIENTS = 16

_BLOCK = 65_536


@dataclass(frozen=True, slots=True)
class Load:
    """What the clients got together: how many answers a second, and how long each took."""

    rate: float
    seconds: Sequence[float]

    def milliseconds(self, hundredths: int) -> float:
        """Return within how many milliseconds so many in a hundred were answered."""
        return percentile(self.seconds, hundredths) * 1_000


def load(calls: Sequence[bytes], seconds: float, port: int = PORT) -> Load:
    """Return what the clients get in that time, the calls again and again."""
    until = time.monotonic() + seconds

    def calls_in_time(mine: Sequence[bytes]) -> Iterator[bytes]:
        for call in cycle(mine):
            yield call
            if time.monotonic() > until:
                return

    return _together(
        [calls_in_time(calls[number::CLIENTS] or calls) for number in range(CLIENTS)], port
    )


def send_all(calls: Sequence[bytes]) -> Load:
    """Return what the clients get who send each call once."""
    return _together([iter(calls[number::CLIENTS]) for number in range(CLIENTS)])


def _together(calls_of_clients: Sequence[Iterator[bytes]], port: int = PORT) -> Load:
    taken: list[list[float]] = [[] for _ in calls_of_clients]
    failures: list[BaseException] = []

    def client(calls: Iterator[bytes], mine: list[float]) -> None:
        try:
            with socket.create_connection(("127.0.0.1", port)) as connection:
                for call in calls:
                    asked = time.perf_counter()
                    answer_to(connection, call)
                    mine.append(time.perf_counter() - asked)
        except BaseException as error:  # noqa: BLE001  # raised below, where it ends the run
            failures.append(error)

    threads = [
        threading.Thread(target=client, args=each)
        for each in zip(calls_of_clients, taken, strict=True)
    ]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.monotonic() - started
    if failures:
        raise failures[0]
    seconds = [each for mine in taken for each in mine]
    return Load(len(seconds) / elapsed, seconds)


def answer_to(connection: socket.socket, call: bytes) -> bytes:
    """Return the whole answer to the call, which is a success."""
    connection.sendall(call)
    answer = connection.recv(_BLOCK)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), answer[:500]
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while len(body) < length:
        more = connection.recv(_BLOCK)
        assert more, answer
        body += more
        answer += more
    return answer

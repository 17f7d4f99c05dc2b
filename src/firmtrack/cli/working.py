"""``firmtrack worker``: takes messages from the stream."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from firmtrack.cli import stopping
from firmtrack.cli.options import AsJson, console, print_json
from firmtrack.cli.session import opened, set_up
from firmtrack.stream.names import BATCH_MESSAGES

if TYPE_CHECKING:
    from wsgiref.types import StartResponse

    from firmtrack.stream.connection import Backlog
    from firmtrack.stream.worker import Taken

_LINE_SECONDS = 60.0


def worker(
    *,
    until_empty: Annotated[
        bool, typer.Option("--until-empty", help="End when nothing is left in the stream.")
    ] = False,
    batch: Annotated[
        int, typer.Option(min=1, max=10_000, help="So many messages at most share a transaction.")
    ] = BATCH_MESSAGES,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65_535, help="Answer /healthz, /readyz and /metrics on this port."),
    ] = None,
    host: Annotated[str, typer.Option(help="The address to answer these on.")] = "127.0.0.1",
    as_json: AsJson = False,
) -> None:
    """Take messages from the stream until interrupted; any number of these may run at once.

    What is being recorded is ended first. Exit status 0, also if some were quarantined.
    """
    set_up()
    from django.conf import settings

    from firmtrack.errors import FirmtrackError

    if not settings.ENVIRONMENT.nats_url:
        raise FirmtrackError(_NO_STREAM)
    with opened(), _watched(host, port):
        taken, seconds = _work(batch, until_empty=until_empty, is_quiet=as_json)
    _print(taken, seconds, as_json=as_json)


_NO_STREAM = "there is no stream to take messages from: set NATS_URL to a server of NATS JetStream."


@contextmanager
def _watched(host: str, port: int | None) -> Iterator[None]:
    """Answer within the block those who watch, on a port if one is named. Raises CannotListen."""
    if port is None:
        yield
        return
    from socketserver import ThreadingMixIn
    from threading import Thread
    from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

    from firmtrack.cli.serving import CannotListen
    from firmtrack.watching.endpoints import Watched

    class Server(ThreadingMixIn, WSGIServer):
        daemon_threads = True  # who connects and asks nothing holds up neither others nor our end

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing of each call."""

    watched = Watched(_answer_nothing)
    try:
        server = make_server(host, port, watched, Server, Quiet)
    except OSError as error:
        raise CannotListen(host, port, error) from error
    Thread(target=server.serve_forever, name="watched", daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        watched.stop()


def _answer_nothing(_: dict[str, Any], start: "StartResponse") -> list[bytes]:
    start("404 Not Found", [("Content-Type", "text/plain; charset=utf-8")])
    return [b"A worker answers /healthz, /readyz and /metrics alone.\n"]


def _work(batch: int, *, until_empty: bool, is_quiet: bool) -> "tuple[Taken, float]":
    """Take messages; return what was taken, and in how many seconds."""
    import asyncio

    from django.conf import settings

    from firmtrack.stream.connection import Access
    from firmtrack.stream.durability import check_durability
    from firmtrack.stream.garbage import collect_seldom
    from firmtrack.stream.worker import work

    collect_seldom()

    async def run() -> "Taken":
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        stopping.call_when_told(lambda: loop.call_soon_threadsafe(stop.set))
        lines = _Lines()
        return await work(
            Access.of(settings.ENVIRONMENT),
            stop=stop,
            batch=batch,
            until_empty=until_empty,
            check=lambda client: check_durability(client, settings.ENVIRONMENT),
            on_ready=(lambda _: None) if is_quiet else lines.say_ready,
            on_taken=(lambda _: None) if is_quiet else lines.say_taken,
        )

    began_at = time.monotonic()
    return asyncio.run(run()), time.monotonic() - began_at


class _Lines:
    """What is told while it works: at its beginning, and at most once a minute."""

    def __init__(self) -> None:
        self._said_at = time.monotonic()

    def say_ready(self, backlog: "Backlog") -> None:
        console.print(
            f"Taking messages from the stream: {backlog.waiting:,} wait there. Ctrl-C stops."
        )

    def say_taken(self, taken: "Taken") -> None:
        if time.monotonic() - self._said_at >= _LINE_SECONDS:
            self._said_at = time.monotonic()
            console.print(f"{taken.messages:,} messages: {_counted(taken)}.")


def _counts(taken: "Taken") -> dict[str, int]:
    from firmtrack.intake.receive import OutcomeKind

    kinds = [kind for kind in OutcomeKind if kind is not OutcomeKind.ACCEPTED]
    return {str(kind): taken.outcomes[kind] for kind in kinds}


def _counted(taken: "Taken") -> str:
    return ", ".join(f"{count:,} {kind}" for kind, count in _counts(taken).items())


def _print(taken: "Taken", seconds: float, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "messages": taken.messages,
                **_counts(taken),
                "events": taken.events,
                "redelivered": taken.redelivered,
                "seconds": round(seconds, 3),
            }
        )
        return
    console.print(
        f"{taken.messages:,} messages in {seconds:.1f} s: {_counted(taken)}; "
        f"{taken.events:,} events."
    )
    if taken.messages and _counts(taken)["quarantined"]:
        console.print("See the quarantined ones with: firmtrack quarantine list")

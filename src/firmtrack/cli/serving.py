"""``firmtrack serve``: the portal and the API on a web server of their own."""

import os
import socket
from typing import Annotated

import typer

from firmtrack.cli import stopping
from firmtrack.cli.options import console
from firmtrack.cli.session import opened, set_up
from firmtrack.errors import FirmtrackError


class CannotListen(FirmtrackError):
    """The address cannot be listened on."""

    def __init__(self, host: str, port: int, error: OSError) -> None:
        self.host = host
        self.port = port
        super().__init__(
            f"cannot listen on {host}, port {port}: {error.strerror}. Choose another with --port."
        )


_ANY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104  # compared with, not bound to
# Answers wait for the database, not for the processor: with fewer threads it would idle.
_THREADS_PER_WORKER = 8
# A worker is replaced when it grows beyond this. libxml2 keeps every name of an element that it has
# met, so hostile documents make a process grow by as much as they bring.
_WORKER_LIMIT_MEGABYTES = 1_024
# A worker that is told to stop ends its answers first; after this it is killed.
_PATIENCE_SECONDS = 60


def serve(
    *,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(envvar="PORT", min=1, max=65_535, help="The port to listen on.")
    ] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer.")] = 2,
    demonstration: Annotated[
        bool, typer.Option("--demonstration", help="With simulated traffic and its sign-ins.")
    ] = False,
) -> None:
    """Serve the portal and the API until interrupted."""
    if demonstration:
        os.environ["DJANGO_SETTINGS_MODULE"] = "firmtrack.demonstration.settings"
    set_up()
    _refuse_a_taken_port(host, port)
    from django.conf import settings

    with opened():
        if settings.ENVIRONMENT.database_url is None:
            console.print(
                "Using the embedded PostgreSQL, meant for demonstration, development and one small "
                "machine: see docs/operations.md to use a server."
            )
        if demonstration:
            from firmtrack.demonstration.preparation import prepare

            prepare(console, _origin(host, port))
        console.print(f"Firmtrack is at http://{host}:{port}", markup=False)
        package = "firmtrack.demonstration" if demonstration else "firmtrack"
        _listen(f"{package}.wsgi:application", host, port, workers)


def _origin(host: str, port: int) -> str:
    """Return how a server on ``host`` is called from the same machine."""
    if host in _ANY_ADDRESS:
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _refuse_a_taken_port(host: str, port: int) -> None:
    """Raise CannotListen if another server has the port.

    Granian shares it with whoever else shares theirs, so that it would not notice.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise CannotListen(host, port, error) from error


def _listen(application: str, host: str, port: int, workers: int) -> None:
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "firmtrack.settings")
    server = Server(
        application,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=_THREADS_PER_WORKER,
        workers_max_rss=_WORKER_LIMIT_MEGABYTES,
        respawn_failed_workers=True,
        websockets=False,
        log_access=False,
        workers_kill_timeout=_PATIENCE_SECONDS,
        log_level=LogLevels.error,
    )
    stopping.end_if_told()
    stopping.end_forks_when_told()
    try:
        server.serve()
    except SystemExit:
        # Granian finds fault with workers that heard a Ctrl-C before it told them to end.
        if not server.interrupt_signal:
            raise

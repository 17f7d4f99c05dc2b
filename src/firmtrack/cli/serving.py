"""``firmtrack serve``: the portal and the API on a web server of their own."""

import gc
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from importlib import import_module
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
# A call works or waits for the database; with more threads they wait for each other instead.
_THREADS = 4
# Of messages that are posted singly those that wait are recorded together.
_GATHERED_THREADS = 12
_LONG_THREADS = 2
# Who asks whether all is well waits for the database, at times, but no more than one of these does.
_WATCHED_THREADS = 3
# A process is replaced when it grows beyond this. libxml2 keeps every name of an element that it
# has met, so hostile documents make a process grow by as much as they bring.
_LIMIT_BYTES = 1 << 30
# A process that is told to stop ends its answers first; after this it is killed.
_PATIENCE_SECONDS = 60.0


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
        if not os.environ.get("FIRMTRACK_PUBLIC_ADDRESS"):
            os.environ["FIRMTRACK_PUBLIC_ADDRESS"] = _origin(host, port)
    with _loading():
        set_up()
    from django.conf import settings

    _check_temporary_files()
    _check_certificates()
    if settings.ENVIRONMENT.intake == "stream":
        from firmtrack.stream.durability import check_at_start

        check_at_start(settings.ENVIRONMENT)
    with _bound(host, port, workers) as listeners, opened():
        _check_replica()
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
        _answer(f"{package}.wsgi", listeners)


def _check_temporary_files() -> None:
    """Do nothing if large bodies and answers can wait in files. Raises BadSetting, naming TMPDIR.

    Python passes over a TMPDIR that cannot be written, and would use a place that nobody chose.
    """
    from tempfile import TemporaryFile

    from firmtrack.environment import BadSetting

    try:
        with TemporaryFile(dir=os.environ.get("TMPDIR") or None) as file:
            file.write(b"x")
    except OSError as error:
        named = os.environ.get("TMPDIR") or "the usual places"
        raise BadSetting(
            "TMPDIR", f"no temporary file can be written in {named}: {error.strerror}."
        ) from None


def _check_certificates() -> None:
    """Do nothing if what signatures are checked and made with is as it must be.

    Raises BadSetting. Otherwise each message that comes, or each notice, would fail later.
    """
    from django.conf import settings

    from firmtrack.environment import BadSetting

    if settings.ENVIRONMENT.trust_store is not None:
        from firmtrack.duis.trust import BadTrustStore
        from firmtrack.intake.receive import reading_rules

        try:
            reading_rules()
        except BadTrustStore as error:
            raise BadSetting("FIRMTRACK_TRUST_STORE", str(error)) from error
    if settings.ENVIRONMENT.alert_signer is not None:
        from firmtrack.notices.alert_signing import BadAlertSigner, alert_signer

        try:
            alert_signer()
        except BadAlertSigner as error:
            raise BadSetting(
                "FIRMTRACK_ALERT_SIGNER", "must be a PEM file of a P-256 key and its certificate."
            ) from error


def _check_replica() -> None:
    """Do nothing unless DATABASE_REPLICA_URL names what is no replica. Raises NoStandby."""
    from firmtrack.store.replica import check_at_start

    check_at_start()


@contextmanager
def _loading() -> Iterator[None]:
    """Import within the block without looking for garbage: there is none, and it takes a while."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _origin(host: str, port: int) -> str:
    """Return how a server on ``host`` is called from the same machine."""
    if host in _ANY_ADDRESS:
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def _bound(host: str, port: int, count: int) -> Iterator[list[socket.socket]]:
    """Have the address within the block. Raises CannotListen if another server has it."""
    from firmtrack.gateway import listening

    try:
        listeners = listening.bound(host, port, count)
    except OSError as error:
        raise CannotListen(host, port, error) from error
    with ExitStack() as stack:
        for listener in listeners:
            stack.enter_context(listener)
        yield listeners


def _answer(module: str, listeners: list[socket.socket]) -> None:
    """Answer what comes to the listeners, a process each, until a signal says to stop.

    All that answering needs is imported here, once: forks share it. A connection to the database
    they must not share.
    """
    from django.conf import settings
    from django.urls import get_resolver

    from firmtrack.gateway import listening
    from firmtrack.gateway.limits import Limits
    from firmtrack.gateway.process import Process
    from firmtrack.gateway.proxies import Proxies
    from firmtrack.gateway.supervisor import Supervisor
    from firmtrack.gateway.working import Lane
    from firmtrack.store import database

    with _loading():
        served = import_module(module)
        get_resolver().url_patterns  # noqa: B018  # imports all views
    threads = {
        Lane.USUAL: _THREADS,
        Lane.GATHERED: _GATHERED_THREADS,
        Lane.LONG: _LONG_THREADS,
        Lane.WATCHED: _WATCHED_THREADS,
    }
    limits = Limits()
    limits = replace(limits, connections=listening.connections_at_most(limits.connections))
    proxies = Proxies(settings.ENVIRONMENT.trusted_proxies)
    database.use(database.conninfo_in_use())

    def work(place: int) -> None:
        with served.beside():
            process = Process(served.site, limits, proxies)
            process.stop_on(signal.SIGTERM)
            process.answer(listeners[place], threads)

    listening.listen(listeners)
    supervisor = Supervisor(
        work,
        len(listeners),
        limit_bytes=_LIMIT_BYTES,
        patience_seconds=_PATIENCE_SECONDS,
        meanwhile=database.keep_embedded,
    )
    stopping.end_if_told()
    supervisor.run()

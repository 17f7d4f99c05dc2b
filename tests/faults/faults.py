"""The faults: each is applied, lasts for a while, and is mended; one table."""

import random
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psutil

from tests.faults.installation import Installation
from tests.faults.proxy import Line, Proxy
from tests.journeys.processes import wait_until

_pause = threading.Event()  # never set: to wait for it is to let a fault last


@dataclass(frozen=True, slots=True)
class Fault:
    """``strike`` is given what it befalls, chance, and how long it is to last, at least."""

    kind: str
    strike: Callable[[Installation, random.Random, float], None]
    needs_own_disk: bool = False
    is_long: bool = False
    """Whether the short run does without."""


def _last(seconds: float) -> None:
    _pause.wait(seconds)


def _kill_worker(world: Installation, chance: random.Random, _: float) -> None:
    _kill_one_of(world.server.children, chance)


def _kill_all_workers(world: Installation, _chance: random.Random, _: float) -> None:
    for child in _found(world.server.children):
        _kill(child)


def _kill_one_of(find: Callable[[], list[psutil.Process]], chance: random.Random) -> None:
    _kill(chance.choice(_found(find)))


def _found(find: Callable[[], list[psutil.Process]]) -> list[psutil.Process]:
    """Return the processes that are found, once there are any: a fault befalls somebody."""
    processes: list[psutil.Process] = []

    def are_there() -> bool:
        processes[:] = find()
        return bool(processes)

    wait_until(are_there, "there is somebody to be befallen")
    return processes


def _kill(process: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        process.kill()


def _kill_server(world: Installation, _chance: random.Random, _: float) -> None:
    world.server.kill()


def _kill_beside(world: Installation, _chance: random.Random, _: float) -> None:
    world.beside.kill()


def _kill_dispatcher(world: Installation, _chance: random.Random, _: float) -> None:
    world.dispatcher.kill()


def _kill_ingest(world: Installation, chance: random.Random, _: float) -> None:
    assert world.ingest is not None
    world.ingest.begin_again()
    _last(1.5 * chance.random())
    readers = world.ingest.children()
    if readers and chance.random() < 0.5:
        _kill(chance.choice(readers))
    else:
        world.ingest.kill()


def _kill_backend(world: Installation, chance: random.Random, _: float) -> None:
    _kill_one_of(world.postgres.backends, chance)


@contextmanager
def _stopped(world: Installation, how: signal.Signals) -> Iterator[None]:
    """Have PostgreSQL away within the block, and start it after."""
    with world.without_postgres() as postgres:
        if postgres.is_running():
            postgres.stop(how)
        yield


def _stopped_by(how: signal.Signals) -> Callable[[Installation, random.Random, float], None]:
    def strike(world: Installation, _chance: random.Random, seconds: float) -> None:
        with _stopped(world, how):
            _last(seconds / 2)

    return strike


def _freeze(world: Installation, _chance: random.Random, seconds: float) -> None:
    frozen = world.postgres.freeze()
    try:
        _last(seconds)
    finally:
        world.postgres.thaw(frozen)


def _freeze_worker(world: Installation, chance: random.Random, seconds: float) -> None:
    worker = chance.choice(_found(world.server.children))
    with suppress(psutil.NoSuchProcess):
        worker.suspend()
        _last(seconds)
        worker.resume()


def _fill_disk(world: Installation, _chance: random.Random, seconds: float) -> None:
    world.postgres.fill_disk()
    try:
        _last(seconds)
    finally:
        world.postgres.empty_disk()
    with world.without_postgres():
        pass  # it may have ended for want of room, and is up after this


def _line_to(
    which: Callable[[Installation], Proxy], line: Line
) -> Callable[[Installation, random.Random, float], None]:
    def strike(world: Installation, _chance: random.Random, seconds: float) -> None:
        proxy = which(world)
        proxy.set(line)
        try:
            _last(seconds)
        finally:
            proxy.set(Line.GOOD)

    return strike


def _to_database(world: Installation) -> Proxy:
    return world.to_database


def _to_server(world: Installation) -> Proxy:
    return world.to_server


FAULTS: tuple[Fault, ...] = (
    Fault("a process that answers killed", _kill_worker),
    Fault("all processes that answer killed", _kill_all_workers, is_long=True),
    Fault("the server's first process killed", _kill_server),
    Fault("the server beside it killed", _kill_beside, is_long=True),
    Fault("the dispatcher killed", _kill_dispatcher),
    Fault("an ingest killed, or one that reads for it", _kill_ingest),
    Fault("a backend of PostgreSQL killed", _kill_backend),
    Fault("PostgreSQL killed", _stopped_by(signal.SIGKILL), is_long=True),
    Fault("PostgreSQL restarted, fast", _stopped_by(signal.SIGINT), is_long=True),
    Fault("PostgreSQL restarted, immediate", _stopped_by(signal.SIGQUIT)),
    Fault("PostgreSQL frozen", _freeze),
    Fault("a process that answers frozen", _freeze_worker, is_long=True),
    Fault("the database's disk full", _fill_disk, needs_own_disk=True),
    *(
        Fault(
            f"network to the database: {line.value}",
            _line_to(_to_database, line),
            is_long=line in {Line.SLOW, Line.TRICKLE},
        )
        for line in Line
        if line is not Line.GOOD
    ),
    *(
        Fault(f"network to the server: {line.value}", _line_to(_to_server, line), is_long=True)
        for line in Line
        if line is not Line.GOOD
    ),
)

"""The faults of a run on a stream: each is applied, lasts for a while, and is mended; one table."""

import random
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

import psutil

from firmtrack.stream.names import STREAM
from tests.faults.installation import Program
from tests.faults.stream_installation import StreamInstallation
from tests.journeys.processes import wait_until
from tests.streams import Node

_pause = threading.Event()  # never set: to wait for it is to let a fault last


@dataclass(frozen=True, slots=True)
class StreamFault:
    """``strike`` is given what it befalls, chance, and how long it is to last, at least."""

    kind: str
    strike: Callable[[StreamInstallation, random.Random, float], None]
    is_long: bool = False
    """Whether the short run does without."""


def _last(seconds: float) -> None:
    _pause.wait(seconds)


def _family(program: Program) -> list[psutil.Process]:
    """Return a command's processes, the first one first, once it runs."""
    wait_until(
        lambda: program.process is not None and program.process.poll() is None,
        f"{program.name} runs",
    )
    assert program.process is not None
    with suppress(psutil.NoSuchProcess):
        return [psutil.Process(program.process.pid), *program.children()]
    return []


def _kill(process: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        process.kill()


def _kill_worker(world: StreamInstallation, chance: random.Random, _: float) -> None:
    chance.choice(world.workers).kill()


def _kill_all_workers(world: StreamInstallation, _chance: random.Random, _: float) -> None:
    for worker in world.workers:
        worker.kill()


def _kill_reader(world: StreamInstallation, chance: random.Random, _: float) -> None:
    """Kill one of the processes that read for a worker."""
    readers: list[psutil.Process] = []

    def are_there() -> bool:
        readers[:] = [each for worker in world.workers for each in _family(worker)[1:]]
        return bool(readers)

    wait_until(are_there, "there is a process that reads for a worker")
    _kill(chance.choice(readers))


def _kill_server(world: StreamInstallation, chance: random.Random, _: float) -> None:
    """Kill a process that answers, or the server's first one."""
    family = _family(world.server)
    if family:
        _kill(chance.choice(family))


@contextmanager
def _frozen(processes: Sequence[psutil.Process]) -> Iterator[None]:
    for each in processes:
        with suppress(psutil.NoSuchProcess):
            each.suspend()
    try:
        yield
    finally:
        for each in processes:
            with suppress(psutil.NoSuchProcess):
                each.resume()


def _freeze_worker(world: StreamInstallation, chance: random.Random, seconds: float) -> None:
    """Freeze a worker, or only its reader: it goes on with what others have by then."""
    family = _family(chance.choice(world.workers))
    with _frozen(family if chance.random() < 0.5 else family[1:]):
        _last(seconds)


@contextmanager
def _nodes_away(
    world: StreamInstallation, nodes: Sequence[Node], how: Callable[[Node], None]
) -> Iterator[None]:
    """Have something befall nodes for the block; after it all run and hold all."""
    try:
        for node in nodes:
            how(node)
        yield
    finally:
        world.mend_nodes()


def _leading(world: StreamInstallation) -> Node:
    found: list[Node] = []

    def is_there() -> bool:
        leader = world.cluster.leader_of(STREAM)
        found[:] = [] if leader is None else [leader]
        return bool(found)

    wait_until(is_there, "the stream has a leader")
    return found[0]


def _some_node(
    how: Callable[[Node], None],
) -> Callable[[StreamInstallation, random.Random, float], None]:
    def strike(world: StreamInstallation, chance: random.Random, seconds: float) -> None:
        with _nodes_away(world, [chance.choice(world.cluster.nodes)], how):
            _last(seconds)

    return strike


def _leader(
    how: Callable[[Node], None],
) -> Callable[[StreamInstallation, random.Random, float], None]:
    def strike(world: StreamInstallation, _chance: random.Random, seconds: float) -> None:
        with _nodes_away(world, [_leading(world)], how):
            _last(seconds)

    return strike


def _kill_most_nodes(world: StreamInstallation, chance: random.Random, seconds: float) -> None:
    with _nodes_away(world, chance.sample(world.cluster.nodes, 2), Node.kill):
        _last(seconds)


def _kill_worker_and_node(world: StreamInstallation, chance: random.Random, seconds: float) -> None:
    with _nodes_away(world, [chance.choice(world.cluster.nodes)], Node.kill):
        chance.choice(world.workers).kill()
        _last(seconds / 2)
        chance.choice(world.workers).kill()
        _last(seconds / 2)


def _stop_postgres(
    how: signal.Signals,
) -> Callable[[StreamInstallation, random.Random, float], None]:
    def strike(world: StreamInstallation, _chance: random.Random, seconds: float) -> None:
        with world.without_postgres() as postgres:
            if postgres.is_running():
                postgres.stop(how)
            _last(seconds / 2)

    return strike


def _everything_at_once(world: StreamInstallation, chance: random.Random, seconds: float) -> None:
    """Kill PostgreSQL, a node, all workers and the server, and have none of them for a while."""
    with ExitStack() as mended:
        postgres = mended.enter_context(world.without_postgres())
        mended.enter_context(_nodes_away(world, [chance.choice(world.cluster.nodes)], Node.kill))
        if postgres.is_running():
            postgres.stop(signal.SIGQUIT)
        for program in world.programs:
            program.kill()
        _last(seconds / 2)


FAULTS: tuple[StreamFault, ...] = (
    StreamFault("a worker killed", _kill_worker),
    StreamFault("all workers killed", _kill_all_workers, is_long=True),
    StreamFault("a process that reads for a worker killed", _kill_reader),
    StreamFault("a worker frozen", _freeze_worker),
    StreamFault("a node killed", _some_node(Node.kill), is_long=True),
    StreamFault("the stream’s leader killed", _leader(Node.kill)),
    StreamFault("the stream’s leader stopped in order", _leader(Node.stop), is_long=True),
    StreamFault("a node frozen", _some_node(Node.freeze), is_long=True),
    StreamFault("a worker and a node killed at once", _kill_worker_and_node),
    StreamFault("two of three nodes killed", _kill_most_nodes, is_long=True),
    StreamFault("a process that answers killed", _kill_server, is_long=True),
    StreamFault("PostgreSQL restarted, fast", _stop_postgres(signal.SIGINT), is_long=True),
    StreamFault("PostgreSQL restarted, immediate", _stop_postgres(signal.SIGQUIT)),
    StreamFault("PostgreSQL, a node, all workers and the server killed at once",
                _everything_at_once, is_long=True),
)  # fmt: skip

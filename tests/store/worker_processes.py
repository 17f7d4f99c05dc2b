"""Workers that are processes of their own, and what befalls them while they work.

What a process imports to be one: no models, which not all of them set up.
"""

import asyncio
import json
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.request import urlopen

import django

from firmtrack.store import database
from firmtrack.stream.arrivals import Arrival
from firmtrack.stream.connection import Access
from firmtrack.stream.readers import Settle
from firmtrack.stream.settling import Settled, settle_here
from firmtrack.stream.worker import work

POISON = b"<poison/>"


def kill_itself_at_poison(arrivals: Sequence[Arrival]) -> list[Settled]:
    """Settle as ever; but to read one message is the death of the process."""
    if any(each.envelope.body == POISON and each.refused is None for each in arrivals):
        os.kill(os.getpid(), signal.SIGKILL)
    return settle_here(arrivals)


def settle_when_shut_out(
    begun: Path, monitoring_url: str, arrivals: Sequence[Arrival]
) -> list[Settled]:
    """Say that it has begun, and settle once the stream's server has no connection any more."""
    begun.touch()
    while _number_of_connections(monitoring_url) > 0:
        time.sleep(0.01)  # what is waited for happens in another process
    return settle_here(arrivals)


def _number_of_connections(monitoring_url: str) -> int:
    with urlopen(f"{monitoring_url}/connz") as answer:
        return int(json.load(answer)["num_connections"])


def kill_worker_before_commit(arrivals: Sequence[Arrival]) -> list[Settled]:
    """Have the worker killed while it waits for what it is to acknowledge."""
    os.kill(os.getppid(), signal.SIGKILL)
    signal.pause()
    return settle_here(arrivals)


def kill_worker_after_commit(arrivals: Sequence[Arrival]) -> list[Settled]:
    """Have the worker killed when all is committed, before it hears of it."""
    settled = settle_here(arrivals)
    os.kill(os.getppid(), signal.SIGKILL)
    signal.pause()
    return settled


def be_a_worker(cluster_url: str, conninfo: str, settle: Settle) -> None:
    """Be a worker in a process of its own, until nothing is left."""
    django.setup()
    database.use(conninfo)
    access = Access(servers=(cluster_url,))
    asyncio.run(work(access, stop=asyncio.Event(), until_empty=True, batch=50, settle=settle))

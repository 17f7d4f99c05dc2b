"""Workers that are processes of their own, and what befalls them while they work.

What a process imports to be one: no models, which not all of them set up.
"""

import asyncio
import os
import signal
from collections.abc import Sequence

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

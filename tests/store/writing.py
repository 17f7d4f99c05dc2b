"""A process with several writers: ``python -m tests.store.writing CONNINFO SEED WRITERS NUMBER…``.

Each number is a writer of so many, all at once, each a thread.
"""

import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from firmtrack.store.ledger.recording import Portions, record
from tests.store.histories import History, history

SMALL = Portions(devices=3, events=10)
"""So small that the devices of a late request are many."""


def write(told: History, writer: int, writers: int) -> int:
    """Record what this writer has, and return how many messages were new; some in portions."""
    new = 0
    for number, batch in enumerate(told.batches(writer, writers)):
        receipt = record(batch) if number % 3 else record(batch, SMALL)
        new += sum(receipt.is_new)
    return new


def main(conninfo: str, seed: int, writers: int, numbers: Sequence[int]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "firmtrack.settings")
    import django

    django.setup()
    from firmtrack.store import database

    database.use(conninfo)
    told = history(seed)
    with ThreadPoolExecutor(len(numbers)) as threads:
        new = list(threads.map(lambda number: write(told, number, writers), numbers))
    database.close()
    print(sum(new))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), list(map(int, sys.argv[4:])))

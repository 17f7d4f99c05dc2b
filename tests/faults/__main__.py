"""The fault run: ``make test-faults MINUTES=10 MESSAGES=100000 SEED=1``; as root it does all.

With ``STREAM=1`` it is that on a stream: three nodes and three workers.
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import tests.conftest  # noqa: F401  # gives this process and those that it starts their settings
from tests.faults.faults import FAULTS
from tests.faults.run import FaultRun
from tests.faults.stream_faults import FAULTS as STREAM_FAULTS
from tests.faults.stream_run import StreamFaultRun
from tests.faults.striking import Plan

_DEVICES = 600
_MESSAGES_OF_A_REQUEST = 1_480  # of so many devices, as the simulator has it
_SECONDS_OF_A_FAULT = (4.0, 12.0)
_SECONDS_BETWEEN_FAULTS = 14.0
_PATIENCE_SECONDS = 600.0
_F = TypeVar("_F")
_SETTINGS = {"shared_buffers": "256MB", "max_wal_size": "1GB", "max_connections": "200"}


def main() -> int:
    """Run it, say what happened, and return 0; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="make test-faults", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stream", action="store_true")
    asked = parser.parse_args()
    seconds = asked.minutes * 60
    directory = Path(tempfile.mkdtemp(prefix="firmtrack-faults-"))
    plan = Plan(
        requests=max(4, asked.messages // _MESSAGES_OF_A_REQUEST),
        devices=_DEVICES,
        seed=asked.seed,
        seconds=seconds,
        fault_seconds=_SECONDS_OF_A_FAULT,
        clients=8,
        patience_seconds=_PATIENCE_SECONDS,
        settings=_SETTINGS,
    )
    began_at = time.monotonic()
    try:
        if asked.stream:
            stream_faults = _schedule(STREAM_FAULTS, asked.seed, seconds)
            StreamFaultRun(plan, stream_faults, directory).happen()
        else:
            faults = _schedule(FAULTS, asked.seed, seconds)
            FaultRun(plan, faults, directory).happen()
    except AssertionError as failure:
        print(f"FAILED: {failure}\nIts directory: {directory}")
        return 1
    print(f"All held. The whole run took {time.monotonic() - began_at:.0f} s.")
    shutil.rmtree(directory, ignore_errors=True)
    return 0


def _schedule(kinds: Sequence[_F], seed: int, seconds: float) -> list[_F]:
    """Return each kind of fault as often as there is time for, and at least once, shuffled."""
    rounds = max(1, round(seconds / _SECONDS_BETWEEN_FAULTS / len(kinds)))
    faults = list(kinds) * rounds
    random.Random(seed).shuffle(faults)
    return faults


if __name__ == "__main__":
    sys.exit(main())

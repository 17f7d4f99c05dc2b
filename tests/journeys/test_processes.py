"""A port is given to one server only: none of two that start at once finds the other on it."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from tests.journeys.processes import free_port

_GIVEN = 1_000
_GIVE = f"""
import json
from tests.journeys.processes import free_port
print(json.dumps([free_port() for _ in range({_GIVEN})]))
"""


def test_a_process_is_given_a_port_once() -> None:
    given = [free_port() for _ in range(_GIVEN)]
    assert len(set(given)) == _GIVEN


def test_tests_that_run_beside_are_given_others() -> None:
    with ThreadPoolExecutor() as pool:
        by_worker = list(pool.map(_given_to_worker, ("gw0", "gw1", "gw2")))
    given = [port for ports in by_worker for port in ports]
    assert len(set(given)) == 3 * _GIVEN


def _given_to_worker(name: str) -> list[int]:
    told = subprocess.run(
        [sys.executable, "-c", _GIVE],
        env={**os.environ, "PYTEST_XDIST_WORKER": name, "PYTEST_XDIST_WORKER_COUNT": "3"},
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    return [int(each) for each in json.loads(told)]

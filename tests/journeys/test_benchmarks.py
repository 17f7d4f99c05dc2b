"""Each benchmark still runs: what it measures changes with the product, and it knows its inside."""

import subprocess
import sys

import pytest

from bench.__main__ import JOBS
from tests.journeys.processes import environment

# What its worlds say of waits is tested by itself, and at any scale it takes minutes.
_TRIED = sorted(set(JOBS) - {"waits"})


@pytest.mark.thorough
@pytest.mark.parametrize("job", _TRIED)
def test_a_benchmark_runs_to_its_figures(job: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "bench", job, "--scale", "0.01"],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert "Reached" in run.stdout

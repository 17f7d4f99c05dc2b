"""Each benchmark still runs: what it measures changes with the product, and it knows its inside."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import JOBS, NAMED_ONLY
from tests.citus import CITUS_URL
from tests.journeys.processes import environment, free_port

# What the worlds of these two say is tested by itself, and at any scale they take minutes.
_LEFT_OUT = {"causes", "waits"} | (set() if CITUS_URL else {"cluster"})
_TRIED = sorted({*JOBS, *NAMED_ONLY} - _LEFT_OUT)


@pytest.mark.thorough
@pytest.mark.parametrize("job", _TRIED)
def test_a_benchmark_runs_to_its_figures(job: str, tmp_path: Path) -> None:
    found = tmp_path / "figures.json"
    run = subprocess.run(
        [sys.executable, "-m", "bench", job, "--scale", "0.005", "--json", str(found)],
        env=environment(PORT=free_port()),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "Reached" in run.stdout
    assert json.loads(found.read_text(encoding="utf-8"))["jobs"]


@pytest.mark.thorough
def test_what_is_measured_among_many_events_runs_to_its_figures_and_again(tmp_path: Path) -> None:
    found = tmp_path / "figures.json"
    for _ in range(2):
        run = subprocess.run(
            [
                sys.executable, "-m", "bench.scale", "--scale", "0.0005",
                "--directory", str(tmp_path / "stores"), "--json", str(found),
            ],
            env=environment(PORT=free_port()),
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
    assert run.stdout.count("are as the ledger leaves them") == 2
    assert json.loads(found.read_text(encoding="utf-8"))["jobs"]

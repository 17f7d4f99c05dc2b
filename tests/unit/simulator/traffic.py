"""Reads simulated traffic back: its messages in the order of sending, and what is expected."""

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from firmtrack.simulator.scenario import Scenario
from firmtrack.simulator.simulation import SimulationSummary, run


def simulate(directory: Path, scenario: Scenario) -> SimulationSummary:
    """Run the scenario into an archive in ``directory``."""
    return run(scenario, directory / "traffic.tar.gz")


def messages_of(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and octets of each message of an archive, in its order."""
    with tarfile.open(archive) as opened:
        for entry in opened:
            file = opened.extractfile(entry)
            assert file is not None
            yield entry.name, file.read()


def expected_lines(summary: SimulationSummary, kind: str) -> list[dict[str, Any]]:
    """Return the expectation's lines of one kind, in order."""
    with summary.expected.open(encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    return [line for line in lines if line["kind"] == kind]

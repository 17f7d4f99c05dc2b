"""Simulates into an archive, and reads its messages back in the order of sending."""

import tarfile
from collections.abc import Iterator
from pathlib import Path

from firmtrack.simulator.scenario import Scenario
from tests.oracle.simulated import Simulated
from tests.oracle.simulated import simulate as simulate_into


def simulate(directory: Path, scenario: Scenario) -> Simulated:
    """Run the scenario into an archive in ``directory``."""
    return simulate_into(scenario, directory / "traffic.tar.gz")


def messages_of(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and octets of each message of an archive, in its order."""
    with tarfile.open(archive) as opened:
        for entry in opened:
            file = opened.extractfile(entry)
            assert file is not None
            yield entry.name, file.read()

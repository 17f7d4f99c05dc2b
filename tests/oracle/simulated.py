"""A simulated world: its traffic as files, and what a tracker should make of it."""

from dataclasses import dataclass
from pathlib import Path

from firmtrack.simulator.output import Layout
from firmtrack.simulator.scenario import Scenario
from firmtrack.simulator.simulation import SimulationSummary, imagine, write
from tests.oracle.expectation import Line, lines_of


@dataclass(frozen=True, slots=True)
class Simulated:
    """What was written, and the lines of what is true of it."""

    written: SimulationSummary
    lines: tuple[Line, ...]

    def of_kind(self, kind: str) -> list[Line]:
        """Return the lines of one kind, in order."""
        return [line for line in self.lines if line["kind"] == kind]

    @property
    def totals(self) -> Line:
        """The line about the traffic as a whole."""
        return self.lines[0]


def simulate(scenario: Scenario, output: Path) -> Simulated:
    """Simulate ``scenario`` into ``output``."""
    chronicle = imagine(scenario)
    return Simulated(write(chronicle, Layout.beside(output)), tuple(lines_of(chronicle)))

"""Stays as they are added up: so many in each step, and how they ended."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from firmtrack.domain.waits import Estimate, Stays

PASSED, FAILED, OUTDONE = 1, 2, 3
"""How a stay ended, as the table ``stay`` has it."""


class Place(NamedTuple):
    """Where stays are: of which kind, at which stage, in which segment."""

    variant: str
    stage: int
    segment_key: int


@dataclass(slots=True)
class Tally:
    """Stays by step."""

    passed: Counter[int] = field(default_factory=Counter)
    failed: Counter[int] = field(default_factory=Counter)
    waiting: Counter[int] = field(default_factory=Counter)

    def add(self, outcome: int, steps: Sequence[int], counts: Sequence[int]) -> None:
        """Count stays that ended, or are no longer waited for, by step."""
        counter = {PASSED: self.passed, FAILED: self.failed, OUTDONE: self.waiting}[outcome]
        for step, count in zip(steps, counts, strict=True):
            counter[step] += count

    def include(self, other: "Tally") -> None:
        """Count the stays of another one, too."""
        self.passed.update(other.passed)
        self.failed.update(other.failed)
        self.waiting.update(other.waiting)

    def without(self, other: "Tally") -> "Tally":
        """Return the stays without those of another one, which are among them."""
        return Tally(
            self.passed - other.passed, self.failed - other.failed, self.waiting - other.waiting
        )

    @property
    def entered(self) -> int:
        """How many stays there are."""
        return self.passed.total() + self.failed.total() + self.waiting.total()

    @property
    def estimate(self) -> Estimate:
        """What is to be expected after these stays."""
        return Estimate(Stays.of(self.passed, self.failed, self.waiting))


def total_of(tallies: Iterable[Tally]) -> Tally:
    """Return all stays of some tallies together."""
    total = Tally()
    for each in tallies:
        total.include(each)
    return total

"""What a benchmark finds: a figure, beside what it is to reach."""

from dataclasses import dataclass
from enum import StrEnum


class Rule(StrEnum):
    """On which side of its number a figure is to be; the number itself is well."""

    AT_LEAST = "at least"
    AT_MOST = "at most"


@dataclass(frozen=True, slots=True)
class Reach:
    """What a figure is to reach, in the figure's unit."""

    rule: Rule
    number: float

    def is_met_by(self, reached: float) -> bool:
        """Return whether so much is enough."""
        if self.rule is Rule.AT_LEAST:
            return reached >= self.number
        return reached <= self.number


def at_least(number: float) -> Reach:
    """Return the reach of a figure that is to be so much or more."""
    return Reach(Rule.AT_LEAST, number)


def at_most(number: float) -> Reach:
    """Return the reach of a figure that is to be so much or less."""
    return Reach(Rule.AT_MOST, number)


@dataclass(frozen=True, slots=True)
class Figure:
    """One job, what it was measured against, what it is to reach and what it reached.

    ``reached`` is in ``unit``; without one it is a share or a multiple of what it was measured
    against. ``job`` names the same thing in every run of one size. ``beside`` is told to people
    only, such as the rate itself. Without a ``reach`` nothing was asked for.
    """

    job: str
    against: str
    reach: Reach | None
    reached: float
    unit: str = ""
    beside: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether it reaches what it is to; None if nothing was asked for."""
        return None if self.reach is None else self.reach.is_met_by(self.reached)

    @property
    def reach_text(self) -> str | None:
        """What it is to reach, in words: “at most 5 ms”."""
        if self.reach is None:
            return None
        return f"{self.reach.rule} {self.measure(self.reach.number)}"

    def measure(self, number: float) -> str:
        """Return a number of this figure's with its unit, to three digits that count."""
        rounded = f"{number:,.0f}" if abs(number) >= 1_000 else f"{number:.3g}"
        return f"{rounded} {self.unit}".rstrip()

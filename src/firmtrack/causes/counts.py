"""How many updates have a problem, could have it, and there are: by unit, and by request."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from firmtrack.causes.cells import Cells, IntArray
from firmtrack.causes.problems import Flags, Problem, is_known_of, is_of
from firmtrack.causes.statistics import Floats, added_up
from firmtrack.causes.units import Units
from firmtrack.domain.causes import CauseKind

FEWEST = 5
"""So many updates at least are a cause's, and are beyond what is usual."""

_DAYS_OF_SILENCE = 3
_MOST_SILENCES = 3


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Of each unit: how many stand badly; of how many it is known; and how many there are.

    ``is_at_stake`` says of each request whether it was there to be struck. Of stalls these are the
    requests with updates that came to a stand in the same days: others had passed before, or were
    done with but for what is dead.
    """

    units: Units
    bad: Floats
    known: Floats
    entered: Floats
    is_at_stake: Flags

    @cached_property
    def struck(self) -> IntArray:
        """The units of which some stand badly."""
        return np.flatnonzero(self.bad)

    @cached_property
    def all_bad(self) -> Floats:
        """How many of each request stand badly."""
        return self.by_request(self.bad)

    @cached_property
    def all_known(self) -> Floats:
        """Of how many of each request it is known."""
        return self.by_request(self.known)

    @cached_property
    def all_entered(self) -> Floats:
        """How many each request has."""
        return self.by_request(self.entered)

    @property
    def share(self) -> float:
        """Which part of those of whom it is known stand badly."""
        return float(self.all_bad.sum() / max(self.all_known.sum(), 1.0))

    def by_request(self, numbers: Floats, units: IntArray | slice = slice(None)) -> Floats:
        """Return the sums of what all units have, or some of them, by request."""
        return added_up(self.units.request[units], numbers[units], len(self.units.since))

    def without(self, units: IntArray) -> "Counts":
        """Return the counts without those of some units."""
        kept = np.ones(len(self.bad))
        kept[units] = 0.0
        return self._times(kept)

    def within(self, units: IntArray) -> "Counts":
        """Return the counts of some units alone, of the requests at stake."""
        kept = np.zeros(len(self.bad))
        kept[units[self.is_at_stake[self.units.request[units]]]] = 1.0
        return self._times(kept)

    def _times(self, kept: Floats) -> "Counts":
        return Counts(
            units=self.units,
            bad=self.bad * kept,
            known=self.known * kept,
            entered=self.entered * kept,
            is_at_stake=self.is_at_stake,
        )


def counts_of(cells: Cells, units: Units, problem: Problem) -> Iterator[Counts]:
    """Yield the counts of a problem: of failures once, of stalls of each silence, worst first."""
    has_it = is_of(cells, problem)
    known = _added_up(cells, units, is_known_of(cells, problem))
    # Where nothing came to the step yet, or never does since it is no step of this kind of request,
    # its updates say nothing.
    comes_there = added_up(units.request, known, len(units.since)) > 0
    for struck in [has_it] if problem.kind is CauseKind.FAILED else _silences(cells, has_it):
        is_at_stake = np.ones(len(units.since), dtype=bool)
        if problem.kind is CauseKind.STALLED:
            is_at_stake[:] = False
            is_at_stake[units.place[cells.request[struck]]] = True
        yield Counts(
            units=units,
            bad=_added_up(cells, units, has_it),
            known=known,
            entered=units.updates * comes_there[units.request],
            is_at_stake=is_at_stake,
        )


def _added_up(cells: Cells, units: Units, which: Flags) -> Floats:
    sums: Floats = np.add.reduceat(np.where(which, cells.count, 0), units.firsts).astype(float)
    return sums


def _silences(cells: Cells, has_it: Flags) -> Iterator[Flags]:
    """Yield which cells came to a stand in the same three days, of the days with the most first.

    As long as these are of FEWEST updates or more.
    """
    first_day = cells.day[has_it].min(initial=0)
    day = np.where(has_it, cells.day - first_day, 0)
    left = np.where(has_it, cells.count, 0).astype(float)
    for _ in range(_MOST_SILENCES):
        by_day = added_up(day, left, _DAYS_OF_SILENCE)
        together = np.convolve(by_day, np.ones(_DAYS_OF_SILENCE), mode="valid")
        first = int(together.argmax())
        within = has_it & (day >= first) & (day < first + _DAYS_OF_SILENCE)
        if together[first] < FEWEST:
            return
        yield within
        left[within] = 0.0

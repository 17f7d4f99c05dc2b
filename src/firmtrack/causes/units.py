"""Cells by the profiles of requests, oldest request first, and counts of one problem among them."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from firmtrack.causes.cells import Cells, IntArray
from firmtrack.causes.problems import Flags, Problem, is_known_of, is_of
from firmtrack.causes.statistics import Floats, added_up
from firmtrack.domain.causes import Attribute, CauseKind

_DAY_SECONDS = 86_400
_DONE_SECONDS = 14 * _DAY_SECONDS
_ABOUT_AS_OLD = 0.9
_SAME_SILENCE_SECONDS = 3 * _DAY_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Updates of one request that are alike in every attribute, as arrays side by side.

    Cells that follow each other and differ only in how updates stand are one unit. Nothing rests on
    the order of the cells: it only makes for fewer units. ``request`` counts from the oldest, and
    ``comparable`` is of each request how many of the oldest are about as old as it, or have had as
    much time as any needs; ``sizes`` is of each attribute how many units have which value.
    """

    request: IntArray
    comparable: IntArray
    codes: dict[Attribute, IntArray]
    sizes: dict[Attribute, IntArray]
    of_cell: IntArray
    place: IntArray

    def having(self, traits: "Traits") -> IntArray:
        """Return which units have these traits, ascending."""
        first, *others = traits
        found = np.flatnonzero(self.codes[first[0]] == first[1])
        for attribute, code in others:
            found = found[self.codes[attribute][found] == code]
        return found


Traits = tuple[tuple[Attribute, int], ...]
"""What a group has in common, as places in the values of attributes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Of each unit: how many stand badly; of how many it is known; and how many there are.

    ``is_at_stake`` says of each request whether it was there to be struck. Of stalls these are the
    requests with updates that came to a stand in the same days as the last did: others had passed
    before, or were done with but for what is dead.
    """

    bad: Floats
    known: Floats
    entered: Floats
    is_at_stake: Flags

    @property
    def share(self) -> float:
        """Which part of those of whom it is known stand badly."""
        return float(self.bad.sum() / max(self.known.sum(), 1.0))

    def without(self, units: IntArray) -> "Counts":
        """Return the counts without those of some units."""
        kept = np.ones(len(self.bad))
        kept[units] = 0.0
        return self.times(kept)

    def within(self, units: IntArray) -> "Counts":
        """Return the counts of some units alone."""
        kept = np.zeros(len(self.bad))
        kept[units] = 1.0
        return self.times(kept)

    def times(self, kept: Floats) -> "Counts":
        """Return the counts of each unit times a number."""
        return Counts(
            bad=self.bad * kept,
            known=self.known * kept,
            entered=self.entered * kept,
            is_at_stake=self.is_at_stake,
        )


def units_of(cells: Cells, now: datetime) -> Units:
    """Return the units of the cells."""
    ages = np.array([(now - at).total_seconds() for at in cells.submitted_at], dtype=float)
    place = np.empty(len(ages), dtype=np.int64)
    oldest_first = np.argsort(-ages, kind="stable")
    place[oldest_first] = np.arange(len(ages))
    least = _ABOUT_AS_OLD * np.minimum(ages[oldest_first], _DONE_SECONDS)
    comparable = np.searchsorted(-ages[oldest_first], -least, side="right")
    begins = np.ones(len(cells.request), dtype=bool)
    columns = [cells.request, *cells.codes.values()]
    begins[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    firsts = np.flatnonzero(begins)
    codes = {attribute: cells.codes[attribute][firsts] for attribute in Attribute}
    return Units(
        request=place[cells.request[firsts]],
        comparable=comparable,
        codes=codes,
        sizes={a: np.bincount(codes[a], minlength=len(cells.values[a])) for a in Attribute},
        of_cell=np.cumsum(begins) - 1,
        place=place,
    )


def counts_of(cells: Cells, units: Units, problem: Problem) -> Counts:
    """Return the counts of a problem."""
    has_it = is_of(cells, problem)
    knows = is_known_of(cells, problem)
    known = _added_up(cells, units, knows)
    # Where nothing came to the step yet, or never does since it is no step of this kind of request,
    # its updates say nothing.
    comes_there = _by_request(units, known) > 0
    return Counts(
        bad=_added_up(cells, units, has_it),
        known=known,
        entered=_added_up(cells, units, cells.count > 0) * comes_there[units.request],
        is_at_stake=_at_stake(cells, units, problem, has_it),
    )


def _added_up(cells: Cells, units: Units, which: Flags) -> Floats:
    return added_up(units.of_cell[which], cells.count[which].astype(float), len(units.request))


def _by_request(units: Units, numbers: Floats) -> Floats:
    return added_up(units.request, numbers, len(units.comparable))


def _at_stake(cells: Cells, units: Units, problem: Problem, has_it: Flags) -> Flags:
    if problem.kind is CauseKind.FAILED or not has_it.any():
        return np.ones(len(units.comparable), dtype=bool)
    last = cells.last[has_it]
    found = np.zeros(len(units.comparable), dtype=bool)
    struck = cells.request[has_it][last >= last.max() - _SAME_SILENCE_SECONDS]
    found[units.place[struck]] = True
    return found

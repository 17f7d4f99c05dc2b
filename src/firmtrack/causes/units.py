"""Cells by the profiles of requests, oldest request first."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from firmtrack.causes.cells import Cells, IntArray
from firmtrack.causes.statistics import Floats
from firmtrack.domain.causes import Attribute

_DAY_SECONDS = 86_400
_DONE_SECONDS = 14 * _DAY_SECONDS
_ABOUT_AS_OLD = 0.9
_NEAREST = 6


Coded = tuple[Attribute, int]
"""A trait, as a place in the values of its attribute."""

Traits = tuple[Coded, ...]
"""What a group has in common."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Updates of one request that are alike in every attribute, as arrays side by side.

    Cells that follow each other and differ only in how updates stand are one unit. Nothing rests on
    the order of the cells: it only makes for fewer units. ``request`` counts from the oldest.
    ``since`` and ``until`` are of each request the first that is comparable with it, and the first
    after those: the nearest in time that are about as old, or have had as much time as any needs.
    ``sizes`` is of each attribute how many units have which value,
    ``firsts`` the first cell of each unit, ``place`` where a request of the cells is in that order.
    """

    request: IntArray
    since: IntArray
    until: IntArray
    codes: dict[Attribute, IntArray]
    sizes: dict[Attribute, IntArray]
    updates: Floats
    firsts: IntArray
    place: IntArray

    def having(self, traits: Traits) -> IntArray:
        """Return which units have these traits, ascending."""
        first, *others = traits
        found = np.flatnonzero(self.codes[first[0]] == first[1])
        for attribute, code in others:
            found = found[self.codes[attribute][found] == code]
        return found


def units_of(cells: Cells, now: datetime) -> Units:
    """Return the units of the cells."""
    ages = np.array([(now - at).total_seconds() for at in cells.submitted_at], dtype=float)
    place = np.empty(len(ages), dtype=np.int64)
    oldest_first = np.argsort(-ages, kind="stable")
    place[oldest_first] = np.arange(len(ages))
    least = _ABOUT_AS_OLD * np.minimum(ages[oldest_first], _DONE_SECONDS)
    number = np.arange(len(ages))
    about_as_old = np.searchsorted(-ages[oldest_first], -least, side="right")
    begins = np.ones(len(cells.request), dtype=bool)
    columns = [cells.request, *cells.codes.values()]
    begins[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    firsts = np.flatnonzero(begins)
    codes = {attribute: cells.codes[attribute][firsts] for attribute in Attribute}
    return Units(
        request=place[cells.request[firsts]],
        since=np.maximum(number - _NEAREST, 0),
        until=np.minimum(number + _NEAREST + 1, about_as_old),
        codes=codes,
        sizes={a: np.bincount(codes[a], minlength=len(cells.values[a])) for a in Attribute},
        updates=np.add.reduceat(cells.count, firsts).astype(float),
        firsts=firsts,
        place=place,
    )

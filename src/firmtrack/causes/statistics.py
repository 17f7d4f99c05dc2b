"""Whether an excess is chance: the G-test."""

from math import erfc, sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_LARGEST_G, _CLOSE_ENOUGH = 1_000.0, 1e-6


def added_up(places: NDArray[np.int64], numbers: Floats, length: int = 0) -> Floats:
    """Return the sum of the numbers at each place, of ``length`` places at least."""
    sums: Floats = np.bincount(places, numbers, length).astype(np.float64, copy=False)
    return sums


def g_statistic(bad: Floats, of: Floats, other_bad: Floats, other_of: Floats) -> Floats:
    """Return G of a table of two groups, each of so many bad ones of so many.

    The counts need not be whole: of a baseline they say what it is worth.
    """
    total = of + other_of
    all_bad = bad + other_bad
    both = _weighed(bad, of, all_bad, total) + _weighed(other_bad, other_of, all_bad, total)
    good = _weighed(of - bad, of, total - all_bad, total)
    other_good = _weighed(other_of - other_bad, other_of, total - all_bad, total)
    return np.maximum(2 * (both + good + other_good), 0.0)


def _weighed(observed: Floats, of: Floats, margin: Floats, total: Floats) -> Floats:
    """Return observed x ln(observed / expected), which is 0 where none was observed."""
    with np.errstate(divide="ignore", invalid="ignore"):
        term = observed * np.log(observed * total / (of * margin))
    return np.where(observed > 0, term, 0.0)


def chance_of(g: float) -> float:
    """Return how likely a G so large is by chance: that of a chi-squared with one freedom."""
    return erfc(sqrt(g / 2))


def g_of(chance: float) -> float:
    """Return the G that is reached with so small a chance only."""
    low, high = 0.0, _LARGEST_G
    while high - low > _CLOSE_ENOUGH:
        middle = (low + high) / 2
        low, high = (middle, high) if chance_of(middle) > chance else (low, middle)
    return high

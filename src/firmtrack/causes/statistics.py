"""Whether an excess is chance: the G-test, and its correction for how many things were tried."""

from math import erfc, sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


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


def adjusted(chances: Floats, tried: int) -> Floats:
    """Return the chances corrected for ``tried`` things, of which these are the least likely.

    After Benjamini and Hochberg: of those whose corrected chance is at most q, no more than the
    share q is expected to be chance.
    """
    order = np.argsort(chances, kind="stable")
    ranks = np.arange(1, len(chances) + 1)
    scaled = chances[order] * tried / ranks
    least = np.minimum.accumulate(scaled[::-1])[::-1]
    corrected = np.empty_like(least)
    corrected[order] = np.minimum(least, 1.0)
    return corrected

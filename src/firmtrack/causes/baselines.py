"""What would be usual of a group: what the rest of its own requests, and comparable ones, tell."""

from dataclasses import dataclass

import numpy as np

from firmtrack.causes.cells import IntArray
from firmtrack.causes.problems import Flags
from firmtrack.causes.statistics import Floats, added_up, g_statistic

_PRIOR_WEIGHT = 50.0
_PRIOR_SPREAD = 0.5
_FEWEST_REQUESTS = 4
_FEWEST_OF_REQUEST = 30.0
_NINE_TENTHS_TO_DEVIATION = 1 / 1.2816


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Groups by request: a row for each request in which a group has updates.

    Rows are sorted by group, then request. ``starts`` is of each row the first one of its group,
    ``until`` the first of them whose request is not comparable with the row's.
    """

    group: IntArray
    request: IntArray
    starts: IntArray
    until: IntArray
    groups: int


def rows_of(group: IntArray, request: IntArray, groups: int, comparable: IntArray) -> Rows:
    """Return rows of groups and requests, which are sorted already."""
    requests = len(comparable)
    keys = group * requests + request
    return Rows(
        group=group,
        request=request,
        starts=np.searchsorted(keys, group * requests),
        until=np.searchsorted(keys, group * requests + comparable[request]),
        groups=groups,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Of each group: its updates, how many stand badly, how many would, and what G comes to."""

    bad: Floats
    of: Floats
    expected: Floats
    g: Floats

    def explained(self, least_share: float) -> Floats:
        """Return how much better the group's own share fits its updates than what is usual.

        It is a logarithm of likelihoods, by which groups can be compared that are more or less the
        same updates. What is usual counts as ``least_share`` at least, so that it does not hang on
        how little one has elsewhere to tell that it never happens.
        """
        usual = np.maximum(self.expected, least_share * self.of)
        good, usually_good = self.of - self.bad, np.maximum(self.of - usual, 1e-9)
        with np.errstate(divide="ignore", invalid="ignore"):
            more = np.where(self.bad > 0, self.bad * np.log(self.bad / usual), 0.0)
            less = np.where(good > 0, good * np.log(good / usually_good), 0.0)
        return np.where(self.bad > usual, more + less, 0.0)


def compare(
    rows: Rows,
    bad: Floats,
    of: Floats,
    all_bad: Floats,
    all_of: Floats,
    *,
    comparable: IntArray,
    spread: float,
    is_at_stake: Flags,
) -> Compared:
    """Return how each group compares with what the rest makes one expect.

    ``bad`` and ``of`` are counts of the rows, ``all_bad`` and ``all_of`` of all requests. A group
    is expected to do in each request as the rest of this request does, drawn with the weight of 50
    updates towards what other requests, about as old, do outside the group: so what makes requests
    differ cancels out. What is taken from other requests carries the ``spread`` between them. The
    G-test compares the group with a baseline of as many updates as its own variance is worth.
    """
    request = rows.request
    rest_bad, rest_of = all_bad[request] - bad, all_of[request] - of
    pool_bad = _others(rows, bad, all_bad, comparable)
    pool_of = _others(rows, of, all_of, comparable)
    pool = (pool_bad + 0.5) / (pool_of + 1.0)
    weight = np.minimum(_PRIOR_WEIGHT, pool_of)
    rests_on = rest_of + weight
    is_told = (rests_on > 0) & is_at_stake[request]
    rests_on = np.maximum(rests_on, 1.0)
    share = (rest_bad + weight * pool) / rests_on
    chance = np.clip(share, 0.5 / (rests_on + 1.0), 1 - 0.5 / (rests_on + 1.0))
    lent = weight / rests_on

    def total(values: Floats) -> Floats:
        return added_up(rows.group, np.where(is_told, values, 0.0), rows.groups)

    each = of**2 * (chance * (1 - chance) * rest_of / rests_on**2 + (lent * spread) ** 2)
    borrowed = total(of * lent)
    part = np.divide(1.0, borrowed, out=np.zeros_like(borrowed), where=borrowed > 0)
    pooled, pooled_of = total(of * lent * pool) * part, total(of * lent * pool_of) * part
    others = np.maximum(total(of * lent * (comparable[request] - 1)) * part, 1.0)
    common = pooled * (1 - pooled) / np.maximum(pooled_of, 1.0) + spread**2 / others
    variance = total(each) + borrowed**2 * common
    compared_of, compared_bad = total(of), total(bad)
    expected = total(of * share)
    usual = np.divide(
        total(of * chance), compared_of, out=np.full(rows.groups, 0.5), where=compared_of > 0
    )
    usual = np.clip(usual, 1e-9, 1 - 1e-9)
    worth = np.divide(
        usual * (1 - usual) * compared_of**2,
        variance,
        out=np.zeros(rows.groups),
        where=variance > 0,
    )
    g = g_statistic(compared_bad, compared_of, usual * worth, worth)
    is_excess = compared_bad > expected
    return Compared(
        bad=compared_bad, of=compared_of, expected=expected, g=np.where(is_excess, g, 0.0)
    )


def _others(rows: Rows, values: Floats, all_values: Floats, comparable: IntArray) -> Floats:
    """Return of each row what comparable requests but its own have outside the group."""
    request = rows.request
    everywhere = np.concatenate(([0.0], np.cumsum(all_values)))[comparable[request]]
    so_far = np.concatenate(([0.0], np.cumsum(values)))
    of_group = so_far[rows.until] - so_far[rows.starts]
    found: Floats = np.maximum(everywhere - of_group - (all_values[request] - values), 0.0)
    return found


def spread_between(bad: Floats, of: Floats) -> float:
    """Return how far the shares of requests lie apart, beyond what chance makes of them.

    The counts are of requests, without the group in question. One in ten may be out of the common;
    few requests are taken to be apart by half of their common share.
    """
    pooled = (float(bad.sum()) + 0.5) / (float(of.sum()) + 1.0)
    prior = _PRIOR_SPREAD * pooled
    is_large = of >= _FEWEST_OF_REQUEST
    number = int(is_large.sum())
    if number < _FEWEST_REQUESTS:
        return prior
    shares = bad[is_large] / of[is_large]
    middle, nine_tenths = np.quantile(shares, [0.5, 0.9])
    deviation = float(nine_tenths - middle) * _NINE_TENTHS_TO_DEVIATION
    by_chance = float(np.median(pooled * (1 - pooled) / of[is_large]))
    found = max(deviation**2 - by_chance, 0.0)
    weight = number / (number + _FEWEST_REQUESTS)
    return float(np.sqrt(weight * found + (1 - weight) * prior**2))

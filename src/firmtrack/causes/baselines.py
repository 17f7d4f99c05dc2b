"""What would be usual of a group: what the rest of its own requests, and comparable ones, tell."""

from dataclasses import dataclass

import numpy as np

from firmtrack.causes.cells import IntArray
from firmtrack.causes.problems import Flags
from firmtrack.causes.statistics import Floats, added_up, g_statistic
from firmtrack.causes.units import Units

_PRIOR_WEIGHT = 50.0
_PRIOR_SPREAD = 0.5
_FEWEST_REQUESTS = 4
_FEWEST_OF_REQUEST = 30.0
_NINE_TENTHS_TO_DEVIATION = 1 / 1.2816


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Groups by request: a row for each request in which a group has updates.

    Rows are sorted by group, then request. ``starts`` is of each row the first one of its group
    whose request is comparable with the row's, ``ends`` the first after those.
    """

    group: IntArray
    request: IntArray
    starts: IntArray
    ends: IntArray
    groups: int


def rows_of(group: IntArray, request: IntArray, groups: int, units: Units) -> Rows:
    """Return rows of groups and requests, which are sorted already."""
    beginning = group * len(units.since)
    keys = beginning + request
    return Rows(
        group=group,
        request=request,
        starts=np.searchsorted(keys, beginning + units.since[request]),
        ends=np.searchsorted(keys, beginning + units.until[request]),
        groups=groups,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Of each group: its updates, how many stand badly, how many would, and what G comes to."""

    bad: Floats
    of: Floats
    expected: Floats
    g: Floats

    @property
    def share(self) -> Floats:
        """Which part of each group stands badly."""
        return self.bad / np.maximum(self.of, 1.0)

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
    units: Units,
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
    pool_bad = _others(rows, bad, all_bad, units)
    pool_of = _others(rows, of, all_of, units)
    pool = (pool_bad + 0.5) / (pool_of + 1.0)
    weight = np.minimum(_PRIOR_WEIGHT, pool_of)
    rests_on = rest_of + weight
    is_told = (rests_on > 0) & is_at_stake[request]
    rests_on = np.maximum(rests_on, 1.0)
    share = (rest_bad + weight * pool) / rests_on
    # None among a few is not never; what is lent by other requests has been told so above.
    margin = 0.5 / (rests_on + 1.0)
    chance = np.clip(share, np.where(weight > 0, share, margin), 1 - margin)
    lent = weight / rests_on

    def total(values: Floats) -> Floats:
        return added_up(rows.group, np.where(is_told, values, 0.0), rows.groups)

    each = of**2 * (chance * (1 - chance) * rest_of / rests_on**2 + (lent * spread) ** 2)
    borrowed = total(of * lent)
    part = np.divide(1.0, borrowed, out=np.zeros_like(borrowed), where=borrowed > 0)
    pooled, pooled_of = total(of * lent * pool) * part, total(of * lent * pool_of) * part
    so_many = _between(all_of > 0, units, request) - 1
    others = np.maximum(total(of * lent * so_many) * part, 1.0)
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
    is_excess = compared_bad > usual * compared_of
    return Compared(
        bad=compared_bad, of=compared_of, expected=expected, g=np.where(is_excess, g, 0.0)
    )


def _others(rows: Rows, values: Floats, all_values: Floats, units: Units) -> Floats:
    """Return of each row what comparable requests but its own have outside the group."""
    request = rows.request
    so_far = np.concatenate(([0.0], np.cumsum(values)))
    of_group = so_far[rows.ends] - so_far[rows.starts]
    own = all_values[request] - values
    found: Floats = np.maximum(_between(all_values, units, request) - of_group - own, 0.0)
    return found


def _between(values: Floats | Flags, units: Units, request: IntArray) -> Floats:
    """Return the sums of what the requests that are comparable with each request have."""
    so_far = np.concatenate(([0.0], np.cumsum(values)))
    found: Floats = so_far[units.until[request]] - so_far[units.since[request]]
    return found


def spread_between(bad: Floats, of: Floats, units: Units, request: IntArray) -> float:
    """Return how far the shares of requests lie apart, beyond what chance makes of them.

    The counts are of requests, without the group in question, which has updates in some requests.
    Among all that are as old as one of these, one in ten may be out of the common; few are taken to
    lie apart by half of their common share. Among the nearest in time none may: what befalls a day
    befalls its requests.
    """
    is_large = of >= _FEWEST_OF_REQUEST
    is_as_old = np.arange(len(of)) < units.until[request].max(initial=0)
    near = np.zeros(len(of) + 1)
    np.add.at(near, units.since[request], 1)
    np.add.at(near, units.until[request], -1)
    is_near = np.cumsum(near[:-1]) > 0
    everywhere = _spread(bad[is_large & is_as_old], of[is_large & is_as_old])
    nearby = _deviation(bad[is_large & is_near], of[is_large & is_near])
    return max(everywhere, nearby)


def _spread(bad: Floats, of: Floats) -> float:
    pooled = (float(bad.sum()) + 0.5) / (float(of.sum()) + 1.0)
    prior = _PRIOR_SPREAD * pooled
    if len(of) < _FEWEST_REQUESTS:
        return prior
    middle, nine_tenths = np.quantile(bad / of, [0.5, 0.9])
    deviation = float(nine_tenths - middle) * _NINE_TENTHS_TO_DEVIATION
    by_chance = float(np.median(pooled * (1 - pooled) / of))
    found = max(deviation**2 - by_chance, 0.0)
    weight = len(of) / (len(of) + _FEWEST_REQUESTS)
    return float(np.sqrt(weight * found + (1 - weight) * prior**2))


def _deviation(bad: Floats, of: Floats) -> float:
    if len(of) < _FEWEST_REQUESTS:
        return 0.0
    pooled = float(bad.sum() / of.sum())
    by_chance = float(np.mean(pooled * (1 - pooled) / of))
    return float(np.sqrt(max(float(np.var(bad / of, ddof=1)) - by_chance, 0.0)))

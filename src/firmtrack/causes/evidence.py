"""How much a group stands out, whichever way its updates are counted, and what is worth telling."""

from dataclasses import dataclass

import numpy as np

from firmtrack.causes.baselines import Compared, Rows, compare, rows_of, spread_between
from firmtrack.causes.cells import IntArray
from firmtrack.causes.counts import FEWEST, Counts
from firmtrack.causes.problems import Flags
from firmtrack.causes.statistics import Floats, added_up

_LEAST_RATIO, _LEAST_DIFFERENCE = 2.0, 0.02
_MUCH_MORE, _MANY = 4.0, 50
_LEAST_RATIO_OF_ALL = 1.5


@dataclass(frozen=True, slots=True)
class Evidence:
    """Groups among those of whom it is known, and among all that there are.

    A request that is young has few outcomes, and failures may come sooner or later than successes
    do. So a share of the known alone, or of all alone, differs without a cause; a cause shows in
    both.
    """

    known: Compared
    entered: Compared

    @property
    def g(self) -> Floats:
        """The smaller G of the two."""
        return np.minimum(self.known.g, self.entered.g)

    @property
    def excess_share(self) -> Floats:
        """By how much the share of the known exceeds what is usual."""
        known = self.known
        return (known.bad - known.expected) / np.maximum(known.of, 1.0)

    @property
    def is_worth_telling(self) -> Flags:
        """Whether it is worth a person's time.

        It is at least five updates beyond what is usual, and twice as many; and two per cent of the
        group or, if four times as many as usual, fifty updates.
        """
        bad, expected = self.known.bad, self.known.expected
        excess = bad - expected
        is_more = (excess >= FEWEST) & (bad >= _LEAST_RATIO * expected)
        is_many = (excess >= _MANY) & (bad >= _MUCH_MORE * expected)
        in_all = self.entered.bad >= _LEAST_RATIO_OF_ALL * self.entered.expected
        worth: Flags = is_more & in_all & (is_many | (self.excess_share >= _LEAST_DIFFERENCE))
        return worth


def evidence_of(counts: Counts, members: IntArray) -> Evidence:
    """Return the evidence of one group, which are some of the units, ascending."""
    bad = counts.by_request(counts.bad, members)
    return Evidence(
        _of_group(counts, bad, counts.by_request(counts.known, members), counts.all_known),
        _of_group(counts, bad, counts.by_request(counts.entered, members), counts.all_entered),
    )


def _of_group(counts: Counts, bad: Floats, of: Floats, all_of: Floats) -> Compared:
    request = np.flatnonzero(of)
    units = counts.units
    rest_bad, rest_of = counts.all_bad - bad, all_of - of
    return compare(
        rows_of(np.zeros(len(request), dtype=np.int64), request, 1, units),
        bad[request],
        of[request],
        counts.all_bad,
        all_of,
        units=units,
        spread=spread_between(rest_bad, rest_of, units, request),
        is_at_stake=counts.is_at_stake,
    )


def most_evidence_of(counts: Counts, rows: Rows, row: IntArray, least_g: float) -> Evidence | None:
    """Return the evidence of many groups, were all requests alike; None if no G is so large.

    ``row`` is the row of each unit.
    """
    known = _of_groups(counts, rows, row, counts.known, counts.all_known)
    if not (known.g >= least_g).any():
        return None
    return Evidence(known, _of_groups(counts, rows, row, counts.entered, counts.all_entered))


def _of_groups(counts: Counts, rows: Rows, row: IntArray, of: Floats, all_of: Floats) -> Compared:
    struck = counts.struck
    return compare(
        rows,
        added_up(row[struck], counts.bad[struck], len(rows.group)),
        added_up(row, of, len(rows.group)),
        counts.all_bad,
        all_of,
        units=counts.units,
        spread=0.0,
        is_at_stake=counts.is_at_stake,
    )

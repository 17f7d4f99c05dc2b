"""Which traits, alone or two together, look as if they had to do with a problem."""

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from firmtrack.causes.baselines import Compared, Rows, compare, rows_of
from firmtrack.causes.cells import IntArray
from firmtrack.causes.statistics import Floats, added_up
from firmtrack.causes.units import Counts, Traits, Units
from firmtrack.domain.causes import PROFILE_ATTRIBUTES, REQUEST_ATTRIBUTES, Attribute

FEWEST_BAD = 5
_NESTED = (
    {Attribute.MANUFACTURER, Attribute.MODEL},
    {Attribute.COMMS_HUB_MANUFACTURER, Attribute.COMMS_HUB_MODEL},
)
_LEAST_G = 12.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """Traits, and how much they might explain."""

    traits: Traits
    explained: float


@dataclass(frozen=True)
class Tables:
    """The groups of each attribute by request, and how many things there are to be tried."""

    units: Units

    @cached_property
    def of(self) -> dict[Attribute, tuple[Rows, IntArray]]:
        """Of each attribute its rows, and which of them each unit is in."""
        return {attribute: self._of(attribute) for attribute in Attribute}

    def _of(self, attribute: Attribute) -> tuple[Rows, IntArray]:
        requests = len(self.units.comparable)
        values = len(self.units.sizes[attribute])
        keys = self.units.codes[attribute] * requests + self.units.request
        is_there = np.zeros(values * requests, dtype=bool)
        is_there[keys] = True
        row = np.cumsum(is_there) - 1
        group, request = np.divmod(np.flatnonzero(is_there), requests)
        return rows_of(group, request, values, self.units.comparable), row[keys]

    @cached_property
    def singles(self) -> int:
        """How many traits there are."""
        return sum(int((sizes[1:] > 0).sum()) for sizes in self.units.sizes.values())

    @cached_property
    def pairs(self) -> int:
        """How many pairs of traits there are among the updates."""
        return sum(self._pairs_of(*pair) for pair in combinations(Attribute, 2))

    def _pairs_of(self, one: Attribute, other: Attribute) -> int:
        codes, sizes = self.units.codes, self.units.sizes
        width = len(sizes[other])
        is_there = np.zeros((len(sizes[one]), width), dtype=bool)
        is_there.reshape(-1)[codes[one] * width + codes[other]] = True
        return int(is_there[1:, 1:].sum())


def singles(tables: Tables, counts: Counts, only: Attribute | None = None) -> list[Candidate]:
    """Return the traits that look suspicious, if nothing but chance made requests differ."""
    found = []
    for attribute in Attribute if only is None else [only]:
        rows, row = tables.of[attribute]
        known = _compared(tables.units, rows, row, counts, counts.known)
        entered = _compared(tables.units, rows, row, counts, counts.entered)
        g = np.minimum(known.g, entered.g)
        bad = added_up(tables.units.codes[attribute], counts.bad, rows.groups)
        g[bad < FEWEST_BAD] = 0.0
        g[0] = 0.0
        explained = known.explained(counts.share)
        found += [
            Candidate(((attribute, code),), float(explained[code]))
            for code in np.flatnonzero(g >= _LEAST_G).tolist()
        ]
    return found


def _compared(units: Units, rows: Rows, row: IntArray, counts: Counts, of: Floats) -> Compared:
    requests, number = len(units.comparable), len(rows.group)
    return compare(
        rows,
        added_up(row, counts.bad, number),
        added_up(row, of, number),
        added_up(units.request, counts.bad, requests),
        added_up(units.request, of, requests),
        comparable=units.comparable,
        spread=0.0,
        is_at_stake=counts.is_at_stake,
    )


def pairs(tables: Tables, counts: Counts, *, of_requests: bool) -> list[Candidate]:
    """Return pairs of traits that more updates have than their requests' shares would give.

    ``of_requests`` says whether a fact of the request may be one of them.
    """
    units = tables.units
    struck = np.flatnonzero(counts.bad)
    requests = len(units.comparable)
    all_bad = added_up(units.request, counts.bad, requests)
    all_known = added_up(units.request, counts.known, requests)
    share = all_bad / np.maximum(all_known, 1.0)
    usual = counts.known * (share * counts.is_at_stake)[units.request]
    found = []
    for one, other in _pairs_to_try(units, of_requests=of_requests):
        width = len(units.sizes[other])
        keys = units.codes[one] * width + units.codes[other]
        bad = added_up(keys[struck], counts.bad[struck])
        enough = np.flatnonzero(bad >= FEWEST_BAD)
        enough = enough[(enough >= width) & (enough % width > 0)]
        if not len(enough):
            continue
        expected = added_up(keys, usual, len(bad))[enough]
        has = bad[enough]
        expected = np.maximum(expected, 1e-3)
        g = 2 * (has * np.log(has / expected) - (has - expected))
        g[has <= expected] = 0.0
        found += [
            Candidate(((one, key // width), (other, key % width)), value / 2)
            for key, value in zip(enough.tolist(), g.tolist(), strict=True)
            if value >= _LEAST_G
        ]
    return found


def _pairs_to_try(units: Units, *, of_requests: bool) -> list[tuple[Attribute, Attribute]]:
    """Return pairs of attributes, without those whose pairs are but one of the two.

    They are told apart by the counts of all that there is to try, which does not leave them out.
    """
    facts = _different_facts(units) if of_requests else []
    tried = [*PROFILE_ATTRIBUTES, *facts]
    order = list(Attribute)
    tried.sort(key=order.index)
    return [
        pair
        for pair in combinations(tried, 2)
        if set(pair) not in _NESTED and not set(pair) <= set(REQUEST_ATTRIBUTES)
    ]


def _different_facts(units: Units) -> list[Attribute]:
    """Return the facts of requests, but one only of those that tell the same requests apart."""
    found: dict[bytes, Attribute] = {}
    for attribute in (
        Attribute.FIRMWARE_VERSION,
        Attribute.IMAGE_HASH,
        Attribute.SERVICE_REQUEST_ID,
    ):
        codes = np.zeros(len(units.comparable), dtype=np.int64)
        codes[units.request] = units.codes[attribute]
        if (codes[units.request] == 0).any():
            found[attribute.encode()] = attribute
            continue
        _, same = np.unique(codes, return_inverse=True)
        firsts = np.unique(same, return_index=True)[1]
        found.setdefault(firsts[same].tobytes(), attribute)
    return list(found.values())

"""Which traits, alone or two together, look as if they had to do with a problem."""

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from firmtrack.causes.baselines import Rows, rows_of
from firmtrack.causes.cells import IntArray
from firmtrack.causes.counts import FEWEST, Counts
from firmtrack.causes.evidence import most_evidence_of
from firmtrack.causes.statistics import added_up
from firmtrack.causes.units import Traits, Units
from firmtrack.domain.causes import REQUEST_ATTRIBUTES, Attribute

_FACTS = frozenset(REQUEST_ATTRIBUTES)
_MUCH_FOR_A_REQUEST = 3.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """Traits, and how much they explain, or might."""

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
        requests = len(self.units.since)
        values = len(self.units.sizes[attribute])
        keys = self.units.codes[attribute] * requests + self.units.request
        is_there = np.zeros(values * requests, dtype=bool)
        is_there[keys] = True
        row = np.cumsum(is_there) - 1
        group, request = np.divmod(np.flatnonzero(is_there), requests)
        return rows_of(group, request, values, self.units), row[keys]

    @cached_property
    def trait_count(self) -> int:
        """How many traits there are."""
        return sum(int((sizes[1:] > 0).sum()) for sizes in self.units.sizes.values())

    @cached_property
    def pair_counts(self) -> dict[tuple[Attribute, Attribute], int]:
        """How many pairs of values of two attributes some updates have, "" among them."""
        codes, sizes = self.units.codes, self.units.sizes
        found = {}
        for one, other in combinations(Attribute, 2):
            width = len(sizes[other])
            is_there = np.zeros(len(sizes[one]) * width, dtype=bool)
            is_there[codes[one] * width + codes[other]] = True
            found[one, other] = int(is_there.sum())
        return found

    @cached_property
    def pair_count(self) -> int:
        """How many pairs of traits there are, those that are never looked at included."""
        return sum(self.pair_counts.values())

    @cached_property
    def pairs_to_try(self) -> list[tuple[Attribute, Attribute]]:
        """Pairs of them, without those whose pairs are the same updates as one of the two.

        So it is where the value of one says the value of the other.
        """
        values = {a: int((sizes > 0).sum()) for a, sizes in self.units.sizes.items()}
        to_try = set(self.to_try)
        return [
            (one, other)
            for (one, other), number in self.pair_counts.items()
            if number > max(values[one], values[other])
            and {one, other} <= to_try
            and not {one, other} <= _FACTS
        ]

    @cached_property
    def to_try(self) -> list[Attribute]:
        """Attributes, but one fact only of those that tell the same requests apart."""
        facts = _different_facts(self.units)
        return [each for each in Attribute if each not in _FACTS or each in facts]


def singles(tables: Tables, counts: Counts, *, least_g: float) -> list[Candidate]:
    """Return the traits that would be worth telling, were all requests alike."""
    found = []
    for attribute in tables.to_try:
        evidence = most_evidence_of(counts, *tables.of[attribute], least_g)
        if evidence is None:
            continue
        is_suspicious = (evidence.g >= least_g) & evidence.is_worth_telling
        is_suspicious[0] = False
        explained = evidence.known.explained(counts.share)
        found += [
            Candidate(((attribute, code),), float(explained[code]))
            for code in np.flatnonzero(is_suspicious).tolist()
        ]
    return found


def pairs(
    tables: Tables, counts: Counts, *, least_g: float, most: int, of_requests: bool
) -> list[Candidate]:
    """Return pairs of traits that more updates have than the shares of their requests would give.

    The ``most`` that explain most, those first. ``of_requests`` says whether a fact of the request
    may be one of them.
    """
    units = tables.units
    struck = counts.struck
    share = counts.all_bad / np.maximum(counts.all_known, 1.0)
    # A pair that is most of its request would else be what is usual there.
    share = np.minimum(share, _MUCH_FOR_A_REQUEST * counts.share)
    usual = counts.known * (share * counts.is_at_stake)[units.request]
    found = []
    for one, other in tables.pairs_to_try:
        if {one, other} & _FACTS and not of_requests:
            continue
        width = len(units.sizes[other])
        keys = units.codes[one] * width + units.codes[other]
        bad = added_up(keys[struck], counts.bad[struck])
        enough = np.flatnonzero(bad >= FEWEST)
        enough = enough[(enough >= width) & (enough % width > 0)]
        if not len(enough):
            continue
        has = bad[enough]
        expected = np.maximum(added_up(keys, usual, len(bad))[enough], 1e-3)
        explained = has * np.log(has / expected) - (has - expected)
        suspicious = np.flatnonzero((has > expected) & (2 * explained >= least_g))
        best = suspicious[np.argsort(-explained[suspicious], kind="stable")[:most]]
        found += [
            Candidate(((one, key // width), (other, key % width)), value)
            for key, value in zip(enough[best].tolist(), explained[best].tolist(), strict=True)
        ]
    return sorted(found, key=lambda each: (-each.explained, each.traits))[:most]


def _different_facts(units: Units) -> set[Attribute]:
    """Return the facts of requests, one only of those that tell the same requests apart."""
    found: dict[bytes, Attribute] = {}
    for attribute in REQUEST_ATTRIBUTES:
        codes = np.zeros(len(units.since), dtype=np.int64)
        codes[units.request] = units.codes[attribute]
        firsts, same = np.unique(codes, return_index=True, return_inverse=True)[1:]
        is_known = codes > 0
        found.setdefault(np.where(is_known, firsts[same], -1).tobytes(), attribute)
    return set(found.values())

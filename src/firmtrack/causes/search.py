"""The causes of what stands badly: the fewest traits that explain it, strongest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from firmtrack.answers.causes import Cause
from firmtrack.causes import candidates
from firmtrack.causes.baselines import Compared, compare, rows_of, spread_between
from firmtrack.causes.candidates import FEWEST_BAD, Candidate, Tables
from firmtrack.causes.cells import Cells, IntArray
from firmtrack.causes.figures import counted, figures_of
from firmtrack.causes.preference import rank_of, same_updates
from firmtrack.causes.problems import Problem, problems_of
from firmtrack.causes.statistics import Floats, added_up, chance_of
from firmtrack.causes.units import Counts, Traits, Units, counts_of, units_of
from firmtrack.domain.causes import Attribute, CauseKey, CauseKind, Trait
from firmtrack.domain.identifiers import RequestId

__all__ = ["figures_of", "find"]

MOST_BY_CHANCE = 0.005
"""The share of what is found that may be chance, of singles and of pairs each."""

_LEAST_RATIO = 2.0
_LEAST_RATIO_ENTERED = 1.5
_LEAST_DIFFERENCE = 0.02
_MANY = 50
_MUCH_MORE = 4.0
_MOST_CAUSES = 12
_MOST_PAIRS = 24
_SAME_EXCESS = 0.5
_AS_GOOD = 3.0


def find(cells: Cells, *, now: datetime, of_request: RequestId | None = None) -> tuple[Cause, ...]:
    """Return the causes, greatest excess first: updates beyond what elsewhere's share would give.

    With ``of_request`` those that updates of this request have, with its own counts, shares, times
    and days; what is elsewhere stays as it is.
    """
    if not len(cells.count):
        return ()
    units = units_of(cells, now)
    tables = Tables(units)
    problems = problems_of(cells)
    found = []
    for problem in problems:
        searched = _Search(tables, problem, len(problems))
        found += [
            _cause(cells, units, problem, traits, now, of_request)
            for traits in searched.found(counts_of(cells, units, problem))
        ]
    causes = [cause for cause in found if cause is not None]
    return tuple(sorted(causes, key=lambda cause: (-_excess(cause), cause.key.cause_id)))


def _excess(cause: Cause) -> float:
    return cause.device_count - cause.elsewhere_share * cause.of_count


def _cause(
    cells: Cells,
    units: Units,
    problem: Problem,
    traits: Traits,
    now: datetime,
    of_request: RequestId | None,
) -> Cause | None:
    key = CauseKey.of(problem.status, problem.reason, _named(cells, traits))
    return counted(cells, units, key, now=now, of_request=of_request)


def _named(cells: Cells, traits: Iterable[tuple[Attribute, int]]) -> list[Trait]:
    return [Trait(attribute, cells.values[attribute][code]) for attribute, code in traits]


@dataclass(frozen=True, slots=True)
class _Evidence:
    """How much a group stands out, whichever way its updates are counted."""

    known: Compared
    entered: Compared

    @property
    def g(self) -> float:
        return float(min(self.known.g[0], self.entered.g[0]))

    @property
    def share(self) -> float:
        return float(self.known.bad[0] / max(self.known.of[0], 1.0))

    @property
    def usual(self) -> float:
        return float(self.known.expected[0] / max(self.known.of[0], 1.0))

    @property
    def excess_share(self) -> float:
        return self.share - self.usual

    @property
    def is_worth_telling(self) -> bool:
        """Whether it is enough to be worth a person's time."""
        bad, expected = float(self.known.bad[0]), float(self.known.expected[0])
        entered = self.entered.bad[0] >= _LEAST_RATIO_ENTERED * self.entered.expected[0]
        if bad - expected < FEWEST_BAD or bad < _LEAST_RATIO * expected or not entered:
            return False
        is_many = bad - expected >= _MANY and bad >= _MUCH_MORE * expected
        return self.excess_share >= _LEAST_DIFFERENCE or is_many


@dataclass(frozen=True, slots=True)
class _Search:
    """The search for the causes of one problem."""

    tables: Tables
    problem: Problem
    problems: int

    def found(self, counts: Counts) -> list[Traits]:
        """Return the causes one after the other, each without the updates of those before."""
        found: list[Traits] = []
        while len(found) < _MOST_CAUSES:
            traits = self._strongest(counts)
            if traits is None:
                break
            found.append(same_updates(self.tables.units, traits)[0])
            counts = counts.without(self.tables.units.having(traits))
        return found

    def _strongest(self, counts: Counts) -> Traits | None:
        """Return the traits that explain most, of those that are no chance and worth telling."""
        if counts.bad.sum() < FEWEST_BAD:
            return None
        significant = sorted(
            [*self._singles(counts), *self._pairs(counts)], key=lambda each: -each.explained
        )
        for each in significant:
            alike = [a for a in significant if a.explained > each.explained - _AS_GOOD]
            for one in sorted(alike, key=lambda each: rank_of(each.traits)):
                smallest = self._smallest(one.traits, counts)
                if smallest is not None:
                    return smallest
        return None

    @property
    def _may_pair_requests(self) -> bool:
        return self.problem.kind is CauseKind.FAILED

    def _singles(self, counts: Counts) -> list[Candidate]:
        """Return the significant traits down to those that explain less than the first of them."""
        found: list[Candidate] = []
        suspicious = candidates.singles(self.tables, counts)
        for each in sorted(suspicious, key=lambda each: (-each.explained, each.traits)):
            if found and each.explained < found[0].explained - _AS_GOOD:
                break
            evidence = self._evidence(counts, self.tables.units.having(each.traits))
            if self._is_significant(evidence, self.tables.singles):
                found.append(each)
        return found

    def _pairs(self, counts: Counts) -> list[Candidate]:
        """Return the significant pairs of those that look most suspicious."""
        found: list[Candidate] = []
        suspicious = candidates.pairs(self.tables, counts, of_requests=self._may_pair_requests)
        suspicious.sort(key=lambda each: (-each.explained, each.traits))
        for each in suspicious[:_MOST_PAIRS]:
            evidence = self._evidence(counts, self.tables.units.having(each.traits))
            if self._is_significant(evidence, self.tables.pairs):
                explained = float(evidence.known.explained(counts.share)[0])
                found.append(Candidate(each.traits, explained))
        return found

    def _is_significant(self, evidence: _Evidence, tried: int) -> bool:
        chance = chance_of(evidence.g) * tried * self.problems
        return chance <= MOST_BY_CHANCE and evidence.is_worth_telling

    def _smallest(self, traits: Traits, counts: Counts) -> Traits | None:
        """Return the traits, or those one or two of which they are but a part or a whole."""
        if len(traits) == 1:
            return self._split(traits, counts) or traits
        evidence = self._evidence(counts, self.tables.units.having(traits))
        whole = self._whole(traits, evidence, counts)
        if whole is not None:
            return whole
        return traits if self._beats_singles(traits, counts) else None

    def _whole(self, pair: Traits, evidence: _Evidence, counts: Counts) -> Traits | None:
        """Return the one of a pair that stands out without the other, too."""
        best: tuple[float, Traits] | None = None
        inside = self.tables.units.having(pair)
        for trait in pair:
            members = self.tables.units.having((trait,))
            rest = self._evidence(counts.without(inside), members)
            if rest.known.of[0] and rest.excess_share < _SAME_EXCESS * evidence.excess_share:
                continue
            alone = self._evidence(counts, members)
            if alone.is_worth_telling and (best is None or alone.g > best[0]):
                best = alone.g, (trait,)
        return None if best is None else best[1]

    def _inside(self, counts: Counts, traits: Traits) -> Counts:
        """Return the counts of those that have the traits, of the requests at stake alone."""
        units = self.tables.units
        inside = units.having(traits)
        return counts.within(inside[counts.is_at_stake[units.request[inside]]])

    def _beats_singles(self, pair: Traits, counts: Counts) -> bool:
        return all(self._beats(pair, trait, counts) for trait in pair)

    def _beats(self, pair: Traits, trait: tuple[Attribute, int], counts: Counts) -> bool:
        """Return whether a pair stands out among the updates that have one of its traits."""
        units = self.tables.units
        evidence = self._evidence(self._inside(counts, (trait,)), units.having(pair))
        chance = chance_of(evidence.g) * self.tables.singles
        return chance <= MOST_BY_CHANCE and evidence.share >= _LEAST_RATIO_ENTERED * evidence.usual

    def _split(self, single: Traits, counts: Counts) -> Traits | None:
        """Return the pair in a single without which nothing of the single is out of the common."""
        units = self.tables.units
        inside = units.having(single)
        here = self._inside(counts, single)
        best: tuple[float, Traits] | None = None
        for pair in self._parts(single, inside, here):
            within = self._evidence(here, units.having(pair))
            if best is not None and within.g <= best[0]:
                continue
            if chance_of(within.g) * self.tables.singles > MOST_BY_CHANCE:
                continue
            evidence = self._evidence(counts, units.having(pair))
            if self._whole(pair, evidence, counts) is None and self._beats_singles(pair, counts):
                best = within.g, pair
        return None if best is None else best[1]

    def _parts(self, single: Traits, inside: IntArray, here: Counts) -> list[Traits]:
        units = self.tables.units
        bad, known = here.bad[inside], here.known[inside]
        parts = []
        for attribute in Attribute:
            if attribute is single[0][0] or (
                attribute in _REQUEST_FACTS and not self._may_pair_requests
            ):
                continue
            codes = units.codes[attribute][inside]
            bad_of = added_up(codes, bad)
            known_of = added_up(codes, known)
            rest_bad, rest_known = bad.sum() - bad_of, known.sum() - known_of
            share = bad_of / np.maximum(known_of, 1.0)
            rest = rest_bad / np.maximum(rest_known, 1.0)
            is_part = (bad_of >= FEWEST_BAD) & (rest_known > 0) & (share >= 2 * rest)
            is_part[0] = False
            parts += [
                (float(bad_of[code]), tuple(sorted((single[0], (attribute, code)), key=_order)))
                for code in np.flatnonzero(is_part).tolist()
            ]
        return [pair for _, pair in sorted(parts, key=lambda each: -each[0])[:_MOST_PAIRS]]

    def _evidence(self, counts: Counts, members: IntArray) -> _Evidence:
        units = self.tables.units
        return _Evidence(
            self._compared(units, counts, counts.known, members),
            self._compared(units, counts, counts.entered, members),
        )

    def _compared(self, units: Units, counts: Counts, of: Floats, members: IntArray) -> Compared:
        requests = len(units.comparable)

        def by_request(numbers: Floats) -> Floats:
            return added_up(units.request, numbers, requests)

        def of_members(numbers: Floats) -> Floats:
            return added_up(units.request[members], numbers[members], requests)

        all_bad, all_of = by_request(counts.bad), by_request(of)
        bad, has = of_members(counts.bad), of_members(of)
        request = np.flatnonzero(has)
        rows = rows_of(np.zeros(len(request), dtype=np.int64), request, 1, units.comparable)
        return compare(
            rows,
            bad[request],
            has[request],
            all_bad,
            all_of,
            comparable=units.comparable,
            spread=spread_between(all_bad - bad, all_of - has),
            is_at_stake=counts.is_at_stake,
        )


_REQUEST_FACTS = (
    Attribute.FIRMWARE_VERSION,
    Attribute.IMAGE_HASH,
    Attribute.SERVICE_REQUEST_ID,
)


def _order(trait: tuple[Attribute, int]) -> int:
    return list(Attribute).index(trait[0])

"""The causes of what stands badly: the fewest traits that explain it, what explains most first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from firmtrack.answers.causes import Cause
from firmtrack.causes.candidates import Candidate, Tables, pairs, singles
from firmtrack.causes.cells import Cells, IntArray
from firmtrack.causes.counts import FEWEST, Counts, counts_of
from firmtrack.causes.evidence import Evidence, evidence_of
from firmtrack.causes.figures import counted, figures_of
from firmtrack.causes.preference import rank_of, same_updates
from firmtrack.causes.problems import Problem, problems_of
from firmtrack.causes.statistics import added_up, g_of
from firmtrack.causes.units import Coded, Traits, Units, units_of
from firmtrack.domain.causes import REQUEST_ATTRIBUTES, CauseKey, CauseKind, Trait
from firmtrack.domain.identifiers import RequestId

__all__ = ["figures_of", "find"]

MOST_BY_CHANCE = 0.005
"""How likely a search may be to find one trait, or one pair of traits, where there is no cause."""

_MOST_CAUSES = 12
_MOST_PAIRS = 12
_ROUGHLY = 0.7
_AS_GOOD = 3.0
_SAME_EXCESS = 0.5
_LEAST_RATIO_INSIDE = 1.5
_NEARLY_ALL = 0.95
_LEAST_BETWEEN_REQUESTS = 0.05
_SURE_OF_OTHERS = 0.001
_LEAST_RATIO_SHOWN = 1.5


def find(cells: Cells, *, now: datetime, of_request: RequestId | None = None) -> tuple[Cause, ...]:
    """Return the causes, greatest excess first: updates beyond what elsewhere's share would give.

    With ``of_request`` those that updates of this request have, with its own counts, shares, times
    and days; what is elsewhere stays as it is.
    """
    if not len(cells.count):
        return ()
    units = units_of(cells, now)
    found = []
    for key in _keys(cells, units):
        cause = counted(cells, units, key, now=now, of_request=None)
        if cause is None or not _shows(cause):
            continue
        if of_request is not None:
            cause = counted(cells, units, key, now=now, of_request=of_request)
        found.append(cause)
    return tuple(sorted((each for each in found if each is not None), key=_most_excess_first))


def _shows(cause: Cause) -> bool:
    """Return whether the figures that people are shown say what the comparison does."""
    return cause.share >= _LEAST_RATIO_SHOWN * cause.elsewhere_share


def _most_excess_first(cause: Cause) -> tuple[float, str]:
    return cause.elsewhere_share * cause.of_count - cause.device_count, cause.key.cause_id


def _keys(cells: Cells, units: Units) -> Iterator[CauseKey]:
    tables = Tables(units)
    searched = [
        (problem, counts)
        for problem in problems_of(cells)
        for counts in counts_of(cells, units, problem)
    ]
    found: dict[CauseKey, None] = {}
    for problem, counts in searched:
        for traits in _Search(tables, problem, len(searched)).found(counts):
            named = [Trait(attribute, cells.values[attribute][code]) for attribute, code in traits]
            found[CauseKey.of(problem.status, problem.reason, named)] = None
    yield from found


@dataclass(frozen=True, slots=True)
class _Time:
    """The counts of the requests of a time; ``is_bounded``: there were such before it, or after."""

    counts: Counts
    is_bounded: bool


@dataclass(frozen=True, slots=True)
class _Search:
    """The search for the causes of one problem; ``problems`` is how many searches there are."""

    tables: Tables
    problem: Problem
    problems: int

    def found(self, counts: Counts) -> list[Traits]:
        """Return the causes one after the other, each without the updates of those before."""
        found: list[Traits] = []
        while len(found) < _MOST_CAUSES and counts.all_bad.sum() >= FEWEST:
            traits = self._strongest(counts)
            if traits is None:
                break
            traits = self._in_its_time(traits, counts)
            found.append(same_updates(self.tables.units, traits)[0])
            counts = counts.without(self.tables.units.having(traits))
        return found

    def _strongest(self, counts: Counts) -> Traits | None:
        """Return the traits that explain most, of those that are no chance and worth telling.

        Of what explains about as much, the fewest and those preferred.
        """
        significant = [*self._singles(counts), *self._pairs(counts)]
        significant.sort(key=lambda each: (-each.explained, each.traits))
        for each in significant:
            alike = [a for a in significant if abs(a.explained - each.explained) < _AS_GOOD]
            for one in sorted(alike, key=lambda each: rank_of(each.traits)):
                traits = one.traits if len(one.traits) == 1 else self._smallest(one.traits, counts)
                if traits is not None:
                    return traits
        return None

    def _singles(self, counts: Counts) -> list[Candidate]:
        """Return the significant traits, without those that explain less than one of them."""
        found: list[Candidate] = []
        suspicious = singles(self.tables, counts, least_g=self._least_g(self.tables.trait_count))
        for each in sorted(suspicious, key=lambda each: (-each.explained, each.traits)):
            if found and each.explained < found[0].explained - _AS_GOOD:
                break
            if self._is_single(self._evidence(counts, each.traits), each.traits):
                found.append(each)
        return found

    def _pairs(self, counts: Counts) -> list[Candidate]:
        """Return the significant pairs of those that look most suspicious."""
        found: list[Candidate] = []
        of_requests = self.problem.kind is CauseKind.FAILED
        suspicious = pairs(
            self.tables,
            counts,
            least_g=_ROUGHLY * self._least_g(self.tables.pair_count),
            most=_MOST_PAIRS,
            of_requests=of_requests,
        )
        for each in suspicious:
            evidence = self._evidence(counts, each.traits)
            if self._is_significant(evidence, self.tables.pair_count):
                explained = float(evidence.known.explained(counts.share)[0])
                found.append(Candidate(each.traits, explained))
        return found

    def _least_g(self, tried: int) -> float:
        return g_of(MOST_BY_CHANCE / max(tried * self.problems, 1))

    def _is_significant(self, evidence: Evidence, tried: int) -> bool:
        is_no_chance = evidence.g[0] >= self._least_g(tried)
        return bool(is_no_chance and evidence.is_worth_telling[0])

    def _is_single(self, evidence: Evidence, traits: Traits) -> bool:
        """Return whether a single trait is a cause.

        Requests differ for many reasons: for what is of whole requests a difference must be larger.
        """
        is_of_requests = traits[0][0] in REQUEST_ATTRIBUTES
        is_large = evidence.excess_share[0] >= _LEAST_BETWEEN_REQUESTS or not is_of_requests
        return is_large and self._is_significant(evidence, self.tables.trait_count)

    def _smallest(self, pair: Traits, counts: Counts) -> Traits | None:
        """Return the pair; or the one of it that stands out without the other; or None.

        A pair is a cause only if it stands out among the updates that have either of its traits.
        """
        excess = self._evidence(counts, pair).excess_share[0]
        rest = counts.without(self.tables.units.having(pair))
        alone = []
        for trait in pair:
            evidence = self._evidence(rest, (trait,))
            if evidence.known.of[0] and evidence.excess_share[0] < _SAME_EXCESS * excess:
                continue
            whole = self._evidence(counts, (trait,))
            if self._is_single(whole, (trait,)):
                alone.append(Candidate((trait,), float(whole.known.explained(counts.share)[0])))
        if alone:
            return max(alone, key=lambda each: each.explained).traits
        return pair if all(self._stands_out(pair, trait, counts) for trait in pair) else None

    def _stands_out(self, pair: Traits, trait: Coded, counts: Counts) -> bool:
        inside = counts.within(self.tables.units.having((trait,)))
        evidence = self._evidence(inside, pair)
        is_no_chance = evidence.g[0] >= g_of(MOST_BY_CHANCE / self.tables.trait_count)
        is_more = evidence.known.bad[0] >= _LEAST_RATIO_INSIDE * evidence.known.expected[0]
        return bool(is_no_chance and is_more)

    def _in_its_time(self, found: Traits, counts: Counts) -> Traits:
        """Return the one trait of what was found by which all fared so while it lasted, or that.

        A cause may have begun in the period, or ended. Those before and after it fare as usual, so
        that what happens to be common to the first or the only requests of its time stands out.
        """
        evidence = self._evidence(counts, found)
        share = float(evidence.known.share[0])
        members = self.tables.units.having(found)
        was_bounded = self._time_of(members, counts, share).is_bounded
        wider = []
        for trait in self._common(members, counts):
            its_time = self._time_of(self.tables.units.having((trait,)), counts, share).counts
            others = self._evidence(its_time.without(members), (trait,))
            if others.known.of[0]:
                is_alike = others.excess_share[0] >= _SAME_EXCESS * evidence.excess_share[0]
                if not (is_alike and others.g[0] >= g_of(_SURE_OF_OTHERS)):
                    continue
            elif len(found) == 1 or trait not in found or not was_bounded:
                continue
            whole = self._evidence(its_time, (trait,))
            if self._is_single(whole, (trait,)):
                explained = float(whole.known.explained(its_time.share)[0])
                wider.append(Candidate((trait,), explained))
        return max(wider, key=lambda each: each.explained).traits if wider else found

    def _common(self, members: IntArray, counts: Counts) -> Iterator[Coded]:
        """Yield the traits that nearly all of the members have which stand badly."""
        bad = counts.bad[members]
        for attribute, codes in self.tables.units.codes.items():
            by_code = added_up(codes[members], bad)
            code = int(by_code.argmax())
            if code and by_code[code] >= _NEARLY_ALL * bad.sum():
                yield attribute, code

    def _time_of(self, members: IntArray, counts: Counts, share: float) -> "_Time":
        """Return the time from the first to the last request of which members are struck so."""
        units = self.tables.units
        bad = counts.by_request(counts.bad, members)
        expected = share * counts.by_request(counts.known, members)
        struck = np.flatnonzero((bad >= FEWEST) & (bad >= _SAME_EXCESS * expected))
        if not len(struck):
            return _Time(counts, is_bounded=False)
        first, last = struck[0], struck[-1]
        has_ended = expected[last + 1 :].sum() >= FEWEST
        if not has_ended:
            last = len(expected)
        within = np.flatnonzero((units.request >= first) & (units.request <= last))
        return _Time(
            counts.within(within), is_bounded=bool(has_ended or expected[:first].sum() >= FEWEST)
        )

    def _evidence(self, counts: Counts, traits: Traits) -> Evidence:
        return evidence_of(counts, self.tables.units.having(traits))

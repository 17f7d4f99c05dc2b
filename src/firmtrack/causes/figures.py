"""The figures of one cause: how many, of how many, elsewhere, since when, where, by day."""

from datetime import UTC, date, datetime, timedelta

import numpy as np

from firmtrack.answers.causes import Cause, CauseState
from firmtrack.causes.cells import Cells, IntArray
from firmtrack.causes.preference import same_updates
from firmtrack.causes.problems import (
    Flags,
    Problem,
    is_known_of,
    is_of,
    may_yet_be_of,
    problem_of,
)
from firmtrack.causes.units import Units, units_of
from firmtrack.domain.causes import Attribute, CauseKey, CauseKind, Trait
from firmtrack.domain.identifiers import RequestId

MOST_REQUESTS = 20
GROWS_WITHIN = timedelta(hours=24)
OPEN_WITHIN = timedelta(days=3)

_EPOCH_DAY = date(1970, 1, 1)


def figures_of(
    cells: Cells, key: CauseKey, *, now: datetime, of_request: RequestId | None = None
) -> Cause | None:
    """Return the figures of one cause, whatever its significance; None where no update is of it.

    It ``is_growing`` if an update joined it within 24 hours before ``now``. Failures are *open* if
    one joined within 3 days; else *quiet* if updates with the traits are in progress before the
    step; else *over*. What stands still is *open* as long as it does. With ``of_request`` its own
    counts, times, days and state, of a cause whose requests and elsewhere are those of all.
    """
    return counted(cells, units_of(cells, now), key, now=now, of_request=of_request)


def counted(
    cells: Cells, units: Units, key: CauseKey, *, now: datetime, of_request: RequestId | None
) -> Cause | None:
    """Return what ``figures_of`` does, of cells whose units are known."""
    members = _having(cells, key)
    if members is None:
        return None
    problem = problem_of(key)
    is_bad, is_known = is_of(cells, problem), is_known_of(cells, problem)
    own = members & _is_in(cells, of_request)
    bad = np.flatnonzero(own & is_bad & (cells.count > 0))
    if not len(bad):
        return None
    last = int(cells.last[bad].max())
    requests = _most_affected(cells, np.flatnonzero(members & is_bad & (cells.count > 0)))
    return Cause(
        key=key,
        device_count=int(cells.count[bad].sum()),
        of_count=int(cells.count[own & is_known].sum()),
        elsewhere_count=int(cells.count[is_bad & ~members].sum()),
        elsewhere_of=int(cells.count[is_known & ~members].sum()),
        first_at=_at(int(cells.first[bad].min())),
        last_at=_at(last),
        is_growing=_at(last) >= now - GROWS_WITHIN,
        state=_state(cells, problem, own, _at(last), now),
        also=_also(cells, units, key),
        request_ids=tuple(cells.request_ids[place] for place in requests[:MOST_REQUESTS]),
        request_count=len(requests),
        by_day=_by_day(cells, bad),
    )


def _having(cells: Cells, key: CauseKey) -> Flags | None:
    """Return which cells have the traits; None where there is no such value."""
    found = np.ones(len(cells.count), dtype=bool)
    for trait in key.traits:
        places = [
            p for p, value in enumerate(cells.values[trait.attribute]) if value == trait.value
        ]
        if not places:
            return None
        found &= np.isin(cells.codes[trait.attribute], places)
    return found


def _also(cells: Cells, units: Units, key: CauseKey) -> tuple[Trait, ...]:
    """Return what exactly the updates that have a cause's traits have in common besides."""
    coded = tuple((t.attribute, list(cells.values[t.attribute]).index(t.value)) for t in key.traits)
    named = {trait for traits in same_updates(units, coded) for trait in traits} - set(coded)
    order = list(Attribute)
    return tuple(
        Trait(attribute, cells.values[attribute][code])
        for attribute, code in sorted(named, key=lambda trait: order.index(trait[0]))
    )


def _is_in(cells: Cells, request_id: RequestId | None) -> Flags:
    if request_id is None:
        return np.ones(len(cells.count), dtype=bool)
    places = [place for place, each in enumerate(cells.request_ids) if each == request_id]
    return np.isin(cells.request, places)


def _state(
    cells: Cells, problem: Problem, own: Flags, last_at: datetime, now: datetime
) -> CauseState:
    if problem.kind is CauseKind.STALLED or last_at >= now - OPEN_WITHIN:
        return CauseState.OPEN
    may_join = cells.count[own & may_yet_be_of(cells, problem)].sum()
    return CauseState.QUIET if may_join else CauseState.OVER


def _most_affected(cells: Cells, bad: IntArray) -> list[int]:
    counts = np.bincount(cells.request[bad], cells.count[bad], len(cells.request_ids))
    places = np.flatnonzero(counts).tolist()
    return sorted(places, key=lambda place: (-counts[place], cells.request_ids[place]))


def _by_day(cells: Cells, bad: IntArray) -> tuple[tuple[date, int], ...]:
    days, places = np.unique(cells.day[bad], return_inverse=True)
    counts = np.bincount(places, cells.count[bad])
    return tuple(
        (_EPOCH_DAY + timedelta(days=day), int(count))
        for day, count in zip(days.tolist(), counts.tolist(), strict=True)
    )


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)

"""Worlds looked at hour by hour: which of their stays the rules of pace call slow and stalled.

The judge sees what had happened until the hour, and counts it as the store does: what others did of
late by region, and how each cohort stands.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.worlds import Outage, TrueStay, World
from firmtrack.domain.activity import Activity
from firmtrack.domain.cohorts import Cohort, OtherStays, limits_of
from firmtrack.domain.durations import SCALE
from firmtrack.domain.pace import FEWEST_AT_HUB, Limits, is_slow, stall_of
from firmtrack.domain.waits import FEWEST_STAYS, STEPS, Estimate, Stays

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]

_BEGINNING = datetime(2026, 1, 5, tzinfo=UTC)
_BEGINNING_HOUR = int(_BEGINNING.timestamp()) // 3600
_WINDOWS_HOURS = (90 * 24, 180 * 24, 100_000)
_LATELY_HOURS = 14 * 24
_COUNTED_EVERY_HOURS = 2
_OLD_COUNTED_EVERY_HOURS = 12
_NEW_HOURS = 7 * 24
_NEVER = 1e9
_SCALE = np.array(SCALE)


@dataclass
class Judgement:
    """How many stays entered, which of them were flagged wrongly, and when outages were found."""

    entered: int
    slow: int
    stalled: int
    reasons: Counter[str]
    found: Mapping[Outage, float]

    @property
    def slow_share(self) -> float:
        """The share of all stays that were called slow, and passed all the same."""
        return self.slow / max(1, self.entered)

    @property
    def stalled_share(self) -> float:
        """The share of all stays that were called stalled though nothing held them."""
        return self.stalled / max(1, self.entered)


def judge(world: World) -> Judgement:
    """Look at a world in each of its hours, and return what was said of it wrongly and rightly."""
    regions = [_Region(world, region) for region in sorted(_regions(world))]
    for region in regions:
        for hour in range(world.looked_from, world.looked_to):
            region.look(hour)
    return Judgement(
        entered=sum(region.count_entered() for region in regions),
        slow=sum(len(region.slow) for region in regions),
        stalled=sum(len(region.stalled) for region in regions),
        reasons=Counter(why for region in regions for why in region.stalled.values()),
        found={outage: at for region in regions for outage, at in region.found.items()},
    )


def _regions(world: World) -> set[str]:
    return {stay.region for stays in world.stays.values() for stay in stays}


@dataclass
class _Region:
    """The stays of one region, as columns."""

    world: World
    name: str
    limits: dict[int, Limits] = field(default_factory=dict)
    slow: set[int] = field(default_factory=set)
    stalled: dict[int, str] = field(default_factory=dict)
    found: dict[Outage, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        stays = [s for each in self.world.stays.values() for s in each if s.region == self.name]
        self.stays: list[TrueStay] = stays
        self.request = np.array([s.request for s in stays])
        self.hub = np.array([s.hub for s in stays])
        self.entered: Numbers = np.array([s.entered for s in stays])
        self.ends: Numbers = np.array([_NEVER if s.ends is None else s.ends for s in stays])
        self.is_pass: Flags = np.array([s.passes is not None for s in stays])
        self.held_at: Numbers = np.array([_NEVER if s.held is None else s.held[0] for s in stays])

    def count_entered(self) -> int:
        world = self.world
        return int(((self.entered >= world.looked_from) & (self.entered < world.looked_to)).sum())

    def look(self, hour: int) -> None:
        now = hour + 0.5
        waiting = (self.entered <= now) & (self.ends > now)
        requests = set(self.request[waiting].tolist())
        due = {r for r in requests if hour % self._interval(r, now) == 0 or r not in self.limits}
        if due:
            self.limits |= dict(self._counted(due, now))
        for request in requests:
            self._flag(request, waiting & (self.request == request), now)

    def _interval(self, request: int, now: float) -> int:
        """How often a request is counted: what has long been under way, more rarely."""
        is_new = self.entered[self.request == request].max() > now - _NEW_HOURS
        return _COUNTED_EVERY_HOURS if is_new else _OLD_COUNTED_EVERY_HOURS

    def _counted(self, requests: set[int], now: float) -> Iterator[tuple[int, Limits]]:
        seen = self.entered <= now
        lately = seen & (self.entered > now - _LATELY_HOURS)
        recent = seen & (self.entered > now - _WINDOWS_HOURS[0])
        entered = Counter((_BEGINNING_HOUR + self.entered[recent].astype(int)).tolist())
        has_passed = recent & self.is_pass & (self.ends <= now)
        passed = Counter((_BEGINNING_HOUR + self.ends[has_passed].astype(int)).tolist())
        activity: Activity | None = None
        for request in requests:
            is_own = self.request == request
            kind = self._kind(seen & ~is_own, now)
            if kind is not None and activity is None:
                activity = Activity(kind, entered, passed)
            others = OtherStays(
                kind=kind,
                lately=Estimate(self._stays(lately & ~is_own, now)),
                hubs=Estimate(self._hub_stays(seen & ~is_own, now)),
                activity=activity,
            )
            yield request, limits_of(others, self._cohort(seen & is_own, now), _at(now))

    def _kind(self, others: Flags, now: float) -> Estimate | None:
        for window in _WINDOWS_HOURS:
            inside = others & (self.entered > now - window)
            if inside.sum() >= FEWEST_STAYS:
                return Estimate(self._stays(inside, now))
        return None

    def _stays(self, which: Flags, now: float) -> Stays:
        ends, entered, passes = self.ends[which], self.entered[which], self.is_pass[which]
        over = ends <= now
        lasted = np.where(over, ends, now) - entered
        return _stays_of(lasted, over & passes, over & ~passes, ~over)

    def _cohort(self, own: Flags, now: float) -> Cohort:
        waiting = own & (self.ends > now)
        moved = self.ends[own & self.is_pass & (self.ends <= now)]
        request = int(self.request[own][0])
        seen = [stay for stay in self.world.stays[request] if stay.entered <= now]
        moves = [s.passes for s in seen if s.passes is not None and s.passes <= now]
        return Cohort(
            stays=self._stays(own, now),
            waiting=Counter((_BEGINNING_HOUR + self.entered[waiting].astype(int)).tolist()),
            moved_at=_at(float(moved.max())) if len(moved) else None,
            waits_everywhere=not moves and len({stay.region for stay in seen}) > 1,
            began_hour=_BEGINNING_HOUR + int(min(moves)) if moves else None,
        )

    def _flag(self, request: int, waiting: Flags, now: float) -> None:
        limits = self.limits[request]
        hubs = self._silent_hubs(request, waiting, now)
        bounds = (limits.slow_seconds, limits.allowed_seconds, limits.silent_seconds)
        least = min((each for each in bounds if each is not None), default=_NEVER)
        if not hubs and ((now - self.entered[waiting]) * 3600).max() <= least:
            return
        stalled = []
        for index in np.flatnonzero(waiting).tolist():
            waited = (now - float(self.entered[index])) * 3600
            hub = hubs.get(int(self.hub[index]))
            why = stall_of(waited, _at(now), limits, None if hub is None else _at(hub))
            if why is not None:
                stalled.append(index)
                if self._is_well(index, now):
                    self.stalled.setdefault(index, str(why))
            elif is_slow(waited, limits) and self._is_well(index, now) and self.is_pass[index]:
                self.slow.add(index)
        self._note_found(waiting, stalled, now)

    def _note_found(self, waiting: Flags, stalled: list[int], now: float) -> None:
        """Note an outage as found once half of what it holds of a request is called stalled."""
        for each in self.world.outages:
            if each.region == self.name and each.first <= now < each.last:
                held = waiting & (self.held_at <= now)
                if each.hub is not None:
                    held &= self.hub == each.hub
                count = int(held.sum())
                if count and 2 * sum(bool(held[index]) for index in stalled) >= count:
                    self.found.setdefault(each, now - each.first)

    def _is_well(self, index: int, now: float) -> bool:
        """Whether nothing holds it, nor ever has: it ends by itself."""
        return bool(self.ends[index] < _NEVER and self.held_at[index] > now)

    def _silent_hubs(self, request: int, waiting: Flags, now: float) -> dict[int, float]:
        """Since when the waiting updates of each hub have waited with nothing moving there."""
        hubs, counts = np.unique(self.hub[waiting], return_counts=True)
        found = {}
        for hub in hubs[counts >= FEWEST_AT_HUB].tolist():
            own = (self.request == request) & (self.hub == hub)
            entered = np.sort(self.entered[own & waiting])
            ended = self.ends[own & (self.ends <= now)]
            moved = float(ended.max()) if len(ended) else 0.0
            found[hub] = max(float(entered[FEWEST_AT_HUB - 1]), moved)
        return found

    def _hub_stays(self, which: Flags, now: float) -> Stays:
        """Of each hub with so many updates, until the first of them ended after all had entered."""
        keys = self.request[which] * 1_000_000 + self.hub[which]
        order = np.argsort(keys, kind="stable")
        entered, ends = self.entered[which][order], self.ends[which][order]
        _, starts, counts = np.unique(keys[order], return_index=True, return_counts=True)
        lasted, over = [], []
        for start, count in zip(starts.tolist(), counts.tolist(), strict=True):
            if count < FEWEST_AT_HUB:
                continue
            began = np.sort(entered[start : start + count])[FEWEST_AT_HUB - 1]
            later = ends[start : start + count]
            later = later[later >= began]
            if len(later) >= FEWEST_AT_HUB:
                first = later.min()
                lasted.append(min(first, now) - began)
                over.append(first <= now)
        done = np.array(over, dtype=bool)
        return _stays_of(np.array(lasted), done, np.zeros(len(done), dtype=bool), ~done)


def _stays_of(lasted: Numbers, passed: Flags, failed: Flags, waiting: Flags) -> Stays:
    steps = np.searchsorted(_SCALE, (lasted * 3600).astype(int), side="right") - 1

    def counted(which: Flags) -> Any:
        return np.bincount(steps[which], minlength=STEPS).tolist()

    return Stays(counted(passed), counted(failed), counted(waiting))


def _at(hour: float) -> datetime:
    return _BEGINNING + timedelta(hours=hour)

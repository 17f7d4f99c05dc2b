"""What is usual, learnt from the stays of all requests, and the limits of those under way.

Learnt in the turn of those who count (firmtrack.store.reports.counting).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.domain.activity import HOUR, Activity
from firmtrack.domain.cohorts import Cohort, OtherStays, expected_of, limits_of
from firmtrack.domain.durations import step_of
from firmtrack.domain.pace import Limits
from firmtrack.domain.stages import Variant
from firmtrack.domain.waits import FEWEST_STAYS, Estimate
from firmtrack.store.known_from import Kind, kept_from_of
from firmtrack.store.locks import Turn, take_turn
from firmtrack.store.reports import Row, rows_of, statement
from firmtrack.store.reports.learning_rows import (
    EndedRow,
    HourRow,
    HubRow,
    InProgressRow,
    MovedRow,
    OpenRow,
    OwnRow,
    PartyRow,
    SegmentRow,
)
from firmtrack.store.reports.tallies import Place, Tally, total_of
from firmtrack.store.reports.waits import NARROWINGS, forget_recent

WINDOW_DAYS = 90
"""What began earlier shows what was usual once; it counts only where fewer began since."""

_LATELY_DAYS = 14
_LATELY, _WINDOW, _LONGER, _EVER, _THINNED = range(5)  # ages of stays: waits_ended.sql
_FEWEST_PARTIES = 2
_NARROW = 4  # a group of so many facts is narrower than type and region
_SLIGHT = 0.05  # a request's own stays that are a smaller part of a group need not be left out
_YOUNG = timedelta(days=14)
_SINCE_EVER = datetime(2, 1, 1, tzinfo=UTC)
_EPOCH = date(1970, 1, 1)

# Which kind of request updates a type; for a request that is known from its alerts alone.
_VARIANTS_OF_TYPES: Mapping[str, Variant] = {
    "ESME": Variant.UPDATE_FIRMWARE,
    "GSME": Variant.UPDATE_FIRMWARE,
    "HCALCS": Variant.UPDATE_FIRMWARE,
    "PPMID": Variant.UPDATE_PPMID_FIRMWARE,
}

Facts = tuple[str, ...]


@dataclass(slots=True)
class _Open:
    """A request that is under way: its stays by stage, segment and age, and what waits."""

    originator: int
    variant: str | None
    stays: dict[tuple[int, int], dict[int, Tally]] = field(default_factory=dict)
    waiting: dict[tuple[int, int], Counter[int]] = field(default_factory=dict)
    moved_at: dict[tuple[int, str], datetime] = field(default_factory=dict)
    began_hour: dict[int, int] = field(default_factory=dict)


class _Group(NamedTuple):
    """Whose stays a figure is of: those of a kind, a stage, these facts, and up to an age."""

    variant: str
    stage: int
    facts: Facts
    age: int


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known from other requests of a request's stays."""

    others: OtherStays
    facts: int


def refresh(
    connection: Connection[TupleRow], *, older_than: timedelta, now: datetime, waits: bool
) -> None:
    """Learn anew what is usual if that was last done longer ago than ``older_than``.

    Stays are counted as they stand at ``now``. Raises TurnTaken, unless it ``waits``.
    """
    with connection.transaction():
        take_turn(connection, Turn.COUNTING, waits=waits)
        aged = connection.execute(
            "UPDATE wait_limit_age SET counted_at = now() WHERE counted_at <= now() - %s",
            (older_than,),
        )
        if aged.rowcount:
            _Learning(connection, now).write()
            forget_recent()


class _Learning:
    """One count of what is usual, as of one moment."""

    def __init__(self, connection: Connection[TupleRow], now: datetime) -> None:
        self._connection = connection
        self._now = now
        self._hour = int(now.timestamp()) // HOUR
        # Of what began before, those that ended have gone, and those that took longest are left: to
        # learn from these would be to take all for slow.
        kept_from = kept_from_of(connection).get(Kind.FACTS, _SINCE_EVER)
        self._kept_hour = int(kept_from.timestamp()) // HOUR
        self._last_thinned_day = kept_from.astimezone(UTC).date() - timedelta(days=1)
        self._asked = {
            "today": now.date(),
            "lately_days": _LATELY_DAYS,
            "window_days": WINDOW_DAYS,
            "hour": self._hour,
            "young_hour": self._hour - _YOUNG // timedelta(hours=1),
            "kept_from": kept_from,
            "last_thinned_day": self._last_thinned_day,
        }
        self._segments: dict[int, Facts] = {0: ("", "", "", "")}
        self._tallies: dict[tuple[Place, int], Tally] = defaultdict(Tally)
        self._parties: dict[tuple[Place, int], Counter[int]] = defaultdict(Counter)
        self._groups: dict[_Group, tuple[Tally, Counter[int]]] = {}
        self._estimates: dict[_Group, Estimate] = {}
        self._activities: dict[tuple[str, int, str], Activity] = {}
        self._hubs: dict[tuple[str, int], dict[int, Tally]] = defaultdict(dict)
        self._has_older = False

    def write(self) -> None:
        """Make the limits of what is under way anew."""
        opened = self._open_requests()
        if opened:
            self._read()
        rows: list[Mapping[str, object]] = []
        keys: dict[int, int] = {}
        for request_key, each in opened.items():
            cohorts: dict[tuple[int, str], Cohort] = {}
            for stage, segment_key in each.waiting:
                at = (stage, self._region(segment_key))
                if at not in cohorts:
                    cohorts[at] = self._cohort(each, *at)
                rows += self._limit_rows(request_key, each, stage, segment_key, cohorts[at], keys)
        self._connection.execute(
            "DELETE FROM wait_limit AS l WHERE request_key = ANY (%s) OR NOT EXISTS ("
            "SELECT FROM stay_in_progress AS w WHERE (w.request_key, w.segment_key, w.stage)"
            " = (l.request_key, l.segment_key, l.stage))",
            (list(opened),),
        )
        with self._connection.cursor() as cursor:
            cursor.executemany(statement("waits_insert_limit"), rows)
        self._connection.execute(
            "DELETE FROM wait_estimate WHERE estimate_key NOT IN"
            " (SELECT estimate_key FROM wait_limit)"
        )

    def _limit_rows(
        self,
        request_key: int,
        each: _Open,
        stage: int,
        segment_key: int,
        cohort: Cohort,
        keys: dict[int, int],
    ) -> Iterable[Mapping[str, object]]:
        known = self._known(request_key, each, stage, segment_key)
        if known is None or known.others.kind is None:
            return
        limits = limits_of(known.others, cohort, self._now)
        if limits == Limits():
            return
        kind = known.others.kind
        own = total_of(each.stays.get((stage, segment_key), {}).values()).estimate.stays
        yield asdict(limits) | {
            "request_key": request_key,
            "segment_key": segment_key,
            "stage": stage,
            "estimate_key": self._estimate_key(kind, known.facts, keys),
            "passes": own.passes,
            "expected_passes": expected_of(kind, own),
        }

    def _estimate_key(self, kind: Estimate, facts: int, keys: dict[int, int]) -> int:
        if id(kind) not in keys:
            stays = kind.stays
            counts = zip(stays.passed, stays.failed, stays.waiting, strict=True)
            steps = [(step, *each) for step, each in enumerate(counts, 1) if any(each)]
            row = self._connection.execute(
                "INSERT INTO wait_estimate (facts, steps, passed, failed, waiting)"
                " VALUES (%s, %s, %s, %s, %s) RETURNING estimate_key",
                (facts, *(list(column) for column in zip(*steps, strict=True))),
            ).fetchone()
            assert row is not None
            keys[id(kind)] = row[0]
        return keys[id(kind)]

    def _known(self, request_key: int, each: _Open, stage: int, segment_key: int) -> _Known | None:
        facts = self._segments[segment_key]
        variant = each.variant or _VARIANTS_OF_TYPES.get(facts[0])
        if variant is None or (each.variant is None and stage == 1):
            return None
        found = self._kind(each, variant, stage, facts)
        if found is None:
            return None
        kind, narrowed = found
        lately = self._others(each, _Group(variant, stage, _known_facts(facts, 2), _LATELY))
        hubs = total_of(
            tally for key, tally in self._hubs[variant, stage].items() if key != request_key
        )
        return _Known(
            OtherStays(
                kind=kind,
                lately=lately,
                hubs=hubs.estimate if hubs.entered >= FEWEST_STAYS else None,
                activity=self._activity(variant, stage, facts[1], kind),
            ),
            narrowed,
        )

    def _kind(
        self, each: _Open, variant: str, stage: int, facts: Facts
    ) -> tuple[Estimate, int] | None:
        """Return the others' stays of the narrowest group that is large enough, and how narrow."""
        for narrowed in NARROWINGS:
            known = facts[:narrowed]
            if "" in known:
                continue
            for age in (_WINDOW, _LONGER, _EVER):
                found = self._others(each, _Group(variant, stage, known, age))
                if found is not None:
                    return found, narrowed
        return None

    def _others(self, each: _Open, group: _Group) -> Estimate | None:
        """Return the estimate from the group's stays of other requests, None if too few."""
        total, parties = self._group(group)
        entered = total.entered
        if entered < FEWEST_STAYS:
            return None
        own = total_of(
            tally
            for (stage, segment_key), ages in each.stays.items()
            if stage == group.stage and self._is_in(segment_key, group.facts)
            for age, tally in ages.items()
            if age <= group.age
        )
        if each.variant is None:
            own = Tally()
        if entered - own.entered < FEWEST_STAYS:
            return None
        if len(group.facts) == _NARROW:
            others = parties.copy()
            if own.entered:
                others[each.originator] -= 1
            if len(+others) < _FEWEST_PARTIES:
                return None
        if own.entered > _SLIGHT * entered:
            return total.without(own).estimate
        if group not in self._estimates:
            self._estimates[group] = total.estimate
        return self._estimates[group]

    def _group(self, group: _Group) -> tuple[Tally, Counter[int]]:
        if group not in self._groups:
            if group.age > _WINDOW:
                self._read_older()
            places = [
                (place, age)
                for place, age in self._tallies
                if (place.variant, place.stage) == (group.variant, group.stage)
                and age <= group.age
                and self._is_in(place.segment_key, group.facts)
            ]
            parties: Counter[int] = Counter()
            for key in places:
                parties |= self._parties[key]
            self._groups[group] = total_of(self._tallies[key] for key in places), parties
        return self._groups[group]

    def _is_in(self, segment_key: int, facts: Facts) -> bool:
        return self._segments[segment_key][: len(facts)] == facts

    def _cohort(self, each: _Open, stage: int, region: str) -> Cohort:
        keys = [key for key in each.stays if key[0] == stage and self._region(key[1]) == region]
        waiting: Counter[int] = Counter()
        for key, hours in each.waiting.items():
            if key[0] == stage and self._region(key[1]) == region:
                waiting.update(hours)
        return Cohort(
            stays=total_of(t for key in keys for t in each.stays[key].values()).estimate.stays,
            waiting=waiting,
            moved_at=each.moved_at.get((stage, region)),
            waits_everywhere=self._waits_everywhere(each, stage),
            began_hour=each.began_hour.get(stage),
        )

    def _waits_everywhere(self, each: _Open, stage: int) -> bool:
        regions = {self._region(segment_key) for at, segment_key in each.stays if at == stage}
        return len(regions) > 1 and stage not in each.began_hour

    def _region(self, segment_key: int) -> str:
        return self._segments[segment_key][1]

    def _activity(self, variant: str, stage: int, region: str, kind: Estimate) -> Activity:
        key = (variant, stage, region)
        if key not in self._activities:
            asked = {
                "variant": variant,
                "stage": stage,
                "csp_region": region,
                "first_hour": self._hour - WINDOW_DAYS * 24,
                "hour": self._hour,
            }
            rows = rows_of(self._connection, HourRow, "waits_hours", asked)
            self._activities[key] = Activity(
                kind,
                {row.hour: row.entered for row in rows if row.entered},
                {row.hour: row.passed for row in rows if row.passed},
            )
        return self._activities[key]

    def _open_requests(self) -> Mapping[int, _Open]:
        """Return the requests under way, without what their segments are."""
        found: dict[int, _Open] = {}
        for opened in self._rows(OpenRow, "waits_open"):
            each = found.setdefault(opened.request_key, _Open(opened.originator, opened.variant))
            key, hour = (opened.stage, opened.segment_key), opened.entered_hour
            each.waiting.setdefault(key, Counter())[hour] += opened.count
            tally = each.stays.setdefault(key, {}).setdefault(self._age(hour), Tally())
            tally.waiting[self._waited_step(hour)] += opened.count
        asked = {"request_keys": list(found), "now": self._now}
        for own in rows_of(self._connection, OwnRow, "waits_own", asked):
            age = self._age((own.entered_on - _EPOCH).days * 24)
            ages = found[own.request_key].stays.setdefault((own.stage, own.segment_key), {})
            ages.setdefault(age, Tally()).add(own.outcome, own.steps, own.counts)
        for moved in rows_of(self._connection, MovedRow, "waits_moved", asked):
            each, first_hour = found[moved.request_key], moved.first_hour
            each.moved_at[moved.stage, moved.csp_region] = moved.moved_at
            each.began_hour[moved.stage] = min(
                first_hour, each.began_hour.get(moved.stage, first_hour)
            )
        return found

    def _read(self) -> None:
        for of in self._rows(SegmentRow, "waits_segments"):
            facts = (of.device_type, of.csp_region, of.manufacturer, of.model)
            self._segments[of.segment_key] = facts
        today = self._now.date()
        began = today - timedelta(days=WINDOW_DAYS)
        self._read_ended(max(began, self._last_thinned_day), today)
        for waits in self._rows(InProgressRow, "waits_in_progress"):
            place = Place(waits.variant, waits.stage, waits.segment_key)
            tally = self._tallies[place, self._age(waits.hour)]
            tally.waiting[self._waited_step(waits.hour)] += waits.count
        for party in self._rows(PartyRow, "waits_parties"):
            place = Place(party.variant, party.stage, party.segment_key)
            self._parties[place, party.age][party.originator] = party.requests
        self._read_hubs()

    def _read_ended(self, after: date, until: date) -> None:
        asked = self._asked | {"after": after, "until": until}
        for row in rows_of(self._connection, EndedRow, "waits_ended", asked):
            place = Place(row.variant, row.stage, row.segment_key)
            self._tallies[place, row.age].add(row.outcome, row.steps, row.counts)

    def _read_older(self) -> None:
        """Read what began before the window: only few groups need it."""
        if not self._has_older:
            self._has_older = True
            until = self._now.date() - timedelta(days=WINDOW_DAYS)
            self._read_ended(self._last_thinned_day, until)

    def _read_hubs(self) -> None:
        for row in self._rows(HubRow, "waits_hubs"):
            tally = self._hubs[row.variant, row.stage].setdefault(row.request_key, Tally())
            if row.step is not None:
                tally.passed[row.step] += row.count
            elif row.since is not None:
                waited = max(0.0, (self._now - row.since).total_seconds())
                tally.waiting[step_of(int(waited))] += row.count

    def _rows(self, row_type: type[Row], name: str) -> list[Row]:
        return rows_of(self._connection, row_type, name, self._asked)

    def _waited_step(self, hour: int) -> int:
        """Return the step of a wait that began within an hour, at its middle."""
        waited = int(self._now.timestamp()) - hour * HOUR - HOUR // 2
        return step_of(max(0, waited))

    def _age(self, hour: int) -> int:
        """Return how long ago a stay began, by the hour of its entry."""
        if hour < self._kept_hour:
            return _THINNED  # of no group
        days = (self._hour - hour) // 24
        if days < _LATELY_DAYS:
            return _LATELY
        if days < WINDOW_DAYS:
            return _WINDOW
        return _LONGER if days < 2 * WINDOW_DAYS else _EVER


def _known_facts(facts: Facts, most: int) -> Facts:
    """Return the first facts, up to so many, that are all known."""
    known = facts[:most]
    return known[: known.index("")] if "" in known else known

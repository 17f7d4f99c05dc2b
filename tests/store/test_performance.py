"""Delivery performance is what a recomputation from all messages says, however they came."""

import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from itertools import pairwise
from operator import or_
from typing import NamedTuple
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from firmtrack.answers.performance import (
    Dimension,
    FailureReason,
    Figures,
    Milestone,
    PerformanceAnswer,
    PerformanceFilter,
    Timing,
)
from firmtrack.domain.durations import SCALE, seconds_within, step_of
from firmtrack.domain.facts import DeviceFacts, Message
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.inventory import knowledge_of, merge_all, statement_of
from firmtrack.domain.stages import CompletionStatus, Stage, Status, Variant, completion_of
from firmtrack.domain.viewer import Viewer
from firmtrack.presentation.performance import timed_text
from firmtrack.store.consistency import DisagreementKind, disagreements
from firmtrack.store.database import pool
from firmtrack.store.ledger.recording import Batch, record
from firmtrack.store.locks import Turn, take_turn
from firmtrack.store.numbers import request_id_of, to_bigint
from firmtrack.store.reports import performance, waits
from firmtrack.store.reports.counting import Round
from tests.examples import examples
from tests.rules import attribute
from tests.store import test_rules_in_sql as rules
from tests.store.drawn import digests, meters
from tests.store.facts import (
    ALPHA,
    ALPHA_ID,
    BRAVO,
    BRAVO_ID,
    DCC,
    DCC_ID,
    METERS,
    MORNING,
    REQUEST_ID,
    STRANGER,
    VERSION,
    answer,
    at,
    imported,
    inventory,
    reported,
    request,
    take,
)
from tests.store.open_writer import still_recording

ALL = PerformanceFilter()
LATER = RequestId(ALPHA_ID, DCC_ID, 1001)
COUNTER = """
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "firmtrack.settings")
import django

django.setup()
from firmtrack.store import database
from firmtrack.store.reports import performance

database.use(sys.argv[1])
performance.refresh()
while len(sys.argv) > 2:
    performance.refresh()
"""
"""A process that counts, given a conninfo; again and again, given anything more."""
GREAT_BRITAIN = ZoneInfo("Europe/London")
FINAL_STAGES = {
    Variant.UPDATE_FIRMWARE: Stage.VERIFIED_BY_DEVICE,
    Variant.UPDATE_PPMID_FIRMWARE: Stage.ACTIVATED_BY_DEVICE,
}

inventories = st.builds(
    inventory,
    st.none() | rules.times,
    meters,
    csp_region=st.none() | st.sampled_from(["North", "South"]),
    device_type=st.none() | st.sampled_from(["ESME", "GSME"]),
    manufacturer=st.none() | st.just("1234"),
    model=st.none() | st.sampled_from(["A", "B"]),
    identity=digests,
)
histories = st.lists(
    rules.messages | rules.messages | inventories,
    min_size=1,
    max_size=16,
    unique_by=lambda message: message.digest,
)


@st.composite
def deliveries(draw: st.DrawFn) -> rules.Delivery:
    history = draw(histories)
    coming = draw(st.permutations(history))
    cuts = sorted(draw(st.lists(st.integers(0, len(coming)), max_size=4)))
    starts, ends = [0, *cuts], [*cuts, len(coming)]
    batches = [coming[start:end] for start, end in zip(starts, ends, strict=True)]
    return rules.Delivery(history, batches)


_PASSED, _FAILED, _OUTDONE = 1, 2, 3


class Stay(NamedTuple):
    """A stay at a stage; the outcome as in the table, 0 while it goes on."""

    stage: Stage
    entered_at: datetime
    outcome: int
    ended_at: datetime | None


@dataclass(frozen=True)
class Distribution:
    """One device in one request, by the rules in Python."""

    device_id: Eui64
    request: rules.Known
    facts: DeviceFacts | None
    status: Status
    reason: str | None
    updated_at: datetime | None
    reached: dict[Stage, datetime]

    @property
    def completion(self) -> CompletionStatus:
        return completion_of(self.status, self.request.variant)

    @property
    def submission(self) -> datetime | None:
        """What durations count from: the sending, else DCC's answer."""
        request_id = self.request.request_id
        answers = [m.answer for m in self.request.messages if m.answer]
        answered = [a.answered_at for a in answers if a.request_id == request_id]
        return min([*sent_times(self.request), *answered], default=None)

    @property
    def to_milestones(self) -> Iterator[tuple[Milestone, int]]:
        variant = self.request.variant
        stages = {Stage(4): Milestone.COMMS_HUB, Stage(5): Milestone.DEVICE}
        if variant is not None:
            stages[FINAL_STAGES[variant]] = Milestone.COMPLETION
        for stage, milestone in stages.items():
            if stage in self.reached and self.submission is not None:
                seconds = (self.reached[stage] - self.submission).total_seconds()
                if seconds >= 0:
                    yield milestone, int(seconds)

    def stays(self, others: Sequence["Distribution"]) -> Iterator[Stay]:
        """Yield its stays; ``others`` are all distributions, of which some may outdo it."""
        stages = sorted(self.reached)
        for stage, following in pairwise(stages):
            yield Stay(stage, self.reached[stage], _PASSED, self.reached[following])
        last = stages[-1] if stages else None
        if last is None or self.completion is CompletionStatus.SUCCESSFUL:
            return
        entered = self.reached[last]
        if self.completion is CompletionStatus.FAILED:
            assert self.updated_at is not None
            yield Stay(last, entered, _FAILED, max(entered, self.updated_at))
        elif self.status.stage is last:
            outdone = [
                each.updated_at
                for each in others
                if each.device_id == self.device_id
                and each.completion is CompletionStatus.SUCCESSFUL
                and each.updated_at is not None
                and each.begun_at > self.begun_at
            ]
            if outdone:
                yield Stay(last, entered, _OUTDONE, max(entered, min(outdone)))
            else:
                yield Stay(last, entered, 0, None)

    @property
    def begun_at(self) -> datetime:
        return self.request.submitted_at or datetime.now(UTC)

    def value_in(self, dimension: Dimension) -> tuple[str, ...]:
        facts = self.facts
        known = {
            name: (getattr(facts, name) if facts else None) or ""
            for name in ("csp_region", "device_type", "manufacturer", "model")
        }
        match dimension:
            case Dimension.WEEK:
                day = (self.request.submitted_at or datetime.now(UTC)).astimezone(GREAT_BRITAIN)
                return (str(day.date() - timedelta(days=day.weekday())),)
            case Dimension.SUPPLIER:
                return (str(self.request.request_id.originator),)
            case Dimension.FIRMWARE_VERSION:
                return (self.request.firmware_version or "",)
            case Dimension.MODEL:
                return (known["device_type"], known["manufacturer"], known["model"])
            case _:
                return (known[dimension],)


def sent_times(known: rules.Known) -> list[datetime]:
    requests = [m.request for m in known.messages if m.request]
    return [r.sent_at for r in requests if r.request_id == known.request_id and r.sent_at]


def recomputed(history: Sequence[Message]) -> list[Distribution]:
    """Every distribution, from all messages at once."""
    named: frozenset[RequestId] = reduce(or_, (m.named_requests() for m in history), frozenset())
    requests = [rules.Known(request_id, history) for request_id in named]
    standings = rules.expected(history).standings
    knowledge = merge_all(knowledge_of(d, m.message_id) for m in history for d in m.devices)
    own = defaultdict(list)
    for message in history:
        for event in message.events:
            candidates = [
                r.candidate(event.device_id) for r in requests if event.device_id in r.device_ids
            ]
            own[attribute(event, message.user_id, candidates), event.device_id].append(event)
    found = []
    for each in requests:
        steps = [s for m in history for s in m.steps if s.request_id == each.request_id]
        about_all = [(s.status, s.occurred_at) for s in steps]
        if sent_times(each) and each.whole_at is not None:
            about_all.append((Status.RECEIVED, each.whole_at))
        for device_id in each.device_ids:
            events = own[each.request_id, device_id]
            is_refused = any(event.status is Status.REJECTED for event in events)
            statuses = [(e.status, e.occurred_at) for e in events]
            standing = standings[each.request_id, device_id]
            known = knowledge.get(device_id)
            found.append(
                Distribution(
                    device_id,
                    each,
                    statement_of(known) if known else None,
                    standing.status,
                    standing.reason,
                    standing.updated_at,
                    first_good(statuses + ([] if is_refused else about_all)),
                )
            )
    return found


def first_good(statuses: Iterable[tuple[Status, datetime]]) -> dict[Stage, datetime]:
    reached: dict[Stage, datetime] = {}
    for status, occurred_at in statuses:
        if not status.is_bad:
            reached[status.stage] = min(occurred_at, reached.get(status.stage, occurred_at))
    return reached


def figures_of(found: Sequence[Distribution]) -> Figures:
    steps: dict[Milestone, Counter[int]] = defaultdict(Counter)
    for each in found:
        for milestone, seconds in each.to_milestones:
            steps[milestone][step_of(seconds)] += 1
    return Figures(
        completions=Counter(each.completion for each in found),
        timings={milestone: timing_of(counts) for milestone, counts in steps.items()},
    )


def timing_of(counts: Counter[int]) -> Timing:
    steps = sorted(counts.elements())
    # The least step within which so many of a hundred lie.
    p50, p95 = (seconds_within(steps[-(-percent * len(steps) // 100) - 1]) for percent in (50, 95))
    return Timing(p50, p95, counts.total())


def assert_agrees(answered: PerformanceAnswer, found: Sequence[Distribution]) -> None:
    assert answered.waiting == 0
    assert answered.total == figures_of(found)
    for dimension in Dimension:
        groups = defaultdict(list)
        for each in found:
            groups[each.value_in(dimension)].append(each)
        assert {group.value: group.figures for group in answered.groups[dimension]} == {
            value: figures_of(members) for value, members in groups.items()
        }
    failures = Counter((each.status, each.reason) for each in found if each.status.is_bad)
    assert set(answered.reasons) == {FailureReason(*why, n) for why, n in failures.items()}
    for row in answered.funnel:
        ends: dict[Variant | None, Stage] = {Variant("11.1"): Stage(6), Variant("11.4"): Stage(7)}
        passing = [
            each
            for each in found
            if row.stage < Stage(6)
            or row.stage is ends.get(each.request.variant, each.status.stage)
        ]
        here = [each for each in passing if each.status.stage is row.stage]
        further = [each for each in passing if each.status.stage > row.stage]
        assert row.expected == len(passing)
        assert row.failed == sum(each.status.is_bad for each in here)
        assert row.reached == len(further) + len(here) - row.failed
        assert row.waiting == sum(each.completion is CompletionStatus.IN_PROGRESS for each in here)
    assert sum(row.expected for row in answered.funnel[5:]) <= len(found)


def assert_stays_agree(found: Sequence[Distribution]) -> None:
    """Every stay is counted where it belongs, and no other."""
    ended: Counter[tuple[object, ...]] = Counter()
    waiting: Counter[tuple[object, ...]] = Counter()
    for each in found:
        facts = tuple(getattr(each.facts, name, None) or "" for name in waits.GROUP_FACTS)
        for stay in each.stays(found):
            known = facts if stay.stage > Stage.RECEIVED else ("", "", "", "")
            where = (each.request.request_id, *known, int(stay.stage))
            if stay.ended_at is None:
                waiting[*where, int(stay.entered_at.timestamp()) // 3600] += 1
            elif stay.ended_at >= stay.entered_at:
                lasted = int((stay.ended_at - stay.entered_at).total_seconds())
                ended[*where, stay.entered_at.date(), stay.outcome, step_of(lasted)] += 1
    place = """
        SELECT r.originator, r.target, r.counter, coalesce(s.device_type, ''),
            coalesce(s.csp_region, ''), coalesce(s.manufacturer, ''), coalesce(s.model, ''),
            d.stage,
    """
    joined = (
        "JOIN request AS r USING (request_key) LEFT JOIN device_segment AS s USING (segment_key)"
    )
    with pool().connection() as connection:
        counted = connection.execute(
            f"{place} d.entered_on, d.outcome, h.step, h.count FROM stay AS d {joined}"
            " CROSS JOIN unnest(d.steps, d.counts) AS h (step, count)".encode()
        ).fetchall()
        present = connection.execute(
            f"{place} d.entered_hour, d.count FROM stay_in_progress AS d {joined}".encode()
        ).fetchall()
    assert {(request_id_of(*row[:3]), *row[3:-1]): row[-1] for row in counted} == ended
    assert {(request_id_of(*row[:3]), *row[3:-1]): row[-1] for row in present} == waiting


def empty() -> None:
    rules.empty()
    with pool().connection() as connection:
        for table in (
            "device",
            "recorded_inventory_statement",
            "performance_count",
            "performance_duration",
            "stay",
            "stay_in_progress",
        ):
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))


@given(deliveries(), st.booleans())
@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_the_figures_are_those_of_a_recomputation(
    database: str, delivery: rules.Delivery, counts_between: bool
) -> None:
    empty()
    for batch in delivery.batches:
        record(Batch(messages=batch))
        if counts_between:
            performance.refresh()
    found = recomputed(delivery.history)
    of_alpha = [each for each in found if each.request.request_id.originator == ALPHA_ID]
    of_bravo = [each for each in found if each.request.request_id.originator == BRAVO_ID]

    performance.refresh()

    for viewer, own in ((DCC, found), (ALPHA, of_alpha), (BRAVO, of_bravo), (STRANGER, [])):
        assert_agrees(performance.delivery_performance(viewer, ALL), own)
    wanted = PerformanceFilter(supplier=BRAVO_ID)
    assert_agrees(performance.delivery_performance(DCC, wanted), of_bravo)
    assert_agrees(performance.delivery_performance(ALPHA, wanted), [])
    performance.rebuild()
    assert_agrees(performance.delivery_performance(DCC, ALL), found)
    assert_stays_agree(found)


def counted(viewer: Viewer, wanted: PerformanceFilter = ALL) -> PerformanceAnswer:
    """Count what has changed, and return the figures."""
    performance.refresh()
    return performance.delivery_performance(viewer, wanted)


def moved(at_once: PerformanceAnswer) -> list[tuple[str, ...]]:
    return [group.value for group in at_once.groups[Dimension.CSP_REGION]]


def test_the_days_of_a_period_are_those_of_great_britain(database: str) -> None:
    # 23:30 UTC on the last of March is half past midnight of the first of April.
    take(request(sent_at=datetime(2026, 3, 31, 23, 30, tzinfo=UTC)))

    def count(first: date | None = None, last: date | None = None) -> int:
        wanted = PerformanceFilter(first=first, last=last)
        return counted(ALPHA, wanted).total.distributions

    march, april = date(2026, 3, 31), date(2026, 4, 1)
    assert (count(last=march), count(first=april), count(first=april, last=april)) == (0, 5, 5)
    assert count(first=date(2026, 4, 2)) == 0
    assert (count(first=date.min), count(last=date.max)) == (5, 5)


def test_a_request_that_only_alerts_have_named_is_counted_but_not_timed(database: str) -> None:
    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(60)))

    answered = counted(ALPHA)

    assert answered.total.distributions == 1
    assert answered.total.timings == {}


def test_a_device_that_a_later_word_says_to_have_failed_is_timed_and_not_successful(
    database: str,
) -> None:
    take(request(sent_at=MORNING), answer(answered_at=at(1)))
    take(reported(Status.VERIFIED, at(60), METERS[:3]))
    take(reported(Status.VERIFICATION_FAILED, at(90), METERS[:1], reason="8F1C"))

    total = counted(ALPHA).total

    assert total.completions[CompletionStatus.SUCCESSFUL] == 2
    assert total.timings[Milestone.COMPLETION].samples == 3
    said = timed_text(total)
    assert said is not None
    assert said.startswith("3 timed to completion, 2 Successful: ")


def test_a_device_that_moves_is_counted_where_it_is_now_whoever_told_so(database: str) -> None:
    take(request(sent_at=MORNING), inventory(at(0), csp_region="North"))
    assert moved(counted(DCC)) == [("",), ("North",)]

    take(inventory(at(1), csp_region="South"))
    assert moved(counted(DCC)) == [("",), ("South",)]

    imported(learnt_at=at(2), csp_region="Central")
    assert moved(counted(DCC)) == [("",), ("Central",)]


def test_what_was_told_already_makes_no_device_stale(database: str) -> None:
    take(inventory(at(0), csp_region="North"))
    performance.refresh()

    take(inventory(at(1), csp_region="North", device_status="Commissioned"))

    with pool().connection() as connection:
        assert connection.execute("SELECT FROM stale_device").rowcount == 0


def test_a_read_counts_nothing_and_says_how_old_its_figures_are(database: str) -> None:
    assert performance.delivery_performance(ALPHA, ALL).counted.at is None
    take(request(sent_at=MORNING))
    first = counted(ALPHA)
    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(60)))

    stale = performance.delivery_performance(ALPHA, ALL)

    assert (stale.waiting, stale.total.timings) == (1, {})
    assert performance.delivery_performance(BRAVO, ALL).waiting == 0
    assert first.counted.at is not None
    assert stale.counted.at == first.counted.at < stale.counted.read_at
    fresh = counted(ALPHA)
    assert (fresh.waiting, fresh.total.timings[Milestone.COMMS_HUB].samples) == (0, 1)
    assert fresh.counted.at is not None
    assert fresh.counted.at > stale.counted.read_at


def test_figures_are_as_of_a_moment_before_whoever_is_still_recording(database: str) -> None:
    take(request(LATER, sent_at=MORNING))
    with still_recording(request(sent_at=MORNING)):
        assert performance.refresh(seconds=60)

    found = performance.delivery_performance(ALPHA, ALL)
    with pool().connection() as connection:
        row = connection.execute("SELECT max(recorded_at) FROM request").fetchone()
    assert found.waiting == 1
    assert found.counted.at is not None
    assert row is not None
    assert found.counted.at < row[0]


def test_while_another_counts_one_that_has_little_time_gives_up(database: str) -> None:
    take(request(sent_at=MORNING))
    with (
        psycopg.connect(database) as other,
    ):
        take_turn(other, Turn.COUNTING, waits=False)
        assert not performance.refresh(seconds=60)
    assert performance.refresh(seconds=60)


def test_a_round_counts_each_request_once_and_leaves_what_changes_meanwhile(database: str) -> None:
    take(request(sent_at=MORNING), request(LATER, sent_at=MORNING))
    with pool().connection() as connection:
        one_round = Round()
        assert not one_round.go_on(connection, 0)
        (before,) = connection.execute("SELECT now()").fetchone() or (None,)
        while not one_round.go_on(connection, 0.000_001):
            take(reported(Status.DELIVERED_TO_COMMS_HUB, at(60), METERS[:1]))

    answered = performance.delivery_performance(ALPHA, ALL)

    assert answered.waiting == 1  # the older one, which changed after it was counted
    assert answered.counted.at is not None
    assert answered.counted.at < before
    assert counted(ALPHA).waiting == 0


def test_a_device_that_moves_in_the_middle_of_a_round_is_soon_turned_into_its_requests(
    database: str,
) -> None:
    take(request(sent_at=MORNING))
    with pool().connection() as connection:
        one_round = Round()
        assert not one_round.go_on(connection, 0)
        take(inventory(at(0), csp_region="North"))
        assert connection.execute("SELECT FROM stale_device").rowcount == 1
        assert not one_round.go_on(connection, 0)
        assert connection.execute("SELECT FROM stale_device").rowcount == 0

    assert performance.delivery_performance(ALPHA, ALL).waiting == 1


def test_who_counts_and_who_writes_do_not_wait_for_each_other(database: str) -> None:
    """A mark that is written while others are counted stays, and is counted next."""
    take(request(sent_at=MORNING))
    with psycopg.connect(database) as writer:
        writer.execute("UPDATE distribution SET stage = 4, occurred_at = %s", (at(60),))
        writer.execute("INSERT INTO stale_request SELECT request_key FROM request")
        assert counted(ALPHA).funnel[3].reached == 0
    assert counted(ALPHA).funnel[3].reached == 5


def test_a_duration_of_any_length_that_times_allow_is_counted(database: str) -> None:
    early, late = datetime(1900, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
    take(request(sent_at=early), answer(answered_at=early + timedelta(seconds=1)))
    take(reported(Status.DELIVERED_TO_COMMS_HUB, late, METERS[:1]))

    answered = counted(ALPHA)

    assert answered.waiting == 0
    timing = answered.total.timings[Milestone.COMMS_HUB]
    assert (timing.samples, timing.p50_seconds) == (1, SCALE[-1])
    take(request(LATER, sent_at=at(0)))
    assert performance.refresh()


def refuse_figures(request_id: RequestId, said: str, code: str = "P0001") -> None:
    """Have the server end whatever counts a request with an error of this code."""
    with pool().connection() as connection:
        connection.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN RAISE EXCEPTION '{said}' USING ERRCODE = '{code}'; END $$".encode()
        )
        key = connection.execute(
            "SELECT request_key FROM request WHERE counter = %s", (to_bigint(request_id.counter),)
        ).fetchone()
        assert key is not None
        connection.execute(
            f"CREATE TRIGGER refuse BEFORE INSERT ON performance_count FOR EACH ROW"
            f" WHEN (NEW.request_key = {key[0]}) EXECUTE FUNCTION refuse()".encode()
        )


def allow_figures() -> None:
    with pool().connection() as connection:
        connection.execute("DROP TRIGGER refuse ON performance_count")
        connection.execute("DROP FUNCTION refuse")


def test_a_request_that_cannot_be_counted_is_passed_over_and_named(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    take(request(sent_at=MORNING), request(LATER, sent_at=MORNING))
    performance.refresh()
    refuse_figures(LATER, "no such figure")
    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(60)))
    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(60), request_id=LATER))

    assert performance.refresh()

    assert counted(ALPHA).funnel[3].reached == 1
    assert performance.delivery_performance(ALPHA, ALL).waiting == 1
    assert performance.uncounted_requests() == [(LATER, "no such figure")]
    assert "could not be counted" in caplog.text
    assert [each.kind for each in disagreements()] == [DisagreementKind.REQUEST_NOT_COUNTED]
    allow_figures()
    performance.rebuild()
    assert disagreements() == []


def test_a_request_is_not_passed_over_since_a_cluster_has_lost_a_node(database: str) -> None:
    take(request(sent_at=MORNING))
    performance.refresh()
    refuse_figures(REQUEST_ID, "connection to a node", code="XX000")
    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(60)))

    with pytest.raises(psycopg.errors.InternalError_):
        performance.refresh()

    assert performance.uncounted_requests() == []
    allow_figures()
    assert performance.refresh()
    assert counted(ALPHA).funnel[3].reached == 1
    assert disagreements() == []


def test_a_counter_that_is_killed_has_taken_no_marks(database: str) -> None:
    take(request(sent_at=MORNING))
    # The counter takes its marks, and then waits here for the table of its figures.
    with psycopg.connect(database) as gate:
        gate.execute("LOCK performance_count")
        counter = subprocess.Popen([sys.executable, "-c", COUNTER, database])
        waiting = (
            "SELECT FROM pg_locks WHERE relation = 'performance_count'::regclass AND NOT granted"
        )
        while not gate.execute(waiting).rowcount:
            assert counter.poll() is None, "it ended before it counted"
            time.sleep(0.05)  # what is waited for happens in another process
        counter.kill()
        counter.wait()

    performance.refresh()

    answered = counted(ALPHA)
    assert (answered.total.distributions, answered.waiting) == (len(METERS), 0)


def test_writers_and_counters_at_once_lose_nothing_and_count_nothing_twice(database: str) -> None:
    devices = [Eui64(METERS[0] + number) for number in range(40)]
    take(request(device_ids=devices, sent_at=MORNING))

    def tell(mine: Sequence[Eui64]) -> None:
        for each in mine:
            take(reported(Status.DELIVERED_TO_COMMS_HUB, at(60), [each]))
            take(reported(Status.VERIFIED, at(90), [each], request_id=None, version=VERSION))

    counters = [
        subprocess.Popen([sys.executable, "-c", COUNTER, database, "again"]) for _ in range(2)
    ]
    try:
        with ThreadPoolExecutor(4) as writers:
            list(writers.map(tell, (devices[start::4] for start in range(4))))
        assert all(counter.poll() is None for counter in counters)
    finally:
        for counter in counters:
            counter.kill()
            counter.wait()

    performance.refresh()

    total = counted(DCC).total
    assert total.completions == {CompletionStatus.SUCCESSFUL: len(devices)}
    assert {m: timing.samples for m, timing in total.timings.items()} == {
        Milestone.COMMS_HUB: len(devices),
        Milestone.COMPLETION: len(devices),
    }


def test_a_request_of_any_time_counts_in_a_week_that_can_be_told(database: str) -> None:
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    for answered_at in (first, last):
        name = RequestId(ALPHA_ID, BRAVO_ID, answered_at.year)
        take(request(name), answer(name, answered_at=answered_at))

    weeks = counted(ALPHA).groups[Dimension.WEEK]

    assert [week.value for week in weeks] == [("0001-01-01",), ("9999-12-27",)]
    assert [date.fromisoformat(week.value[0]).weekday() for week in weeks] == [0, 0]

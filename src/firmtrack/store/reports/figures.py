"""Rows of delivery performance to the figures that they answer."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from firmtrack.answers.counted import Counted
from firmtrack.answers.performance import (
    Dimension,
    FailureReason,
    Figures,
    FunnelStage,
    Group,
    Milestone,
    PerformanceAnswer,
    Timing,
)
from firmtrack.domain.durations import seconds_within
from firmtrack.domain.stages import (
    STAGES,
    CompletionStatus,
    Stage,
    StageRow,
    Status,
    Variant,
    status_at,
)
from firmtrack.store.numbers import eui_of

_Key: TypeAlias = tuple[str, tuple[str, ...]]
"""A dimension and the value in it that distributions have in common."""


@dataclass(frozen=True, slots=True)
class CountRow:
    """A row of performance_read_counts: how many distributions stand so."""

    dimension: str
    value: Sequence[str]
    variant: str | None
    stage: int | None
    failed: bool | None
    reason: str | None
    completion: str
    count: int


@dataclass(frozen=True, slots=True)
class TimingRow:
    """A row of performance_read_durations: how long they took to a stage."""

    dimension: str
    value: Sequence[str]
    stage: int
    p50_step: int
    p95_step: int
    samples: int


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """The row of performance_count_waiting."""

    requests: int
    is_at_least: bool


@dataclass(frozen=True, slots=True)
class _StatusCount:
    variant: Variant | None
    status: Status
    reason: str | None
    completion: CompletionStatus
    count: int


def performance_answer(
    counts: Iterable[CountRow],
    timings: Iterable[TimingRow],
    *,
    waiting: WaitingRow,
    counted: Counted,
) -> PerformanceAnswer:
    """Return the answer in the rows; ``counted`` is how old they are."""
    completions: dict[_Key, dict[CompletionStatus, int]] = defaultdict(dict)
    statuses = []
    for row in counts:
        if row.dimension == "status":
            statuses.append(_status_count(row))
        else:
            held = completions[row.dimension, tuple(row.value)]
            held[CompletionStatus(row.completion)] = row.count
    taken: dict[_Key, dict[Milestone, Timing]] = defaultdict(dict)
    for timed in timings:
        taken[timed.dimension, tuple(timed.value)][Milestone(timed.stage)] = Timing(
            seconds_within(timed.p50_step), seconds_within(timed.p95_step), timed.samples
        )
    figures = {
        key: Figures(completions=held, timings=taken.get(key, {}))
        for key, held in completions.items()
    }
    return PerformanceAnswer(
        total=figures.get(("all", ()), Figures(completions={}, timings={})),
        funnel=_funnel(statuses),
        reasons=_reasons(statuses),
        groups={dimension: _groups(dimension, figures) for dimension in Dimension},
        waiting=waiting.requests,
        is_at_least=waiting.is_at_least,
        counted=counted,
    )


def _status_count(row: CountRow) -> _StatusCount:
    assert row.stage is not None
    return _StatusCount(
        variant=None if row.variant is None else Variant(row.variant),
        status=status_at(Stage(row.stage), is_bad=bool(row.failed)),
        reason=row.reason,
        completion=CompletionStatus(row.completion),
        count=row.count,
    )


def _groups(dimension: Dimension, figures: Mapping[_Key, Figures]) -> tuple[Group, ...]:
    found = [
        Group(value=_shown(dimension, value), figures=held)
        for (of, value), held in figures.items()
        if of == dimension
    ]
    if dimension is Dimension.WEEK:
        return tuple(sorted(found, key=lambda group: group.value))
    return tuple(sorted(found, key=lambda group: (-group.figures.distributions, group.value)))


def _shown(dimension: Dimension, value: tuple[str, ...]) -> tuple[str, ...]:
    return (str(eui_of(int(value[0]))),) if dimension is Dimension.SUPPLIER else value


def _funnel(statuses: Iterable[_StatusCount]) -> tuple[FunnelStage, ...]:
    rows = []
    for row in STAGES:
        passing = [s for s in statuses if _passes(row, s)]
        here = [s for s in passing if s.status.stage is row.stage]
        rows.append(
            FunnelStage(
                stage=row.stage,
                expected=sum(s.count for s in passing),
                reached=sum(
                    s.count for s in passing if s.status.stage > row.stage or s.status is row.good
                ),
                failed=sum(s.count for s in here if s.status.is_bad),
                waiting=sum(s.count for s in here if s.completion is CompletionStatus.IN_PROGRESS),
            )
        )
    return tuple(rows)


def _passes(row: StageRow, counted: _StatusCount) -> bool:
    if counted.variant is None:
        return len(row.variants) > 1 or counted.status.stage is row.stage
    return counted.variant in row.variants


def _reasons(statuses: Iterable[_StatusCount]) -> tuple[FailureReason, ...]:
    counts = Counter[tuple[Status, str | None]]()
    for each in statuses:
        if each.status.is_bad:
            counts[each.status, each.reason] += each.count
    found = [FailureReason(status, reason, count) for (status, reason), count in counts.items()]
    return tuple(sorted(found, key=lambda each: (-each.count, each.status, each.reason or "")))

"""Rows of delivery performance to the figures that they answer."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from psycopg.rows import TupleRow

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


@dataclass(frozen=True, slots=True)
class _StatusCount:
    variant: Variant | None
    status: Status
    reason: str | None
    completion: CompletionStatus
    count: int


def performance_answer(
    counts: Iterable[TupleRow], durations: Iterable[TupleRow], waiting: int
) -> PerformanceAnswer:
    """Return the answer in the rows of performance_read_counts and performance_read_durations."""
    completions: dict[tuple[str, tuple[str, ...]], dict[CompletionStatus, int]] = defaultdict(dict)
    statuses = []
    for dimension, value, variant, stage, failed, reason, completion, count in counts:
        if dimension == "status":
            status = status_at(Stage(stage), is_bad=failed)
            known = None if variant is None else Variant(variant)
            statuses.append(
                _StatusCount(known, status, reason, CompletionStatus(completion), count)
            )
        else:
            completions[dimension, tuple(value)][CompletionStatus(completion)] = count
    timings: dict[tuple[str, tuple[str, ...]], dict[Milestone, Timing]] = defaultdict(dict)
    for dimension, value, stage, p50_step, p95_step, samples in durations:
        timings[dimension, tuple(value)][Milestone(stage)] = Timing(
            seconds_within(p50_step), seconds_within(p95_step), samples
        )
    figures = {
        key: Figures(completions=held, timings=timings.get(key, {}))
        for key, held in completions.items()
    }
    return PerformanceAnswer(
        total=figures.get(("all", ()), Figures(completions={}, timings={})),
        funnel=_funnel(statuses),
        reasons=_reasons(statuses),
        groups={dimension: _groups(dimension, figures) for dimension in Dimension},
        waiting=waiting,
    )


def _groups(
    dimension: Dimension, figures: Mapping[tuple[str, tuple[str, ...]], Figures]
) -> tuple[Group, ...]:
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

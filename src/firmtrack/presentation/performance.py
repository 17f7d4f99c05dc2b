"""Delivery performance as the API's objects, and as a CSV of its figures.

Each class is one object of the published schema, its docstring the schema's description of it.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from firmtrack.answers import performance as store
from firmtrack.answers.performance import Dimension, Milestone
from firmtrack.domain.stages import CompletionStatus, Status
from firmtrack.presentation import wording
from firmtrack.presentation.csv import safe_cell
from firmtrack.presentation.documents.fields import Count, StageName, stage_name
from firmtrack.presentation.times import ago_text, utc_text

DIMENSION_NAMES: Mapping[Dimension, str] = {
    Dimension.WEEK: "Week of submission",
    Dimension.SUPPLIER: "Supplier",
    Dimension.CSP_REGION: "CSP region",
    Dimension.DEVICE_TYPE: "Device type",
    Dimension.MODEL: "Device model",
    Dimension.FIRMWARE_VERSION: "Firmware version",
}

MILESTONE_NAMES: Mapping[Milestone, str] = {
    Milestone.COMMS_HUB: "to the Communications Hub",
    Milestone.DEVICE: "to the device",
    Milestone.COMPLETION: "to completion",
}

NOT_KNOWN = "Not known"
_MODEL_PARTS = ("device type", "manufacturer", "model")

Share = Annotated[float, Meta(ge=0, le=1)]
Value = Annotated[
    str, Meta(description="null where neither the inventory nor the request states it.")
]


class Timing(Struct, frozen=True):
    """How many seconds distributions took from submission: half, and 95 in 100, at most so many.

    Rounded up by up to 2 in 100. samples is how many were timed.
    """

    p50_seconds: Count
    p95_seconds: Count
    samples: Count


class PerformanceFigures(Struct, frozen=True):
    """How many distributions there are, how they stand, and how long they took.

    success_rate is the part of those that ended that was successful, null if none has ended. A time
    is null if no distribution got there. Completion is verification, for an 11.4 activation.
    """

    distributions: Count
    in_progress: Count
    failed: Count
    successful: Count
    success_rate: Share | None
    to_comms_hub: Timing | None
    to_device: Timing | None
    to_completion: Timing | None


class PerformanceGroup(Struct, frozen=True):
    """The figures of the distributions that have a value in common."""

    value: Value | None
    figures: PerformanceFigures


class ModelPerformance(Struct, frozen=True):
    """The figures of one device model."""

    device_type: Value | None
    manufacturer: Value | None
    model: Value | None
    figures: PerformanceFigures


class FunnelStage(Struct, frozen=True):
    """How far distributions came.

    expected counts those whose request passes this stage: only 11.1 passes verified, only 11.4
    activated, and one whose variant is not known yet the one of these at which it is. reached
    counts those with a good event here or further, failed those that stopped here, waiting those
    in progress that are here.
    """

    stage: StageName
    expected: Count
    reached: Count
    failed: Count
    waiting: Count


class FailureReason(Struct, frozen=True):
    """How many distributions failed with a status for a reason, a code."""

    status: Status
    reason: str | None
    distributions: Count


class DeliveryPerformance(Struct, frozen=True):
    """Delivery performance of your own requests.

    Weeks are named by their Monday in Great Britain, ascending; other groups come by size
    descending, suppliers by their User IDs. All that was recorded by counted_at is counted, null if
    there is no record of a count; requests_waiting is how many requests have changed since, or,
    just after very many devices have moved at once, at least so many. kept_from is since when
    requests count, where earlier ones were asked for, too: of these not all updates are kept any
    more, so that a week in which it lies is counted from then on. Else it is null.
    """

    total: PerformanceFigures
    funnel: list[FunnelStage]
    reasons: list[FailureReason]
    by_week: list[PerformanceGroup]
    by_supplier: list[PerformanceGroup]
    by_csp_region: list[PerformanceGroup]
    by_device_type: list[PerformanceGroup]
    by_model: list[ModelPerformance]
    by_firmware_version: list[PerformanceGroup]
    requests_waiting: Count
    counted_at: datetime | None
    kept_from: datetime | None


def delivery_performance(found: store.PerformanceAnswer) -> DeliveryPerformance:
    """Return the API's object."""
    return DeliveryPerformance(
        total=_figures(found.total),
        funnel=[
            FunnelStage(stage_name(row.stage), row.expected, row.reached, row.failed, row.waiting)
            for row in found.funnel
        ],
        reasons=[FailureReason(row.status, row.reason, row.count) for row in found.reasons],
        by_week=_groups(found, Dimension.WEEK),
        by_supplier=_groups(found, Dimension.SUPPLIER),
        by_csp_region=_groups(found, Dimension.CSP_REGION),
        by_device_type=_groups(found, Dimension.DEVICE_TYPE),
        by_model=[_model(group) for group in found.groups[Dimension.MODEL]],
        by_firmware_version=_groups(found, Dimension.FIRMWARE_VERSION),
        requests_waiting=found.waiting,
        counted_at=found.counted.at,
        kept_from=found.kept_from,
    )


def counted_text(found: store.PerformanceAnswer) -> str:
    """Return how old the figures are, and how many requests have changed since, as sentences."""
    changed = _changed_text(found)
    if found.counted.at is None:
        text = "There is no record of when these figures were counted"
        return f"{text}; {changed} changed since." if changed else f"{text}."
    ago = ago_text(found.counted.at, found.counted.read_at)
    return f"Counted {ago}; {changed or 'nothing has'} changed since."


def timed_text(figures: store.Figures) -> str | None:
    """Return why other devices are timed to completion than are Successful; None if as many are."""
    timing = figures.timings.get(Milestone.COMPLETION)
    timed = 0 if timing is None else timing.samples
    successful = figures.completions.get(CompletionStatus.SUCCESSFUL, 0)
    if timed == successful:
        return None
    return (
        f"{timed:,} timed to completion, {successful:,} Successful: a device is timed by the first"
        " word that it got there, also where a later word says that its update failed. It is not"
        " timed where one of the two times was not told, or where they contradict each other."
    )


def _changed_text(found: store.PerformanceAnswer) -> str:
    if not found.waiting:
        return "many devices have" if found.is_at_least else ""
    requests = "request has" if found.waiting == 1 else "requests have"
    return f"{'at least ' if found.is_at_least else ''}{found.waiting:,} {requests}"


def group_name(group: store.Group) -> str:
    """Return a group's value in one line; of a model, what is missing of its name stands behind."""
    known = " ".join(filter(None, group.value))
    missing = [name for name, part in zip(_MODEL_PARTS, group.value, strict=False) if not part]
    if known and missing:
        return f"{known}, {missing[-1]} not known"
    return known or NOT_KNOWN


CSV_COLUMNS = (
    "Grouped By",
    "Group",
    "Distributions",
    *wording.COMPLETION_NAMES.values(),
    "Success Rate",
    *(
        f"{what} {name}"
        for name in MILESTONE_NAMES.values()
        for what in ("Timed", "p50 Seconds", "p95 Seconds")
    ),
)


def performance_csv(found: store.PerformanceAnswer) -> str:
    """Return the figures as CSV (RFC 4180): all, then every group, statuses and reasons.

    One group a row, in the answer's order. No cell begins a formula. Where requests that were asked
    for do not count, because not all of their updates are kept, the first row says since when.
    """
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(CSV_COLUMNS)
    if found.kept_from is not None:
        rows.writerow(["Submitted from", utc_text(found.kept_from), *[""] * (len(CSV_COLUMNS) - 2)])
    for row in _csv_rows(found):
        rows.writerow([safe_cell(str(cell)) for cell in row])
    return text.getvalue()


def _csv_rows(found: store.PerformanceAnswer) -> Iterator[list[object]]:
    yield ["All", "", *_cells(found.total)]
    for dimension, groups in found.groups.items():
        for group in groups:
            yield [DIMENSION_NAMES[dimension], group_name(group), *_cells(group.figures)]
    blank = [""] * (len(CSV_COLUMNS) - 3)
    for row in found.funnel:
        yield ["Stage reached", wording.STAGE_NAMES[row.stage], row.reached, *blank]
    for each in found.reasons:
        name = f"{wording.STATUS_NAMES[each.status]}: {each.reason or NOT_KNOWN}"
        yield ["Reason of failure", name, each.count, *blank]


def _cells(figures: store.Figures) -> list[object]:
    rate = figures.success_rate
    cells: list[object] = [
        figures.distributions,
        *(figures.completions.get(completion, 0) for completion in wording.COMPLETION_NAMES),
        "" if rate is None else f"{rate:.4f}",
    ]
    for milestone in MILESTONE_NAMES:
        timing = figures.timings.get(milestone)
        cells += (
            [0, "", ""] if timing is None
            else [timing.samples, timing.p50_seconds, timing.p95_seconds]
        )  # fmt: skip
    return cells


def _groups(found: store.PerformanceAnswer, dimension: Dimension) -> list[PerformanceGroup]:
    return [
        PerformanceGroup(group.value[0] or None, _figures(group.figures))
        for group in found.groups[dimension]
    ]


def _model(group: store.Group) -> ModelPerformance:
    device_type, manufacturer, model = (each or None for each in group.value)
    return ModelPerformance(device_type, manufacturer, model, _figures(group.figures))


def _figures(figures: store.Figures) -> PerformanceFigures:
    count = figures.completions.get
    return PerformanceFigures(
        distributions=figures.distributions,
        in_progress=count(CompletionStatus.IN_PROGRESS, 0),
        failed=count(CompletionStatus.FAILED, 0),
        successful=count(CompletionStatus.SUCCESSFUL, 0),
        success_rate=figures.success_rate,
        to_comms_hub=_timing(figures, Milestone.COMMS_HUB),
        to_device=_timing(figures, Milestone.DEVICE),
        to_completion=_timing(figures, Milestone.COMPLETION),
    )


def _timing(figures: store.Figures, milestone: Milestone) -> Timing | None:
    timing = figures.timings.get(milestone)
    if timing is None:
        return None
    return Timing(timing.p50_seconds, timing.p95_seconds, timing.samples)

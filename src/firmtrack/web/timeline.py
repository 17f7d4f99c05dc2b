"""The stages of one distribution as a timeline: what is done, where it is, where it stopped."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from firmtrack.answers.devices import DeviceDistribution, OthersUpdate
from firmtrack.answers.requests import DistributionAnswer
from firmtrack.domain.stages import (
    CompletionStatus,
    Party,
    Stage,
    Status,
    Variant,
    completion_of,
    stages_of,
)


class StepState(StrEnum):
    """How a stage stands in one distribution."""

    DONE = "done"
    CURRENT = "current"
    STOPPED = "stopped"
    WAITING = "waiting"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of a timeline.

    ``at`` is DCC's time of the latest word of the stage, None if no message told of it.
    """

    stage: Stage
    holder: Party
    state: StepState
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an update is: the place of its stage among those that it passes.

    ``count`` is None while it is not known which kind of request it is.
    """

    number: int
    count: int | None


def timeline_of(found: DeviceDistribution) -> tuple[Step, ...]:
    """Return the stages that the distribution passes, in order.

    The stage of the current status is CURRENT or, after a failure, STOPPED; in a completed
    distribution it is DONE. The stage after a CURRENT one is WAITING.
    """
    reported = ((entry.status.stage, entry.occurred_at) for entry in found.history)
    return _timeline(found.distribution.status, found.distribution.variant, reported)


def timeline_of_others(found: OthersUpdate) -> tuple[Step, ...]:
    """Return the stages of another party's update, as ``timeline_of`` does."""
    reported = ((step.status.stage, step.occurred_at) for step in found.steps)
    return _timeline(found.status, found.variant, reported)


def progress_of(distribution: DistributionAnswer) -> Progress:
    """Return how far the update is."""
    stages = [row.stage for row in stages_of(distribution.variant)]
    number = stages.index(distribution.status.stage) + 1
    return Progress(number, None if distribution.variant is None else len(stages))


def _timeline(
    status: Status, variant: Variant | None, reported: Iterable[tuple[Stage, datetime]]
) -> tuple[Step, ...]:
    here = status.stage
    rows = stages_of(variant)
    if status.is_bad:
        at_here, after = StepState.STOPPED, StepState.AHEAD
    elif completion_of(status, variant) is CompletionStatus.SUCCESSFUL:
        at_here, after = StepState.DONE, StepState.AHEAD
    else:
        at_here, after = StepState.CURRENT, StepState.WAITING
    next_stage = min((row.stage for row in rows if row.stage > here), default=None)

    def state_of(stage: Stage) -> StepState:
        if stage < here:
            return StepState.DONE
        if stage == here:
            return at_here
        return after if stage == next_stage else StepState.AHEAD

    latest = dict(sorted(reported))
    return tuple(
        Step(row.stage, row.holder, state_of(row.stage), latest.get(row.stage)) for row in rows
    )

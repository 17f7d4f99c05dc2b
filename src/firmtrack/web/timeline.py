"""The stages of one distribution as a timeline: what is done, where it is, where it stopped."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from firmtrack.domain.stages import CompletionStatus, Party, Stage, stages_of
from firmtrack.store.answers import DeviceDistribution


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


def timeline_of(found: DeviceDistribution) -> tuple[Step, ...]:
    """Return the stages that the distribution passes, in order.

    The stage of the current status is CURRENT or, after a failure, STOPPED; in a completed
    distribution it is DONE. The stage after a CURRENT one is WAITING.
    """
    distribution = found.distribution
    here = distribution.status.stage
    rows = stages_of(distribution.variant)
    if distribution.status.is_bad:
        at_here, after = StepState.STOPPED, StepState.AHEAD
    elif distribution.completion is CompletionStatus.SUCCESSFUL:
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

    latest = {
        entry.status.stage: entry.occurred_at
        for entry in sorted(found.history, key=lambda entry: entry.occurred_at)
    }
    return tuple(
        Step(row.stage, row.holder, state_of(row.stage), latest.get(row.stage)) for row in rows
    )

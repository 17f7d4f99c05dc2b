"""How updates can stand badly, and how many of whom do and could."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmtrack.causes.cells import Cells, Standing
from firmtrack.domain.causes import CauseKey, CauseKind
from firmtrack.domain.stages import STAGES, Stage, Status, status_at

Flags = NDArray[np.bool_]

_CAN_FAIL = frozenset(row.stage for row in STAGES if row.bad is not None)


@dataclass(frozen=True, slots=True)
class Problem:
    """Updates that failed at a stage for one reason, or that stand still having reached it."""

    kind: CauseKind
    stage: Stage
    reason: str | None

    @property
    def status(self) -> Status:
        """The bad status, or the good one at which updates stand still."""
        return status_at(self.stage, is_bad=self.kind is CauseKind.FAILED)


def problem_of(key: CauseKey) -> Problem:
    """Return the problem that a cause is a cause of."""
    return Problem(key.kind, key.stage, key.reason)


def problems_of(cells: Cells) -> list[Problem]:
    """Return the problems that any updates have: failures by stage and reason, then stalls."""
    return [*_failures(cells), *_stalls(cells)]


def _failures(cells: Cells) -> list[Problem]:
    has_failed = (cells.standing == Standing.FAILED) & (cells.count > 0)
    coded = cells.stage[has_failed] * len(cells.reasons) + cells.reason[has_failed]
    found = [
        divmod(code, len(cells.reasons)) for code in np.flatnonzero(np.bincount(coded)).tolist()
    ]
    return [
        Problem(CauseKind.FAILED, Stage(stage), cells.reasons[reason])
        for stage, reason in found
        if stage in _CAN_FAIL
    ]


def _stalls(cells: Cells) -> list[Problem]:
    is_stalled = (cells.standing == Standing.STALLED) & (cells.count > 0)
    stages = np.flatnonzero(np.bincount(cells.stage[is_stalled])).tolist()
    return [Problem(CauseKind.STALLED, Stage(stage), None) for stage in stages if stage]


def is_of(cells: Cells, problem: Problem) -> Flags:
    """Return which cells are of updates that have the problem."""
    is_there = cells.stage == problem.stage
    if problem.kind is CauseKind.STALLED:
        return _all(is_there, cells.standing == Standing.STALLED)
    if problem.reason not in cells.reasons:
        return np.zeros(len(is_there), dtype=bool)
    reason = list(cells.reasons).index(problem.reason)
    return _all(is_there, cells.standing == Standing.FAILED, cells.reason == reason)


def is_known_of(cells: Cells, problem: Problem) -> Flags:
    """Return of which cells it is known whether their updates have the problem.

    Of failures: they failed at the step, or passed it. Of stalls: they reached the stage, and stand
    still or went on.
    """
    if problem.kind is CauseKind.FAILED:
        return cells.stage >= problem.stage
    stays = (cells.standing == Standing.STALLED) | (cells.standing == Standing.SUCCESSFUL)
    return (cells.stage > problem.stage) | _all(cells.stage == problem.stage, stays)


def may_yet_be_of(cells: Cells, problem: Problem) -> Flags:
    """Return which cells are of updates in progress that may yet have the problem."""
    if problem.kind is CauseKind.STALLED:
        return _all(cells.standing == Standing.WAITING, cells.stage <= problem.stage)
    is_under_way = (cells.standing == Standing.WAITING) | (cells.standing == Standing.STALLED)
    return _all(is_under_way, cells.stage < problem.stage)


def _all(*conditions: Flags) -> Flags:
    found = conditions[0]
    for each in conditions[1:]:
        found = found & each
    return found

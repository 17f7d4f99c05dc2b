"""Counts of updates by all that they are told apart by: arrays side by side, an element a cell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from firmtrack.domain.causes import Attribute, CauseKey, CauseKind
from firmtrack.domain.identifiers import RequestId

IntArray = NDArray[np.int64]


class Standing(IntEnum):
    """How the updates of a cell stand; the value is the stored one."""

    SUCCESSFUL = 0
    WAITING = 1
    """In progress, and not stalled."""
    FAILED = 2
    STALLED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Counts of updates, as arrays of the same length.

    ``standing`` is a Standing, ``stage`` the last stage reached, or failed at. ``reason`` is a
    place in ``reasons``, whose first is None. ``day`` is of the failure, or of the beginning of the
    wait, in days since the epoch, 0 of others; ``first`` and ``last`` are seconds since it.
    ``request`` is a place in ``request_ids`` and ``submitted_at``. ``codes`` has of each attribute
    a place in its ``values``, whose first is "", what is not known.
    """

    request_ids: Sequence[RequestId]
    submitted_at: Sequence[datetime]
    reasons: Sequence[str | None]
    values: Mapping[Attribute, Sequence[str]]
    request: IntArray
    standing: IntArray
    stage: IntArray
    reason: IntArray
    day: IntArray
    count: IntArray
    first: IntArray
    last: IntArray
    codes: Mapping[Attribute, IntArray]

    def are_of(self, key: CauseKey) -> NDArray[np.bool_]:
        """Return of each cell whether its updates are of the cause."""
        is_failed = key.kind is CauseKind.FAILED
        found: NDArray[np.bool_] = self.standing == (
            Standing.FAILED if is_failed else Standing.STALLED
        )
        found &= self.stage == int(key.stage)
        found &= self.reason == _place(self.reasons, key.reason)
        for trait in key.traits:
            found &= self.codes[trait.attribute] == _place(
                self.values[trait.attribute], trait.value
            )
        return found


def _place(values: Sequence[str | None], value: str | None) -> int:
    return values.index(value) if value in values else -1

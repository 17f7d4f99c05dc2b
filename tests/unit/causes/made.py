"""Cells written by hand, a row a cell."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from firmtrack.causes.cells import Cells, Standing
from firmtrack.domain.causes import Attribute
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import Stage

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
_DAY = 86_400


def request_id(number: int) -> RequestId:
    return RequestId(Eui64(0x90B3D51F30000010), Eui64(0x90B3D51F30000002), number)


@dataclass(frozen=True)
class Row:
    """One cell; ``ago`` is how many days ago its updates came to stand so, from and to."""

    count: int
    standing: Standing = Standing.SUCCESSFUL
    stage: Stage = Stage.VERIFIED_BY_DEVICE
    reason: str | None = None
    request: int = 1
    ago: tuple[float, float] = (10.0, 10.0)
    traits: dict[Attribute, str] = field(default_factory=dict)


def failed(count: int, reason: str | None = "N61", **others: object) -> Row:
    stage = Stage.DELIVERED_TO_COMMS_HUB
    return Row(count, Standing.FAILED, stage, reason, **others)  # type: ignore[arg-type]  # fields of Row, of their types


def cells_of(rows: Sequence[Row], ages: Sequence[float] = (20.0,)) -> Cells:
    """Return the cells of rows of requests so many days old, the first of which is number 1."""
    reasons = [None, *sorted({row.reason for row in rows if row.reason is not None})]
    values = {a: ["", *sorted({_value(row, a) for row in rows} - {""})] for a in Attribute}

    def column(numbers: list[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.array(numbers, dtype=np.int64)

    def at(days: float) -> int:
        return int((NOW - timedelta(days=days)).timestamp())

    return Cells(
        request_ids=[request_id(number + 1) for number in range(len(ages))],
        submitted_at=[NOW - timedelta(days=age) for age in ages],
        reasons=reasons,
        values=values,
        request=column([row.request - 1 for row in rows]),
        standing=column([int(row.standing) for row in rows]),
        stage=column([int(row.stage) for row in rows]),
        reason=column([reasons.index(row.reason) for row in rows]),
        day=column([_day(row, at(row.ago[1])) for row in rows]),
        count=column([row.count for row in rows]),
        first=column([at(row.ago[0]) for row in rows]),
        last=column([at(row.ago[1]) for row in rows]),
        codes={a: column([values[a].index(_value(row, a)) for row in rows]) for a in Attribute},
    )


def _value(row: Row, attribute: Attribute) -> str:
    if attribute is Attribute.SERVICE_REQUEST_ID:
        return str(request_id(row.request))
    return row.traits.get(attribute, "")


def _day(row: Row, at: int) -> int:
    return at // _DAY if row.standing in (Standing.FAILED, Standing.STALLED) else 0

"""How long distributions usually wait, and the limits of their waits, as whoever counts left them.

Figures only, learnt from all parties' distributions together: of groups of FEWEST_STAYS or more,
and of two parties or more where the group is narrower than type and region. Every process keeps
what it has asked for a while, so that to compare a device with the usual costs no statement.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime

from psycopg import Connection
from psycopg.rows import TupleRow, dict_row

from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.pace import Limits
from firmtrack.domain.stages import Stage
from firmtrack.domain.viewer import Viewer
from firmtrack.domain.waits import Estimate, Stays
from firmtrack.store import database
from firmtrack.store.numbers import request_parts, to_bigint
from firmtrack.store.replica import look_up
from firmtrack.store.reports import rows_of, statement

MAXIMUM_AGE_SECONDS = 60
"""How long a process goes on with what it has read; what is usual is counted anew more rarely."""

_MOST_KEPT = 10_000  # device facts are others' texts: nobody shall fill the memory with them

GROUP_FACTS = ("device_type", "csp_region", "manufacturer", "model")
"""What groups are narrowed by, in this order: none of them, the first, the first two, or all."""

_LIMIT_NAMES = tuple(each.name for each in fields(Limits))

NARROWINGS = (4, 2, 1, 0)
"""How many of GROUP_FACTS a group may have, the narrowest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitKey:
    """A request's stay at a stage, and what is known of its device."""

    request_id: RequestId
    stage: Stage
    device_type: str | None = None
    csp_region: str | None = None
    manufacturer: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownWait:
    """What is known of such waits: their limits, and the estimate from other requests' stays.

    ``estimate`` is of stays that have the facts ``group`` in common, of GROUP_FACTS. How many
    exactly is nobody's to see: it would show how much others update.
    """

    limits: Limits
    estimate: Estimate
    group: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _SilentHubRow:
    since: datetime


@dataclass(frozen=True, slots=True)
class _PaceRow:
    stage: int
    passed: int
    expected: float


@dataclass(frozen=True, slots=True)
class _EstimateRow:
    estimate_key: int
    steps: Sequence[int]
    passed: Sequence[int]
    failed: Sequence[int]
    waiting: Sequence[int]


@dataclass(frozen=True, slots=True)
class _Copy:
    """What was read of one database since ``read_at``, of the monotonic clock; None: unknown."""

    conninfo: str | None
    read_at: float
    waits: dict[WaitKey, KnownWait | None] = field(default_factory=dict)
    estimates: dict[int, Estimate] = field(default_factory=dict)

    def is_current(self, conninfo: str) -> bool:
        """Return whether this is still good enough for the database ``conninfo``."""
        is_young = time.monotonic() - self.read_at <= MAXIMUM_AGE_SECONDS
        return self.conninfo == conninfo and is_young and len(self.waits) < _MOST_KEPT


class _Kept:
    """The process's copy; module state, because a process has exactly one database."""

    copy = _Copy(conninfo=None, read_at=0.0)


def recent_waits(asked: Sequence[WaitKey]) -> Mapping[WaitKey, KnownWait]:
    """Return what is known of these waits, as it was at most MAXIMUM_AGE_SECONDS ago.

    A key of which nothing is known is left out. No statement, unless one of the keys was not asked
    of this process lately.
    """
    if not asked:
        return {}
    conninfo = database.conninfo_in_use()
    copy = _Kept.copy
    if not copy.is_current(conninfo):
        copy = _Kept.copy = _Copy(conninfo, time.monotonic())
    missing = [key for key in asked if key not in copy.waits]
    if missing:
        found = _find(missing, copy.estimates)
        copy.waits.update((key, found.get(key)) for key in missing)
    known = ((key, copy.waits[key]) for key in asked)
    return {key: wait for key, wait in known if wait is not None}


def forget_recent() -> None:
    """Let this process ask the database again; for whoever has just counted anew."""
    _Kept.copy = _Copy(conninfo=None, read_at=0.0)


@look_up
def hub_silent_since(
    connection: Connection[TupleRow], request_id: RequestId, stage: Stage, device_id: Eui64
) -> datetime | None:
    """Return since when all that waits behind the device's hub has waited; None if that is little.

    Counted are the updates of the request that are at the stage, and only at hubs with
    firmtrack.domain.pace.FEWEST_AT_HUB or more of them.
    """
    originator, target, counter = request_parts(request_id)
    hubs = rows_of(
        connection,
        _SilentHubRow,
        "waits_silent_hub",
        {
            "originator": originator,
            "target": target,
            "counter": counter,
            "stage": int(stage),
            "device_id": to_bigint(device_id),
        },
    )
    return hubs[0].since if hubs else None


@look_up
def _find(
    connection: Connection[TupleRow], asked: Sequence[WaitKey], estimates: dict[int, Estimate]
) -> Mapping[WaitKey, KnownWait]:
    parts = [request_parts(key.request_id) for key in asked]
    parameters = {
        "originators": [part[0] for part in parts],
        "targets": [part[1] for part in parts],
        "counters": [part[2] for part in parts],
        "stages": [int(key.stage) for key in asked],
        "device_types": [key.device_type or "" for key in asked],
        "csp_regions": [key.csp_region or "" for key in asked],
        "manufacturers": [key.manufacturer or "" for key in asked],
        "models": [key.model or "" for key in asked],
    }
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(statement("waits_find"), parameters, prepare=True).fetchall()
    missing = {row["estimate_key"] for row in rows} - estimates.keys()
    _read_estimates(connection, missing, estimates)
    return {
        asked[row["number"] - 1]: KnownWait(
            limits=Limits(**{name: row[name] for name in _LIMIT_NAMES}),
            estimate=estimates[row["estimate_key"]],
            group=GROUP_FACTS[: row["facts"]],
        )
        for row in rows
        if row["estimate_key"] in estimates
    }


def _read_estimates(
    connection: Connection[TupleRow], keys: set[int], estimates: dict[int, Estimate]
) -> None:
    if not keys:
        return
    for row in rows_of(connection, _EstimateRow, "waits_estimates", {"estimate_keys": list(keys)}):
        counts = (
            dict(zip(row.steps, each, strict=True))
            for each in (row.passed, row.failed, row.waiting)
        )
        estimates[row.estimate_key] = Estimate(Stays.of(*counts))


@look_up
def relative_paces(
    connection: Connection[TupleRow], viewer: Viewer, request_id: RequestId
) -> Mapping[Stage, tuple[int, float]]:
    """Return how many of the request's stays passed, and how many would have at others' pace.

    By stage, of which anything is known and updates still wait. Empty if the request is unknown or
    someone else's.
    """
    if not viewer.may_see(request_id):
        return {}
    originator, target, counter = request_parts(request_id)
    rows = rows_of(
        connection,
        _PaceRow,
        "waits_paces",
        {"originator": originator, "target": target, "counter": counter},
    )
    return {Stage(row.stage): (row.passed, row.expected) for row in rows}

"""How long distributions usually wait, and the limits of their waits, as whoever counts left them.

Figures only, learnt from all parties' distributions together: of groups of FEWEST_STAYS or more,
and of two parties or more where the group is narrower than type and region. Every process keeps
what it has asked for a while, so that to compare a device with the usual costs no statement.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.pace import Limits
from firmtrack.domain.stages import Stage
from firmtrack.domain.viewer import Viewer
from firmtrack.domain.waits import Estimate, Stays
from firmtrack.store import database
from firmtrack.store.numbers import request_parts, to_bigint
from firmtrack.store.reports import statement

MAXIMUM_AGE_SECONDS = 60
"""How long a process goes on with what it has read; what is usual is counted anew more rarely."""

_MOST_KEPT = 10_000  # device facts are others' texts: nobody shall fill the memory with them

GROUP_FACTS = ("device_type", "csp_region", "manufacturer", "model")
"""What groups are narrowed by, in this order: none of them, the first, the first two, or all."""

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
    """What is known of such waits: their limits, and what other requests' stays tell.

    ``estimate`` is of stays that have the facts ``group`` in common, of GROUP_FACTS. How many
    exactly is nobody's to see: it would tell how much others update.
    """

    limits: Limits
    estimate: Estimate
    group: tuple[str, ...] = ()


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
        with database.pool().connection() as connection:
            found = _find(connection, missing, copy.estimates)
        copy.waits.update((key, found.get(key)) for key in missing)
    known = ((key, copy.waits[key]) for key in asked)
    return {key: wait for key, wait in known if wait is not None}


def forget_recent() -> None:
    """Let this process ask the database again; for whoever has just counted anew."""
    _Kept.copy = _Copy(conninfo=None, read_at=0.0)


def hub_silent_since(request_id: RequestId, stage: Stage, device_id: Eui64) -> datetime | None:
    """Return since when all that waits behind the device's hub has waited; None if that is little.

    Counted are the updates of the request that are at the stage, and only at hubs with
    firmtrack.domain.pace.FEWEST_AT_HUB or more of them.
    """
    originator, target, counter = request_parts(request_id)
    with database.pool().connection() as connection:
        row = connection.execute(
            statement("waits_silent_hub"),
            {
                "originator": originator,
                "target": target,
                "counter": counter,
                "stage": int(stage),
                "device_id": to_bigint(device_id),
            },
        ).fetchone()
    return None if row is None else row[0]


def _find(
    connection: Connection[TupleRow], asked: Sequence[WaitKey], estimates: dict[int, Estimate]
) -> Mapping[WaitKey, KnownWait]:
    parts = [request_parts(key.request_id) for key in asked]
    rows = connection.execute(
        statement("waits_find"),
        {
            "originators": [part[0] for part in parts],
            "targets": [part[1] for part in parts],
            "counters": [part[2] for part in parts],
            "stages": [int(key.stage) for key in asked],
            "device_types": [key.device_type or "" for key in asked],
            "csp_regions": [key.csp_region or "" for key in asked],
            "manufacturers": [key.manufacturer or "" for key in asked],
            "models": [key.model or "" for key in asked],
        },
        prepare=True,
    ).fetchall()
    _read_estimates(connection, {row[-2] for row in rows} - estimates.keys(), estimates)
    return {
        asked[number - 1]: KnownWait(
            limits=_limits(limits),
            estimate=estimates[estimate_key],
            group=GROUP_FACTS[:facts],
        )
        for number, *limits, estimate_key, facts in rows
        if estimate_key in estimates
    }


def _limits(columns: Sequence[object]) -> Limits:
    names = (
        "slow_seconds", "allowed_seconds", "still_seconds", "moved_at", "left_seconds",
        "silent_from", "silent_seconds", "hub_seconds",
    )  # fmt: skip
    return Limits(**dict(zip(names, columns, strict=True)))  # type: ignore[arg-type]  # as selected


def _read_estimates(
    connection: Connection[TupleRow], keys: set[int], estimates: dict[int, Estimate]
) -> None:
    if not keys:
        return
    rows = connection.execute(statement("waits_estimates"), {"estimate_keys": list(keys)})
    for key, steps, passed, failed, waiting in rows:
        counts = (dict(zip(steps, each, strict=True)) for each in (passed, failed, waiting))
        estimates[key] = Estimate(Stays.of(*counts))


def relative_paces(viewer: Viewer, request_id: RequestId) -> Mapping[Stage, tuple[int, float]]:
    """Return how many of the request's stays passed, and how many would have at others' pace.

    By stage, of which anything is known and updates still wait. Empty if the request is unknown or
    someone else's.
    """
    if not viewer.may_see(request_id):
        return {}
    originator, target, counter = request_parts(request_id)
    with database.pool().connection() as connection:
        rows = connection.execute(
            statement("waits_paces"),
            {"originator": originator, "target": target, "counter": counter},
        ).fetchall()
    return {Stage(stage): (passes, expected) for stage, passes, expected in rows}

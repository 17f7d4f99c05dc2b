"""How long distributions usually stay at a stage, learnt from all parties' distributions together.

Figures only: a group is of at least so many finished stays. It tells how fast DCC delivers, learnt
from all parties' updates together, and neither whose they were nor, when shown, how many. Every
process keeps what it has asked for a while, so that to compare a device with the usual costs no
statement.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.domain.durations import seconds_within
from firmtrack.domain.stages import Stage, Variant
from firmtrack.store import database
from firmtrack.store.sql import statement

FEWEST_SAMPLES = 100
"""A group of fewer finished stays is not used. Of so many five lie above the p95, so that no single
one of them decides it."""

MAXIMUM_AGE_SECONDS = 60
"""How long a process goes on with what it has read; what is usual is counted anew more rarely."""

_MOST_KEPT = 10_000  # device facts are others' texts: nobody shall fill the memory with them

GROUP_FACTS = ("device_type", "csp_region", "manufacturer", "model")
"""What groups are narrowed by, in this order: none of them, the first, the first two, or all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DwellKey:
    """A stage at which a distribution stays, and what is known of its device."""

    variant: Variant
    stage: Stage
    device_type: str | None = None
    csp_region: str | None = None
    manufacturer: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualDwell:
    """How long others stayed: half, and 95 in 100, at most so many seconds, of ``samples`` stays.

    They are those of the key's variant and stage that also have the facts ``group`` in common, of
    GROUP_FACTS. How many exactly is nobody's to see: it would tell how much others update.
    """

    p50_seconds: int
    p95_seconds: int
    samples: int
    group: tuple[str, ...]

    @property
    def shown_samples(self) -> int:
        """How many stays there were at least: the greatest power of ten that is not above."""
        return int(10 ** (len(str(self.samples)) - 1))


@dataclass(frozen=True, slots=True)
class _Copy:
    """What was read of one database since ``read_at``, of the monotonic clock; None: no group."""

    conninfo: str | None
    read_at: float
    usual: dict[DwellKey, UsualDwell | None] = field(default_factory=dict)

    def is_current(self, conninfo: str) -> bool:
        """Return whether this is still good enough for the database ``conninfo``."""
        is_young = time.monotonic() - self.read_at <= MAXIMUM_AGE_SECONDS
        return self.conninfo == conninfo and is_young and len(self.usual) < _MOST_KEPT


class _Kept:
    """The process's copy; module state, because a process has exactly one database."""

    copy = _Copy(conninfo=None, read_at=0.0)


def recent_usual_dwell(asked: Sequence[DwellKey]) -> Mapping[DwellKey, UsualDwell]:
    """Return what ``usual_dwell`` answers, as it was at most MAXIMUM_AGE_SECONDS ago.

    No statement, unless one of the keys was not asked of this process lately.
    """
    if not asked:
        return {}
    conninfo = database.conninfo_in_use()
    copy = _Kept.copy
    if not copy.is_current(conninfo):
        copy = _Kept.copy = _Copy(conninfo, time.monotonic())
    missing = [key for key in asked if key not in copy.usual]
    if missing:
        with database.pool().connection() as connection:
            found = usual_dwell(connection, missing)
        copy.usual.update((key, found.get(key)) for key in missing)
    known = ((key, copy.usual[key]) for key in asked)
    return {key: usual for key, usual in known if usual is not None}


def forget_recent() -> None:
    """Let this process ask the database again; for whoever has just counted anew."""
    _Kept.copy = _Copy(conninfo=None, read_at=0.0)


def usual_dwell(
    connection: Connection[TupleRow], asked: Sequence[DwellKey]
) -> Mapping[DwellKey, UsualDwell]:
    """Return of each key the narrowest group with FEWEST_SAMPLES; a key without one is left out.

    One statement, which reads at most four rows a key by their primary key.
    """
    rows = connection.execute(
        statement("performance_find_usual_dwell"),
        {
            "variants": [str(key.variant) for key in asked],
            "stages": [int(key.stage) for key in asked],
            "device_types": [key.device_type for key in asked],
            "csp_regions": [key.csp_region for key in asked],
            "manufacturers": [key.manufacturer for key in asked],
            "models": [key.model for key in asked],
        },
        prepare=True,
    ).fetchall()
    return {
        asked[number - 1]: UsualDwell(
            p50_seconds=seconds_within(p50_step),
            p95_seconds=seconds_within(p95_step),
            samples=samples,
            group=GROUP_FACTS[:facts],
        )
        for number, p50_step, p95_step, samples, facts in rows
    }


def refresh(
    connection: Connection[TupleRow], *, older_than: timedelta, fewest: int = FEWEST_SAMPLES
) -> None:
    """Count anew what is usual if that was last done longer ago than ``older_than``.

    Groups of ``fewest`` samples or more are kept. For whoever holds the counting lock
    (firmtrack.store.performance).
    """
    with connection.transaction():
        aged = connection.execute(
            "UPDATE usual_dwell_age SET counted_at = now() WHERE counted_at <= now() - %s",
            (older_than,),
        )
        if aged.rowcount:
            connection.execute("DELETE FROM usual_dwell")
            connection.execute(statement("performance_usual_dwell"), {"fewest": fewest})
            forget_recent()

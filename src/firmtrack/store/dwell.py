"""How long distributions usually stay at a stage, learnt from all parties' distributions together.

Figures only: a group is of at least so many finished stays, and tells of no party.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.domain.durations import seconds_within
from firmtrack.domain.stages import Stage, Variant
from firmtrack.store.sql import statement

FEWEST_SAMPLES = 100
"""A group of fewer finished stays is not used. Of so many five lie above the p95, so that no single
one of them decides it."""

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
    GROUP_FACTS.
    """

    p50_seconds: int
    p95_seconds: int
    samples: int
    group: tuple[str, ...]


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

"""Which of a request's distributions are wanted, as a condition; and how long they have waited."""

from datetime import datetime

from django.conf import settings

from firmtrack.answers.requests import DistributionFilter
from firmtrack.domain.pace import OPERATOR_STALLED_MULTIPLE, Pace
from firmtrack.domain.viewer import Viewer
from firmtrack.store.reading import statement
from firmtrack.store.reading.known import as_known
from firmtrack.store.reading.seeing import asked_by

_HAS_PACE = "c.device_id IN (SELECT p.device_id FROM ({paced}) AS p WHERE p.pace = %(pace)s)"
_COUNT = """
{known}SELECT p.stage, p.pace, count(*) AS count
FROM ({paced}) AS p
GROUP BY p.stage, p.pace
"""
_STALLED = """
{known}SELECT p.device_id, p.stage
FROM ({paced}) AS p
WHERE p.pace = %(stalled)s
ORDER BY p.device_id
"""


def condition(
    wanted: DistributionFilter,
    as_of: datetime | None,
    *,
    is_continued: bool = False,
    is_backwards: bool = False,
) -> str:
    """Return what holds of the rows ``c`` of current_distribution that are wanted.

    ``is_continued``: of those only whose Device ID is above ``%(after)s``; or below it, if
    ``is_backwards``.
    """
    beyond = "<" if is_backwards else ">"
    conditions = [f"c.device_id {beyond} %(after)s"] if is_continued else ["true"]
    if wanted.completion is not None:
        conditions.append("c.completion = %(completion)s")
    if wanted.status is not None:
        conditions.append("c.stage = %(stage)s AND c.failed = %(failed)s")
    if wanted.reason is not None:
        conditions.append("c.failed AND c.reason IS NOT DISTINCT FROM %(reason)s::text")
    if wanted.pace is not None:
        conditions.append(_HAS_PACE.format(paced=_paced_distributions(as_of)))
    return " AND ".join(conditions)


def asked_for(viewer: Viewer, wanted: DistributionFilter, now: datetime) -> dict[str, object]:
    """Return the parameters of the condition: what is wanted of one request, and of its pace.

    The ``viewer`` may see the request; which others it may see decides the pace.
    """
    status = wanted.status
    return asked_by_pace(viewer, now) | {
        "completion": None if wanted.completion is None else str(wanted.completion),
        "stage": None if status is None else int(status.stage),
        "failed": None if status is None else status.is_bad,
        "pace": None if wanted.pace is None else str(wanted.pace),
        "reason": wanted.reason_code,
    }


def asked_by_pace(viewer: Viewer, now: datetime) -> dict[str, object]:
    """Return the parameters of the statements of pace but for the request: until when."""
    return asked_by(viewer) | {
        "now": now,
        "slow_seconds": settings.ENVIRONMENT.slow_after_seconds,
        "stalled_multiple": OPERATOR_STALLED_MULTIPLE,
        "usual": str(Pace.USUAL),
        "slow": str(Pace.SLOW),
        "stalled": str(Pace.STALLED),
    }


def pace_count(as_of: datetime | None) -> str:
    """Return the query for (stage, pace, how many) of a request's distributions."""
    return as_known(_COUNT, as_of, paced=_paced_distributions(as_of))


def stalled(as_of: datetime | None = None) -> str:
    """Return the query for (device_id, stage) of a request's distributions that have stalled."""
    return as_known(_STALLED, as_of, paced=_paced_distributions(as_of))


def _paced_distributions(as_of: datetime | None) -> str:
    return as_known(statement("paced_distributions").decode(), as_of)

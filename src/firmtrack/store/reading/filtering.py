"""Which of a request's distributions are wanted, as a condition; and how long they have waited."""

from datetime import datetime

from django.conf import settings
from psycopg import sql

from firmtrack.answers.requests import DistributionFilter
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.pace import OPERATOR_STALLED_MULTIPLE, Pace
from firmtrack.domain.viewer import Viewer
from firmtrack.store.numbers import request_parts, to_bigint
from firmtrack.store.reading import statement

_HAS_PACE = sql.SQL("c.device_id IN (SELECT p.device_id FROM ({paced}) AS p WHERE p.pace = {pace})")
_STALLED = sql.SQL(
    "SELECT p.device_id, p.stage FROM ({paced}) AS p WHERE p.pace = {stalled} ORDER BY p.device_id"
)
_COUNT = sql.SQL("SELECT p.stage, p.pace, count(*) FROM ({paced}) AS p GROUP BY p.stage, p.pace")


def condition(
    viewer: Viewer, request_id: RequestId, wanted: DistributionFilter, now: datetime
) -> sql.Composable:
    """Return what holds of the rows ``c`` of current_distribution that are wanted.

    The ``viewer`` may see the request; which others it may see decides the pace. All values are
    literals: COPY takes no parameters.
    """
    conditions: list[sql.Composable] = [sql.SQL("true")]
    if wanted.completion is not None:
        conditions.append(sql.SQL("c.completion = {}").format(sql.Literal(str(wanted.completion))))
    if wanted.status is not None:
        conditions.append(
            sql.SQL("c.stage = {} AND c.failed = {}").format(
                sql.Literal(int(wanted.status.stage)), sql.Literal(wanted.status.is_bad)
            )
        )
    if wanted.pace is not None:
        paced = _paced_distributions(viewer, request_id, now)
        conditions.append(_HAS_PACE.format(paced=paced, pace=sql.Literal(str(wanted.pace))))
    return sql.SQL(" AND ").join(conditions)


def pace_count(viewer: Viewer, request_id: RequestId, now: datetime) -> sql.Composed:
    """Return the query for (stage, pace, how many) of the request's distributions."""
    return _COUNT.format(paced=_paced_distributions(viewer, request_id, now))


def stalled(viewer: Viewer, request_id: RequestId, now: datetime) -> sql.Composed:
    """Return the query for (device_id, stage) of the request's distributions that have stalled."""
    return _STALLED.format(
        paced=_paced_distributions(viewer, request_id, now), stalled=sql.Literal(str(Pace.STALLED))
    )


def _paced_distributions(viewer: Viewer, request_id: RequestId, now: datetime) -> sql.Composed:
    originator, target, counter = map(sql.Literal, request_parts(request_id))
    return sql.SQL(statement("paced_distributions").decode()).format(
        originator=originator,
        target=target,
        counter=counter,
        sees_all=sql.Literal(viewer.sees_all),
        user_ids=sql.Literal([to_bigint(user_id) for user_id in viewer.user_ids]),
        now=sql.Literal(now),
        slow_seconds=sql.Literal(settings.ENVIRONMENT.slow_after_seconds),
        stalled_multiple=sql.Literal(OPERATOR_STALLED_MULTIPLE),
        usual=sql.Literal(str(Pace.USUAL)),
        slow=sql.Literal(str(Pace.SLOW)),
        stalled=sql.Literal(str(Pace.STALLED)),
    )

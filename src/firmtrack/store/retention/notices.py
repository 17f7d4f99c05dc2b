"""Notices, with every try to send them, the incidents that they told of, and what led to them."""

from typing import LiteralString

from firmtrack.answers.pruning import What
from firmtrack.store.retention.ends import Ending

# Of notice {n}.
_GOES_ON: LiteralString = """
    {n}.state = 'waiting'
    OR EXISTS (
        SELECT
        FROM party_incident AS incident
        LEFT JOIN party_incident AS whole ON whole.incident_id = incident.merged_into
        WHERE incident.incident_id = {n}.incident_id
          AND (
              incident.ended_at IS NULL
              OR whole.incident_id IS NOT NULL AND whole.ended_at IS NULL
          )
    )
    OR EXISTS (
        SELECT FROM watch WHERE watch.notice_id = {n}.notice_id AND watch.ended_at IS NULL
    )
"""
_STAYS: LiteralString = "({n}.created_at >= %(before)s OR " + _GOES_ON + ")"

_HAS_NOTICE_THAT_STAYS: LiteralString = (
    "EXISTS (SELECT FROM notice AS n WHERE {holds} AND " + _STAYS.format(n="n") + ")"
)

ENDINGS = (
    # An incident is shown with its notices, and what was merged into it with theirs.
    Ending(
        what=What.INCIDENTS,
        table="party_incident",
        condition="t.ended_at < %(before)s AND NOT "
        + _HAS_NOTICE_THAT_STAYS.format(holds="n.incident_id = t.incident_id")
        + " AND NOT EXISTS (SELECT FROM party_incident AS part"
        " WHERE part.merged_into = t.incident_id AND (part.ended_at >= %(before)s OR "
        + _HAS_NOTICE_THAT_STAYS.format(holds="n.incident_id = part.incident_id")
        + "))",
    ),
    Ending(
        what=What.NOTICES,
        table="notice",
        condition="NOT " + _STAYS.format(n="t"),
        staying="t.created_at < %(before)s AND (" + _GOES_ON.format(n="t") + ")",
        key="notice_id",
        with_it=(What.TRIES, "notice_try"),
    ),
    # One that was removed has a row for the sake of what was sent to it.
    Ending(
        what=What.ENDPOINTS,
        table="notice_endpoint",
        condition="t.removed_at < %(before)s AND NOT "
        + _HAS_NOTICE_THAT_STAYS.format(holds="n.endpoint_id = t.endpoint_id")
        + " AND NOT EXISTS (SELECT FROM watch AS w WHERE w.endpoint_id = t.endpoint_id)",
    ),
    # What composing took is gone with it. What is for nobody a dispatcher drops, if one runs.
    Ending(
        what=What.CHANGES,
        table="status_change",
        condition="t.recorded_at < %(before)s"
        " AND t.user_id NOT IN (SELECT user_id FROM notice_subscriber)",
        staying="t.recorded_at < %(before)s"
        " AND t.user_id IN (SELECT user_id FROM notice_subscriber)",
    ),
)
"""In the order in which they go, and each by itself the same whether or not the others went."""

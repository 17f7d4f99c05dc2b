"""How fresh all that Firmtrack knows is, as far as the viewer may be told.

It names nobody and nothing, so there is nothing to audit (docs/decisions/013, 029).
"""

from dataclasses import replace
from datetime import datetime
from math import ceil

from firmtrack.answers.freshness import Freshness
from firmtrack.domain.viewer import Viewer
from firmtrack.store import replica
from firmtrack.store.reports import freshness as reported


def freshness(viewer: Viewer, now: datetime) -> Freshness:
    """Return how fresh all is at ``now``, by what came last from each source.

    Where this call has read on a replica it is so as of the moment up to which that knew all.
    """
    reached = replica.reached()
    if reached is None:
        return reported.freshness(viewer, now)
    found = reported.freshness(viewer, reached.known_to)
    if replica.reached() is None:  # it failed there, and so nothing at all was read there
        return reported.freshness(viewer, now)
    return replace(
        found, read_at=now, known_to=reached.known_to, lag_seconds=ceil(reached.age_seconds)
    )

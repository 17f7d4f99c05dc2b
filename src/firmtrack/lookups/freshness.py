"""How fresh all that Firmtrack knows is, as far as the viewer may be told.

It names nobody and nothing, so there is nothing to audit (docs/decisions/013, 029).
"""

from datetime import datetime
from math import ceil

from firmtrack.answers.freshness import Freshness
from firmtrack.domain.viewer import Viewer
from firmtrack.store import replica
from firmtrack.store.reports import freshness as reported


def freshness(viewer: Viewer, now: datetime) -> Freshness:
    """Return how fresh all is at ``now``, by what came last from each source.

    And how much of the last seconds may be missing where this call's look-ups read.
    """
    found = reported.freshness(viewer, now)
    lag_seconds = replica.lag_seconds()
    return found if lag_seconds is None else found.behind(ceil(lag_seconds))

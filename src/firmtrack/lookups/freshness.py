"""How fresh all that Firmtrack knows is.

It is of the whole system, the same for everybody and of nobody in particular: there is no viewer
from whom anything is kept, and nothing to audit (docs/decisions/013).
"""

from datetime import datetime

from firmtrack.answers.freshness import Freshness
from firmtrack.store.reports import freshness as reported


def freshness(now: datetime) -> Freshness:
    """Return how fresh all is at ``now``, by what came last from each source."""
    return reported.freshness(now)

"""Inputs that could not be taken and are settled since: replayed, or discarded."""

from firmtrack.answers.pruning import What
from firmtrack.store.retention.ends import Ending

ENDINGS = (
    Ending(
        what=What.REPLAYED,
        table="quarantine",
        condition="t.replayed_at < %(before)s",
        staying="t.recorded_at < %(before)s AND t.replayed_at IS NULL",
    ),
    Ending(
        what=What.DISCARDED,
        table="quarantine_discarded",
        condition="t.discarded_at < %(before)s",
    ),
)

"""From when on what is looked up is whole: what is older may have gone."""

from datetime import datetime

from firmtrack.lookups.as_of import Settled
from firmtrack.store.known_from import Kind, known_from

__all__ = ["Kind", "known_from", "missing_known_from", "past_known_from"]


def past_known_from(past: Settled | None) -> datetime | None:
    """Return from when on facts are kept, if not all of a past moment is; None if it is."""
    if past is None:
        return None
    kept_from = known_from(Kind.FACTS)
    return kept_from if kept_from is not None and past < kept_from else None


def missing_known_from(past: Settled | None) -> datetime | None:
    """Return from when on updates are kept, for who finds nothing at a moment, None for now.

    None where all is kept. It is the same for whatever is asked for.
    """
    return known_from(Kind.FACTS) if past is None else past_known_from(past)

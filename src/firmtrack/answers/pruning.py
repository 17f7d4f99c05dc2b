"""What a prune did, or would do."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class What(StrEnum):
    """What goes, in the order of the report; the values are the report's names of it."""

    REQUESTS = "requests"
    UPDATES = "updates"
    EVENTS = "events"
    MESSAGES = "messages"
    BODIES = "bodies"
    LOOKUPS = "lookups"
    ACTS = "acts"
    NOTICES = "notices"
    TRIES = "tries"
    CHANGES = "changes"
    INCIDENTS = "incidents"
    ENDPOINTS = "endpoints"
    REPLAYED = "replayed"
    DISCARDED = "discarded"
    CAME_AGAIN = "came_again"
    STALLS = "stalls"
    SESSIONS = "sessions"
    ATTEMPTS = "attempts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How many of a kind of record went, or would.

    ``months`` are the beginnings, in UTC and in order, of months that went whole. ``octets`` are
    those of the rows, or of the files of whole months. ``stays`` is how many that are as old stay,
    for the reason that the kind has.
    """

    what: What
    kept_from: datetime | None
    rows: int
    octets: int
    months: tuple[datetime, ...] = ()
    stays: int = 0

    def with_more(self, other: "Ended") -> "Ended":
        """Return this with what else of the kind went."""
        return replace(
            self,
            rows=self.rows + other.rows,
            octets=self.octets + other.octets,
            months=tuple(sorted({*self.months, *other.months})),
            stays=self.stays + other.stays,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneReport:
    """What went, in the order of ``What``; or would, of a rehearsal."""

    began_at: datetime
    ended_at: datetime
    is_rehearsal: bool
    ended: tuple[Ended, ...]

    @property
    def octets(self) -> int:
        """How many octets went, or would."""
        return sum(each.octets for each in self.ended)

    @property
    def is_empty(self) -> bool:
        """Whether nothing went, or would."""
        return not any(each.rows for each in self.ended)

"""When an incident is told to people, and when it is over: rules without clock or database.

People are told of an incident, rather than of each change that belongs to it: once when it opens,
up to three times when it has grown much or has got its cause, and once when it is over. So they get
at most five notices of it, however many updates it comes to have.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from firmtrack.domain.causes import CauseKey, MalformedCauseId
from firmtrack.domain.stages import Status

MOST_TELLINGS = 5
"""So many notices people get of an incident at most."""

OPENING_DELAY = timedelta(minutes=5)
"""An incident is told of after so long: by then its cause may be known, and most have joined."""

OPENING_DELAY_BESIDE = timedelta(hours=1)
"""The same while another of the same status and reason is open: it may turn out to be that one."""

GROWTH = 4
"""So many times as many as were told of last are news."""

LARGE = 10
"""An incident of so many updates lasts longer than a small one, and its end is told in any case."""

_SPACING = (timedelta(hours=1), timedelta(hours=4), timedelta(hours=16))
"""How long after the first, second and third telling the next is at the earliest, but the last."""

QUIET = timedelta(hours=12)
_QUIET_LARGE = timedelta(hours=36)
"""It is over when none has joined for so long."""

_LONGEST = timedelta(days=1)
_LONGEST_LARGE = timedelta(days=3)
_LONGEST_OF_CAUSE = timedelta(days=30)
"""It is over after so long: what comes then is news."""


class IncidentNews(StrEnum):
    """Why people are told of an incident."""

    OPENED = "opened"
    GROWN = "grown"
    CAUSE_FOUND = "cause_found"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """What makes updates of a party fail alike, or stand still: one thing to tell of, it seems.

    ``topic`` is that of its changes; ``status`` is the bad one, or the good one at which updates
    stand still. ``cause_id`` is None while nothing in common is known; if the incident ``is_mixed``
    not all of its updates, but most, have it. ``is_own``: of the party's
    own requests. ``first_at`` is when the first change occurred, if that is known; ``opened_at``
    and ``last_at``, when the last update joined it, are our times. ``told_times`` and what follows
    are what people have been told. ``due_at`` is when it is next to be looked at.
    """

    incident_id: UUID
    is_own: bool
    topic: str
    status: Status
    reason: str | None
    cause_id: str | None
    opened_at: datetime
    first_at: datetime | None
    last_at: datetime
    device_count: int
    is_mixed: bool = False
    told_times: int = 0
    told_at: datetime | None = None
    told_count: int = 0
    told_cause_id: str | None = None
    due_at: datetime | None = None

    @property
    def cause(self) -> CauseKey | None:
        """The key of its cause; None if it has none, or one that only a newer Firmtrack knows."""
        try:
            return None if self.cause_id is None else CauseKey.of_id(self.cause_id)
        except MalformedCauseId:
            return None

    @property
    def over_at(self) -> datetime:
        """When it is over unless another update joins it."""
        is_large = self.device_count >= LARGE
        quiet = _QUIET_LARGE if is_large else QUIET
        longest = _LONGEST_LARGE if is_large else _LONGEST
        if is_large and self.cause_id is not None:
            longest = _LONGEST_OF_CAUSE
        return min(self.last_at + quiet, self.opened_at + longest)

    def is_beside(self, other: "Incident") -> bool:
        """Whether the other is of the same kind: of one topic and reason."""
        return other.incident_id != self.incident_id and (
            (self.topic, self.reason) == (other.topic, other.reason)
        )


def news_of(incident: Incident, now: datetime, *, is_beside_another: bool) -> IncidentNews | None:
    """Return what people are to be told of an incident now, None if it is nothing.

    ``is_beside_another``: another of its kind is open, of which people have been told.
    """
    if now >= incident.over_at:
        if incident.told_times == 0:  # nobody could tell it while it was open
            return IncidentNews.OPENED
        return IncidentNews.ENDED if _is_end_told(incident) else None
    news, at = _next_news(incident, is_beside_another=is_beside_another)
    return news if at is not None and now >= at else None


def next_look_at(incident: Incident, *, is_beside_another: bool) -> datetime:
    """Return when an open incident is to be looked at unless another update joins it."""
    _, at = _next_news(incident, is_beside_another=is_beside_another)
    return incident.over_at if at is None else min(at, incident.over_at)


def _next_news(
    incident: Incident, *, is_beside_another: bool
) -> tuple[IncidentNews | None, datetime | None]:
    """Return what is to be told of an open incident as it is, and from when on."""
    if incident.told_at is None:
        delay = OPENING_DELAY_BESIDE if is_beside_another else OPENING_DELAY
        return IncidentNews.OPENED, incident.opened_at + delay
    if incident.told_times > len(_SPACING):
        return None, None
    at = incident.told_at + _SPACING[max(incident.told_times, 1) - 1]
    if incident.cause_id is not None and incident.told_cause_id is None:
        return IncidentNews.CAUSE_FOUND, at
    if incident.device_count >= GROWTH * max(incident.told_count, 1):
        return IncidentNews.GROWN, at
    return None, None


def _is_end_told(incident: Incident) -> bool:
    """Return whether the end is news: not of a few updates that people know of already."""
    if incident.told_times >= MOST_TELLINGS:
        return False
    return incident.device_count >= LARGE or incident.device_count > incident.told_count

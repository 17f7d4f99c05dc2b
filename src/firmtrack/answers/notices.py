"""What the reads of notices and endpoints answer."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from firmtrack.domain.identifiers import Eui64

STATES = ("waiting", "delivered", "dead")
"""What a notice may be; a dead one was given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointAnswer:
    """Where a party is notified, and how that fares.

    ``failures`` counts those since the last success; ``waiting`` and ``dead`` are counts of
    notices. ``disabled_reason`` is None while it is on. Until ``earlier_secret_until`` calls are
    signed with the secret before the last rotation, too; None is not, or no longer.
    """

    endpoint_id: int
    party: str
    channel: str
    address: str
    topics: tuple[str, ...]
    created_at: datetime
    disabled_at: datetime | None
    disabled_reason: str | None
    earlier_secret_until: datetime | None
    failures: int
    waiting: int
    dead: int
    last_delivered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TryAnswer:
    """One try to send a notice: the receiver's status code, or else the problem."""

    started_at: datetime
    milliseconds: int
    status_code: int | None
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentAnswer:
    """What a notice is a part of, as it is now: what makes many updates fail, or stand still.

    ``incident_id`` is that of the notice's incident or, if that turned out to be a part of another,
    the other's. ``status`` is how its updates stand, ``cause_id`` None while it is not known what
    they have in common. ``ended_at`` is None while it is open. ``has_older``: the endpoint has
    older notices of the one that the notice names.
    """

    incident_id: UUID
    status: str
    cause_id: str | None
    device_count: int
    first_at: datetime | None
    last_at: datetime
    ended_at: datetime | None
    has_older: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeAnswer:
    """What was, or is to be, sent to whom about what, with each try in order.

    ``state``: waiting, delivered or dead (given up). ``device_ids`` are the first of
    ``device_count``, None for a whole request, or an incident that people were told of.
    ``service_request_id`` is None if there is none, or it is another party's. ``incident_id`` is
    the one that it names, None if it is of none.
    """

    notice_id: UUID
    sequence: int
    endpoint_id: int
    party: str
    channel: str
    address: str
    topic: str
    reason: str | None
    service_request_id: str | None
    device_ids: tuple[Eui64, ...] | None
    device_count: int
    created_at: datetime
    state: str
    settled_at: datetime | None
    tries: tuple[TryAnswer, ...]
    incident_id: UUID | None
    incident: IncidentAnswer | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifiedAnswer:
    """That a party was, or is to be, notified of one entry of a device's history.

    ``settled_at`` is when it was delivered or given up, None while it waits.
    """

    party: str
    channel: str
    state: str
    settled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticePage:
    """Some notices, newest first; ``before`` asks for the next page, None at the end."""

    items: tuple[NoticeAnswer, ...]
    before: int | None

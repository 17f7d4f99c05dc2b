"""Which updates an incident concerns, and which entries of a page its repeats make.

An incident moves no status and is no part of attribution: it stands beside the updates that it
found under way.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from firmtrack.domain.disclosure import start_of_day
from firmtrack.domain.facts import Incident, IncidentKind, MessageKind
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import CompletionStatus, Status, Variant, completion_of

# Of these, it is the device's own fact that they happened, as its inventory's facts are.
FACTS_OF_DEVICE = frozenset(
    {
        IncidentKind.DEVICE_REMOVED,
        IncidentKind.METER_DECOMMISSIONED,
        IncidentKind.ASSOCIATED_METER_DECOMMISSIONED,
        IncidentKind.PPMID_REMOVED,
        IncidentKind.COMMS_HUB_DECOMMISSIONED,
        IncidentKind.COMMS_HUB_EXCHANGED,
        IncidentKind.FIRMWARE_CHANGED,
        IncidentKind.POWER_ON_VERIFICATION_FAILED,
        IncidentKind.METROLOGY_VERIFICATION_FAILED,
    }
)
# These are a request's: whoever sees the request sees them.
FACTS_OF_REQUEST = frozenset({IncidentKind.REQUEST_QUARANTINED, IncidentKind.COMMAND_FAILED})
# The others tell how a User and DCC fare with each other, which is the User's alone.

FACTS_OF_HUB = frozenset({IncidentKind.COMMS_HUB_DECOMMISSIONED, IncidentKind.COMMS_HUB_EXCHANGED})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedIncident:
    """An incident with the message that reports it; ``recorded_at`` is when Firmtrack learnt of it.

    ``user_id`` is the User that the message was sent to.
    """

    incident: Incident
    message_id: UUID
    recorded_at: datetime
    source_kind: MessageKind
    source_code: str | None
    user_id: Eui64 | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A distribution as far as incidents go by it.

    ``submitted_at`` is None while nothing tells it: then it is before any incident. ``hubs`` are
    when which hub was named beside it, in any order; ``activations`` the Activate Firmware requests
    for its image.
    """

    request_id: RequestId
    status: Status
    variant: Variant | None
    submitted_at: datetime | None
    hubs: Sequence[tuple[datetime, Eui64]] = ()
    activations: Collection[RequestId] = ()


def concerned(incident: Incident, distributions: Sequence[Placed]) -> frozenset[RequestId]:
    """Return which of one device's distributions, newest request first, an incident concerns.

    One that names a request, or an activation of its image, concerns that one alone. One of a hub
    concerns those whose latest event before it, of those that name a hub, names that hub. One of
    the device concerns every one that it found under way, and the newest submitted before it; never
    one that refused the device.
    """
    if incident.request_id is not None:
        return frozenset(
            each.request_id
            for each in distributions
            if incident.request_id in {each.request_id, *each.activations}
        )
    before = [each for each in distributions if _is_before(each, incident)]
    if incident.kind in FACTS_OF_HUB:
        at_hub = (each for each in before if _hub_at(each, incident) == incident.comms_hub_id)
        return frozenset(each.request_id for each in at_hub)
    under_way = {each.request_id for each in before if _is_under_way(each)}
    return frozenset(under_way | {each.request_id for each in before[:1]})


def _is_before(distribution: Placed, incident: Incident) -> bool:
    at = distribution.submitted_at
    return distribution.status is not Status.REJECTED and (at is None or at <= incident.occurred_at)


def _is_under_way(distribution: Placed) -> bool:
    completion = completion_of(distribution.status, distribution.variant)
    return completion is CompletionStatus.IN_PROGRESS


def _hub_at(distribution: Placed, incident: Incident) -> Eui64 | None:
    before = (each for each in distribution.hubs if each[0] <= incident.occurred_at)
    latest = max(before, default=None)
    return None if latest is None else latest[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentEntry:
    """An incident as a viewer may see it, its repeats folded into one entry.

    ``incident`` is the latest of ``times`` that were reported, the first of them at ``first_at``.
    ``throttled_count`` is what DCC counts of repeats that it did not send, None if it says nothing.
    Of what another party was notified of (``source`` is None), times are the beginnings of days,
    and no code is shown. ``ordered_at`` is DCC's time of the latest: it orders, and is never shown,
    not by a version of what is shown either.
    """

    incident: Incident
    first_at: datetime
    times: int
    throttled_count: int | None
    source: ReportedIncident | None
    ordered_at: datetime = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Befallen:
    """What a viewer sees of a device's incidents, under the requests concerned, latest first.

    ``others`` concern none of the distributions that the viewer sees.
    """

    of_request: Mapping[RequestId, tuple[IncidentEntry, ...]]
    others: tuple[IncidentEntry, ...]


def entries(
    own: Iterable[ReportedIncident], anothers: Iterable[ReportedIncident]
) -> tuple[IncidentEntry, ...]:
    """Return one entry for what is the same but for its time, latest first.

    ``own`` were sent to who sees them, ``anothers`` to another party; of these, what an own one
    tells as well is left out.
    """
    mine = [_entry(repeats) for repeats in _repeats(own)]
    theirs = [_anothers_entry(repeats) for repeats in _repeats(anothers)]
    news = [each for each in theirs if not any(_tells(entry, each) for entry in mine)]
    return tuple(sorted((*mine, *news), key=_order, reverse=True))


def _repeats(seen: Iterable[ReportedIncident]) -> Iterable[Sequence[ReportedIncident]]:
    same: dict[object, list[ReportedIncident]] = {}
    for reported in seen:
        each = reported.incident
        key = (
            each.kind, each.request_id, each.device_id, each.comms_hub_id, each.new_comms_hub_id,
            each.reason,
        )  # fmt: skip
        same.setdefault(key, []).append(reported)
    return same.values()


def _tells(own: IncidentEntry, anothers: IncidentEntry) -> bool:
    """Return whether an own message tells what another party's tells by its day alone.

    DCC tells every party of a device that one of them is gone.
    """
    mine, theirs = own.incident, anothers.incident
    is_same = (mine.kind, mine.device_id, mine.comms_hub_id) == (
        theirs.kind,
        theirs.device_id,
        theirs.comms_hub_id,
    )
    first, last = start_of_day(own.first_at), start_of_day(mine.occurred_at)
    return is_same and first <= anothers.first_at and theirs.occurred_at <= last


def _order(entry: IncidentEntry) -> tuple[datetime, str]:
    """Return what entries are in order by; that of two of one time is any, but always the same."""
    return entry.ordered_at, str(entry.incident)


def _entry(repeats: Sequence[ReportedIncident]) -> IncidentEntry:
    latest = _latest(repeats)
    return IncidentEntry(
        incident=latest.incident,
        first_at=_first_at(repeats),
        times=len(repeats),
        throttled_count=_throttled(repeats),
        source=latest,
        ordered_at=latest.incident.occurred_at,
    )


def _anothers_entry(repeats: Sequence[ReportedIncident]) -> IncidentEntry:
    latest = _latest(repeats).incident
    return IncidentEntry(
        incident=_as_anothers(latest),
        first_at=start_of_day(_first_at(repeats)),
        times=1,
        throttled_count=None,
        source=None,
        ordered_at=latest.occurred_at,
    )


def _latest(repeats: Iterable[ReportedIncident]) -> ReportedIncident:
    return max(repeats, key=lambda each: (each.incident.occurred_at, each.message_id))


def _first_at(repeats: Iterable[ReportedIncident]) -> datetime:
    return min(each.incident.occurred_at for each in repeats)


def _throttled(repeats: Sequence[ReportedIncident]) -> int | None:
    """Return how many repeats DCC counts: the greatest count of each of its sequences."""
    counts: dict[int | None, int] = {}
    for reported in repeats:
        sequence, count = reported.incident.throttled_sequence, reported.incident.throttled_count
        if count is not None:
            counts[sequence] = max(counts.get(sequence, 0), count)
    return sum(counts.values()) if counts else None


def _as_anothers(incident: Incident) -> Incident:
    """Return what may be shown of an incident that another party was notified of."""
    return replace(
        incident,
        occurred_at=start_of_day(incident.occurred_at),
        new_comms_hub_id=None,
        device_time=None,
        reason=None,
        throttled_sequence=None,
        throttled_count=None,
    )

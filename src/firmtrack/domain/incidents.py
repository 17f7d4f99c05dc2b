"""Which updates an incident concerns, and which entries of a page its repeats make.

An incident moves no status and is no part of attribution: it stands beside the updates that it
found under way.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from firmtrack.domain.disclosure import day_of
from firmtrack.domain.facts import Incident, IncidentKind, MessageKind
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import CompletionStatus, Status, Variant, completion_of
from firmtrack.domain.viewer import Viewer

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
    and no code is shown. ``ordered_at`` is DCC's time of the latest: it orders, and is never shown.
    """

    incident: Incident
    first_at: datetime
    times: int
    throttled_count: int | None
    source: ReportedIncident | None
    ordered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Befallen:
    """What a viewer sees of a device's incidents, under the requests concerned, latest first.

    ``others`` concern none of the distributions that the viewer sees.
    """

    of_request: Mapping[RequestId, tuple[IncidentEntry, ...]]
    others: tuple[IncidentEntry, ...]


def befallen(
    viewer: Viewer,
    reported: Iterable[ReportedIncident],
    distributions: Sequence[Placed],
    *,
    sees_facts: bool,
) -> Befallen:
    """Return what the viewer sees of the incidents that may concern a device.

    ``distributions`` are those that the viewer sees, newest request first; ``sees_facts`` is
    whether it sees the device's inventory. What names a request is seen by whoever sees it; what is
    the device's own fact by whoever sees its inventory; anything by the User that it was sent to.
    What names no device is shown where it concerns a distribution, and only there: else it would
    tell which devices a request names, or a hub has.
    """
    of_request: dict[RequestId, list[ReportedIncident]] = {}
    others = []
    for each in reported:
        places = concerned(each.incident, distributions)
        if not _is_seen(viewer, each, is_placed=bool(places), sees_facts=sees_facts):
            continue
        for request_id in places:
            of_request.setdefault(request_id, []).append(each)
        if not places:
            others.append(each)
    return Befallen(
        of_request={key: _entries(viewer, found) for key, found in of_request.items()},
        others=_entries(viewer, others),
    )


def entries_of_request(
    viewer: Viewer, reported: Iterable[ReportedIncident]
) -> tuple[IncidentEntry, ...]:
    """Return what befell a request that the viewer sees, latest first."""
    seen = [each for each in reported if _is_seen(viewer, each, is_placed=True, sees_facts=False)]
    return _entries(viewer, seen)


def _is_seen(
    viewer: Viewer, reported: ReportedIncident, *, is_placed: bool, sees_facts: bool
) -> bool:
    kind = reported.incident.kind
    if not is_placed and (reported.incident.device_id is None or kind in FACTS_OF_REQUEST):
        return False
    if viewer.is_party_to(reported.user_id):
        return True
    return kind in FACTS_OF_REQUEST or (sees_facts and kind in FACTS_OF_DEVICE)


def _entries(viewer: Viewer, seen: Sequence[ReportedIncident]) -> tuple[IncidentEntry, ...]:
    """Return one entry for what is the same but for its time, latest first."""
    same: dict[object, list[ReportedIncident]] = {}
    for reported in seen:
        each = reported.incident
        key = (
            each.kind, each.request_id, each.device_id, each.comms_hub_id, each.new_comms_hub_id,
            each.reason, viewer.is_party_to(reported.user_id),
        )  # fmt: skip
        same.setdefault(key, []).append(reported)
    entries = [
        _entry(repeats, is_anothers=not viewer.is_party_to(repeats[0].user_id))
        for repeats in same.values()
    ]
    news = [each for each in entries if not any(_tells(own, each) for own in entries)]
    return tuple(sorted(news, key=_order, reverse=True))


def _tells(own: IncidentEntry, anothers: IncidentEntry) -> bool:
    """Return whether a viewer's own message tells what another party's tells by its day alone.

    DCC tells every party of a device that one of them is gone.
    """
    if own.source is None or anothers.source is not None:
        return False
    mine, theirs = own.incident, anothers.incident
    is_same = (mine.kind, mine.device_id, mine.comms_hub_id) == (
        theirs.kind,
        theirs.device_id,
        theirs.comms_hub_id,
    )
    first, last = _day(own.first_at), _day(mine.occurred_at)
    return is_same and first <= anothers.first_at and theirs.occurred_at <= last


def _order(entry: IncidentEntry) -> tuple[datetime, str]:
    """Return what entries are in order by; that of two of one time is any, but always the same."""
    return entry.ordered_at, str(entry.incident)


def _entry(repeats: Sequence[ReportedIncident], *, is_anothers: bool) -> IncidentEntry:
    latest = max(repeats, key=lambda each: (each.incident.occurred_at, each.message_id))
    first_at = min(each.incident.occurred_at for each in repeats)
    if is_anothers:
        return IncidentEntry(
            incident=_as_anothers(latest.incident),
            first_at=_day(first_at),
            times=1,
            throttled_count=None,
            source=None,
            ordered_at=latest.incident.occurred_at,
        )
    return IncidentEntry(
        incident=latest.incident,
        first_at=first_at,
        times=len(repeats),
        throttled_count=_throttled(repeats),
        source=latest,
        ordered_at=latest.incident.occurred_at,
    )


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
        occurred_at=_day(incident.occurred_at),
        new_comms_hub_id=None,
        device_time=None,
        reason=None,
        throttled_sequence=None,
        throttled_count=None,
    )


def _day(at: datetime) -> datetime:
    day = day_of(at)
    assert day is not None
    return day
